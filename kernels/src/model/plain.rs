//! Models in plain formulas.

use core::fmt;

use super::At;
use crate::real::Real;

/// A control problem: `N` numbers of state, `M` of control, and what planners have to know about them.
///
/// Functions are written over any [`Real`], and called with the numbers of several particles at once. A model's
/// fields are its parameters.
///
/// A future of `H` steps goes from `s_0`, the present state, to `s_H`. It lives as long as [`goes_on`](Model::goes_on)
/// holds of its states. While it does, each step adds its [`cost`](Model::cost); one that lives through all of them
/// adds the [`final_cost`](Model::final_cost) of `s_H`, and one that ends early the [`end_cost`](Model::end_cost) for every
/// step that it missed. All costs should be 0 or more. A future whose cost is no number is the worst of all.
/// (All planners but `smc` and `fmc` also add the cost of `s_0`, under the control in the middle of the box, or under one of
/// the choices: the same for every future.)
///
/// These functions are called in the innermost loop: mark them `#[inline(always)]` and hold no [`Real`] in a closure, or
/// the vector instructions of the caller do not reach them, and planning takes many times as long.
///
/// There are at least one number of state, and 1 to 8 of control; `smc` and `fmc` draw one.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::model::{Actions, Model};
/// use particle_pilot_kernels::real::{Num, Real};
///
/// /// A cart on a rail, to be brought to a place: position in m and speed in m/s, force in N.
/// #[derive(Clone, Copy)]
/// struct Cart {
///     mass: f32,
///     goal: f32,
/// }
///
/// impl Model<2, 1> for Cart {
///     fn actions(&self) -> Actions<1> {
///         Actions::within([-10.0], [10.0])
///     }
///
///     #[inline(always)]
///     fn advance<R: Real>(&self, [x, speed]: [R; 2], [force]: [R; 1]) -> [R; 2] {
///         let speed = speed + force / self.mass * 0.02;
///         [x + speed * 0.02, speed]
///     }
///
///     #[inline(always)]
///     fn cost<R: Real>(&self, [x, speed]: [R; 2], [force]: [R; 1]) -> R {
///         (x - self.goal).square() + speed.square() * 0.1 + force.square() * 1e-4
///     }
/// }
///
/// let [x, speed] = Cart { mass: 1.0, goal: 0.0 }.advance([1.0, 0.0].map(Num), [Num(5.0)]);
/// assert!(x.0 > 1.0 && speed.0 > 0.0);
/// ```
pub trait Model<const N: usize, const M: usize>: Copy + Send + Sync + 'static {
    /// Which kind of actions all models of the type have: a box, unless said otherwise. Actions of another kind are refused.
    ///
    /// What planners do is compiled for this kind alone. [`Kind::Any`] takes all that there are, and twice the time.
    const KIND: Kind = Kind::Within;

    /// The numbers of a row of the reference: a path to follow, a wind that is forecast, whatever is known beforehand of each
    /// step of the horizon. 0, unless given: then there is no reference.
    ///
    /// A reference is given with a decision, or stays as it was with the last. It has a row for each state of a future: row 0
    /// belongs to the present state `s_0`, row `H` to the last, `s_H`. The functions whose names end in `_at` see the row of the
    /// state that they are about, `advance_at` that of the state it begins from.
    const REFERENCE: usize = 0;

    /// Whether there is a grid, a map of costs for example, which the functions whose names end in `_at` sample:
    /// [`At::grid`]. It is given with a decision, or stays as it was with the last.
    const GRID: bool = false;

    /// What there is to choose from.
    fn actions(&self) -> Actions<M>;

    /// The state one step later.
    fn advance<R: Real>(&self, state: [R; N], control: [R; M]) -> [R; N];

    /// The cost of a step: of the state that it led to, under the control that led there.
    fn cost<R: Real>(&self, state: [R; N], control: [R; M]) -> R;

    /// As [`advance`](Model::advance), for models that have a [`REFERENCE`](Model::REFERENCE) or a [`GRID`](Model::GRID): planners call this one. That,
    /// unless given.
    #[inline(always)]
    fn advance_at<R: Real>(&self, state: [R; N], control: [R; M], at: impl At<R>) -> [R; N] {
        let _ = at;
        self.advance(state, control)
    }

    /// As [`cost`](Model::cost), for models that have a [`REFERENCE`](Model::REFERENCE) or a [`GRID`](Model::GRID): the whole cost of a
    /// step, as planners call this one instead. That, unless given.
    #[inline(always)]
    fn cost_at<R: Real>(&self, state: [R; N], control: [R; M], at: impl At<R>) -> R {
        let _ = at;
        self.cost(state, control)
    }

    /// The cost of being in `state` when the horizon ends: an estimate of what is still to come. Nothing, unless given.
    #[inline(always)]
    fn final_cost<R: Real>(&self, state: [R; N]) -> R {
        state[0].constant(0.0)
    }

    /// As [`final_cost`](Model::final_cost), for models that have a [`REFERENCE`](Model::REFERENCE) or a [`GRID`](Model::GRID): planners call this one.
    /// That, unless given. (`smc` and `fmc` also ask for states on the way, what if the horizon ended there; each with its own
    /// row.)
    #[inline(always)]
    fn final_cost_at<R: Real>(&self, state: [R; N], at: impl At<R>) -> R {
        let _ = at;
        self.final_cost(state)
    }

    /// Where a future goes on from `state`: not where it has failed, nor where it has arrived. Everywhere, unless given.
    ///
    /// Comparisons are false of what is no number. Where a state can become NaN, and an end costs nothing, say that such a
    /// future goes on, so that its cost is no number either: `away.gt(0.1) | !away.le(0.1)`.
    #[inline(always)]
    fn goes_on<R: Real>(&self, state: [R; N]) -> R::Mask {
        state[0].always()
    }

    /// As [`goes_on`](Model::goes_on), for models that have a [`REFERENCE`](Model::REFERENCE) or a [`GRID`](Model::GRID): planners call this one. That,
    /// unless given.
    #[inline(always)]
    fn goes_on_at<R: Real>(&self, state: [R; N], at: impl At<R>) -> R::Mask {
        let _ = at;
        self.goes_on(state)
    }

    /// The cost of each step that a future misses because it ended early: more than any step costs where an end is a
    /// failure, 0 where it is the goal. 0, unless given.
    fn end_cost(&self) -> f32 {
        0.0
    }

    /// How far apart two states are, squared, in units that make 1 much; for `fmc`, which spreads particles out. The sum of
    /// the squared differences, unless given.
    #[inline(always)]
    fn distance_squared<R: Real>(&self, a: [R; N], b: [R; N]) -> R {
        let mut sum = a[0].constant(0.0);
        for i in 0..N {
            sum = (a[i] - b[i]).square() + sum;
        }
        sum
    }
}

