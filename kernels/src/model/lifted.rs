//! Plain models on lanes.

use super::{Actions, BadActions, Draws, Here, Kind, LaneModel, Model};
use crate::lanes::{Lanes, splat_all};
use crate::real::Num;

/// A [`Model`] of `N` numbers of state and `M` of control, as bundles of lanes compute it.
///
/// What planners draw has `D` dimensions: `M` for a box, of which each number is then a share, -1 to 1; 1 for two
/// `CHOICES`, which its sign tells apart; for more, a score for each, of which the highest counts. The choice is then
/// distributed as in the multinomial probit model (R. D. Bock, L. V. Jones, "The measurement and prediction of judgment and
/// choice", 1968), and planners that move means of controls move probabilities of choices. `R` are the controls that are
/// kept: two, or as many as there are scores.
#[derive(Clone, Copy, Debug)]
pub struct Lifted<
    T,
    const N: usize,
    const M: usize,
    const D: usize,
    const R: usize,
    const CHOICES: bool,
> {
    model: T,
    /// The corners of the box, or the choices; the rest zeros.
    controls: [[f32; M]; R],
    /// How many there are.
    count: usize,
    /// As in [`LiftedConstants`].
    numbers: [[f32; M]; R],
    handicaps: [f32; R],
}

/// A model whose actions are a box.
pub type Boxed<T, const N: usize, const M: usize> = Lifted<T, N, M, M, 2, false>;
/// A model of two choices.
pub type TwoChoices<T, const N: usize, const M: usize> = Lifted<T, N, M, 1, 2, true>;
/// A model of three or four choices.
pub type FourChoices<T, const N: usize, const M: usize> = Lifted<T, N, M, 4, 4, true>;
/// A model of five to eight choices.
pub type EightChoices<T, const N: usize, const M: usize> = Lifted<T, N, M, 8, 8, true>;

/// What to do with a [`Model`] that has become a [`LaneModel`], of whichever type.
pub trait Visitor {
    /// What comes of it.
    type Output;

    /// Does it.
    fn visit<M: LaneModel>(self, model: M) -> Self::Output;
}

/// Has `visitor` visit `model` on lanes.
///
/// # Errors
/// [`BadActions`] for actions that planners cannot choose from.
pub fn lift<const N: usize, const M: usize, T: Model<N, M>, V: Visitor>(
    model: T,
    visitor: V,
) -> Result<V::Output, BadActions> {
    // Nothing is compiled for what is known not to be.
    let within = const { matches!(T::KIND, Kind::Any | Kind::Within) };
    let two = const { matches!(T::KIND, Kind::Any | Kind::Choices(0..=2)) };
    let four = const { matches!(T::KIND, Kind::Any | Kind::Choices(3..=4)) };
    let eight = const { matches!(T::KIND, Kind::Any | Kind::Choices(5..)) };
    let actions = model.actions();
    actions.validate()?;
    Ok(match actions.kind() {
        Kind::Within if within => visitor.visit(Boxed::<T, N, M>::new(model)?),
        Kind::Choices(..=2) if two => visitor.visit(TwoChoices::<T, N, M>::new(model)?),
        Kind::Choices(3..=4) if four => visitor.visit(FourChoices::<T, N, M>::new(model)?),
        Kind::Choices(5..) if eight => visitor.visit(EightChoices::<T, N, M>::new(model)?),
        kind => return Err(BadActions::OtherKind(kind)),
    })
}

impl<
    T: Model<N, M>,
    const N: usize,
    const M: usize,
    const D: usize,
    const R: usize,
    const CHOICES: bool,
