//! What a step of a model's particles takes of the units that multiply and add: its operations by its trace, and the drawing of
//! controls, which was counted. docs/benchmarks.md says how.

use particle_pilot::kernels::trace::Counts;
use particle_pilot::{Interpolation, Noise, PilotConfig, PlannerKind, Simd};

use crate::models::Model;

/// For one step of one bundle of particles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Needed {
    /// Multiplications, with or without an addition.
    pub multiplications: f64,
    /// All that those units do where they also add, compare, and compute with bits, as Intel's.
    pub all: f64,
}

/// How often Intel's two units for registers of 512 bits are taken by one instruction that is more than one: measured as what it
/// takes from a loop of multiply-adds (Xeon of family 6, model 207, where the other instructions took 1.00).
const OF_FLOOR: f64 = 2.0;
const OF_DIVISION: f64 = 3.0;
const OF_ROOT: f64 = 3.0;
/// The index to whole numbers, kept below the last; and the gathering, with its mask.
const OF_CELL: f64 = 1.0 + 1.0 + 4.0;

/// What a normal number takes for a bundle of mirrored pairs: a quarter of a block of random bits, the quantile, the product with
/// its deviation. Counted in the disassembly of `kernels/src/rng.rs` and `kernels/src/math/normal.rs`.
struct Number {
    multiplications: f64,
    all: f64,
}

impl Number {
    /// Philox: 4 products, 4 shifts and 4 functions of three in each of 10 rounds, a shift before and 4 shuffles after. The
    /// quantile: 32 multiply-adds, 17 multiplications, 8 additions, 2 conversions, a comparison, a choice, 9 on bits.
    const OF_AVX512: Self = Self {
        multiplications: 32.0 + 17.0 + 1.0,
        all: (12.0 * 10.0 + 5.0) / 4.0 + (32.0 + 17.0 + 8.0 + 2.0 + 1.0 + 1.0 + 9.0) + 1.0,
    };
    /// The same without what has a third unit for itself: bits, choices, shuffles.
    const OF_AVX2: Self = Self {
        multiplications: 32.0 + 17.0 + 1.0,
        all: 4.0 * 10.0 / 4.0 + (32.0 + 17.0 + 8.0 + 2.0 + 1.0) + 1.0,
    };
}

/// What a step takes of a decision, where that was counted.
pub fn needed(model: Model, config: &PilotConfig, simd: Simd) -> Option<Needed> {
    let draws = matches!(config.planner, PlannerKind::RandomShooting | PlannerKind::Mppi);
    let tuning = &config.tuning;
    let plain = tuning.noise == Noise::White && tuning.interpolation == Interpolation::Linear;
    let (number, step) = match simd {
        Simd::Avx512 => (Number::OF_AVX512, of_avx512(&model.step_counts()?)),
        Simd::Avx2 => (Number::OF_AVX2, of_avx2(&model.step_counts()?)),
        Simd::Scalar | Simd::Neon => return None,
    };
    if !(draws && plain) {
        return None;
    }
    let dimensions = f64::from(model.dimensions());
    // Two sides share the numbers, of which there is one more than intervals.
    let knots = f64::from(config.horizon.div_ceil(tuning.knot_spacing) + 1);
    let numbers = dimensions * knots / f64::from(config.horizon) / 2.0;
    // In each dimension: noise between two knots, two instructions for both sides; with the plan, not below the least, not above
    // the most.
    let (between, within) = (1.0, 3.0);
    Some(Needed {
        multiplications: step.multiplications
            + dimensions * between
            + numbers * number.multiplications,
        all: step.all + dimensions * (between + within) + numbers * number.all,
    })
}

/// Two units do everything.
fn of_avx512(counts: &Counts) -> Needed {
    let step = of_avx2(counts);
    let others = counts.selections + counts.bits;
    // Of which `of_avx2` has counted one each.
    let more = f64::from(counts.floors) * (OF_FLOOR - 1.0)
        + f64::from(counts.divisions) * (OF_DIVISION - 1.0)
        + f64::from(counts.roots) * (OF_ROOT - 1.0)
        + f64::from(counts.cells) * (OF_CELL - 1.0);
    Needed { all: step.all + f64::from(others) + more, ..step }
}

/// Two units for what is no computation with bits and no choice. What else takes more than one instruction is counted as one.
fn of_avx2(counts: &Counts) -> Needed {
    let multiplications = counts.multiplications + counts.multiply_adds;
    let others = counts.additions
        + counts.comparisons
        + counts.extremes
        + counts.conversions
        + counts.floors
        + counts.divisions
        + counts.roots
        + counts.cells;
    Needed { multiplications: f64::from(multiplications), all: f64::from(multiplications + others) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suites::driving;

    #[test]
    fn a_step_is_the_models_operations_and_its_share_of_the_noise() {
        let of = |spacing, simd| {
            needed(Model::DiffDrive, &driving(2048, 100, spacing), simd).expect("it was counted")
        };
        // 106 of the model, 4 in each of two dimensions, and 102.25 for a number.
        assert_eq!(of(20, Simd::Avx512).all, 106.0 + 8.0 + 6.0 / 100.0 * 102.25);
        assert_eq!(of(1, Simd::Avx512).all, 106.0 + 8.0 + 1.01 * 102.25);
        assert_eq!(of(20, Simd::Avx512).multiplications, 34.0 + 2.0 + 0.06 * 50.0);
        assert_eq!(of(20, Simd::Avx2).all, 71.0 + 8.0 + 0.06 * 71.0);
        let neon = needed(Model::DiffDrive, &driving(2048, 100, 1), Simd::Neon);
        assert_eq!(neon, None);
    }

    #[test]
    fn other_ways_to_draw_were_not_counted() {
        let config = driving(2048, 100, 1);
        let cem = PilotConfig { planner: PlannerKind::Cem, ..config.clone() };
        assert_eq!(needed(Model::DiffDrive, &cem, Simd::Avx512), None);
        let mut halton = config;
        halton.tuning.noise = Noise::Halton;
        assert_eq!(needed(Model::DiffDrive, &halton, Simd::Avx512), None);
    }
}
