//! `bench --calibrate` as its users meet it. With `--tiny`, figures mean nothing.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use particle_pilot::choice::Calibration;

/// The program, which looks for a calibration where `variables` say.
fn calibrate(arguments: &[&str], variables: &[(&str, &Path)]) -> Output {
    let mut bench = Command::new(env!("CARGO_BIN_EXE_bench"));
    bench.env_remove("PILOT_SIMD").env("PILOT_CUDA_DRIVER", "/nowhere/libcuda.so.1");
    for variable in ["PILOT_CALIBRATION", "XDG_CACHE_HOME", "HOME"] {
        bench.env_remove(variable);
    }
    bench.args(["--calibrate", "--tiny"]).args(arguments);
    bench.envs(variables.iter().copied()).stdin(Stdio::null());
    bench.output().expect("the program starts")
}

#[track_caller]
fn assert_code(output: &Output, code: i32) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
}

fn written(path: &Path) -> Calibration {
    Calibration::read(path).expect("a calibration").expect("it is there")
}

#[test]
fn what_is_measured_is_written_to_where_pilots_look_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let (root, cache) = (folder.path(), folder.path().join("cache"));
    let named = root.join("named.toml");
    let in_cache = cache.join("particle-pilot/calibration.toml");
    let mut ways = vec![
        (vec![("PILOT_CALIBRATION", &*named), ("XDG_CACHE_HOME", &cache)], named.clone()),
        (vec![("XDG_CACHE_HOME", &*cache)], in_cache),
    ];
    if cfg!(target_os = "linux") {
        let at_home = root.join(".cache/particle-pilot/calibration.toml");
        ways.push((vec![("HOME", root)], at_home));
    }
    for (variables, path) in ways {
        let output = calibrate(&[], &variables);
        assert_code(&output, 0);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(&format!("written to {}", path.display())), "{said}");
        let measured = written(&path);
        assert!(
            measured.cpu_scalar_operations_per_s.is_some() && measured.icem_operations.is_some()
        );
        assert_eq!((measured.gpu_launch_s, measured.gpu_peak_share), (None, None));
        assert_eq!(
            fs::read_dir(path.parent().unwrap())
                .unwrap()
                .filter(|entry| { entry.as_ref().unwrap().path().is_file() })
                .count(),
            1,
            "nothing else stays"
        );
    }
    let output = calibrate(&["-q"], &[("PILOT_CALIBRATION", &named)]);
    assert_code(&output, 0);
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
}

#[test]
fn a_file_that_cannot_be_written_is_a_usage_error_before_anything_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    for path in [folder.path(), &file.join("calibration.toml")] {
        let output = calibrate(&[], &[("PILOT_CALIBRATION", path)]);
        assert_code(&output, 2);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("cannot") && said.contains("PILOT_CALIBRATION names another"),
            "{said}"
        );
        assert!(output.stdout.is_empty() && !said.contains("measuring"), "{said}");
    }
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    let output = calibrate(&[], &[]);
    assert_code(&output, 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("PILOT_CALIBRATION"));
    assert_code(&calibrate(&["--suite", "latency"], &[("PILOT_CALIBRATION", &file)]), 2);
}

#[cfg(all(feature = "cuda", target_os = "linux"))]
#[test]
fn a_gpu_is_measured_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calibration.toml");
    let driver = test_support::virtual_driver();
    let variables = [("PILOT_CALIBRATION", &*path), ("PILOT_CUDA_DRIVER", &driver)];
    assert_code(&calibrate(&["--allow-virtual"], &variables), 0);
    let measured = written(&path);
    assert!(measured.gpu_open_s.is_some_and(|seconds| seconds > 0.0));
    assert!(measured.gpu_peak_share.is_some_and(|share| share > 0.0));
    assert!(measured.gpu_launch_s.is_some() && measured.gpu_wait_s.is_some());
    // What is no GPU does not count as one unless it is asked for.
    assert_code(&calibrate(&[], &variables), 0);
    assert_eq!(written(&path).gpu_open_s, None);
}
