//! Many independent states in one call.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use particle_pilot_kernels::model::{Model, lift};

use crate::decision::Decision;
use crate::engine::MemoryCheck;
use crate::error::PilotError;
use crate::given::{GivenError, OwnGrid};
use crate::gpu::{MOST_ROWS, Together};
use crate::pilot::{Joint, Pilot, act_together};
use crate::problem::Problem;
use crate::settings::{ActionKind, Device, PilotConfig, SettingError, Threads};
use crate::state::{BatchState, Carried, PilotState};
use crate::threads::Workers;

/// Pilots for many independent episodes, which decide all at once.
///
/// Each has its own seed and memory and decides exactly as a [`Pilot`] of its own would; threads
/// work on different states, which pays better than sharing one state's particles. Where the device is left
/// open, that is the CPU. A GPU decides for all states at once, in as many launches as one decision takes.
///
/// # Examples
/// ```
/// use particle_pilot::{Action, CartPoleProblem, PilotBatch, PilotConfig};
/// let mut batch = PilotBatch::new(&PilotConfig::default(), CartPoleProblem::default(), &[1, 2])?;
/// let decisions = batch.act(&[[0.0, 0.0, 0.1, 0.3], [0.0, 0.0, -0.1, -0.3]])?;
/// assert_eq!(decisions[0].action, Action::Discrete(1));
/// assert_eq!(decisions[1].action, Action::Discrete(0));
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
pub struct PilotBatch {
    config: PilotConfig,
    /// `None` for a model of one's own.
    problem: Option<Problem>,
    pilots: Vec<Pilot>,
    /// Those that decide together, on a GPU: how many, and by what.
    together: Vec<(usize, Together)>,
    workers: Workers,
}

impl PilotBatch {
    /// One pilot of `config` for `problem` for each of `seeds`.
    ///
    /// # Errors
    /// As [`Pilot::new`].
    pub fn new(
        config: &PilotConfig,
        problem: impl Into<Problem>,
        seeds: &[u64],
    ) -> Result<Self, PilotError> {
        Self::with_interrupt(config, problem, seeds, &Arc::default())
    }

    /// As [`PilotBatch::new`] and [`PilotBatch::set_interrupt`]; `flag` ends the making of the pilots, too, which takes long
    /// for many large ones.
    ///
    /// # Errors
    /// As [`Pilot::new`], and [`PilotError::Interrupted`].
    pub fn with_interrupt(
        config: &PilotConfig,
        problem: impl Into<Problem>,
        seeds: &[u64],
        flag: &Arc<AtomicBool>,
    ) -> Result<Self, PilotError> {
        let problem = problem.into().settled(config.planner);
        let require = |pilots| problem.visit(config.planner, MemoryCheck { config, pilots })?;
        let joint = |counts| Joint::new(config, problem.clone(), counts);
        let pilot = |config| Pilot::new(config, problem.clone());
        let batch = Self::of(config, seeds, flag, require, joint, pilot)?;
        Ok(Self { problem: Some(problem), ..batch })
    }

    /// As [`PilotBatch::new`], for a model of one's own; see [`Pilot::with_model`].
    ///
    /// # Errors
    /// As [`Pilot::with_model`].
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::kernels::model::{Actions, Model};
    /// use particle_pilot::kernels::real::Real;
    /// use particle_pilot::{Action, PilotBatch, PilotConfig};
    ///
    /// #[derive(Clone, Copy)]
    /// struct Place;
    /// impl Model<1, 1> for Place {
    ///     fn actions(&self) -> Actions<1> {
    ///         Actions::within([-1.0], [1.0])
    ///     }
    ///     #[inline(always)]
    ///     fn advance<R: Real>(&self, [place]: [R; 1], [speed]: [R; 1]) -> [R; 1] {
    ///         [place + speed * 0.1]
    ///     }
    ///     #[inline(always)]
    ///     fn cost<R: Real>(&self, [place]: [R; 1], _: [R; 1]) -> R {
    ///         place.square()
    ///     }
    /// }
    ///
    /// let mut batch = PilotBatch::with_model(&PilotConfig::default(), Place, &[1, 2])?;
    /// let decisions = batch.act(&[[3.0], [-3.0]])?;
    /// assert!(matches!(decisions[0].action, Action::Continuous(speed) if speed[0] < 0.0));
    /// assert!(matches!(decisions[1].action, Action::Continuous(speed) if speed[0] > 0.0));
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn with_model<const N: usize, const M: usize, T: Model<N, M>>(
        config: &PilotConfig,
        model: T,
        seeds: &[u64],
    ) -> Result<Self, PilotError> {
        let config = PilotConfig { action: ActionKind::of(&model.actions()), ..config.clone() };
        let pilot = |config| Pilot::with_model(config, model);
        let require = |pilots| lift(model, MemoryCheck { config: &config, pilots })?;
        let joint = |counts| Joint::with_model(&config, model, counts);
        Self::of(&config, seeds, &Arc::default(), require, joint, pilot)
    }

