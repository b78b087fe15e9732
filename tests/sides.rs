//! No planner prefers a side: neither in one decision about an upright pole, nor over whole episodes, whatever the number of
//! particles and of elites. The cart-pole is its own mirror image, so that any preference is the planner's.

use std::ops::ControlFlow;

use particle_pilot::{
    Action, ActionKind, CartPoleProblem, Device, Episode, Evaluation, Pilot, PilotConfig,
    PlannerKind, Tuning,
};

fn config(planner: PlannerKind, action: ActionKind, particles: u32) -> PilotConfig {
    let device = Device::Cpu;
    PilotConfig { action, particles, device, threads: 1, ..PilotConfig::of(planner) }
}

#[test]
fn an_upright_pole_is_pushed_to_either_side_equally_often() {
    for (planner, _) in PlannerKind::ALL {
        for action in [ActionKind::Discrete, ActionKind::Continuous] {
            for particles in [1, 2, 7, 50, 51, 128, 129] {
                let mut pilot =
                    Pilot::new(config(*planner, action, particles), CartPoleProblem::default())
                        .expect("valid");
                let mut right = 0;
                for seed in 0..400 {
                    pilot.reset(seed);
                    match pilot.act(&[0.0; 4]).expect("a finite state").action {
                        Action::Discrete(index) => right += 2 * index,
                        Action::Continuous(force) => right += 1 + force[0].total_cmp(&0.0) as u32,
                    }
                }
                // Six standard deviations of 400 tosses are 60; each counts for two.
                let case = format!("{planner} {action} K={particles}: {right} of 800");
                assert!((280..=520).contains(&right), "{case}");
            }
        }
    }
}

/// The mean position over the second half of episodes of 300 steps, in m, and that mean's standard error.
fn side(config: &PilotConfig, episodes: u64) -> (f64, f64) {
    const STEPS: u32 = 300;
    let mut pilot =
        Pilot::new(config.clone(), CartPoleProblem::default()).expect("a valid configuration");
    let mut means = Vec::new();
    for seed in 0..episodes {
        let (mut sum, mut count) = (0.0, 0.0);
        let episode = Episode::new().seed(seed).steps(STEPS);
        let result = episode.run_with(&mut pilot, |record| {
            if record.step >= STEPS / 2 {
                sum += record.state[0];
                count += 1.0;
            }
            ControlFlow::Continue(())
        });
        result.expect("a valid configuration");
        if count > 0.0 {
            means.push(sum / count);
        }
    }
    let count = means.len() as f64;
    assert!(count > 0.5 * episodes as f64, "most episodes get that far");
    let mean = means.iter().sum::<f64>() / count;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

#[test]
fn carts_stand_on_no_side_on_average() {
    use PlannerKind::{Cem, Fmc, Mppi, RandomShooting, Smc};
    let elites = |elite_share| Tuning { elite_share, ..Tuning::of(Cem) };
    let discrete = |planner, particles| config(planner, ActionKind::Discrete, particles);
    let mut cases = vec![
        // An elite; 3, 50, 51 and 52 of them; as many as there are particles.
        PilotConfig { tuning: elites(0.001), ..discrete(Cem, 1000) },
        discrete(Cem, 64),
        discrete(Cem, 1000),
        discrete(Cem, 1023),
        discrete(Cem, 1024),
        discrete(Cem, 1040),
        PilotConfig { tuning: elites(0.5), ..discrete(Cem, 401) },
        discrete(Mppi, 49),
        discrete(Mppi, 50),
        discrete(Mppi, 99),
        discrete(RandomShooting, 255),
        discrete(RandomShooting, 256),
        discrete(Smc, 101),
        discrete(Smc, 128),
        discrete(Fmc, 127),
        discrete(Fmc, 128),
    ];
    for planner in [Cem, Mppi, RandomShooting, Smc] {
        cases.push(config(planner, ActionKind::Continuous, 101));
    }
    for config in cases {
        let (mean, error) = side(&config, 80);
        let (planner, action, particles) = (config.planner, config.action, config.particles);
        println!("{planner} {action} K={particles}: {mean:+.3} +- {error:.3} m");
        // The preference that this test was written for was 0.25 to 0.43 m, 7 to 22 standard errors.
        assert!(mean.abs() < 4.5 * error, "{planner} {action} K={particles}: {mean} +- {error} m");
    }
}

#[test]
fn more_particles_never_make_the_default_planner_lose_more() {
    const EPISODES: u32 = 60;
    let survived = |particles| {
        let config = PilotConfig { particles, device: Device::Cpu, ..PilotConfig::default() };
        let result = Evaluation::new(config, CartPoleProblem::default())
            .episodes(EPISODES)
            .run()
            .expect("valid");
        println!("K={particles}: {} of {EPISODES}", result.survived);
        result.survived
    };
    let mut most = 0;
    // Odd and even numbers of elites, and just below and above where that number changes.
    for particles in
        [40, 41, 49, 50, 64, 65, 99, 100, 128, 200, 256, 280, 300, 310, 350, 512, 1024, 2048, 4096]
    {
        let now = survived(particles);
        most = most.max(now);
        // Of 60 episodes with 95%, two standard deviations are 3.4.
        assert!(now + 5 >= most, "K={particles}: {now}, with fewer particles {most}");
        assert!(now >= 51, "K={particles}: {now} of {EPISODES}");
    }
    assert_eq!(most, EPISODES);
}
