//! The environments side by side against recordings of Gymnasium's; see `tests/golden/make_vector.py`.

use std::path::PathBuf;

use particle_pilot::Device;
use particle_pilot::env::CartPoleOptions;
use particle_pilot::vector::{Autoreset, CartPoleVector, Reset, Seeds, VectorOptions, VectorStep};
use serde::Deserialize;

/// Largest deviation of an observation, in its unit: two units in the last place of the largest. States agree to
/// 1e-12 (`tests/gymnasium.rs` says why not to the last bit), which very rarely rounds to the neighbouring `f32`.
const TOLERANCE: f32 = 4.8e-7;

type Observations = Vec<[f32; 4]>;

/// A line of `gymnasium_vector.jsonl`.
#[derive(Deserialize)]
struct Run {
    autoreset: String,
    seeds: RecordedSeeds,
    max_episode_steps: u32,
    sutton_barto_reward: bool,
    stride: usize,
    first: Observations,
    resets: Vec<RecordedReset>,
    actions: Vec<String>,
    rewards: Vec<String>,
    ends: Vec<String>,
    observations: Vec<Observations>,
    #[serde(rename = "final")]
    last: Vec<(usize, usize, [f32; 4])>,
}

/// Before which step, seeds, mask, bounds, and the observations.
type RecordedReset =
    (usize, Option<RecordedSeeds>, Option<Vec<bool>>, Option<[f64; 2]>, Observations);

#[derive(Deserialize)]
#[serde(untagged)]
enum RecordedSeeds {
    From(u64),
    Each(Vec<Option<u64>>),
}

impl RecordedSeeds {
    fn seeds(&self) -> Seeds<'_> {
        match self {
            Self::From(seed) => Seeds::From(*seed),
            Self::Each(seeds) => Seeds::Each(seeds),
        }
    }
}

fn runs() -> Vec<Run> {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "tests", "golden", "gymnasium_vector.jsonl"].iter().collect();
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn assert_close(given: &[[f32; 4]], recorded: &[[f32; 4]], what: &str) {
    assert_eq!(given.len(), recorded.len());
    for (given, recorded) in given.as_flattened().iter().zip(recorded.as_flattened()) {
        assert!((given - recorded).abs() <= TOLERANCE, "{given}, recorded {recorded}: {what}");
    }
}

fn text(step: &VectorStep<'_>) -> (String, String) {
    let reward = |reward: &f64| match *reward {
        1.0 => '1',
        0.0 => '0',
        -1.0 => '-',
        other => panic!("reward {other}"),
    };
    let ends = step.terminated.iter().zip(step.truncated);
    let end = |(terminated, truncated): (&bool, &bool)| {
        ['0', '1', '2', '3'][usize::from(*terminated) + 2 * usize::from(*truncated)]
    };
    (step.rewards.iter().map(reward).collect(), ends.map(end).collect())
}

fn replay(run: &Run, device: Device) {
    let autoreset = match run.autoreset.as_str() {
        "NextStep" => Autoreset::NextStep,
        "SameStep" => Autoreset::SameStep,
        "Disabled" => Autoreset::Disabled,
        other => panic!("mode {other}"),
    };
    let episode = CartPoleOptions {
        sutton_barto_reward: run.sutton_barto_reward,
        max_episode_steps: Some(run.max_episode_steps),
    };
    let options = VectorOptions { autoreset, episode, device, ..VectorOptions::default() };
    let mut envs = CartPoleVector::new(run.first.len(), options).unwrap();
    assert_eq!(envs.reset(run.seeds.seeds()).unwrap(), run.first);
    let mut finals = Vec::new();
    for (number, actions) in run.actions.iter().enumerate() {
        let what = format!("step {number} of {} from {:?}", run.autoreset, run.seeds.seeds());
        for (_, seeds, mask, bounds, recorded) in run.resets.iter().filter(|r| r.0 == number) {
            let seeds = seeds.as_ref().map_or(Seeds::Keep, RecordedSeeds::seeds);
            let reset = Reset { seeds, mask: mask.as_deref(), bounds: *bounds };
            assert_close(envs.reset_with(&reset).unwrap(), recorded, &what);
        }
        let actions: Vec<u32> = actions.bytes().map(|byte| u32::from(byte - b'0')).collect();
        let step = envs.step(&actions).unwrap();
        let (rewards, ends) = text(&step);
        assert_eq!((&rewards, &ends), (&run.rewards[number], &run.ends[number]), "{what}");
        if (number + 1).is_multiple_of(run.stride) {
            let recorded = &run.observations[(number + 1) / run.stride - 1];
            assert_close(step.observations, recorded, &what);
        }
        if autoreset == Autoreset::SameStep {
            let ended = (0..actions.len()).filter(|i| step.ended(*i));
            finals.extend(ended.map(|i| (number, i, step.final_observations[i])));
        } else {
            assert!(step.final_observations.is_empty());
        }
    }
    let places = |finals: &[(usize, usize, [f32; 4])]| -> Vec<_> {
        finals.iter().map(|(step, i, _)| (*step, *i)).collect()
    };
    assert_eq!(places(&finals), places(&run.last));
    let values = |finals: &[(usize, usize, [f32; 4])]| -> Vec<_> {
        finals.iter().map(|(_, _, observation)| *observation).collect()
    };
    assert_close(&values(&finals), &values(&run.last), "final observations");
}

