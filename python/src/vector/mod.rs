//! Environments side by side, for the package's `vector`: what is checked and converted there is plain here.

use numpy::ndarray::{ArrayView1, ArrayView2};
use numpy::{
    PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1, PyReadwriteArray2,
    PyUntypedArrayMethods,
};
use particle_pilot::Device;
use particle_pilot::env::{CartPoleOptions, Physics};
use particle_pilot::vector::{
    Autoreset, CartPoleVector, Reset, Seeds, VectorError, VectorOptions, VectorOutput,
};
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use crate::arguments::named;
use crate::errors::device_refusal;
use crate::fork::Birthplace;
use crate::physics;

mod saved;

/// `[N, 4]` observations and `[N]` rewards.
type Views<'py> = (Bound<'py, PyArray2<f32>>, Bound<'py, PyArray1<f64>>);

/// `N` cart-poles on some device. Not part of the public interface: use `CartPoleVectorEnv`.
#[pyclass(module = "particle_pilot._core")]
pub struct VectorCore {
    envs: CartPoleVector,
    birthplace: Birthplace,
}

#[pymethods]
impl VectorCore {
    /// `autoreset_mode` is a value of Gymnasium's `AutoresetMode`, `physics` has attributes of its `CartPoleEnv`.
    #[new]
    #[expect(clippy::too_many_arguments, reason = "one for each of the environment's options")]
    fn new(
        py: Python<'_>,
        num_envs: usize,
        device: &Bound<'_, PyAny>,
        threads: usize,
        autoreset_mode: &str,
        max_episode_steps: Option<u32>,
        sutton_barto_reward: bool,
        physics: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let device: Device = named("device", device)?;
        let options = VectorOptions {
            physics: read_physics(physics)?,
            episode: CartPoleOptions { sutton_barto_reward, max_episode_steps },
            autoreset: read_autoreset(autoreset_mode)?,
            device,
            threads,
        };
        let envs = py
            .detach(|| CartPoleVector::new(num_envs, options))
            .map_err(|error| refusal(py, error))?;
        Ok(Self { envs, birthplace: Birthplace::here() })
    }

    /// Where the environments are: `"cpu"`, `"cuda:0"` and so on.
    #[getter]
    fn device(&self) -> String {
        self.envs.device().to_string()
    }

    /// Why they are on the CPU although the device was left open, or `None`.
    #[getter]
    fn fallback_reason(&self) -> Option<String> {
        self.envs.fallback_reason().map(ToString::to_string)
    }

