//! Many episodes, and what they say about a pilot.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(not(all(feature = "cuda", target_os = "linux")))]
use crate::backend::BackendError;
use crate::backend::Device;
use crate::backend::cpu::workers;
use crate::config::PilotConfig;
#[cfg(all(feature = "cuda", target_os = "linux"))]
use crate::engine;
use crate::env::Push;
use crate::episode::{Digest, Episode, EpisodeResult};
use crate::error::PilotError;
use crate::pilot::Pilot;

/// Rounds of episodes in one launch.
#[cfg(all(feature = "cuda", target_os = "linux"))]
const ROUNDS: u32 = 16;

/// Episodes of consecutive seeds, all threads at work on different ones.
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
    config: PilotConfig,
    episodes: u32,
    /// The first one.
    episode: Episode,
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

    /// Runs all episodes.
    ///
    /// # Errors
    /// [`PilotError`] if a setting is out of range or the device cannot be used.
    pub fn run(&self) -> Result<EvaluationResult, PilotError> {
        self.run_with(&AtomicBool::new(false), |_| ())
    }

    /// Runs all episodes, shows each result to `observe` as it comes, in any order, and begins no more
    /// (and ends those that run) once `stop` is set: the result is then of the finished ones.
    ///
    /// # Errors
    /// As [`Evaluation::run`].
    pub fn run_with(
        &self,
        stop: &AtomicBool,
        observe: impl Fn(&EpisodeResult) + Sync,
    ) -> Result<EvaluationResult, PilotError> {
        if self.episodes == 0 {
            let (name, given) = ("episodes", "0".into());
            return Err(PilotError::Setting { name, given, required: "at least 1" });
        }
        let began = Instant::now();
        let mut results = self.run_on_gpu(stop, &observe)?;
        let done = results.len() as u32;
        if done < self.episodes && !stop.load(Ordering::Relaxed) {
            results.extend(self.run_on_cpu(done, stop, &observe)?);
        }
        Ok(EvaluationResult::of(&results, began.elapsed()))
    }

    /// Runs episodes on the GPU where there is one and it is not ruled out: all of them, or fewer if it fails.
    #[cfg(all(feature = "cuda", target_os = "linux"))]
    fn run_on_gpu(
        &self,
        stop: &AtomicBool,
        observe: &impl Fn(&EpisodeResult),
    ) -> Result<Vec<EpisodeResult>, PilotError> {
        let mut results = Vec::new();
        if self.config.device == Device::Cpu {
            return Ok(results);
        }
        let is_open = self.config.device == Device::Auto;
        let mut run = || {
            let mut gpu = engine::gpu_episodes(&self.config)?;
            // A few rounds of as many as run at the same time: it can be stopped in between, and few wait for
            // the longest episode of a round.
            let batch = ROUNDS * gpu.width();
            while !stop.load(Ordering::Relaxed) && (results.len() as u32) < self.episodes {
                let done = results.len() as u32;
                let count = batch.min(self.episodes - done);
                let finished =
                    self.episode.later(done).run_on_gpu(&mut gpu, &self.config, count)?;
                finished.iter().for_each(observe);
                results.extend(finished);
            }
            Ok(())
        };
        match run() {
            Err(PilotError::Backend(_)) if is_open => Ok(results),
            Err(error) => Err(error),
            Ok(()) => Ok(results),
        }
    }

    #[cfg(not(all(feature = "cuda", target_os = "linux")))]
    fn run_on_gpu(
        &self,
        _: &AtomicBool,
        _: &impl Fn(&EpisodeResult),
    ) -> Result<Vec<EpisodeResult>, PilotError> {
        match self.config.device {
            Device::Cuda(index) => Err(BackendError::NoGpuBackend(index).into()),
            Device::Auto | Device::Cpu => Ok(Vec::new()),
        }
    }

    /// Runs all episodes but the first `done`, on all threads.
    fn run_on_cpu(
        &self,
        done: u32,
        stop: &AtomicBool,
        observe: &(impl Fn(&EpisodeResult) + Sync),
    ) -> Result<Vec<EpisodeResult>, PilotError> {
        let single = PilotConfig { threads: 1, device: Device::Cpu, ..self.config.clone() };
        drop(Pilot::new(single.clone())?); // says what is wrong before threads start
        let pool = workers(self.config.resolved_threads())?;
        let run = |pilot: &mut Result<Pilot, PilotError>, index: u32| {
            let pilot = match pilot {
                Ok(pilot) => pilot,
                Err(error) => return Some(Err(error.clone())),
            };
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            let episode = self.episode.later(index);
            let result = episode.run_with(pilot, |_| match stop.load(Ordering::Relaxed) {
                true => std::ops::ControlFlow::Break(()),
                false => std::ops::ControlFlow::Continue(()),
            });
            match result {
                Ok(result) if result.interrupted => None,
                Ok(result) => {
                    observe(&result);
                    Some(Ok(result))
                }
                Err(error) => Some(Err(error)),
            }
        };
        pool.install(|| {
            (done..self.episodes)
                .into_par_iter()
                .map_init(|| Pilot::new(single.clone()), run)
                .flatten()
                .collect()
        })
    }
}

