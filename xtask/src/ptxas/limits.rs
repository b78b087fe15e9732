//! How fast a GPU could be at best, by counting instructions.

use super::sass::Loop;

/// A GPU that the project measures on.
pub struct Gpu {
    pub name: &'static str,
    /// Its compute capability, as ptxas writes it.
    pub arch: &'static str,
    /// Streaming multiprocessors, each of which has four schedulers.
    pub multiprocessors: f64,
    /// At the boost clock that the data sheet names; power may allow less.
    pub clock_hz: f64,
}

/// From NVIDIA's data sheets.
pub const GPUS: [Gpu; 3] = [
    Gpu { name: "T4", arch: "sm_75", multiprocessors: 40.0, clock_hz: 1.59e9 },
    Gpu { name: "A100", arch: "sm_80", multiprocessors: 108.0, clock_hz: 1.41e9 },
    Gpu { name: "H200", arch: "sm_90", multiprocessors: 132.0, clock_hz: 1.98e9 },
];

/// Lanes for comparison, selection and integers: 16 for each scheduler on all of them.
const LOGIC_CLOCKS: f64 = 2.0;

const SCHEDULERS: f64 = 4.0;
const WARP: f64 = 32.0;

/// What the numbers rest on, for the reader of the table.
pub const MODEL: &str = "\
Model: each of a multiprocessor's 4 schedulers issues one instruction for 32 threads a clock. Meanwhile
  f32 multiplications and additions take 2 clocks of its lanes for them (T4, A100: 64 lanes a
  multiprocessor) or 1 (H200: 128), comparisons, selections and integers 2 clocks of theirs.
  Whichever of the three is busiest is the limit: steps/s = multiprocessors x 4 x 32 x clock / clocks.
  The hot loop alone is counted, at the boost clock: no launch, no drawing of random numbers, no
  waiting for anything.";

/// Clocks for which a warp's f32 multiplication or addition keeps a scheduler's lanes busy. On 7.5 and 8.0 a multiprocessor has 64
/// lanes for f32, 16 for each scheduler, and a warp of 32 threads takes two clocks; later ones have 128.
fn multiply_add_clocks(arch: &str) -> f64 {
    if ["sm_75", "sm_80"].contains(&arch) { 2.0 } else { 1.0 }
}

/// For how many clocks a scheduler is busy with one pass through a loop, and what of it stands against fewer.
pub fn clocks(arch: &str, pass: Loop) -> (f64, &'static str) {
    let clocks = [
        (f64::from(pass.issued), "issue"),
        (f64::from(pass.multiply_add) * multiply_add_clocks(arch), "multiply-add lanes"),
        (f64::from(pass.logic) * LOGIC_CLOCKS, "logic lanes"),
    ];
    clocks.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).expect("three")
}

/// Particle-steps in a second, where a scheduler takes so many clocks for one step of a warp.
pub fn steps_per_second(gpu: &Gpu, clocks: f64) -> f64 {
    gpu.multiprocessors * SCHEDULERS * WARP * gpu.clock_hz / clocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_part_is_the_limit() {
        let pass = Loop { issued: 53, multiply_add: 40, logic: 12, markers: 4 };
        let [t4, _, h200] = GPUS;
        assert_eq!(clocks(t4.arch, pass), (80.0, "multiply-add lanes"));
        assert_eq!(clocks(h200.arch, pass), (53.0, "issue"));
        assert_eq!(clocks(h200.arch, Loop { logic: 30, ..pass }), (60.0, "logic lanes"));
        // 40 multiprocessors x 64 lanes x 1.59 GHz over 20 multiply-adds a particle-step.
        assert_eq!(steps_per_second(&t4, 80.0 / 2.0), 40.0 * 64.0 * 1.59e9 / 20.0);
    }
}
