//! One step of many environments, several to an instruction.
//!
//! The same operations in the same order as [`particle_pilot_kernels::simulate::Environment`] and the crate `libm`, and
//! hence the same bits, but arranged in loops without branches over arrays, which the compiler turns into vector
//! instructions. Episodes that end are few, and seen to afterwards one by one.
//!
//! Sine and cosine are FreeBSD's `k_sin.c` and `k_cos.c`, as in `libm`:
//!
//! > Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunSoft, a Sun Microsystems,
//! > Inc. business. Permission to use, copy, modify, and distribute this software is freely granted, provided that
//! > this notice is preserved.

use particle_pilot_kernels::env::{Integrator, Physics};
use particle_pilot_kernels::lanes::Lanes;
use particle_pilot_kernels::simulate::{Autoreset, Rules};

use super::cpu::Chunk;
use crate::backend::cpu::Kernel;

/// Environments that are taken through a step together: as many as stay in the fastest cache.
const BLOCK: usize = 256;

/// The least angle that `libm` reduces before it takes the sine, in rad: a little above pi/4.
const REDUCED: f64 = f64::from_bits(0x3fe9_21fc_0000_0000);

/// A step of a chunk of environments, with the force in N that `force` has for each.
pub(super) struct WideStep<'a, 'c, F> {
    pub chunk: &'a mut Chunk<'c>,
    pub rules: &'a Rules,
    pub force: F,
}

impl<F: Fn(usize) -> f64> Kernel for WideStep<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, _: L::Proof) {
        let Self { chunk, rules, force } = self;
        let count = chunk.len();
        for first in (0..count).step_by(BLOCK) {
            let end = count.min(first + BLOCK);
            if chunk.states[2][first..end].iter().fold(true, |near, theta| near & is_near(*theta)) {
                step_block(&mut chunk.part(first, end), rules, |i| force(first + i));
            } else {
                (first..end).for_each(|i| _ = chunk.step_one(i, rules, 1, || force(i)));
            }
        }
    }
}

/// Whether [`sine`] and [`cosine`] know the angle, in rad; false for a NaN.
#[inline(always)]
fn is_near(theta: f64) -> bool {
    theta.abs() < REDUCED
}

#[inline(always)]
fn step_block(block: &mut Chunk<'_>, rules: &Rules, force: impl Fn(usize) -> f64) {
    let count = block.len().min(BLOCK);
    let mut had_ended = [false; BLOCK];
    for ((had_ended, terminated), truncated) in
        had_ended.iter_mut().zip(&*block.terminated).zip(&*block.truncated)
    {
        *had_ended = *terminated | *truncated;
    }
    if rules.autoreset == Autoreset::NextStep {
        // They are about to draw, from memory that has not been looked at for a whole episode.
        indices(&had_ended[..count]).for_each(|i| prefetch(&block.generators[i]));
    }
    // Those that had ended move too, to where nobody will look.
    match rules.physics.integrator {
        Integrator::Euler => advance::<true>(block, &rules.physics, force),
        Integrator::SemiImplicitEuler => advance::<false>(block, &rules.physics, force),
    }
    count_steps(block, rules);
    observe(block);
    match rules.autoreset {
        Autoreset::NextStep => {
            for i in indices(&had_ended[..count]) {
                block.begin(i, rules.bounds);
                block.rewards[i] = 0.0;
                block.terminated[i] = false;
                block.truncated[i] = false;
            }
        }
        Autoreset::SameStep => {
            for i in 0..count {
                if block.terminated[i] | block.truncated[i] {
                    block.final_observations[i] = block.observations[i];
                    block.begin(i, rules.bounds);
                }
            }
        }
        Autoreset::Disabled => {}
    }
}

/// Where flags are set.
#[inline(always)]
fn indices(flags: &[bool]) -> impl Iterator<Item = usize> {
    (0..flags.len()).filter(|i| flags[*i])
}

