//! The pilot, as Python has it.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use particle_pilot::{Action, ActionKind, Pilot as CorePilot, PilotBatch, PilotConfig};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::arguments::integer;
use crate::decision::{self, Decision};
use crate::errors::refusal;
use crate::fork::Birthplace;
use crate::interrupt::{Stop, interruptible};
use crate::observation::{State, state, states};
use crate::options::Options;
use crate::patience::{LONG, heed, particle_steps};
use crate::physics::Core;
use crate::saved::Saved;
use crate::settings::Asked;
use crate::{batch, physics, settings};

/// Plans before every action: give it the observation, it answers with what to do.
///
/// A pilot remembers its last plan and starts the next one from it: use one pilot for one episode at a time, and
/// ``reset`` it between episodes. Threads may share a pilot (they take turns) or, to plan at the same time, have
/// one each: the interpreter is released while a pilot plans.
///
/// A pilot can be pickled and copied with all that it remembers: the copy decides on with the same bits.
///
/// Parameters
/// ----------
/// planner : str, default "cem"
///     ``"random-shooting"``, ``"cem"``, ``"mppi"``, ``"smc"``, ``"fmc"``, ``"predictive-sampling"`` or ``"icem"``: how futures turn
///     into an action.
/// particles : int, default 1024
///     Futures simulated in each iteration, 1 to 2**30 (2**24 for smc and fmc). More is steadier and slower.
/// horizon : int, default 30
///     Steps of each future, 1 to 100,000. More sees farther, but most random futures end before.
/// seed : int, default 0
///     Determines every random number, 0 to 2**64 - 1.
/// device : str, default "auto"
///     ``"auto"`` for whichever is predicted to be faster, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``; changes no bit.
/// threads : int, default 0
///     CPU threads, up to 1024; 0 for one on each core, or fewer if the system refuses so many. Changes no bit.
/// action : str, default "discrete"
///     ``"discrete"`` for 0 and 1, full force to the left or right; ``"continuous"`` for forces in N.
/// config : path, optional
///     A TOML file of options by these names, which may have ``-`` for ``_``, as the program ``pilot`` writes and
///     reads it, too; options given here win over it.
/// gravity : float, default 9.8
///     In m/s^2. This and the following are the cart-pole's physics, by the names of Gymnasium's attributes.
/// masscart : float, default 1.0
///     Mass of the cart in kg.
/// masspole : float, default 0.1
///     Mass of the pole in kg.
/// length : float, default 0.5
///     Half the pole's length in m.
/// force_mag : float, default 10.0
///     The full force of an action in N; also ``force``.
/// tau : float, default 0.02
///     Time between two states in s.
/// theta_threshold_radians : float, default 0.20943951023931953
///     Angle at which the pole counts as fallen, in rad, ``inf`` for none; also ``theta_limit_deg``, in degrees.
/// x_threshold : float, default 2.4
///     Distance at which the cart has left the track, in m, ``inf`` for none; also ``x_limit``.
/// kinematics_integrator : str, default "euler"
///     ``"euler"`` or ``"semi-implicit-euler"``: how positions advance; also ``integrator``.
/// cost_position : float, default 0.05
///     What futures cost, by which they are compared: the weight of each step's squared distance from the centre, in
///     1/m^2. All weights go from 0 to 1e9. More keeps the cart closer to the centre and lets the pole lean more.
/// cost_angle : float, default 5.0
///     Of each step's squared angle, 1/rad^2. More keeps the pole more upright.
/// cost_end : float, default 1.0
///     Of each step that a future misses because the pole fell or the cart left: the unit of all others.
/// cost_terminal_position : float, default 1.0
///     Of the last state's squared position, 1/m^2; 20 by default for random-shooting.
/// cost_terminal_velocity : float, default 1.0
///     Of the last state's squared velocity, s^2/m^2.
/// cost_terminal_angle : float, default 10.0
///     Of the last state's squared angle, 1/rad^2.
/// cost_terminal_rate : float, default 1.0
///     Of the last state's squared angular velocity, s^2/rad^2.
/// iterations : int, default 2
///     cem, icem: refits in each decision, 1 to 100. More searches deeper, at proportional cost. This and the following are
///     knobs of some planners; those that a planner does not read are warned about.
/// elite_share : float, default 0.05
///     cem, icem: the share of futures to refit to, above 0 to 1. Less converges faster and errs more.
/// smoothing : float, default 0.2
///     cem, icem: how much of the old plan stays in a refit, 0 to below 1.
/// floor : float, default 0.05
///     cem, icem: the least probability of each action at every step, 1/256 to 0.5; for continuous actions, and with icem, the least
///     deviation as a share of the full force. Nothing becomes impossible.
/// temperature : float, default 1.0
///     mppi, smc: in units of cost, 1e-9 to 1e9. More lets worse futures have a say.
/// target_share : float, default 0.0
///     mppi: choose the temperature in each decision such that the effective sample size is this share of the
///     particles, below 1; 0 for the fixed temperature.
/// knot_spacing : int, default 5
///     mppi, icem, predictive-sampling, and cem and random-shooting with continuous actions, draw noise at knots and plan between them:
///     steps between knots, 1 to 1000. More makes smoother plans of fewer numbers. 2 by default for mppi and
///     predictive-sampling, 1 for icem and random-shooting.
/// interpolation : str, default "linear"
///     The same: ``"linear"`` or ``"cubic"`` (Catmull and Rom's), how controls run between knots.
/// noise : str, default "white"
///     The same but icem: ``"white"``; ``"coloured"``, where each knot follows its neighbour; or ``"halton"``, spread evenly.
/// noise_scale : float, default 0.5
///     The same: the noise's standard deviation as a share of the full force, above 0 to 10; 1 by default for mppi,
///     icem and random-shooting.
/// colour : float, default 0.5
///     The same but icem, with coloured noise: the correlation of neighbouring knots, 0 to below 1.
/// balance : float, default 1.0
///     fmc: the score's exponent against the distance's, 0 to 10. More seeks reward, less explores.
/// noise_exponent : float, default 0.5
///     icem: beta of the noise's power spectrum ``1 / f^beta``, 0 to 4. 0 is white noise, 1 pink, 2 a random walk's.
/// kept_share : float, default 0.3
///     icem: the share of the elites that are followed again in the next iteration and decision, above 0 to 1; 64 at most.
/// sample_decay : float, default 1.25
///     icem: how many times as many futures each iteration has as the next, 1 to 10.
///
/// Raises
/// ------
/// TypeError
///     For an option that there is not, or a value of the wrong type.
/// ValueError
///     For a value out of range.
/// MemoryError
///     If the machine has not enough memory for so many particles.
/// DeviceError
///     If the device cannot be used, or the system refuses so many threads.
#[pyclass(frozen, subclass, module = "particle_pilot")]
pub struct Pilot {
    inner: Mutex<Inner>,
    born: Birthplace,
    action: ActionKind,
    /// Steps of particles that a decision takes.
    particle_steps: u64,
}

