//! The futures of a decision, step by step: for people to look at, and for tests to add up.

use particle_pilot_kernels::lanes::LaneWork;
use std::ops::Range;

use particle_pilot_kernels::controls::{Controls, Scheme};
use particle_pilot_kernels::lanes::Lanes;
use particle_pilot_kernels::model::Model;
use particle_pilot_kernels::population::Stop as _;
use particle_pilot_kernels::rollout::Particle;

use crate::env::Physics;
use crate::planners::{Problem, Request};

/// The futures from which a decision follows: those of its first iteration. `K` particles of `H` steps.
///
/// They are the particles that the planner itself simulates, with their random numbers and controls: not a sample
/// of the like. See [`Pilot::trajectories`](crate::Pilot::trajectories).
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectories {
    /// `K`.
    pub particles: usize,
    /// `H`.
    pub horizon: usize,
    /// `[K][H][4]`: the states after each step, `[x m, x_dot m/s, theta rad, theta_dot rad/s]`. Particles that have
    /// ended move on, but what they do no longer counts.
    pub states: Vec<f32>,
    /// `[K][H]`: the force of each step, in N.
    pub forces: Vec<f32>,
    /// `[K]`: what each future costs; 1e30 where that is no finite number.
    pub costs: Vec<f32>,
    /// `[K]`: how many steps each future lives, at most `H`.
    pub lifetimes: Vec<u32>,
}

impl Trajectories {
    /// Room for `particles` futures of `horizon` steps.
    pub(crate) fn new(particles: u32, horizon: u32) -> Self {
        let [particles, horizon] = [particles, horizon].map(|count| count as usize);
        Self {
            particles,
            horizon,
            states: vec![0.0; particles * horizon * 4],
            forces: vec![0.0; particles * horizon],
            costs: vec![0.0; particles],
            lifetimes: vec![0; particles],
        }
    }

    /// The states of one future, `[H][4]`.
    ///
    /// # Panics
    /// If there is no such particle.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{Pilot, PilotConfig};
    /// let mut pilot = Pilot::new(PilotConfig::default())?;
    /// let futures = pilot.trajectories(&[0.0, 0.0, 0.1, 0.3])?;
    /// assert_eq!(futures.future(1023).len(), 30);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    #[must_use]
    pub fn future(&self, particle: usize) -> &[[f32; 4]] {
        let length = self.horizon * 4;
        self.states[particle * length..][..length].as_chunks().0
    }

    /// From the model's units to the caller's.
    pub(crate) fn convert(&mut self, physics: &Physics, full_control: f32) {
        let tau = physics.tau;
        let distance = physics.gravity * tau * tau;
        let units = [distance, distance / tau, 1.0, 1.0 / tau];
        for state in self.states.as_chunks_mut::<4>().0 {
            for (value, unit) in state.iter_mut().zip(units) {
                *value = (f64::from(*value) * unit) as f32;
            }
        }
        let newton = physics.force_mag / f64::from(full_control);
        for force in &mut self.forces {
            *force = (f64::from(*force) * newton) as f32;
        }
    }

    fn places(&self, particle: usize, step: usize) -> (Range<usize>, usize) {
        let row = particle * self.horizon + step;
        (row * 4..row * 4 + 4, row)
    }
}

/// Records every future of `scheme`, in the model's units, until a stop.
pub(crate) fn record<M: Model, S: Scheme>(
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

impl<M: Model, S: Scheme> LaneWork for Record<'_, M, S> {
    type Output = Trajectories;

    /// One pair of particles at a time, which gives the bits that bundles give. Inside this function the compiler
    /// knows the CPU's fused multiply-add.
    #[inline(always)]
    fn run<L: Lanes>(self, _: L::Proof) -> Trajectories {
        let Problem { model, particles, horizon, .. } = self.problem;
        let mut record = Trajectories::new(*particles, *horizon);
        let constants = model.constants::<f32>(());
        let start = model.start::<f32>((), self.request.state);
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
                for i in 0..2 {
                    sides[i].observe(&constants, 1.0);
                    sides[i].advance(&constants, control[i]);
                    if numbers[i] < record.particles {
                        let (states, force) = record.places(numbers[i], step as usize);
                        let places = record.states[states].iter_mut();
                        places.zip(sides[i].state.as_ref()).for_each(|(to, from)| *to = *from);
                        record.forces[force] = control[i];
                    }
                }
            }
            for (side, number) in sides.into_iter().zip(numbers) {
                if number < record.particles {
                    let end_cost = model.end_cost();
                    let [cost, lifetime] = side.finish((), &constants, *horizon, end_cost);
                    record.costs[number] = cost;
                    record.lifetimes[number] = lifetime as u32;
                }
            }
        }
        record
    }
}
