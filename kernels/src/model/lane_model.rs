//! Models as bundles of lanes compute them.

use super::Here;
use crate::lanes::Lanes;

/// A number for each dimension: `[L; D]`.
pub trait Vector<L>: Copy + AsRef<[L]> + AsMut<[L]> {
    /// For how many dimensions there is room.
    const LEN: usize;

    /// How many dimensions there are.
    #[inline(always)]
    #[must_use]
    fn dimensions() -> usize {
        Self::LEN
    }

    /// `value` in each.
    fn all(value: L) -> Self;

    /// The number in dimension `dimension`, which is not known beforehand.
    #[inline(always)]
    #[must_use]
    fn get(&self, dimension: usize) -> L
    where
        L: Copy,
    {
        self.as_ref()[dimension]
    }

    /// Changes the number in dimension `dimension`, which is not known beforehand.
    #[inline(always)]
    fn set(&mut self, dimension: usize, value: L) {
        self.as_mut()[dimension] = value;
    }
}

impl<L: Copy, const D: usize> Vector<L> for [L; D] {
    const LEN: usize = D;

    #[inline(always)]
    fn all(value: L) -> Self {
        [value; D]
    }
}

/// What planners draw for a model. Where that is known beforehand, nothing is compiled for what it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draws {
    /// As it is asked for.
    Either,
    /// Full control to either side.
    Sides,
    /// Any numbers within full control.
    Numbers,
    /// Scores of choices, of which the highest counts: one in each dimension, numbers that nothing limits.
    Scores,
}

