//! Many environments side by side: Gymnasium's vectorised `CartPole-v1`.
//!
//! `N` is the number of environments. All arrays have an entry for each, in order.

mod cache;
mod cpu;
mod error;
mod options;
mod output;
pub(crate) mod reset;
mod simulation;
mod slice;
mod state;
mod step;
#[cfg(test)]
mod tests;
mod wide;

pub use error::VectorError;
pub use options::VectorOptions;
pub use output::VectorOutput;
pub use particle_pilot_kernels::simulate::Autoreset;
pub use reset::{Reset, Seeds};
pub use state::{VectorArrays, VectorState};
pub use step::{VectorCounts, VectorStep};

use cpu::CpuVector;
use particle_pilot_kernels::simulate::EnvironmentParams;

use crate::backend::BackendError;
use crate::choice::DeviceChoice;
use crate::env::{CartPole, EnvError};
use crate::gpu;
use crate::settings::{Device, Threads};
pub(crate) use simulation::Simulation;

/// The largest `N`.
const MAX: usize = 1 << 30;

/// `N` environments that are stepped together: `gymnasium.make_vec("CartPole-v1", N, vectorization_mode="sync")`.
///
/// Environment `i` goes through the same states, to the last bit, as a [`CartPole`] of its own with the same
/// seed, forces and resets would, on every device and with any number of threads. (The bits of a NaN aside, which
/// only forces without measure lead to.)
///
/// # Examples
/// ```
/// use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
///
/// let mut envs = CartPoleVector::new(3, VectorOptions::default())?;
/// let observations = envs.reset(42)?;
/// // >>> [str(value) for value in envs.reset(seed=42)[0][0]]
/// // ['0.027395604', '-0.006112156', '0.035859793', '0.019736802']
/// assert_eq!(observations[0], [0.027395604, -0.006112156, 0.035859793, 0.019736802]);
/// for _ in 0..100 {
///     let lean = envs.observations()?.iter().map(|[_, _, theta, theta_dot]| theta + theta_dot / 4.0);
///     let actions: Vec<u32> = lean.map(|lean| u32::from(lean > 0.0)).collect();
///     let step = envs.step(&actions)?;
///     assert_eq!(step.terminated, [false; 3]);
/// }
/// # Ok::<(), VectorError>(())
/// ```
pub struct CartPoleVector {
    options: VectorOptions,
    count: usize,
    simulation: Box<dyn Simulation>,
    choice: DeviceChoice,
    is_reset: bool,
    action_seed: u64,
    /// Random steps since the seed was set.
    action_step: u64,
}

/// `count` environments on the device that was chosen; on the CPU where it `is_open` and fails.
fn simulation(
    count: usize,
    params: EnvironmentParams,
    choice: &DeviceChoice,
    is_open: bool,
    threads: Threads,
) -> Result<Box<dyn Simulation>, VectorError> {
    let cpu = |fallback_reason| -> Result<Box<dyn Simulation>, VectorError> {
        Ok(Box::new(CpuVector::new(count, params, threads, fallback_reason)?))
    };
    let Device::Cuda(index) = choice.device else { return cpu(choice.fallback_reason().cloned()) };
    match gpu::simulation(index, count, &params) {
        Err(error) if is_open => cpu(Some(error)),
        result => Ok(result?),
    }
}

