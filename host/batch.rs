//! Many independent states in one call.

use crate::backend::Device;
use crate::backend::cpu::{Threads, Workers};
use crate::config::PilotConfig;
use crate::decision::Decision;
use crate::error::PilotError;
use crate::pilot::Pilot;
use crate::state::{BatchState, PilotState};

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
    config: PilotConfig,
    pilots: Vec<Pilot>,
    workers: Workers,
}

impl PilotBatch {
    /// One pilot of `config` for each of `seeds`.
    ///
    /// # Errors
    /// As [`Pilot::new`].
    pub fn new(config: &PilotConfig, seeds: &[u64]) -> Result<Self, PilotError> {
        let workers = Workers::start(Threads::asked(config.threads))?;
        let device = match config.device {
            Device::Auto => Device::Cpu,
            asked => asked,
        };
        let single = PilotConfig { threads: 1, device, ..config.clone() };
        let pilot = |seed: &u64| Pilot::new(PilotConfig { seed: *seed, ..single.clone() });
        let pilots = seeds.iter().map(pilot).collect::<Result<_, _>>()?;
        Ok(Self { config: config.clone(), pilots, workers })
    }

    /// All pilots as they now are, between two decisions, as plain data: see [`Pilot::save`].
    ///
    /// # Errors
    /// [`PilotError::Backend`] if a GPU fails.
    pub fn save(&self) -> Result<BatchState, PilotError> {
        let memories = self.pilots.iter().map(Pilot::memory).collect::<Result<_, _>>()?;
        Ok(BatchState { version: PilotState::VERSION, config: self.config.clone(), memories })
    }

    /// The pilots that [`PilotBatch::save`] has put by.
    ///
    /// # Errors
    /// As [`PilotBatch::new`], and [`PilotError::State`] for a state that no batch of this version can have.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{PilotBatch, PilotConfig};
    /// let states = [[0.0, 0.0, 0.1, 0.3], [0.0, 0.0, -0.1, -0.3]];
    /// let mut batch = PilotBatch::new(&PilotConfig::default(), &[1, 2])?;
    /// batch.act(&states)?;
    /// let mut later = PilotBatch::resume(&batch.save()?)?;
    /// assert_eq!(later.act(&states)?, batch.act(&states)?);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn resume(state: &BatchState) -> Result<Self, PilotError> {
        state.check()?;
        let seeds: Vec<u64> = state.memories.iter().map(|memory| memory.seed).collect();
        let mut batch = Self::new(&state.config, &seeds)?;
        for (row, (pilot, memory)) in batch.pilots.iter_mut().zip(&state.memories).enumerate() {
            pilot.recall(memory).map_err(in_row(row))?;
        }
        Ok(batch)
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
    /// [`PilotError::Setting`] if there are not as many states as seeds; [`PilotError::Row`] about the first state that
    /// no decision can be about, and all pilots are then as before; otherwise the first error of [`Pilot::act`].
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
        for (row, (pilot, state)) in self.pilots.iter().zip(states).enumerate() {
            pilot.check_state(state.as_ref()).map_err(in_row(row))?;
        }
        let pairs: Vec<_> = self.pilots.iter_mut().zip(states).collect();
        let act = |(): &mut (), (pilot, state): (&mut Pilot, &S)| pilot.act(state.as_ref());
        self.workers.map(pairs, || (), act).into_iter().collect()
    }
}

/// Says which row an error is about.
fn in_row(row: usize) -> impl FnOnce(PilotError) -> PilotError {
    move |error| PilotError::Row { row, error: Box::new(error) }
}
