//! Pilots for models of one's own.

use particle_pilot_kernels::model::{LaneModel, Lifted, Model, Vector};

use super::Pilot;
use crate::control_vector::ControlVector;
use crate::engine;
use crate::error::PilotError;
use crate::planners::planner::dimensions;
use crate::settings::{ActionKind, PilotConfig, PlannerKind};
use crate::simd::Simd;

impl Pilot {
    /// A pilot for a model of one's own, on any device. What there is to choose from is the model's to say:
    /// `config.physics`, `config.cost` and `config.action` are not used.
    ///
    /// # Errors
    /// [`PilotError`] if a setting is out of range or the device cannot be used, [`PilotError::Actions`] if nothing can be
    /// chosen from the model's actions, and [`PilotError::Unsupported`] if the planner is `smc` or `fmc`, and they are a box
    /// of several numbers.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::kernels::model::{Actions, Model};
    /// use particle_pilot::kernels::real::Real;
    /// use particle_pilot::{Action, Pilot, PilotConfig};
    ///
    /// /// A place on a line, to be brought to `goal`, with a speed of at most 1 in either direction.
    /// #[derive(Clone, Copy)]
    /// struct Place {
    ///     goal: f32,
    /// }
    ///
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
    ///         (place - self.goal).square()
    ///     }
    /// }
    ///
    /// let mut pilot = Pilot::with_model(PilotConfig::default(), Place { goal: 3.0 })?;
    /// assert!(matches!(pilot.act(&[0.0])?.action, Action::Continuous(speed) if speed[0] > 0.0));
    /// pilot.set_model(Place { goal: -3.0 })?;
    /// pilot.reset(0);
    /// assert!(matches!(pilot.act(&[0.0])?.action, Action::Continuous(speed) if speed[0] < 0.0));
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn with_model<const N: usize, const M: usize, T: Model<N, M>>(
        config: PilotConfig,
        model: T,
    ) -> Result<Self, PilotError> {
        let action = ActionKind::of(&model.actions());
        let config = PilotConfig { action, ..config };
        match action {
            ActionKind::Discrete => {
                Self::with_lane_model(config, Lifted::<T, N, M, 1, true>::new(model)?)
            }
            ActionKind::Continuous => {
                Self::with_lane_model(config, Lifted::<T, N, M, M, false>::new(model)?)
            }
        }
    }

    /// Plans with another model of the same type from the next decision on. The plan so far is kept, as shares of what
    /// there is to choose from: with another box its controls change in proportion.
    ///
    /// # Errors
    /// [`PilotError::Actions`] if nothing can be chosen from its actions, [`PilotError::Unsupported`] if the pilot is for
    /// a model of another type or for another kind of action, [`PilotError::Backend`] if a GPU that was asked for by name
    /// cannot take it; where the device was left open, the CPU takes over. After an error the pilot is as before.
    pub fn set_model<const N: usize, const M: usize, T: Model<N, M>>(
        &mut self,
        model: T,
    ) -> Result<(), PilotError> {
        let action = ActionKind::of(&model.actions());
        if action != self.config.action {
            let reason = format!("this pilot's actions are {}, not {action}", self.config.action);
            return Err(PilotError::Unsupported(reason));
        }
        match action {
            ActionKind::Discrete => self.replace_model(Lifted::<T, N, M, 1, true>::new(model)?),
            ActionKind::Continuous => self.replace_model(Lifted::<T, N, M, M, false>::new(model)?),
        }
    }

    fn replace_model<M: LaneModel>(&mut self, model: M) -> Result<(), PilotError> {
        match self.engine.set_model(&model)? {
            true => Ok(()),
            false => {
                let reason = "this pilot plans with a model of another type";
                Err(PilotError::Unsupported(reason.into()))
            }
        }
    }

    /// A pilot for a model that is arranged for vector lanes by hand; `config.physics` and `config.cost` are
    /// then not used.
    ///
    /// # Errors
    /// [`PilotError`] if a setting is out of range or the device cannot be used, and [`PilotError::Unsupported`] if the
    /// planner is `smc` or `fmc`, or actions are discrete, and controls have several dimensions.
    pub fn with_lane_model<M: LaneModel>(
        config: PilotConfig,
        model: M,
    ) -> Result<Self, PilotError> {
        config.validate()?;
        require_dimensions::<M>(&config)?;
        let simd = Simd::select()?;
        let engine = engine::for_model(&config, model, simd, None)?;
        let state = vec![0.0; M::DIM];
        Ok(Self { config, simd, engine, decision: 0, state, interrupt: None })
    }
}

/// Refuses what draws controls of one dimension for a model that wants several.
fn require_dimensions<M: LaneModel>(config: &PilotConfig) -> Result<(), PilotError> {
    const {
        let most = ControlVector::MOST;
        let dimensions = <M::Control<f32> as Vector<f32>>::LEN;
        assert!(M::ACTION_DIM >= 1 && M::ACTION_DIM <= most, "an action has 1 to 8 numbers");
        assert!(dimensions >= 1 && dimensions <= most, "a control has 1 to 8 dimensions");
    }
    let dimensions = dimensions::<M>();
    let reason = match config.planner {
        _ if dimensions == 1 => return Ok(()),
        _ if config.action == ActionKind::Discrete => {
            format!("discrete actions are drawn in one dimension, not {dimensions}")
        }
        planner @ (PlannerKind::Smc | PlannerKind::Fmc) => format!(
            "{planner} chooses one number, and this model's actions have {dimensions}; \
             random-shooting, cem and mppi choose several"
        ),
        PlannerKind::RandomShooting | PlannerKind::Cem | PlannerKind::Mppi => return Ok(()),
    };
    Err(PilotError::Unsupported(reason))
}
