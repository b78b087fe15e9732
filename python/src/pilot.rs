//! The pilot, as Python has it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use particle_pilot::{Action, ActionKind, Pilot as CorePilot, PilotBatch, PilotConfig};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use crate::arguments::integer;
use crate::decision::{self, Decision};
use crate::errors::refusal;
use crate::fork::Birthplace;
use crate::observation::{State, state, states};
use crate::options::Options;
use crate::physics::physics_of;
use crate::{batch, settings};

/// Plans before every action: give it the observation, it answers with what to do.
///
/// A pilot remembers its last plan and starts the next one from it: use one pilot for one episode at a time, and
/// ``reset`` it between episodes. Threads may share a pilot (they take turns) or, to plan at the same time, have
/// one each: the interpreter is released while a pilot plans.
///
/// Parameters
/// ----------
/// planner : str, default "cem"
///     ``"random-shooting"``, ``"cem"``, ``"mppi"``, ``"smc"`` or ``"fmc"``.
/// particles : int, default 1024
///     Futures simulated in each iteration.
/// horizon : int, default 30
///     Steps of each future.
/// seed : int, default 0
///     Determines every random number.
/// device : str, default "auto"
///     ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``; changes no bit.
/// threads : int, default 0
///     CPU threads, 0 for one on each core; changes no bit.
/// action : str, default "discrete"
///     ``"discrete"`` for 0 and 1, ``"continuous"`` for forces in N.
/// config : path, optional
///     A file as ``pilot --print-config`` writes it; other options win over it.
/// **options
///     Physics by Gymnasium's names (``gravity``, ``masscart``, ``masspole``, ``length``, ``force_mag``, ``tau``,
///     ``theta_threshold_radians``, ``x_threshold``, ``kinematics_integrator``) or by the program's (``force``,
///     ``theta_limit_deg``, ``x_limit``, ``integrator``); cost weights ``cost_position``, ``cost_angle``,
///     ``cost_end``, ``cost_terminal_position``, ``cost_terminal_velocity``, ``cost_terminal_angle``,
///     ``cost_terminal_rate``; knobs ``iterations``, ``elite_share``, ``smoothing``, ``floor``, ``temperature``,
///     ``target_share``, ``knot_spacing``, ``interpolation``, ``noise``, ``noise_scale``, ``colour``, ``balance``.
///     ``pilot --help`` says what they mean.
///
/// Raises
/// ------
/// TypeError
///     For an option that there is not, or a value of the wrong type.
/// ValueError
///     For a value out of range.
/// DeviceError
///     If the device cannot be used.
#[pyclass(frozen, subclass, module = "particle_pilot")]
pub struct Pilot {
    inner: Mutex<Inner>,
    born: Birthplace,
    action: ActionKind,
}

struct Inner {
    pilot: CorePilot,
    /// Made by the first `act_batch`.
    batch: Option<(PilotBatch, usize)>,
}

impl Pilot {
    /// A pilot of `config`.
    ///
    /// # Errors
    /// As for the class.
    pub fn of(py: Python<'_>, config: PilotConfig) -> PyResult<Self> {
        let action = config.action;
        let pilot = py.detach(|| CorePilot::new(config)).map_err(refusal)?;
        let inner = Mutex::new(Inner { pilot, batch: None });
        Ok(Self { inner, born: Birthplace::here(), action })
    }

    /// What the pilot was asked to be.
    ///
    /// # Errors
    /// `RuntimeError` in a forked process.
    pub fn config(&self, py: Python<'_>) -> PyResult<PilotConfig> {
        self.with(py, |inner| inner.pilot.config().clone())
    }

