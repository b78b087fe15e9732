//! A warp: 32 threads that execute one instruction at a time.
//!
//! Lanes that went different ways form groups. One group runs; the others wait where they are, and
//! [`crate::order`] says which goes on next. Groups that meet at the start of a block become one.

use std::collections::HashMap;

use super::Context;
use super::access;
use super::atomic;
use super::fault::{Fault, FaultKind, LaneFault};
use super::frame::{Frame, Place};
use super::lanes::LaneMemory;
use super::shared::Shared;
use crate::alu::registers::LANES;
use crate::instruction::{Instruction, Op};
use crate::syntax::types::{Class, Register};

/// Lanes that are at the same instruction of the same frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub frame: usize,
    pub depth: u32,
    /// The instruction to execute next.
    pub at: usize,
    /// The rank of its block in the order of execution.
    pub rank: u32,
    pub mask: u32,
    /// Waits for other lanes to come to the instruction.
    pub parked: bool,
}

impl Group {
    /// Groups of lower order run first: those that wait for nobody, that are within a function
    /// that others called, that are in an earlier block, that are further behind.
    pub fn order(&self) -> (bool, std::cmp::Reverse<u32>, u32, usize) {
        (self.parked, std::cmp::Reverse(self.depth), self.rank, self.at)
    }
}

/// Why a warp stopped running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// It has run for long enough.
    Slice,
    /// It waits at a barrier, for so many threads if that is said.
    Barrier { id: u32, threads: Option<u32> },
    /// All threads have exited.
    Done,
}

#[derive(Debug, Default)]
pub(crate) struct Warp {
    pub index: u32,
    pub block: u64,
    /// Threads that have not exited.
    pub live: u32,
    pub group: Option<Group>,
    pub others: Vec<Group>,
    pub frames: Vec<Frame>,
    /// Places in `frames` of functions that nobody is in, by function.
    pub spare: HashMap<usize, Vec<usize>>,
    pub local: LaneMemory,
    /// Frame and instruction of a block barrier that some lanes wait at while the others exit.
    pub leaving: Option<(usize, usize)>,
    /// Where the allocation was that global memory was last accessed in.
    pub hint: usize,
    pub warp_instructions: u64,
    pub thread_instructions: u64,
}

impl Warp {
    /// Starts at the first instruction of the kernel.
    pub fn start(&mut self, context: &Context<'_>, place: Place) {
        self.index = place.warp;
        self.block = place.block;
        let here = context.threads().saturating_sub(place.warp * LANES as u32);
        self.live = if here >= 32 { u32::MAX } else { (1 << here) - 1 };
        self.others.clear();
        self.leaving = None;
        for (index, frame) in self.frames.iter_mut().enumerate() {
            if frame.users != 0 {
                frame.users = 0;
                self.spare.entry(frame.code).or_default().push(index);
            }
        }
        let frame = self.enter(context, context.kernel, 0);
        let entry = &mut self.frames[frame];
        entry.users = 1;
        entry.depth = 0;
        for (row, word) in context.parameters.chunks(4).enumerate() {
            let mut bytes = [0; 4];
            bytes[..word.len()].copy_from_slice(word);
            entry.area.set_row(4 * row, &[u32::from_le_bytes(bytes); LANES], u32::MAX);
        }
        self.group =
            Some(Group { frame, depth: 0, at: 0, rank: 0, mask: self.live, parked: false });
    }

    /// A frame of a function whose local variables start at `local`.
    pub fn enter(&mut self, context: &Context<'_>, code: usize, local: u32) -> usize {
        let spare = self.spare.get_mut(&code).and_then(Vec::pop);
        let index = spare.unwrap_or_else(|| {
            self.frames.push(Frame::new(&context.codes[code], code));
            self.frames.len() - 1
        });
        let place = Place { block: self.block, warp: self.index };
        let frame = &mut self.frames[index];
        frame.fill(context, place, local);
        let [start, end] = frame.local;
        self.local.reserve(end as usize);
        if end > start {
            self.local.forget(start as usize, (end - start) as usize, u32::MAX);
        }
        index
    }

