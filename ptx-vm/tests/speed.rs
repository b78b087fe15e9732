//! How fast kernels run. Prints thread instructions per second on one CPU thread:
//! `cargo test --release -p ptx-vm --test speed -- --ignored --nocapture`.

mod common;

use std::time::Instant;

use common::Device;

#[test]
#[ignore = "a measurement"]
fn speed() {
    let device = Device::new(include_str!("kernels.ptx"));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let out = device.upload(&vec![0; 64 * 64 * 4]);
    for (kernel, steps) in [("speed_float", 2000), ("speed_integer", 200), ("speed_memory", 500)] {
        let parameters = [steps, out];
        let start = Instant::now();
        let statistics = pool
            .install(|| device.run(kernel, 64, 64, &parameters))
            .unwrap_or_else(|f| panic!("{f}"));
        let seconds = start.elapsed().as_secs_f64();
        let rate = statistics.thread_instructions as f64 / seconds;
        println!(
            "{kernel}: {:.2e} thread instructions, {rate:.2e} per second",
            statistics.thread_instructions as f64
        );
    }
    let start = Instant::now();
    for seed in 0..1000 {
        pool.install(|| device.run("philox", 4, 128, &[seed, out])).unwrap();
    }
    println!("launches: {:.0} microseconds each", start.elapsed().as_secs_f64() * 1e3);
}
