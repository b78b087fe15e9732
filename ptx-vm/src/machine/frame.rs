//! What a call of a function holds for a warp.

use super::Context;
use super::lanes::LaneMemory;
use super::space::{FUNCTION_BASE, FUNCTION_STEP};
use crate::alu::registers::{LANES, Registers};
use crate::instruction::{Code, Constant, LaneMask};
use crate::syntax::types::Class;

/// The registers and parameters of a function that a warp, or some of its lanes, is in.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Index of the function.
    pub code: usize,
    pub registers: Registers,
    /// Parameters of the function and of the functions that it calls.
    pub area: LaneMemory,
    /// Where the frame's local variables start and end.
    pub local: [u32; 2],
    pub depth: u32,
    /// The frame to return to, the instruction that called, and its block's rank.
    pub parent: usize,
    pub called_at: usize,
    pub called_rank: u32,
    /// Groups of lanes in the frame, and frames that return to it.
    pub users: u32,
    /// For which block and local memory the constants stand.
    filled: Option<(u64, u32)>,
}

/// Where a warp stands in the grid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub block: u64,
    pub warp: u32,
}

impl Frame {
    pub fn new(code: &Code, index: usize) -> Self {
        let mut area = LaneMemory::default();
        area.reserve(code.area as usize);
        Self {
            code: index,
            registers: Registers::new(code.banks),
            area,
            local: [0; 2],
            depth: 0,
            parent: 0,
            called_at: 0,
            called_rank: 0,
            users: 0,
            filled: None,
        }
    }

    /// Readies the frame for a call in which local variables start at `local`.
    pub fn fill(&mut self, context: &Context<'_>, place: Place, local: u32) {
        let code = &context.codes[self.code];
        let local = local.next_multiple_of(code.local_align);
        self.local = [local, local + code.local];
        let filled = Some((place.block, local));
        if self.filled == filled {
            return;
        }
        // What a block before left in registers must not show: results would depend on threads.
        if self.filled.is_some_and(|(block, _)| block != place.block) {
            self.registers.words.iter_mut().for_each(|row| *row = [0; LANES]);
            self.registers.doubles.iter_mut().for_each(|row| *row = [0; LANES]);
            self.registers.predicates.iter_mut().for_each(|mask| *mask = 0);
        }
        self.filled = filled;
        for (register, constant) in &code.constants {
            let values = values(context, place, local, *constant);
            if register.class == Class::Predicate {
                let mask = if values[0] & 1 != 0 { u32::MAX } else { 0 };
                self.registers.predicates[usize::from(register.slot)] = mask;
            } else {
                self.registers.set_wide(*register, &values, u32::MAX);
            }
        }
    }
}

fn values(context: &Context<'_>, place: Place, local: u32, constant: Constant) -> [u64; LANES] {
    let launch = context.launch;
    let first = place.warp * LANES as u32;
    let uniform = |value: u64| [value; LANES];
    let by_lane = |value: &dyn Fn(u32) -> u32| {
        let mut values = [0; LANES];
        for (lane, out) in values.iter_mut().enumerate() {
            *out = u64::from(value(lane as u32));
        }
        values
    };
    match constant {
        Constant::Bits(bits) => uniform(bits),
        Constant::Thread(axis) => by_lane(&|lane| context.thread(first + lane)[usize::from(axis)]),
        Constant::Threads(axis) => uniform(launch.block[usize::from(axis)].into()),
        Constant::Block(axis) => uniform(context.block(place.block)[usize::from(axis)].into()),
        Constant::Blocks(axis) => uniform(launch.grid[usize::from(axis)].into()),
        Constant::Lane => by_lane(&|lane| lane),
        Constant::LaneMask(mask) => by_lane(&|lane| {
            let equal = 1u32 << lane;
            match mask {
                LaneMask::Equal => equal,
                LaneMask::Less => equal - 1,
                LaneMask::LessEqual => (equal - 1) | equal,
                LaneMask::Greater => !((equal - 1) | equal),
                LaneMask::GreaterEqual => !(equal - 1),
            }
        }),
        Constant::Warp => uniform(place.warp.into()),
        Constant::Warps => uniform(u64::from(context.threads().div_ceil(LANES as u32))),
        Constant::DynamicSharedBytes => uniform(launch.dynamic_shared_bytes.into()),
        Constant::TotalSharedBytes => uniform(context.shared_bytes as u64),
        Constant::Variable(index, offset) => {
            uniform(context.addresses[index as usize].wrapping_add(offset as u64))
        }
        Constant::Local(offset) => uniform(u64::from(local) + u64::from(offset)),
        Constant::Function(index) => uniform(FUNCTION_BASE + FUNCTION_STEP * u64::from(index)),
    }
}
