//! The futures of a decision, rolled out once more and written down.

use particle_pilot_kernels::controls::{Controls, PAIRS, Scheme};
use particle_pilot_kernels::lanes::{LaneWork, Lanes};
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::population::Stop as _;
use particle_pilot_kernels::rollout::Particle;

use super::drawing::Sampling;
use super::planner::{Request, Swarm};
use crate::trajectories::Trajectories;

/// Records every future of `sampling`, until a stop.
pub(crate) fn record<M: LaneModel, S: Sampling<M>>(
    swarm: &Swarm<M>,
    request: &Request<'_>,
    sampling: &S,
) -> Trajectories {
    let Swarm { particles, horizon, simd, .. } = *swarm;
    let mut record = Trajectories::new::<M>(particles, horizon);
    let numbers = sampling.numbers() * PAIRS;
    let mut noise = request.buffers.take(numbers);
    for (chunk, first_pair) in (0..particles.div_ceil(2)).step_by(PAIRS).enumerate() {
        if request.is_stopped() {
            break;
        }
        let scheme = &sampling.draw(swarm, chunk, &mut noise);
        simd.run(Record { swarm, request, scheme, first_pair, record: &mut record });
    }
    request.buffers.give(noise);
    record
}

/// Records the futures of a chunk.
struct Record<'a, M, S> {
    swarm: &'a Swarm<M>,
    request: &'a Request<'a>,
    scheme: &'a S,
    first_pair: u32,
    record: &'a mut Trajectories,
}

impl<M: LaneModel, S: Scheme<M>> LaneWork for Record<'_, M, S> {
    type Output = ();

    /// One pair of particles at a time, which gives the bits that bundles give. Inside this function the compiler
    /// knows the CPU's fused multiply-add.
    #[inline(always)]
    fn run<L: Lanes>(self, _: L::Proof) {
        let Self { scheme, first_pair, record, .. } = self;
        let Swarm { model, particles, horizon, .. } = self.swarm;
        let constants = model.constants::<f32>(());
        let Request { state, surroundings, .. } = self.request;
        let start = model.start::<f32>((), state);
        let end = surroundings.at::<M, f32>((), *horizon);
        for pair in first_pair..particles.div_ceil(2).min(first_pair + PAIRS as u32) {
            let mut controls = scheme.controls::<f32>((), pair);
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
    }
}