    /// As [`Pilot::set_model`], for all pilots.
    ///
    /// # Errors
    /// As [`Pilot::set_model`]. What is wrong with the model is found out by the first pilot; where a GPU fails, some may have the
    /// new model already. A model whose functions take other ways needs as much of a GPU's memory as there is in use.
    pub fn set_model<const N: usize, const M: usize, T: Model<N, M>>(
        &mut self,
        model: T,
    ) -> Result<(), PilotError> {
        if self.together.is_empty() {
            return self.pilots.iter_mut().try_for_each(|pilot| pilot.set_model(model));
        }
        // Those that decide together have one model.
        let mut first = 0;
        self.together.iter().try_for_each(|(count, _)| {
            let result = self.pilots[first].set_model(model);
            first += count;
            result
        })
    }

    /// As [`Pilot::set_reference`], each pilot its own: `references[i]` is pilot `i`'s.
    ///
    /// # Errors
    /// As [`Pilot::set_reference`], with the row, and if there are not as many references as pilots; what was given before
    /// then still counts for all.
    pub fn set_references<S: AsRef<[f32]>>(&mut self, references: &[S]) -> Result<(), PilotError> {
        let (given, required) = (references.len(), self.pilots.len());
        if given != required {
            return Err(GivenError::References { given, required }.into());
        }
        let mut rows = self.pilots.iter().zip(references).enumerate();
        rows.try_for_each(|(row, (pilot, reference))| {
            pilot.check_reference(reference.as_ref()).map_err(in_row(row))
        })?;
        let mut pairs = self.pilots.iter_mut().zip(references);
        pairs.try_for_each(|(pilot, reference)| pilot.set_reference(reference.as_ref()))
    }

    /// As [`Pilot::set_grid`], the same for all pilots, which share one copy of it.
    ///
    /// # Errors
    /// As [`Pilot::set_grid`].
    pub fn set_grid(
        &mut self,
        width: usize,
        height: usize,
        cells: &[f32],
    ) -> Result<(), PilotError> {
        self.pilots.iter().try_for_each(Pilot::require_grid)?;
        let grid = Arc::new(OwnGrid::new(width, height, cells)?);
        self.pilots.iter_mut().try_for_each(|pilot| pilot.share_grid(&grid))
    }

    /// Pilots that `make` makes, for which `require` finds that there is enough memory; on a GPU those that `joint` makes, which
    /// decide together.
    fn of(
        config: &PilotConfig,
        seeds: &[u64],
        flag: &Arc<AtomicBool>,
        require: impl Fn(usize) -> Result<(), PilotError>,
        joint: impl Fn(RangeInclusive<u32>) -> Result<Joint, PilotError>,
        make: impl Fn(PilotConfig) -> Result<Pilot, PilotError>,
    ) -> Result<Self, PilotError> {
        config.validate()?;
        // A GPU has no need of them.
        let threads = if let Device::Cuda(_) = config.device { 1 } else { config.threads };
        let workers = Workers::start(Threads::asked(threads))?;
        let mut batch = Self {
            config: config.clone(),
            problem: None,
            pilots: Vec::with_capacity(seeds.len()),
            together: Vec::new(),
            workers,
        };
        if let Device::Cuda(_) = config.device {
            for seeds in seeds.chunks(MOST_ROWS as usize) {
                if flag.load(Ordering::Relaxed) {
                    return Err(PilotError::Interrupted);
                }
                let count = seeds.len() as u32;
                let Joint { mut pilots, together } = joint(count..=count)?;
                for (pilot, seed) in pilots.iter_mut().zip(seeds) {
                    pilot.reset(*seed);
                    pilot.set_interrupt(Arc::clone(flag));
                }
                batch.pilots.append(&mut pilots);
                batch.together.push((seeds.len(), together));
            }
            return Ok(batch);
        }
        require(seeds.len())?;
        let single = PilotConfig { threads: 1, device: Device::Cpu, ..config.clone() };
        let pilot = |seed: &u64| {
            if flag.load(Ordering::Relaxed) {
                return Err(PilotError::Interrupted);
            }
            let mut pilot = make(PilotConfig { seed: *seed, ..single.clone() })?;
            pilot.set_interrupt(Arc::clone(flag));
            Ok(pilot)
        };
        for seed in seeds {
            batch.pilots.push(pilot(seed)?);
        }
        Ok(batch)
    }

