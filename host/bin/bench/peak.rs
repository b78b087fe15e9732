//! How many vector multiply-adds this CPU issues: the limit that its throughput is held against.
//!
//! Each thread runs chains of multiply-adds that do not wait for each other, as many as it takes to keep two
//! units of a latency of up to six cycles busy, and touches no memory.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use particle_pilot::Simd;
use serde::{Deserialize, Serialize};

/// Chains of each thread.
const CHAINS: usize = 12;
/// Rounds of all chains between two looks at the clock.
const ROUNDS: usize = 4096;

/// The most multiply-adds seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    pub simd: Simd,
    pub threads: usize,
    /// Vector instructions a second, by all threads together: the highest sample.
    pub instructions_per_s: f64,
    /// All samples.
    pub samples_per_s: Vec<f64>,
}

impl Peak {
    /// Operations a second, a multiply-add counting as two.
    pub fn flops(&self) -> f64 {
        self.instructions_per_s * self.simd.lanes() as f64 * 2.0
    }

    /// Takes another sample, of this length.
    pub fn sample(&mut self, length: Duration) {
        let Some(run) = rounds(self.simd) else { return };
        let per_second = all_threads(self.threads, length, run);
        self.samples_per_s.push(per_second);
        self.instructions_per_s = self.instructions_per_s.max(per_second);
    }
}

/// For each set of vector instructions that this CPU has, one thread and `threads`, not measured yet.
///
/// There is none for the scalar path: where the compiler may not assume multiply-adds in hardware, that path
/// calls a function for each.
pub fn peaks(threads: usize) -> Vec<Peak> {
    let known = Simd::available().into_iter().filter(|simd| rounds(*simd).is_some());
    let counts = if threads > 1 { vec![1, threads] } else { vec![1] };
    let new =
        |simd, threads| Peak { simd, threads, instructions_per_s: 0.0, samples_per_s: Vec::new() };
    known.flat_map(|simd| counts.iter().map(move |threads| new(simd, *threads))).collect()
}

/// Instructions a second of as many threads that all start at the same time.
fn all_threads(threads: usize, length: Duration, run: fn(usize)) -> f64 {
    let start = Barrier::new(threads);
    let one = || {
        start.wait();
        let began = Instant::now();
        let mut count = 0usize;
        while began.elapsed() < length {
            run(ROUNDS);
            count += ROUNDS * CHAINS;
        }
        count as f64 / began.elapsed().as_secs_f64()
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(one)).collect();
        one() + others.into_iter().filter_map(|thread| thread.join().ok()).sum::<f64>()
    })
}

/// What runs so many rounds of all chains with these instructions, if this CPU has them.
fn rounds(simd: Simd) -> Option<fn(usize)> {
    match simd {
        #[cfg(target_arch = "x86_64")]
        Simd::Avx2 if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") => {
            // SAFETY: both features that `avx2` requires were just detected.
            Some(|rounds| unsafe { x86::avx2(rounds) })
        }
        #[cfg(target_arch = "x86_64")]
        Simd::Avx512 if is_x86_feature_detected!("avx512f") => {
            // SAFETY: the feature that `avx512` requires was just detected.
            Some(|rounds| unsafe { x86::avx512(rounds) })
        }
        #[cfg(target_arch = "aarch64")]
        Simd::Neon => {
            // SAFETY: every aarch64 CPU that Rust is compiled for has the feature that `neon` requires.
            Some(|rounds| unsafe { arm::neon(rounds) })
        }
        _ => None,
    }
}

/// All chains tend to 1, far from overflow and from denormal numbers.
const FACTOR: f32 = 0.5;

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;
    use std::hint::black_box;

    use super::{CHAINS, FACTOR};

    #[target_feature(enable = "avx2,fma")]
    pub fn avx2(rounds: usize) {
        let factor = _mm256_set1_ps(black_box(FACTOR));
        let mut chains = [_mm256_set1_ps(black_box(0.0)); CHAINS];
        for _ in 0..rounds {
            for chain in &mut chains {
                *chain = _mm256_fmadd_ps(*chain, factor, factor);
            }
        }
        black_box(chains);
    }

    #[target_feature(enable = "avx512f")]
    pub fn avx512(rounds: usize) {
        let factor = _mm512_set1_ps(black_box(FACTOR));
        let mut chains = [_mm512_set1_ps(black_box(0.0)); CHAINS];
        for _ in 0..rounds {
            for chain in &mut chains {
                *chain = _mm512_fmadd_ps(*chain, factor, factor);
            }
        }
        black_box(chains);
    }
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use std::arch::aarch64::*;
    use std::hint::black_box;

    use super::{CHAINS, FACTOR};

    #[target_feature(enable = "neon")]
    pub fn neon(rounds: usize) {
        let factor = vdupq_n_f32(black_box(FACTOR));
        let mut chains = [vdupq_n_f32(black_box(0.0)); CHAINS];
        for _ in 0..rounds {
            for chain in &mut chains {
                *chain = vfmaq_f32(factor, *chain, factor);
            }
        }
        black_box(chains);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vector_instructions_of_this_cpu_are_counted_and_the_highest_sample_is_kept() {
        for mut peak in peaks(2) {
            peak.sample(Duration::from_millis(5));
            // There is no least: others may take the CPU away for as long as they like.
            assert!(peak.instructions_per_s > 0.0 && peak.instructions_per_s < 1e13, "{peak:?}");
            assert_eq!(peak.samples_per_s, [peak.instructions_per_s]);
            assert!(peak.flops() > peak.instructions_per_s);
        }
    }
}