> Lifted<T, N, M, D, R, CHOICES>
{
    /// The model on lanes.
    ///
    /// # Errors
    /// [`BadActions`] for actions that planners cannot choose from, of the other kind or of another number.
    pub fn new(model: T) -> Result<Self, BadActions> {
        const {
            assert!(N >= 1, "a state has at least one number");
            assert!(CHOICES || D == M, "a box has a dimension for each number");
            assert!(R == if CHOICES && D > 1 { D } else { 2 }, "a score for each of so many");
        }
        let actions = model.actions();
        actions.validate()?;
        let mut controls = [[0.0; M]; R];
        let count = match actions {
            Actions::Within { low, high } if !CHOICES => {
                (controls[0], controls[1]) = (low, high);
                2
            }
            Actions::Choices(choices)
                if CHOICES && (R / 2 < choices.len() || R == 2) && choices.len() <= R =>
            {
                controls[..choices.len()].copy_from_slice(choices);
                choices.len()
            }
            _ => return Err(BadActions::OtherKind(actions.kind())),
        };
        let (mut numbers, mut handicaps) = (controls, [0.0; R]);
        for m in 0..M {
            if !CHOICES {
                [numbers[0][m], numbers[1][m]] = middle_and_half(controls[0][m], controls[1][m]);
            }
        }
        handicaps[count..].fill(f32::MIN);
        Ok(Self { model, controls, count, numbers, handicaps })
    }

    /// Whether controls are scores.
    const SCORES: bool = CHOICES && D > 1;
}

/// The index of the highest of `count` scores, of equals the first from `from` on.
#[inline(always)]
pub fn highest(count: usize, from: usize, score: impl Fn(usize) -> f64) -> usize {
    let mut best = from % count;
    for step in 1..count {
        let index = (from + step) % count;
        if score(index) > score(best) {
            best = index;
        }
    }
    best
}

/// The number between `low` and `high`, either the lesser, that a share, -1 to 1, is.
#[inline(always)]
#[must_use]
pub fn of_range(low: f32, high: f32, share: f64) -> f64 {
    let [low, high] = [low, high].map(f64::from);
    let [least, most] = if low < high { [low, high] } else { [high, low] };
    (0.5 * (low + high) + 0.5 * (high - low) * share).clamp(least, most)
}

