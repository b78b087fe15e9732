//! What a decision takes, whatever the device.

use particle_pilot_kernels::model::{LaneModel, Visitor};
use particle_pilot_kernels::rollout::CHUNK;
use particle_pilot_kernels::task::{CHUNK_THREADS, SELECTED_ALONE, WHOLE, sifts};
use particle_pilot_kernels::trace::{Counts, Trace, TraceError};

use crate::engine::drawn;
use crate::error::PilotError;
use crate::planners::cem::elites::elite_count;
use crate::planners::islands::split;
use crate::planners::iterations;
use crate::planners::planner::dimensions;
use crate::problem::Problem;
use crate::settings::{ActionKind, PilotConfig, PlannerKind};

/// As many instructions' worth as a floor, a quotient, a root and the cell of a grid are: see docs/benchmarks.md.
const OF_FLOOR: f64 = 2.0;
const OF_QUOTIENT: f64 = 3.0;
const OF_CELL: f64 = 6.0;

/// Operations that draw a control's number between two knots, and a normal number at one, which mirrored particles share.
const OF_KNOTTED: f64 = 4.0;
const OF_NORMAL: f64 = 102.0;
/// Operations that draw a number of a control in a population, or a side.
const OF_UNIFORM: f64 = 10.0;
const OF_SIDE: f64 = 2.0;

/// What a decision takes, whatever the device.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DecisionWork {
    /// Who plans.
    pub planner: PlannerKind,
    /// Futures times steps, in all iterations together.
    pub steps: f64,
    /// Operations of such a step: those of the model, and of drawing controls.
    pub operations: f64,
    /// Pieces that different threads of a CPU can work on at the same time.
    pub pieces: u32,
    /// Launches on a GPU.
    pub launches: u32,
    /// Threads of a GPU that can work at the same time.
    pub gpu_threads: u32,
    /// Steps that one of them takes, one after the other.
    pub steps_in_turn: f64,
}

impl DecisionWork {
    /// What a decision of `config` about `problem` takes.
    ///
    /// # Errors
    /// [`PilotError`] if a setting or a number of the problem is out of range.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::choice::DecisionWork;
    /// use particle_pilot::{CartPoleProblem, PilotConfig};
    /// let work = DecisionWork::of(&PilotConfig::default(), CartPoleProblem::default())?;
    /// assert_eq!((work.steps, work.launches), (2.0 * 1024.0 * 30.0, 4));
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn of(config: &PilotConfig, problem: impl Into<Problem>) -> Result<Self, PilotError> {
        config.validate()?;
        let problem = problem.into().settled(config.planner);
        let work = problem.visit(config.planner, WorkOf(config))?;
        work.map_err(|error| crate::backend::BackendError::from(error).into())
    }

    /// What a decision of `config` takes that is planned with `model`.
    ///
    /// # Errors
    /// [`TraceError`] for a model whose operations cannot be recorded.
    pub(crate) fn of_model<M: LaneModel>(
        config: &PilotConfig,
        model: &M,
    ) -> Result<Self, TraceError> {
        let config = &drawn::<M>(config);
        let PilotConfig { planner, horizon, particles, .. } = *config;
        let counts = Trace::of(model)?.step_counts();
        let futures = iterations(config);
        let rounds = futures.len() as f64;
        let (pieces, gpu_threads, each) = match planner {
            PlannerKind::Smc | PlannerKind::Fmc => {
                let split = split(config, model.choices());
                (
                    split.islands,
                    split.islands.saturating_mul(WHOLE),
                    split.largest().div_ceil(WHOLE),
                )
            }
            _ => {
                let chunks = particles.div_ceil(CHUNK as u32);
                (chunks, chunks.saturating_mul(CHUNK_THREADS), 2)
            }
        };
        Ok(Self {
            planner,
            steps: futures.iter().map(|futures| f64::from(*futures)).sum::<f64>()
                * f64::from(horizon),
            operations: of_step(&counts) + of_drawing(config, dimensions::<M>()),
            pieces,
            launches: launches(config) * futures.len() as u32,
            gpu_threads,
            steps_in_turn: f64::from(each) * f64::from(horizon) * rounds,
        })
    }
}

/// [`DecisionWork::of_model`] of a model, on whatever lanes.
pub(crate) struct WorkOf<'a>(pub &'a PilotConfig);

impl Visitor for WorkOf<'_> {
    type Output = Result<DecisionWork, TraceError>;

    fn visit<M: LaneModel>(self, model: M) -> Self::Output {
        DecisionWork::of_model(self.0, &model)
    }
}

/// Launches of an iteration on a GPU: a test holds it to what is launched.
fn launches(config: &PilotConfig) -> u32 {
    let discrete = config.action == ActionKind::Discrete;
    match config.planner {
        PlannerKind::RandomShooting | PlannerKind::Smc | PlannerKind::Fmc => 2,
        PlannerKind::Cem if discrete => 2 + of_selection(config, 1),
        PlannerKind::Cem | PlannerKind::Icem => 4 + of_selection(config, 0).saturating_sub(1),
        PlannerKind::Mppi | PlannerKind::PredictiveSampling => 4,
    }
}

/// Launches in which many blocks select elites, with `more` for what these have in common; none where one block does.
fn of_selection(config: &PilotConfig, more: u32) -> u32 {
    let PilotConfig { particles, ref tuning, .. } = *config;
    match elite_count(particles, tuning.elite_share) > 1 && particles > SELECTED_ALONE {
        true => sifts(particles) + more,
        false => 0,
    }
}

/// Operations of a step of the model, by about how long each takes.
fn of_step(counts: &Counts) -> f64 {
    let Counts {
        multiplications,
        multiply_adds,
        additions,
        comparisons,
        extremes,
        selections,
        bits,
        conversions,
        floors,
        divisions,
        roots,
        cells,
    } = *counts;
    let simple = [
        multiplications,
        multiply_adds,
        additions,
        comparisons,
        extremes,
        selections,
        bits,
        conversions,
    ];
    simple.iter().map(|count| f64::from(*count)).sum::<f64>()
        + OF_FLOOR * f64::from(floors)
        + OF_QUOTIENT * f64::from(divisions + roots)
        + OF_CELL * f64::from(cells)
}

/// Operations that draw the control of a step.
fn of_drawing(config: &PilotConfig, dimensions: usize) -> f64 {
    let discrete = config.action == ActionKind::Discrete;
    let knots = || OF_KNOTTED + OF_NORMAL / 2.0 / f64::from(config.tuning.knot_spacing);
    let each = match config.planner {
        PlannerKind::RandomShooting | PlannerKind::Cem if discrete => OF_SIDE,
        PlannerKind::Smc | PlannerKind::Fmc if discrete => OF_SIDE,
        PlannerKind::Smc | PlannerKind::Fmc => OF_UNIFORM,
        _ => knots(),
    };
    each * dimensions as f64
}
