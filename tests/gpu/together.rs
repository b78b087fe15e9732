//! Many decisions that a GPU makes together: each is that of a pilot of its own on the CPU, whatever the others do, and they
//! take as many launches as one.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use particle_pilot::{
    CartPoleProblem, Decision, Device, Ending, Evaluation, EvaluationResult, PilotBatch,
    PilotConfig, PilotError, PlannerKind,
};

use super::following::{Balloon, path};
use super::map::{BALL, MAPS};
use super::models::{BOX, Everything, SIX};
use super::own_episodes::{RACE, Watched, environment, told};
use super::retries::{FAILED, again};
use super::{
    GPU, REPORT, on_the_virtual_gpu, on_the_virtual_gpu_that_fails, on_the_virtual_gpu_with,
    planners, reported,
};

const SEEDS: [u64; 3] = [7, u64::MAX, 100];
const DEVICES: [Device; 2] = [GPU, Device::Cpu];

fn at(device: Device, config: &PilotConfig) -> PilotConfig {
    PilotConfig { device, ..config.clone() }
}

/// What three pilots decide, of which two begin anew on the way, one of them where another was; between that, all go back.
fn decisions<const N: usize>(batch: &mut PilotBatch) -> Vec<Vec<Decision>> {
    let states = |time: usize| {
        let number = |row: usize, n: usize| 0.01 * (1.0 + row as f64 - (time + n) as f64);
        std::array::from_fn::<[f64; N], 3, _>(|row| std::array::from_fn(|n| number(row, n)))
    };
    let mut all = vec![batch.act(&states(0)).unwrap(), batch.act(&states(1)).unwrap()];
    batch.reset(1, 5).unwrap();
    all.push(batch.act(&states(2)).unwrap());
    let saved = batch.save().unwrap();
    all.push(batch.act_after_resets(&states(3), &[(2, 9)]).unwrap());
    batch.load(&saved).unwrap();
    all.extend([batch.act(&states(3)).unwrap(), batch.act(&states(4)).unwrap()]);
    assert_ne!(all[3][2], all[4][2], "one has begun anew, and not for good");
    all
}

fn assert_alike<R: Debug + PartialEq>(case: &str, decide: impl Fn(Device) -> R) {
    let [gpu, cpu] = DEVICES.map(decide);
    assert_eq!(gpu, cpu, "{case}");
}