/// What the episodes of an evaluation say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationResult {
    /// How many episodes were finished.
    pub episodes: u32,
    /// In how many the pole stood to the last step.
    pub survived: u32,
    /// The share of those.
    pub success_rate: f64,
    /// The 95% confidence interval of that share, by Wilson's score.
    pub success_interval: [f64; 2],
    /// Mean length of an episode, in steps.
    pub mean_steps: f64,
    /// The shortest episode.
    pub min_steps: u32,
    /// From start to end.
    pub wall: Duration,
    /// Steps simulated by particles.
    pub particle_steps: u64,
    /// A hash of all episodes' digests, in order of seeds.
    pub digest: Digest,
    /// The episodes in which the pole fell, in order of seeds.
    pub failures: Vec<Failure>,
}

/// An episode in which the pole fell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The episode's seed.
    pub seed: u64,
    /// How many steps it lasted.
    pub steps: u32,
}

impl EvaluationResult {
    /// What these episodes say, which took `wall` in all.
    #[must_use]
    pub fn of(results: &[EpisodeResult], wall: Duration) -> Self {
        let episodes = results.len() as u32;
        let failed = |result: &&EpisodeResult| !result.survived;
        let failures: Vec<Failure> = results
            .iter()
            .filter(failed)
            .map(|result| Failure { seed: result.seed, steps: result.steps })
            .collect();
        let survived = episodes - failures.len() as u32;
        let count = f64::from(episodes.max(1));
        let mut digest = Digest::new();
        results.iter().for_each(|result| digest.digest(result.digest));
        Self {
            episodes,
            survived,
            success_rate: f64::from(survived) / count,
            success_interval: wilson_interval(survived, episodes),
            mean_steps: results.iter().map(|r| f64::from(r.steps)).sum::<f64>() / count,
            min_steps: results.iter().map(|r| r.steps).min().unwrap_or(0),
            wall,
            particle_steps: results.iter().map(|r| r.particle_steps).sum(),
            digest,
            failures,
        }
    }
}

/// The 95% confidence interval of a share of which `successes` in `trials` were seen.
///
/// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
/// the American Statistical Association 22 (1927).
fn wilson_interval(successes: u32, trials: u32) -> [f64; 2] {
    if trials == 0 {
        return [0.0, 1.0];
    }
    let z = 1.959_963_984_540_054;
    let (n, p) = (f64::from(trials), f64::from(successes) / f64::from(trials));
    let centre = p + z * z / (2.0 * n);
    let reach = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    [((centre - reach) / scale).max(0.0), ((centre + reach) / scale).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_interval_agrees_with_the_published_example() {
        // R. G. Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
        let [low, high] = wilson_interval(81, 263);
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
        assert_eq!(wilson_interval(0, 0), [0.0, 1.0]);
        assert!((wilson_interval(10, 10)[1] - 1.0).abs() < 1e-12);
    }
}
