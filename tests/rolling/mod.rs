//! A model of its own for tests.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use particle_pilot::kernels::lanes::Lanes;
use particle_pilot::kernels::model::LaneModel;

/// Rolls freely; each step costs `unit` times the distance to a place that is to the right.
#[derive(Clone, Copy)]
pub struct Rolling {
    pub unit: f32,
    pub full_action: f64,
    pub watch: Option<&'static Watch>,
}

impl Default for Rolling {
    fn default() -> Self {
        Self { unit: 1.0, full_action: 1.0, watch: None }
    }
}

/// Counts how often a model's constants are asked for, which planners do for every piece of work, and raises the
/// flag when that is `last`.
pub struct Watch {
    pub asked: AtomicU32,
    pub last: u32,
    pub flag: &'static AtomicBool,
}

impl LaneModel for Rolling {
    const DIM: usize = 1;
    type State<L: Lanes> = [L; 1];
    type Constants<L: Lanes> = [L; 2];
    type Control<L: Lanes> = [L; 1];
    type Effort<L: Lanes> = [L; 0];
    const ACTION_DIM: usize = 1;

    #[inline(always)]
    fn constants<L: Lanes>(&self, proof: L::Proof) -> [L; 2] {
        if let Some(watch) = self.watch
            && watch.asked.fetch_add(1, Ordering::Relaxed) + 1 == watch.last
        {
            watch.flag.store(true, Ordering::Relaxed);
        }
        [L::splat(proof, self.unit), L::splat(proof, 1000.0)]
    }
    #[inline(always)]
    fn start<L: Lanes>(&self, proof: L::Proof, state: &[f32]) -> [L; 1] {
        [L::splat(proof, state[0])]
    }
    fn full_control(&self) -> f32 {
        1.0
    }
    fn action(&self, shares: &[f64], action: &mut [f64]) {
        action[0] = shares[0] * self.full_action;
    }
    #[inline(always)]
    fn live<L: Lanes>(_: &[L; 2], _: &[L; 1], live: L::Mask) -> L::Mask {
        live
    }
    #[inline(always)]
    fn effort<L: Lanes>(_: &[L; 1]) -> [L; 0] {
        []
    }
    #[inline(always)]
    fn accumulate<L: Lanes>(
        c: &[L; 2],
        s: &[L; 1],
        _: &[L; 0],
        live: L::Mask,
        sums: [L; 2],
    ) -> [L; 2] {
        [sums[0].add_where(live, (c[1] - s[0]).magnitude()), sums[1]]
    }
    #[inline(always)]
    fn running_cost<L: Lanes>(c: &[L; 2], sums: [L; 2]) -> L {
        sums[0] * c[0]
    }
    #[inline(always)]
    fn terminal_cost<L: Lanes>(c: &[L; 2], s: &[L; 1]) -> L {
        (c[1] - s[0]).magnitude() * c[0]
    }
    fn end_cost(&self) -> f32 {
        self.unit
    }
    #[inline(always)]
    fn advance<L: Lanes>(_: &[L; 2], s: [L; 1], [control]: [L; 1]) -> [L; 1] {
        [s[0] + control]
    }
    #[inline(always)]
    fn distance_squared<L: Lanes>(_: &[L; 2], a: &[L; 1], b: &[L; 1]) -> L {
        (a[0] - b[0]) * (a[0] - b[0])
    }
}