    /// Runs for about `slice` instructions, or until the warp has to wait.
    pub fn run(
        &mut self,
        context: &Context<'_>,
        shared: &mut Shared,
        slice: u64,
    ) -> Result<Pause, Fault> {
        let end = self.warp_instructions + slice;
        loop {
            let Some(group) = self.group else { return Ok(Pause::Done) };
            let frame = &mut self.frames[group.frame];
            let code = &context.codes[frame.code];
            let run = (context.alu)(&mut frame.registers, &code.instructions, group.at, group.mask);
            let at = match run {
                Ok(at) => at,
                Err(division) => {
                    let fault = LaneFault { lane: division.lane, kind: FaultKind::DivisionByZero };
                    return Err(self.fault(context, &code.instructions[division.at], fault));
                }
            };
            let instruction = &code.instructions[at];
            let count = (at - group.at + 1) as u64;
            self.warp_instructions += count;
            self.thread_instructions += count * u64::from(group.mask.count_ones());
            let mask = match instruction.guard {
                None => group.mask,
                Some((slot, negated)) => {
                    let predicate = frame.registers.predicate(slot);
                    group.mask & if negated { !predicate } else { predicate }
                }
            };
            let group = Group { at, ..group };
            self.group = Some(group);
            let result = match &instruction.op {
                Op::Branch { target } => {
                    self.branch(context, group, *target as usize, mask);
                    if self.warp_instructions >= end {
                        return Ok(Pause::Slice);
                    }
                    continue;
                }
                Op::Enter { target } => {
                    self.warp_instructions -= 1;
                    self.thread_instructions -= u64::from(group.mask.count_ones());
                    self.go(context, group, *target as usize);
                    if self.warp_instructions >= end {
                        return Ok(Pause::Slice);
                    }
                    continue;
                }
                Op::Table { index, targets } => self.table(context, group, *index, targets),
                Op::Return => {
                    self.leave(context, group);
                    Ok(())
                }
                Op::Exit => {
                    self.exit(context, group);
                    Ok(())
                }
                Op::Trap => {
                    let lane = group.mask.trailing_zeros() as usize;
                    Err(LaneFault { lane, kind: FaultKind::Trap })
                }
                _ if self.leaving.is_some_and(|barrier| barrier != (group.frame, at)) => {
                    Err(self.divergent())
                }
                Op::Barrier { id, threads } => match self.barrier(context, group, *id, *threads) {
                    Ok(Some(pause)) => return Ok(pause),
                    Ok(None) => Ok(()),
                    Err(fault) => Err(fault),
                },
                op => {
                    let before = (group.frame, at);
                    let result = self.execute(context, shared, op, group, mask);
                    if result.is_ok()
                        && let Some(group) = &mut self.group
                        && (group.frame, group.at) == before
                        && !group.parked
                    {
                        group.at += 1;
                    }
                    result
                }
            };
            if let Err(fault) = result {
                let at = self.group.map_or(at, |group| group.at);
                let code = self.group.map_or(code, |g| &context.codes[self.frames[g.frame].code]);
                return Err(self.fault(context, &code.instructions[at], fault));
            }
            if self.warp_instructions >= end {
                return Ok(Pause::Slice);
            }
        }
    }

    /// What neither branches nor waits for other warps.
    fn execute(
        &mut self,
        context: &Context<'_>,
        shared: &mut Shared,
        op: &Op,
        group: Group,
        mask: u32,
    ) -> Result<(), LaneFault> {
        match op {
            Op::Load(access) => access::load(self, context, shared, group.frame, access, mask),
            Op::Store(access) => access::store(self, context, shared, group.frame, access, mask),
            Op::Atomic(atomic) => atomic::update(self, context, shared, group.frame, atomic, mask),
            Op::Shuffle(shuffle) => self.shuffle(context, group, shuffle),
            Op::Vote { kind, d, source, negated, members } => {
                self.vote(context, group, *kind, [*d, *source, *members], *negated)
            }
            Op::WarpBarrier { members } => self.warp_barrier(context, shared, group, *members),
            Op::ActiveMask { d } => {
                let registers = &mut self.frames[group.frame].registers;
                registers.set_word(*d, &[group.mask; LANES], group.mask);
                Ok(())
            }
            Op::Clock { w, d } => {
                let class = match w {
                    crate::instruction::Width::W64 => Class::B64,
                    _ => Class::B32,
                };
                let values = [self.warp_instructions; LANES];
                let register = Register { class, slot: *d };
                self.frames[group.frame].registers.set_wide(register, &values, mask);
                Ok(())
            }
            Op::Call(call) => self.call(context, group, call),
            _ => Ok(()),
        }
    }

    /// Takes the lanes of `taken` to `target`, the others to the next instruction.
    fn branch(&mut self, context: &Context<'_>, group: Group, target: usize, taken: u32) {
        let stay = group.mask & !taken;
        if stay == 0 {
            self.go(context, group, target);
        } else if taken == 0 {
            self.go(context, group, group.at + 1);
        } else {
            self.split(context, Group { at: target, mask: taken, ..group });
            self.go(context, Group { mask: stay, ..group }, group.at + 1);
        }
    }

    /// Adds a group that leaves the running one.
    pub fn split(&mut self, context: &Context<'_>, mut group: Group) {
        self.frames[group.frame].users += 1;
        let priority = &context.codes[self.frames[group.frame].code].priority;
        if priority[group.at] != u32::MAX {
            group.rank = priority[group.at];
        }
        self.join(&mut group);
        self.others.push(group);
    }

    /// Lets the running group go on at the start of a block.
    pub fn go(&mut self, context: &Context<'_>, mut group: Group, at: usize) {
        group.at = at;
        group.rank = context.codes[self.frames[group.frame].code].priority[at];
        self.group = Some(group);
        if !self.others.is_empty() {
            self.settle();
        }
    }

    /// Takes groups that are where `group` is into it.
    pub fn join(&mut self, group: &mut Group) {
        let frames = &mut self.frames;
        self.others.retain(|other| {
            let same = other.frame == group.frame && other.at == group.at;
            if same {
                group.mask |= other.mask;
                frames[group.frame].users -= 1;
            }
            !same
        });
    }

    /// Joins the running group with others and lets the first in order run.
    pub fn settle(&mut self) {
        if let Some(mut group) = self.group {
            self.join(&mut group);
            self.group = Some(group);
        }
        let best = self.others.iter().enumerate().min_by_key(|(_, group)| group.order());
        let Some((index, best)) = best else { return };
        match self.group {
            None => self.group = Some(self.others.swap_remove(index)),
            Some(group) if best.order() < group.order() => {
                self.group = Some(self.others.swap_remove(index));
                self.others.push(group);
            }
            Some(_) => {}
        }
    }

    /// Where and by whom a fault was committed.
    pub fn fault(
        &self,
        context: &Context<'_>,
        instruction: &Instruction,
        fault: LaneFault,
    ) -> Fault {
        Fault {
            kind: fault.kind,
            kernel: context.codes[context.kernel].name.clone(),
            block: context.block(self.block),
            thread: context.thread(self.index * LANES as u32 + fault.lane as u32),
            line: instruction.line as usize,
            text: String::new(),
        }
    }
}
