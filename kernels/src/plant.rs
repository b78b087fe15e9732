//! What planners simulate: the plant, in control engineering's word, as kernels ask for it.
//!
//! A [`LaneModel`] is a plant on any device. GPU kernels are compiled without knowing the model: theirs is one whose
//! functions are put into the kernels' text when the model is known.

use core::cell::Cell;

use crate::controls::Controls;
use crate::lanes::Lanes;
use crate::model::{Here, LaneModel, Surroundings, Vector};
use crate::population::cells::{load, store};
use crate::reduce::COLUMNS;
use crate::rollout::{Particle, bounded};

/// A model with what rollouts and populations keep of particles.
pub trait Plant: Copy + Sync {
    /// What planners draw for a step.
    type Control<L: Lanes>: Vector<L>;
    /// What a step takes besides: the model's constants, the start, and what is given with the decision.
    type Setup<'a, L: Lanes>: Copy;
    /// A bundle of mirrored pairs of particles on their way through a rollout.
    type Pair<L: Lanes>: Copy;

    /// The strongest control in every dimension, in the model's units.
    fn full_control(&self) -> f32;

    /// The cost of each step that a future missed because it ended early.
    fn end_cost(&self) -> f32;

    /// Prepares for futures that start from `state`, in the caller's units, in these surroundings.
    fn setup<'a, L: Lanes>(
        &self,
        proof: L::Proof,
        state: &[f32],
        surroundings: Surroundings<'a>,
    ) -> Self::Setup<'a, L>;

    /// Pairs at the start.
    fn begin<L: Lanes>(setup: &Self::Setup<'_, L>) -> Self::Pair<L>;

    /// Scores the states that pairs are in, and takes a step with the next controls.
    fn step<L: Lanes, C: Controls<Self::Control<L>>>(
        setup: &Self::Setup<'_, L>,
        pair: &mut Self::Pair<L>,
        controls: &mut C,
        step: u32,
    );

    /// For both sides the cost of the future and how many steps it lasted, after `horizon` steps.
    fn finish<L: Lanes>(
        setup: &Self::Setup<'_, L>,
        pair: Self::Pair<L>,
        horizon: u32,
    ) -> [[L; 2]; 2];

    /// Puts the bundle at `place` of a population at the start; returns the score of that: its terminal cost.
    fn start_in<L: Lanes>(setup: &Self::Setup<'_, L>, states: Rows<'_>, place: usize) -> L;

    /// Advances the bundle at `place` of a population.
    ///
    /// * `[cost, lifetime]`: so far.
    /// * `[step, missed]`: the number of the step, and the cost of missing it and all later ones.
    /// * `number`: the number of the step once more.
    ///
    /// Returns cost, lifetime and score: the cost with the terminal cost of the state that was reached.
    fn step_in<L: Lanes>(
        setup: &Self::Setup<'_, L>,
        states: Rows<'_>,
        place: usize,
        control: Self::Control<L>,
        so_far: [L; 2],
        step: [L; 2],
        number: u32,
    ) -> [L; 3];

    /// The square of how far the bundle at `place` of a population is from `companions`.
    fn distance_squared<L: Lanes>(
        setup: &Self::Setup<'_, L>,
        states: Rows<'_>,
        place: usize,
        companions: &[u32; COLUMNS],
    ) -> L;
}

/// The states of a population: a row for each number, with a place for each particle.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// Row after row.
    pub cells: &'a [Cell<f32>],
    /// The places of a row.
    pub width: usize,
}

impl<'a> Rows<'a> {
    /// Row `row` from `place` on, and what comes after it.
    #[inline(always)]
    fn from(self, row: usize, place: usize) -> &'a [Cell<f32>] {
        &self.cells[row * self.width + place..]
    }

    /// The state of the bundle at `place`; `like` is any state.
    #[inline(always)]
    fn load<L: Lanes, S: AsMut<[L]>>(self, proof: L::Proof, like: S, place: usize) -> S {
        let mut state = like;
        for row in 0..state.as_mut().len() {
            state.as_mut()[row] = load(proof, self.from(row, place));
        }
        state
    }

    #[inline(always)]
    fn store<L: Lanes, S: AsRef<[L]>>(self, state: S, place: usize) {
        for row in 0..state.as_ref().len() {
            store(state.as_ref()[row], self.from(row, place));
        }
    }
}

/// What a step of a [`LaneModel`] takes.
#[derive(Debug)]
pub struct LaneSetup<'a, M: LaneModel, L: Lanes> {
    proof: L::Proof,
    constants: M::Constants<L>,
    start: M::State<L>,
    one: L,
    end_cost: f32,
    surroundings: Surroundings<'a>,
}

impl<M: LaneModel, L: Lanes> Clone for LaneSetup<'_, M, L> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: LaneModel, L: Lanes> Copy for LaneSetup<'_, M, L> {}

impl<'a, M: LaneModel, L: Lanes> LaneSetup<'a, M, L> {
    /// What a future sees that is `step` steps from now.
    #[inline(always)]
    fn at(&self, step: u32) -> Here<'a, L> {
        self.surroundings.at::<M, L>(self.proof, step)
    }
}

