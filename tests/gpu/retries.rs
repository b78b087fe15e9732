//! A decision that a GPU fails to make is as if it had never been asked for: on ptx-vm, whose calls can be told to fail.

use particle_pilot::{CartPoleProblem, Device, Pilot, PilotConfig, PilotError};

use crate::{GPU, on_the_virtual_gpu_that_fails, planners};

/// What the test says that asks again.
pub const FAILED: &str = "calls that failed: ";

#[test]
fn asked_again_after_a_failure_the_virtual_gpu_gives_the_same_bits() {
    // Every so many calls, of each that decisions make, with errors after which a GPU goes on.
    for (function, every, code) in [
        ("cuLaunchKernel", 17, 701),
        ("cuMemcpyDtoHAsync_v2", 3, 2),
        ("cuMemcpyHtoDAsync_v2", 3, 2),
        ("cuMemAllocHost_v2", 5, 2),
        ("cuStreamSynchronize", 5, 2),
        ("cuEventElapsedTime", 2, 2),
    ] {
        let calls = (1..1000).map(|time| format!("{function}:{}={code}", time * every));
        let fails = calls.collect::<Vec<_>>().join(",");
        let text = on_the_virtual_gpu_that_fails("retries::whatever_fails_is_asked_again", &fails);
        let count = text.lines().find_map(|line| line.split_once(FAILED)?.1.parse::<u32>().ok());
        assert!(count.is_some_and(|count| count > 3), "{function}: {text}");
    }
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn whatever_fails_is_asked_again() {
    let mut failed = 0;
    for usual in planners() {
        let at = |device| PilotConfig { device, particles: 300, horizon: 40, ..usual.clone() };
        let case = format!("{} {}", usual.planner, usual.action);
        let mut cpu = Pilot::new(at(Device::Cpu), CartPoleProblem::default()).unwrap();
        let mut gpu = again(&mut failed, || Pilot::new(at(GPU), CartPoleProblem::default()));
        let fresh = gpu.save().unwrap();
        for step in 0..6u8 {
            let state = [0.01, 0.2 - 0.1 * f64::from(step), 0.02, -0.1];
            if step == 3 {
                // Another plan, and back: taken over, it is as good as the pilot's own.
                let saved = gpu.save().unwrap();
                again(&mut failed, || gpu.load(&fresh));
                again(&mut failed, || gpu.act(&state));
                again(&mut failed, || gpu.load(&saved));
            }
            let before = gpu.save().unwrap();
            let decision = again(&mut failed, || {
                let asked = match step % 2 {
                    0 => gpu.act(&state),
                    _ => gpu.act_timed(&state).map(|(decision, _)| decision),
                };
                if asked.is_err() {
                    assert_eq!(gpu.save().unwrap(), before, "{case}, step {step}");
                }
                asked
            });
            assert_eq!(decision, cpu.act(&state).unwrap(), "{case}, step {step}");
        }
        assert_eq!(gpu.save().unwrap().carried, cpu.save().unwrap().carried, "{case}");
    }
    println!("{FAILED}{failed}");
}

/// Asks until a GPU answers, and counts how often it did not.
pub fn again<R>(failed: &mut u32, mut ask: impl FnMut() -> Result<R, PilotError>) -> R {
    for attempt in 0.. {
        match ask() {
            Err(PilotError::Backend(_)) if attempt < 9 => *failed += 1,
            Err(error) => panic!("again and again: {error}"),
            Ok(answer) => return answer,
        }
    }
    unreachable!("it has panicked before")
}
