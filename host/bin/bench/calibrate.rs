//! `bench --calibrate`: measures what predictions are made with, and writes it to where they look for it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use particle_pilot::choice::{Calibration, DecisionWork};
use particle_pilot::vector::{CartPoleVector, VectorOptions};
use particle_pilot::{ActionKind, CartPoleProblem, Device, Pilot, PilotConfig, PlannerKind, Simd};

use crate::machine::Machine;
use crate::options::RunOptions;
use crate::shared::interrupt;
use crate::shared::outcome::Outcome;
use crate::shared::output::{Sink, print, say};
use crate::shared::processor::cpu_model;
use crate::shared::usage::usage;
use crate::work::STATE;

/// How long each figure is sampled for.
const LENGTH: Duration = Duration::from_millis(150);
const TINY_LENGTH: Duration = Duration::from_millis(2);
/// Least samples of each.
const SAMPLES: usize = 5;
/// Iterations of a decision that hardly does anything but launch.
const LAUNCHING: u32 = 50;
/// Environments that are stepped.
const ENVIRONMENTS: usize = 4096;

/// How much is done.
#[derive(Clone, Copy)]
struct Extent {
    length: Duration,
    /// Particles of a decision that keeps one thread busy, and of one that keeps everything busy.
    particles: u32,
    many: u32,
}

pub fn run(options: &RunOptions) -> Result<Outcome> {
    let path = Calibration::path().ok_or_else(|| {
        let variable = Calibration::VARIABLE;
        usage(format!(
            "there is no folder for caches: name the file to write, by the variable {variable}"
        ))
    })?;
    let simd = Simd::select().map_err(usage)?;
    // The first look at GPUs starts the driver, which is part of opening one.
    let began = Instant::now();
    let machine = Machine::at_hand(simd, options.allow_virtual);
    let looked = began.elapsed();
    // Opened first, so that nothing is measured for a file that cannot be written.
    let sink = open(&path)?;
    let tiny = options.tiny || machine.is_virtual();
    let extent = match tiny {
        true => Extent { length: TINY_LENGTH, particles: 256, many: 1024 },
        false => Extent { length: LENGTH, particles: 4096, many: 1 << 20 },
    };
    if !options.outputs.quiet {
        say("measuring how fast this machine is; about 10 s, longer with a GPU");
    }
    if !machine.optimised {
        say(
            "caution: this program is not optimised; `cargo run --release` measures what pilots will take",
        );
    }
    interrupt::watch();
    let mut measured = Calibration::default();
    cpu(&mut measured, simd, machine.threads, extent)?;
    // An open device is the first GPU.
    let gpu = machine.racing_gpus().into_iter().find(|gpu| gpu.index == 0);
    if gpu.is_some() && !interrupt::stopped() {
        self::gpu(&mut measured, extent, looked)?;
    }
    if interrupt::stopped() {
        return Ok(Outcome::Interrupted);
    }
    let cpu = cpu_model().unwrap_or_else(|| "an unknown CPU".into());
    let gpu = gpu.map_or_else(|| "no GPU".into(), |gpu| gpu.name);
    let text = measured.to_text(&format!("by `bench --calibrate` on {cpu}, {gpu}"));
    sink.finish_with(text.as_bytes())?;
    if !options.outputs.quiet {
        print(&format!("{text}written to {}\n", path.display()))?;
    }
    Ok(Outcome::Done)
}

/// The file, in a folder that is made if it is not there.
fn open(path: &Path) -> Result<Sink> {
    if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
        std::fs::create_dir_all(folder).map_err(|error| {
            usage(format!("cannot make the folder {}: {error}; {OTHER}", folder.display()))
        })?;
    }
    Sink::file(path).map_err(|error| usage(format!("{error}; {OTHER}")))
}

/// What else can be done.
const OTHER: &str = "PILOT_CALIBRATION names another file";

/// A figure to four digits, more than any measurement is good for.
fn rounded(figure: f64) -> Option<f64> {
    format!("{figure:.3e}").parse().ok()
}

/// A pilot's decisions, the fastest of them, in s.
fn fastest(mut pilot: Pilot, extent: Extent) -> Result<f64> {
    pilot.act(&STATE)?;
    let (began, mut least, mut samples) = (Instant::now(), f64::INFINITY, 0);
    while samples < SAMPLES || began.elapsed() < extent.length {
        let asked = Instant::now();
        pilot.act(&STATE)?;
        least = least.min(asked.elapsed().as_secs_f64());
        samples += 1;
        if interrupt::stopped() {
            break;
        }
    }
    Ok(least)
}

fn pilot(config: &PilotConfig, simd: Simd) -> Result<Pilot> {
    Ok(Pilot::with_simd(config.clone(), CartPoleProblem::default(), simd)?)
}

fn work(config: &PilotConfig) -> Result<DecisionWork> {
    Ok(DecisionWork::of(config, CartPoleProblem::default())?)
}

/// Random shooting, which is little besides the model's steps.
fn shooting(particles: u32, horizon: u32, device: Device, threads: usize) -> PilotConfig {
    let usual = PilotConfig::of(PlannerKind::RandomShooting);
    PilotConfig { particles, horizon, device, threads, ..usual }
}

