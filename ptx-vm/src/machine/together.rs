//! What lanes do together: barriers, shuffles and votes.

use super::Context;
use super::fault::{FaultKind, LaneFault};
use super::shared::Shared;
use super::warp::{Group, Pause, Warp};
use crate::alu::registers::LANES;
use crate::instruction::{Shuffle, ShuffleKind, Slot, VoteKind};

impl Warp {
    /// A barrier of the block. `None`: other lanes go first.
    ///
    /// Barriers are the aligned ones of PTX: all live lanes come to the same instruction, except
    /// that lanes which do nothing more but exit may do so first.
    pub(super) fn barrier(
        &mut self,
        context: &Context<'_>,
        mut group: Group,
        id: Slot,
        threads: Option<Slot>,
    ) -> Result<Option<Pause>, LaneFault> {
        self.join(&mut group);
        self.group = Some(group);
        if group.mask != self.live {
            self.leaving = Some((group.frame, group.at));
            self.park(group);
            return match self.group {
                Some(Group { parked: true, .. }) | None => Err(self.divergent()),
                Some(_) => Ok(None),
            };
        }
        self.leaving = None;
        let registers = &self.frames[group.frame].registers;
        let lane = group.mask.trailing_zeros() as usize;
        let id = registers.word(id)[lane];
        let threads = threads.map(|slot| registers.word(slot)[lane]);
        let most = context.threads().next_multiple_of(LANES as u32);
        if id > 15 || threads.is_some_and(|n| n % LANES as u32 != 0 || n == 0 || n > most) {
            let kind = FaultKind::BadBarrier { barrier: id, threads };
            return Err(LaneFault { lane, kind });
        }
        group.at += 1;
        self.group = Some(group);
        Ok(Some(Pause::Barrier { id, threads }))
    }

    /// The fault of a barrier that only some lanes reach, which becomes the running group.
    pub(super) fn divergent(&mut self) -> LaneFault {
        let at = self.leaving;
        let waits = |group: &Group| Some((group.frame, group.at)) == at;
        let waiting = self.others.iter().copied().find(waits);
        let group = waiting.or(self.group);
        let arrived = group.map_or(0, |group| group.mask);
        self.group = group;
        let lane = arrived.trailing_zeros() as usize % LANES;
        LaneFault { lane, kind: FaultKind::DivergentBarrier { arrived, live: self.live } }
    }

    /// Lets the running group wait and another one run.
    fn park(&mut self, group: Group) {
        self.others.push(Group { parked: true, ..group });
        self.group = None;
        let best = self.others.iter().enumerate().min_by_key(|(_, group)| group.order());
        if let Some((index, _)) = best {
            self.group = Some(self.others.swap_remove(index));
        }
    }

    /// The members of a warp-wide instruction, if all of them are here; else other lanes go first.
    fn gather(
        &mut self,
        mut group: Group,
        members: Slot,
    ) -> Result<Option<(Group, u32)>, LaneFault> {
        self.join(&mut group);
        self.group = Some(group);
        let masks = self.frames[group.frame].registers.word(members);
        let first = masks[group.mask.trailing_zeros() as usize];
        for lane in (0..LANES).filter(|lane| group.mask >> lane & 1 != 0) {
            if masks[lane] != first || first >> lane & 1 == 0 {
                return Err(LaneFault {
                    lane,
                    kind: FaultKind::NotMember { members: masks[lane] },
                });
            }
        }
        let members = first & self.live;
        if members & !group.mask == 0 {
            return Ok(Some((group, first)));
        }
        self.park(group);
        match self.group {
            Some(Group { parked: true, .. }) => {
                self.group = Some(group);
                let lane = group.mask.trailing_zeros() as usize;
                let kind = FaultKind::MissingLanes { members, active: group.mask };
                Err(LaneFault { lane, kind })
            }
            _ => Ok(None),
        }
    }

    /// `bar.warp.sync`.
    pub(super) fn warp_barrier(
        &mut self,
        _: &Context<'_>,
        shared: &mut Shared,
        group: Group,
        members: Slot,
    ) -> Result<(), LaneFault> {
        if self.gather(group, members)?.is_some() {
            shared.shadow.warp_barrier(self.index as usize);
        }
        Ok(())
    }

    /// `shfl.sync`.
    pub(super) fn shuffle(
        &mut self,
        _: &Context<'_>,
        group: Group,
        shuffle: &Shuffle,
    ) -> Result<(), LaneFault> {
        let Some((group, _)) = self.gather(group, shuffle.members)? else { return Ok(()) };
        let registers = &mut self.frames[group.frame].registers;
        let source = registers.word(shuffle.source);
        let lanes = registers.word(shuffle.lane);
        let clamps = registers.word(shuffle.clamp);
        let mut values = [0; LANES];
        let mut in_range = 0;
        for lane in (0..LANES).filter(|lane| group.mask >> lane & 1 != 0) {
            let here = lane as u32;
            let (by, clamp) = (lanes[lane] & 31, clamps[lane] & 31);
            let segment = clamps[lane] >> 8 & 31;
            let highest = here & segment | clamp & !segment;
            let lowest = here & segment;
            let (from, inside) = match shuffle.kind {
                ShuffleKind::Up => {
                    let from = here.wrapping_sub(by);
                    (from, from as i32 >= highest as i32)
                }
                ShuffleKind::Down => (here + by, here + by <= highest),
                ShuffleKind::Butterfly => (here ^ by, here ^ by <= highest),
                ShuffleKind::Index => {
                    let from = lowest | by & !segment;
                    (from, from <= highest)
                }
            };
            let from = if inside { from } else { here };
            if group.mask >> from & 1 == 0 {
                return Err(LaneFault { lane, kind: FaultKind::InactiveLane { lane: from } });
            }
            values[lane] = source[from as usize];
            in_range |= u32::from(inside) << lane;
        }
        if let Some(target) = shuffle.target {
            registers.set_word(target, &values, group.mask);
        }
        if let Some(target) = shuffle.in_range {
            registers.set_predicate(target, in_range, group.mask);
        }
        Ok(())
    }

    /// `vote.sync`.
    pub(super) fn vote(
        &mut self,
        _: &Context<'_>,
        group: Group,
        kind: VoteKind,
        [target, source, members]: [Slot; 3],
        negated: bool,
    ) -> Result<(), LaneFault> {
        let Some((group, _)) = self.gather(group, members)? else { return Ok(()) };
        let registers = &mut self.frames[group.frame].registers;
        let votes = registers.predicate(source);
        let votes = if negated { !votes } else { votes } & group.mask;
        let held = match kind {
            VoteKind::All => votes == group.mask,
            VoteKind::Any => votes != 0,
            VoteKind::Uniform => votes == group.mask || votes == 0,
            VoteKind::Ballot => {
                registers.set_word(target, &[votes; LANES], group.mask);
                return Ok(());
            }
        };
        registers.set_predicate(target, if held { u32::MAX } else { 0 }, group.mask);
        Ok(())
    }
}
