//! What a pilot plans with: one planner for one model on one device, with the type of the model erased.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use particle_pilot_kernels::math::NARROW_LIMIT;
use particle_pilot_kernels::model::{CartPoleModel, Model};
use particle_pilot_kernels::population::Stop as _;

use crate::backend::cpu::{Pool, Simd, Threads};
#[cfg(all(feature = "cuda", target_os = "linux"))]
pub(crate) use crate::backend::cuda::ForeignStream;
#[cfg(all(feature = "cuda", target_os = "linux"))]
use crate::backend::cuda::{self, GpuEngine, GpuEpisodes, GpuModel};
use crate::backend::{BackendError, Device};
#[cfg(all(feature = "cuda", target_os = "linux"))]
use crate::backend::{DeviceInfo, GpuError};
use crate::config::PilotConfig;
use crate::decision::Diagnostics;
use crate::env::Integrator;
use crate::error::PilotError;
use crate::memory;
use crate::planners::noise::NoisePlan;
use crate::planners::{self, Problem, Request};
use crate::state::foreign_plan;
use crate::trajectories::Trajectories;

#[cfg(all(feature = "cuda", target_os = "linux"))]
mod gpu;

/// A control in the caller's units, and how the futures looked from which it follows.
pub(crate) type Plan = (f64, Diagnostics);

/// What an engine is asked.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    /// As particles start from it.
    pub state: &'a [f32],
    pub seed: u64,
    /// Counted from 0 at each reset.
    pub decision: u32,
    /// Set by somebody who no longer wants to know.
    pub stop: Option<&'a AtomicBool>,
}

impl<'a> Question<'a> {
    fn request(self, pool: &'a Pool) -> Request<'a> {
        let Self { state, seed, decision, stop } = self;
        Request { pool, state, seed, decision, stop, heard: AtomicBool::new(false) }
    }

    /// [`PilotError::Interrupted`] where nobody wants to know any more.
    fn go_on(&self) -> Result<(), PilotError> {
        match self.stop {
            Some(stop) if stop.load(Relaxed) => Err(PilotError::Interrupted),
            _ => Ok(()),
        }
    }
}

/// One planner for one model on one device.
pub(crate) trait Engine: Send {
    /// What to do. After an error the engine is as before.
    fn plan(&mut self, question: Question<'_>) -> Result<Plan, PilotError>;

    /// As [`Engine::plan`], with how long a GPU took by its own clock; `None` where none took part.
    fn plan_timed(
        &mut self,
        question: Question<'_>,
    ) -> Result<(Plan, Option<Duration>), PilotError> {
        Ok((self.plan(question)?, None))
    }

    /// Forgets the last plan.
    fn forget(&mut self);

    /// Keeps aside what the next decision begins with; returns false where that is not possible.
    fn keep(&mut self) -> bool {
        false
    }

    /// Takes back the decisions since [`Engine::keep`] last returned true.
    fn restore(&mut self) {}

    /// What the next decision begins with: [`Carried::plan`](crate::Carried::plan).
    fn carried(&self) -> Result<Vec<f64>, PilotError>;

    /// Takes over what another has carried. Where it is refused, nothing has changed.
    fn carry_on(&mut self, carried: &[f64]) -> Result<(), PilotError>;

    /// The futures of [`Engine::plan`]'s first iteration, in the model's units.
    fn trajectories(&self, question: Question<'_>) -> Result<Trajectories, PilotError>;

    /// The plan with which the next decision begins, `[H]` forces, where it is at hand.
    fn outlook(&self) -> Option<Vec<f64>>;

    /// The threads on which decisions start soonest.
    fn pool(&self) -> Arc<Pool>;

    /// The device, as users name it.
    fn device(&self) -> Device;

    /// The device and, if it is a GPU, what it is called.
    fn device_name(&self) -> String {
        self.device().to_string()
    }

    /// Why the engine is not, or no longer, where it would rather be.
    fn setback(&self) -> Option<&BackendError>;
}

/// The engine that runs particles on the CPU.
struct CpuEngine<M: Model> {
    problem: Problem<M>,
    pool: Arc<Pool>,
    planner: Box<dyn planners::Planner<M>>,
    setback: Option<BackendError>,
}

impl<M: Model> CpuEngine<M> {
    fn new(
        config: &PilotConfig,
        model: M,
        simd: Simd,
        setback: Option<BackendError>,
    ) -> Result<Self, PilotError> {
        let proof = simd.detect().expect("selected from what is available");
        let PilotConfig { particles, horizon, .. } = *config;
        require_memory::<M>(config, 1)?;
        let problem = Problem { model, simd: proof, particles, horizon };
        let planner = planners::create(&problem, config);
        let pool = Arc::new(Pool::new(Threads::asked(config.threads))?);
        Ok(Self { problem, pool, planner, setback })
    }
}

impl<M: Model> Engine for CpuEngine<M> {
    fn plan(&mut self, question: Question<'_>) -> Result<Plan, PilotError> {
        question.go_on()?;
        if question.stop.is_some() {
            self.planner.keep();
        }
        let request = question.request(&self.pool);
        let plan = self.planner.plan(&self.problem, &request);
        if request.is_stopped() {
            self.planner.restore();
            return Err(PilotError::Interrupted);
        }
        Ok(plan)
    }

    fn forget(&mut self) {
        self.planner.forget();
    }

    fn keep(&mut self) -> bool {
        self.planner.keep();
        true
    }

    fn restore(&mut self) {
        self.planner.restore();
    }

    fn carried(&self) -> Result<Vec<f64>, PilotError> {
        Ok(self.planner.carried())
    }

    fn carry_on(&mut self, carried: &[f64]) -> Result<(), PilotError> {
        match carried {
            [] => self.planner.forget(),
            carried if self.planner.carry_on(carried) => {}
            _ => return Err(foreign_plan(self.problem.horizon)),
        }
        Ok(())
    }

    fn trajectories(&self, question: Question<'_>) -> Result<Trajectories, PilotError> {
        let request = question.request(&self.pool);
        let record = self.planner.trajectories(&self.problem, &request);
        if request.is_stopped() {
            return Err(PilotError::Interrupted);
        }
        record.ok_or_else(no_trajectories)
    }

    fn outlook(&self) -> Option<Vec<f64>> {
        let full = self.problem.model.full_action();
        let shares = self.planner.outlook(&self.problem)?;
        Some(shares.into_iter().map(|share| share * full).collect())
    }

    fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool)
    }

