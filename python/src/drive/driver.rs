//! A pilot for an environment as it now is.

use std::mem::replace;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use particle_pilot::env::Physics;
use particle_pilot::{ActionKind, CartPoleProblem, Pilot as CorePilot};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arguments::{warn, wrong_type};
use crate::errors::refusal;
use crate::options::Options;
use crate::patience::heed;
use crate::physics::{self, Core};
use crate::pilot::Pilot;
use crate::settings::Asked;

/// What to plan with, besides the environment's physics.
pub struct Wishes<'a, 'py> {
    /// What the pilot that was given was asked to be.
    pilot: Option<Asked>,
    settings: Option<&'a Bound<'py, PyDict>>,
    /// Whether the environment's physics count.
    of_env: bool,
}

impl<'a, 'py> Wishes<'a, 'py> {
    /// What `drive` was given.
    pub fn of(
        pilot: Option<&Bound<'py, PyAny>>,
        physics: &str,
        settings: Option<&'a Bound<'py, PyDict>>,
    ) -> PyResult<Self> {
        let of_env = match physics {
            "env" => true,
            "pilot" => false,
            _ => {
                let why = format!("physics is `{physics}`; it must be `env` or `pilot`");
                return Err(PyValueError::new_err(why));
            }
        };
        let Some(pilot) = pilot else { return Ok(Self { pilot: None, settings, of_env }) };
        let given = pilot.cast::<Pilot>().map_err(|_| wrong_type("pilot", pilot, "a Pilot"))?;
        if let Some(name) = settings.and_then(|settings| settings.keys().iter().next()) {
            return Err(PyTypeError::new_err(format!(
                "`{name}` is given along with a pilot, which has options of its own: give one or the other"
            )));
        }
        Ok(Self { pilot: Some(given.get().asked(pilot.py())?), settings, of_env })
    }

    /// The options for an environment of `physics`.
    fn options(&self, py: Python<'py>, physics: &Physics) -> PyResult<Options> {
        let of_env = self.of_env.then(|| physics::options(py, *physics)).transpose()?;
        let mut options = Options::of_pilot(None, self.settings, of_env.as_ref())?;
        if let Some(Asked { config, problem }) = &self.pilot {
            let own = options.asked.problem.physics;
            let physics = if self.of_env { own } else { problem.physics };
            let problem = CartPoleProblem { physics, ..*problem };
            options.asked = Asked { config: config.clone(), problem };
        }
        if options.asked.config.action == ActionKind::Continuous {
            let why = "action is `continuous`, but the environment's actions are 0 and 1";
            return Err(PyValueError::new_err(why));
        }
        Ok(options)
    }
}

/// A pilot for an environment as it now is.
pub struct Driver<'a, 'py> {
    pub core: &'a Core<'py>,
    wishes: Wishes<'a, 'py>,
    pub physics: Physics,
    pub pilot: CorePilot,
    /// What interrupts the pilot.
    pub flag: Arc<AtomicBool>,
    pub doubts: Doubts,
}

impl<'a, 'py> Driver<'a, 'py> {
    /// Before the first reset, so that what cannot be planned is refused at once.
    pub fn new(core: &'a Core<'py>, wishes: Wishes<'a, 'py>) -> PyResult<Self> {
        let py = core.object().py();
        let physics = core.physics()?;
        let options = wishes.options(py, &physics)?;
        options.warn_of_unread(py)?;
        core.warn_of_stale(&physics)?;
        let flag = Arc::default();
        let pilot = make(py, options.asked, &flag)?;
        Ok(Self { core, wishes, physics, pilot, flag, doubts: Doubts::default() })
    }

    /// Looks at the physics, and takes another pilot if they ask for one.
    pub fn look(&mut self) -> PyResult<()> {
        let physics = self.core.physics()?;
        if physics == self.physics {
            return Ok(());
        }
        self.core.warn_of_stale(&physics)?;
        let py = self.core.object().py();
        let asked = self.wishes.options(py, &physics)?.asked;
        let mut present = Asked::of(&self.pilot);
        present.config.seed = asked.config.seed;
        if asked != present {
            self.pilot = make(py, asked, &self.flag)?;
        }
        self.physics = physics;
        Ok(())
    }
}

fn make(py: Python<'_>, asked: Asked, flag: &Arc<AtomicBool>) -> PyResult<CorePilot> {
    let Asked { config, problem } = asked;
    let mut pilot = py.detach(|| CorePilot::new(config, problem)).map_err(refusal)?;
    heed(&mut pilot, flag);
    Ok(pilot)
}

/// What is only worth one warning each.
#[derive(Default)]
pub struct Doubts {
    has_changed: bool,
    is_strange: bool,
}

impl Doubts {
    /// Warns where physics are no longer those that an episode was planned with.
    pub fn compare(&mut self, py: Python<'_>, planned: Physics, now: Physics) -> PyResult<()> {
        if now == planned || replace(&mut self.has_changed, true) {
            return Ok(());
        }
        let (planned, now) = (physics::options(py, planned)?, physics::options(py, now)?);
        let mut changes = Vec::new();
        for (name, before) in planned.iter() {
            let after = now.as_any().get_item(&name)?;
            if !after.eq(&before)? {
                changes.push(format!("{name} from {before} to {after}"));
            }
        }
        let changes = changes.join(", ");
        let why = format!(
            "env.unwrapped has changed its physics during an episode ({changes}), but drive reads them after each \
             reset: the episode was planned with those of its beginning"
        );
        warn(py, &why)
    }

    /// Warns of what a [`Witness`](super::witness::Witness) suspects, if anything.
    pub fn suspect(&mut self, py: Python<'_>, suspicion: Option<String>) -> PyResult<()> {
        match suspicion {
            Some(why) if !replace(&mut self.is_strange, true) => warn(py, &why),
            _ => Ok(()),
        }
    }
}
