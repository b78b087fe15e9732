//! What a planner is: a swarm of particles and a request in, a control and diagnostics out.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use particle_pilot_kernels::lanes::SimdProof;
use particle_pilot_kernels::model::{Draws, LaneModel, Surroundings, Vector};
use particle_pilot_kernels::population::Stop;
use particle_pilot_kernels::rng::Stream;

use super::drawing::Buffers;
use crate::control_vector::ControlVector;
use crate::decision::Diagnostics;
use crate::threads::Pool;
use crate::trajectories::Trajectories;

/// The particles that a planner simulates: what stays the same from decision to decision.
pub(crate) struct Swarm<M> {
    pub model: M,
    pub simd: SimdProof,
    pub particles: u32,
    pub horizon: u32,
}

/// Whether planners may have to draw full control to either side.
pub(crate) const fn draws_sides<M: LaneModel>() -> bool {
    matches!(M::DRAWS, Draws::Either | Draws::Sides)
}

/// Whether planners may have to draw numbers.
pub(crate) const fn draws_numbers<M: LaneModel>() -> bool {
    !matches!(M::DRAWS, Draws::Sides)
}

/// Whether what planners draw are scores of choices.
pub(crate) const fn scores<M: LaneModel>() -> bool {
    matches!(M::DRAWS, Draws::Scores)
}

/// The strongest control that planners draw, in the model's units.
pub(crate) fn limit<M: LaneModel>(model: &M) -> f32 {
    // At a limit, scores would be equal.
    if scores::<M>() { f32::MAX } else { model.full_control() }
}

/// In how many dimensions planners draw controls.
pub(crate) const fn dimensions<M: LaneModel>() -> usize {
    <M::Control<f32> as Vector<f32>>::LEN
}

/// What changes from decision to decision.
pub(crate) struct Request<'a> {
    pub pool: &'a Pool,
    pub buffers: Buffers,
    /// `[M::DIM]`, in the caller's units.
    pub state: &'a [f32],
    pub surroundings: Surroundings<'a>,
    pub seed: u64,
    pub decision: u32,
    /// Set by somebody who no longer wants to know: what then comes of it means nothing.
    pub stop: Option<&'a AtomicBool>,
    /// Whether that was noticed.
    pub heard: AtomicBool,
}

impl Request<'_> {
    /// The random numbers of one iteration.
    pub fn stream(&self, iteration: u32) -> Stream {
        Stream::new(self.seed, self.decision, iteration)
    }
}

impl Stop for Request<'_> {
    /// Asked often enough that it takes a fraction of 0.1 s to be heard. Once true, it stays so, whatever becomes of the
    /// flag: some work is left out then.
    #[inline(always)]
    fn is_stopped(&self) -> bool {
        let Some(stop) = self.stop else { return false };
        if stop.load(Relaxed) {
            self.heard.store(true, Relaxed);
        }
        self.heard.load(Relaxed)
    }
}

/// A planner.
pub(crate) trait Planner<M: LaneModel>: Send {
    /// The action for the requested state as shares of full control, -1 to 1, and how the futures looked from which it
    /// follows.
    fn plan(&mut self, swarm: &Swarm<M>, request: &Request<'_>) -> (ControlVector, Diagnostics);

    /// What one decision leaves to the next; `None` for planners that begin each anew.
    fn memory(&self) -> Option<&dyn Memory> {
        None
    }

    /// As [`Planner::memory`], to be changed.
    fn memory_mut(&mut self) -> Option<&mut dyn Memory> {
        None
    }

    /// The futures that the first iteration of [`Planner::plan`] would simulate, in the model's units; `None` where
    /// particles replace each other on the way, and no future is any one particle's.
    fn trajectories(&self, _: &Swarm<M>, _: &Request<'_>) -> Option<Trajectories> {
        None
    }

    /// The plan with which the next decision begins: for each step the mean control, `[H][D]`, as shares of the full
    /// one; `None` where nothing is kept.
    fn nominal(&self, _: &Swarm<M>) -> Option<Vec<f64>> {
        None
    }
}

/// What one decision leaves to the next.
pub(crate) trait Memory {
    /// Forgets everything.
    fn reset(&mut self);

    /// Keeps aside what the next decision begins with.
    fn checkpoint(&mut self);

    /// Takes back the decisions since the last [`Memory::checkpoint`]: the next one begins with what was kept.
    fn roll_back(&mut self);

    /// What the next decision begins with, as numbers that [`Memory::carry_on`] takes.
    fn carried(&self) -> Vec<f64>;

    /// Takes over what [`Memory::carried`] gave, elsewhere or earlier; returns false, and changes nothing, where that
    /// cannot be.
    fn carry_on(&mut self, carried: &[f64]) -> bool;
}
