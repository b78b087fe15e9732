//! What is given with decisions, as a GPU has it: copied there when it has changed.

use std::ops::Range;

use particle_pilot_kernels::model::Grid;
use particle_pilot_kernels::trace::Structure;

use super::table::Table;
use crate::cuda::{Gpu, GpuError};
use crate::engine::Question;

/// What a GPU was given, for one decision or several that are made together: of these, each has its own reference, and all have
/// the same grid.
pub struct Surroundings {
    /// For models that have them.
    reference: Option<Table<f32>>,
    grid: Option<Table<f32>>,
    /// The revisions of what is there.
    there: Revisions,
    /// Those of what is on its way there.
    sent: Revisions,
    /// Whether references have changed here.
    is_new: bool,
}

/// Of the reference of each decision, and of the grid; 0 for what was never given.
#[derive(Clone)]
struct Revisions {
    references: Vec<u64>,
    grid: u64,
}

/// Where the numbers that kernels take have the references' address, the grid's, its extent, and how many bytes references are
/// apart.
const REFERENCE: Range<usize> = 0..2;
const GRID: Range<usize> = 2..4;
const EXTENT: Range<usize> = 4..7;
const STRIDE: usize = 7;

/// The address of a table, as two numbers of 32 bits.
fn halves(table: &Table<f32>) -> [f32; 2] {
    let address = table.address();
    [address as u32, (address >> 32) as u32].map(f32::from_bits)
}

impl Surroundings {
    /// Room for what a model of this `structure` is given over `horizon` steps for each of `count` decisions, of which nothing is
    /// there yet. Writes to `head`, the first of the numbers that kernels take, where it will be.
    pub fn new(
        gpu: &Gpu,
        structure: &Structure,
        horizon: u32,
        count: usize,
        head: &mut [f32],
    ) -> Result<Self, GpuError> {
        let numbers = structure.reference_len() as usize * (horizon as usize + 1);
        let reference = (numbers > 0).then(|| Table::new(gpu, numbers * count)).transpose()?;
        if let Some(table) = &reference {
            head[REFERENCE].copy_from_slice(&halves(table));
            head[STRIDE] = f32::from_bits((numbers * size_of::<f32>()) as u32);
        }
        let there = Revisions { references: vec![0; count], grid: 0 };
        Ok(Self { reference, grid: None, sent: there.clone(), there, is_new: false })
    }

    /// Begins with what is surely there.
    pub fn begin(&mut self) {
        self.sent.clone_from(&self.there);
        self.is_new = false;
    }

    /// Takes over what decision `index` is given, unless it is there.
    ///
    /// * `head`: the first of the numbers that kernels take.
    pub fn update(
        &mut self,
        gpu: &Gpu,
        index: usize,
        question: &Question<'_>,
        head: &mut [f32],
    ) -> Result<(), GpuError> {
        let Question { surroundings, revisions, .. } = question;
        let sent = &mut self.sent.references[index];
        match &mut self.reference {
            Some(table) if *sent != revisions.reference => {
                let numbers = surroundings.reference;
                table.write(index * numbers.len(), numbers)?;
                (*sent, self.is_new) = (revisions.reference, true);
            }
            _ => {}
        }
        if revisions.grid != self.sent.grid {
            self.copy_grid(gpu, surroundings.grid, head)?;
            self.sent.grid = revisions.grid;
        }
        Ok(())
    }

    /// Starts to copy what is not there yet.
    pub fn send(&mut self) -> Result<(), GpuError> {
        match &mut self.reference {
            Some(table) if self.is_new => table.send(),
            _ => Ok(()),
        }
    }

    fn copy_grid(&mut self, gpu: &Gpu, grid: Grid<'_>, head: &mut [f32]) -> Result<(), GpuError> {
        // The one before makes room.
        let table = match self.grid.take().filter(|table| table.len() == grid.cells().len()) {
            Some(table) => self.grid.insert(table),
            None => self.grid.insert(Table::new(gpu, grid.cells().len())?),
        };
        table.write(0, grid.cells())?;
        table.send()?;
        head[GRID].copy_from_slice(&halves(table));
        head[EXTENT].copy_from_slice(&grid.extent());
        Ok(())
    }

    /// Notes that what was sent has arrived: answers came after it.
    pub fn arrived(&mut self) {
        self.there.clone_from(&self.sent);
    }
}
