//! One step of many environments, several to an instruction.
//!
//! What [`particle_pilot_kernels::simulate::Environment`] does, with the same bits, but arranged in loops without
//! branches over arrays, which the compiler turns into vector instructions; sine, cosine and quotients are those of the
//! crate `libm` and of division, by other ways. Episodes that end are few, and seen to afterwards one by one.
//!
//! Sine and cosine are FreeBSD's `k_sin.c` and `k_cos.c`, as in `libm`:
//!
//! > Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunSoft, a Sun Microsystems,
//! > Inc. business. Permission to use, copy, modify, and distribute this software is freely granted, provided that
//! > this notice is preserved.

use particle_pilot_kernels::env::{Integrator, Physics, failed as has_failed, step_by};
use particle_pilot_kernels::lanes::LaneWork;
use particle_pilot_kernels::lanes::Lanes;
use particle_pilot_kernels::simulate::{Autoreset, EnvironmentParams};

use super::cache::rewards;
use super::slice::Slice;

/// Environments that are taken through a step together: as many as stay in the fastest cache.
const BLOCK: usize = 256;

/// The least angle that `libm` reduces before it takes the sine, in rad: a little above pi/4.
const REDUCED: f64 = f64::from_bits(0x3fe9_21fc_0000_0000);

/// A step of a slice of environments, with the force in N that `force` has for each.
pub(super) struct WideStep<'a, 'c, F> {
    pub slice: &'a mut Slice<'c>,
    pub params: &'a EnvironmentParams,
    pub force: F,
}

impl<F: Fn(usize) -> f64> LaneWork for WideStep<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, _: L::Proof) {
        let Self { slice, params, force } = self;
        let count = slice.len();
        let mut scratch = Scratch::new();
        for first in (0..count).step_by(BLOCK) {
            let end = count.min(first + BLOCK);
            let mut block = slice.part(first, end);
            if !step_block::<L>(&mut block, params, &mut scratch, |i| force(first + i)) {
                (first..end).for_each(|i| _ = slice.step_one(i, params, 1, || force(i)));
            }
        }
    }
}

/// What a block needs on its way, used by all blocks in turn.
struct Scratch {
    newtons: [f64; BLOCK],
    /// The components of the states that the step leads to. They count once all of them are known to be right.
    next: [[f64; BLOCK]; 4],
    failed: [bool; BLOCK],
    /// 1 where an episode has ended, else 0: bytes, of which eight are looked at together.
    ended: [u8; BLOCK],
}

impl Scratch {
    #[inline(always)]
    fn new() -> Self {
        Self {
            newtons: [0.0; BLOCK],
            next: [[0.0; BLOCK]; 4],
            failed: [false; BLOCK],
            ended: [0; BLOCK],
        }
    }

    /// Marks the environments whose last step ended an episode.
    #[inline(always)]
    fn mark(&mut self, block: &Slice<'_>) {
        let flags = block.terminated.iter().zip(&*block.truncated);
        for (ended, (terminated, truncated)) in self.ended.iter_mut().zip(flags) {
            *ended = u8::from(*terminated | *truncated);
        }
    }
}