/// A kind of [`Actions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not known beforehand.
    Any,
    /// A box.
    Within,
    /// So many choices.
    Choices(usize),
}

/// What a planner may choose from.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Actions<const M: usize> {
    /// Any control within a box.
    Within {
        /// The least of each number.
        low: [f32; M],
        /// The most of each number.
        high: [f32; M],
    },
    /// One of these controls; an action is its index.
    Choices(&'static [[f32; M]]),
}

impl<const M: usize> Actions<M> {
    /// Of which kind they are.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Within { .. } => Kind::Within,
            Self::Choices(choices) => Kind::Choices(choices.len()),
        }
    }

    /// Any control from `low` to `high`.
    #[must_use]
    pub const fn within(low: [f32; M], high: [f32; M]) -> Self {
        Self::Within { low, high }
    }

    /// One of these controls, of which there are 2 to [`Actions::MOST_CHOICES`].
    #[must_use]
    pub const fn choices(controls: &'static [[f32; M]]) -> Self {
        Self::Choices(controls)
    }

    /// The most controls that there may be to choose from.
    pub const MOST_CHOICES: usize = 8;

    /// Whether planners can choose from these.
    ///
    /// # Errors
    /// [`BadActions`] where there is nothing to choose from, or no planner that chooses so.
    pub fn validate(&self) -> Result<(), BadActions> {
        // Half a range must be a number, too.
        let finite = |controls: &[[f32; M]]| match controls
            .as_flattened()
            .iter()
            .all(|end| end.abs() <= f32::MAX / 2.0)
        {
            true => Ok(()),
            false => Err(BadActions::Infinite),
        };
        match *self {
            Self::Within { low, high } => match low.iter().zip(&high).all(|(low, high)| low < high)
            {
                true => finite(&[low, high]),
                false => Err(BadActions::Empty),
            },
            Self::Choices(choices) => match choices.len() {
                2..=Self::MOST_CHOICES => finite(choices),
                count => Err(BadActions::Choices(count)),
            },
        }
    }
}

/// Why nothing can be chosen from some [`Actions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadActions {
    /// The least control is not below the most.
    Empty,
    /// Fewer than two choices, or more than [`Actions::MOST_CHOICES`].
    Choices(usize),
    /// They are of this kind, and the model's [`KIND`](Model::KIND) says another.
    OtherKind(Kind),
    /// A control is infinite or no number.
    Infinite,
}

impl fmt::Display for BadActions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the least control is not below the most"),
            Self::Choices(count) => {
                let most = Actions::<1>::MOST_CHOICES;
                write!(f, "planners choose from 2 to {most} choices, not from {count}")
            }
            Self::OtherKind(kind) => {
                write!(
                    f,
                    "the model's `KIND` says other actions than it has: it must be `Kind::{kind:?}`"
                )
            }
            Self::Infinite => write!(f, "controls go up to 1.7e38"),
        }
    }
}

impl core::error::Error for BadActions {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_that_leave_no_choice_are_refused() {
        assert_eq!(Actions::within([-1.0, 0.0], [1.0, 2.0]).validate(), Ok(()));
        assert_eq!(Actions::choices(&[[3.0], [-1.0]]).validate(), Ok(()));
        assert_eq!(Actions::choices(&[[0.0]; 8]).validate(), Ok(()));
        assert_eq!(Actions::choices(&[[0.0]; 9]).validate(), Err(BadActions::Choices(9)));
        for (low, high) in [(1.0, 1.0), (1.0, -1.0), (f32::NAN, 1.0), (0.0, f32::NAN)] {
            assert_eq!(Actions::within([low], [high]).validate(), Err(BadActions::Empty));
        }
        assert_eq!(Actions::within([0.0], [f32::INFINITY]).validate(), Err(BadActions::Infinite));
        assert_eq!(Actions::choices(&[[0.0]]).validate(), Err(BadActions::Choices(1)));
        assert_eq!(Actions::choices(&[[f32::NAN], [0.0]]).validate(), Err(BadActions::Infinite));
    }
}
