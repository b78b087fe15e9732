//! Pilots as plain data, for pickle and copy.

use numpy::{PyArray1, PyArray2, PyArrayMethods, PyUntypedArrayMethods};
use particle_pilot::{BatchState, Carried, Pilot, PilotBatch, PilotError, PilotState};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::settings::Asked;

/// What a pilot carries to its next decision, and what the rows of its batch do.
pub struct Saved {
    pilot: PilotState,
    rows: Option<BatchState>,
}

impl Saved {
    /// Of a pilot as it now is.
    ///
    /// # Errors
    /// [`PilotError`] if a GPU fails.
    pub fn of(pilot: &Pilot, batch: Option<&PilotBatch>) -> Result<Self, PilotError> {
        Ok(Self { pilot: pilot.save()?, rows: batch.map(PilotBatch::save).transpose()? })
    }

    /// As Python keeps it, by the names that [`Saved::read`] knows. The configuration goes another way.
    pub fn dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let PilotState { version, carried, .. } = &self.pilot;
        let dict = PyDict::new(py);
        dict.set_item("version", version)?;
        dict.set_item("seed", carried.seed)?;
        dict.set_item("decision", carried.decision)?;
        dict.set_item("plan", PyArray1::from_slice(py, &carried.plan))?;
        if let Some(BatchState { rows, .. }) = &self.rows {
            // Of those that have kept no futures yet, some planners have less; NaN is no number of a plan.
            let width = rows.iter().map(|row| row.plan.len()).max().unwrap_or(0);
            let mut plans = vec![f64::NAN; rows.len() * width];
            for (row, to) in rows.iter().zip(plans.chunks_mut(width.max(1))) {
                to[..row.plan.len()].copy_from_slice(&row.plan);
            }
            let plans = PyArray1::from_vec(py, plans).reshape([rows.len(), width])?;
            let batch = PyDict::new(py);
            batch.set_item("seeds", PyArray1::from_iter(py, rows.iter().map(|row| row.seed)))?;
            let decisions = rows.iter().map(|row| row.decision);
            batch.set_item("decisions", PyArray1::from_iter(py, decisions))?;
            batch.set_item("plans", plans)?;
            dict.set_item("rows", batch)?;
        }
        Ok(dict)
    }

    /// What [`Saved::dict`] has made of a pilot that was asked to be so.
    ///
    /// # Errors
    /// `ValueError`, `TypeError` or `KeyError` for what it cannot have made.
    pub fn read(dict: &Bound<'_, PyDict>, asked: &Asked) -> PyResult<Self> {
        let get = |name: &str| dict.as_any().get_item(name);
        let version = get("version")?.extract()?;
        let plan = get("plan")?.cast_into::<PyArray1<f64>>()?.to_vec()?;
        let (seed, decision) = (get("seed")?.extract()?, get("decision")?.extract()?);
        let carried = Carried { seed, decision, plan };
        let (config, problem) = (asked.config.clone(), Some(asked.problem.into()));
        let rows = match dict.get_item("rows")? {
            Some(rows) => {
                let (config, problem, rows) = (config.clone(), problem.clone(), read_rows(&rows)?);
                Some(BatchState { version, config, problem, rows })
            }
            None => None,
        };
        let pilot = PilotState { version, config, problem, carried };
        Ok(Self { pilot, rows })
    }

    /// Has `pilot` go on from here, with the batch that there was.
    ///
    /// # Errors
    /// [`PilotError::State`] for a state of another pilot; this one is then as before.
    pub fn load(&self, pilot: &mut Pilot) -> Result<Option<(PilotBatch, usize)>, PilotError> {
        let batch = self.rows.as_ref().map(PilotBatch::resume).transpose()?;
        pilot.load(&self.pilot)?;
        Ok(batch.zip(self.rows.as_ref().map(|rows| rows.rows.len())))
    }
}

fn read_rows(rows: &Bound<'_, PyAny>) -> PyResult<Vec<Carried>> {
    let seeds = rows.get_item("seeds")?.cast_into::<PyArray1<u64>>()?.to_vec()?;
    let decisions = rows.get_item("decisions")?.cast_into::<PyArray1<u32>>()?.to_vec()?;
    let plans = rows.get_item("plans")?.cast_into::<PyArray2<f64>>()?;
    let (count, width) = (plans.shape()[0], plans.shape()[1]);
    if (seeds.len(), decisions.len()) != (count, count) {
        let why = "a pilot's state has not as many seeds, decisions and plans";
        return Err(PyValueError::new_err(why));
    }
    let plans = plans.to_vec()?;
    let carried = |row: usize| Carried {
        seed: seeds[row],
        decision: decisions[row],
        plan: {
            // What makes rows equally long is at their ends; anything else that is no number is the pilot's to refuse.
            let plan = &plans[row * width..][..width];
            let len = plan.iter().rposition(|number| !number.is_nan()).map_or(0, |last| last + 1);
            plan[..len].to_vec()
        },
    };
    Ok((0..count).map(carried).collect())
}
