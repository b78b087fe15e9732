//! Decisions that are interrupted: given up soon, and the pilot is as before.

mod rolling;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use particle_pilot::{
    ActionKind, CartPoleProblem, Decision, Device, Episode, Pilot, PilotBatch, PilotConfig,
    PilotError, PlannerKind,
};
use rolling::{Rolling, Watch};

const ACTIONS: [ActionKind; 2] = [ActionKind::Discrete, ActionKind::Continuous];

fn configs(particles: u32, horizon: u32) -> impl Iterator<Item = PilotConfig> {
    PlannerKind::ALL.iter().flat_map(move |(planner, _)| {
        ACTIONS.map(|action| {
            let device = Device::Cpu;
            PilotConfig { action, particles, horizon, device, ..PilotConfig::of(*planner) }
        })
    })
}

/// The model's constants are asked for at each chunk, and in a population at each step.
#[test]
fn an_interrupted_decision_begins_no_more_work() {
    for config in configs(50_000, 100) {
        let name = format!("{} {}", config.planner, config.action);
        for last in [1, 20, 300] {
            let flag: &'static Arc<AtomicBool> = Box::leak(Box::default());
            let watch = Watch { asked: AtomicU32::new(0), last, flag };
            let watch: &'static Watch = Box::leak(Box::new(watch));
            let model = Rolling { watch: Some(watch), ..Rolling::default() };
            let pair = PilotConfig { threads: 2, ..config.clone() };
            let mut pilot = Pilot::with_lane_model(pair, model).expect("a valid configuration");
            pilot.set_interrupt(Arc::clone(flag));
            assert_eq!(pilot.act(&[0.0]), Err(PilotError::Interrupted), "{name}");
            let asked = watch.asked.load(Ordering::Relaxed);
            // Both threads finish what they have begun, which asks once or a few times more. Every population begins,
            // but none goes on: 100 steps of all would ask 5000 times.
            let islands = match config.planner {
                PlannerKind::Smc | PlannerKind::Fmc => 56,
                _ => 0,
            };
            let most = last + 12 + 4 * islands;
            assert!(asked <= most, "{name}: asked {asked} times, interrupted at {last}");
        }
    }
}

/// Decides in a few states, again wherever it is interrupted; returns how often it was, too.
fn decisions(pilot: &mut Pilot, flag: &AtomicBool) -> (Vec<Decision>, usize) {
    let mut interrupted = 0;
    let mut decide = |state: &[f64; 1]| loop {
        match pilot.act(state) {
            Err(PilotError::Interrupted) => {
                interrupted += 1;
                flag.store(false, Ordering::Relaxed);
            }
            decision => return decision.expect("a finite state"),
        }
    };
    let decisions = [[0.0], [2.0], [1.0]].iter().map(&mut decide).collect();
    (decisions, interrupted)
}

#[test]
fn after_an_interruption_decisions_go_on_as_if_nothing_had_happened() {
    for config in configs(3000, 40) {
        let name = format!("{} {}", config.planner, config.action);
        let pilot = |watch, flag| {
            let model = Rolling { watch, ..Rolling::default() };
            let mut pilot = Pilot::with_lane_model(config.clone(), model).expect("valid");
            pilot.set_interrupt(flag);
            pilot
        };
        let (wanted, _) = decisions(&mut pilot(None, Arc::default()), &AtomicBool::new(false));
        for last in [1, 2, 9, 30, 60] {
            let flag: &'static Arc<AtomicBool> = Box::leak(Box::default());
            let watch = Watch { asked: AtomicU32::new(0), last, flag };
            let watch: &'static Watch = Box::leak(Box::new(watch));
            let (made, interrupted) = decisions(&mut pilot(Some(watch), flag.clone()), flag);
            // The last piece of work of a decision is too late to leave any out.
            assert!(interrupted <= 1 && (interrupted == 1 || last > 1), "{name} {last}");
            assert_eq!(made, wanted, "{name}, interrupted at {last}");
        }
    }
}

#[test]
fn a_flag_that_is_lowered_again_at_once_leaves_no_decision_half_made() {
    for config in configs(3000, 40) {
        let name = format!("{} {}", config.planner, config.action);
        let mut undisturbed =
            Pilot::with_lane_model(config.clone(), Rolling::default()).expect("valid");
        let (wanted, _) = decisions(&mut undisturbed, &AtomicBool::new(false));
        for last in [1, 2, 9, 30] {
            let flag: &'static Arc<AtomicBool> = Box::leak(Box::default());
            let watch = Watch { asked: AtomicU32::new(0), last, flag };
            let watch: &'static Watch = Box::leak(Box::new(watch));
            let model = Rolling { watch: Some(watch), ..Rolling::default() };
            let mut pilot = Pilot::with_lane_model(config.clone(), model).expect("valid");
            pilot.set_interrupt(Arc::clone(flag));
            let is_over = AtomicBool::new(false);
            let made = std::thread::scope(|scope| {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        flag.store(false, Ordering::Relaxed);
                        std::hint::spin_loop();
                    }
                });
                let (made, _) = decisions(&mut pilot, flag);
                is_over.store(true, Ordering::Relaxed);
                made
            });
            assert_eq!(made, wanted, "{name}, interrupted at {last}");
        }
    }
}

