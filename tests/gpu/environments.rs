//! Environments side by side on a GPU: that a step is one launch and as few copies as there can be.

use particle_pilot::vector::{Autoreset, CartPoleVector, VectorOptions};

use crate::{GPU, REPORT, on_the_virtual_gpu_with, reported};

#[test]
fn a_step_is_a_launch_and_a_copy_each_way_on_the_virtual_gpu() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let test = "environments::a_step_is_a_launch_and_a_copy_each_way";
    let text = on_the_virtual_gpu_with(test, &[(REPORT, report.to_str().unwrap())]);
    assert_eq!(text.matches("counted").count(), 3, "{text}");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn a_step_is_a_launch_and_a_copy_each_way() {
    let Some(report) = std::env::var_os(REPORT) else { return };
    for autoreset in [Autoreset::NextStep, Autoreset::SameStep, Autoreset::Disabled] {
        let options = VectorOptions { autoreset, device: GPU, ..VectorOptions::default() };
        let mut envs = CartPoleVector::new(7, options).unwrap();
        envs.reset(3).unwrap();
        // The first step makes room for actions.
        envs.step(&[1; 7]).unwrap();
        let counts = || ["launches ", "copies "].map(|kind| reported(&report, kind));
        let [launches, copies] = counts();
        envs.step(&[0; 7]).unwrap();
        assert_eq!(counts(), [launches + 1, copies + 2]);
        println!("counted");
    }
}
