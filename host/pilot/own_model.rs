//! Pilots for models of one's own.

use particle_pilot_kernels::model::{Draws, LaneModel, Model, Vector, Visitor, lift};

use super::Pilot;
use crate::control_vector::ControlVector;
use crate::engine::{Engine, MakeEngine};
use crate::error::PilotError;
use crate::planners::planner::{dimensions, scores};
use crate::settings::{ActionKind, PilotConfig};
use crate::simd::Simd;

impl Pilot {
    /// A pilot for a model of one's own, on any device. What there is to choose from is the model's to say, not
    /// `config.action`'s.
    ///
    /// # Errors
    /// [`PilotError`] if a setting is out of range or the device cannot be used, and [`PilotError::Actions`] if nothing can be
    /// chosen from the model's actions.
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
        Self::with_model_and_simd(config, model, Simd::select()?)
    }

    /// As [`Pilot::with_model`], with these vector instructions, whatever the environment variable `PILOT_SIMD` says.
    /// They change no decision, only how fast the CPU arrives at it.
    ///
    /// # Errors
    /// As [`Pilot::with_model`], and [`SimdError::Lacking`](crate::backend::SimdError::Lacking) if this CPU lacks them.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::kernels::problems::Pendulum;
    /// use particle_pilot::{Pilot, PilotConfig, Simd};
    /// let (config, model) = (PilotConfig::default(), Pendulum::default());
    /// let expected = Pilot::with_model(config.clone(), model)?.act(&[3.0, 0.1])?;
    /// for simd in Simd::available() {
    ///     assert_eq!(Pilot::with_model_and_simd(config.clone(), model, simd)?.act(&[3.0, 0.1])?, expected);
    /// }
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn with_model_and_simd<const N: usize, const M: usize, T: Model<N, M>>(
        config: PilotConfig,
        model: T,
        simd: Simd,
    ) -> Result<Self, PilotError> {
        simd.require()?;
        let config = PilotConfig { action: ActionKind::of(&model.actions()), ..config };
        lift(model, Make { config, simd })?
    }

    /// Plans with another model of the same type from the next decision on. The plan so far is kept, as shares of what
    /// there is to choose from: with another box its controls change in proportion. Three choices may become four, five
    /// to eight any of these.
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
        lift(model, Replace(&mut *self.engine))?
    }

    /// A pilot for a model that is arranged for vector lanes by hand.
    ///
    /// # Errors
    /// [`PilotError`] if a setting is out of range or the device cannot be used, and [`PilotError::Unsupported`] if
    /// `config.action` is not what the model [draws](LaneModel::DRAWS) (scores are discrete), or if actions are discrete but not
    /// scores, and controls have several dimensions.
    pub fn with_lane_model<M: LaneModel>(
        config: PilotConfig,
        model: M,
    ) -> Result<Self, PilotError> {
        Self::of_lane_model(config, model, Simd::select()?)
    }

    /// With vector instructions that this CPU has.
    fn of_lane_model<M: LaneModel>(
        config: PilotConfig,
        model: M,
        simd: Simd,
    ) -> Result<Self, PilotError> {
        config.validate()?;
        require_controls::<M>(&config)?;
        let made = MakeEngine { config: &config, simd, stream: None }.visit(model)?;
        Ok(Self::with_engine(config, None, simd, made))
    }
}

/// Makes a pilot.
struct Make {
    config: PilotConfig,
    simd: Simd,
}

impl Visitor for Make {
    type Output = Result<Pilot, PilotError>;

    fn visit<M: LaneModel>(self, model: M) -> Result<Pilot, PilotError> {
        Pilot::of_lane_model(self.config, model, self.simd)
    }
}

/// Has an engine plan with another model.
struct Replace<'a>(&'a mut dyn Engine);

impl Visitor for Replace<'_> {
    type Output = Result<(), PilotError>;

    fn visit<M: LaneModel>(self, model: M) -> Result<(), PilotError> {
        match self.0.set_model(&model)? {
            true => Ok(()),
            false => {
                let reason = "this pilot plans with a model of another type, or of a number of choices that is drawn \
                              otherwise: 2, 3 and 4, or 5 to 8";
                Err(PilotError::Unsupported(reason.into()))
            }
        }
    }
}

/// Refuses what draws other controls than a model wants.
pub(crate) fn require_controls<M: LaneModel>(config: &PilotConfig) -> Result<(), PilotError> {
    const {
        let most = ControlVector::MOST;
        let dimensions = <M::Control<f32> as Vector<f32>>::LEN;
        assert!(!scores::<M>() || dimensions >= 2, "a score is for one of several choices");
        assert!(M::ACTION_DIM >= 1 && M::ACTION_DIM <= most, "an action has 1 to 8 numbers");
        assert!(dimensions >= 1 && dimensions <= most, "a control has 1 to 8 dimensions");
    }
    let kind = match M::DRAWS {
        Draws::Either => config.action,
        Draws::Numbers => ActionKind::Continuous,
        Draws::Sides | Draws::Scores => ActionKind::Discrete,
    };
    if config.action != kind {
        let reason = format!("this model's actions are {kind}, not {}", config.action);
        return Err(PilotError::Unsupported(reason));
    }
    let dimensions = dimensions::<M>();
    config.tuning.noise_scale.require(if scores::<M>() { 1 } else { dimensions })?;
    if dimensions > 1 && kind == ActionKind::Discrete && !scores::<M>() {
        let reason = format!("discrete actions are drawn in one dimension, not {dimensions}");
        return Err(PilotError::Unsupported(reason));
    }
    Ok(())
}