/// Takes a step with all environments of a block; or returns false, nothing having moved, if it has states that
/// [`move_all`] does not know how to move.
#[inline(always)]
fn step_block<L: Lanes>(
    block: &mut Slice<'_>,
    params: &EnvironmentParams,
    scratch: &mut Scratch,
    force: impl Fn(usize) -> f64,
) -> bool {
    let count = block.len().min(BLOCK);
    // Those that had ended move too, to where nobody will look.
    let is_right = match params.physics.integrator {
        Integrator::Euler => advance::<L, true>(block, &params.physics, scratch, force),
        Integrator::SemiImplicitEuler => {
            advance::<L, false>(block, &params.physics, scratch, force)
        }
    };
    if !is_right {
        return false;
    }
    if params.autoreset == Autoreset::NextStep {
        scratch.mark(block);
        // They are about to draw, from memory that has not been looked at for a whole episode.
        for_each_set(&scratch.ended, count, |i| prefetch(&block.generators[i]));
    }
    block.terminated.copy_from_slice(&scratch.failed[..count]);
    count_steps(block, params);
    observe(block, &scratch.next);
    match params.autoreset {
        Autoreset::NextStep => for_each_set(&scratch.ended, count, |i| {
            block.begin(i, params.bounds);
            block.rewards[i] = 0.0;
            block.terminated[i] = false;
            block.truncated[i] = false;
        }),
        Autoreset::SameStep => {
            scratch.mark(block);
            for_each_set(&scratch.ended, count, |i| {
                block.final_observations[i] = block.observations[i];
                block.begin(i, params.bounds);
            });
        }
        Autoreset::Disabled => {}
    }
    true
}

/// Calls `work` where flags, 0 or 1, are set among the first `count`: they are few, and looked at eight at a time.
#[inline(always)]
fn for_each_set(flags: &[u8; BLOCK], count: usize, mut work: impl FnMut(usize)) {
    for (number, eight) in flags.as_chunks::<8>().0.iter().enumerate() {
        let mut word = u64::from_le_bytes(*eight);
        while word != 0 {
            let i = 8 * number + word.trailing_zeros() as usize / 8;
            if i >= count {
                return; // left from a longer block
            }
            work(i);
            word &= word - 1;
        }
    }
}

/// Whether all of it is right: [`move_all`].
#[inline(always)]
fn advance<L: Lanes, const EULER: bool>(
    block: &mut Slice<'_>,
    p: &Physics,
    scratch: &mut Scratch,
    force: impl Fn(usize) -> f64,
) -> bool {
    let count = block.len().min(BLOCK);
    let Scratch { newtons, next: [x, x_dot, theta, theta_dot], failed, .. } = scratch;
    let newtons = &mut newtons[..count];
    for (i, newton) in newtons.iter_mut().enumerate() {
        *newton = force(i);
    }
    let old = block.states.each_ref().map(|values| &**values);
    move_all::<L, EULER>(*p, newtons, old, x, x_dot, theta, theta_dot, failed)
}

