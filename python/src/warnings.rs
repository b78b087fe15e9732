//! What was noticed about the decisions of episodes.

use particle_pilot::report::{EpisodeWarning, EvaluationWarning};
use particle_pilot::{PilotConfig, Warning};
use pyo3::prelude::*;

use crate::record::record;

record! {
    /// A kind of warning that came in an episode.
    WarningNote from EpisodeWarning {
        /// In how many decisions it came.
        decisions: u32,
        /// The step of the first.
        first_step: u32,
        /// What that one said, and which options help.
        text: String,
    }
}

record! {
    /// A kind of warning that came in some of many episodes.
    WarningSummary from EvaluationWarning {
        /// In how many decisions it came.
        decisions: u64,
        /// In how many episodes.
        episodes: u32,
        /// The pilot's seed in the first of these.
        first_seed: u64,
        /// The step of the first decision there.
        first_step: u32,
        /// What that one said, and which options help.
        text: String,
    }
}

/// A warning in words, with the options of `config` that help against it.
pub fn advised(warning: &Warning, config: &PilotConfig) -> String {
    warning.advised(config, |name| format!("`{name}`"))
}

/// Each of `things` as an object of Python's.
///
/// # Errors
/// Those of Python, short of memory.
pub fn objects<T, R>(py: Python<'_>, things: impl IntoIterator<Item = T>) -> PyResult<Vec<Py<R>>>
where
    R: From<T> + pyo3::PyClass,
    PyClassInitializer<R>: From<R>,
{
    things.into_iter().map(|thing| Py::new(py, R::from(thing))).collect()
}