#[inline(always)]
fn advance<const EULER: bool>(block: &mut Chunk<'_>, p: &Physics, force: impl Fn(usize) -> f64) {
    let mut newtons = [0.0; BLOCK];
    let newtons = &mut newtons[..block.len().min(BLOCK)];
    for (i, newton) in newtons.iter_mut().enumerate() {
        *newton = force(i);
    }
    let [x, x_dot, theta, theta_dot] = &mut block.states;
    move_all::<EULER>(*p, newtons, x, x_dot, theta, theta_dot, block.terminated);
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

/// [`particle_pilot_kernels::env::step`] and [`particle_pilot_kernels::env::failed`].
///
/// That no two arguments overlap is what lets the compiler work on several environments at once.
#[inline(always)]
fn move_all<const EULER: bool>(
    p: Physics,
    newtons: &[f64],
    x: &mut [f64],
    x_dot: &mut [f64],
    theta: &mut [f64],
    theta_dot: &mut [f64],
    terminated: &mut [bool],
) {
    let count = newtons.len();
    let (x, x_dot) = (&mut x[..count], &mut x_dot[..count]);
    let (theta, theta_dot) = (&mut theta[..count], &mut theta_dot[..count]);
    let terminated = &mut terminated[..count];
    let (total_mass, polemass_length) = (p.total_mass(), p.polemass_length());
    for i in 0..count {
        let [old_x, old_x_dot, old_theta, old_theta_dot] = [x[i], x_dot[i], theta[i], theta_dot[i]];
        let (costheta, sintheta) = (cosine(old_theta), sine(old_theta));
        let swing = polemass_length * (old_theta_dot * old_theta_dot) * sintheta;
        let temp = (newtons[i] + swing) / total_mass;
        let inertia = p.length * (4.0 / 3.0 - p.masspole * (costheta * costheta) / total_mass);
        let thetaacc = (p.gravity * sintheta - costheta * temp) / inertia;
        let xacc = temp - polemass_length * thetaacc * costheta / total_mass;
        let new_x_dot = old_x_dot + p.tau * xacc;
        let new_theta_dot = old_theta_dot + p.tau * thetaacc;
        let new_x = old_x + p.tau * if EULER { old_x_dot } else { new_x_dot };
        let new_theta = old_theta + p.tau * if EULER { old_theta_dot } else { new_theta_dot };
        let is_off = (new_x < -p.x_threshold) | (new_x > p.x_threshold);
        let (least, most) = (-p.theta_threshold_radians, p.theta_threshold_radians);
        terminated[i] = is_off | (new_theta < least) | (new_theta > most);
        (x[i], x_dot[i], theta[i], theta_dot[i]) = (new_x, new_x_dot, new_theta, new_theta_dot);
    }
}

/// Elapsed steps, truncation and rewards.
#[inline(always)]
fn count_steps(block: &mut Chunk<'_>, rules: &Rules) {
    // No environment has so many steps behind it: counts stay where they are before they would overflow.
    let limit = match rules.terms.max_episode_steps {
        0 => u64::MAX,
        limit => limit.into(),
    };
    for (elapsed, truncated) in block.elapsed.iter_mut().zip(&mut *block.truncated) {
        *elapsed = elapsed.saturating_add(1);
        *truncated = u64::from(*elapsed) >= limit;
    }
    let [success, failure] = if rules.terms.sutton_barto_reward { [0.0, -1.0] } else { [1.0, 1.0] };
    for (reward, terminated) in block.rewards.iter_mut().zip(&*block.terminated) {
        *reward = if *terminated { failure } else { success };
    }
}

#[inline(always)]
fn observe(block: &mut Chunk<'_>) {
    let count = block.len();
    let [x, x_dot, theta, theta_dot] = block.states.each_mut().map(|values| &values[..count]);
    for (i, observation) in block.observations[..count].iter_mut().enumerate() {
        *observation = [x[i] as f32, x_dot[i] as f32, theta[i] as f32, theta_dot[i] as f32];
    }
}

/// `libm::sin` of an angle that [is near](is_near).
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

/// `libm::cos` of an angle that [is near](is_near). (What `libm` does for tiny ones comes to the same.)
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
        assert!(is_near(x));
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
        assert!(![REDUCED, -1.0, f64::NAN, f64::INFINITY].into_iter().any(is_near));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn sine_and_cosine_are_libms(x in -0.785f64..0.785) {
            check(x);
            check(x * x * x * 1e-6);
        }
    }
}
