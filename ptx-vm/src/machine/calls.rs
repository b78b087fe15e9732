//! Calls, returns and exits.

use super::Context;
use super::fault::{FaultKind, LaneFault};
use super::space::{FUNCTION_BASE, FUNCTION_STEP, MOST_LOCAL_BYTES};
use super::warp::{Group, Warp};
use crate::instruction::{Call, Callee, Op, Slot};

/// Calls may be nested so deeply: more is endless recursion.
const DEEPEST: u32 = 1024;

impl Warp {
    /// Branches by table.
    pub(super) fn table(
        &mut self,
        context: &Context<'_>,
        group: Group,
        index: Slot,
        targets: &[u32],
    ) -> Result<(), LaneFault> {
        let indices = *self.frames[group.frame].registers.word(index);
        let mut rest = group.mask;
        loop {
            let lane = rest.trailing_zeros() as usize;
            let Some(&target) = targets.get(indices[lane] as usize) else {
                let kind = FaultKind::BadBranch { index: indices[lane], targets: targets.len() };
                return Err(LaneFault { lane, kind });
            };
            let mut same = 0;
            for (lane, index) in indices.iter().enumerate() {
                same |= u32::from(*index == indices[rest.trailing_zeros() as usize]) << lane;
            }
            let mask = same & rest;
            rest &= !mask;
            if rest == 0 {
                self.go(context, Group { mask, ..group }, target as usize);
                return Ok(());
            }
            self.split(context, Group { mask, at: target as usize, ..group });
        }
    }

    /// Enters a function.
    pub(super) fn call(
        &mut self,
        context: &Context<'_>,
        mut group: Group,
        call: &Call,
    ) -> Result<(), LaneFault> {
        let code = match call.callee {
            Callee::Direct(code) => code,
            Callee::Indirect(slot) => self.indirect(context, &mut group, call, slot)?,
        };
        let depth = group.depth + 1;
        if depth > DEEPEST {
            let lane = group.mask.trailing_zeros() as usize;
            return Err(LaneFault { lane, kind: FaultKind::TooDeep { depth } });
        }
        let local = self.frames[group.frame].local[1];
        let inner = &context.codes[code];
        if local.next_multiple_of(inner.local_align) + inner.local > MOST_LOCAL_BYTES {
            let lane = group.mask.trailing_zeros() as usize;
            let kind = FaultKind::LocalMemory { depth, most: MOST_LOCAL_BYTES };
            return Err(LaneFault { lane, kind });
        }
        let inner = self.enter(context, code, local);
        let places = &context.codes[code].parameters;
        for ((from, size), to) in call.arguments.iter().zip(places) {
            for word in 0..size.div_ceil(4) {
                let row = *self.frames[group.frame].area.row((from + 4 * word) as usize);
                let area = &mut self.frames[inner].area;
                area.set_row((to.offset + 4 * word) as usize, &row, group.mask);
            }
        }
        let frame = &mut self.frames[inner];
        frame.users = 1;
        frame.depth = depth;
        frame.parent = group.frame;
        frame.called_at = group.at;
        frame.called_rank = group.rank;
        // The group's hold on the caller's frame becomes the callee's.
        self.go(context, Group { frame: inner, depth, ..group }, 0);
        Ok(())
    }

    /// The function that a register names. Lanes that name others stay behind.
    fn indirect(
        &mut self,
        context: &Context<'_>,
        group: &mut Group,
        call: &Call,
        slot: Slot,
    ) -> Result<usize, LaneFault> {
        let addresses = *self.frames[group.frame].registers.double(slot);
        let lane = group.mask.trailing_zeros() as usize;
        let address = addresses[lane];
        let mut same = 0;
        for (lane, other) in addresses.iter().enumerate() {
            same |= u32::from(*other == address) << lane;
        }
        let index = address.wrapping_sub(FUNCTION_BASE);
        let code = index
            .is_multiple_of(FUNCTION_STEP)
            .then_some((index / FUNCTION_STEP) as usize)
            .filter(|&code| {
                context.codes.get(code).is_some_and(|code| {
                    let sizes = |places: &[crate::instruction::Place]| -> Vec<u32> {
                        places.iter().map(|place| place.size).collect()
                    };
                    let given = |places: &[(u32, u32)]| -> Vec<u32> {
                        places.iter().map(|place| place.1).collect()
                    };
                    !code.entry
                        && sizes(&code.parameters) == given(&call.arguments)
                        && sizes(&code.results) == given(&call.results)
                })
            })
            .ok_or(LaneFault { lane, kind: FaultKind::BadCall { address } })?;
        let rest = group.mask & !same;
        group.mask &= same;
        if rest != 0 {
            self.frames[group.frame].users += 1;
            self.others.push(Group { mask: rest, ..*group });
        }
        Ok(code)
    }

    /// Returns from a function; from a kernel, exits.
    pub(super) fn leave(&mut self, context: &Context<'_>, group: Group) {
        if group.depth == 0 {
            return self.exit(context, group);
        }
        let inner = &self.frames[group.frame];
        let (parent, at, rank) = (inner.parent, inner.called_at, inner.called_rank);
        let code = &context.codes[self.frames[parent].code];
        if let Op::Call(call) = &code.instructions[at].op {
            let places = &context.codes[inner.code].results;
            for ((to, size), from) in call.results.iter().zip(places) {
                for word in 0..size.div_ceil(4) {
                    let row = *self.frames[group.frame].area.row((from.offset + 4 * word) as usize);
                    let area = &mut self.frames[parent].area;
                    area.set_row((to + 4 * word) as usize, &row, group.mask);
                }
            }
        }
        self.frames[parent].users += 1;
        self.release(group.frame);
        let outer = Group { frame: parent, depth: group.depth - 1, at: at + 1, rank, ..group };
        self.group = Some(outer);
        self.settle();
    }

    /// Ends the threads of a group.
    pub(super) fn exit(&mut self, _: &Context<'_>, group: Group) {
        self.live &= !group.mask;
        self.release(group.frame);
        self.group = None;
        for other in &mut self.others {
            other.parked = false;
        }
        self.settle();
    }

    /// One user of a frame less; frames without users are free, and let go of their callers'.
    fn release(&mut self, mut frame: usize) {
        loop {
            let this = &mut self.frames[frame];
            this.users -= 1;
            if this.users != 0 {
                return;
            }
            self.spare.entry(this.code).or_default().push(frame);
            if this.depth == 0 {
                return;
            }
            frame = this.parent;
        }
    }
}