/// How to make a pilot again: what to call, with a class, no arguments and options, and what to tell it then.
type Reduced<'py> = (
    Bound<'py, PyAny>,
    (Bound<'py, PyType>, Bound<'py, PyTuple>, Bound<'py, PyDict>),
    Bound<'py, PyDict>,
);

struct Inner {
    pilot: CorePilot,
    /// Made by the first `act_batch`.
    batch: Option<(PilotBatch, usize)>,
    /// What interrupts decisions.
    flag: Arc<AtomicBool>,
}

impl Pilot {
    /// A pilot that is asked to be so.
    ///
    /// # Errors
    /// As for the class.
    pub fn of(py: Python<'_>, Asked { config, problem }: Asked) -> PyResult<Self> {
        let (action, particle_steps) = (config.action, particle_steps(&config));
        let pilot = py.detach(|| CorePilot::new(config, problem)).map_err(refusal)?;
        let inner = Mutex::new(Inner { pilot, batch: None, flag: Arc::default() });
        Ok(Self { inner, born: Birthplace::here(), action, particle_steps })
    }

    /// What the pilot was asked to be.
    ///
    /// # Errors
    /// `RuntimeError` in a forked process.
    pub fn asked(&self, py: Python<'_>) -> PyResult<Asked> {
        self.with(py, |inner| Asked::of(&inner.pilot))
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

    /// As [`Pilot::with`], for decisions about `rows` states, which Ctrl-C ends if they take long.
    fn decide<R: Send>(
        &self,
        py: Python<'_>,
        rows: usize,
        work: impl FnOnce(&mut Inner) -> R + Send,
    ) -> PyResult<R> {
        if self.particle_steps.saturating_mul(rows as u64) < LONG {
            return self.with(py, work);
        }
        self.born.check()?;
        let answer = interruptible(py, Arc::default(), |stop| {
            let mut inner = self.lock_unless(stop)?;
            // A flag for this decision alone: others, of other threads, are not to be interrupted with it.
            inner.heed(stop.flag());
            let answer = work(&mut inner);
            inner.heed(&Arc::default());
            Some(answer)
        })?;
        answer.ok_or_else(|| PyRuntimeError::new_err("interrupted before the pilot was free"))
    }

    /// The pilot once it is free, or nothing if work is to end before.
    fn lock_unless(&self, stop: &Stop) -> Option<MutexGuard<'_, Inner>> {
        loop {
            match self.inner.try_lock() {
                Ok(inner) => return Some(inner),
                Err(TryLockError::Poisoned(inner)) => return Some(inner.into_inner()),
                Err(TryLockError::WouldBlock) if stop.is_set() => return None,
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
            }
        }
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
        let options = Options::of_pilot(planner, options, None)?;
        options.warn_of_unread(py)?;
        Self::of(py, options.asked)
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
        let core = Core::of(env)?;
        let physics = core.physics()?;
        core.warn_of_stale(&physics)?;
        let all = physics::options(env.py(), physics)?;
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

    /// Decides what to do. Ctrl-C ends decisions that take long: the pilot has then not made the decision or, if Ctrl-C
    /// came just after it, made it as a whole, as where Ctrl-C comes just after the call.
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
        let decision = self.decide(py, 1, |inner| inner.pilot.act(&state))?.map_err(refusal)?;
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
    ///     particles replace each other on the way. With several iterations (``cem``, ``icem``), those of the first.
    ///
    /// Returns
    /// -------
    /// Decision
    ///     With ``action``, ``diagnostics``, ``warnings``, ``plan`` and ``futures``.
    #[pyo3(signature = (obs, futures=false))]
    fn plan(&self, py: Python<'_>, obs: &Bound<'_, PyAny>, futures: bool) -> PyResult<Decision> {
        let state = state(obs)?;
        let answer = self.decide(py, 1, |inner| {
            let record = futures.then(|| inner.pilot.trajectories(&state)).transpose()?;
            Ok((inner.pilot.act(&state)?, inner.pilot.plan(), record))
        })?;
        let (decision, plan, record) = answer.map_err(refusal)?;
        Decision::new(py, &decision, plan, record)
    }

    /// Decides for many independent states at once, on all threads.
    ///
    /// Row ``i`` has a memory of its own and the seed ``seed + i``, and decides as a pilot of its own would. A call that
    /// Ctrl-C ends has decided for none of them, or for all as with ``act``; on a GPU maybe for some: ``reset`` then.
    ///
    /// Parameters
    /// ----------
    /// obs : array_like [N, 4]
    ///     As for ``act``; ``N`` stays the same until ``reset``.
    /// restart : array_like of bool [N], optional
    ///     Rows in which a new episode begins: their plans are forgotten first, unless the call is refused or interrupted.
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
        let actions = self.decide(py, states.len(), decide)??;
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
        let seed = seed.map(|seed| integer("seed", seed, 0..=u64::MAX)).transpose()?;
        self.with(py, |inner| {
            inner.batch = None;
            let seed = seed.unwrap_or(inner.pilot.config().seed);
            inner.pilot.reset(seed);
        })
    }