/// Whether there may be no choice of this index: there are more than half of `most`.
const fn is_uncertain(index: usize, most: usize) -> bool {
    index > most / 2
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
pub struct LiftedConstants<T, L, const M: usize, const R: usize> {
    model: T,
    /// The middle of each number's range, and half of its width; or the choices.
    controls: [[L; M]; R],
    /// What is added to scores: nothing, or so little where there is no such choice that it is never the highest.
    handicaps: [L; R],
}

impl<T, L: Lanes, const M: usize, const R: usize> LiftedConstants<T, L, M, R> {
    /// Shares of full control as the model's own numbers.
    #[inline(always)]
    fn control<const D: usize, const CHOICES: bool>(&self, shares: &[L; D]) -> [Num<L>; M] {
        let controls = &self.controls;
        let mut numbers = [Num(shares[0]); M];
        if CHOICES && D > 1 {
            let mut best = shares[0];
            for m in 0..M {
                numbers[m] = Num(controls[0][m]);
            }
            for index in 1..R {
                let score = match is_uncertain(index, R) {
                    true => shares[index] + self.handicaps[index],
                    false => shares[index],
                };
                let is_higher = best.lt(score);
                best = L::select(is_higher, score, best);
                for m in 0..M {
                    numbers[m] = Num(L::select(is_higher, controls[index][m], numbers[m].0));
                }
            }
            return numbers;
        }
        for m in 0..M {
            numbers[m] = Num(if CHOICES {
                let zero = L::literal(shares[0].proof(), 0.0);
                L::select(shares[0].lt(zero), controls[0][m], controls[1][m])
            } else {
                shares[m].fma(controls[1][m], controls[0][m])
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

/// The numbers as lanes.
#[inline(always)]
fn lanes<L: Lanes, const N: usize>(numbers: [Num<L>; N]) -> [L; N] {
    let mut lanes = [numbers[0].0; N];
    for i in 1..N {
        lanes[i] = numbers[i].0;
    }
    lanes
}

impl<
    T: Model<N, M>,
    const N: usize,
    const M: usize,
    const D: usize,
    const R: usize,
    const CHOICES: bool,
> LaneModel for Lifted<T, N, M, D, R, CHOICES>
{
    const DIM: usize = N;
    type State<L: Lanes> = [L; N];
    type Constants<L: Lanes> = LiftedConstants<T, L, M, R>;
    type Control<L: Lanes> = [L; D];
    type Effort<L: Lanes> = [L; D];
    const ACTION_DIM: usize = M;
    const DRAWS: Draws = match (CHOICES, D) {
        (true, 1) => Draws::Sides,
        (true, _) => Draws::Scores,
        (false, _) => Draws::Numbers,
    };
    const REFERENCE: usize = T::REFERENCE;
    const GRID: bool = T::GRID;

    #[inline(always)]
    fn constants<L: Lanes>(&self, proof: L::Proof) -> LiftedConstants<T, L, M, R> {
        let mut controls = [splat_all(proof, self.numbers[0]); R];
        for (lanes, numbers) in controls.iter_mut().zip(self.numbers).skip(1) {
            *lanes = splat_all(proof, numbers);
        }
        let mut handicaps = [L::literal(proof, 0.0); R];
        for (index, lanes) in handicaps.iter_mut().enumerate() {
            if is_uncertain(index, R) {
                *lanes = L::splat(proof, self.handicaps[index]);
            }
        }
        LiftedConstants { model: self.model, controls, handicaps }
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
        if Self::SCORES {
            let control = self.controls[highest(self.count, 0, |index| shares[index])];
            action.iter_mut().zip(control).for_each(|(number, chosen)| *number = chosen.into());
            return;
        }
        for (m, number) in action.iter_mut().enumerate() {
            let share = shares[if D == 1 { 0 } else { m }];
            *number = of_range(self.controls[0][m], self.controls[1][m], share);
        }
    }

    fn choices(&self) -> u32 {
        if Self::SCORES { self.count as u32 } else { 0 }
    }

    fn choice(&self, shares: &[f64], from: u32) -> u32 {
        match Self::SCORES {
            true => highest(self.count, from as usize, |index| shares[index]) as u32,
            false => u32::from(shares[0] > 0.0),
        }
    }

    #[inline(always)]
    fn live<L: Lanes>(c: &Self::Constants<L>, state: &[L; N], live: L::Mask) -> L::Mask {
        live & c.model.goes_on(numbers(state))
    }

    #[inline(always)]
    fn live_at<L: Lanes>(
        c: &Self::Constants<L>,
        state: &[L; N],
        live: L::Mask,
        at: Here<'_, L>,
    ) -> L::Mask {
        live & c.model.goes_on_at(numbers(state), at)
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
    fn accumulate_at<L: Lanes>(
        c: &Self::Constants<L>,
        state: &[L; N],
        control: &[L; D],
        live: L::Mask,
        [sum, other]: [L; 2],
        at: Here<'_, L>,
    ) -> [L; 2] {
        let control = c.control::<D, CHOICES>(control);
        let cost = c.model.cost_at(numbers(state), control, at);
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

    #[inline(always)]
    fn terminal_cost_at<L: Lanes>(c: &Self::Constants<L>, state: &[L; N], at: Here<'_, L>) -> L {
        c.model.final_cost_at(numbers(state), at).0
    }

    fn end_cost(&self) -> f32 {
        self.model.end_cost()
    }

    #[inline(always)]
    fn advance<L: Lanes>(c: &Self::Constants<L>, state: [L; N], control: [L; D]) -> [L; N] {
        lanes(c.model.advance(numbers(&state), c.control::<D, CHOICES>(&control)))
    }

    #[inline(always)]
    fn advance_at<L: Lanes>(
        c: &Self::Constants<L>,
        state: [L; N],
        control: [L; D],
        at: Here<'_, L>,
    ) -> [L; N] {
        lanes(c.model.advance_at(numbers(&state), c.control::<D, CHOICES>(&control), at))
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
