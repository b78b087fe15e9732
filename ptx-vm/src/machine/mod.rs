//! Executes decoded instructions: warps, blocks, grids.

mod access;
mod atomic;
mod block;
mod calls;
pub(crate) mod fault;
mod frame;
mod global;
mod grid;
mod lanes;
pub(crate) mod launch;
mod shadow;
mod shared;
pub(crate) mod space;
mod together;
mod warp;

use std::sync::Arc;

use crate::alu;
use crate::instruction::Code;
use crate::memory::allocation::Allocation;
use launch::Launch;

/// What all blocks of a launch share.
pub(crate) struct Context<'a> {
    pub codes: &'a [Code],
    /// The index of the kernel in `codes`.
    pub kernel: usize,
    pub launch: &'a Launch,
    pub parameters: &'a [u8],
    pub memory: Vec<Arc<Allocation>>,
    /// The address of each variable of the module in its space.
    pub addresses: Vec<u64>,
    /// Static and dynamic shared memory of a block.
    pub shared_bytes: usize,
    pub alu: alu::Run,
    /// Warp instructions that a block (of a cooperative launch: the grid) may execute.
    pub limit: u64,
}

impl Context<'_> {
    /// Threads of a block.
    pub fn threads(&self) -> u32 {
        self.launch.block.iter().product()
    }

    /// The coordinates of a thread within its block.
    pub fn thread(&self, index: u32) -> [u32; 3] {
        coordinates(u64::from(index), self.launch.block)
    }

    /// The coordinates of a block within the grid.
    pub fn block(&self, index: u64) -> [u32; 3] {
        coordinates(index, self.launch.grid)
    }
}

fn coordinates(index: u64, extent: [u32; 3]) -> [u32; 3] {
    let [x, y, _] = extent.map(u64::from);
    [(index % x) as u32, (index / x % y) as u32, (index / x / y) as u32]
}
