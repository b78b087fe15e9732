//! Executes PTX on a CPU, warp by warp, and reports what a GPU would pass over in silence.
//!
//! A [`Module`] is parsed from the PTX that LLVM emits, [`Loaded`] places its global variables in
//! a [`Memory`], and [`Loaded::run`] executes a kernel to its end or to its first [`Fault`].
//!
//! ```
//! use std::sync::Arc;
//!
//! let ptx = r"
//! .version 6.3
//! .target sm_75
//! .address_size 64
//! .visible .entry double(.param .u64 numbers)
//! {
//!     .reg .b32 %r<3>;
//!     .reg .b64 %rd<3>;
//!     ld.param.b64 %rd1, [numbers];
//!     mov.u32 %r1, %tid.x;
//!     mul.wide.u32 %rd2, %r1, 4;
//!     add.s64 %rd1, %rd1, %rd2;
//!     ld.global.b32 %r2, [%rd1];
//!     add.s32 %r2, %r2, %r2;
//!     st.global.b32 [%rd1], %r2;
//!     ret;
//! }";
//! let memory = Arc::new(ptx_vm::Memory::new(1 << 20));
//! let numbers = memory.allocate(8)?;
//! memory.write(numbers, &[3, 0, 0, 0, 4, 0, 0, 0])?;
//! let module = Arc::new(ptx_vm::Module::parse(ptx)?);
//! let loaded = ptx_vm::Loaded::new(module, memory.clone())?;
//! let mut launch = ptx_vm::Launch {
//!     grid: [1, 1, 1],
//!     block: [2, 1, 1],
//!     dynamic_shared_bytes: 0,
//!     cooperative: false,
//! };
//! loaded.run("double", &launch, &numbers.to_le_bytes())?;
//! let mut bytes = [0; 8];
//! memory.read(numbers, &mut bytes)?;
//! assert_eq!(bytes, [6, 0, 0, 0, 8, 0, 0, 0]);
//!
//! launch.block = [3, 1, 1];
//! let fault = loaded.run("double", &launch, &numbers.to_le_bytes()).unwrap_err();
//! assert_eq!((fault.thread, fault.line), ([2, 0, 0], 13));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alu;
mod decode;
mod instruction;
mod machine;
mod memory;
mod module;
mod order;
mod syntax;

pub use machine::fault::{Fault, FaultKind, MemorySpace};
pub use machine::launch::{Launch, Loaded, Statistics};
pub use memory::{BadAddress, Memory, OutOfMemory};
pub use module::{Module, Parameter, Resources};
pub use syntax::ParseError;
