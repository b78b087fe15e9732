use crate::Device;
use crate::env::CartPoleOptions;
use crate::vector::{Autoreset, CartPoleVector, Reset, Seeds, VectorOptions, VectorOutput};

/// Environments that have taken the same steps, one with results in the caller's memory.
struct Pair {
    told: CartPoleVector,
    asked: CartPoleVector,
    observations: Vec<[f32; 4]>,
    rewards: Vec<f64>,
}

impl Pair {
    fn new(count: usize, options: VectorOptions) -> Self {
        let envs = || CartPoleVector::new(count, options).unwrap();
        let (observations, rewards) = (vec![[9.0; 4]; count], vec![9.0; count]);
        Self { told: envs(), asked: envs(), observations, rewards }
    }

    fn reset(&mut self, reset: &Reset<'_>) {
        self.told.reset_with(reset).unwrap();
        self.asked.reset_with(reset).unwrap();
    }

    fn step(&mut self, actions: &[i64]) {
        let output = VectorOutput {
            observations: Some(&mut self.observations),
            rewards: Some(&mut self.rewards),
            ..VectorOutput::default()
        };
        let has_ended = self.told.step_into(actions, output).unwrap();
        let nothing = VectorOutput::default();
        assert_eq!(self.asked.step_into(actions, nothing).unwrap(), has_ended);
        let last = self.asked.last().unwrap();
        assert_eq!((&*self.observations, &*self.rewards), (last.observations, last.rewards));
    }

    fn check(&self) {
        assert_eq!(self.told.last().unwrap(), self.asked.last().unwrap());
    }
}

#[test]
fn what_went_into_the_callers_memory_is_made_again_when_asked_for() {
    for autoreset in [Autoreset::NextStep, Autoreset::SameStep, Autoreset::Disabled] {
        for sutton_barto_reward in [false, true] {
            let episode = CartPoleOptions { sutton_barto_reward, max_episode_steps: Some(15) };
            let (device, threads) = (Device::Cpu, 2);
            let options =
                VectorOptions { autoreset, episode, device, threads, ..Default::default() };
            let count = 1500;
            let mut pair = Pair::new(count, options);
            pair.reset(&Reset { seeds: Seeds::From(4), ..Reset::default() });
            for round in 0..120 {
                let actions: Vec<i64> =
                    (0..count).map(|i| i64::from((i * 7 + round * i / 3) % 5 < 3)).collect();
                pair.step(&actions);
                // Asked at some steps only, once or twice, before resets and after.
                (0..round % 3).for_each(|_| pair.check());
                let last = pair.asked.last().unwrap();
                let mask: Vec<bool> =
                    (0..count).map(|i| last.ended(i) || (i + round) % 50 == 0).collect();
                if autoreset == Autoreset::Disabled || round % 10 == 0 {
                    pair.reset(&Reset { mask: Some(&mask), ..Reset::default() });
                    (0..round % 2).for_each(|_| pair.check());
                }
                if round % 17 == 0 {
                    let counts = pair.told.step_random(3).unwrap();
                    assert_eq!(pair.asked.step_random(3).unwrap(), counts);
                    pair.check();
                    let last = pair.asked.last().unwrap();
                    let mask: Vec<bool> = (0..count).map(|i| last.ended(i)).collect();
                    pair.reset(&Reset { mask: Some(&mask), ..Reset::default() });
                }
            }
        }
    }
}