#[test]
fn runs_agree_with_gymnasiums_throughout() {
    runs().iter().for_each(|run| replay(run, Device::Cpu));
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn runs_on_a_gpu_agree_with_gymnasiums_throughout() {
    runs().iter().for_each(|run| replay(run, Device::Cuda(0)));
}

#[test]
fn the_recordings_cover_what_they_should() {
    let runs = runs();
    for mode in ["NextStep", "SameStep", "Disabled"] {
        let of_mode = || runs.iter().filter(|run| run.autoreset == mode);
        let any = |end: char| of_mode().any(|run| run.ends.iter().any(|ends| ends.contains(end)));
        assert!(any('1') && any('2'), "{mode}: both ends");
        assert!(of_mode().any(|run| run.sutton_barto_reward), "{mode}: both rewards");
        let resets = || of_mode().flat_map(|run| &run.resets);
        assert!(resets().any(|reset| reset.3.is_some()), "{mode}: a reset with bounds");
    }
}

/// Every number that environments lead to, as bits.
fn bits(envs: &CartPoleVector) -> Vec<u64> {
    let last = envs.last().unwrap();
    let mut bits: Vec<u64> = Vec::new();
    bits.extend(envs.states().unwrap().as_flattened().iter().map(|value| value.to_bits()));
    for observations in [last.observations, last.final_observations] {
        bits.extend(observations.as_flattened().iter().map(|value| u64::from(value.to_bits())));
    }
    bits.extend(last.rewards.iter().map(|value| value.to_bits()));
    bits.extend(last.terminated.iter().chain(last.truncated).map(|flag| u64::from(*flag)));
    bits
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn a_gpu_gives_the_bits_of_the_cpu() {
    let count = 300;
    for autoreset in [Autoreset::NextStep, Autoreset::SameStep, Autoreset::Disabled] {
        let vector = |device| {
            let episode =
                CartPoleOptions { max_episode_steps: Some(30), ..CartPoleOptions::default() };
            let options = VectorOptions { autoreset, episode, device, ..VectorOptions::default() };
            CartPoleVector::new(count, options).unwrap()
        };
        let (mut cpu, mut gpu) = (vector(Device::Cpu), vector(Device::Cuda(0)));
        assert_eq!(gpu.device(), Device::Cuda(0));
        assert_eq!(bits(&gpu), bits(&cpu));
        for (number, steps) in [1, 70, 5, 33].into_iter().enumerate() {
            let seeds: Vec<_> = (0..count as u64).map(|i| (i % 3 > 0).then_some(i << 30)).collect();
            let mask: Vec<_> = (0..count).map(|i| i % 2 == 0).collect();
            let some = Reset {
                seeds: Seeds::Each(&seeds),
                mask: (number > 0).then_some(&mask),
                bounds: (number == 2).then_some([-0.2, 0.25]),
            };
            let rest: Vec<_> = (0..count).map(|i| i % 2 == 1).collect();
            let rest = Reset { mask: Some(&rest), ..Reset::default() };
            for envs in [&mut cpu, &mut gpu] {
                envs.reset_with(&some).unwrap();
            }
            assert_eq!(bits(&gpu), bits(&cpu), "reset {number}");
            let counts = cpu.step_random(steps).unwrap();
            assert_eq!(gpu.step_random(steps).unwrap(), counts);
            assert_eq!(bits(&gpu), bits(&cpu), "{steps} random steps");
            for envs in [&mut cpu, &mut gpu] {
                envs.reset_with(&some).unwrap();
                envs.reset_with(&rest).unwrap();
            }
            let actions: Vec<u32> = (0..count as u32).map(|i| i / 7 % 2).collect();
            let forces: Vec<f64> = (0..count).map(|i| i as f64 - 150.0).collect();
            for envs in [&mut cpu, &mut gpu] {
                envs.step(&actions).unwrap();
            }
            assert_eq!(bits(&gpu), bits(&cpu), "step {number}");
            // With Autoreset::Disabled, both refuse alike where an episode has ended.
            let refused = [&mut cpu, &mut gpu].map(|envs| envs.step_forces(&forces).err());
            assert_eq!(refused[0], refused[1]);
            assert_eq!(bits(&gpu), bits(&cpu), "forces {number}");
        }
    }
}
