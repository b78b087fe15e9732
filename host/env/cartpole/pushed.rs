//! The cart-pole as an environment of episodes, with pushes or without.

use super::{CartPole, CartPoleOptions};
use crate::decision::Action;
use crate::env::{Ending, EnvError, Environment, Outcome, Physics, Push};

impl Environment for CartPole {
    fn begin(&mut self, seed: u64) {
        self.reset(Some(seed));
    }

    fn start_from(&mut self, state: &[f64]) -> Result<(), EnvError> {
        self.reset_to(EnvError::require_numbers(state)?)
    }

    fn state(&self) -> &[f64] {
        self.episode.as_ref().map_or(&[0.0; 4], |episode| &episode.state)
    }

    fn apply(&mut self, action: Action) -> Result<Outcome, EnvError> {
        let step = match action {
            Action::Discrete(index @ 0..=1) => self.step(index)?,
            Action::Discrete(_) => return Err(EnvError::no_choice(action, 2)),
            Action::Continuous(force) if force.len() == 1 => self.step_force(force[0])?,
            Action::Continuous(_) => return Err(EnvError::no_numbers(action, 1)),
        };
        Ok(Outcome { reward: step.reward, ending: Ending::of(&self.physics, &step) })
    }
}

/// A cart-pole whose cart is pushed now and then, by the episode's seed; its step limit is the episode's.
///
/// # Examples
/// ```
/// use particle_pilot::env::{Environment, Physics, PushedCartPole};
/// use particle_pilot::{CartPoleProblem, Episode, Pilot, PilotConfig};
/// let mut env = PushedCartPole::new(Physics::default(), Some("5:10:100".parse()?))?;
/// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
/// assert!(Episode::new().run_in(&mut pilot, &mut env)?.survived);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PushedCartPole {
    env: CartPole,
    push: Option<Push>,
    seed: u64,
}

impl PushedCartPole {
    /// One that has yet to [begin](Environment::begin).
    ///
    /// # Errors
    /// [`EnvError::Physics`] for a parameter out of range.
    pub fn new(physics: Physics, push: Option<Push>) -> Result<Self, EnvError> {
        let options = CartPoleOptions { max_episode_steps: None, ..CartPoleOptions::default() };
        Ok(Self { env: CartPole::new(physics, options)?, push, seed: 0 })
    }
}

impl Environment for PushedCartPole {
    fn begin(&mut self, seed: u64) {
        self.seed = seed;
        self.env.begin(seed);
    }

    fn start_from(&mut self, state: &[f64]) -> Result<(), EnvError> {
        self.env.start_from(state)
    }

    fn state(&self) -> &[f64] {
        Environment::state(&self.env)
    }

    fn apply(&mut self, action: Action) -> Result<Outcome, EnvError> {
        if let Some(push) = self.push {
            self.env.set_push(push.force_at(self.seed, self.env.elapsed_steps()))?;
        }
        self.env.apply(action)
    }
}
