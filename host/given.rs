//! What is given with decisions besides states: a reference along the horizon, for models that ask for one.

use particle_pilot_kernels::model::{LaneModel, Surroundings};

/// Why something cannot be given to a pilot, or is missing.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GivenError {
    /// A reference for a model that has none.
    #[error("this model takes no reference: its `REFERENCE` is 0")]
    NoSuchReference,
    /// A decision without the reference that the model takes.
    #[error(
        "this model takes a reference, {rows} rows of {numbers} numbers, and none was given yet: call set_reference first"
    )]
    ReferenceMissing {
        /// The rows that it has: one more than the horizon has steps.
        rows: usize,
        /// The numbers of a row.
        numbers: usize,
    },
    /// A reference of another length.
    #[error(
        "a reference has {rows} rows of {numbers} numbers, one row more than the horizon has steps: {} in all, this one has {given}",
        rows * numbers
    )]
    ReferenceLength {
        /// How many numbers were given.
        given: usize,
        /// The rows that it should have.
        rows: usize,
        /// The numbers of a row.
        numbers: usize,
    },
    /// A reference that holds a number which is not finite.
    #[error("number {number} in row {row} of the reference is {value:e}; it must be finite")]
    ReferenceNotFinite {
        /// Which row, from 0.
        row: usize,
        /// Which number of it, from 0.
        number: usize,
        /// What it was.
        value: f32,
    },
    /// Not as many references as there are pilots.
    #[error("there are {required} pilots, and references for {given}: give each its own")]
    References {
        /// How many were given.
        given: usize,
        /// How many there should be.
        required: usize,
    },
}

/// What a model takes, and what it was given.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// The rows of a reference, and the numbers of each.
    rows: usize,
    numbers: usize,
    reference: Vec<f32>,
    revisions: Revisions,
}

/// How often what is given has changed: 0 where nothing was given yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Revisions {
    pub reference: u64,
}

impl Given {
    /// Nothing yet, for a model that looks ahead so many steps.
    pub fn to<M: LaneModel>(horizon: u32) -> Self {
        Self { rows: horizon as usize + 1, numbers: M::REFERENCE, ..Self::default() }
    }

    /// Refuses to decide without what the model takes.
    pub fn check(&self) -> Result<(), GivenError> {
        let Self { rows, numbers, .. } = *self;
        match numbers > 0 && self.reference.is_empty() {
            true => Err(GivenError::ReferenceMissing { rows, numbers }),
            false => Ok(()),
        }
    }

    /// Whether this can be the reference.
    pub fn check_reference(&self, reference: &[f32]) -> Result<(), GivenError> {
        let Self { rows, numbers, .. } = *self;
        if numbers == 0 {
            return Err(GivenError::NoSuchReference);
        }
        if reference.len() != rows * numbers {
            return Err(GivenError::ReferenceLength { given: reference.len(), rows, numbers });
        }
        match reference.iter().position(|number| !number.is_finite()) {
            None => Ok(()),
            Some(place) => Err(GivenError::ReferenceNotFinite {
                row: place / numbers,
                number: place % numbers,
                value: reference[place],
            }),
        }
    }

    /// Takes over a reference, or leaves all as it was.
    pub fn set_reference(&mut self, reference: &[f32]) -> Result<(), GivenError> {
        self.check_reference(reference)?;
        self.reference.clear();
        self.reference.extend_from_slice(reference);
        self.revisions.reference += 1;
        Ok(())
    }

    /// As models see it.
    pub fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { reference: &self.reference }
    }

    /// By which one that has a copy knows whether it is the last.
    pub fn revisions(&self) -> Revisions {
        self.revisions
    }
}