fn cpu(measured: &mut Calibration, simd: Simd, threads: usize, extent: Extent) -> Result<()> {
    let small = |threads| shooting(128 * threads as u32, 1, Device::Cpu, threads);
    let once = fastest(pilot(&small(1), simd)?, extent)?;
    measured.cpu_decision_s = rounded(once);
    let busy = shooting(extent.particles, 100, Device::Cpu, 1);
    let operations = |config: &PilotConfig| -> Result<f64> {
        let work = work(config)?;
        Ok(work.steps * work.operations)
    };
    for each in Simd::available() {
        let time = (fastest(pilot(&busy, each)?, extent)? - once).max(1e-9);
        let place = match each {
            Simd::Scalar => &mut measured.cpu_scalar_operations_per_s,
            Simd::Avx2 => &mut measured.cpu_avx2_operations_per_s,
            Simd::Avx512 => &mut measured.cpu_avx512_operations_per_s,
            Simd::Neon => &mut measured.cpu_neon_operations_per_s,
        };
        // What the planner does besides is in it: that of random shooting counts nothing.
        *place = rounded(operations(&busy)? / time);
        if each != simd {
            continue;
        }
        planners(measured, simd, once, extent)?;
        if threads > 1 {
            let together = fastest(pilot(&small(threads), simd)?, extent)?;
            measured.cpu_wake_s = rounded((together - once).max(0.0));
            let many = |threads| shooting(extent.many, 30, Device::Cpu, threads);
            let alone = fastest(pilot(&many(1), simd)?, extent)?;
            let times = alone / fastest(pilot(&many(threads), simd)?, extent)?;
            let share = (times - 1.0) / (threads - 1) as f64;
            measured.cpu_thread_share = rounded(share.clamp(0.0, 1.0));
        }
    }
    measured.cpu_environment_step_s = rounded(environments(extent)?);
    Ok(())
}

/// What each planner does besides in a step, as operations of a model: the mean over both kinds of actions.
fn planners(measured: &mut Calibration, simd: Simd, once: f64, extent: Extent) -> Result<()> {
    let rate = match simd {
        Simd::Scalar => measured.cpu_scalar_operations_per_s,
        Simd::Avx2 => measured.cpu_avx2_operations_per_s,
        Simd::Avx512 => measured.cpu_avx512_operations_per_s,
        Simd::Neon => measured.cpu_neon_operations_per_s,
    };
    let rate = rate.context("the vector instructions in use were not measured")?;
    for (planner, _) in PlannerKind::ALL {
        let mut besides = 0.0;
        for action in [ActionKind::Discrete, ActionKind::Continuous] {
            let usual = PilotConfig { action, ..PilotConfig::of(*planner) };
            let (device, threads) = (Device::Cpu, 1);
            let config = PilotConfig { particles: extent.particles, device, threads, ..usual };
            let time = (fastest(pilot(&config, simd)?, extent)? - once).max(1e-9);
            let work = work(&config)?;
            besides += (time * rate / work.steps - work.operations) / 2.0;
        }
        let place = match planner {
            PlannerKind::RandomShooting => &mut measured.random_shooting_operations,
            PlannerKind::Cem => &mut measured.cem_operations,
            PlannerKind::Mppi => &mut measured.mppi_operations,
            PlannerKind::Smc => &mut measured.smc_operations,
            PlannerKind::Fmc => &mut measured.fmc_operations,
            PlannerKind::PredictiveSampling => &mut measured.predictive_sampling_operations,
            PlannerKind::Icem => &mut measured.icem_operations,
        };
        *place = rounded(besides.max(0.0));
    }
    Ok(())
}

/// What a step of an environment takes, in s.
fn environments(extent: Extent) -> Result<f64> {
    let options = VectorOptions { device: Device::Cpu, threads: 1, ..VectorOptions::default() };
    let mut environments = CartPoleVector::new(ENVIRONMENTS, options)?;
    environments.reset(0)?;
    let actions: Vec<u32> = (0..ENVIRONMENTS as u32).map(|i| i % 2).collect();
    let (began, mut least) = (Instant::now(), f64::INFINITY);
    while least.is_infinite() || began.elapsed() < extent.length {
        let asked = Instant::now();
        environments.step(&actions)?;
        least = least.min(asked.elapsed().as_secs_f64());
    }
    Ok(least / ENVIRONMENTS as f64)
}

fn gpu(measured: &mut Calibration, extent: Extent, looked: Duration) -> Result<()> {
    let on_gpu = |config: &PilotConfig| pilot(config, Simd::select()?);
    let device = Device::Cuda(0);
    let began = Instant::now();
    let first = on_gpu(&shooting(128, 1, device, 1))?;
    measured.gpu_open_s = rounded((looked + began.elapsed()).as_secs_f64());
    drop(first);
    // Iterations that do nearly nothing differ by their launches.
    let launching = |iterations| {
        let mut config = PilotConfig { particles: 128, horizon: 1, ..PilotConfig::default() };
        config.tuning.iterations = iterations;
        PilotConfig { device, ..config }
    };
    let once = fastest(on_gpu(&launching(1))?, extent)?;
    let often = fastest(on_gpu(&launching(LAUNCHING))?, extent)?;
    let each = f64::from(work(&launching(1))?.launches);
    let launch = ((often - once) / (each * f64::from(LAUNCHING - 1))).max(0.0);
    measured.gpu_launch_s = rounded(launch);
    measured.gpu_wait_s = rounded((once - each * launch).max(0.0));
    let busy = shooting(extent.many, 100.min(extent.many / 16), device, 1);
    let time = (fastest(on_gpu(&busy)?, extent)? - once).max(1e-9);
    let work = work(&busy)?;
    let info = particle_pilot::backend::gpus()?.remove(0);
    let operations = work.operations + measured.random_shooting_operations.unwrap_or(0.0);
    measured.gpu_peak_share =
        rounded(work.steps * operations / time / Calibration::gpu_peak(&info));
    Ok(())
}