/// A control problem, arranged by hand for bundles of lanes: dynamics, termination and cost. For
/// most problems, [`Model`](super::Model) is simpler to write.
///
/// A model is plain data: physical parameters and cost weights. Its functions work on bundles of
/// particles and must be built from the operations of [`Lanes`] only, which keeps the results
/// the same on every device; a GPU refuses those that take a bundle apart or put it together (`load`, `store`, `any`,
/// `to_u32`, `counting`). Choose the units of the state freely: [`LaneModel::start`] converts.
///
/// A future of `H` steps visits the states `s_0 .. s_H`. It lives as long as [`LaneModel::live`] holds;
/// while it does, [`LaneModel::accumulate`] adds each state to running sums, which [`LaneModel::running_cost`] weighs in
/// the end. A future that lives through all steps pays [`LaneModel::terminal_cost`]; one that ends early
/// pays [`LaneModel::end_cost`] for every step it missed.
///
/// Functions of a model are called in the inmost loop: mark them `#[inline(always)]`, or the vector
/// instructions will not reach them.
pub trait LaneModel: Copy + Send + Sync + 'static {
    /// The dimension of a state.
    const DIM: usize;

    /// The state of a bundle of particles: `[L; DIM]`.
    type State<L: Lanes>: Copy + AsRef<[L]> + AsMut<[L]>;

    /// The constants of a step, broadcast to lanes once for a rollout.
    type Constants<L: Lanes>: Copy;

    /// What planners draw for a step, each number from minus to plus full control: `[L; D]`.
    type Control<L: Lanes>: Vector<L>;

    /// What of a control its cost depends on: `Self::Control<L>`, or `[L; 0]` where controls cost nothing, which then
    /// need not be kept.
    type Effort<L: Lanes>: Vector<L>;

    /// The numbers of an action.
    const ACTION_DIM: usize;

    /// What planners draw.
    const DRAWS: Draws = Draws::Either;

    /// The numbers of a row of the reference, which is given with a decision; 0 for models that have none.
    const REFERENCE: usize = 0;

    /// Whether a grid is given with a decision.
    const GRID: bool = false;

    /// Broadcasts the constants of a step.
    fn constants<L: Lanes>(&self, proof: L::Proof) -> Self::Constants<L>;

    /// Puts `state`, `[DIM]` numbers in the caller's units, into every lane, in the model's units.
    fn start<L: Lanes>(&self, proof: L::Proof, state: &[f32]) -> Self::State<L>;

    /// How many of the caller's units one of the model's is, for number `number` of the state.
    fn unit(&self, number: usize) -> f64 {
        let _ = number;
        1.0
    }

    /// The strongest control in every dimension, in the model's units: planners use controls from minus to plus this.
    fn full_control(&self) -> f32;

    /// Writes the action, `[ACTION_DIM]` numbers in the caller's units, that a control is whose numbers are given as shares
    /// of full control, -1 to 1; for cart-pole, newtons.
    fn action(&self, shares: &[f64], action: &mut [f64]);

    /// How many choices there are where controls are [scores](Draws::Scores): those of the first so many dimensions, at least 2;
    /// the rest have no meaning. 0 elsewhere.
    fn choices(&self) -> u32 {
        0
    }

    /// The index of the choice that shares of full control stand for: of two by their sign, of more by the highest score, of
    /// equals the first from the one with index `from` on, modulo their count.
    fn choice(&self, shares: &[f64], from: u32) -> u32 {
        let _ = from;
        u32::from(shares[0] > 0.0)
    }

    /// The termination test: where `live` holds and the state is one that goes on. Must be false for NaN.
    fn live<L: Lanes>(
        constants: &Self::Constants<L>,
        state: &Self::State<L>,
        live: L::Mask,
    ) -> L::Mask;

    /// As [`LaneModel::live`], with what is given for the state's step. That, unless said otherwise; planners call this one.
    #[inline(always)]
    fn live_at<L: Lanes>(
        constants: &Self::Constants<L>,
        state: &Self::State<L>,
        live: L::Mask,
        at: Here<'_, L>,
    ) -> L::Mask {
        let _ = at;
        Self::live(constants, state, live)
    }

    /// What of `control` its cost depends on.
    fn effort<L: Lanes>(control: &Self::Control<L>) -> Self::Effort<L>;

    /// The running sums with `state` added where `live` holds, to which a control of this `effort` led (zeros for the
    /// start): of any two non-negative functions of both.
    fn accumulate<L: Lanes>(
        constants: &Self::Constants<L>,
        state: &Self::State<L>,
        effort: &Self::Effort<L>,
        live: L::Mask,
        sums: [L; 2],
    ) -> [L; 2];

    /// As [`LaneModel::accumulate`], with what is given for the state's step. That, unless said otherwise; planners call this
    /// one.
    #[inline(always)]
    fn accumulate_at<L: Lanes>(
        constants: &Self::Constants<L>,
        state: &Self::State<L>,
        effort: &Self::Effort<L>,
        live: L::Mask,
        sums: [L; 2],
        at: Here<'_, L>,
    ) -> [L; 2] {
        let _ = at;
        Self::accumulate(constants, state, effort, live, sums)
    }

    /// The running cost of a future, linear in its `sums`.
    fn running_cost<L: Lanes>(constants: &Self::Constants<L>, sums: [L; 2]) -> L;

    /// The cost of being in `state` when the horizon ends.
    fn terminal_cost<L: Lanes>(constants: &Self::Constants<L>, state: &Self::State<L>) -> L;

    /// As [`LaneModel::terminal_cost`], with what is given for the state's step. That, unless said otherwise; planners call
    /// this one.
    #[inline(always)]
    fn terminal_cost_at<L: Lanes>(
        constants: &Self::Constants<L>,
        state: &Self::State<L>,
        at: Here<'_, L>,
    ) -> L {
        let _ = at;
        Self::terminal_cost(constants, state)
    }

    /// The cost of each step that a future missed because it ended early.
    fn end_cost(&self) -> f32;

    /// The state one step later under `control`.
    fn advance<L: Lanes>(
        constants: &Self::Constants<L>,
        state: Self::State<L>,
        control: Self::Control<L>,
    ) -> Self::State<L>;

    /// As [`LaneModel::advance`], with what is given for the step of the state that it begins from. That, unless said otherwise;
    /// planners call this one.
    #[inline(always)]
    fn advance_at<L: Lanes>(
        constants: &Self::Constants<L>,
        state: Self::State<L>,
        control: Self::Control<L>,
        at: Here<'_, L>,
    ) -> Self::State<L> {
        let _ = at;
        Self::advance(constants, state, control)
    }

    /// The square of how far apart two states are, in units that make 1 much; for planners that
    /// spread particles out.
    fn distance_squared<L: Lanes>(
        constants: &Self::Constants<L>,
        a: &Self::State<L>,
        b: &Self::State<L>,
    ) -> L;
}