    fn device(&self) -> Device {
        Device::Cpu
    }

    fn setback(&self) -> Option<&BackendError> {
        self.setback.as_ref()
    }
}

/// Refuses `pilots` pilots of `config` that this machine has no memory for.
pub(crate) fn require_memory<M: Model>(
    config: &PilotConfig,
    pilots: usize,
) -> Result<(), PilotError> {
    let what = || {
        let each = who_needs(config);
        if pilots == 1 { each } else { format!("{pilots} times {each}") }
    };
    let remedy = if pilots == 1 {
        FEWER
    } else {
        "use fewer particles, steps, or threads and states that work at the same time"
    };
    let needed = planners::memory::<M>(config).saturating_mul(pilots as u64);
    memory::require(needed, what, remedy)
}

/// Refuses what a GPU is handed ready-made, Halton's points above all, if this machine has no memory for it.
fn require_table(config: &PilotConfig) -> Result<(), PilotError> {
    memory::require(NoisePlan::memory(config), || who_needs(config), FEWER)
}

/// What needs less memory than a pilot that has none.
const FEWER: &str = "use fewer particles or steps";

/// A pilot of `config`, with the verb.
fn who_needs(config: &PilotConfig) -> String {
    let PilotConfig { planner, particles, horizon, .. } = config;
    format!("{planner} with {particles} particles x {horizon} steps needs")
}

/// Why some planners' futures cannot be shown.
fn no_trajectories() -> PilotError {
    let reason = "particles of smc and fmc replace each other on the way, so that no future is any one particle's; \
                  random-shooting, cem and mppi have trajectories";
    PilotError::Unsupported(reason.into())
}

/// The engine for `config` and a model of one's own, which only the CPU can run.
pub(crate) fn for_model<M: Model>(
    config: &PilotConfig,
    model: M,
    simd: Simd,
) -> Result<Box<dyn Engine>, PilotError> {
    let setback = match config.device {
        Device::Cpu => None,
        Device::Auto => Some(BackendError::OwnModel),
        Device::Cuda(_) => return Err(BackendError::OwnModel.into()),
    };
    Ok(Box::new(CpuEngine::new(config, model, simd, setback)?))
}

/// The cart-pole of a configuration, as particles compute it.
pub(crate) enum CartModel {
    /// As in `CartPole-v1`.
    Plain(CartPoleModel<false>),
    /// With what else may be asked for.
    General(CartPoleModel<true>),
}

impl CartModel {
    /// The cart-pole of `config`.
    pub fn of(config: &PilotConfig) -> Result<Self, PilotError> {
        let (physics, cost) = (&config.physics, &config.cost);
        let is_plain = physics.integrator == Integrator::Euler
            && physics.theta_threshold_radians <= NARROW_LIMIT;
        Ok(match is_plain {
            true => Self::Plain(CartPoleModel::new(physics, cost)?),
            false => Self::General(CartPoleModel::new(physics, cost)?),
        })
    }

