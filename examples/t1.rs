use particle_pilot::*;
use std::time::Instant;
fn main() {
    let th: usize = std::env::args().nth(1).map_or(1, |s| s.parse().unwrap());
    for (k, h) in [(1024u32, 50u32), (16384, 50), (1_000_000, 50)] {
        let mut p = Pilot::new(PilotConfig {
            threads: th,
            particles: k,
            horizon: h,
            ..PilotConfig::default()
        })
        .unwrap();
        let n = (20_000_000_000u64 / (k as u64 * h as u64) / 20).max(3);
        let mut ts = vec![];
        for _ in 0..n {
            let t = Instant::now();
            std::hint::black_box(p.act(&[0.01, 0.02, 0.03, -0.02]).unwrap());
            ts.push(t.elapsed().as_nanos() as f64 / 1e3);
        }
        ts.sort_by(|a, b| a.total_cmp(b));
        println!(
            "threads {th} K{k} H{h}: min {:.2}us p50 {:.2}us p90 {:.2} -> {:.3e}/s",
            ts[0],
            ts[ts.len() / 2],
            ts[ts.len() * 9 / 10],
            k as f64 * h as f64 / ts[ts.len() / 2] * 1e6
        );
    }
    let mut p = Pilot::new(PilotConfig { threads: th, ..PilotConfig::default() }).unwrap();
    for s in 0..5 {
        println!(
            "{:?}",
            Episode::new().seed(s).steps(1000).run(&mut p).map(|r| (
                r.survived,
                r.steps,
                r.wall,
                r.decision_times.p50,
                r.digest.to_string()
            ))
        );
    }
}
