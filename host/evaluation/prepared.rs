//! An evaluation whose device is open.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::gpu::OpenGpu;
use super::{DeviceShare, Evaluation, EvaluationResult, Results};
use crate::backend::BackendError;
use crate::choice::{Cpu, DeviceChoice, Episodes};
use crate::env::Environment;
use crate::episode::{EpisodeResult, StepRecord};
use crate::error::PilotError;
use crate::memory;
use crate::pilot::Pilot;
use crate::settings::{Device, PilotConfig, SettingError, Threads};
use crate::simd::Simd;
use crate::threads::Workers;

/// Who plays episodes, and what in.
type Player = (Pilot, Box<dyn Environment>);

/// An [`Evaluation`] that was found possible, with its device open, ready to run.
///
/// # Examples
/// ```
/// use particle_pilot::{CartPoleProblem, Device, Evaluation, PilotConfig};
/// let config = PilotConfig::builder().particles(256).device(Device::Cpu).build()?;
/// let evaluation = Evaluation::new(config, CartPoleProblem::default()).episodes(2).steps(20).prepare()?;
/// assert_eq!((evaluation.device(), evaluation.fallback_reason()), (Device::Cpu, None));
/// let result = evaluation.run_with(&std::sync::Arc::default(), |_| ())?;
/// assert_eq!(result.devices[0].episodes, 2);
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
pub struct PreparedEvaluation {
    evaluation: Evaluation,
    simd: Simd,
    /// Those of the CPU, started as soon as it is known to be needed.
    workers: Option<Workers>,
    gpu: Option<OpenGpu>,
    choice: DeviceChoice,
    fallback_reason: Option<BackendError>,
    /// How long it took to prepare.
    spent: Duration,
}

