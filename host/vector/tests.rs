use proptest::prelude::*;

use super::*;
use crate::env::{CartPoleOptions, Integrator, Physics};

const CPU: VectorOptions = VectorOptions {
    physics: Physics {
        gravity: 9.8,
        masscart: 1.0,
        masspole: 0.1,
        length: 0.5,
        force_mag: 10.0,
        tau: 0.02,
        theta_threshold_radians: 12.0 * 2.0 * std::f64::consts::PI / 360.0,
        x_threshold: 2.4,
        integrator: Integrator::Euler,
    },
    episode: CartPoleOptions { sutton_barto_reward: false, max_episode_steps: Some(500) },
    autoreset: Autoreset::NextStep,
    device: Device::Cpu,
    threads: 1,
};

/// What [`CartPoleVector`] must do, written with environments of their own.
struct Oracle {
    options: VectorOptions,
    envs: Vec<CartPole>,
    ended: Vec<bool>,
}

#[derive(Clone, Debug, PartialEq)]
struct Told {
    states: Vec<[u64; 4]>,
    observations: Vec<[u32; 4]>,
    rewards: Vec<f64>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
    last: Vec<Option<[u32; 4]>>,
}

impl Oracle {
    fn new(count: usize, options: VectorOptions) -> Self {
        let env = CartPole::new(options.physics, options.episode).unwrap();
        Self { options, envs: vec![env; count], ended: vec![false; count] }
    }

    fn reset(&mut self, i: usize, seed: Option<u64>, bounds: Option<[f64; 2]>) {
        match bounds {
            Some([low, high]) => _ = self.envs[i].reset_with_bounds(seed, low, high).unwrap(),
            None => _ = self.envs[i].reset(seed),
        }
        self.ended[i] = false;
    }

    fn step(&mut self, forces: &[f64]) -> Told {
        let count = self.envs.len();
        let mut told = Told {
            states: vec![],
            observations: vec![],
            rewards: vec![0.0; count],
            terminated: vec![false; count],
            truncated: vec![false; count],
            last: vec![None; count],
        };
        for (i, env) in self.envs.iter_mut().enumerate() {
            if self.ended[i] && self.options.autoreset == Autoreset::NextStep {
                env.reset(None);
                self.ended[i] = false;
            } else {
                let step = env.step_force(forces[i]).unwrap();
                told.rewards[i] = step.reward;
                told.terminated[i] = step.terminated;
                told.truncated[i] = step.truncated;
                self.ended[i] = step.ended();
                if step.ended() && self.options.autoreset == Autoreset::SameStep {
                    told.last[i] = Some(step.observation().map(f32::to_bits));
                    env.reset(None);
                    self.ended[i] = false;
                }
            }
            told.states.push(env.state().unwrap().map(f64::to_bits));
            told.observations.push(env.observation().unwrap().map(f32::to_bits));
        }
        told
    }
}

fn told(envs: &CartPoleVector) -> Told {
    let last = envs.last().unwrap();
    let bits = |observation: &[f32; 4]| observation.map(f32::to_bits);
    let finals = last.final_observations;
    Told {
        states: envs.states().unwrap().iter().map(|state| state.map(f64::to_bits)).collect(),
        observations: last.observations.iter().map(bits).collect(),
        rewards: last.rewards.to_vec(),
        terminated: last.terminated.to_vec(),
        truncated: last.truncated.to_vec(),
        last: (0..envs.len()).map(|i| finals.get(i).filter(|_| last.ended(i)).map(bits)).collect(),
    }
}

const MODES: [Autoreset; 3] = [Autoreset::NextStep, Autoreset::SameStep, Autoreset::Disabled];

/// A number between 0 and 1 by chance.
fn chance(seed: u64, step: u64, i: usize) -> f64 {
    let stream = particle_pilot_kernels::rng::Stream::new(seed, 0, 0);
    f64::from(stream.block((), step as u32, i as u32)[0]) / 4_294_967_296.0
}