    /// Observations and rewards as of now, where they are: the next reset or step overwrites them.
    fn views<'py>(slf: Bound<'py, Self>) -> PyResult<Views<'py>> {
        let this = slf.try_borrow()?;
        let last = this.envs.last().map_err(|error| refusal(slf.py(), error))?;
        let observations = last.observations.as_flattened();
        let shape = (this.envs.len(), 4);
        let observations = ArrayView2::from_shape(shape, observations)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let rewards = ArrayView1::from(last.rewards);
        let owner = || slf.clone().into_any();
        // SAFETY: the arrays keep the environments alive, whose memory stays where it is until they are dropped. It
        // is plain numbers, so that whoever writes there deceives nobody but himself.
        Ok(unsafe {
            (
                PyArray2::borrow_from_array(&observations, owner()),
                PyArray1::borrow_from_array(&rewards, owner()),
            )
        })
    }

    /// Begins episodes, those of `mask` or all, and writes the observations of all into `observations`, if given.
    ///
    /// `seeds` count where `is_seeded`; the others draw on.
    fn reset(
        &mut self,
        py: Python<'_>,
        seeds: PyReadonlyArray1<'_, u64>,
        is_seeded: PyReadonlyArray1<'_, bool>,
        mask: Option<PyReadonlyArray1<'_, bool>>,
        bounds: Option<[f64; 2]>,
        mut observations: Option<PyReadwriteArray2<'_, f32>>,
    ) -> PyResult<()> {
        self.birthplace.check()?;
        let pairs = seeds.as_slice()?.iter().zip(is_seeded.as_slice()?);
        let seeds: Vec<Option<u64>> =
            pairs.map(|(seed, is_seeded)| is_seeded.then_some(*seed)).collect();
        let mask = mask.as_ref().map(|mask| mask.as_slice()).transpose()?;
        let count = self.envs.len();
        let target = observations.as_mut().map(|array| rows(array, count)).transpose()?;
        let envs = &mut self.envs;
        let reset = Reset { seeds: Seeds::Each(&seeds), mask, bounds };
        py.detach(|| {
            let observations = envs.reset_with(&reset)?;
            if let Some(target) = target {
                target.copy_from_slice(observations);
            }
            Ok(())
        })
        .map_err(|error| refusal(py, error))
    }

    /// Takes a step with all environments, and writes what came of it into the other arrays, where given. Returns
    /// whether any episode has ended.
    ///
    /// `last` has the last observations of episodes that ended, where new ones begin within the same step.
    #[expect(clippy::too_many_arguments, reason = "a step has as many results")]
    fn step(
        &mut self,
        py: Python<'_>,
        actions: Bound<'_, PyArray1<i64>>,
        mut observations: Option<PyReadwriteArray2<'_, f32>>,
        mut rewards: Option<PyReadwriteArray1<'_, f64>>,
        mut terminated: PyReadwriteArray1<'_, bool>,
        mut truncated: PyReadwriteArray1<'_, bool>,
        mut last: Option<PyReadwriteArray2<'_, f32>>,
    ) -> PyResult<bool> {
        self.birthplace.check()?;
        let count = self.envs.len();
        let actions = aligned(actions)?;
        let given = actions.as_slice()?;
        let observations = observations.as_mut().map(|array| rows(array, count)).transpose()?;
        let rewards = match &mut rewards {
            Some(array) => Some(entries(array.as_slice_mut()?, count)?),
            None => None,
        };
        let terminated = entries(terminated.as_slice_mut()?, count)?;
        let truncated = entries(truncated.as_slice_mut()?, count)?;
        let last = last.as_mut().map(|last| rows(last, count)).transpose()?;
        let envs = &mut self.envs;
        let output = VectorOutput {
            observations,
            rewards,
            terminated: Some(terminated),
            truncated: Some(truncated),
            final_observations: last,
        };
        py.detach(|| envs.step_into(given, output)).map_err(|error| refusal(py, error))
    }

    /// `float64 [N, 4]`: the states as of now, x in m, x_dot in m/s, theta in rad, theta_dot in rad/s.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let states = self.envs.states().map_err(|error| refusal(py, error))?;
        saved::array2(py, &states)
    }

    /// Puts every environment into its row of `states`, `[N, 4]` finite numbers. Random numbers and counts of steps
    /// stay; where an episode had ended, a new one begins in that state.
    fn set_state(&mut self, states: &Bound<'_, PyAny>) -> PyResult<()> {
        self.birthplace.check()?;
        let py = states.py();
        let states = saved::rows_of_states(states, self.envs.len())?;
        let envs = &mut self.envs;
        py.detach(|| envs.set_states(&states).map(drop)).map_err(|error| refusal(py, error))
    }

    /// What `pickle` and `copy` need: as many environments with the same options, and what they consist of.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Reduced<'py>> {
        let (py, this) = (slf.py(), slf.try_borrow()?);
        let VectorOptions { physics, episode, autoreset, device, threads } = *this.envs.options();
        let physics = physics::options(py, physics)?;
        let mode = autoreset_name(autoreset);
        let CartPoleOptions { sutton_barto_reward, max_episode_steps } = episode;
        let arguments = (
            this.envs.len(),
            device.to_string(),
            threads,
            mode,
            max_episode_steps,
            sutton_barto_reward,
            physics,
        );
        let state = this.envs.save().map_err(|error| refusal(py, error))?;
        Ok((slf.get_type(), arguments, saved::dict(py, &state)?))
    }

    fn __setstate__(&mut self, py: Python<'_>, state: &Bound<'_, PyDict>) -> PyResult<()> {
        let state = saved::read(state)?;
        self.envs.load(&state).map_err(|error| refusal(py, error))
    }
}

