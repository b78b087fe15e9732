//! Whether what is observed of a Gymnasium cart-pole is what its physics say, and what they say comes next.

use particle_pilot::env::Physics;
use particle_pilot::kernels::env::{failed, step};
use pyo3::prelude::*;

use crate::observation::State;
use crate::physics::Core;

/// How far numbers may be from each other that ought to be the same, as a share of their size and a tenth: rounding,
/// and for observations some noise.
const OBSERVED: f64 = 1e-2;
const MOVED: f64 = 1e-4;

/// In what share of the steps something must be amiss to be worth a word.
const SHARE: f64 = 0.1;

/// Looks at one episode of an environment, besides its observations.
///
/// A wrapper may do anything to a step or to what is seen of it. Then predictions are wrong, which costs time but
/// nothing else; only where the pole falls too is it told.
pub struct Witness<'a, 'py> {
    core: &'a Core<'py>,
    physics: Physics,
    /// The environment's own state: from what is observed of it, which is rounded, one cannot foresee the next bits.
    own: Option<State>,
    /// Where it is, as far as is known.
    now: State,
    expected: Option<State>,
    steps: u32,
    /// Steps in which the observation was not the state.
    strange: u32,
    /// An observation and a state of those.
    example: Option<(State, State)>,
    /// Steps that led elsewhere than expected.
    astray: u32,
}

impl<'a, 'py> Witness<'a, 'py> {
    /// At the beginning of an episode of `core`, which moves by `physics`.
    pub fn new(core: &'a Core<'py>, physics: Physics) -> Self {
        let (own, now, expected, example) = (None, State::default(), None, None);
        Self { core, physics, own, now, expected, steps: 0, strange: 0, example, astray: 0 }
    }

    /// Takes note of an observation.
    pub fn observe(&mut self, seen: &State) {
        self.own = self.core.state();
        self.now = self.own.unwrap_or(*seen);
        self.steps += 1;
        if differ(seen, &self.now, OBSERVED) {
            self.strange += 1;
            self.example.get_or_insert((*seen, self.now));
        }
        if self.expected.is_some_and(|expected| differ(&expected, &self.now, MOVED)) {
            self.astray += 1;
        }
    }

    /// What will be observed after this action, to the last bit, if the episode goes on and that can be said.
    pub fn expect(&mut self, right: bool) -> Option<State> {
        let force = if right { self.physics.force_mag } else { -self.physics.force_mag };
        let next = step(&self.physics, self.now, force);
        self.expected = Some(next);
        let goes_on = self.own.is_some() && !failed(&self.physics, next);
        // Observations are rounded.
        goes_on.then(|| next.map(|value| f64::from(value as f32)))
    }

    /// Why it may be that the pole of `env` fell, if something was amiss.
    pub fn suspicion(&self, env: &Bound<'_, PyAny>) -> Option<String> {
        let many = |count: u32| f64::from(count) > SHARE * f64::from(self.steps);
        let shown = || env.repr().map_or("?".into(), |text| text.to_string());
        let steps = self.steps;
        if let Some((seen, own)) = self.example.filter(|_| many(self.strange)) {
            return Some(format!(
                "the pole fell after {steps} steps, and what drive saw was not the cart-pole's state: in {} of these \
                 steps the observation differed from env.unwrapped.state, as {seen:.3?} does from {own:.3?}. Drive it \
                 without the wrapper that changes observations, in {}",
                self.strange,
                shown()
            ));
        }
        many(self.astray).then(|| {
            format!(
                "the pole fell after {steps} steps, and the cart-pole did not move as drive had planned: {} of these \
                 steps led elsewhere than the physics of env.unwrapped and the action say. A wrapper may repeat or \
                 change actions, or something else may push, in {}",
                self.astray,
                shown()
            )
        })
    }
}

/// Whether any number of one is far from the other's; what is no number is.
fn differ(one: &State, other: &State, share: f64) -> bool {
    let is_near = |(a, b): (&f64, &f64)| (a - b).abs() <= share * (b.abs() + 0.1);
    !one.iter().zip(other).all(is_near)
}