#[test]
fn a_batch_that_is_interrupted_decides_for_all_or_for_none() {
    let config = PilotConfig { particles: 2000, threads: 2, ..PilotConfig::default() };
    let seeds: Vec<u64> = (0..40).collect();
    let states = vec![[0.01, 0.02, 0.03, -0.02]; seeds.len()];
    let wanted =
        PilotBatch::new(&config, CartPoleProblem::default(), &seeds).and_then(|mut batch| {
            batch.act(&states)?;
            batch.act(&states)
        });
    let mut batch = PilotBatch::new(&config, CartPoleProblem::default(), &seeds)
        .expect("a valid configuration");
    let flag = Arc::new(AtomicBool::new(false));
    batch.set_interrupt(&flag);
    batch.act(&states).expect("nobody interrupts");
    for patience in 0..20 {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                (0..patience * 2000).for_each(|_| std::hint::spin_loop());
                flag.store(true, Ordering::Relaxed);
            });
            let decisions = batch.act(&states);
            // Where the flag came too late, the batch has decided and is taken back to before.
            if decisions.is_ok() {
                assert_eq!(decisions, wanted);
                batch = PilotBatch::new(&config, CartPoleProblem::default(), &seeds)
                    .expect("a valid configuration");
                batch.act(&states).expect("nobody interrupts this one");
                batch.set_interrupt(&flag);
            }
        });
        flag.store(false, Ordering::Relaxed);
    }
    assert_eq!(batch.act(&states), wanted);
}

#[test]
fn pilots_that_were_to_begin_anew_have_forgotten_nothing_where_their_batch_is_interrupted() {
    let seeds: Vec<u64> = (0..9).collect();
    let states = vec![[0.01, 0.02, 0.03, -0.02]; seeds.len()];
    let resets = [(0, 70), (4, 4), (8, 78), (8, 79)];
    for config in configs(200, 20) {
        let name = format!("{} {}", config.planner, config.action);
        let mut batch = PilotBatch::new(&config, CartPoleProblem::default(), &seeds)
            .expect("a valid configuration");
        batch.act(&states).expect("nobody interrupts");
        let before = batch.save().expect("it is on the CPU");

        batch.set_interrupt(&Arc::new(AtomicBool::new(true)));
        assert_eq!(batch.act_after_resets(&states, &resets), Err(PilotError::Interrupted));
        assert_eq!(batch.save().as_ref(), Ok(&before), "{name}");
        batch.set_interrupt(&Arc::default());
        for refused in [
            batch.act_after_resets(&states[1..], &resets),
            batch.act_after_resets(&[[f64::NAN; 4]; 9], &resets),
            batch.act_after_resets(&states, &[(0, 1), (9, 1)]),
        ] {
            assert!(refused.is_err());
            assert_eq!(batch.save().as_ref(), Ok(&before), "{name}");
        }

        let mut other = PilotBatch::resume(&before).expect("as it was saved");
        for (row, seed) in resets {
            other.reset(row, seed).expect("there is such a row");
        }
        assert_eq!(batch.act_after_resets(&states, &resets), other.act(&states), "{name}");
        assert_eq!(batch.act(&states), other.act(&states), "{name}");
    }
}

#[test]
fn an_episode_that_is_interrupted_within_a_decision_keeps_its_finished_steps() {
    let config = PilotConfig::builder().device(Device::Cpu).build().expect("valid");
    let mut pilot = Pilot::new(config, CartPoleProblem::default()).expect("a valid configuration");
    let whole = Episode::new().steps(30).run(&mut pilot).expect("valid");
    let flag = Arc::new(AtomicBool::new(false));
    pilot.set_interrupt(Arc::clone(&flag));
    let result = Episode::new()
        .steps(500)
        .run_with(&mut pilot, |record| {
            flag.store(record.step == 29, Ordering::Relaxed);
            std::ops::ControlFlow::Continue(())
        })
        .expect("an interruption is no error");
    assert!(result.interrupted && !result.survived);
    assert_eq!((result.steps, result.digest), (30, whole.digest));
}
