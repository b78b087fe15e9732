//! Decisions that are made together: what each is about.

use bytemuck::{Pod, Zeroable};

/// One of several decisions that are made in step, each in a row of blocks of its own.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Row {
    /// Determines every random number.
    pub seed: u64,
    /// Decisions made since the last reset.
    pub decision: u32,
    /// What there is to do: one of the constants.
    pub state: u32,
    /// `icem`: how many of the futures that were kept the first particles of the first iteration follow.
    pub kept: u32,
    /// Makes up whole multiples of 8 bytes.
    pub padding: u32,
}

impl Row {
    /// Nothing.
    pub const WAITS: u32 = 0;
    /// A decision.
    pub const DECIDES: u32 = 1;
    /// A decision, which knows nothing of those before it.
    pub const BEGINS: u32 = 2;

    /// The first decision of seed 0.
    pub const BEGINNING: Self =
        Self { seed: 0, decision: 0, state: Self::BEGINS, kept: 0, padding: 0 };
}
