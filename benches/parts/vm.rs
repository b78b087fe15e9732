//! Thread instructions that ptx-vm executes, on one CPU thread.

use std::sync::Arc;

use criterion::{Criterion, Throughput};
use ptx_vm::{Launch, Loaded, Memory, Module, Statistics};

/// Kernels for ptx-vm's own tests.
const PTX: &str = include_str!("../../ptx-vm/tests/kernels.ptx");
const BLOCKS: u32 = 64;
const THREADS: u32 = 64;

/// A device with those kernels and a buffer.
struct Device {
    loaded: Loaded,
    out: u64,
}

impl Device {
    fn new() -> Self {
        let memory = Arc::new(Memory::new(1 << 20));
        let out = memory.allocate(u64::from(BLOCKS * THREADS * 4)).expect("it fits");
        let module = Arc::new(Module::parse(PTX).expect("the tests parse it too"));
        Self { loaded: Loaded::new(module, memory).expect("it fits"), out }
    }

    /// Runs a kernel that takes a number and the buffer.
    fn run(&self, kernel: &str, number: u64, [blocks, threads]: [u32; 2]) -> Statistics {
        let launch = Launch {
            grid: [blocks, 1, 1],
            block: [threads, 1, 1],
            dynamic_shared_bytes: 0,
            cooperative: false,
        };
        let places = self.loaded.module().parameters(kernel).expect("the kernel is there");
        let mut bytes = vec![0; places.last().map_or(0, |last| last.offset + last.size)];
        for (place, value) in places.iter().zip([number, self.out]) {
            bytes[place.offset..][..place.size].copy_from_slice(&value.to_le_bytes()[..place.size]);
        }
        self.loaded.run(kernel, &launch, &bytes).expect("the kernel commits no fault")
    }
}

pub fn all(criterion: &mut Criterion) {
    let device = Device::new();
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let mut group = criterion.benchmark_group("ptx-vm");
    for (kernel, steps) in [("speed_float", 200), ("speed_integer", 20), ("speed_memory", 50)] {
        let run = || device.run(kernel, steps, [BLOCKS, THREADS]);
        let instructions = one_thread.install(run).thread_instructions;
        group.throughput(Throughput::Elements(instructions));
        group.bench_function(kernel, |bencher| one_thread.install(|| bencher.iter(run)));
    }
    group.throughput(Throughput::Elements(1));
    group.bench_function("launch", |bencher| {
        one_thread.install(|| bencher.iter(|| device.run("philox", 1, [1, 32])));
    });
    group.finish();
}
