//! The registers of a warp in one function.

use crate::instruction::{Slot, Width};
use crate::syntax::types::{Class, Register};

/// Threads of a warp.
pub(crate) const LANES: usize = 32;

/// One 32-bit value for each lane.
pub(crate) type Words = [u32; LANES];
/// One 64-bit value for each lane.
pub(crate) type Doubles = [u64; LANES];

/// Banks of registers. Predicates are masks with one bit for each lane.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registers {
    /// Registers of 16 and 32 bits, the former zero-extended.
    pub words: Vec<Words>,
    pub doubles: Vec<Doubles>,
    pub predicates: Vec<u32>,
    /// The carry flag of `add.cc` and its like.
    pub carry: u32,
}

impl Registers {
    /// Registers of zeros.
    pub fn new(banks: [usize; 3]) -> Self {
        Self {
            words: vec![[0; LANES]; banks[0]],
            doubles: vec![[0; LANES]; banks[1]],
            predicates: vec![0; banks[2]],
            carry: 0,
        }
    }

    #[inline(always)]
    pub fn word(&self, slot: Slot) -> &Words {
        &self.words[usize::from(slot)]
    }

    #[inline(always)]
    pub fn double(&self, slot: Slot) -> &Doubles {
        &self.doubles[usize::from(slot)]
    }

    #[inline(always)]
    pub fn predicate(&self, slot: Slot) -> u32 {
        self.predicates[usize::from(slot)]
    }

    /// Writes the lanes of `mask`.
    #[inline(always)]
    pub fn set_word(&mut self, slot: Slot, values: &Words, mask: u32) {
        let target = &mut self.words[usize::from(slot)];
        if mask == u32::MAX {
            *target = *values;
        } else {
            blend(target, values, mask);
        }
    }

    /// Writes the lanes of `mask`.
    #[inline(always)]
    pub fn set_double(&mut self, slot: Slot, values: &Doubles, mask: u32) {
        let target = &mut self.doubles[usize::from(slot)];
        if mask == u32::MAX {
            *target = *values;
        } else {
            blend(target, values, mask);
        }
    }

    /// Writes the lanes of `mask`.
    #[inline(always)]
    pub fn set_predicate(&mut self, slot: Slot, values: u32, mask: u32) {
        let target = &mut self.predicates[usize::from(slot)];
        *target = *target & !mask | values & mask;
    }

    /// The values of a register of any bank but the predicates', zero-extended.
    #[inline(always)]
    pub fn wide(&self, register: Register) -> Doubles {
        match register.class {
            Class::B64 => *self.double(register.slot),
            Class::Predicate => {
                let mut wide = [0; LANES];
                for (lane, value) in wide.iter_mut().enumerate() {
                    *value = u64::from(self.predicate(register.slot) >> lane & 1);
                }
                wide
            }
            _ => {
                let words = self.word(register.slot);
                let mut wide = [0; LANES];
                for lane in 0..LANES {
                    wide[lane] = u64::from(words[lane]);
                }
                wide
            }
        }
    }

    /// Writes the lanes of `mask`, cut to the size of the register.
    #[inline(always)]
    pub fn set_wide(&mut self, register: Register, values: &Doubles, mask: u32) {
        let cut = match register.class {
            Class::B64 => return self.set_double(register.slot, values, mask),
            Class::B16 => 0xffff,
            _ => u32::MAX,
        };
        let mut words = [0; LANES];
        for lane in 0..LANES {
            words[lane] = values[lane] as u32 & cut;
        }
        self.set_word(register.slot, &words, mask);
    }

    /// Copies a register.
    #[inline(always)]
    pub fn copy(&mut self, w: Width, d: Slot, a: Slot, mask: u32) {
        if w == Width::W64 {
            let values = *self.double(a);
            self.set_double(d, &values, mask);
        } else {
            let values = *self.word(a);
            self.set_word(d, &values, mask);
        }
    }
}

/// Takes the lanes of `mask` from `values`. Out of line, as most instructions write all lanes.
#[inline(never)]
fn blend<T: Copy>(target: &mut [T; LANES], values: &[T; LANES], mask: u32) {
    for lane in 0..LANES {
        target[lane] = if mask >> lane & 1 != 0 { values[lane] } else { target[lane] };
    }
}