/// How to make environments again: what to call, with what, and what to tell them then.
type Reduced<'py> = (
    Bound<'py, PyType>,
    (usize, String, usize, &'static str, Option<u32>, bool, Bound<'py, PyDict>),
    Bound<'py, PyDict>,
);

/// `array` in a piece that can be read as it lies, copied if it is none.
fn aligned<'py>(array: Bound<'py, PyArray1<i64>>) -> PyResult<PyReadonlyArray1<'py, i64>> {
    let py = array.py();
    if let Ok(readable) = array.try_readonly()
        && readable.as_slice().is_ok()
    {
        return Ok(readable);
    }
    let requirements = (intern!(py, "C"), intern!(py, "A"));
    let numpy = py.import(intern!(py, "numpy"))?;
    let copy = numpy.call_method1(intern!(py, "require"), (array, py.None(), requirements))?;
    Ok(copy.cast_into::<PyArray1<i64>>()?.try_readonly()?)
}

/// An array's rows of four.
fn rows<'a>(
    array: &'a mut PyReadwriteArray2<'_, f32>,
    count: usize,
) -> PyResult<&'a mut [[f32; 4]]> {
    if array.shape() != [count, 4] {
        return Err(PyValueError::new_err(format!("the array must have shape ({count}, 4)")));
    }
    Ok(array.as_slice_mut()?.as_chunks_mut().0)
}

fn entries<T>(slice: &mut [T], count: usize) -> PyResult<&mut [T]> {
    if slice.len() == count {
        return Ok(slice);
    }
    Err(PyValueError::new_err(format!("the array must have {count} entries")))
}

fn read_physics(given: &Bound<'_, PyDict>) -> PyResult<Physics> {
    let mut physics = Physics::default();
    for (name, value) in given.iter() {
        let name: String = name.extract()?;
        if !physics::set(&mut physics, &name, &name, &value)? {
            let why = format!("CartPoleVectorEnv has no argument {name:?}");
            return Err(PyTypeError::new_err(why));
        }
    }
    Ok(physics)
}

/// The values of Gymnasium's `AutoresetMode`.
const AUTORESETS: [(Autoreset, &str); 3] = [
    (Autoreset::NextStep, "NextStep"),
    (Autoreset::SameStep, "SameStep"),
    (Autoreset::Disabled, "Disabled"),
];

fn read_autoreset(value: &str) -> PyResult<Autoreset> {
    let mode = AUTORESETS.iter().find(|(_, name)| *name == value);
    mode.map(|(mode, _)| *mode).ok_or_else(|| {
        PyValueError::new_err(format!(
            "autoreset_mode is {value:?}; it must be \"NextStep\", \"SameStep\" or \"Disabled\""
        ))
    })
}

fn autoreset_name(autoreset: Autoreset) -> &'static str {
    let entry = AUTORESETS.iter().find(|(mode, _)| *mode == autoreset);
    entry.map_or("NextStep", |(_, name)| *name)
}

/// What Gymnasium's users would catch.
fn refusal(py: Python<'_>, error: VectorError) -> PyErr {
    match error {
        VectorError::Backend(error) => device_refusal(error),
        VectorError::Memory(_) => PyMemoryError::new_err(error.to_string()),
        VectorError::NotReset => {
            reset_needed(py, "call reset() before step(), of all environments at first")
        }
        VectorError::Ended(index) => reset_needed(
            py,
            &format!(
                "the episode of environment {index} has ended, and AutoresetMode.DISABLED leaves resets to you: call \
                 reset(options={{\"reset_mask\": terminated | truncated}})"
            ),
        ),
        other => PyValueError::new_err(other.to_string()),
    }
}

/// `gymnasium.error.ResetNeeded`.
fn reset_needed(py: Python<'_>, message: &str) -> PyErr {
    let make = || {
        let module = py.import(intern!(py, "gymnasium.error"))?;
        module.getattr(intern!(py, "ResetNeeded"))?.call1((message,))
    };
    make().map_or_else(|error| error, PyErr::from_value)
}
