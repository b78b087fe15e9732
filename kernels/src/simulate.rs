//! Vectorised environments: a step of an episode, and Gymnasium's autoreset modes.
//!
//! Everything here is the reference environment's ([`crate::env`]): `f64`, and the same bits on every machine.
//! `N` environments are arrays with an entry for each; [`Simulation`] says where a GPU finds them.

use bytemuck::{NoUninit, Zeroable};

use crate::env::{self, Physics};
use crate::numpy::Pcg64;
use crate::rng::Stream;

/// Reward and step limit of an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Rewards 0 for each step and -1 for a failing one, instead of 1 for each step.
    pub sutton_barto_reward: bool,
    /// Steps after which an episode is truncated; 0 for no limit.
    pub max_episode_steps: u32,
}

/// The state of an episode under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpisodeState {
    /// `[x m, x_dot m/s, theta rad, theta_dot rad/s]`.
    pub state: [f64; 4],
    /// Steps taken.
    pub elapsed_steps: u32,
    /// Steps that led to a failure: the first ends the episode, others come of stepping on.
    pub failures: u32,
}

/// The result of a step, besides a new state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition {
    /// 1 or 0, or with [`Terms::sutton_barto_reward`] 0 or -1.
    pub reward: f64,
    /// The new state is a failure.
    pub terminated: bool,
    /// The step limit is reached.
    pub truncated: bool,
}

impl EpisodeState {
    /// One that begins in `state`.
    #[inline(always)]
    #[must_use]
    pub fn new(state: [f64; 4]) -> Self {
        Self { state, elapsed_steps: 0, failures: 0 }
    }

    /// Applies `force` N to the cart for one step. An episode that has ended may be stepped on, as in Gymnasium.
    #[inline(always)]
    pub fn step(&mut self, physics: &Physics, terms: Terms, force: f64) -> Transition {
        self.state = env::step(physics, self.state, force);
        self.elapsed_steps = self.elapsed_steps.saturating_add(1);
        let terminated = env::failed(physics, self.state);
        self.failures = self.failures.saturating_add(terminated.into());
        let limit = terms.max_episode_steps;
        Transition {
            reward: match (terms.sutton_barto_reward, terminated) {
                (true, true) => -1.0,
                (true, false) => 0.0,
                // The step that ends the episode still counts, failing steps after it do not.
                (false, true) if self.failures > 1 => 0.0,
                (false, _) => 1.0,
            },
            terminated,
            truncated: limit != 0 && self.elapsed_steps >= limit,
        }
    }
}

/// When an environment whose episode has ended begins the next one: Gymnasium's `AutoresetMode`.
#[repr(u32)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Autoreset {
    /// With the step after the last, which ignores its action and is worth 0.
    #[default]
    NextStep = 0,
    /// With the last step itself, which returns the first observation of the new episode; the last of the old one
    /// is kept apart.
    SameStep = 1,
    /// Never by itself.
    Disabled = 2,
}

/// The parameters that all environments of a simulation share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EnvironmentParams {
    /// Parameters and thresholds.
    pub physics: Physics,
    /// Rewards and step limit.
    pub terms: Terms,
    /// The autoreset mode.
    pub autoreset: Autoreset,
    /// Bounds of each component of a state that a new episode begins in.
    pub bounds: [f64; 2],
}

/// An environment between two steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Environment {
    /// Its episode.
    pub episode: EpisodeState,
    /// Whether the last step ended in a failure.
    pub terminated: bool,
    /// Whether the last step reached the step limit.
    pub truncated: bool,
}

/// Totals over the steps of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// The sum of the rewards.
    pub reward: f64,
    /// Steps that moved the cart.
    pub steps: u32,
    /// Episodes that ended.
    pub episodes: u32,
}

/// An environment's inputs and outputs, wherever they are kept.
pub trait EnvironmentIo {
    /// The force in N of the next step.
    fn force(&mut self) -> f64;
    /// The state that a new episode begins in, from the environment's own random numbers.
    fn draw(&mut self, bounds: [f64; 2]) -> [f64; 4];
    /// Keeps the last state of an episode that a new one replaces within the same step.
    fn finish(&mut self, state: [f64; 4]);
}

impl Environment {
    /// One at the beginning of an episode.
    #[inline(always)]
    #[must_use]
    pub fn new(state: [f64; 4]) -> Self {
        Self { episode: EpisodeState::new(state), terminated: false, truncated: false }
    }

    /// Whether the last step ended an episode.
    #[inline(always)]
    #[must_use]
    pub fn ended(&self) -> bool {
        self.terminated || self.truncated
    }

    /// The state as Gymnasium returns it.
    #[inline(always)]
    #[must_use]
    pub fn observation(&self) -> [f32; 4] {
        observation(self.episode.state)
    }

