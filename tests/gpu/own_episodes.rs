//! Episodes of one's own models, a GPU deciding: the CPU's bits, and the CPU goes on where the GPU fails.

use particle_pilot::env::ModelEnvironment;
use particle_pilot::kernels::model::Model;
use particle_pilot::{Device, Evaluation, EvaluationResult, PilotConfig, PlannerKind};

use crate::models::{EITHER_WAY, LINE};
use crate::{GPU, on_the_virtual_gpu, on_the_virtual_gpu_that_fails};

const EPISODES: u32 = 3;

fn evaluate<T: Model<1, 1>>(device: Device, planner: PlannerKind, model: T) -> EvaluationResult {
    let usual = PilotConfig { particles: 64, horizon: 5, device, ..PilotConfig::of(planner) };
    let env = ModelEnvironment::new(model, [-1.0], [1.0]).expect("bounds");
    let evaluation = Evaluation::with_model(usual, model, env).episodes(EPISODES).steps(6);
    evaluation.run().expect("a valid configuration")
}

#[test]
fn episodes_of_ones_own_models_on_the_virtual_gpu_are_the_cpus() {
    on_the_virtual_gpu("own_episodes::episodes_of_ones_own_models_are_the_cpus");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn episodes_of_ones_own_models_are_the_cpus() {
    for (planner, _) in PlannerKind::ALL {
        for (gpu, cpu) in [
            (evaluate(GPU, *planner, LINE), evaluate(Device::Cpu, *planner, LINE)),
            (evaluate(GPU, *planner, EITHER_WAY), evaluate(Device::Cpu, *planner, EITHER_WAY)),
        ] {
            assert_eq!((gpu.digest, gpu.mean_reward), (cpu.digest, cpu.mean_reward), "{planner}");
            assert_eq!(gpu.devices[0].device, GPU);
        }
    }
}

#[test]
fn where_the_virtual_gpu_fails_the_cpu_goes_on_with_the_episodes() {
    let fails = "cuStreamSynchronize:9=719";
    let text = on_the_virtual_gpu_that_fails("own_episodes::some_episodes_are_the_gpus", fails);
    assert!(text.contains("[(Cuda(0), 1), (Cpu, 2)] Some"), "{text}");
    assert!(text.contains("LAUNCH_FAILED"), "{text}");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn some_episodes_are_the_gpus() {
    let planner = PlannerKind::RandomShooting;
    let (auto, cpu) = (evaluate(Device::Auto, planner, LINE), evaluate(Device::Cpu, planner, LINE));
    assert_eq!(auto.digest, cpu.digest);
    let shares: Vec<_> = auto.devices.iter().map(|share| (share.device, share.episodes)).collect();
    println!("{shares:?} {:?}", auto.fallback_reason);
}