impl PreparedEvaluation {
    pub(super) fn new(evaluation: &Evaluation) -> Result<Self, PilotError> {
        let began = Instant::now();
        let config = &evaluation.config;
        if evaluation.episodes == 0 {
            let (name, given) = ("episodes", "0".into());
            return Err(SettingError { name, given, required: "at least 1" }.into());
        }
        config.validate()?;
        let simd = Simd::select()?;
        evaluation.episode.require_steps()?;
        evaluation.subject.check(config, &evaluation.episode)?;
        let choice = choice(evaluation, simd)?;
        let (mut gpu, mut fallback_reason) = (None, choice.fallback_reason().cloned());
        if choice.device != Device::Cpu {
            let chosen = PilotConfig { device: choice.device, ..config.clone() };
            match evaluation.subject.open_gpu(&chosen, evaluation.episodes) {
                Ok(open) => gpu = Some(open),
                Err(PilotError::Backend(error)) if config.device == Device::Auto => {
                    fallback_reason = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        if gpu.is_none() {
            require_memory(evaluation)?;
        }
        // Results are gathered from the threads, and then without those that there are not.
        let results = u64::from(evaluation.episodes) * 2 * size_of::<EpisodeResult>() as u64;
        let what = || format!("the results of {} episodes need", evaluation.episodes);
        memory::require(results, what, "evaluate fewer at a time")?;
        let threads = Threads::asked(config.threads);
        let workers = gpu.is_none().then(|| Workers::start(threads)).transpose()?;
        let (evaluation, spent) = (evaluation.clone(), began.elapsed());
        Ok(Self { evaluation, simd, workers, gpu, choice, fallback_reason, spent })
    }

    /// The device that episodes begin on: never [`Device::Auto`].
    #[must_use]
    pub fn device(&self) -> Device {
        self.gpu.as_ref().map_or(Device::Cpu, OpenGpu::device)
    }

    /// That device and, if it is a GPU, what it is called.
    #[must_use]
    pub fn device_name(&self) -> String {
        match &self.gpu {
            Some(gpu) => gpu.name(),
            None => Device::Cpu.to_string(),
        }
    }

    /// Which device was chosen, and why: where it was left open, the one that was predicted to be the first to finish all episodes.
    #[must_use]
    pub fn device_choice(&self) -> &DeviceChoice {
        &self.choice
    }

    /// Why that is not a GPU, where the device was left open and a GPU was, or might have been, faster.
    #[must_use]
    pub fn fallback_reason(&self) -> Option<&BackendError> {
        self.fallback_reason.as_ref()
    }

    /// The vector instructions that a CPU uses.
    #[must_use]
    pub fn simd(&self) -> Simd {
        self.simd
    }

    /// The threads that a CPU uses.
    #[must_use]
    pub fn threads(&self) -> usize {
        let asked = || self.evaluation.config.resolved_threads();
        self.workers.as_ref().map_or_else(asked, Workers::count)
    }

    /// Runs all episodes; see [`Evaluation::run_with`].
    ///
    /// # Errors
    /// [`PilotError::Backend`] if a GPU fails that was asked for by name, or threads cannot be started.
    pub fn run_with(
        mut self,
        stop: &Arc<AtomicBool>,
        observe: impl Fn(&EpisodeResult) + Sync,
    ) -> Result<EvaluationResult, PilotError> {
        let began = Instant::now();
        let mut results = Results::none_of(self.evaluation.episodes);
        let mut devices = Vec::new();
        if let Some(mut gpu) = self.gpu.take() {
            let device = gpu.device();
            let ran = gpu.run(&self.evaluation, stop, &observe, &mut results);
            note_share(&mut devices, device, results.count());
            match ran {
                Ok(()) => {}
                Err(PilotError::Backend(error))
                    if self.evaluation.config.device == Device::Auto =>
                {
                    self.fallback_reason = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        let done = results.count();
        if done < self.evaluation.episodes && !stop.load(Ordering::Relaxed) {
            self.run_on_cpu(stop, &observe, &mut results)?;
            note_share(&mut devices, Device::Cpu, results.count() - done);
        }
        let results = results.all();
        let fallback_reason = self.fallback_reason.map(|error| error.to_string());
        let wall = self.spent + began.elapsed();
        Ok(EvaluationResult { devices, fallback_reason, ..EvaluationResult::of(&results, wall) })
    }

    /// Runs all episodes that have no result, on all threads.
    fn run_on_cpu(
        &mut self,
        stop: &Arc<AtomicBool>,
        observe: &(impl Fn(&EpisodeResult) + Sync),
        results: &mut Results,
    ) -> Result<(), PilotError> {
        let Evaluation { config, episode, subject, .. } = &self.evaluation;
        let workers = match self.workers.take() {
            Some(workers) => workers,
            None => {
                require_memory(&self.evaluation)?;
                Workers::start(Threads::asked(config.threads))?
            }
        };
        let single = PilotConfig { threads: 1, device: Device::Cpu, ..config.clone() };
        let player = || -> Result<Player, PilotError> {
            let mut pilot = subject.pilot(single.clone())?;
            pilot.set_interrupt(Arc::clone(stop));
            Ok((pilot, subject.environment(episode)?))
        };
        let failed = AtomicBool::new(false);
        let fail = |error| {
            failed.store(true, Ordering::Relaxed);
            Some(Err(error))
        };
        let run = |player: &mut Result<Player, PilotError>, index: u32| {
            if stop.load(Ordering::Relaxed) || failed.load(Ordering::Relaxed) {
                return None;
            }
            let (pilot, env) = match player {
                Ok(player) => player,
                Err(error) => return fail(error.clone()),
            };
            let go_on = |_: &StepRecord<'_>| match stop.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            };
            let result = episode.later(index).run_pilot(pilot, &mut **env, go_on);
            match result {
                Ok(result) if result.interrupted => None,
                Ok(result) => {
                    observe(&result);
                    Some(Ok(result))
                }
                Err(error) => fail(error),
            }
        };
        // Into places that are there already: gathered in pieces, results would take three times the memory.
        let missing = results.missing();
        let all = workers.map(missing.clone(), player, run);
        for (index, result) in missing.into_iter().zip(all) {
            if let Some(result) = result {
                results.put(index, result?);
            }
        }
        Ok(())
    }
}

/// The device for all episodes: the opening of a GPU counts.
fn choice(evaluation: &Evaluation, simd: Simd) -> Result<DeviceChoice, PilotError> {
    let Evaluation { config, subject, episodes, episode, .. } = evaluation;
    if config.device != Device::Auto {
        return Ok(DeviceChoice::asked(config.device));
    }
    if let Some(choice) = &evaluation.choice {
        return Ok(choice.clone());
    }
    let (episodes, steps) = (*episodes, episode.step_limit());
    let many = Episodes { episodes, steps, waits: !subject.runs_whole() };
    let cpu = Cpu { simd, threads: config.resolved_threads() };
    match subject.work(config) {
        Ok(work) => Ok(DeviceChoice::of_episodes(&work, many, cpu)),
        Err(PilotError::Backend(error)) => Ok(DeviceChoice::of_no_gpu(error)),
        Err(error) => Err(error),
    }
}

/// Refuses an evaluation whose pilots, one on each thread, this machine has no memory for.
fn require_memory(evaluation: &Evaluation) -> Result<(), PilotError> {
    let pilots = evaluation.config.resolved_threads().min(evaluation.episodes as usize);
    evaluation.subject.require_memory(&evaluation.config, pilots)
}

/// Notes how many episodes a device has finished, if any.
fn note_share(devices: &mut Vec<DeviceShare>, device: Device, episodes: u32) {
    if episodes > 0 {
        devices.push(DeviceShare { device, episodes });
    }
}