    /// All options in effect, by name: ``Pilot(**pilot.options)`` is the same again.
    #[getter]
    fn options<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        settings::dict(py, &self.asked(py)?)
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

    /// Which device the pilot was given when it was made, and why, in words.
    #[getter]
    fn device_choice(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |inner| inner.pilot.device_choice().to_string())
    }

    /// Why no GPU is in use, or no longer, where the device was left open and one was, or might have been, faster; else
    /// ``None``.
    #[getter]
    fn fallback_reason(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.with(py, |inner| inner.pilot.fallback_reason().map(ToString::to_string))
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

    /// What `pickle` and `copy` need: a pilot of the same options, and what it remembers.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Reduced<'py>> {
        let (py, this) = (slf.py(), slf.get());
        let saved = this.with(py, |inner| {
            let batch = inner.batch.as_ref().map(|(batch, _)| batch);
            Saved::of(&inner.pilot, batch)
        })?;
        let state = saved.map_err(refusal)?.dict(py)?;
        if let Some(attributes) = slf.as_any().getattr_opt("__dict__")? {
            state.set_item("attributes", attributes)?;
        }
        let make = py.import("copyreg")?.getattr("__newobj_ex__")?;
        Ok((make, (slf.get_type(), PyTuple::empty(py), this.options(py)?), state))
    }

    fn __setstate__(slf: &Bound<'_, Self>, state: &Bound<'_, PyDict>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let saved = Saved::read(state, &this.asked(py)?)?;
        this.with(py, |inner| {
            inner.batch = saved.load(&mut inner.pilot)?;
            Ok(())
        })?
        .map_err(refusal)?;
        match state.get_item("attributes")? {
            Some(attributes) => {
                slf.as_any().getattr("__dict__")?.call_method1("update", (attributes,)).map(drop)
            }
            None => Ok(()),
        }
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
    /// Has decisions end once `flag` is set.
    fn heed(&mut self, flag: &Arc<AtomicBool>) {
        self.flag = Arc::clone(flag);
        heed(&mut self.pilot, flag);
    }

    /// Decides for every row, after those of `restart` have forgotten their plans, which they have not if this fails.
    fn act_batch(&mut self, states: &[State], restart: &[bool]) -> PyResult<Vec<Action>> {
        let Asked { config, problem } = Asked::of(&self.pilot);
        let seed = |row: usize| config.seed.wrapping_add(row as u64);
        if let Some((_, rows)) = self.batch
            && rows != states.len()
        {
            return Err(PyValueError::new_err(format!(
                "act_batch was given {rows} observations before and {} now; reset the pilot in between",
                states.len()
            )));
        }
        let mut new = None;
        let batch = match &mut self.batch {
            Some((batch, _)) => batch,
            None => {
                let seeds: Vec<u64> = (0..states.len()).map(seed).collect();
                let batch = PilotBatch::with_interrupt(&config, problem, &seeds, &self.flag);
                new.insert(batch.map_err(refusal)?)
            }
        };
        batch.set_interrupt(&self.flag);
        let begins = restart.iter().enumerate().filter(|(_, begins)| **begins);
        let resets: Vec<_> = begins.map(|(row, _)| (row, seed(row))).collect();
        let decisions = batch.act_after_resets(states, &resets).map_err(refusal)?;
        if let Some(batch) = new {
            self.batch = Some((batch, states.len()));
        }
        Ok(decisions.into_iter().map(|decision| decision.action).collect())
    }
}
