//! Pilots that decide together on a GPU, in as many launches as one alone.

use std::ops::RangeInclusive;

use particle_pilot_kernels::model::{LaneModel, Model, Visitor, lift};

use super::Pilot;
use super::own_model::require_controls;
use crate::choice::DeviceChoice;
use crate::decision::Decision;
use crate::engine::{Made, drawn, gpu_index, require_table};
use crate::error::PilotError;
use crate::gpu::{self, Together};
use crate::planners::planner::dimensions;
use crate::problem::Problem;
use crate::settings::{ActionKind, Device, PilotConfig};
use crate::simd::Simd;

/// Pilots that decide together.
pub(crate) struct Joint {
    pub pilots: Vec<Pilot>,
    pub together: Together,
}

impl Joint {
    /// Pilots for `problem`: as many of `counts` as the GPU of `config` has memory for and as keep it busy, at least the first.
    ///
    /// # Errors
    /// As [`Pilot::new`].
    pub fn new(
        config: &PilotConfig,
        problem: Problem,
        counts: RangeInclusive<u32>,
    ) -> Result<Self, PilotError> {
        let problem = problem.settled(config.planner);
        let make = MakeJoint { config, counts };
        let joint = problem.visit(config.planner, make)??;
        let known = |pilot| Pilot { problem: Some(problem.clone()), ..pilot };
        Ok(Self { pilots: joint.pilots.into_iter().map(known).collect(), ..joint })
    }

    /// As [`Joint::new`], for a model of one's own.
    ///
    /// # Errors
    /// As [`Pilot::with_model`].
    pub fn with_model<const N: usize, const M: usize, T: Model<N, M>>(
        config: &PilotConfig,
        model: T,
        counts: RangeInclusive<u32>,
    ) -> Result<Self, PilotError> {
        let config = &PilotConfig { action: ActionKind::of(&model.actions()), ..config.clone() };
        lift(model, MakeJoint { config, counts })?
    }
}

/// Makes pilots that decide together.
struct MakeJoint<'a> {
    config: &'a PilotConfig,
    counts: RangeInclusive<u32>,
}

impl Visitor for MakeJoint<'_> {
    type Output = Result<Joint, PilotError>;

    fn visit<M: LaneModel>(self, model: M) -> Self::Output {
        let (index, simd) = (gpu_index(self.config), Simd::select()?);
        let config = PilotConfig { device: Device::Cuda(index), threads: 1, ..self.config.clone() };
        config.validate()?;
        require_controls::<M>(&config)?;
        let drawn = drawn::<M>(&config);
        require_table(&drawn, dimensions::<M>())?;
        let (engines, together) = gpu::rows(index, &drawn, model, simd, self.counts)?;
        let pilot = |engine| {
            let choice = DeviceChoice::asked(config.device);
            let made = Made::of::<M>(engine, choice, config.horizon);
            Pilot::with_engine(config.clone(), None, simd, made)
        };
        Ok(Joint { pilots: engines.into_iter().map(pilot).collect(), together })
    }
}

/// Has `pilots` decide, which decide `together`, each about its state; those that are given none wait.
///
/// # Errors
/// As [`Pilot::act`]. Where the GPU fails and where somebody has interrupted a pilot, all are as before.
pub(crate) fn act_together<'a>(
    together: &Together,
    pilots: &mut [Pilot],
    states: impl Iterator<Item = Option<&'a [f64]>>,
) -> Result<Vec<Option<Decision>>, PilotError> {
    together.begin();
    for (pilot, state) in pilots.iter_mut().zip(states) {
        let Some(state) = state else { continue };
        pilot.observe(state)?;
        let (engine, question) = pilot.ask();
        if let Some(engine) = engine.joined() {
            engine.ask(question)?;
        }
    }
    together.decide()?;
    let decision = |pilot: &mut Pilot| {
        let plan = pilot.engine.joined().map_or(Ok(None), |engine| engine.answer())?;
        plan.map(|plan| pilot.decided(plan)).transpose()
    };
    // All are counted before any that came to nothing is told of.
    let decisions: Vec<_> = pilots.iter_mut().map(decision).collect();
    decisions.into_iter().collect()
}
