//! What is saved on a GPU goes on there and on the CPU alike, and the other way round.

use particle_pilot::env::CartPoleOptions;
use particle_pilot::vector::{Autoreset, CartPoleVector, VectorOptions};
use particle_pilot::{CartPoleProblem, Device, Pilot, PilotConfig, PilotError};

use crate::{GPU, on_the_virtual_gpu, planners};

const STATES: [[f64; 4]; 4] = [
    [0.01, 0.02, 0.03, -0.02],
    [0.02, 0.2, 0.02, -0.3],
    [0.02, 0.0, 0.01, 0.1],
    [-0.1, 0.1, -0.02, 0.4],
];

#[test]
fn saved_pilots_go_on_on_the_virtual_gpu() {
    on_the_virtual_gpu("saved::saved_pilots_go_on");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn saved_pilots_go_on() {
    for usual in planners() {
        let at = |device| PilotConfig { device, particles: 300, horizon: 12, ..usual.clone() };
        for device in [Device::Cpu, GPU] {
            let case = format!("{} {} on {device}", usual.planner, usual.action);
            let mut pilot = Pilot::new(at(device), CartPoleProblem::default()).unwrap();
            let fresh = pilot.save().unwrap();
            for state in &STATES[..2] {
                pilot.act(state).unwrap();
            }
            let saved = pilot.save().unwrap();
            let expected: Vec<_> = STATES[2..].iter().map(|s| pilot.act(s).unwrap()).collect();
            for other in [Device::Cpu, GPU] {
                let mut later = Pilot::new(at(other), CartPoleProblem::default()).unwrap();
                assert_eq!(later.save().unwrap().carried, fresh.carried, "{case}, {other}, fresh");
                later.load(&saved).unwrap();
                assert_eq!(later.save().unwrap().carried, saved.carried, "{case}, {other}");
                let rest: Vec<_> = STATES[2..].iter().map(|s| later.act(s).unwrap()).collect();
                assert_eq!(rest, expected, "{case}, {other}");

                later.load(&fresh).unwrap();
                later.act(&STATES[0]).unwrap();
                later.act(&STATES[1]).unwrap();
                assert_eq!(later.save().unwrap().carried, saved.carried, "{case}, {other}, again");

                let mut wrong = saved.clone();
                wrong.carried.plan.push(0.0);
                let refused = later.load(&wrong);
                assert!(matches!(refused, Err(PilotError::State(_))), "{case}: {refused:?}");
                assert_eq!(
                    later.save().unwrap().carried,
                    saved.carried,
                    "{case}, {other}, refused"
                );
            }
        }
    }
}

#[test]
fn saved_environments_go_on_on_the_virtual_gpu() {
    on_the_virtual_gpu("saved::saved_environments_go_on");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn saved_environments_go_on() {
    for autoreset in [Autoreset::NextStep, Autoreset::SameStep, Autoreset::Disabled] {
        let vector = |device| {
            let episode =
                CartPoleOptions { max_episode_steps: Some(25), ..CartPoleOptions::default() };
            let options = VectorOptions { autoreset, episode, device, ..VectorOptions::default() };
            CartPoleVector::new(70, options).unwrap()
        };
        for device in [Device::Cpu, GPU] {
            let mut envs = vector(device);
            envs.reset(3).unwrap();
            envs.step_random(40).unwrap();
            let saved = envs.save().unwrap();
            envs.step_random(40).unwrap();
            let expected = envs.save().unwrap();
            let states: Vec<_> = (0..70).map(|i| [0.01 * f64::from(i), 0.1, 0.05, -0.1]).collect();
            let placed = envs.set_states(&states).unwrap().to_vec();
            let placed = (placed, envs.save().unwrap());
            for other in [Device::Cpu, GPU] {
                let mut later = vector(other);
                later.load(&saved).unwrap();
                assert_eq!(later.save().unwrap(), saved, "{autoreset:?} {device} {other}");
                later.step_random(40).unwrap();
                assert_eq!(later.save().unwrap(), expected, "{autoreset:?} {device} {other}");
                let observations = later.set_states(&states).unwrap().to_vec();
                assert_eq!((observations, later.save().unwrap()), placed);
            }
        }
    }
}
