#![doc = include_str!("../README.md")]

mod alu;
mod decode;
mod instruction;
mod machine;
mod memory;
mod module;
mod order;
mod parameters;
mod syntax;

pub use machine::fault::{Fault, FaultKind, MemorySpace};
pub use machine::launch::{Launch, Loaded, Statistics};
pub use memory::{BadAddress, Memory, OutOfMemory};
pub use module::{Module, Resources};
pub use parameters::{Parameter, ParameterError};
pub use syntax::ParseError;
