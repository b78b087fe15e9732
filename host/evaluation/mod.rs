//! Many episodes, and what they say about a pilot.

mod gpu;
mod prepared;
mod result;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::settings::PilotConfig;

pub use prepared::PreparedEvaluation;
pub use result::{DeviceShare, EvaluationResult, Failure, WarningSummary};

use crate::env::Push;
use crate::episode::{Episode, EpisodeResult};
use crate::error::PilotError;

/// Episodes of consecutive seeds, all threads at work on different ones, or a GPU.
///
/// # Examples
/// ```
/// use particle_pilot::{Evaluation, PilotConfig};
/// let config = PilotConfig::builder().particles(256).build()?;
/// let result = Evaluation::new(config).episodes(4).steps(50).run()?;
/// assert_eq!((result.episodes, result.survived), (4, 4));
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub(crate) config: PilotConfig,
    pub(crate) episodes: u32,
    /// The first one.
    pub(crate) episode: Episode,
}

impl Evaluation {
    /// 100 episodes of 500 steps, from the configuration's seed on.
    #[must_use]
    pub fn new(config: PilotConfig) -> Self {
        let episode = Episode::new().seed(config.seed);
        Self { config, episodes: 100, episode }
    }

    /// Sets how many episodes, at least 1.
    #[must_use]
    pub fn episodes(mut self, episodes: u32) -> Self {
        self.episodes = episodes;
        self
    }

    /// Sets the first seed; episode `i` has seed `first + i`.
    #[must_use]
    pub fn first_seed(mut self, seed: u64) -> Self {
        self.episode = self.episode.seed(seed);
        self
    }

    /// Sets after how many steps an episode is won.
    #[must_use]
    pub fn steps(mut self, steps: u32) -> Self {
        self.episode = self.episode.steps(steps);
        self
    }

    /// Sets the pushes that disturb the cart, unknown to the pilot.
    #[must_use]
    pub fn push(mut self, push: Option<Push>) -> Self {
        self.episode = self.episode.push(push);
        self
    }

    /// Finds and opens the device, and refuses what cannot be run, without running anything yet: for those who
    /// want to know the device first.
    ///
    /// # Errors
    /// [`PilotError`] if a setting is out of range or the device cannot be used.
    pub fn prepare(&self) -> Result<PreparedEvaluation, PilotError> {
        PreparedEvaluation::new(self)
    }

    /// Runs all episodes.
    ///
    /// # Errors
    /// As [`Evaluation::prepare`], and [`PilotError::Backend`] if a GPU fails that was asked for by name; where the
    /// device was left open, the CPU goes on, with the same bits, and [`EvaluationResult::fallback_reason`] says why.
    pub fn run(&self) -> Result<EvaluationResult, PilotError> {
        self.run_with(&Arc::default(), |_| ())
    }

    /// Runs all episodes, shows each result to `observe` as it comes, in any order, and begins no more
    /// (and ends those that run) once `stop` is set: the result is then of the finished ones.
    ///
    /// # Errors
    /// As [`Evaluation::run`].
    pub fn run_with(
        &self,
        stop: &Arc<AtomicBool>,
        observe: impl Fn(&EpisodeResult) + Sync,
    ) -> Result<EvaluationResult, PilotError> {
        self.prepare()?.run_with(stop, observe)
    }
}
