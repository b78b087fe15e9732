//! A block: its warps take turns until they have exited.

use super::Context;
use super::fault::{Fault, FaultKind};
use super::frame::Place;
use super::shared::Shared;
use super::warp::{Pause, Warp};
use crate::alu::registers::LANES;

/// What a warp is up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    /// At a barrier, for so many threads if that is said.
    Waiting(u32, Option<u32>),
    Done,
}

#[derive(Debug, Default)]
pub(crate) struct Block {
    index: u64,
    shared: Shared,
    warps: Vec<Warp>,
    states: Vec<State>,
}

impl Block {
    /// Starts as the block `index` of the grid.
    pub fn start(&mut self, context: &Context<'_>, index: u64) {
        let count = context.threads().div_ceil(LANES as u32) as usize;
        self.index = index;
        self.shared.start(context.shared_bytes, count);
        self.warps.resize_with(count, Warp::default);
        for (warp, place) in self.warps.iter_mut().zip(0..) {
            warp.start(context, Place { block: index, warp: place });
        }
        self.states.clear();
        self.states.resize(count, State::Ready);
    }

    /// Lets each warp run for a slice of instructions, or to a barrier. Whether all have exited.
    pub fn turn(&mut self, context: &Context<'_>, slice: u64) -> Result<bool, Fault> {
        let mut ready = false;
        for (warp, state) in self.warps.iter_mut().zip(&mut self.states) {
            if *state != State::Ready {
                continue;
            }
            ready = true;
            let pause = warp.run(context, &mut self.shared, slice).map_err(|mut fault| {
                if let FaultKind::Race { other, .. } = &mut fault.kind {
                    *other = context.thread(other[0]);
                }
                fault
            })?;
            *state = match pause {
                Pause::Slice => State::Ready,
                Pause::Barrier { id, threads } => State::Waiting(id, threads),
                Pause::Done => State::Done,
            };
        }
        let released = self.release();
        if ready || released {
            return Ok(false);
        }
        match self.states.iter().position(|state| matches!(state, State::Waiting(..))) {
            None => Ok(true),
            Some(waiting) => Err(self.stuck(context, waiting)),
        }
    }

    /// Lets warps go on whose barrier is complete.
    fn release(&mut self) -> bool {
        let mut released = false;
        for id in 0..16 {
            let at = |state: &State| matches!(state, State::Waiting(other, _) if *other == id);
            let Some(&State::Waiting(_, threads)) = self.states.iter().find(|state| at(state))
            else {
                continue;
            };
            let waiting = self.states.iter().filter(|state| at(state)).count();
            let complete = match threads {
                Some(threads) => waiting >= threads as usize / LANES,
                None => self.states.iter().all(|state| at(state) || *state == State::Done),
            };
            if !complete {
                continue;
            }
            released = true;
            let states = &self.states;
            // Whoever has exited did all it did before the barrier could complete.
            let met =
                (0..states.len()).filter(|&warp| at(&states[warp]) || states[warp] == State::Done);
            self.shared.shadow.barrier(met);
            for state in self.states.iter_mut().filter(|state| at(state)) {
                *state = State::Ready;
            }
        }
        released
    }

    /// The fault of warps that wait for others that never come.
    fn stuck(&self, context: &Context<'_>, waiting: usize) -> Fault {
        let State::Waiting(barrier, _) = self.states[waiting] else {
            unreachable!("the warp was found waiting");
        };
        let mut reason = "it has exited".to_owned();
        let mut missing = waiting;
        for (warp, state) in self.states.iter().enumerate() {
            match state {
                State::Waiting(other, _) if *other != barrier => {
                    (missing, reason) = (warp, format!("it waits at barrier {other}"));
                    break;
                }
                State::Done => missing = warp,
                _ => {}
            }
        }
        if missing == waiting {
            reason = "there are too few threads".to_owned();
        }
        let warp = &self.warps[waiting];
        let missing = context.thread((missing * LANES) as u32);
        let kind = FaultKind::BarrierNotReached { barrier, missing, reason };
        let lane = warp.live.trailing_zeros() as usize % LANES;
        let code = |frame: usize| &context.codes[warp.frames[frame].code].instructions;
        let (at, frame) = warp.group.map_or((1, 0), |group| (group.at, group.frame));
        let fault = super::fault::LaneFault { lane, kind };
        warp.fault(context, &code(frame)[at - 1], fault)
    }

    /// Instructions that the block's warps and threads have executed since it was made.
    pub fn executed(&self) -> (u64, u64) {
        let warps = self.warps.iter();
        warps.fold((0, 0), |(warps, threads), warp| {
            (warps + warp.warp_instructions, threads + warp.thread_instructions)
        })
    }

    /// The fault of having run for too long.
    pub fn endless(&self, context: &Context<'_>) -> Fault {
        let kind = FaultKind::InstructionLimit { limit: context.limit };
        let running = self.states.iter().position(|state| *state == State::Ready).unwrap_or(0);
        let warp = &self.warps[running];
        let group = warp.group.unwrap_or(super::warp::Group {
            frame: 0,
            depth: 0,
            at: 0,
            rank: 0,
            mask: 1,
            parked: false,
        });
        let code = &context.codes[warp.frames[group.frame].code].instructions;
        let lane = group.mask.trailing_zeros() as usize % LANES;
        warp.fault(context, &code[group.at], super::fault::LaneFault { lane, kind })
    }
}
