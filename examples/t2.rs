use particle_pilot::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let kind: PlannerKind = a[1].parse().unwrap();
    let episodes: u32 = a[2].parse().unwrap();
    let steps: u32 = a[3].parse().unwrap();
    let mut c = PilotConfig::of(kind);
    let mut push = None;
    for kv in &a[4..] {
        let (k, v) = kv.split_once('=').unwrap();
        let f = || v.parse::<f64>().unwrap();
        match k {
            "k" => c.particles = v.parse().unwrap(),
            "h" => c.horizon = v.parse().unwrap(),
            "x" => c.cost.position = f(),
            "a" => c.cost.angle = f(),
            "e" => c.cost.end = f(),
            "tx" => c.cost.terminal_position = f(),
            "tv" => c.cost.terminal_velocity = f(),
            "ta" => c.cost.terminal_angle = f(),
            "tr" => c.cost.terminal_rate = f(),
            "T" => c.tuning.temperature = f(),
            "it" => c.tuning.iterations = v.parse().unwrap(),
            "el" => c.tuning.elite_share = f(),
            "sm" => c.tuning.smoothing = f(),
            "fl" => c.tuning.floor = f(),
            "ns" => c.tuning.noise_scale = f(),
            "ks" => c.tuning.knot_spacing = v.parse().unwrap(),
            "ts" => c.tuning.target_share = f(),
            "b" => c.tuning.balance = f(),
            "c" => c.action = ActionKind::Continuous,
            "cub" => c.tuning.interpolation = Interpolation::Cubic,
            "no" => c.tuning.noise = v.parse().unwrap(),
            "seed" => c.seed = v.parse().unwrap(),
            "push" => push = Some(v.parse().unwrap()),
            "deg" => c.physics.theta_threshold_radians = f().to_radians(),
            _ => panic!("{k}"),
        }
    }
    let r = Evaluation::new(c).episodes(episodes).steps(steps).push(push).run().unwrap();
    println!(
        "{kind} {:?}: survived {}/{} mean {:.1} min {} wall {:.2}s {:.2e}/s digest {} fail {:?}",
        &a[4..],
        r.survived,
        r.episodes,
        r.mean_steps,
        r.min_steps,
        r.wall.as_secs_f64(),
        r.particle_steps as f64 / r.wall.as_secs_f64(),
        r.digest,
        r.failures.iter().take(5).map(|f| (f.seed, f.steps)).collect::<Vec<_>>()
    );
}
