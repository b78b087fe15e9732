//! What a pilot answers.

use numpy::{PyArray1, PyArray2, PyArray3, PyArrayMethods};
use particle_pilot::{
    Action, ActionKind, Decision as CoreDecision, Diagnostics as CoreDiagnostics, Trajectories,
};
use pyo3::prelude::*;

use crate::record::record;

record! {
    /// How the simulated futures of one decision looked.
    Diagnostics from CoreDiagnostics {
        /// The lowest cost of a future.
        best: f64,
        /// The mean cost.
        mean: f64,
        /// The standard deviation of the costs.
        spread: f64,
        /// How many futures effectively had a say: ``(sum w)^2 / sum w^2`` over their weights.
        effective_samples: f64,
        /// The share of futures that ended before the horizon, 0 to 1.
        dead_share: f64,
        /// Futures whose cost was not a finite number; each scored worst.
        non_finite: u64,
        /// How many steps the longest-lived future lasted.
        longest: u32,
        /// The horizon, in steps.
        horizon: u32,
        /// Futures in each iteration.
        particles: u64,
        /// Steps simulated, over all futures and iterations.
        particle_steps: u64,
    }
}

record! {
    /// A pilot's answer to one observation.
    Decision {
        /// What to do: 0 (left) or 1 (right), or for continuous actions a force in N.
        action: Py<PyAny>,
        /// How the futures looked from which it follows.
        diagnostics: Py<Diagnostics>,
        /// What a person should know about it, in plain words; mostly nothing.
        warnings: Vec<String>,
        /// ``float64 [horizon]``, or ``None``: the plan that the planner keeps for its next decision, as the mean
        /// force of each step in N, the next decision's step first. ``random-shooting``, ``smc`` and ``fmc`` keep
        /// none; a GPU keeps it to itself.
        plan: Option<Py<PyArray1<f64>>>,
        /// ``float32 [particles, horizon, 4]``, or ``None`` if they were not asked for: the futures that the decision
        /// follows from, those of the first iteration. The state after each step, x in m, x_dot in m/s, theta in rad,
        /// theta_dot in rad/s. Particles that have ended move on, but what they do no longer counts.
        futures: Option<Py<PyArray3<f32>>>,
        /// ``float32 [particles, horizon]``: the force of each of their steps, in N.
        future_forces: Option<Py<PyArray2<f32>>>,
        /// ``float32 [particles]``: what each future costs; 1e30 where that is no finite number.
        future_costs: Option<Py<PyArray1<f32>>>,
        /// ``uint32 [particles]``: how many steps each future lives, at most the horizon.
        future_lifetimes: Option<Py<PyArray1<u32>>>,
    }
}

/// `action` as environments take it.
pub fn action(py: Python<'_>, action: Action) -> PyResult<Py<PyAny>> {
    Ok(match action {
        Action::Discrete(index) => index.into_pyobject(py)?.into_any().unbind(),
        Action::Continuous(force) => force[0].into_pyobject(py)?.into_any().unbind(),
    })
}

/// `actions` as an array: `int64` of indices, or `float64` of forces.
pub fn actions(py: Python<'_>, kind: ActionKind, actions: &[Action]) -> Py<PyAny> {
    let index = |action: &Action| match action {
        Action::Discrete(index) => i64::from(*index),
        Action::Continuous(force) => force[0] as i64,
    };
    let newton = |action: &Action| match action {
        Action::Discrete(index) => f64::from(*index),
        Action::Continuous(force) => force[0],
    };
    match kind {
        ActionKind::Discrete => PyArray1::from_iter(py, actions.iter().map(index)).into_any(),
        ActionKind::Continuous => PyArray1::from_iter(py, actions.iter().map(newton)).into_any(),
    }
    .unbind()
}

impl Decision {
    /// `core` with what was asked for along with it.
    pub fn new(
        py: Python<'_>,
        core: &CoreDecision,
        plan: Option<Vec<f64>>,
        futures: Option<Trajectories>,
    ) -> PyResult<Self> {
        let mut decision = Self {
            action: action(py, core.action)?,
            diagnostics: Py::new(py, Diagnostics::from(core.diagnostics))?,
            warnings: core.diagnostics.warnings().map(|warning| warning.to_string()).collect(),
            plan: plan.map(|plan| PyArray1::from_vec(py, plan).unbind()),
            futures: None,
            future_forces: None,
            future_costs: None,
            future_lifetimes: None,
        };
        if let Some(record) = futures {
            let Trajectories { particles, horizon, states, actions, costs, lifetimes, .. } = record;
            // Vectors become arrays without being copied.
            let states = PyArray1::from_vec(py, states).reshape([particles, horizon, 4])?;
            let forces = PyArray1::from_vec(py, actions).reshape([particles, horizon])?;
            decision.futures = Some(states.unbind());
            decision.future_forces = Some(forces.unbind());
            decision.future_costs = Some(PyArray1::from_vec(py, costs).unbind());
            decision.future_lifetimes = Some(PyArray1::from_vec(py, lifetimes).unbind());
        }
        Ok(decision)
    }
}
