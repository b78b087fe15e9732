//! Models of `kernels::problems` against the environments that they are of; and recordings of episodes of these and others, which
//! take the same planners for the same models.

mod recording;

use std::f64::consts::{PI, TAU};
use std::ops::ControlFlow;

use particle_pilot::env::{Acrobot, Environment, Pcg64, Pendulum, PendulumParameters};
use particle_pilot::kernels::model::{Actions, Boxed, Grid, Model, Surroundings};
use particle_pilot::kernels::problems;
use particle_pilot::kernels::real::Num;
use particle_pilot::{
    Action, Device, Ending, Episode, Evaluation, Pilot, PilotConfig, PlannerKind, StepRecord,
    Tuning,
};

/// A number up to `bound` either way, in single precision.
fn number(rng: &mut Pcg64, bound: f64) -> f32 {
    rng.uniform(-bound, bound) as f32
}

fn num<const N: usize>(numbers: [f32; N]) -> [Num<f32>; N] {
    numbers.map(Num)
}

/// How far apart two angles are in rad, whatever the turns.
fn apart(a: f64, b: f64) -> f64 {
    ((a - b + PI).rem_euclid(TAU) - PI).abs()
}

/// Keeps the largest deviation of each number.
fn keep_worst<const N: usize>(worst: &mut [f64; N], off: [f64; N]) {
    for (worst, off) in worst.iter_mut().zip(off) {
        assert!(off.is_finite());
        *worst = worst.max(off.abs());
    }
}

#[test]
fn the_pendulum_steps_as_its_environment_does() {
    let (mut rng, mut worst) = (Pcg64::new(1), [0.0; 3]);
    for gravity in [10.0, 9.81] {
        let model = problems::Pendulum { gravity };
        let mut env = Pendulum::new(PendulumParameters { g: gravity.into() }).unwrap();
        for _ in 0..2000 {
            let state = [number(&mut rng, 20.0), number(&mut rng, 8.0)];
            let torque = number(&mut rng, 2.0);
            env.reset_to(state.map(f64::from)).unwrap();
            let reward = env.apply(Action::Continuous([torque.into()].into())).unwrap().reward;
            let next = model.advance(num(state), [Num(torque)]).map(|number| f64::from(number.0));
            // The reward is of the state before the step, as the cost is of a step that led there.
            let cost = f64::from(model.cost(num(state), [Num(torque)]).0);
            let there = env.state();
            keep_worst(&mut worst, [next[0] - there[0], next[1] - there[1], cost + reward]);
        }
    }
    // Single precision is good for 1e-6 of 20 rad, 5e-7 of 8 rad/s, and 1e-6 of a cost of 16.
    println!("off by {worst:?} in rad, rad/s and cost");
    assert!(worst[0] < 2e-6 && worst[1] < 1e-6 && worst[2] < 1e-5);
}

#[test]
fn the_acrobot_steps_as_its_environment_does() {
    let (mut rng, model) = (Pcg64::new(2), problems::Acrobot::default());
    let Actions::Choices(choices) = model.actions() else { panic!("a box") };
    assert_eq!(choices, [[-1.0], [0.0], [1.0]]);
    // As fast as on the way to the goal, and as fast as may be: 0.2 s are then too long a step for the method, and it
    // multiplies errors.
    for (speeds, tolerance) in [([6.0, 10.0], 1e-5), ([4.0 * PI, 9.0 * PI], 3e-3)] {
        let (mut env, mut worst, mut arrivals) = (Acrobot::default(), [0.0; 4], 0);
        for _ in 0..4000 {
            // Rounded to single precision, the bounds themselves may be beyond.
            let state = [PI, PI, speeds[0], speeds[1]].map(|most| number(&mut rng, most - 1e-5));
            for (index, torque) in choices.iter().enumerate() {
                env.reset_to(state.map(f64::from)).unwrap();
                let outcome = env.apply(Action::Discrete(index as u32)).unwrap();
                let next = model.advance(num(state), num(*torque));
                let there = env.state();
                let off = std::array::from_fn(|i| match i {
                    0 | 1 => apart(next[i].0.into(), there[i]),
                    _ => f64::from(next[i].0) - there[i],
                });
                keep_worst(&mut worst, off);
                let height = -there[0].cos() - (there[0] + there[1]).cos();
                if (height - 1.0).abs() > tolerance {
                    let has_arrived = outcome.ending == Some(Ending::Arrived);
                    assert_eq!(model.goes_on(next), !has_arrived, "{state:?}");
                    arrivals += u32::from(has_arrived);
                }
            }
        }
        println!("off by {worst:?} in rad and rad/s; {arrivals} arrivals");
        assert!(worst.iter().all(|off| *off < tolerance), "{worst:?}");
        assert!(arrivals > 1000);
    }
}

