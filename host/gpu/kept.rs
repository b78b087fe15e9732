//! What one decision leaves to the next, as the host has it.
//!
//! It comes with every answer. A GPU that fails in the middle of a decision may have moved its own already: the next
//! decision begins by putting it back, so that one that failed is as if it had never been asked for.

use bytemuck::Pod;
use particle_pilot_kernels::controls::digits;
use particle_pilot_kernels::task::{MEMORY, PlannerParams, Task};

use super::schedule::Schedule;
use crate::cuda::{Buffer, GpuError};
use crate::planners::cem::discrete::are_probabilities;
use crate::planners::noise::are_controls;

/// What one decision leaves to the next.
pub struct Kept {
    /// None for planners that begin each decision anew.
    kind: Option<Kind>,
    /// The numbers of a plan alone, without controls of futures that are kept beside it.
    plan: usize,
    /// How many numbers the last decision has left: with the controls of futures or, if none have been kept yet, without.
    known: usize,
    /// What the last decision has left, as the GPU has it; empty where there is no kind.
    bytes: Vec<u8>,
    /// Whether the next decision begins with nothing known instead.
    is_fresh: bool,
    /// Whether the GPU's memory holds what the next decision begins with.
    is_there: bool,
}

/// Numbers for each step.
#[derive(Clone, Copy)]
enum Kind {
    /// `[H]`, of going right, `f64`.
    Probabilities,
    /// `[H][D]`, in the model's units, `f32`; behind it as often again as [`PlannerParams::keeps`] says.
    Controls,
}

impl Kind {
    /// The bytes of a number.
    fn size(self) -> usize {
        match self {
            Self::Probabilities => 8,
            Self::Controls => 4,
        }
    }
}

impl Kept {
    /// Nothing, yet.
    pub fn new(schedule: &Schedule) -> Self {
        let Schedule { params, buffers, .. } = schedule;
        let (kind, count) = match (buffers.probabilities, buffers.moments) {
            (true, _) => (Some(Kind::Probabilities), params.horizon),
            // Only moments of the noise move a plan.
            (false, true) => (Some(Kind::Controls), params.plan_len() * (1 + params.keeps)),
            (false, false) => (None, 0),
        };
        let bytes = vec![0; kind.map_or(0, Kind::size) * count as usize];
        let plan = (count / (1 + params.keeps)) as usize;
        Self { kind, plan, known: plan, bytes, is_fresh: true, is_there: false }
    }

    /// How many bytes of the GPU's memory hold an answer and what is left to the next decision.
    pub fn end(&self) -> usize {
        MEMORY as usize + self.bytes.len()
    }

    /// Whether the GPU's memory holds what the next decision begins with. From now on it does not, until an answer
    /// [comes](Kept::receive).
    pub fn leave(&mut self) -> bool {
        std::mem::take(&mut self.is_there)
    }

    /// Takes over what came with an answer.
    pub fn receive(&mut self, copy: &[u8]) {
        self.bytes.copy_from_slice(&copy[MEMORY as usize..]);
        self.known = self.kind.map_or(0, |kind| self.bytes.len() / kind.size());
        (self.is_fresh, self.is_there) = (false, true);
    }

    /// How many kept futures the next decision begins with, by the planner's parameters.
    pub fn follows(&self, params: &PlannerParams) -> u32 {
        if self.is_fresh || self.known == self.plan { 0 } else { params.keeps }
    }

    /// Begins with nothing known.
    pub fn reset(&mut self) {
        (self.is_fresh, self.is_there) = (true, false);
    }

    /// What the next decision begins with, as the CPU's planners have it.
    pub fn values(&self) -> Vec<f64> {
        match self.kind {
            // What the kernels write that are about to be launched.
            Some(Kind::Probabilities) if self.is_fresh => vec![0.5; self.plan],
            Some(Kind::Controls) if self.is_fresh => vec![0.0; self.plan],
            Some(Kind::Probabilities) => values(&self.bytes).collect(),
            Some(Kind::Controls) => {
                values::<f32>(&self.bytes).map(f64::from).take(self.known).collect()
            }
            None => Vec::new(),
        }
    }

    /// Takes over what another has carried; returns false, and changes nothing, where that cannot be.
    pub fn carry_on(&mut self, carried: &[f64]) -> bool {
        if carried.is_empty() {
            self.reset();
            return true;
        }
        let controls: Vec<f32> = carried.iter().map(|control| *control as f32).collect();
        let (bytes, fits): (&[u8], _) = match self.kind {
            Some(Kind::Probabilities) => {
                (bytemuck::cast_slice(carried), are_probabilities(carried))
            }
            Some(Kind::Controls) => (bytemuck::cast_slice(&controls), are_controls(carried)),
            None => (&[], carried.is_empty()),
        };
        let is_whole = bytes.len() == self.bytes.len();
        if !fits || !is_whole && carried.len() != self.plan {
            return false;
        }
        self.known = carried.len();
        self.bytes[..bytes.len()].copy_from_slice(bytes);
        (self.is_fresh, self.is_there) = (false, false);
        true
    }

    /// Writes what the next decision of row `row` of `task` begins with to the GPU's `memory`, in which nothing is known.
    pub fn put_back(
        &self,
        memory: &mut Buffer<u8>,
        task: &Task,
        row: usize,
    ) -> Result<(), GpuError> {
        let Some(kind) = self.kind.filter(|_| !self.is_fresh) else { return Ok(()) };
        let Task { layout, params, .. } = task;
        memory.upload_at(layout.answer_size as usize * row + MEMORY as usize, &self.bytes)?;
        if let Kind::Probabilities = kind {
            // Kernels begin with these, as the last decision has left them.
            let mut written = vec![[0; 8]; params.entries() as usize];
            digits(&self.values(), &mut written);
            let rest = (task.memory - task.answers) as usize + layout.size as usize * row;
            memory.upload_at(rest + layout.digits as usize, bytemuck::cast_slice(&written))?;
        }
        Ok(())
    }
}

/// The values that `bytes` are.
fn values<T: Pod>(bytes: &[u8]) -> impl Iterator<Item = T> {
    bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned)
}
