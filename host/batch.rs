//! Many independent states in one call.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use particle_pilot_kernels::model::CartPole;
use rayon::prelude::*;

use crate::backend::Device;
use crate::backend::cpu::workers;
use crate::config::PilotConfig;
use crate::decision::Decision;
use crate::engine;
use crate::error::PilotError;
use crate::pilot::Pilot;

/// Pilots for many independent episodes, which decide all at once.
///
/// Each has its own seed and memory and decides exactly as a [`Pilot`] of its own would; threads
/// work on different states, which pays better than sharing one state's particles. Where the device is left
/// open, that is the CPU.
///
/// # Examples
/// ```
/// use particle_pilot::{Action, PilotBatch, PilotConfig};
/// let mut batch = PilotBatch::new(&PilotConfig::default(), &[1, 2])?;
/// let decisions = batch.act(&[[0.0, 0.0, 0.1, 0.3], [0.0, 0.0, -0.1, -0.3]])?;
/// assert_eq!(decisions[0].action, Action::Discrete(1));
/// assert_eq!(decisions[1].action, Action::Discrete(0));
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
pub struct PilotBatch {
    pilots: Vec<Pilot>,
    pool: rayon::ThreadPool,
}

impl PilotBatch {
    /// One pilot of `config` for each of `seeds`.
    ///
    /// # Errors
    /// As [`Pilot::new`].
    pub fn new(config: &PilotConfig, seeds: &[u64]) -> Result<Self, PilotError> {
        config.validate()?;
        engine::require_memory::<CartPole<false>>(config, seeds.len())?;
        let pool = workers(config.resolved_threads())?;
        let device = match config.device {
            Device::Auto => Device::Cpu,
            asked => asked,
        };
        let single = PilotConfig { threads: 1, device, ..config.clone() };
        let pilot = |seed: &u64| Pilot::new(PilotConfig { seed: *seed, ..single.clone() });
        Ok(Self { pilots: seeds.iter().map(pilot).collect::<Result<_, _>>()?, pool })
    }

    /// Lets pilot `index` forget its last plan and start again from the first decision, with this seed.
    ///
    /// # Errors
    /// [`PilotError::Setting`] if there is no such pilot.
    pub fn reset(&mut self, index: usize, seed: u64) -> Result<(), PilotError> {
        let Some(pilot) = self.pilots.get_mut(index) else {
            let (name, given) = ("number of the pilot", index.to_string());
            return Err(PilotError::Setting { name, given, required: "below the number of seeds" });
        };
        pilot.reset(seed);
        Ok(())
    }

    /// Decides for `states[i]` as pilot `i`.
    ///
    /// # Errors
    /// [`PilotError::Setting`] if there are not as many states as seeds, otherwise the first error
    /// of [`Pilot::act`].
    pub fn act<S: AsRef<[f64]> + Sync>(
        &mut self,
        states: &[S],
    ) -> Result<Vec<Decision>, PilotError> {
        if states.len() != self.pilots.len() {
            return Err(PilotError::Setting {
                name: "number of states",
                given: states.len().to_string(),
                required: "the number of seeds",
            });
        }
        let Self { pilots, pool } = self;
        let decisions: Vec<_> = pool.install(|| {
            let pairs = pilots.par_iter_mut().zip(states);
            pairs.map(|(pilot, state)| pilot.act(state.as_ref())).collect()
        });
        if decisions.contains(&Err(PilotError::Interrupted)) {
            let decided =
                pilots.iter_mut().zip(&decisions).filter(|(_, decision)| decision.is_ok());
            decided.for_each(|(pilot, _)| pilot.undo());
        }
        decisions.into_iter().collect()
    }

    /// As [`Pilot::set_interrupt`], for all pilots. A call of [`PilotBatch::act`] that is interrupted leaves all of
    /// them as before it, on the CPU.
    pub fn set_interrupt(&mut self, flag: &Arc<AtomicBool>) {
        self.pilots.iter_mut().for_each(|pilot| pilot.set_interrupt(Arc::clone(flag)));
    }
}
