//! What has ended an episode, and where.

use particle_pilot::Ending;
use particle_pilot::env::Physics;
use pyo3::prelude::*;

use crate::observation::{self, State};
use crate::physics::Core;

/// The word where the environment ends an episode within the limits, for reasons of its own.
const TERMINATED: &str = "terminated";

/// What has ended an episode in the state `last`, in one word.
pub fn word(terminated: bool, physics: &Physics, last: &State) -> &'static str {
    match terminated {
        false => Ending::Survived.name(),
        true => Ending::beyond(physics, last).map_or(TERMINATED, Ending::name),
    }
}

/// Where the cart-pole now is: its own state, or what was last observed of it. No numbers where neither is four.
pub fn state(core: &Core<'_>, observed: &Bound<'_, PyAny>) -> State {
    core.state().or_else(|| observation::state(observed).ok()).unwrap_or([f64::NAN; 4])
}

/// `words` as an array, whose type does not depend on which they are.
pub fn array(py: Python<'_>, words: Vec<&str>) -> PyResult<Py<PyAny>> {
    let longest = TERMINATED.len().max(Ending::LeftTrack.name().len());
    let array = py.import("numpy")?.call_method1("array", (words, format!("U{longest}")))?;
    Ok(array.unbind())
}
