//! Plain models on lanes.

use super::{Actions, BadActions, LaneModel, Model};
use crate::lanes::{Lanes, splat_all};
use crate::real::Num;

/// A [`Model`] of `N` numbers of state and `M` of control, as bundles of lanes compute it.
///
/// What planners draw has `D` dimensions: `M` for a box, of which each number is then a share, -1 to 1; 1 for two
/// `CHOICES`, which its sign tells apart.
#[derive(Clone, Copy, Debug)]
pub struct Lifted<T, const N: usize, const M: usize, const D: usize, const CHOICES: bool> {
    model: T,
    /// The corners of the box, or the two choices.
    ends: [[f32; M]; 2],
    /// As in [`LiftedConstants`].
    control: [[f32; M]; 2],
}

impl<T: Model<N, M>, const N: usize, const M: usize, const D: usize, const CHOICES: bool>
    Lifted<T, N, M, D, CHOICES>
{
    /// The model on lanes.
    ///
    /// # Errors
    /// [`BadActions`] for actions that planners cannot choose from, or of the other kind.
    pub fn new(model: T) -> Result<Self, BadActions> {
        const {
            assert!(N >= 1, "a state has at least one number");
            assert!(D == if CHOICES { 1 } else { M }, "a box has a dimension for each number");
        }
        let actions = model.actions();
        if matches!(actions, Actions::Choices(_)) != CHOICES {
            return Err(BadActions::OtherKind);
        }
        let ends = actions.ends()?;
        let mut control = ends;
        for m in 0..M {
            if !CHOICES {
                [control[0][m], control[1][m]] = middle_and_half(ends[0][m], ends[1][m]);
            }
        }
        Ok(Self { model, ends, control })
    }
}

/// The middle of a range and half of its width, rounded so that no share of it leads outside.
fn middle_and_half(low: f32, high: f32) -> [f32; 2] {
    let middle = 0.5 * low + 0.5 * high;
    let mut half = 0.5 * high - 0.5 * low;
    while half > 0.0 && (middle - half < low || middle + half > high) {
        half = half.next_down();
    }
    [middle, half]
}

/// What a step of a [`Lifted`] model takes.
#[derive(Clone, Copy, Debug)]
pub struct LiftedConstants<T, L, const M: usize> {
    model: T,
    /// The middle of each number's range, and half of its width; or the two choices.
    control: [[L; M]; 2],
}

impl<T, L: Lanes, const M: usize> LiftedConstants<T, L, M> {
    /// Shares of full control as the model's own numbers.
    #[inline(always)]
    fn control<const D: usize, const CHOICES: bool>(&self, shares: &[L; D]) -> [Num<L>; M] {
        let [first, second] = &self.control;
        let mut numbers = [Num(shares[0]); M];
        for m in 0..M {
            numbers[m] = Num(if CHOICES {
                let zero = L::literal(shares[0].proof(), 0.0);
                L::select(shares[0].lt(zero), first[m], second[m])
            } else {
                shares[m].fma(second[m], first[m])
            });
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

impl<T: Model<N, M>, const N: usize, const M: usize, const D: usize, const CHOICES: bool> LaneModel
    for Lifted<T, N, M, D, CHOICES>
{
    const DIM: usize = N;
    type State<L: Lanes> = [L; N];
    type Constants<L: Lanes> = LiftedConstants<T, L, M>;
    type Control<L: Lanes> = [L; D];
    type Effort<L: Lanes> = [L; D];
    const ACTION_DIM: usize = M;

    #[inline(always)]
    fn constants<L: Lanes>(&self, proof: L::Proof) -> LiftedConstants<T, L, M> {
        let [first, second] = self.control;
        let control = [splat_all(proof, first), splat_all(proof, second)];
        LiftedConstants { model: self.model, control }
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
        let cost = c.model.cost(numbers(state), c.control::<D, CHOICES>(control));
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
        let next = c.model.advance(numbers(&state), c.control::<D, CHOICES>(&control));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_share_leads_out_of_a_range() {
        let ends = [-1e30, -1000.0, -0.2, -0.01, 0.0, 0.001, 0.1, 0.7, 1.0, 3.3, 1e6, 1e30f32];
        for (i, low) in ends.iter().enumerate() {
            for high in &ends[i + 1..] {
                let [middle, half] = middle_and_half(*low, *high);
                for share in [-1.0, -0.999_999_94, -0.3, 0.0, 0.5, 0.999_999_94, 1.0f32] {
                    let control = share.fma(half, middle);
                    assert!((low..=high).contains(&&control), "{control} of {low} to {high}");
                }
                let width = f64::from(*high) - f64::from(*low);
                assert!(f64::from(half) > 0.499_999 * width, "{half} of {low} to {high}");
            }
        }
    }
}