#[test]
fn batches_on_the_virtual_gpu_are_the_cpus() {
    on_the_virtual_gpu("together::batches_are_the_cpus");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn batches_are_the_cpus() {
    for usual in planners() {
        let config = PilotConfig { particles: 200, horizon: 9, ..usual };
        assert_alike(&format!("{} {}", config.planner, config.action), |device| {
            let config = at(device, &config);
            let batch = PilotBatch::new(&config, CartPoleProblem::default(), &SEEDS);
            decisions::<4>(&mut batch.unwrap())
        });
    }
    for (planner, _) in PlannerKind::ALL {
        let config = PilotConfig { particles: 129, horizon: 7, ..PilotConfig::of(*planner) };
        for actions in [BOX, SIX] {
            assert_alike(&format!("{planner} of five and three"), |device| {
                let (config, model) = (at(device, &config), Everything::new(actions));
                let mut batch = PilotBatch::with_model(&config, model, &SEEDS).unwrap();
                let mut all = decisions::<5>(&mut batch);
                // Other numbers, and then another text.
                for count in [2, 3] {
                    let stones = [[0.5, 0.1], [-1.0, 0.3], [0.2, 0.2]];
                    batch.set_model(Everything { stones, count, ..model }).unwrap();
                    all.extend(decisions::<5>(&mut batch));
                }
                all
            });
        }
    }
}

#[test]
fn what_batches_are_given_on_the_virtual_gpu_counts_as_on_the_cpu() {
    on_the_virtual_gpu("together::what_batches_are_given_counts");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn what_batches_are_given_counts() {
    for (planner, _) in PlannerKind::ALL {
        let config = PilotConfig { particles: 129, horizon: 7, ..PilotConfig::of(*planner) };
        let paths = |time: u32| [time, time + 2, 9].map(|time| path(time, config.horizon + 1));
        let case = format!("{planner} with references");
        assert_alike(&case, |device| {
            let model = Balloon::<0>;
            let mut batch = PilotBatch::with_model(&at(device, &config), model, &SEEDS).unwrap();
            batch.set_references(&paths(0)).unwrap();
            let first = batch.act(&[[0.4], [0.4], [0.4]]).unwrap();
            assert_ne!(first[0], first[1]);
            batch.set_references(&paths(1)).unwrap();
            [first, batch.act(&[[0.1], [0.2], [0.3]]).unwrap(), decisions::<1>(&mut batch).concat()]
        });
        let case = format!("{planner} with references and grids");
        assert_alike(&case, |device| {
            let mut batch = PilotBatch::with_model(&at(device, &config), BALL, &SEEDS).unwrap();
            // Of which there is one number in a row.
            let winds = |path: Vec<f32>| -> Vec<f32> { path.into_iter().step_by(2).collect() };
            batch.set_references(&paths(0).map(winds)).unwrap();
            MAPS.map(|(width, height, cells)| {
                batch.set_grid(width, height, cells).unwrap();
                decisions::<2>(&mut batch)
            })
        });
    }
}

#[test]
fn whoever_wants_no_batch_any_more_gets_none_of_the_virtual_gpu() {
    on_the_virtual_gpu("together::batches_can_be_interrupted");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn batches_can_be_interrupted() {
    let (config, flag) = (at(GPU, &PilotConfig::default()), Arc::new(AtomicBool::new(true)));
    let make = || PilotBatch::with_interrupt(&config, CartPoleProblem::default(), &SEEDS, &flag);
    assert_eq!(make().err(), Some(PilotError::Interrupted));
    flag.store(false, Relaxed);
    let mut batch = make().unwrap();
    let (states, before) = ([[0.01; 4]; 3], batch.save().unwrap());
    flag.store(true, Relaxed);
    assert_eq!(batch.act(&states), Err(PilotError::Interrupted));
    assert_eq!(batch.act_after_resets(&states, &[(1, 3)]), Err(PilotError::Interrupted));
    assert_eq!(batch.save().unwrap(), before);
    flag.store(false, Relaxed);
    assert!(batch.act(&states).is_ok());
}

#[test]
fn a_batch_that_the_virtual_gpu_fails_is_as_before() {
    // More than one decision takes, which puts back three plans.
    for (function, every, code) in [
        ("cuLaunchKernel", 17, 701),
        ("cuMemcpyDtoHAsync_v2", 3, 2),
        ("cuMemcpyHtoDAsync_v2", 11, 2),
        ("cuStreamSynchronize", 11, 2),
    ] {
        let calls = (1..1000).map(|time| format!("{function}:{}={code}", time * every));
        let fails = calls.collect::<Vec<_>>().join(",");
        let text = on_the_virtual_gpu_that_fails("together::batches_are_asked_again", &fails);
        let count = text.lines().find_map(|line| line.split_once(FAILED)?.1.parse::<u32>().ok());
        assert!(count.is_some_and(|count| count > 3), "{function}: {text}");
    }
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn batches_are_asked_again() {
    let mut failed = 0;
    // More than a block selects elites among alone, too; once, as launches may not be so many that one always fails.
    let mut many = PilotConfig { particles: 4200, horizon: 3, ..PilotConfig::default() };
    many.tuning.iterations = 1;
    let few = planners().map(|usual| PilotConfig { particles: 200, horizon: 9, ..usual });
    for config in few.chain([many]) {
        let case = format!("{} {}", config.planner, config.action);
        let problem = CartPoleProblem::default;
        let mut cpu = PilotBatch::new(&at(Device::Cpu, &config), problem(), &SEEDS).unwrap();
        let make = || PilotBatch::new(&at(GPU, &config), problem(), &SEEDS);
        let mut gpu = again(&mut failed, make);
        for time in 0..4 {
            let states = [[0.01 * f64::from(time); 4], [0.02; 4], [-0.01; 4]];
            let before = gpu.save().unwrap();
            let resets: &[(usize, u64)] = if time == 2 { &[(1, 3)] } else { &[] };
            let decisions = again(&mut failed, || {
                let asked = gpu.act_after_resets(&states, resets);
                if asked.is_err() {
                    assert_eq!(gpu.save().unwrap(), before, "{case}, time {time}");
                }
                asked
            });
            let expected = cpu.act_after_resets(&states, resets).unwrap();
            assert_eq!(decisions, expected, "{case}, time {time}");
        }
        assert_eq!(gpu.save().unwrap().rows, cpu.save().unwrap().rows, "{case}");
    }
    println!("{FAILED}{failed}");
}

#[test]
fn a_batch_takes_as_many_launches_of_the_virtual_gpu_as_one_decision() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let text = on_the_virtual_gpu_with(
        "together::batches_take_as_many_launches",
        &[(REPORT, report.to_str().unwrap())],
    );
    assert!(text.contains("launches of one and of fifty: "), "{text}");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn batches_take_as_many_launches() {
    let Some(report) = std::env::var_os(REPORT) else { return };
    let launches = || reported(&report, "launches ");
    for usual in planners() {
        let config = PilotConfig { device: GPU, particles: 129, horizon: 5, ..usual };
        let [one, fifty] = [1, 50].map(|count: usize| {
            let (seeds, states) = (vec![3; count], vec![[0.01; 4]; count]);
            let mut batch = PilotBatch::new(&config, CartPoleProblem::default(), &seeds).unwrap();
            batch.act(&states).unwrap();
            let before = launches();
            batch.act(&states).unwrap();
            launches() - before
        });
        assert_eq!(one, fifty, "{}", config.planner);
        println!("launches of one and of fifty: {one}");
    }
}

/// Episodes of different lengths, more than there are pilots.
fn evaluate(device: Device) -> EvaluationResult {
    let config = PilotConfig { particles: 64, horizon: 5, device, ..PilotConfig::default() };
    let env = Watched::<_, false>(environment(RACE).must_arrive());
    let evaluation = Evaluation::with_model(config, RACE, env);
    evaluation.episodes(9).first_seed(3).steps(3).run().expect("a valid configuration")
}

#[test]
fn a_pilot_of_the_virtual_gpu_begins_the_next_episode_where_memory_is_for_few() {
    // As often as 9 are halved until 2 are left.
    let fails = "cuMemAlloc_v2:2=2,cuMemAlloc_v2:3=2";
    on_the_virtual_gpu_that_fails("together::few_pilots_play_many_episodes", fails);
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn few_pilots_play_many_episodes() {
    let [gpu, cpu] = DEVICES.map(evaluate);
    assert_eq!(told(&gpu), told(&cpu));
    assert_eq!(gpu.devices[0].device, GPU);
    assert!(cpu.ended(Ending::Arrived) > 0 && cpu.ended(Ending::OutOfTime) > 0);
}

#[test]
fn what_the_virtual_gpu_has_finished_stays_finished_when_it_fails() {
    let fails = "cuMemAlloc_v2:2=2,cuMemAlloc_v2:3=2,cuLaunchKernel:40=719";
    let text = on_the_virtual_gpu_that_fails("together::some_episodes_are_the_gpus", fails);
    assert!(text.contains("LAUNCH_FAILED"), "{text}");
    let shares = |gpu: u32| format!("[(Cuda(0), {gpu}), (Cpu, {})]", 9 - gpu);
    assert!((1..9).any(|gpu| text.contains(&shares(gpu))), "{text}");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn some_episodes_are_the_gpus() {
    if !crate::is_where_the_gpu_is_fast("together::some_episodes_are_the_gpus") {
        return;
    }
    let (auto, cpu) = (evaluate(Device::Auto), evaluate(Device::Cpu));
    assert_eq!(told(&auto), told(&cpu));
    let shares: Vec<_> = auto.devices.iter().map(|share| (share.device, share.episodes)).collect();
    println!("{shares:?} {:?}", auto.fallback_reason);
}