    /// The strongest control, in the model's units.
    pub fn full_control(&self) -> f32 {
        match self {
            Self::Plain(model) => model.full_control(),
            Self::General(model) => model.full_control(),
        }
    }
}

/// The engine for `config` and its cart-pole; on a GPU its work goes to `stream`, if there is one given.
pub(crate) fn for_config(
    config: &PilotConfig,
    simd: Simd,
    stream: Option<ForeignStream>,
) -> Result<Box<dyn Engine>, PilotError> {
    match CartModel::of(config)? {
        CartModel::Plain(model) => for_cart_pole(config, model, simd, stream),
        CartModel::General(model) => for_cart_pole(config, model, simd, stream),
    }
}

/// Whole episodes of `config` on a GPU, and which one that is, or why not there.
#[cfg(all(feature = "cuda", target_os = "linux"))]
pub(crate) fn gpu_episodes(config: &PilotConfig) -> Result<(GpuEpisodes, DeviceInfo), PilotError> {
    let index = match config.device {
        Device::Cuda(index) => index,
        Device::Auto | Device::Cpu => 0,
    };
    let model = match CartModel::of(config)? {
        CartModel::Plain(model) => gpu::gpu_model(&model),
        CartModel::General(model) => gpu::gpu_model(&model),
    };
    require_table(config)?;
    let open = || {
        // First, since the rest takes a while where there are many points.
        let info = cuda::device(index)?;
        Ok((GpuEpisodes::new(index, config, &model)?, info))
    };
    open().map_err(|error: GpuError| BackendError::from(error).into())
}

/// The engine for `config` and a cart-pole: where the device is left open, a GPU's if there is one.
fn for_cart_pole<const GENERAL: bool>(
    config: &PilotConfig,
    model: CartPoleModel<GENERAL>,
    simd: Simd,
    stream: Option<ForeignStream>,
) -> Result<Box<dyn Engine>, PilotError> {
    let index = match config.device {
        Device::Cpu => return Ok(Box::new(CpuEngine::new(config, model, simd, None)?)),
        Device::Auto => 0,
        Device::Cuda(index) => index,
    };
    require_table(config)?;
    match gpu::engine(index, config, model, simd, stream) {
        Ok(engine) => Ok(engine),
        Err(error) if config.device == Device::Auto => {
            Ok(Box::new(CpuEngine::new(config, model, simd, Some(error))?))
        }
        Err(error) => Err(error.into()),
    }
}

/// There is none.
#[cfg(not(all(feature = "cuda", target_os = "linux")))]
pub(crate) type ForeignStream = std::convert::Infallible;

#[cfg(not(all(feature = "cuda", target_os = "linux")))]
mod gpu {
    use super::*;

    pub fn engine<const GENERAL: bool>(
        index: u32,
        _: &PilotConfig,
        _: CartPoleModel<GENERAL>,
        _: Simd,
        _: Option<ForeignStream>,
    ) -> Result<Box<dyn Engine>, BackendError> {
        Err(BackendError::NoGpuBackend(index))
    }
}
