//! A model as the environment.

use std::fmt;

use particle_pilot_kernels::model::{Actions, Model, Verdict, judge};
use particle_pilot_kernels::real::Num;
use particle_pilot_kernels::task::MOST_DIMENSIONS;

use super::{Ending, EnvError, Environment, ModelWorld, Outcome, Pcg64};
use crate::decision::Action;

/// A model as the environment: what its pilot expects is what happens. In single precision, as particles compute, and
/// with the same bits on every machine.
///
/// A step's reward is minus its cost, or minus the [end cost](Model::end_cost) where the episode is over with it: it has
/// [failed](Ending::Failed) where an end costs something, and [arrived](Ending::Arrived) where it does not. (Planners
/// charge the end cost for every step that is missed, an episode once: who fails early may have the higher sum of
/// rewards. How many episodes failed is told beside it.)
///
/// # Examples
/// ```
/// use particle_pilot::env::{Environment, ModelEnvironment};
/// use particle_pilot::kernels::model::{Actions, Model};
/// use particle_pilot::kernels::real::Real;
/// use particle_pilot::{Action, Ending};
///
/// /// A place on a line, to be brought near 0 in steps of at most 1.
/// #[derive(Clone, Copy)]
/// struct Place;
///
/// impl Model<1, 1> for Place {
///     fn actions(&self) -> Actions<1> {
///         Actions::within([-1.0], [1.0])
///     }
///     fn advance<R: Real>(&self, [place]: [R; 1], [step]: [R; 1]) -> [R; 1] {
///         [place + step]
///     }
///     fn cost<R: Real>(&self, [place]: [R; 1], _: [R; 1]) -> R {
///         place.square()
///     }
///     fn goes_on<R: Real>(&self, [place]: [R; 1]) -> R::Mask {
///         place.abs().gt(0.5)
///     }
/// }
///
/// let mut env = ModelEnvironment::new(Place, [2.0], [2.0])?.must_arrive();
/// env.begin(0);
/// assert_eq!(env.apply(Action::Continuous([-1.0].into()))?.reward, -1.0);
/// assert_eq!(env.apply(Action::Continuous([-1.0].into()))?.ending, Some(Ending::Arrived));
/// # Ok::<(), particle_pilot::env::EnvError>(())
/// ```
#[derive(Clone)]
pub struct ModelEnvironment<T, const N: usize, const M: usize> {
    model: T,
    actions: Actions<M>,
    /// Bounds of each number of an initial state.
    bounds: [[f64; 2]; N],
    at_step_limit: Ending,
    state: [f64; N],
    has_begun: bool,
}

impl<T: Model<N, M>, const N: usize, const M: usize> ModelEnvironment<T, N, M> {
    /// Episodes begin in a state drawn uniformly from `[low, high)` in each number, by NumPy's random numbers for the
    /// episode's seed, or in `low` where the two are equal; rounded to single precision.
    ///
    /// # Errors
    /// [`EnvError::Bounds`] unless `low <= high` for each number, and both, and their distance, are finite in single
    /// precision; [`EnvError::Actions`] for actions of which nothing can be chosen; [`EnvError::Surroundings`] for a model
    /// that takes a [reference](Model::REFERENCE) or a [grid](Model::GRID).
    pub fn new(model: T, low: [f64; N], high: [f64; N]) -> Result<Self, EnvError> {
        if T::REFERENCE > 0 || T::GRID {
            return Err(EnvError::Surroundings);
        }
        let mut bounds = [[0.0; 2]; N];
        for (bounds, (low, high)) in bounds.iter_mut().zip(low.into_iter().zip(high)) {
            EnvError::check_bounds(low, high)?;
            if [low, high].iter().any(|bound| !(*bound as f32).is_finite()) {
                return Err(EnvError::Bounds { low, high });
            }
            *bounds = [low, high];
        }
        let (actions, at_step_limit) = (model.actions(), Ending::Survived);
        actions.validate()?;
        Ok(Self { model, actions, bounds, at_step_limit, state: [0.0; N], has_begun: false })
    }

    /// The same, where an episode is no success that has not arrived before its step limit.
    #[must_use]
    pub fn must_arrive(mut self) -> Self {
        self.at_step_limit = Ending::OutOfTime;
        self
    }

    /// The control that an action is.
    fn control(&self, action: Action) -> Result<[f32; M], EnvError> {
        match (action, self.actions) {
            (Action::Discrete(index), Actions::Choices(choices)) => {
                choices.get(index as usize).copied()
            }
            (Action::Continuous(numbers), Actions::Within { low, high })
                if numbers.len() == M && numbers.iter().all(|number| number.is_finite()) =>
            {
                // What is rounded may be outside.
                let within = |m: usize| (numbers[m] as f32).clamp(low[m], high[m]);
                Some(std::array::from_fn(within))
            }
            _ => None,
        }
        .ok_or_else(|| match self.actions {
            Actions::Choices(choices) => EnvError::no_choice(action, choices.len()),
            _ => EnvError::no_numbers(action, M),
        })
    }
}

/// Without the model, which need not be [`fmt::Debug`].
impl<T, const N: usize, const M: usize> fmt::Debug for ModelEnvironment<T, N, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelEnvironment").field("state", &self.state).finish_non_exhaustive()
    }
}

impl<T: Model<N, M>, const N: usize, const M: usize> Environment for ModelEnvironment<T, N, M> {
    fn begin(&mut self, seed: u64) {
        let mut rng = Pcg64::new(seed);
        for (number, [low, high]) in self.state.iter_mut().zip(self.bounds) {
            *number = f64::from(rng.uniform(low, high) as f32);
        }
        self.has_begun = true;
    }

    fn start_from(&mut self, state: &[f64]) -> Result<(), EnvError> {
        let numbers = EnvError::require_numbers(state)?;
        let is_single = |number: &f64| f64::from(*number as f32) == *number;
        if !numbers.iter().all(|number| number.is_finite() && is_single(number)) {
            return Err(EnvError::no_state(state, "finite numbers of single precision".into()));
        }
        self.state = numbers;
        self.has_begun = true;
        Ok(())
    }

    fn state(&self) -> &[f64] {
        &self.state
    }

    fn apply(&mut self, action: Action) -> Result<Outcome, EnvError> {
        if !self.has_begun {
            return Err(EnvError::NotReset);
        }
        let control = self.control(action)?.map(Num);
        let state = self.model.advance(self.state.map(|number| Num(number as f32)), control);
        self.state = state.map(|Num(number)| number.into());
        let is_finite = self.state.iter().all(|number| number.is_finite());
        let cost = self.model.cost(state, control).0;
        let goes_on = self.model.goes_on(state);
        let (reward, verdict) = judge(is_finite, goes_on, cost, self.model.end_cost());
        let ending = match verdict {
            Verdict::GoesOn => None,
            Verdict::Arrived => Some(Ending::Arrived),
            Verdict::Failed => Some(Ending::Failed),
        };
        Ok(Outcome { reward, ending })
    }

    fn at_step_limit(&self) -> Ending {
        self.at_step_limit
    }

    fn world(&self) -> Option<ModelWorld> {
        if M > MOST_DIMENSIONS {
            return None;
        }
        ModelWorld::of(&self.model).ok()
    }
}
