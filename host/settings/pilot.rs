//! What a pilot is asked to be.

use serde::{Deserialize, Serialize};

use super::{ActionKind, Device, PlannerKind, SettingError, Threads, Tuning};

/// How a pilot plans, whatever the problem, and how fast.
///
/// Build one with [`PilotConfig::builder`], or change fields of the default; [`Pilot::new`] checks.
///
/// [`Pilot::new`]: crate::Pilot::new
///
/// # Examples
/// ```
/// use particle_pilot::{PilotConfig, PlannerKind};
/// let config = PilotConfig::builder().planner(PlannerKind::Cem).particles(512).seed(7).build()?;
/// assert_eq!(config.horizon, 30);
/// # Ok::<(), particle_pilot::SettingError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PilotConfig {
    /// Which planner; default `cem`.
    pub planner: PlannerKind,
    /// Futures simulated in each iteration, 1 to 2^30 (2^24 for `smc` and `fmc`, which keep about
    /// 100 bytes of each); default 1024. More is steadier and slower.
    pub particles: u32,
    /// Steps of each future, 1 to 100,000; default 30, which is 0.6 s of cart-pole. More sees
    /// farther, but most random futures end before, and say nothing about the difference.
    pub horizon: u32,
    /// Determines every random number; default 0.
    pub seed: u64,
    /// Where particles run; default `auto`. Changes no bit of the results.
    pub device: Device,
    /// CPU threads, 0 for one on each core, or fewer where the system refuses so many; default 0. Changes no bit of
    /// the results.
    pub threads: usize,
    /// What actions are planned, where a problem has both kinds, as the cart-pole has; default `discrete`. A model of
    /// one's own says it itself.
    pub action: ActionKind,
    /// The planner's knobs; default [`Tuning::of`] the planner.
    pub tuning: Tuning,
}

impl Default for PilotConfig {
    fn default() -> Self {
        Self::of(PlannerKind::default())
    }
}

impl PilotConfig {
    /// The defaults of a planner.
    #[must_use]
    pub fn of(planner: PlannerKind) -> Self {
        Self {
            planner,
            particles: 1024,
            horizon: 30,
            seed: 0,
            device: Device::Auto,
            threads: 0,
            action: ActionKind::Discrete,
            tuning: Tuning::of(planner),
        }
    }

    /// A builder that starts from the defaults.
    #[must_use]
    pub fn builder() -> PilotConfigBuilder {
        PilotConfigBuilder { config: Self::default(), tuned: false }
    }

    /// How many threads `threads` means on this machine, if the system grants them.
    #[must_use]
    pub fn resolved_threads(&self) -> usize {
        Threads::asked(self.threads).most()
    }

    /// Checks every setting's range.
    ///
    /// # Errors
    /// [`SettingError`] about the first one out of range.
    pub fn validate(&self) -> Result<(), SettingError> {
        let setting = |name, given: String, required| Err(SettingError { name, given, required });
        if !(1..=1 << 30).contains(&self.particles) {
            return setting("particles", self.particles.to_string(), "1 to 1073741824");
        }
        let keeps_states = matches!(self.planner, PlannerKind::Smc | PlannerKind::Fmc);
        if keeps_states && self.particles > 1 << 24 {
            let required = "1 to 16777216 for smc and fmc, which keep every particle's state";
            return setting("particles", self.particles.to_string(), required);
        }
        if !(1..=100_000).contains(&self.horizon) {
            return setting("horizon", self.horizon.to_string(), "1 to 100000");
        }
        if self.threads > 1024 {
            return setting("threads", self.threads.to_string(), "0 (one on each core) to 1024");
        }
        self.tuning.validate()
    }
}

/// Builds a [`PilotConfig`].
#[derive(Clone, Debug)]
pub struct PilotConfigBuilder {
    config: PilotConfig,
    tuned: bool,
}

impl PilotConfigBuilder {
    /// Sets the planner, and its default tuning unless another was set.
    #[must_use]
    pub fn planner(mut self, planner: PlannerKind) -> Self {
        self.config.planner = planner;
        if !self.tuned {
            self.config.tuning = Tuning::of(planner);
        }
        self
    }

    /// Sets the number of futures.
    #[must_use]
    pub fn particles(mut self, particles: u32) -> Self {
        self.config.particles = particles;
        self
    }

    /// Sets the steps of each future.
    #[must_use]
    pub fn horizon(mut self, horizon: u32) -> Self {
        self.config.horizon = horizon;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = seed;
        self
    }

    /// Sets the device.
    #[must_use]
    pub fn device(mut self, device: Device) -> Self {
        self.config.device = device;
        self
    }

    /// Sets the number of CPU threads, 0 for one on each core.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.config.threads = threads;
        self
    }

    /// Sets the kind of action.
    #[must_use]
    pub fn action(mut self, action: ActionKind) -> Self {
        self.config.action = action;
        self
    }

    /// Sets the planner's knobs.
    #[must_use]
    pub fn tuning(mut self, tuning: Tuning) -> Self {
        self.config.tuning = tuning;
        self.tuned = true;
        self
    }

    /// The configuration, checked.
    ///
    /// # Errors
    /// As [`PilotConfig::validate`].
    pub fn build(self) -> Result<PilotConfig, SettingError> {
        self.config.validate()?;
        Ok(self.config)
    }
}
