//! Micro-benchmarks of the parts, with every set of vector instructions that this CPU has.
//!
//! `cargo bench --bench parts` measures all, `cargo bench --bench parts -- rollout` those with that in their names. One
//! thread each; `bench` (docs/benchmarks.md) measures the whole.

mod math;
mod paths;
mod planners;
mod random;
mod rollout;
mod trace;
mod vm;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    math::all(&mut criterion);
    random::all(&mut criterion);
    rollout::all(&mut criterion);
    planners::all(&mut criterion);
    trace::all(&mut criterion);
    vm::all(&mut criterion);
    criterion.final_summary();
}
