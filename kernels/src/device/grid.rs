//! Cooperative grids: blocks that share a decision within one launch, and wait for each other at barriers.

use super::block::{self, Block};
use super::hardware;
use crate::task::GridBarrier;

/// The bit of the count of arrivals that tells one barrier from the next.
const TURN: u32 = 1 << 31;

/// The grid of an episode, as one of its blocks sees it: all blocks of the launch, or a part of them. What a block
/// writes between two barriers is its own, as between two launches.
#[derive(Clone, Copy)]
pub struct Grid<'a> {
    /// This block.
    pub block: Block,
    /// The grid's barrier.
    pub barrier: &'a GridBarrier,
}

impl Grid<'_> {
    /// Whether this is the leading block, which does what is not shared.
    #[inline(always)]
    pub fn leads(&self) -> bool {
        self.block.part == 0
    }

    /// The grid's barrier: waits for all threads of all blocks; what any wrote before, all see afterwards.
    #[inline(always)]
    pub fn sync(&self) {
        self.block.sync();
        if self.block.parts > 1 {
            if self.block.rank == 0 {
                self.arrive_and_wait();
            }
            self.block.sync();
        }
    }

    /// Counts this block as arrived, and waits until the highest bit says that all are. The leading block adds
    /// what all others together leave to that bit, so that the count needs no clearing.
    #[inline(always)]
    fn arrive_and_wait(&self) {
        let share = if self.leads() { TURN - (self.block.parts - 1) } else { 1 };
        hardware::fence();
        let before = block::add(&self.barrier.arrived, share);
        while (before ^ block::load(&self.barrier.arrived)) & TURN == 0 {}
        hardware::fence();
    }
}
