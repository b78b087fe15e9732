//! Plain models on lanes.

use super::{Actions, BadActions, LaneModel, Model};
use crate::lanes::Lanes;
use crate::real::Num;

/// A [`Model`] of `N` numbers of state and `M` of control, as bundles of lanes compute it.
///
/// What planners draw has `D` dimensions. Each is a share, -1 to 1, of what the model allows: with `D = M`, of each number
/// within its box; with `D = 1`, of the way between two choices.
#[derive(Clone, Copy, Debug)]
pub struct Lifted<T, const N: usize, const M: usize, const D: usize> {
    model: T,
    /// The ends of the range of control.
    ends: [[f32; M]; 2],
}

impl<T: Model<N, M>, const N: usize, const M: usize, const D: usize> Lifted<T, N, M, D> {
    /// The model on lanes.
    ///
    /// # Errors
    /// [`BadActions`] for actions that planners cannot choose from so: a box wants `M` dimensions, choices one.
    pub fn new(model: T) -> Result<Self, BadActions> {
        let actions = model.actions();
        let wanted = if matches!(actions, Actions::Within { .. }) { M } else { 1 };
        match D == wanted {
            true => Ok(Self { model, ends: actions.ends()? }),
            false => Err(BadActions::Dimensions { given: D, required: wanted }),
        }
    }
}

/// What a step of a [`Lifted`] model takes.
#[derive(Clone, Copy, Debug)]
pub struct LiftedConstants<T, L, const M: usize> {
    model: T,
    /// The middle of the range of control, and half of its width.
    middle: [L; M],
    half: [L; M],
}

impl<T, L: Lanes, const M: usize> LiftedConstants<T, L, M> {
    /// Shares of full control as the model's own numbers.
    #[inline(always)]
    fn control<const D: usize>(&self, shares: &[L; D]) -> [Num<L>; M] {
        let mut numbers = [Num(shares[0]); M];
        for m in 0..M {
            let share = shares[if D == 1 { 0 } else { m }];
            numbers[m] = Num(share.fma(self.half[m], self.middle[m]));
        }
        numbers
    }
}

/// The lanes as numbers. A loop, as closures do not always get the vector instructions of where they stand.
#[inline(always)]
fn numbers<L: Lanes, const N: usize>(lanes: &[L; N]) -> [Num<L>; N] {
    let mut numbers = [Num(lanes[0]); N];
    for i in 1..N {
        numbers[i] = Num(lanes[i]);
    }
    numbers
}

impl<T: Model<N, M>, const N: usize, const M: usize, const D: usize> LaneModel
    for Lifted<T, N, M, D>
{
    const DIM: usize = N;
    type State<L: Lanes> = [L; N];
    type Constants<L: Lanes> = LiftedConstants<T, L, M>;
    type Control<L: Lanes> = [L; D];
    type Effort<L: Lanes> = [L; D];
    const ACTION_DIM: usize = M;

    #[inline(always)]
    fn constants<L: Lanes>(&self, proof: L::Proof) -> LiftedConstants<T, L, M> {
        let zero = [L::splat(proof, 0.0); M];
        let mut constants = LiftedConstants { model: self.model, middle: zero, half: zero };
        let [low, high] = &self.ends;
        for m in 0..M {
            constants.middle[m] = L::splat(proof, 0.5 * low[m] + 0.5 * high[m]);
            constants.half[m] = L::splat(proof, 0.5 * high[m] - 0.5 * low[m]);
        }
        constants
    }

    #[inline(always)]
    fn start<L: Lanes>(&self, proof: L::Proof, state: &[f32]) -> [L; N] {
        let mut lanes = [L::splat(proof, 0.0); N];
        for i in 0..N {
            lanes[i] = L::splat(proof, state[i]);
        }
        lanes
    }

    fn full_control(&self) -> f32 {
        1.0
    }

    fn action(&self, shares: &[f64], action: &mut [f64]) {
        for (m, number) in action.iter_mut().enumerate() {
            let [low, high] = self.ends.map(|end| f64::from(end[m]));
            let [least, most] = if low < high { [low, high] } else { [high, low] };
            let share = shares[if D == 1 { 0 } else { m }];
            *number = (0.5 * (low + high) + 0.5 * (high - low) * share).clamp(least, most);
        }
    }

    #[inline(always)]
    fn live<L: Lanes>(c: &Self::Constants<L>, state: &[L; N], live: L::Mask) -> L::Mask {
        live & c.model.goes_on(numbers(state))
    }

    #[inline(always)]
    fn effort<L: Lanes>(control: &[L; D]) -> [L; D] {
        *control
    }

    #[inline(always)]
    fn accumulate<L: Lanes>(
        c: &Self::Constants<L>,
        state: &[L; N],
        control: &[L; D],
        live: L::Mask,
        [sum, other]: [L; 2],
    ) -> [L; 2] {
        let cost = c.model.cost(numbers(state), c.control(control));
        [sum.add_where(live, cost.0), other]
    }

    #[inline(always)]
    fn running_cost<L: Lanes>(_: &Self::Constants<L>, [sum, _]: [L; 2]) -> L {
        sum
    }

    #[inline(always)]
    fn terminal_cost<L: Lanes>(c: &Self::Constants<L>, state: &[L; N]) -> L {
        c.model.final_cost(numbers(state)).0
    }

    fn end_cost(&self) -> f32 {
        self.model.end_cost()
    }

    #[inline(always)]
    fn advance<L: Lanes>(c: &Self::Constants<L>, state: [L; N], control: [L; D]) -> [L; N] {
        let next = c.model.advance(numbers(&state), c.control(&control));
        let mut lanes = state;
        for i in 0..N {
            lanes[i] = next[i].0;
        }
        lanes
    }

    #[inline(always)]
    fn distance_squared<L: Lanes>(c: &Self::Constants<L>, a: &[L; N], b: &[L; N]) -> L {
        c.model.distance_squared(numbers(a), numbers(b)).0
    }
}
