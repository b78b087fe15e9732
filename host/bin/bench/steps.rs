//! Steps of environments side by side.

use anyhow::Result;
use particle_pilot::Digest;
use particle_pilot::vector::{CartPoleVector, VectorOptions};

use crate::contender::Contender;
use crate::runner::{Answer, Batch, Runner, timed};

/// Environments, and what to do in each of the steps of a run.
pub struct Steps {
    environments: CartPoleVector,
    actions: Vec<Vec<u32>>,
}

impl Steps {
    /// Vector instructions cannot be chosen here: it takes those that pilots use.
    pub fn open(count: u32, steps: u32, contender: &Contender) -> Result<Self> {
        let threads = match contender {
            Contender::Cpu { threads, .. } => *threads,
            _ => 0,
        };
        let device = contender.device();
        let options = VectorOptions { device, threads, ..VectorOptions::default() };
        let mut environments = CartPoleVector::new(count as usize, options)?;
        environments.reset(0)?;
        Ok(Self { environments, actions: actions(count, steps) })
    }

    fn go(&mut self) -> Result<()> {
        for actions in &self.actions {
            self.environments.step(actions)?;
        }
        Ok(())
    }
}

/// Left and right in no order that the poles could settle into.
fn actions(count: u32, steps: u32) -> Vec<Vec<u32>> {
    let coin = |i: u32| i.wrapping_mul(0x9e37_79b9).wrapping_add(i >> 3) >> 31;
    (0..steps).map(|step| (0..count).map(|i| coin(step * count + i)).collect()).collect()
}

impl Runner for Steps {
    fn first(&mut self) -> Result<Answer> {
        self.go()?;
        let mut digest = Digest::new();
        self.environments.states()?.iter().for_each(|state| digest.state(state));
        let particle_steps = self.environments.len() * self.actions.len();
        Ok(Answer { digest, particle_steps: particle_steps as u64 })
    }

    fn batch(&mut self, count: usize, each: bool) -> Result<Batch> {
        timed(count, each, || self.go())
    }
}