    /// Takes `steps` steps, and those resets that come between them.
    #[inline(always)]
    pub fn run(
        &mut self,
        params: &EnvironmentParams,
        steps: u32,
        io: &mut impl EnvironmentIo,
    ) -> Progress {
        let mut progress = Progress::default();
        for _ in 0..steps {
            self.step(params, io, &mut progress);
        }
        progress
    }

    #[inline(always)]
    fn step(
        &mut self,
        params: &EnvironmentParams,
        io: &mut impl EnvironmentIo,
        progress: &mut Progress,
    ) {
        let force = io.force();
        if self.ended() {
            match params.autoreset {
                Autoreset::NextStep => {
                    *self = Self::new(io.draw(params.bounds));
                    return;
                }
                Autoreset::SameStep => {}
                Autoreset::Disabled => return,
            }
        }
        let transition = self.episode.step(&params.physics, params.terms, force);
        self.terminated = transition.terminated;
        self.truncated = transition.truncated;
        progress.reward += transition.reward;
        progress.steps += 1;
        if self.ended() {
            progress.episodes += 1;
            if params.autoreset == Autoreset::SameStep {
                io.finish(self.episode.state);
                self.episode = EpisodeState::new(io.draw(params.bounds));
            }
        }
    }
}

/// A state as Gymnasium returns it.
#[inline(always)]
#[must_use]
pub fn observation(state: [f64; 4]) -> [f32; 4] {
    let [x, x_dot, theta, theta_dot] = state;
    [x as f32, x_dot as f32, theta as f32, theta_dot as f32]
}

/// The force in N of an action: 0 to the left, anything else to the right.
#[inline(always)]
#[must_use]
pub fn force(physics: &Physics, action: u32) -> f64 {
    if action == 0 { -physics.force_mag } else { physics.force_mag }
}

/// Actions by chance, left or right alike, for one environment.
#[derive(Clone, Copy, Debug)]
pub struct RandomActions<'a> {
    stream: &'a Stream,
    environment: u32,
    step: u64,
    /// The bits of the 32 steps that `step` is one of.
    word: u32,
}

impl<'a> RandomActions<'a> {
    /// Keeps the numbers apart from those of planners with the same seed.
    const ITERATION: u32 = u32::MAX;

    /// The random numbers of all environments.
    #[inline(always)]
    #[must_use]
    pub fn stream(seed: u64) -> Stream {
        Stream::new(seed, 0, Self::ITERATION)
    }

    /// The actions of environment number `environment`, from step number `step` on.
    ///
    /// Bit `step % 128` of block `step / 128` is the action; after 2^39 steps they repeat.
    #[inline(always)]
    #[must_use]
    pub fn new(stream: &'a Stream, environment: u32, step: u64) -> Self {
        let mut actions = Self { stream, environment, step, word: 0 };
        actions.refill();
        actions
    }

    /// The next one: 0 or 1.
    #[inline(always)]
    pub fn draw(&mut self) -> u32 {
        let bit = self.word >> (self.step % 32) as u32 & 1;
        self.step += 1;
        if self.step.is_multiple_of(32) {
            self.refill();
        }
        bit
    }

    #[inline(always)]
    fn refill(&mut self) {
        let [a, b, c, d] = self.stream.block((), (self.step >> 7) as u32, self.environment);
        self.word = match self.step >> 5 & 3 {
            0 => a,
            1 => b,
            2 => c,
            _ => d,
        };
    }
}

/// The orders of a reset, one for each environment.
pub mod order {
    /// Goes on.
    pub const NONE: u8 = 0;
    /// Begins anew, drawing on.
    pub const DRAW: u8 = 1;
    /// Begins anew after its random numbers did.
    pub const SEED: u8 = 2;
}

/// The sources of the forces of steps.
pub mod drive {
    /// `[N]` actions, `u32`.
    pub const ACTIONS: u32 = 0;
    /// `[N]` forces in N, `f64`.
    pub const FORCES: u32 = 1;
    /// [`RandomActions`](super::RandomActions).
    pub const RANDOM: u32 = 2;
}