#[test]
fn an_acrobot_left_alone_keeps_the_energy_that_its_model_reckons_with() {
    let model = problems::Acrobot { height_weight: 0.0, energy_weight: 1.0 };
    assert!((model.final_cost(num([0.0; 4])).0 - 24.5).abs() < 1e-4); // hanging at -19.6 J, needs 4.9 J
    let (mut rng, mut env) = (Pcg64::new(3), Acrobot::default());
    let lacking = |env: &Acrobot| {
        let state: [f64; 4] = env.state().try_into().unwrap();
        model.final_cost(num(state.map(|number| number as f32))).0
    };
    let (mut lowest, mut highest) = (f32::MAX, f32::MIN);
    for _ in 0..50 {
        env.reset_to([1.0, 1.0, 0.7, 0.7].map(|bound| rng.uniform(-bound, bound))).unwrap();
        let first = lacking(&env);
        for _ in 0..20 {
            let _ = env.apply(Action::Discrete(1)).unwrap();
            // The method loses a little, of up to 24 J.
            assert!((lacking(&env) - first).abs() < 0.2, "{} {first}", lacking(&env));
        }
        (lowest, highest) = (lowest.min(first), highest.max(first));
    }
    assert!(lowest > 1.0 && highest - lowest > 3.0);
}

#[test]
fn what_the_tip_lacks_in_height_costs_and_nothing_above_the_goal() {
    let model = problems::Acrobot { height_weight: 2.0, energy_weight: 0.0 };
    let cost = |theta1: f32, theta2: f32| model.final_cost(num([theta1, theta2, 0.0, 0.0])).0;
    let half_turn = std::f32::consts::PI;
    assert_eq!(cost(0.0, 0.0), 6.0); // from 2 m below to 1 m above
    assert_eq!(cost(half_turn, 0.0), 0.0);
    assert!((cost(half_turn / 2.0, 0.0) - 2.0).abs() < 1e-5);
    // A state that is no number has not arrived, and costs no number.
    assert!(model.goes_on([Num(f32::NAN); 4]));
    assert!(problems::Acrobot::default().final_cost([Num(f32::NAN); 4]).0.is_nan());
}

#[test]
fn the_acrobot_arrives_in_fewer_steps_than_gymnasium_asks_for() {
    for planner in [
        PlannerKind::RandomShooting,
        PlannerKind::Cem,
        PlannerKind::Mppi,
        PlannerKind::PredictiveSampling,
        PlannerKind::Icem,
    ] {
        let config = PilotConfig { particles: 256, horizon: 20, ..PilotConfig::of(planner) };
        let config = PilotConfig { device: Device::Cpu, ..config };
        let model = problems::Acrobot::default();
        let evaluation = Evaluation::with_model(config, model, Acrobot::default());
        let result = evaluation.episodes(10).steps(200).run().unwrap();
        println!("{planner}: {} arrive, {} steps", result.survived, result.mean_steps);
        assert_eq!(result.ended(Ending::Arrived), 10, "{planner}");
        // `Acrobot-v1` counts as solved from a mean reward of -100 on; an arrival costs nothing.
        assert!((result.mean_reward - (1.0 - result.mean_steps)).abs() < 1e-9, "{planner}");
        assert!(result.mean_reward > -90.0, "{planner}: {}", result.mean_reward);
    }
}

#[test]
fn the_pendulum_is_swung_up_and_stays_up() {
    for (planner, seeds) in [(PlannerKind::Cem, 3), (PlannerKind::Mppi, 10)] {
        let config = PilotConfig {
            particles: 256,
            horizon: 30,
            device: Device::Cpu,
            ..PilotConfig::of(planner)
        };
        let mut pilot = Pilot::with_model(config, problems::Pendulum::default()).unwrap();
        for seed in 0..seeds {
            let mut rewards = vec![];
            let observe = |record: &StepRecord<'_>| {
                rewards.push(record.reward);
                ControlFlow::Continue(())
            };
            let episode = Episode::new().seed(seed).steps(200);
            let result =
                episode.run_in_with(&mut pilot, &mut Pendulum::default(), observe).unwrap();
            let last = rewards[150..].iter().sum::<f64>() / 50.0;
            println!("{planner}, seed {seed}: {:.1}, at last {last:.5}", result.total_reward);
            assert_eq!((result.ending, rewards.len()), (Ending::Survived, 200));
            assert!(result.total_reward > -400.0 && last > -0.1, "{planner}, seed {seed}");
        }
    }
}