/// Where steps get their forces.
#[derive(Clone, Copy)]
pub(crate) enum Drive<'a> {
    /// `[N]` actions.
    Actions(&'a [u32]),
    /// `[N]` actions, each 0 or 1, as NumPy has them.
    Integers(&'a [i64]),
    /// `[N]` forces in N.
    Forces(&'a [f64]),
    /// Chance.
    Random {
        /// Of the random numbers.
        seed: u64,
        /// The number of the first step.
        first: u64,
    },
}

impl CartPoleVector {
    /// `count` environments that have yet to be [reset](Self::reset).
    ///
    /// # Errors
    /// [`VectorError::Count`] unless `count` is 1 to 2^30, [`VectorError::Memory`], [`VectorError::Env`] for
    /// physics or a step limit out of range, and [`VectorError::Backend`] if a device was asked for by name that
    /// cannot be used. Where it was left open the CPU is used, and [`fallback_reason`](Self::fallback_reason) says why.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::Device;
    /// use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
    ///
    /// let options = VectorOptions { device: Device::Cpu, threads: 2, ..VectorOptions::default() };
    /// assert_eq!(CartPoleVector::new(1000, options)?.len(), 1000);
    /// assert_eq!(CartPoleVector::new(0, options).err(), Some(VectorError::Count { given: 0 }));
    /// # Ok::<(), VectorError>(())
    /// ```
    pub fn new(count: usize, options: VectorOptions) -> Result<Self, VectorError> {
        let VectorOptions { physics, episode, autoreset, device, threads } = options;
        if !(1..=MAX).contains(&count) {
            return Err(VectorError::Count { given: count });
        }
        CartPole::new(physics, episode)?;
        let bounds = CartPole::RESET_BOUNDS;
        let params = EnvironmentParams { physics, terms: episode.terms(), autoreset, bounds };
        let (threads, is_open) = (Threads::asked(threads), device == Device::Auto);
        let choice = match is_open {
            true => DeviceChoice::of_environments(count, threads.most()),
            false => DeviceChoice::asked(device),
        };
        let simulation = simulation(count, params, &choice, is_open, threads)?;
        let (is_reset, action_seed, action_step) = (false, 0, 0);
        Ok(Self { options, count, simulation, choice, is_reset, action_seed, action_step })
    }

    /// Begins a new episode in every environment and returns its first observations `[N][4]`.
    ///
    /// * `seeds`: a number that environment `i` is seeded with plus `i`, or `None` to draw on from the random
    ///   numbers at hand, or one of either for each; see [`Seeds`].
    ///
    /// # Errors
    /// [`VectorError::Length`] and [`VectorError::Backend`].
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// # use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
    /// let mut envs = CartPoleVector::new(2, VectorOptions::default())?;
    /// envs.reset(&[Some(7), Some(3)])?;
    /// let mut env = CartPole::default();
    /// env.reset(Some(3));
    /// assert_eq!(Some(envs.reset(None)?[1]), {
    ///     env.reset(None);
    ///     env.observation()
    /// });
    /// # Ok::<(), VectorError>(())
    /// ```
    pub fn reset<'a>(&mut self, seeds: impl Into<Seeds<'a>>) -> Result<&[[f32; 4]], VectorError> {
        self.reset_with(&Reset { seeds: seeds.into(), ..Reset::default() })
    }

    /// As [`reset`](Self::reset), for some environments or with other bounds; returns the observations of all.
    ///
    /// # Errors
    /// [`VectorError::Length`], [`VectorError::NotReset`] when the first reset leaves environments out,
    /// [`VectorError::Env`] for bounds as [`CartPole::reset_with_bounds`] has it, and [`VectorError::Backend`].
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{CartPoleVector, Reset, Seeds, VectorError, VectorOptions};
    /// let mut envs = CartPoleVector::new(2, VectorOptions::default())?;
    /// let wide = Reset { seeds: Seeds::From(123), bounds: Some([-0.1, 0.1]), ..Reset::default() };
    /// // >>> [str(v) for v in envs.reset(seed=123, options={"low": -0.1, "high": 0.1})[0][0]]
    /// // ['0.036470372', '-0.0892358', '-0.055928025', '-0.06312564']
    /// assert_eq!(envs.reset_with(&wide)?[0], [0.036470372, -0.0892358, -0.055928025, -0.06312564]);
    /// # Ok::<(), VectorError>(())
    /// ```
    pub fn reset_with(&mut self, reset: &Reset<'_>) -> Result<&[[f32; 4]], VectorError> {
        if let Some([low, high]) = reset.bounds {
            EnvError::check_bounds(low, high)?;
        }
        let orders = reset.orders(self.count, !self.is_reset, CartPole::RESET_BOUNDS)?;
        self.simulation.reset(&orders)?;
        self.is_reset = true;
        self.observations()
    }

    /// Pushes every cart with `physics.force_mag` for one step.
    ///
    /// * `actions`: `[N]`, 0 to the left, 1 to the right.
    ///
    /// With [`Autoreset::NextStep`], an environment whose episode has ended is reset instead, whatever its action.
    ///
    /// # Errors
    /// [`VectorError::Length`], [`VectorError::InvalidAction`], [`VectorError::NotReset`],
    /// [`VectorError::Ended`] with [`Autoreset::Disabled`], and [`VectorError::Backend`].
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{Autoreset, CartPoleVector, VectorError, VectorOptions};
    /// let options = VectorOptions { autoreset: Autoreset::SameStep, ..VectorOptions::default() };
    /// let mut envs = CartPoleVector::new(1, options)?;
    /// envs.reset(123)?;
    /// for _ in 0..8 {
    ///     assert!(!envs.step(&[1])?.ended(0));
    /// }
    /// let last = envs.step(&[1])?;
    /// assert_eq!((last.rewards[0], last.terminated[0], last.truncated[0]), (1.0, true, false));
    /// assert!(last.final_observations[0][2] < -0.2); // where the pole fell
    /// assert!(last.observations[0][2].abs() <= 0.05); // where the next episode begins
    /// # Ok::<(), VectorError>(())
    /// ```
    pub fn step(&mut self, actions: &[u32]) -> Result<VectorStep<'_>, VectorError> {
        self.check_length("actions", actions.len())?;
        // All together first, several to an instruction; which one it is only matters when there is one.
        if actions.iter().fold(0, |bits, action| bits | action) > 1 {
            let index = actions.iter().position(|action| *action > 1).unwrap_or_default();
            return Err(VectorError::InvalidAction { index, action: actions[index].into() });
        }
        self.step_once(Drive::Actions(actions))
    }

    /// As [`step`](Self::step), with what it led to copied where it is wanted, by the threads that have just worked
    /// it out, which is faster than to do so afterwards. Returns whether any episode has ended.
    ///
    /// * `actions`: `[N]`, 0 to the left, 1 to the right, in the type of NumPy's integers.
    /// * `output`: where to; [`last`](Self::last) has everything all the same.
    ///
    /// # Errors
    /// As [`step`](Self::step), and [`VectorError::Length`] for memory of another length. Nothing is copied then.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions, VectorOutput};
    /// let mut envs = CartPoleVector::new(2, VectorOptions::default())?;
    /// envs.reset(0)?;
    /// let mut observations = [[0.0; 4]; 2];
    /// let output =
    ///     VectorOutput { observations: Some(&mut observations), ..VectorOutput::default() };
    /// assert!(!envs.step_into(&[0, 1], output)?);
    /// assert_eq!(observations, envs.observations()?);
    /// # Ok::<(), VectorError>(())
    /// ```
    pub fn step_into(
        &mut self,
        actions: &[i64],
        output: VectorOutput<'_>,
    ) -> Result<bool, VectorError> {
        self.check_length("actions", actions.len())?;
        output.check(self.count, self.options.autoreset == Autoreset::SameStep)?;
        if !self.simulation.are_bits(actions) {
            let index = actions.iter().position(|action| action >> 1 != 0).unwrap_or_default();
            return Err(VectorError::InvalidAction { index, action: actions[index] });
        }
        self.check_movable()?;
        self.simulation.step_into(Drive::Integers(actions), output)
    }

    /// As [`step`](Self::step), with any forces instead of actions.
    ///
    /// * `forces`: `[N]` in N, positive to the right; not limited to `physics.force_mag`.
    ///
    /// # Errors
    /// As [`step`](Self::step), with [`VectorError::Force`] for one that is not finite.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
    /// let mut envs = CartPoleVector::new(2, VectorOptions::default())?;
    /// envs.reset(0)?;
    /// let step = envs.step_forces(&[-100.0, 100.0])?;
    /// assert!(step.observations[0][1] < -1.0 && step.observations[1][1] > 1.0);
    /// # Ok::<(), VectorError>(())
    /// ```
    pub fn step_forces(&mut self, forces: &[f64]) -> Result<VectorStep<'_>, VectorError> {
        self.check_length("forces", forces.len())?;
        if let Some(index) = forces.iter().position(|newton| !newton.is_finite()) {
            return Err(VectorError::Force { index, newton: forces[index] });
        }
        self.step_once(Drive::Forces(forces))
    }

    /// Takes many steps with random actions in one call, and on a GPU in one launch.
    ///
    /// * `steps`: how many, of each environment.
    ///
    /// Actions go left or right alike; those of environment `i` depend on the [seed](Self::seed_actions), `i` and
    /// how many such steps there were since it was set. Episodes end and begin as with [`step`](Self::step); with
    /// [`Autoreset::Disabled`] an environment whose episode has ended stays where it is.
    ///
    /// Afterwards [`last`](Self::last) has the sums of the rewards of these steps, and otherwise what the last of
    /// them led to. No steps change nothing.
    ///
    /// # Errors
    /// [`VectorError::NotReset`] and [`VectorError::Backend`].
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
    /// let mut envs = CartPoleVector::new(100, VectorOptions::default())?;
    /// envs.reset(0)?;
    /// let counts = envs.step_random(1000)?;
    /// let mean = counts.steps as f64 / counts.episodes as f64;
    /// assert!((20.0..25.0).contains(&mean)); // an episode by chance lasts about 22 steps
    /// assert_eq!(counts.reward, counts.steps as f64);
    /// # Ok::<(), VectorError>(())
    /// ```
    pub fn step_random(&mut self, steps: u32) -> Result<VectorCounts, VectorError> {
        self.check_reset()?;
        if steps == 0 {
            return Ok(VectorCounts::default());
        }
        let drive = Drive::Random { seed: self.action_seed, first: self.action_step };
        self.simulation.step(drive, steps)?;
        self.action_step = self.action_step.wrapping_add(steps.into());
        let mut counts = self.simulation.counts()?;
        counts.reward = self.last()?.rewards.iter().sum();
        Ok(counts)
    }

    /// Sets the seed of random actions, 0 at first, and counts their steps from 0 again.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
    /// let mut envs = CartPoleVector::new(10, VectorOptions::default())?;
    /// let mut run = |seed| {
    ///     envs.reset(0)?;
    ///     envs.seed_actions(seed);
    ///     envs.step_random(100)?;
    ///     envs.states()
    /// };
    /// assert_eq!(run(1)?, run(1)?);
    /// assert_ne!(run(1)?, run(2)?);
    /// # Ok::<(), VectorError>(())
    /// ```
    pub fn seed_actions(&mut self, seed: u64) {
        (self.action_seed, self.action_step) = (seed, 0);
    }

    /// What the last step led to, and resets since.
    ///
    /// # Errors
    /// [`VectorError::Backend`] if a GPU fails.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
    /// let mut envs = CartPoleVector::new(2, VectorOptions::default())?;
    /// envs.reset(0)?;
    /// envs.step_random(5)?;
    /// assert_eq!(envs.last()?.rewards, [5.0; 2]);
    /// # Ok::<(), VectorError>(())
    /// ```
    pub fn last(&self) -> Result<VectorStep<'_>, VectorError> {
        self.simulation.last()
    }

    /// `[N][4]` observations as of now: the states, rounded to `f32`; all 0 before the first reset.
    ///
    /// # Errors
    /// [`VectorError::Backend`] if a GPU fails.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
    /// let mut envs = CartPoleVector::new(2, VectorOptions::default())?;
    /// let first = envs.reset(0)?.to_vec();
    /// assert_eq!(envs.observations()?, first);
    /// # Ok::<(), VectorError>(())
    /// ```
    pub fn observations(&self) -> Result<&[[f32; 4]], VectorError> {
        Ok(self.last()?.observations)
    }

    /// `[N][4]` states `[x m, x_dot m/s, theta rad, theta_dot rad/s]` as of now; all 0 before the first reset.
    ///
    /// # Errors
    /// [`VectorError::Backend`] if a GPU fails.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
    /// let mut envs = CartPoleVector::new(2, VectorOptions::default())?;
    /// envs.reset(42)?;
    /// assert_eq!(envs.states()?[0][0], 0.027395604855596334);
    /// # Ok::<(), VectorError>(())
    /// ```
    pub fn states(&self) -> Result<Vec<[f64; 4]>, VectorError> {
        self.simulation.states()
    }

    /// `N`.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{CartPoleVector, VectorOptions};
    /// assert_eq!(CartPoleVector::new(5, VectorOptions::default())?.len(), 5);
    /// # Ok::<(), particle_pilot::vector::VectorError>(())
    /// ```
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.count
    }

    /// What the environments have in common.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{CartPoleVector, VectorOptions};
    /// let envs = CartPoleVector::new(5, VectorOptions::default())?;
    /// assert_eq!(*envs.options(), VectorOptions::default());
    /// # Ok::<(), particle_pilot::vector::VectorError>(())
    /// ```
    #[must_use]
    pub fn options(&self) -> &VectorOptions {
        &self.options
    }

    /// Where the environments are: never [`Device::Auto`].
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::{Device, vector::{CartPoleVector, VectorOptions}};
    /// let options = VectorOptions { device: Device::Cpu, ..VectorOptions::default() };
    /// let envs = CartPoleVector::new(2, options)?;
    /// assert_eq!((envs.device(), envs.fallback_reason()), (Device::Cpu, None));
    /// # Ok::<(), particle_pilot::vector::VectorError>(())
    /// ```
    #[must_use]
    pub fn device(&self) -> Device {
        self.simulation.device()
    }

    /// Which device was chosen, and why: where it was left open, the one that was predicted to be faster by the time of a step
    /// whose results come to the host.
    #[must_use]
    pub fn device_choice(&self) -> &DeviceChoice {
        &self.choice
    }

    /// Why the environments are on the CPU although the device was left open and a GPU might have been faster; see
    /// [`device`](Self::device).
    #[must_use]
    pub fn fallback_reason(&self) -> Option<&BackendError> {
        self.simulation.fallback_reason()
    }

    fn step_once(&mut self, drive: Drive<'_>) -> Result<VectorStep<'_>, VectorError> {
        self.check_movable()?;
        self.simulation.step(drive, 1)?;
        self.simulation.last()
    }

    /// Whether all can take a step.
    fn check_movable(&self) -> Result<(), VectorError> {
        self.check_reset()?;
        if self.options.autoreset == Autoreset::Disabled
            && let Some(index) = self.simulation.first_ended()?
        {
            return Err(VectorError::Ended(index));
        }
        Ok(())
    }

    fn check_reset(&self) -> Result<(), VectorError> {
        if self.is_reset { Ok(()) } else { Err(VectorError::NotReset) }
    }

    fn check_length(&self, what: &'static str, given: usize) -> Result<(), VectorError> {
        match given == self.count {
            true => Ok(()),
            false => Err(VectorError::Length { what, given, required: self.count }),
        }
    }
}