fn compare(count: usize, options: VectorOptions, seed: u64, steps: u64) {
    let mut envs = CartPoleVector::new(count, options).unwrap();
    let mut oracle = Oracle::new(count, options);
    envs.reset(seed).unwrap();
    (0..count).for_each(|i| oracle.reset(i, Some(seed.wrapping_add(i as u64)), None));
    for step in 0..steps {
        // Half the runs have forces, the others actions; some environments are pushed one way to fall soon.
        let actions: Vec<u32> =
            (0..count).map(|i| u32::from(i % 3 == 1 || chance(seed, step, i) < 0.5)).collect();
        let force_mag = options.physics.force_mag;
        let forces: Vec<f64> = if seed.is_multiple_of(2) {
            envs.step(&actions).unwrap();
            actions.iter().map(|action| [-force_mag, force_mag][*action as usize]).collect()
        } else {
            let forces: Vec<f64> =
                (0..count).map(|i| 40.0 * chance(seed, step, i) - 20.0).collect();
            envs.step_forces(&forces).unwrap();
            forces
        };
        assert_eq!(told(&envs), oracle.step(&forces), "step {step}, {options:?}");
        if options.autoreset == Autoreset::Disabled && oracle.ended.contains(&true) {
            let mask = oracle.ended.clone();
            assert!(matches!(envs.step(&actions), Err(VectorError::Ended(i)) if mask[i]));
            let bounds = step.is_multiple_of(2).then_some([-0.02, 0.1]);
            let seeds: Vec<_> = (0..count).map(|i| (i % 2 == 1).then_some(step)).collect();
            let reset = Reset { seeds: Seeds::Each(&seeds), mask: Some(&mask), bounds };
            envs.reset_with(&reset).unwrap();
            for (i, seed) in seeds.iter().enumerate().filter(|(i, _)| mask[*i]) {
                oracle.reset(i, *seed, bounds);
            }
        }
    }
}

#[test]
fn thousands_of_steps_are_those_of_environments_of_their_own() {
    for autoreset in MODES {
        for (seed, limit) in [(0, Some(500)), (1, Some(12)), (2, Some(30)), (3, None)] {
            let episode = CartPoleOptions {
                max_episode_steps: limit,
                sutton_barto_reward: limit == Some(12),
            };
            compare(7, VectorOptions { autoreset, episode, ..CPU }, seed, 3000);
        }
    }
}

#[test]
fn random_steps_are_steps_with_the_actions_drawn() {
    let count = 40;
    for autoreset in [Autoreset::NextStep, Autoreset::SameStep] {
        let options = VectorOptions { autoreset, ..CPU };
        let mut all = CartPoleVector::new(count, options).unwrap();
        let mut single = CartPoleVector::new(count, options).unwrap();
        let stream = particle_pilot_kernels::simulate::RandomActions::stream(9);
        let drawn =
            |i, step| particle_pilot_kernels::simulate::RandomActions::new(&stream, i, step).draw();
        all.reset(3).unwrap();
        single.reset(3).unwrap();
        all.seed_actions(9);
        let mut first = 0;
        for steps in [1, 1, 30, 100, 200, 0, 7] {
            let counts = all.step_random(steps).unwrap();
            let mut expected = VectorCounts::default();
            let mut rewards = vec![0.0; count];
            for step in first..first + u64::from(steps) {
                let actions: Vec<u32> = (0..count as u32).map(|i| drawn(i, step)).collect();
                let last = single.step(&actions).unwrap();
                for (i, sum) in rewards.iter_mut().enumerate() {
                    *sum += last.rewards[i];
                    expected.reward += last.rewards[i];
                    expected.steps += u64::from(last.rewards[i] == 1.0);
                    expected.episodes += u64::from(last.ended(i));
                }
            }
            first += u64::from(steps);
            assert_eq!(counts, expected);
            let (all, single) = (told(&all), told(&single));
            if steps > 0 {
                assert_eq!(all.rewards, rewards);
            }
            assert_eq!(all, Told { rewards: all.rewards.clone(), ..single });
        }
    }
}

#[test]
fn random_steps_stop_at_the_end_where_nothing_is_reset() {
    let options = VectorOptions { autoreset: Autoreset::Disabled, ..CPU };
    let mut envs = CartPoleVector::new(20, options).unwrap();
    envs.reset(0).unwrap();
    let counts = envs.step_random(1000).unwrap();
    assert_eq!((counts.episodes, counts.reward), (20, counts.steps as f64));
    let before = told(&envs);
    assert_eq!(before.terminated, [true; 20]);
    assert_eq!(envs.step_random(10).unwrap(), VectorCounts::default());
    let after = told(&envs);
    assert_eq!(after, Told { rewards: vec![0.0; 20], ..before });
}