/// The kernel parameter of `N` environments in the memory of a GPU, and of the steps or the reset to be made.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, NoUninit, Zeroable)]
pub struct Simulation {
    /// Parameters and thresholds.
    pub physics: Physics,
    /// Bounds of each component of a state that a new episode begins in.
    pub bounds: [f64; 2],
    /// The address of `[N][4]` states, `f64`.
    pub states: u64,
    /// The address of `[N][2]` steps taken and failures, `u32`.
    pub counters: u64,
    /// The address of `[N][4]` generators, `u64`: [`Pcg64::words`].
    pub generators: u64,
    /// The address of `[N][4]` observations, `f32`.
    pub observations: u64,
    /// The address of `[N][4]` last observations of episodes, `f32`; read only with [`Autoreset::SameStep`].
    pub final_observations: u64,
    /// The address of `[N]` sums of rewards, `f64`.
    pub rewards: u64,
    /// The address of `[N]` flags, `u8`, 0 or 1: [`Environment::terminated`].
    pub terminated: u64,
    /// The address of `[N]` flags, `u8`, 0 or 1: [`Environment::truncated`].
    pub truncated: u64,
    /// The address of `[N][2]` steps and episodes, `u32`: [`Progress`].
    pub progress: u64,
    /// The address of the steps' input, see [`drive`], or for a reset of `[N]` [`order`]s, `u8`.
    pub input: u64,
    /// For a reset, the address of `[N]` seeds, `u64`; read where the order is [`order::SEED`].
    pub seeds: u64,
    /// Determines random actions.
    pub action_seed: u64,
    /// The number of the first step for [`RandomActions`].
    pub first_step: u64,
    /// `N`.
    pub environments: u32,
    /// Steps to take.
    pub steps: u32,
    /// One of [`drive`].
    pub drive: u32,
    /// An [`Autoreset`].
    pub autoreset: u32,
    /// [`Terms::max_episode_steps`].
    pub max_episode_steps: u32,
    /// 1 with [`Terms::sutton_barto_reward`].
    pub sutton_barto_reward: u32,
}

const _: () = assert!(size_of::<Simulation>() == 72 + 16 + 13 * 8 + 6 * 4);

impl Simulation {
    /// `environments` environments with these parameters, and no memory yet.
    #[must_use]
    pub fn new(params: &EnvironmentParams, environments: u32) -> Self {
        Self {
            physics: params.physics,
            bounds: params.bounds,
            environments,
            autoreset: params.autoreset as u32,
            max_episode_steps: params.terms.max_episode_steps,
            sutton_barto_reward: params.terms.sutton_barto_reward.into(),
            ..Self::zeroed()
        }
    }

    /// The environments' parameters.
    #[inline(always)]
    #[must_use]
    pub fn params(&self) -> EnvironmentParams {
        EnvironmentParams {
            physics: self.physics,
            terms: Terms {
                sutton_barto_reward: self.sutton_barto_reward == 1,
                max_episode_steps: self.max_episode_steps,
            },
            autoreset: match self.autoreset {
                0 => Autoreset::NextStep,
                1 => Autoreset::SameStep,
                _ => Autoreset::Disabled,
            },
            bounds: self.bounds,
        }
    }
}

/// Carries out a reset's order; returns the environment if it begins anew.
#[inline(always)]
pub fn reset(
    asked: u8,
    seed: u64,
    generator: &mut Pcg64,
    [low, high]: [f64; 2],
) -> Option<Environment> {
    if asked == order::NONE {
        return None;
    }
    if asked == order::SEED {
        *generator = Pcg64::new(seed);
    }
    Some(Environment::new(generator.uniform4(low, high)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_cross_the_bus_unchanged() {
        for (autoreset, limit) in
            [(Autoreset::NextStep, 0), (Autoreset::SameStep, 7), (Autoreset::Disabled, u32::MAX)]
        {
            let params = EnvironmentParams {
                physics: Physics { masspole: 0.3, ..Physics::default() },
                terms: Terms { sutton_barto_reward: limit == 7, max_episode_steps: limit },
                autoreset,
                bounds: [-0.1, 0.2],
            };
            assert_eq!(Simulation::new(&params, 5).params(), params);
        }
    }

    #[test]
    fn random_actions_depend_on_the_step_alone_and_are_fair() {
        let stream = RandomActions::stream(4);
        let mut ones = 0;
        for environment in 0..50 {
            let mut actions = RandomActions::new(&stream, environment, 0);
            let all: Vec<u32> = (0..1000).map(|_| actions.draw()).collect();
            ones += all.iter().sum::<u32>();
            for first in [1, 31, 32, 33, 127, 128, 500] {
                let mut later = RandomActions::new(&stream, environment, first as u64);
                assert!(all[first..].iter().all(|action| *action == later.draw()));
            }
        }
        // Five standard deviations of 50,000 tosses.
        assert!((f64::from(ones) - 25_000.0).abs() < 5.0 * 12_500f64.sqrt(), "{ones}");
    }

    #[test]
    fn the_drawn_actions_never_change() {
        let stream = RandomActions::stream(42);
        let mut actions = RandomActions::new(&stream, 3, 120);
        let drawn: String = (0..16).map(|_| if actions.draw() == 1 { '1' } else { '0' }).collect();
        assert_eq!(drawn, "0110011111000000");
    }
}
