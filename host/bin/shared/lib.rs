//! What the programs `pilot` and `bench` have in common: how a program reads, writes, draws, tells, stops and ends.

pub mod command_line;
mod draft;
pub mod input;
pub mod interrupt;
pub mod outcome;
pub mod output;
pub mod picture;
pub mod places;
pub mod processor;
pub mod progress;
pub mod text;
pub mod usage;