/// Has a value fetched from memory while other things are done.
#[inline(always)]
fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 CPU has the instruction, a hint that changes nothing.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(core::ptr::from_ref(value).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

/// [`particle_pilot_kernels::env::step`] and [`particle_pilot_kernels::env::failed`], unless it returns false: then
/// an angle is beyond [`sine`] and [`cosine`], or a number beyond [`Divisor`], and what it has written is of no use.
///
/// That no two arguments overlap is what lets the compiler work on several environments at once.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "one for each array")]
fn move_all<L: Lanes, const EULER: bool>(
    p: Physics,
    newtons: &[f64],
    [x, x_dot, theta, theta_dot]: [&[f64]; 4],
    next_x: &mut [f64; BLOCK],
    next_x_dot: &mut [f64; BLOCK],
    next_theta: &mut [f64; BLOCK],
    next_theta_dot: &mut [f64; BLOCK],
    failed: &mut [bool; BLOCK],
) -> bool {
    let count = newtons.len().min(BLOCK);
    let (x, x_dot) = (&x[..count], &x_dot[..count]);
    let (theta, theta_dot) = (&theta[..count], &theta_dot[..count]);
    let total_mass = Divisor::new(p.total_mass());
    let integrator = if EULER { Integrator::Euler } else { Integrator::SemiImplicitEuler };
    let p = Physics { integrator, ..p };
    let (mut far, mut excess) = (0, total_mass.own_excess());
    for i in 0..count {
        let old = [x[i], x_dot[i], theta[i], theta_dot[i]];
        far |= !old[2].abs().to_bits().wrapping_sub(REDUCED.to_bits());
        let next = step_by(&p, old, newtons[i], [sine(old[2]), cosine(old[2])], |value| {
            excess |= Divisor::excess(value);
            total_mass.divide::<L>(value)
        });
        failed[i] = has_failed(&p, next);
        [next_x[i], next_x_dot[i], next_theta[i], next_theta_dot[i]] = next;
    }
    // The topmost bit of a difference is set where it is below 0: everywhere, for angles that are near.
    far >> 63 == 0 && excess >> 62 == 0
}

/// A number to divide by again and again: multiplications instead of divisions, which take several times as long,
/// and the same quotients to the last bit.
///
/// With `y = 1/b` rounded, `q + (a - b q) y` with fused operations is `a/b` correctly rounded if `q` is one of the two
/// numbers next to `a/b`: P. W. Markstein, "Computation of elementary functions on the IBM RISC System/6000 processor",
/// IBM Journal of Research and Development 34, 1990. The same formula makes such a `q` from `a y`.
#[derive(Clone, Copy)]
struct Divisor {
    value: f64,
    inverse: f64,
}

impl Divisor {
    #[inline(always)]
    fn new(value: f64) -> Self {
        Self { value, inverse: 1.0 / value }
    }

    /// `a / value`, unless [`a`](Self::excess) or [the divisor](Self::own_excess) is in excess.
    #[inline(always)]
    fn divide<L: Lanes>(self, a: f64) -> f64 {
        // Without vectors there need not be an instruction for fused operations.
        if L::COUNT == 1 { a / self.value } else { self.fused(a) }
    }

    #[inline(always)]
    fn fused(self, a: f64) -> f64 {
        let improve = |q: f64| (-q).mul_add(self.value, a).mul_add(self.inverse, q);
        improve(improve(a * self.inverse))
    }

    /// As [`excess`](Self::excess), for the divisor: its square is in the same range.
    #[inline(always)]
    fn own_excess(self) -> u64 {
        Self::excess(self.value * self.value)
    }

    /// A number whose two topmost bits are 0 if that of `a` is between 2^-511 and 2^513, where nothing overflows or
    /// underflows on the way to the quotient.
    #[inline(always)]
    fn excess(a: f64) -> u64 {
        const LEAST: u64 = 512 << 52;
        a.abs().to_bits().wrapping_sub(LEAST)
    }
}

/// Elapsed steps, truncation and rewards.
#[inline(always)]
fn count_steps(block: &mut Slice<'_>, params: &EnvironmentParams) {
    // No environment has so many steps behind it: counts stay where they are before they would overflow.
    let limit = match params.terms.max_episode_steps {
        0 => u64::MAX,
        limit => limit.into(),
    };
    for (elapsed, truncated) in block.elapsed.iter_mut().zip(&mut *block.truncated) {
        *elapsed = elapsed.saturating_add(1);
        *truncated = u64::from(*elapsed) >= limit;
    }
    let [success, failure] = rewards(params);
    for (reward, terminated) in block.rewards.iter_mut().zip(&*block.terminated) {
        *reward = if *terminated { failure } else { success };
    }
}

/// Stores the states and what is seen of them.
#[inline(always)]
fn observe(block: &mut Slice<'_>, next: &[[f64; BLOCK]; 4]) {
    let count = block.len().min(BLOCK);
    for (old, new) in block.states.iter_mut().zip(next) {
        old.copy_from_slice(&new[..count]);
    }
    let [x, x_dot, theta, theta_dot] = next.each_ref().map(|values| &values[..count]);
    for (i, observation) in block.observations[..count].iter_mut().enumerate() {
        *observation = [x[i] as f32, x_dot[i] as f32, theta[i] as f32, theta_dot[i] as f32];
    }
}

/// `libm::sin` of an angle below [`REDUCED`].
#[inline(always)]
fn sine(x: f64) -> f64 {
    #[expect(clippy::excessive_precision, reason = "as published")]
    const S: [f64; 6] = [
        -1.666_666_666_666_663_243_48e-1,
        8.333_333_333_322_489_461_24e-3,
        -1.984_126_982_985_794_931_34e-4,
        2.755_731_370_707_006_767_89e-6,
        -2.505_076_025_340_686_341_95e-8,
        1.589_690_995_211_550_102_21e-10,
    ];
    const TINY: f64 = f64::from_bits(0x3e50_0000_0000_0000);
    let z = x * x;
    let w = z * z;
    let r = S[1] + z * (S[2] + z * S[3]) + z * w * (S[4] + z * S[5]);
    let sine = x + z * x * (S[0] + z * r);
    // The polynomial would lose the sign of -0.
    if x.abs() < TINY { x } else { sine }
}

/// `libm::cos` of an angle below [`REDUCED`]. (What `libm` does for tiny ones comes to the same.)
#[inline(always)]
fn cosine(x: f64) -> f64 {
    #[expect(clippy::excessive_precision, reason = "as published")]
    const C: [f64; 6] = [
        4.166_666_666_666_660_190_37e-2,
        -1.388_888_888_887_410_957_49e-3,
        2.480_158_728_947_672_941_78e-5,
        -2.755_731_435_139_066_330_35e-7,
        2.087_572_321_298_174_827_90e-9,
        -1.135_964_755_778_819_482_65e-11,
    ];
    let z = x * x;
    let w = z * z;
    let r = z * (C[0] + z * (C[1] + z * C[2])) + w * w * (C[3] + z * (C[4] + z * C[5]));
    let hz = 0.5 * z;
    let w = 1.0 - hz;
    w + ((1.0 - w - hz) + z * r)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(x: f64) {
        assert!(x.abs() < REDUCED);
        assert_eq!(sine(x).to_bits(), libm::sin(x).to_bits(), "sin {x:e}");
        assert_eq!(cosine(x).to_bits(), libm::cos(x).to_bits(), "cos {x:e}");
    }

    #[test]
    fn sine_and_cosine_are_libms_at_the_edges() {
        let last = f64::from_bits(REDUCED.to_bits() - 1);
        let edges = [0.0, f64::MIN_POSITIVE, 5e-324, last, 0.25_f64.powi(13), 0.5_f64.powi(27)];
        for edge in edges {
            for x in [edge, edge.next_up().min(last), edge.next_down()] {
                check(x);
                check(-x);
            }
        }
        for exponent in -60..-20 {
            check(1.3 * 2f64.powi(exponent));
            check(-1.5 * 2f64.powi(exponent));
        }
    }

    #[test]
    fn numbers_beyond_are_in_excess() {
        let beyond = [0.0, -0.0, 5e-324, 1e-200, 1e200, f64::MAX, f64::INFINITY, f64::NAN];
        for a in beyond {
            assert_ne!(Divisor::excess(a) >> 62, 0, "{a:e}");
        }
        for a in [1.1, -1.1, 1e-150, 1e150] {
            assert_eq!(Divisor::excess(a) >> 62, 0, "{a:e}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn sine_and_cosine_are_libms(x in -0.785f64..0.785) {
            check(x);
            check(x * x * x * 1e-6);
        }

        #[test]
        fn quotients_are_correctly_rounded(
            a in -1.0f64..1.0,
            b in prop_oneof![1.0f64..2.0, Just(1.1), Just(2.0f64.next_down()), Just(1.0f64.next_up())],
            (up, down) in (-500i32..500, -250i32..250),
        ) {
            let (a, b) = (a * 2f64.powi(up), b * 2f64.powi(down));
            let divisor = Divisor::new(b);
            prop_assume!((Divisor::excess(a) | divisor.own_excess()) >> 62 == 0);
            prop_assert_eq!(divisor.fused(a).to_bits(), (a / b).to_bits(), "{:e} / {:e}", a, b);
        }
    }
}
