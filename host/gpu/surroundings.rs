//! What is given with decisions, as a GPU has it: copied there when it has changed.

use std::ops::Range;

use particle_pilot_kernels::model::Grid;
use particle_pilot_kernels::trace::Structure;

use crate::cuda::{Buffer, Gpu, GpuError, Pinned};
use crate::engine::Question;
use crate::given::Revisions;

/// What a GPU was given.
pub struct Surroundings {
    /// For models that have them.
    reference: Option<Table>,
    grid: Option<Table>,
    /// Of what is there, and of what was last on its way there.
    revisions: Revisions,
    sent: Revisions,
}

/// A table of numbers on its way to the GPU, and there.
struct Table {
    len: usize,
    here: Pinned<f32>,
    there: Buffer<f32>,
}

/// Where the numbers that kernels take have the grid's address and its extent.
const GRID: Range<usize> = 2..4;
const EXTENT: Range<usize> = 4..7;

impl Table {
    fn new(gpu: &Gpu, len: usize) -> Result<Self, GpuError> {
        Ok(Self { len, here: gpu.pinned(len)?, there: gpu.buffer(len)? })
    }

    /// Starts to copy `numbers` to the GPU.
    fn copy(&mut self, numbers: &[f32]) -> Result<(), GpuError> {
        self.here.slice_mut()?.copy_from_slice(numbers);
        self.there.copy_from(&self.here)
    }

    /// Where it is, as two numbers of 32 bits.
    fn address(&self) -> [f32; 2] {
        let address = self.there.address();
        [address as u32, (address >> 32) as u32].map(f32::from_bits)
    }
}

impl Surroundings {
    /// Room for what a model of this `structure` is given over `horizon` steps, of which nothing is there yet. Writes to
    /// `head` where it will be.
    pub fn new(
        gpu: &Gpu,
        structure: &Structure,
        horizon: u32,
        head: &mut [f32],
    ) -> Result<Self, GpuError> {
        let numbers = structure.reference_len() as usize * (horizon as usize + 1);
        let reference = (numbers > 0).then(|| Table::new(gpu, numbers)).transpose()?;
        if let Some(table) = &reference {
            head[..2].copy_from_slice(&table.address());
        }
        let (revisions, sent) = Default::default();
        Ok(Self { reference, grid: None, revisions, sent })
    }

    /// Starts to copy what is not there yet.
    ///
    /// * `head`: the first of the numbers that kernels take.
    pub fn update(
        &mut self,
        gpu: &Gpu,
        question: &Question<'_>,
        head: &mut [f32],
    ) -> Result<(), GpuError> {
        let Question { surroundings, revisions, .. } = question;
        self.sent = *revisions;
        match &mut self.reference {
            Some(table) if revisions.reference != self.revisions.reference => {
                table.copy(surroundings.reference)?;
            }
            _ => {}
        }
        match revisions.grid != self.revisions.grid {
            true => self.copy_grid(gpu, surroundings.grid, head),
            false => Ok(()),
        }
    }

    fn copy_grid(&mut self, gpu: &Gpu, grid: Grid<'_>, head: &mut [f32]) -> Result<(), GpuError> {
        // The one before makes room.
        let table = match self.grid.take().filter(|table| table.len == grid.cells().len()) {
            Some(table) => self.grid.insert(table),
            None => self.grid.insert(Table::new(gpu, grid.cells().len())?),
        };
        table.copy(grid.cells())?;
        head[GRID].copy_from_slice(&table.address());
        head[EXTENT].copy_from_slice(&grid.extent());
        Ok(())
    }

    /// Notes that what was sent has arrived: a decision's answer came after it.
    pub fn arrived(&mut self) {
        self.revisions = self.sent;
    }
}
