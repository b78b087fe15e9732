//! Blocks that share a decision within one launch, and wait for each other.

use core::cell::Cell;

use super::crew::{self, Crew};
use super::hardware;

/// The bit of the count of arrivals that tells one meeting from the next.
const TURN: u32 = 1 << 31;

/// [`crate::task::Meeting`], as threads see it.
#[repr(C)]
pub struct Meeting {
    arrived: Cell<u32>,
    pub fell: Cell<u32>,
    pub state: [Cell<f64>; 4],
}

const _: () = assert!(size_of::<Meeting>() == size_of::<crate::task::Meeting>());

/// One block, as one of those that share an episode. What they write between two meetings is theirs alone, as
/// between two launches.
#[derive(Clone, Copy)]
pub struct Fleet<'a> {
    /// This block.
    pub crew: Crew,
    /// Where they meet.
    pub meeting: &'a Meeting,
}

impl Fleet<'_> {
    /// Whether this is the block that does what is not shared.
    #[inline(always)]
    pub fn leads(&self) -> bool {
        self.crew.part == 0
    }

    /// Waits for all threads of all blocks; what any wrote before, all see afterwards.
    #[inline(always)]
    pub fn meet(&self) {
        self.crew.sync();
        if self.crew.parts > 1 {
            if self.crew.rank == 0 {
                self.arrive_and_wait();
            }
            self.crew.sync();
        }
    }

    /// Counts this block as arrived, and waits until the highest bit says that all are. The leading block adds
    /// what all others together leave to that bit, so that the count needs no clearing.
    #[inline(always)]
    fn arrive_and_wait(&self) {
        let share = if self.leads() { TURN - (self.crew.parts - 1) } else { 1 };
        hardware::fence();
        let before = crew::add(&self.meeting.arrived, share);
        while (before ^ crew::load(&self.meeting.arrived)) & TURN == 0 {}
        hardware::fence();
    }
}