    /// All pilots as they now are, between two decisions, as plain data: see [`Pilot::save`].
    ///
    /// # Errors
    /// As [`Pilot::save`].
    pub fn save(&self) -> Result<BatchState, PilotError> {
        let rows = self.pilots.iter().map(Pilot::carried).collect::<Result<_, _>>()?;
        let (version, config) = (PilotState::VERSION, self.config.clone());
        Ok(BatchState { version, config, problem: self.problem.clone(), rows })
    }

    /// The pilots that [`PilotBatch::save`] has put by. For a model of one's own, make them [so](PilotBatch::with_model) and
    /// have them [load](PilotBatch::load) the state.
    ///
    /// # Errors
    /// As [`PilotBatch::new`], and [`PilotError::State`] for a state that no batch of this version can have, or that is of
    /// a model of one's own.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, PilotBatch, PilotConfig};
    /// let states = [[0.0, 0.0, 0.1, 0.3], [0.0, 0.0, -0.1, -0.3]];
    /// let mut batch = PilotBatch::new(&PilotConfig::default(), CartPoleProblem::default(), &[1, 2])?;
    /// batch.act(&states)?;
    /// let mut later = PilotBatch::resume(&batch.save()?)?;
    /// assert_eq!(later.act(&states)?, batch.act(&states)?);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn resume(state: &BatchState) -> Result<Self, PilotError> {
        state.check()?;
        let seeds: Vec<u64> = state.rows.iter().map(|row| row.seed).collect();
        let mut batch = Self::new(&state.config, state.known_problem()?, &seeds)?;
        batch.load(state)?;
        Ok(batch)
    }

    /// Goes on from a saved state of as many pilots of the same configuration and problem; the seeds become the state's.
    ///
    /// # Errors
    /// [`PilotError::State`] for a state of other pilots, [`PilotError::Row`] for one of which a row is of another; the
    /// pilots are then as before.
    pub fn load(&mut self, state: &BatchState) -> Result<(), PilotError> {
        state.check_for(&self.config, self.problem.as_ref(), self.pilots.len())?;
        let before = self.save()?.rows;
        for (index, row) in state.rows.iter().enumerate() {
            if let Err(error) = self.pilots[index].recall(row) {
                for (pilot, row) in self.pilots.iter_mut().zip(&before).take(index) {
                    pilot.recall(row)?;
                }
                return Err(in_row(index)(error));
            }
        }
        Ok(())
    }

    /// Lets pilot `index` forget its last plan and start again from the first decision, with this seed.
    ///
    /// # Errors
    /// [`PilotError::Setting`] if there is no such pilot.
    pub fn reset(&mut self, index: usize, seed: u64) -> Result<(), PilotError> {
        self.pilot(index)?.reset(seed);
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
        self.check(states)?;
        if !self.together.is_empty() {
            return self.act_together(states);
        }
        let pairs: Vec<_> = self.pilots.iter_mut().zip(states).collect();
        let act = |(): &mut (), (pilot, state): (&mut Pilot, &S)| pilot.act(state.as_ref());
        let decisions = self.workers.map(pairs, || (), act);
        if decisions.contains(&Err(PilotError::Interrupted)) {
            let decided = self.pilots.iter_mut().zip(&decisions);
            decided.filter(|(_, decision)| decision.is_ok()).for_each(|(pilot, _)| pilot.undo());
        }
        decisions.into_iter().collect()
    }

    /// As [`PilotBatch::act`] of pilots that decide together.
    fn act_together<S: AsRef<[f64]>>(&mut self, states: &[S]) -> Result<Vec<Decision>, PilotError> {
        // Where there is more than one group, the first ones have decided when another fails.
        let before = match &self.together[..] {
            [_] => Vec::new(),
            _ => self.pilots.iter().map(Pilot::carried).collect::<Result<_, _>>()?,
        };
        let (mut decisions, mut first) = (Vec::with_capacity(states.len()), 0);
        let (mut failed, groups) = (None, &self.together);
        for (count, together) in groups {
            let pilots = &mut self.pilots[first..][..*count];
            let states = states[first..].iter().map(|state| Some(state.as_ref()));
            match act_together(together, pilots, states) {
                Ok(group) => decisions.extend(group.into_iter().flatten()),
                Err(error @ (PilotError::Interrupted | PilotError::Backend(_))) => {
                    let decided = self.pilots.iter_mut().take(first).zip(&before);
                    decided.for_each(|(pilot, carried)| put_back(pilot, carried));
                    return Err(error);
                }
                Err(error) => failed = failed.or(Some(error)),
            }
            first += count;
        }
        failed.map_or(Ok(decisions), Err)
    }

    /// As [`PilotBatch::reset`] of some pilots, each by its number and its seed, and then [`PilotBatch::act`], but as one:
    /// where a state is refused, a GPU fails, or somebody [interrupts](PilotBatch::set_interrupt), those pilots have not forgotten
    /// their plans.
    ///
    /// # Errors
    /// As [`PilotBatch::reset`] and [`PilotBatch::act`].
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, PilotBatch, PilotConfig};
    /// let states = [[0.0, 0.0, 0.1, 0.3], [0.0, 0.0, -0.1, -0.3]];
    /// let mut batch = PilotBatch::new(&PilotConfig::default(), CartPoleProblem::default(), &[1, 2])?;
    /// let first = batch.act(&states)?;
    /// let again = batch.act_after_resets(&states, &[(1, 2)])?;
    /// assert_ne!(again[0], first[0]);
    /// assert_eq!(again[1], first[1]);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn act_after_resets<S: AsRef<[f64]> + Sync>(
        &mut self,
        states: &[S],
        resets: &[(usize, u64)],
    ) -> Result<Vec<Decision>, PilotError> {
        self.check(states)?;
        let mut before = Vec::with_capacity(resets.len());
        for (index, _) in resets {
            before.push((*index, self.pilot(*index)?.carried()?));
        }
        for (index, seed) in resets {
            self.pilot(*index)?.reset(*seed);
        }
        let decisions = self.act(states);
        if let Err(PilotError::Interrupted | PilotError::Backend(_)) = decisions {
            for (index, carried) in &before {
                put_back(self.pilot(*index)?, carried);
            }
        }
        decisions
    }

    /// Refuses states that [`PilotBatch::act`] would refuse.
    ///
    /// # Errors
    /// [`PilotError::Setting`] and [`PilotError::Row`].
    pub fn check<S: AsRef<[f64]>>(&self, states: &[S]) -> Result<(), PilotError> {
        if states.len() != self.pilots.len() {
            return Err(SettingError {
                name: "number of states",
                given: states.len().to_string(),
                required: "the number of seeds",
            }
            .into());
        }
        let mut rows = self.pilots.iter().zip(states).enumerate();
        rows.try_for_each(|(row, (pilot, state))| {
            pilot.check_state(state.as_ref()).map_err(in_row(row))
        })
    }

    fn pilot(&mut self, index: usize) -> Result<&mut Pilot, PilotError> {
        self.pilots.get_mut(index).ok_or_else(|| {
            let (name, given) = ("number of the pilot", index.to_string());
            SettingError { name, given, required: "below the number of seeds" }.into()
        })
    }

    /// As [`Pilot::set_interrupt`], for all pilots. A call of [`PilotBatch::act`] that is interrupted leaves all of them as
    /// before it.
    pub fn set_interrupt(&mut self, flag: &Arc<AtomicBool>) {
        self.pilots.iter_mut().for_each(|pilot| pilot.set_interrupt(Arc::clone(flag)));
    }
}

/// Has a pilot go on from where it was.
fn put_back(pilot: &mut Pilot, carried: &Carried) {
    // Refused where what it had were no numbers, of which nothing comes either way.
    let _ = pilot.recall(carried);
}

/// Says which row an error is about.
fn in_row(row: usize) -> impl FnOnce(PilotError) -> PilotError {
    move |error| PilotError::Row { row, error: Box::new(error) }
}
