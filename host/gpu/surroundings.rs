//! What is given with decisions, as a GPU has it: copied there when it has changed.

use particle_pilot_kernels::trace::Structure;

use crate::cuda::{Buffer, Gpu, GpuError, Pinned};
use crate::engine::Question;
use crate::given::Revisions;

/// What a GPU was given.
pub struct Surroundings {
    /// For models that have one.
    reference: Option<Table>,
    /// Of what is there, and of what was last on its way there.
    revisions: Revisions,
    sent: Revisions,
}

/// A table of numbers on its way to the GPU, and there.
struct Table {
    here: Pinned<f32>,
    there: Buffer<f32>,
}

impl Table {
    fn new(gpu: &Gpu, numbers: usize) -> Result<Self, GpuError> {
        Ok(Self { here: gpu.pinned(numbers)?, there: gpu.buffer(numbers)? })
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
        Ok(Self { reference, revisions, sent })
    }

    /// Starts to copy what is not there yet.
    pub fn update(&mut self, question: &Question<'_>) -> Result<(), GpuError> {
        let Question { surroundings, revisions, .. } = question;
        self.sent = *revisions;
        match &mut self.reference {
            Some(table) if revisions.reference != self.revisions.reference => {
                table.copy(surroundings.reference)
            }
            _ => Ok(()),
        }
    }

    /// Notes that what was sent has arrived: a decision's answer came after it.
    pub fn arrived(&mut self) {
        self.revisions = self.sent;
    }
}
