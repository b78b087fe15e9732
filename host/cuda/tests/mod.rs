//! The device layer, against the stand-in for the driver that `ptx-vm/driver` is.
//!
//! Which driver there is and how it fails is said by variables, and a process has one driver. So
//! each test is a [`Scenario`], whose body runs in a process of its own.

mod failures;
mod hardware;
mod memory;
mod scenario;
mod use_of_it;

use bytemuck::NoUninit;
use scenario::Scenario;

use super::{Buffer, Gpu, GpuError, Grid};

/// The kernel `add`, and some that take two and three parameters.
const PTX: &str = include_str!("add.ptx");

/// What `add` takes.
#[derive(Clone, Copy, NoUninit)]
#[repr(C)]
struct Add {
    a: u64,
    b: u64,
    sum: u64,
    count: u32,
    _padding: u32,
}

/// Numbers that add up to 100, and room for the sums.
struct Numbers {
    a: Buffer<f32>,
    b: Buffer<f32>,
    sum: Buffer<f32>,
}

impl Numbers {
    fn new(gpu: &Gpu, count: usize) -> Result<Self, GpuError> {
        let a: Vec<f32> = (0..count).map(|i| i as f32 / 4.0).collect();
        let b: Vec<f32> = a.iter().map(|a| 100.0 - a).collect();
        Ok(Self { a: gpu.upload(&a)?, b: gpu.upload(&b)?, sum: gpu.zeroed(count)? })
    }

    fn argument(&self) -> Add {
        let [a, b, sum] = [&self.a, &self.b, &self.sum].map(Buffer::address);
        Add { a, b, sum, count: self.sum.len() as u32, _padding: 0 }
    }

    /// Launches `add` with enough blocks of 32 threads.
    fn add(&self, gpu: &Gpu) -> Result<(), GpuError> {
        let blocks = self.sum.len().div_ceil(32) as u32;
        // SAFETY: this is what `add` takes: three buffers of `count` values each.
        unsafe { gpu.launch(&gpu.kernel("add")?, Grid::new(blocks, 32), &self.argument()) }
    }
}

/// Adds a few numbers from beginning to end.
fn add_on(gpu: &Gpu) -> Result<Vec<f32>, GpuError> {
    let numbers = Numbers::new(gpu, 70)?;
    numbers.add(gpu)?;
    numbers.sum.download()
}

#[track_caller]
fn assert_says(error: &GpuError, needles: &[&str]) {
    let text = error.to_string();
    for needle in needles {
        assert!(text.contains(needle), "no `{needle}` in: {text}");
    }
}
