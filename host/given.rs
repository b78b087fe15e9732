//! What is given with decisions besides states: a reference along the horizon and a grid, for models that ask for them.

use std::sync::Arc;

use particle_pilot_kernels::model::{Grid, LaneModel, MOST_CELLS, Surroundings};
use particle_pilot_kernels::rollout::WORST;

/// Why something cannot be given to a pilot, or is missing.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GivenError {
    /// A reference for a model that has none.
    #[error("this model takes no reference: its `REFERENCE` is 0")]
    NoSuchReference,
    /// A decision without the reference that the model takes.
    #[error(
        "this model takes a reference, {rows} rows of {numbers} numbers, and none was given yet: give it by `set_reference`, or `set_references` of a batch"
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
    /// A grid for a model that has none.
    #[error("this model takes no grid: it does not say `GRID`")]
    NoSuchGrid,
    /// A decision without the grid that the model takes.
    #[error("this model takes a grid, and none was given yet: call set_grid first")]
    GridMissing,
    /// A grid of a size that there is not.
    #[error(
        "a grid has 1 to {MOST_CELLS} columns and as many rows, this one has {width} and {height}"
    )]
    GridSize {
        /// Its columns.
        width: usize,
        /// Its rows.
        height: usize,
    },
    /// A grid of another number of cells than its size says.
    #[error("{width} columns and {height} rows are {} cells, not {given}", width * height)]
    GridLength {
        /// How many numbers were given.
        given: usize,
        /// Its columns.
        width: usize,
        /// Its rows.
        height: usize,
    },
    /// A cell of a grid is not finite, or beyond what futures cost at most.
    #[error(
        "the grid's cell in column {column} of row {row} is {value:e}; it must be a number from -1e30 to 1e30"
    )]
    GridNotFinite {
        /// Which column, from 0.
        column: usize,
        /// Which row, from 0.
        row: usize,
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
    takes_grid: bool,
    grid: Option<Arc<OwnGrid>>,
    revisions: Revisions,
}

/// A grid that was checked.
#[derive(Debug)]
pub(crate) struct OwnGrid {
    width: usize,
    height: usize,
    cells: Vec<f32>,
}

impl OwnGrid {
    /// A copy of these cells.
    pub fn new(width: usize, height: usize, cells: &[f32]) -> Result<Self, GivenError> {
        if [width, height].iter().any(|count| !(1..=MOST_CELLS).contains(count)) {
            return Err(GivenError::GridSize { width, height });
        }
        if cells.len() != width * height {
            return Err(GivenError::GridLength { given: cells.len(), width, height });
        }
        // So that differences of two are finite as well.
        let is_wrong = |cell: &f32| cell.is_nan() || cell.abs() > WORST;
        match cells.iter().position(is_wrong) {
            None => Ok(Self { width, height, cells: cells.to_vec() }),
            Some(place) => Err(GivenError::GridNotFinite {
                column: place % width,
                row: place / width,
                value: cells[place],
            }),
        }
    }
}

/// How often what is given has changed: 0 where nothing was given yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Revisions {
    pub reference: u64,
    pub grid: u64,
}

impl Given {
    /// Nothing yet, for a model that looks ahead so many steps.
    pub fn to<M: LaneModel>(horizon: u32) -> Self {
        let (rows, numbers) = (horizon as usize + 1, M::REFERENCE);
        Self { rows, numbers, takes_grid: M::GRID, ..Self::default() }
    }

    /// Refuses to decide without what the model takes.
    pub fn check(&self) -> Result<(), GivenError> {
        let Self { rows, numbers, .. } = *self;
        if numbers > 0 && self.reference.is_empty() {
            return Err(GivenError::ReferenceMissing { rows, numbers });
        }
        match self.takes_grid && self.grid.is_none() {
            true => Err(GivenError::GridMissing),
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

    /// Refuses any grid where the model takes none.
    pub fn require_grid(&self) -> Result<(), GivenError> {
        if self.takes_grid { Ok(()) } else { Err(GivenError::NoSuchGrid) }
    }

    /// Takes over a grid, which others may have as well, or leaves all as it was.
    pub fn set_grid(&mut self, grid: Arc<OwnGrid>) -> Result<(), GivenError> {
        self.require_grid()?;
        self.grid = Some(grid);
        self.revisions.grid += 1;
        Ok(())
    }

    /// As models see it.
    pub fn surroundings(&self) -> Surroundings<'_> {
        let grid = self.grid.as_ref().map(|grid| {
            Grid::new(grid.width, grid.height, &grid.cells).expect("checked when it was given")
        });
        Surroundings { reference: &self.reference, grid: grid.unwrap_or_default() }
    }

    /// By which one that has a copy knows whether it is the last.
    pub fn revisions(&self) -> Revisions {
        self.revisions
    }
}
