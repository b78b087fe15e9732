//! Episodes on a GPU.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use particle_pilot_kernels::task::EpisodeSummary;

use super::Evaluation;
use crate::backend::BackendError;
use crate::env::{Ending, Environment};
use crate::episode::{DecisionTimes, Digest, EpisodeResult, WarningNotes};
use crate::error::PilotError;
use crate::gpu::GpuEpisodes;
use crate::pilot::Pilot;
use crate::settings::{Device, DeviceInfo};

/// An open GPU, and what it does.
pub enum OpenGpu {
    /// Whole episodes, many at a time.
    Whole(Box<GpuEpisodes>, DeviceInfo),
    /// Decisions, for one episode after the other.
    Deciding {
        /// Who decides.
        pilot: Box<Pilot>,
        /// What episodes run in.
        env: Box<dyn Environment>,
    },
}

impl OpenGpu {
    /// The device, as users name it.
    pub fn device(&self) -> Device {
        match self {
            Self::Whole(_, info) => Device::Cuda(info.index),
            Self::Deciding { pilot, .. } => pilot.device(),
        }
    }

    /// The device, and what it is called.
    pub fn name(&self) -> String {
        match self {
            Self::Whole(_, info) => format!("{} ({})", self.device(), info.name),
            Self::Deciding { pilot, .. } => pilot.device_name(),
        }
    }

    /// Adds to `results` until they are all or `stop` is set; when the GPU fails, those before are there.
    pub fn run(
        &mut self,
        evaluation: &Evaluation,
        stop: &Arc<AtomicBool>,
        observe: &impl Fn(&EpisodeResult),
        results: &mut Vec<EpisodeResult>,
    ) -> Result<(), PilotError> {
        while !stop.load(Ordering::Relaxed) && (results.len() as u32) < evaluation.episodes {
            let done = results.len() as u32;
            let left = evaluation.episodes - done;
            let finished = match self {
                Self::Whole(gpu, _) => run_whole(gpu, evaluation, done, left, stop)?,
                Self::Deciding { pilot, env } => {
                    pilot.set_interrupt(Arc::clone(stop));
                    let episode = evaluation.episode.later(done);
                    let go_on = ControlFlow::Continue(());
                    let result = episode.run_pilot(pilot, &mut **env, |_| go_on)?;
                    if result.interrupted {
                        return Ok(());
                    }
                    vec![result]
                }
            };
            finished.iter().for_each(observe);
            results.extend(finished);
        }
        Ok(())
    }
}

/// Runs some of the `left` episodes that come after the first `done`: as many as run at the same time, or those of them that are
/// over once `stop` is set.
fn run_whole(
    gpu: &mut GpuEpisodes,
    evaluation: &Evaluation,
    done: u32,
    left: u32,
    stop: &AtomicBool,
) -> Result<Vec<EpisodeResult>, PilotError> {
    let began = Instant::now();
    let episode = evaluation.episode.later(done);
    let mut env = evaluation.subject.environment(&episode)?;
    let seed = |index: u32| episode.first_seed().wrapping_add(index.into());
    let mut states = Vec::new();
    for index in 0..left.min(gpu.width()) {
        env.begin(seed(index));
        states.extend_from_slice(env.state());
    }
    let summaries = gpu.run(seed(0), &states, episode.step_limit(), episode.disturbance(), stop);
    let summaries = summaries.map_err(BackendError::from)?;
    let wall = began.elapsed() / (summaries.len() as u32).max(1);
    let particle_steps = gpu.particle_steps();
    let result = |(index, summary): (u32, &EpisodeSummary)| {
        let ending = ending(summary, env.at_step_limit())?;
        Ok(EpisodeResult {
            survived: ending.is_success(),
            interrupted: false,
            ending,
            steps: summary.steps,
            seed: seed(index),
            total_reward: summary.total_reward,
            final_state: None,
            state_rms: None,
            wall,
            decision_times: DecisionTimes::default(),
            particle_steps: u64::from(summary.steps) * particle_steps,
            warnings: WarningNotes::default(),
            digest: Digest::from_kernel(summary.digest),
        })
    };
    let is_over = |(_, summary): &(u32, &EpisodeSummary)| summary.ending != EpisodeSummary::RUNNING;
    (0..).zip(&summaries).filter(is_over).map(result).collect()
}

fn ending(summary: &EpisodeSummary, at_step_limit: Ending) -> Result<Ending, PilotError> {
    match summary.ending {
        EpisodeSummary::STEP_LIMIT => Ok(at_step_limit),
        EpisodeSummary::FELL => Ok(Ending::Fell),
        EpisodeSummary::LEFT_TRACK => Ok(Ending::LeftTrack),
        EpisodeSummary::ARRIVED => Ok(Ending::Arrived),
        EpisodeSummary::FAILED => Ok(Ending::Failed),
        EpisodeSummary::NO_CONTROL => Err(PilotError::NoControl(summary.total_reward)),
        _ => Err(PilotError::Unsupported(format!(
            "after {} steps the state is beyond what particles can start from, 3.4e38",
            summary.steps
        ))),
    }
}
