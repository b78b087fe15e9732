//! Arithmetic of a warp: 32 lanes at a time. Tables say of each operation what PTX calls it and what it
//! makes of a lane, once for all widths.
//!
//! One body is compiled for several sets of vector instructions, and the best that the CPU has is
//! chosen once. Everything in it is a loop over lanes that the compiler turns into vector code; so
//! all of it is `#[inline(always)]` and free of closures, which would not inherit the instructions.

mod compare;
mod convert;
mod float;
mod integer;
mod lanes;
mod logic;
pub(crate) mod registers;

pub(crate) use compare::{Comparison, Logic};
pub(crate) use convert::Rounding;
pub(crate) use float::{Float1, Float2, Test};
pub(crate) use integer::{Divide, Int1, Int2, Shift};

use crate::instruction::{Instruction, Op};
use registers::Registers;

/// Why a run of arithmetic ended early: an integer was divided by zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Division {
    /// Index of the instruction.
    pub at: usize,
    /// The lowest lane that divided by zero.
    pub lane: usize,
}

/// Runs arithmetic from `at` on, to the first instruction that is none; the index of that.
pub(crate) type Run = fn(&mut Registers, &[Instruction], usize, u32) -> Result<usize, Division>;

/// The fastest [`Run`] that this CPU can execute.
pub(crate) fn select() -> Run {
    available()[0]
}

/// Every [`Run`] that this CPU can execute, the fastest first.
pub(crate) fn available() -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("fma")
        {
            runs.push(|registers, code, at, mask| {
                // SAFETY: the features were all detected just above.
                unsafe { run_avx512(registers, code, at, mask) }
            });
        }
        if is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
        {
            runs.push(|registers, code, at, mask| {
                // SAFETY: the features were all detected just above.
                unsafe { run_avx2(registers, code, at, mask) }
            });
        }
    }
    runs.push(run_plain);
    runs
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512cd,fma")]
fn run_avx512(
    registers: &mut Registers,
    code: &[Instruction],
    at: usize,
    mask: u32,
) -> Result<usize, Division> {
    run(registers, code, at, mask)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,lzcnt,popcnt")]
fn run_avx2(
    registers: &mut Registers,
    code: &[Instruction],
    at: usize,
    mask: u32,
) -> Result<usize, Division> {
    run(registers, code, at, mask)
}

fn run_plain(
    registers: &mut Registers,
    code: &[Instruction],
    at: usize,
    mask: u32,
) -> Result<usize, Division> {
    run(registers, code, at, mask)
}

#[inline(always)]
fn run(
    registers: &mut Registers,
    code: &[Instruction],
    mut at: usize,
    active: u32,
) -> Result<usize, Division> {
    let r = registers;
    loop {
        let instruction = &code[at];
        let mask = match instruction.guard {
            None => active,
            Some((slot, false)) => active & r.predicate(slot),
            Some((slot, true)) => active & !r.predicate(slot),
        };
        match &instruction.op {
            Op::Int2 { f, w, d, a, b } => integer::two(r, *f, *w, *d, *a, *b, mask),
            Op::Divide { f, w, d, a, b } => {
                let failed = integer::divide(r, *f, *w, *d, *a, *b, mask);
                if failed != 0 {
                    return Err(Division { at, lane: failed.trailing_zeros() as usize });
                }
            }
            Op::Shift { f, w, d, a, b } => integer::shift(r, *f, *w, *d, *a, *b, mask),
            Op::Int1 { f, w, d, a } => integer::one(r, *f, *w, *d, *a, mask),
            Op::MulWide { signed, w, d, a, b } => {
                integer::multiply_wide(r, *signed, *w, *d, *a, *b, mask);
            }
            Op::MulAdd { w, d, a, b, c } => integer::multiply_add(r, *w, *d, *a, *b, *c, mask),
            Op::Carry { subtract, consume, produce, w, d, a, b } => {
                integer::carry(r, *subtract, *consume, *produce, *w, *d, *a, *b, mask);
            }
            Op::Funnel { left, wrap, d, a, b, c } => {
                logic::funnel(r, *left, *wrap, *d, *a, *b, *c, mask);
            }
            Op::Extract { signed, w, d, a, b, c } => {
                logic::extract(r, *signed, *w, *d, *a, *b, *c, mask);
            }
            Op::Insert { w, d, a, b, c, e } => logic::insert(r, *w, *d, [*a, *b, *c, *e], mask),
            Op::Permute { mode, d, a, b, c } => logic::permute(r, *mode, *d, *a, *b, *c, mask),
            Op::Lookup { table, d, a, b, c } => logic::lookup(r, *table, *d, *a, *b, *c, mask),
            Op::Move { w, d, a } => r.copy(*w, *d, *a, mask),
            Op::Select { w, d, a, b, p } => logic::select(r, *w, *d, *a, *b, *p, mask),
            Op::SelectSign { w, float, d, a, b, c } => {
                logic::select_sign(r, *w, *float, *d, *a, *b, *c, mask);
            }
            Op::Join { w, d, parts } => logic::join(r, *w, *d, parts, mask),
            Op::Split { w, a, parts } => logic::split(r, *w, *a, parts, mask),
            Op::Compare(compare) => compare::compare(r, compare, mask),
            Op::Spread { float, d, p } => compare::spread(r, *float, *d, *p, mask),
            Op::Float2 { f, double, d, a, b } => float::two(r, *f, *double, *d, *a, *b, mask),
            Op::Float1 { f, double, d, a } => float::one(r, *f, *double, *d, *a, mask),
            Op::FusedMulAdd { double, d, a, b, c } => {
                float::fused(r, *double, *d, *a, *b, *c, mask);
            }
            Op::Test { f, double, d, a } => float::test(r, *f, *double, *d, *a, mask),
            Op::ZeroExtend { d, a } => convert::zero_extend(r, *d, *a, mask),
            Op::SignExtend { d, a } => convert::sign_extend(r, *d, *a, mask),
            Op::Truncate { d, a } => convert::truncate(r, *d, *a, mask),
            Op::Convert(convert) => convert::convert(r, convert, mask),
            Op::Logic { f, d, a, b } => compare::predicates(r, *f, *d, *a, *b, mask),
            Op::MovePredicate { negate, d, a } => {
                let value = r.predicate(*a);
                r.set_predicate(*d, if *negate { !value } else { value }, mask);
            }
            Op::SelectPredicate { d, a, b, p } => {
                let by = r.predicate(*p);
                let value = r.predicate(*a) & by | r.predicate(*b) & !by;
                r.set_predicate(*d, value, mask);
            }
            Op::Nothing => {}
            _ => return Ok(at),
        }
        at += 1;
    }
}