#[test]
fn threads_change_nothing() {
    let run = |threads| {
        let options = VectorOptions { threads, autoreset: Autoreset::SameStep, ..CPU };
        let mut envs = CartPoleVector::new(3000, options).unwrap();
        envs.reset(5).unwrap();
        let counts = envs.step_random(150).unwrap();
        let actions: Vec<u32> = (0..3000).map(|i| i % 2).collect();
        envs.step(&actions).unwrap();
        (counts, told(&envs))
    };
    let one = run(1);
    assert!(one == run(2) && one == run(3));
}

#[test]
fn what_is_refused_moves_nothing() {
    let mut envs = CartPoleVector::new(3, CPU).unwrap();
    assert_eq!(envs.step(&[0; 3]), Err(VectorError::NotReset));
    assert_eq!(envs.step_random(1), Err(VectorError::NotReset));
    let some = Reset { mask: Some(&[true, false, true]), ..Reset::default() };
    assert_eq!(envs.reset_with(&some), Err(VectorError::NotReset));
    envs.reset(1).unwrap();
    let before = told(&envs);
    let length = |what, given| VectorError::Length { what, given, required: 3 };
    assert_eq!(envs.step(&[0; 2]), Err(length("actions", 2)));
    assert_eq!(envs.step_forces(&[0.0; 4]), Err(length("forces", 4)));
    assert_eq!(envs.reset(&[Some(1)]), Err(length("seeds", 1)));
    let mask = Reset { mask: Some(&[true]), ..Reset::default() };
    assert_eq!(envs.reset_with(&mask), Err(length("mask entries", 1)));
    let action = VectorError::InvalidAction { index: 2, action: 7 };
    assert_eq!(envs.step(&[0, 1, 7]), Err(action));
    let infinite = VectorError::Force { index: 1, newton: f64::INFINITY };
    assert_eq!(envs.step_forces(&[0.0, f64::INFINITY, 0.0]), Err(infinite));
    let bounds = Reset { bounds: Some([1.0, -1.0]), ..Reset::default() };
    assert!(matches!(envs.reset_with(&bounds), Err(VectorError::Env(_))));
    assert_eq!(told(&envs), before);
}

#[test]
fn misconfiguration_is_explained() {
    let error = |count, options| CartPoleVector::new(count, options).err().unwrap().to_string();
    assert!(error(0, CPU).contains("at least 1"));
    assert!(error(MAX + 1, CPU).contains("at most 1073741824"));
    let physics = Physics { tau: 0.0, ..CPU.physics };
    assert!(error(1, VectorOptions { physics, ..CPU }).contains("tau"));
    let episode = CartPoleOptions { max_episode_steps: Some(0), ..CPU.episode };
    assert!(error(1, VectorOptions { episode, ..CPU }).contains("max_episode_steps"));
}

#[test]
fn environments_never_seeded_begin_as_if_reset_with_0() {
    let mut unseeded = CartPoleVector::new(3, CPU).unwrap();
    let mut seeded = CartPoleVector::new(3, CPU).unwrap();
    assert_eq!(unseeded.reset(None), seeded.reset(0));
    assert_eq!(unseeded.reset(None), seeded.reset(&[None; 3]));
}

proptest! {
    #[test]
    fn any_mode_and_limit_is_that_of_environments_of_their_own(
        mode in 0usize..3,
        limit in prop::option::of(1u32..60),
        sutton_barto_reward: bool,
        semi: bool,
        (count, seed, threads) in (1usize..20, any::<u64>(), 1usize..3),
    ) {
        let integrator = if semi { Integrator::SemiImplicitEuler } else { Integrator::Euler };
        let episode = CartPoleOptions { sutton_barto_reward, max_episode_steps: limit };
        let physics = Physics { integrator, ..CPU.physics };
        let options = VectorOptions { autoreset: MODES[mode], episode, physics, threads, ..CPU };
        compare(count, options, seed, 80);
    }
}
