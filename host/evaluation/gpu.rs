//! Episodes on a GPU.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use particle_pilot_kernels::task::EpisodeSummary;

use super::joint::JointEpisodes;
use super::{Evaluation, Results};
use crate::backend::BackendError;
use crate::env::Ending;
use crate::episode::{DecisionTimes, Digest, EpisodeResult, WarningNotes};
use crate::error::PilotError;
use crate::gpu::GpuEpisodes;
use crate::settings::{Device, DeviceInfo};

/// An open GPU, and what it does.
pub enum OpenGpu {
    /// Whole episodes, many at a time.
    Whole(Box<GpuEpisodes>, DeviceInfo),
    /// Decisions, for many episodes at a time.
    Deciding(Box<JointEpisodes>),
}

impl OpenGpu {
    /// The device, as users name it.
    pub fn device(&self) -> Device {
        Device::Cuda(self.info().index)
    }

    /// The device, and what it is called.
    pub fn name(&self) -> String {
        format!("{} ({})", self.device(), self.info().name)
    }

    fn info(&self) -> DeviceInfo {
        match self {
            Self::Whole(_, info) => info.clone(),
            Self::Deciding(episodes) => episodes.info(),
        }
    }

    /// Adds to `results` until they are all or `stop` is set; when the GPU fails, those before are there.
    pub fn run(
        &mut self,
        evaluation: &Evaluation,
        stop: &Arc<AtomicBool>,
        observe: &impl Fn(&EpisodeResult),
        results: &mut Results,
    ) -> Result<(), PilotError> {
        let gpu = match self {
            Self::Whole(gpu, _) => gpu,
            Self::Deciding(episodes) => return episodes.run(evaluation, stop, observe, results),
        };
        let mut done = 0;
        while !stop.load(Ordering::Relaxed) && done < evaluation.episodes {
            done += run_whole(gpu, evaluation, done, stop, |index, result| {
                observe(&result);
                results.put(index, result);
            })?;
        }
        Ok(())
    }
}

/// Runs some of the episodes that come after the first `done`: as many as run at the same time, which is what it returns. Tells
/// `note` the number and the result of each, or of those that are over once `stop` is set.
fn run_whole(
    gpu: &mut GpuEpisodes,
    evaluation: &Evaluation,
    done: u32,
    stop: &AtomicBool,
    mut note: impl FnMut(u32, EpisodeResult),
) -> Result<u32, PilotError> {
    let began = Instant::now();
    let episode = evaluation.episode.later(done);
    let mut env = evaluation.subject.environment(&episode)?;
    let seed = |index: u32| episode.first_seed().wrapping_add(index.into());
    let mut states = Vec::new();
    for index in 0..(evaluation.episodes - done).min(gpu.width()) {
        env.begin(seed(index));
        states.extend_from_slice(env.state());
    }
    let summaries = gpu.run(seed(0), &states, episode.step_limit(), episode.disturbance(), stop);
    let summaries = summaries.map_err(BackendError::from)?;
    let wall = began.elapsed() / (summaries.len() as u32).max(1);
    let particle_steps = gpu.particle_steps();
    for (index, summary) in (0..).zip(&summaries) {
        if summary.ending == EpisodeSummary::RUNNING {
            continue;
        }
        let ending = ending(summary, env.at_step_limit())?;
        let result = EpisodeResult {
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
        };
        note(done + index, result);
    }
    Ok(summaries.len() as u32)
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
