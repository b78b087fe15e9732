//! Plain models on lanes.

use super::{BadActions, LaneModel, Model};
use crate::lanes::Lanes;
use crate::real::Num;

/// A [`Model`] as bundles of lanes compute it.
///
/// Planners' controls are shares, -1 to 1, of what the model allows: the ends of its box, or its two choices.
#[derive(Clone, Copy, Debug)]
pub struct Lifted<T, const N: usize> {
    model: T,
    /// The ends of the range of control.
    ends: [f32; 2],
}

impl<T: Model<N, 1>, const N: usize> Lifted<T, N> {
    /// The model on lanes.
    ///
    /// # Errors
    /// [`BadActions`] for actions that planners cannot choose from.
    pub fn new(model: T) -> Result<Self, BadActions> {
        let [[low], [high]] = model.actions().ends()?;
        Ok(Self { model, ends: [low, high] })
    }
}

impl<T, const N: usize> Lifted<T, N> {
    /// The model itself.
    pub fn model(&self) -> &T {
        &self.model
    }
}

/// What a step of a [`Lifted`] model takes.
#[derive(Clone, Copy, Debug)]
pub struct LiftedConstants<T, L> {
    model: T,
    /// The middle of the range of control, and half of its width.
    middle: L,
    half: L,
}

impl<T, L: Lanes> LiftedConstants<T, L> {
    /// A share of full control as the model's own number.
    #[inline(always)]
    fn control(&self, share: L) -> [Num<L>; 1] {
        [Num(share.fma(self.half, self.middle))]
    }
}

/// The lanes as numbers. A loop, as closures do not always get the vector instructions of where they stand.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "an array's iterator is not always unrolled")]
fn numbers<L: Lanes, const N: usize>(lanes: &[L; N]) -> [Num<L>; N] {
    let mut numbers = [Num(lanes[0]); N];
    for i in 1..N {
        numbers[i] = Num(lanes[i]);
    }
    numbers
}

impl<T: Model<N, 1>, const N: usize> LaneModel for Lifted<T, N> {
    const DIM: usize = N;
    type State<L: Lanes> = [L; N];
    type Constants<L: Lanes> = LiftedConstants<T, L>;

    #[inline(always)]
    fn constants<L: Lanes>(&self, proof: L::Proof) -> LiftedConstants<T, L> {
        let [low, high] = self.ends;
        LiftedConstants {
            model: self.model,
            middle: L::splat(proof, 0.5 * low + 0.5 * high),
            half: L::splat(proof, 0.5 * high - 0.5 * low),
        }
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

    fn action(&self, share: f64) -> f64 {
        let [low, high] = self.ends.map(f64::from);
        let [least, most] = if low < high { [low, high] } else { [high, low] };
        (0.5 * (low + high) + 0.5 * (high - low) * share).clamp(least, most)
    }

    #[inline(always)]
    fn live<L: Lanes>(c: &LiftedConstants<T, L>, state: &[L; N], live: L::Mask) -> L::Mask {
        live & c.model.goes_on(numbers(state))
    }

    #[inline(always)]
    fn accumulate<L: Lanes>(
        c: &LiftedConstants<T, L>,
        state: &[L; N],
        control: L,
        live: L::Mask,
        [sum, other]: [L; 2],
    ) -> [L; 2] {
        let cost = c.model.cost(numbers(state), c.control(control));
        [sum.add_where(live, cost.0), other]
    }

    #[inline(always)]
    fn running_cost<L: Lanes>(_: &LiftedConstants<T, L>, [sum, _]: [L; 2]) -> L {
        sum
    }

    #[inline(always)]
    fn terminal_cost<L: Lanes>(c: &LiftedConstants<T, L>, state: &[L; N]) -> L {
        c.model.final_cost(numbers(state)).0
    }

    fn end_cost(&self) -> f32 {
        self.model.end_cost()
    }

    #[inline(always)]
    #[expect(clippy::needless_range_loop, reason = "as in `numbers`")]
    fn advance<L: Lanes>(c: &LiftedConstants<T, L>, state: [L; N], control: L) -> [L; N] {
        let next = c.model.advance(numbers(&state), c.control(control));
        let mut lanes = state;
        for i in 0..N {
            lanes[i] = next[i].0;
        }
        lanes
    }

    #[inline(always)]
    fn distance_squared<L: Lanes>(c: &LiftedConstants<T, L>, a: &[L; N], b: &[L; N]) -> L {
        c.model.distance_squared(numbers(a), numbers(b)).0
    }
}
