//! The pilot: planner, model and backend in a closed loop.

use std::sync::Arc;

use particle_pilot_kernels::math::NARROW_LIMIT;
use particle_pilot_kernels::model::{CartPole, Model};

use crate::backend::cpu::Pool;
use crate::backend::{BackendError, Device, Simd};
use crate::config::{ActionKind, PilotConfig};
use crate::decision::{Action, Decision, Diagnostics};
use crate::env::Integrator;
use crate::error::PilotError;
use crate::planners::{self, Problem, Request};

/// Plans before every action: give it the state, it answers with what to do.
///
/// A pilot remembers its last plan and starts the next one from it, so use one pilot for one
/// episode at a time, and [`Pilot::reset`] between episodes.
///
/// # Examples
/// ```
/// use particle_pilot::{Action, Pilot, PilotConfig};
/// let mut pilot = Pilot::new(PilotConfig::default())?;
/// let leaning_right = pilot.act(&[0.0, 0.0, 0.1, 0.3])?;
/// assert_eq!(leaning_right.action, Action::Discrete(1));
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
pub struct Pilot {
    config: PilotConfig,
    simd: Simd,
    engine: Box<dyn Engine>,
    decision: u32,
    /// The state as particles start from it.
    state: Vec<f32>,
}

/// One planner for one model on one device, with the type of the model erased.
trait Engine: Send {
    fn pool(&self) -> Arc<Pool>;
    fn plan(&mut self, state: &[f32], seed: u64, decision: u32) -> (f64, Diagnostics);
    fn forget(&mut self);
}

/// The engine that runs particles on the CPU.
struct CpuEngine<M: Model> {
    problem: Problem<M>,
    pool: Arc<Pool>,
    planner: Box<dyn planners::Planner<M>>,
}

impl<M: Model> Engine for CpuEngine<M> {
    fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool)
    }

    fn plan(&mut self, state: &[f32], seed: u64, decision: u32) -> (f64, Diagnostics) {
        let request = Request { pool: &self.pool, state, seed, decision };
        self.planner.plan(&self.problem, &request)
    }

    fn forget(&mut self) {
        self.planner.forget();
    }
}

impl Pilot {
    /// A pilot for the cart-pole of `config`.
    ///
    /// # Errors
    /// [`PilotError`] if a setting is out of range or the device cannot be used.
    pub fn new(config: PilotConfig) -> Result<Self, PilotError> {
        let (physics, cost) = (config.physics, config.cost);
        let plain = physics.integrator == Integrator::Euler
            && physics.theta_threshold_radians <= NARROW_LIMIT;
        if plain {
            Self::with_model(config, CartPole::<false>::new(&physics, &cost)?)
        } else {
            Self::with_model(config, CartPole::<true>::new(&physics, &cost)?)
        }
    }

    /// A pilot for a model of one's own; `config.physics` and `config.cost` are then not used.
    ///
    /// # Errors
    /// [`PilotError`] if a setting is out of range or the device cannot be used.
    pub fn with_model<M: Model>(config: PilotConfig, model: M) -> Result<Self, PilotError> {
        config.validate()?;
        if let Device::Cuda(index) = config.device {
            return Err(BackendError::NoGpuBackend(index).into());
        }
        let simd = Simd::select()?;
        let proof = simd.detect().expect("selected from what is available");
        let problem =
            Problem { model, simd: proof, particles: config.particles, horizon: config.horizon };
        let planner = planners::create(&problem, &config);
        let pool = Arc::new(Pool::new(config.resolved_threads())?);
        Ok(Self {
            config,
            simd,
            engine: Box::new(CpuEngine { problem, pool, planner }),
            decision: 0,
            state: vec![0.0; M::DIM],
        })
    }

    /// Decides what to do in `state`, in the model's units; for cart-pole
    /// `[x m, x_dot m/s, theta rad, theta_dot rad/s]`.
    ///
    /// # Errors
    /// [`PilotError::StateLength`] or [`PilotError::StateNotFinite`]; the pilot is then as before.
    pub fn act(&mut self, state: &[f64]) -> Result<Decision, PilotError> {
        let required = self.state.len();
        if state.len() != required {
            return Err(PilotError::StateLength { given: state.len(), required });
        }
        for (index, (&value, single)) in state.iter().zip(&mut self.state).enumerate() {
            *single = value as f32;
            if !single.is_finite() {
                return Err(PilotError::StateNotFinite { index, value });
            }
        }
        let (control, diagnostics) = self.engine.plan(&self.state, self.config.seed, self.decision);
        self.decision = self.decision.wrapping_add(1);
        let action = match self.config.action {
            ActionKind::Discrete => Action::Discrete(u32::from(control > 0.0)),
            ActionKind::Continuous => Action::Force(control),
        };
        Ok(Decision { action, diagnostics })
    }

    /// Runs `work`, such as a whole closed loop, on the pilot's own threads.
    ///
    /// Decisions give the same bits there, but start sooner: work need not be handed to other threads
    /// first, nor waited for that they have not begun.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{Pilot, PilotConfig};
    /// let mut pilot = Pilot::new(PilotConfig::default())?;
    /// let decision = pilot.on_own_threads(|pilot| pilot.act(&[0.0, 0.0, 0.1, 0.3]))?;
    /// assert!(decision.diagnostics.dead_share < 1.0);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn on_own_threads<R: Send>(&mut self, work: impl FnOnce(&mut Self) -> R + Send) -> R {
        self.engine.pool().enter(|| work(self))
    }

    /// Forgets the last plan and starts again from the first decision, with this seed.
    pub fn reset(&mut self, seed: u64) {
        self.config.seed = seed;
        self.decision = 0;
        self.engine.forget();
    }

    /// What the pilot was asked to be.
    #[must_use]
    pub fn config(&self) -> &PilotConfig {
        &self.config
    }

    /// The device in use, as users name it.
    #[must_use]
    pub fn device(&self) -> String {
        "cpu".into()
    }

    /// The vector instructions in use.
    #[must_use]
    pub fn simd(&self) -> Simd {
        self.simd
    }

    /// The threads in use.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.engine.pool().threads()
    }
}
