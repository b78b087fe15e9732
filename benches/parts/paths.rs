//! One piece of work with every set of vector instructions.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Throughput};
use particle_pilot::Simd;
use particle_pilot_kernels::lanes::{Kernel, SimdProof};

/// Measures the work that `kernel` makes anew each time, `elements` results long, as `name/INSTRUCTIONS`.
pub fn each<K: Kernel>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    elements: u64,
    mut kernel: impl FnMut() -> K,
) {
    group.throughput(Throughput::Elements(elements));
    for (simd, proof) in Simd::available().into_iter().zip(SimdProof::available()) {
        group.bench_function(BenchmarkId::new(name, simd), |bencher| {
            bencher.iter(|| proof.run(kernel()));
        });
    }
}