    /// Calls `work` with the interpreter released. Never waits for the pilot while holding the interpreter, which
    /// the thread that has the pilot may need.
    fn with<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Inner) -> R + Send,
    ) -> PyResult<R> {
        self.born.check()?;
        Ok(py.detach(|| work(&mut self.lock())))
    }

    /// A pilot is as it was before when planning fails.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Pilot {
    #[new]
    #[pyo3(signature = (planner=None, **options))]
    fn new(
        py: Python<'_>,
        planner: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Self::of(py, Options::of_pilot(planner, options, None)?.config)
    }

    /// A pilot with the physics of ``env``, a Gymnasium ``CartPole-v1`` or one with other parameters.
    ///
    /// Gravity, masses, length, force, time step, thresholds and integrator are read from ``env.unwrapped``.
    /// Options are those of the class, and win over what was read.
    ///
    /// Raises
    /// ------
    /// TypeError
    ///     If ``env`` is no cart-pole; ``GymPlanner`` is for other environments.
    #[classmethod]
    #[pyo3(signature = (env, planner=None, **options))]
    fn for_env<'py>(
        class: &Bound<'py, PyType>,
        env: &Bound<'py, PyAny>,
        planner: Option<&Bound<'py, PyAny>>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let all = physics_of(env)?;
        if let Some(options) = options {
            for [ours, gymnasium] in crate::options::ALIASES {
                if options.contains(ours)? {
                    all.del_item(gymnasium)?;
                }
            }
            all.update(options.as_mapping())?;
        }
        class.call((planner,), Some(&all))
    }

    /// Decides what to do.
    ///
    /// Parameters
    /// ----------
    /// obs : array_like [4]
    ///     x in m, x_dot in m/s, theta in rad, theta_dot in rad/s. Any real numbers.
    ///
    /// Returns
    /// -------
    /// int or float
    ///     0 (left) or 1 (right); with ``action="continuous"`` a force in N.
    ///
    /// Raises
    /// ------
    /// TypeError, ValueError
    ///     If ``obs`` is not four finite numbers.
    /// DeviceError
    ///     If a GPU fails that was asked for by name.
    fn act(&self, py: Python<'_>, obs: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let state = state(obs)?;
        let decision = self.with(py, |inner| inner.pilot.act(&state))?.map_err(refusal)?;
        decision::action(py, decision.action)
    }

    /// Decides as ``act`` does, and tells how.
    ///
    /// Parameters
    /// ----------
    /// obs : array_like [4]
    ///     As for ``act``.
    /// futures : bool, default False
    ///     Also record the futures that the decision follows from, to plot them: not for ``smc`` and ``fmc``, whose
    ///     particles replace each other on the way. With several iterations (``cem``), those of the first.
    ///
    /// Returns
    /// -------
    /// Decision
    ///     With ``action``, ``diagnostics``, ``warnings``, ``plan`` and ``futures``.
    #[pyo3(signature = (obs, *, futures=false))]
    fn plan(&self, py: Python<'_>, obs: &Bound<'_, PyAny>, futures: bool) -> PyResult<Decision> {
        let state = state(obs)?;
        let answer = self.with(py, |inner| {
            let record = futures.then(|| inner.pilot.trajectories(&state)).transpose()?;
            Ok((inner.pilot.act(&state)?, inner.pilot.plan(), record))
        })?;
        let (decision, plan, record) = answer.map_err(refusal)?;
        Decision::new(py, &decision, plan, record)
    }

    /// Decides for many independent states at once, on all threads.
    ///
    /// Row ``i`` has a memory of its own and the seed ``seed + i``, and decides as a pilot of its own would.
    ///
    /// Parameters
    /// ----------
    /// obs : array_like [N, 4]
    ///     As for ``act``; ``N`` stays the same until ``reset``.
    /// restart : array_like of bool [N], optional
    ///     Rows in which a new episode begins: their plans are forgotten first.
    ///
    /// Returns
    /// -------
    /// numpy.ndarray
    ///     ``int64 [N]`` of 0 and 1; with ``action="continuous"`` ``float64 [N]`` of forces in N.
    #[pyo3(signature = (obs, *, restart=None))]
    fn act_batch(
        &self,
        py: Python<'_>,
        obs: &Bound<'_, PyAny>,
        restart: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let states: Vec<State> = states(obs)?;
        let restart = restart.map(|mask| batch::mask(mask, states.len())).transpose()?;
        let decide = |inner: &mut Inner| inner.act_batch(&states, &restart.unwrap_or_default());
        let actions = self.with(py, decide)??;
        Ok(decision::actions(py, self.action, &actions))
    }

    /// Forgets the last plan, and all rows of ``act_batch``, and starts again from the first decision.
    ///
    /// Parameters
    /// ----------
    /// seed : int, optional
    ///     The new seed; the old one if left out.
    #[pyo3(signature = (seed=None))]
    fn reset(&self, py: Python<'_>, seed: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let seed = seed.map(|seed| integer("seed", seed, u64::MAX)).transpose()?;
        self.with(py, |inner| {
            inner.batch = None;
            let seed = seed.unwrap_or(inner.pilot.config().seed);
            inner.pilot.reset(seed);
        })
    }

    /// All options in effect, by name: ``Pilot(**pilot.options)`` is the same again.
    #[getter]
    fn options<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        settings::dict(py, &self.config(py)?)
    }

    /// The seed.
    #[getter]
    fn seed(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |inner| inner.pilot.config().seed)
    }

    /// The device in use: ``"cpu"`` or ``"cuda:N"``.
    #[getter]
    fn device(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |inner| inner.pilot.device().to_string())
    }

    /// The device in use and, if it is a GPU, what it is called.
    #[getter]
    fn device_name(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |inner| inner.pilot.device_name())
    }

    /// Why no GPU is in use, or no longer, where the device was left open; else ``None``.
    #[getter]
    fn setback(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.with(py, |inner| inner.pilot.setback().map(ToString::to_string))
    }

    /// The vector instructions in use, such as ``"avx2"``.
    #[getter]
    fn simd(&self, py: Python<'_>) -> PyResult<&'static str> {
        self.with(py, |inner| inner.pilot.simd().name())
    }

    /// The CPU threads in use.
    #[getter]
    fn threads(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, |inner| inner.pilot.threads())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |inner| {
            let PilotConfig { planner, particles, horizon, seed, .. } = inner.pilot.config();
            let device = inner.pilot.device();
            format!(
                "Pilot(planner='{planner}', particles={particles}, horizon={horizon}, seed={seed}, \
                 device='{device}')"
            )
        })
    }
}

impl Inner {
    /// Decides for every row, after those of `restart` have forgotten their plans.
    fn act_batch(&mut self, states: &[State], restart: &[bool]) -> PyResult<Vec<Action>> {
        let config = self.pilot.config();
        let seed = |row: usize| config.seed.wrapping_add(row as u64);
        if let Some((_, rows)) = self.batch
            && rows != states.len()
        {
            return Err(PyValueError::new_err(format!(
                "act_batch was given {rows} observations before and {} now; reset the pilot in between",
                states.len()
            )));
        }
        let batch = match &mut self.batch {
            Some((batch, _)) => batch,
            None => {
                let seeds: Vec<u64> = (0..states.len()).map(seed).collect();
                let batch = PilotBatch::new(config, &seeds).map_err(refusal)?;
                &mut self.batch.insert((batch, states.len())).0
            }
        };
        for (row, _) in restart.iter().enumerate().filter(|(_, restart)| **restart) {
            batch.reset(row, seed(row)).map_err(refusal)?;
        }
        let decisions = batch.act(states).map_err(refusal)?;
        Ok(decisions.into_iter().map(|decision| decision.action).collect())
    }
}