impl<M: LaneModel> Plant for M {
    type Control<L: Lanes> = <M as LaneModel>::Control<L>;
    type Setup<'a, L: Lanes> = LaneSetup<'a, M, L>;
    type Pair<L: Lanes> = [Particle<M, L>; 2];

    #[inline(always)]
    fn full_control(&self) -> f32 {
        LaneModel::full_control(self)
    }

    #[inline(always)]
    fn end_cost(&self) -> f32 {
        LaneModel::end_cost(self)
    }

    #[inline(always)]
    fn setup<'a, L: Lanes>(
        &self,
        proof: L::Proof,
        state: &[f32],
        surroundings: Surroundings<'a>,
    ) -> LaneSetup<'a, M, L> {
        LaneSetup {
            proof,
            constants: self.constants(proof),
            start: self.start(proof, state),
            one: L::literal(proof, 1.0),
            end_cost: LaneModel::end_cost(self),
            surroundings,
        }
    }

    #[inline(always)]
    fn begin<L: Lanes>(setup: &LaneSetup<'_, M, L>) -> [Particle<M, L>; 2] {
        [Particle::new(setup.proof, setup.start); 2]
    }

    #[inline(always)]
    fn step<L: Lanes, C: Controls<<M as LaneModel>::Control<L>>>(
        setup: &LaneSetup<'_, M, L>,
        pair: &mut [Particle<M, L>; 2],
        controls: &mut C,
        step: u32,
    ) {
        let at = setup.at(step);
        let again = L::reload(&setup.constants);
        pair[0].observe(again, at, setup.one);
        pair[1].observe(again, at, setup.one);
        let control = controls.next(step);
        pair[0].advance(again, at, control[0]);
        let again = L::reload(&setup.constants);
        pair[1].advance(again, at, control[1]);
    }

    #[inline(always)]
    fn finish<L: Lanes>(
        setup: &LaneSetup<'_, M, L>,
        pair: [Particle<M, L>; 2],
        horizon: u32,
    ) -> [[L; 2]; 2] {
        let at = setup.at(horizon);
        let horizon = L::splat(setup.proof, horizon as f32);
        let [a, b] = pair;
        [
            a.finish(setup.proof, &setup.constants, at, horizon, setup.end_cost),
            b.finish(setup.proof, &setup.constants, at, horizon, setup.end_cost),
        ]
    }

    #[inline(always)]
    fn start_in<L: Lanes>(setup: &LaneSetup<'_, M, L>, states: Rows<'_>, place: usize) -> L {
        states.store(setup.start, place);
        let (constants, at) = (&setup.constants, setup.at(0));
        bounded(setup.proof, M::terminal_cost_at(constants, &setup.start, at))
    }

    #[inline(always)]
    fn step_in<L: Lanes>(
        setup: &LaneSetup<'_, M, L>,
        states: Rows<'_>,
        place: usize,
        control: <M as LaneModel>::Control<L>,
        so_far: [L; 2],
        step: [L; 2],
        number: u32,
    ) -> [L; 3] {
        let state = states.load(setup.proof, setup.start, place);
        let (constants, at) = (&setup.constants, [setup.at(number), setup.at(number + 1)]);
        let (state, record) = live_on::<M, L>(constants, at, state, control, so_far, step);
        states.store(state, place);
        record
    }

    #[inline(always)]
    fn distance_squared<L: Lanes>(
        setup: &LaneSetup<'_, M, L>,
        states: Rows<'_>,
        place: usize,
        companions: &[u32; COLUMNS],
    ) -> L {
        let mut other = setup.start;
        for row in 0..M::DIM {
            let from = states.from(row, 0);
            let mut gathered = [0.0f32; COLUMNS];
            for i in 0..L::COUNT {
                gathered[i] = from[companions[i] as usize].get();
            }
            other.as_mut()[row] = L::load(setup.proof, &gathered);
        }
        let own = states.load(setup.proof, setup.start, place);
        M::distance_squared(&setup.constants, &own, &other)
    }
}

/// A step of particles of a population: the state that it leads to, and [cost, lifetime, score](Plant::step_in).
///
/// * `[before, after]`: what is seen where it begins, and where it leads to.
#[inline(always)]
pub(crate) fn live_on<M: LaneModel, L: Lanes>(
    constants: &M::Constants<L>,
    [before, after]: [Here<'_, L>; 2],
    state: M::State<L>,
    control: <M as LaneModel>::Control<L>,
    [cost, lifetime]: [L; 2],
    [step, missed]: [L; 2],
) -> (M::State<L>, [L; 3]) {
    let proof = cost.proof();
    let zero = L::literal(proof, 0.0);
    let was_live = step.le(lifetime);
    let state = M::advance_at(constants, state, control, before);
    let live = M::live_at(constants, &state, was_live, after);
    let effort = M::effort(&control);
    let sums = M::accumulate_at(constants, &state, &effort, live, [zero; 2], after);
    let running = M::running_cost(constants, sums);
    let dying = L::select(was_live, cost + missed, cost);
    let cost = L::select(live, cost + running, dying);
    let terminal = L::select(live, M::terminal_cost_at(constants, &state, after), zero);
    let lifetime = lifetime.add_where(live, L::literal(proof, 1.0));
    (state, [cost, lifetime, bounded(proof, cost + terminal)])
}
