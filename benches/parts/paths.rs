//! One piece of work with every set of vector instructions.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Throughput};
use particle_pilot::Simd;
use particle_pilot_kernels::lanes::{LaneWork, SimdProof};

/// Measures what `work` makes anew each time, `elements` results long, as `name/INSTRUCTIONS`.
pub fn each<W: LaneWork>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    elements: u64,
    mut work: impl FnMut() -> W,
) {
    group.throughput(Throughput::Elements(elements));
    for (simd, proof) in Simd::available().into_iter().zip(SimdProof::available()) {
        group.bench_function(BenchmarkId::new(name, simd), |bencher| {
            bencher.iter(|| proof.run(work()));
        });
    }
}
