//! Episodes on a GPU, many in a launch.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Evaluation;
use crate::engine;
use crate::episode::EpisodeResult;
use crate::error::PilotError;
use crate::gpu::GpuEpisodes;
use crate::settings::{Device, DeviceInfo, PilotConfig};

/// Rounds of episodes in one launch.
const ROUNDS: u32 = 16;

/// An open GPU.
pub struct OpenGpu {
    episodes: GpuEpisodes,
    info: DeviceInfo,
}

impl OpenGpu {
    /// Opens the GPU that `config` asks for, the first where that is left open.
    pub fn open(config: &PilotConfig) -> Result<Self, PilotError> {
        let (episodes, info) = engine::gpu_episodes(config)?;
        Ok(Self { episodes, info })
    }

    /// The device, as users name it.
    pub fn device(&self) -> Device {
        Device::Cuda(self.info.index)
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// Adds to `results` until they are all or `stop` is set; when the GPU fails, those before are there.
    pub fn run(
        &mut self,
        evaluation: &Evaluation,
        stop: &AtomicBool,
        observe: &impl Fn(&EpisodeResult),
        results: &mut Vec<EpisodeResult>,
    ) -> Result<(), PilotError> {
        // A few rounds of as many as run at the same time: it can be stopped in between, and few wait for
        // the longest episode of a round.
        let batch = ROUNDS * self.episodes.width();
        while !stop.load(Ordering::Relaxed) && (results.len() as u32) < evaluation.episodes {
            let done = results.len() as u32;
            let count = batch.min(evaluation.episodes - done);
            let first = evaluation.episode.later(done);
            let finished = first.run_on_gpu(&mut self.episodes, &evaluation.config, count)?;
            finished.iter().for_each(observe);
            results.extend(finished);
        }
        Ok(())
    }
}
