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
    /// Clocks for which a warp's f32 multiplication or addition keeps a scheduler's lanes busy.
    pub multiply_add_clocks: f64,
}

/// From NVIDIA's data sheets. On 7.5 and 8.0 a multiprocessor has 64 lanes for f32, 16 for each
/// scheduler, and a warp of 32 threads takes two clocks; on 9.0 it has 128.
pub const GPUS: [Gpu; 3] = [
    Gpu {
        name: "T4",
        arch: "sm_75",
        multiprocessors: 40.0,
        clock_hz: 1.59e9,
        multiply_add_clocks: 2.0,
    },
    Gpu {
        name: "A100",
        arch: "sm_80",
        multiprocessors: 108.0,
        clock_hz: 1.41e9,
        multiply_add_clocks: 2.0,
    },
    Gpu {
        name: "H200",
        arch: "sm_90",
        multiprocessors: 132.0,
        clock_hz: 1.98e9,
        multiply_add_clocks: 1.0,
    },
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

/// Particle-steps in a second, and what stands against more.
pub fn steps_per_second(gpu: &Gpu, pass: Loop, particle_steps: f64) -> (f64, &'static str) {
    let clocks = [
        (f64::from(pass.issued), "issue"),
        (f64::from(pass.multiply_add) * gpu.multiply_add_clocks, "multiply-add lanes"),
        (f64::from(pass.logic) * LOGIC_CLOCKS, "logic lanes"),
    ];
    let (clocks, what) = clocks.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).expect("three");
    let issues_per_second = gpu.multiprocessors * SCHEDULERS * WARP * gpu.clock_hz;
    (issues_per_second * particle_steps / clocks, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_part_is_the_limit() {
        let pass = Loop { issued: 53, multiply_add: 40, logic: 12, markers: 4 };
        let [t4, _, h200] = GPUS;
        // 40 multiprocessors x 64 lanes x 1.59 GHz over 20 multiply-adds a particle-step.
        let (steps, what) = steps_per_second(&t4, pass, 2.0);
        assert_eq!(
            ((steps / 40.0 / 64.0 / 1.59e9 * 20.0).round(), what),
            (1.0, "multiply-add lanes")
        );
        let (steps, what) = steps_per_second(&h200, pass, 2.0);
        assert_eq!(((steps / 132.0 / 128.0 / 1.98e9 * 26.5).round(), what), (1.0, "issue"));
    }
}
