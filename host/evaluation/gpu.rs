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

/// Rounds of episodes in one launch.
const ROUNDS: u32 = 16;

/// An open GPU, and what it does.
pub enum OpenGpu {
    /// Whole episodes, many in a launch.
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
                Self::Whole(gpu, _) => run_whole(gpu, evaluation, done, left)?,
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

/// Runs some of the `left` episodes that come after the first `done`: a few rounds of as many as run at the same time, so that it
/// can be stopped in between, and few wait for the longest episode of a round.
fn run_whole(
    gpu: &mut GpuEpisodes,
    evaluation: &Evaluation,
    done: u32,
    left: u32,
) -> Result<Vec<EpisodeResult>, PilotError> {
    let began = Instant::now();
    let count = (ROUNDS * gpu.width()).min(left);
    let episode = evaluation.episode.later(done);
    let mut env = evaluation.subject.environment(&episode)?;
    let seed = |index: u32| episode.first_seed().wrapping_add(index.into());
    let mut start = |index| {
        env.begin(seed(index));
        env.state().try_into().expect("the cart-pole's state has 4 numbers")
    };
    let starts: Vec<[f64; 4]> = (0..count).map(&mut start).collect();
    let summaries = gpu.run(seed(0), &starts, episode.step_limit(), episode.disturbance());
    let summaries = summaries.map_err(BackendError::from)?;
    let wall = began.elapsed() / count;
    let particle_steps = gpu.particle_steps();
    let result = |(index, summary): (u32, &EpisodeSummary)| {
        let ending = ending(summary)?;
        Ok(EpisodeResult {
            survived: ending.is_success(),
            interrupted: false,
            ending,
            steps: summary.steps,
            seed: seed(index),
            total_reward: summary.steps.into(),
            final_state: None,
            state_rms: None,
            wall,
            decision_times: DecisionTimes::default(),
            particle_steps: u64::from(summary.steps) * particle_steps,
            warnings: WarningNotes::default(),
            digest: Digest::from_kernel(summary.digest),
        })
    };
    (0..count).zip(&summaries).map(result).collect()
}

fn ending(summary: &EpisodeSummary) -> Result<Ending, PilotError> {
    match summary.ending {
        EpisodeSummary::SURVIVED => Ok(Ending::Survived),
        EpisodeSummary::FELL => Ok(Ending::Fell),
        EpisodeSummary::LEFT_TRACK => Ok(Ending::LeftTrack),
        _ => Err(PilotError::Unsupported(format!(
            "after {} steps the state is beyond what particles can start from, 3.4e38",
            summary.steps
        ))),
    }
}
