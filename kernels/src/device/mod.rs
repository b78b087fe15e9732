//! The GPU's side: how threads of a block share the work of a decision.
//!
//! What particles compute is the same code as on a CPU, with bundles of one lane ([`crate::lanes`]), but for the model, which is
//! put into the text later ([`place`]); this module only says which thread does what, and where it puts the result.
//!
//! # Safety model
//! A decision's memory belongs to the blocks that work on that decision, and between two decisions to the thread that steps its
//! episode. Threads of a block see it as
//! slices of `Cell`s and keep to one rule: between two [`Block::sync`]s, a place that one thread writes is
//! read or written by no other thread, except by atomic operations. Blocks of one launch write to different places
//! (or by atomic operations) and read only what was written before the launch, but for the block of [`sift`] that comes last: a counter
//! that all raise says so, with fences around it. Places read and write the states of populations by address, by the same rule. ptx-vm checks the first rule for
//! shared memory, bounds everywhere, and that nothing is read that was never written.

// Arrays in loops over indices stay in registers; iterators over them often end in memory.
#![allow(clippy::needless_range_loop)]

mod block;
mod block_team;
mod cem;
mod conclude;
mod entry;
mod episode;
mod fold;
mod followed;
mod hardware;
mod kept;
mod knots;
mod mppi;
mod place;
mod population;
mod roll_out;
mod select;
mod shared;
mod shooting;
mod sift;
mod simulate;
mod workspace;
