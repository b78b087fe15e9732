//! The futures of a decision, rolled out once more and written down.

use particle_pilot_kernels::controls::{Controls, Scheme};
use particle_pilot_kernels::lanes::{LaneWork, Lanes};
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::population::Stop as _;
use particle_pilot_kernels::rollout::Particle;

use super::planner::{Problem, Request};
use crate::trajectories::Trajectories;

/// Records every future of `scheme`, until a stop.
pub(crate) fn record<M: LaneModel, S: Scheme<M>>(
    problem: &Problem<M>,
    request: &Request<'_>,
    scheme: &S,
) -> Trajectories {
    problem.simd.run(Record { problem, request, scheme })
}

struct Record<'a, M, S> {
    problem: &'a Problem<M>,
    request: &'a Request<'a>,
    scheme: &'a S,
}

impl<M: LaneModel, S: Scheme<M>> LaneWork for Record<'_, M, S> {
    type Output = Trajectories;

    /// One pair of particles at a time, which gives the bits that bundles give. Inside this function the compiler
    /// knows the CPU's fused multiply-add.
    #[inline(always)]
    fn run<L: Lanes>(self, _: L::Proof) -> Trajectories {
        let Problem { model, particles, horizon, .. } = self.problem;
        let mut record = Trajectories::new::<M>(*particles, *horizon);
        let constants = model.constants::<f32>(());
        let Request { state, surroundings, .. } = self.request;
        let start = model.start::<f32>((), state);
        let end = surroundings.at::<M, f32>((), *horizon);
        for pair in 0..particles.div_ceil(2) {
            if self.request.is_stopped() {
                break;
            }
            let mut controls = self.scheme.controls::<f32>((), pair);
            let mut sides = [Particle::<M, f32>::new((), start); 2];
            let numbers = [2 * pair, 2 * pair + 1].map(|number| number as usize);
            let block_len = controls.block_len();
            for step in 0..*horizon {
                if step.is_multiple_of(block_len) {
                    controls.refill(step / block_len);
                }
                let control = controls.next(step);
                let at = surroundings.at::<M, f32>((), step);
                for i in 0..2 {
                    sides[i].observe(&constants, at, 1.0);
                    sides[i].advance(&constants, at, control[i]);
                    if numbers[i] < record.particles {
                        let (state, control) = (sides[i].state.as_ref(), control[i].as_ref());
                        record.note(model, [numbers[i], step as usize], state, control);
                    }
                }
            }
            for (side, number) in sides.into_iter().zip(numbers) {
                if number < record.particles {
                    let (end_cost, horizon) = (model.end_cost(), *horizon as f32);
                    let [cost, lifetime] = side.finish((), &constants, end, horizon, end_cost);
                    record.costs[number] = cost;
                    record.lifetimes[number] = lifetime as u32;
                }
            }
        }
        record
    }
}