/// A map of 11 m x 11 m in cells of 0.1 m, with a wall across the direct way from (4.2, 5.5) m to (5.5, 5.5) m.
fn walled() -> Vec<f32> {
    let is_wall =
        |(column, row): (usize, usize)| (47..50).contains(&column) && (54..62).contains(&row);
    (0..110 * 110).map(|cell| if is_wall((cell % 110, cell / 110)) { 1.0 } else { 0.0 }).collect()
}

#[test]
fn the_robot_steps_and_pays_as_its_formulas_say_in_double_precision() {
    let (mut rng, mut worst) = (Pcg64::new(4), [0.0; 4]);
    let robot = problems::DiffDrive { goal: [7.0, 3.0, 2.5], ..Default::default() };
    let map = walled();
    let surroundings =
        Surroundings { grid: Grid::new(110, 110, &map).unwrap(), ..Default::default() };
    let at = surroundings.at::<Boxed<problems::DiffDrive, 3, 2>, f32>((), 0);
    let (mut inside, mut free) = (0, 0);
    for _ in 0..4000 {
        // Around the wall, and with turns to be unwound.
        let [x, y, heading] = [0.8, 0.8, 12.0].map(|bound| number(&mut rng, bound));
        let state = [4.8 + x, 5.8 + y, heading];
        let control = [number(&mut rng, 0.35), number(&mut rng, 0.5)];
        let next = robot.advance(num(state), num(control)).map(|number| f64::from(number.0));
        let cost = f64::from(robot.cost_at(num(state), num(control), at).0);
        let [x, y, heading] = state.map(f64::from);
        let [speed, turn] = control.map(f64::from);
        let moved = [x + 0.02 * speed * heading.cos(), y + 0.02 * speed * heading.sin()];
        // How much of a wall there is between the middles of the four cells around.
        let share = |place: f64, from: f64, to: f64| {
            let column = 10.0 * place - 0.5;
            (column - from + 1.0).min(to - column).clamp(0.0, 1.0)
        };
        let wall = share(x, 47.0, 50.0) * share(y, 54.0, 62.0);
        (inside, free) = (inside + u32::from(wall > 0.99), free + u32::from(wall == 0.0));
        let away = ((x - 7.0).powi(2) + (y - 3.0).powi(2)).sqrt();
        let expected = 5.0 * away + 5.0 * apart(heading, 2.5) + 20.0 * wall;
        let off = [moved[0] - next[0], moved[1] - next[1], heading + 0.02 * turn - next[2]];
        keep_worst(&mut worst, [off[0], off[1], off[2], cost - expected]);
    }
    println!("off by {worst:?} in m, m, rad and cost; {inside} in the wall, {free} free");
    // 5e-7 of 6 m are 5e-6 of a cell, of which each costs 20.
    assert!(worst[0] < 1e-6 && worst[1] < 1e-6 && worst[2] < 2e-6 && worst[3] < 2e-4, "{worst:?}");
    assert!(inside > 100 && free > 1000);
}

#[test]
fn the_robot_drives_around_a_wall_that_is_on_its_map() {
    // Who looks less far ahead than 4 s waits before the wall, and so does who turns to and fro ten times a second.
    let tuning = Tuning { knot_spacing: 20, ..Tuning::of(PlannerKind::Mppi) };
    let config = PilotConfig {
        particles: 512,
        horizon: 200,
        tuning,
        device: Device::Cpu,
        ..PilotConfig::of(PlannerKind::Mppi)
    };
    let robot = problems::DiffDrive::default();
    let drive = |map: &[f32]| {
        let mut pilot = Pilot::with_model(config.clone(), robot).unwrap();
        pilot.set_grid(110, 110, map).unwrap();
        let (mut state, mut in_wall) = ([4.2f32, 5.5, 0.0], 0);
        for _ in 0..600 {
            let Action::Continuous(control) = pilot.act(&state.map(f64::from)).unwrap().action
            else {
                panic!("numbers");
            };
            let control = [control[0] as f32, control[1] as f32];
            state = robot.advance(num(state), num(control)).map(|number| number.0);
            let [x, y, _] = state;
            in_wall += u32::from((4.7..5.0).contains(&x) && (5.4..6.2).contains(&y));
        }
        let [x, y, heading] = state.map(f64::from);
        let away = (x - 5.5).hypot(y - 5.5);
        println!(
            "{away:.3} m away, {:.3} rad off, {in_wall} steps in the wall",
            apart(heading, 0.0)
        );
        (away, in_wall)
    };
    let (away, in_wall) = drive(&[0.0; 110 * 110]);
    assert!(away < 0.1 && in_wall > 20, "straight through where no wall is known");
    let (away, in_wall) = drive(&walled());
    assert!(away < 0.2 && in_wall == 0, "{away} m away, {in_wall} steps in the wall");
}
