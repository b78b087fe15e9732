//! `pilot info`: what there is to run on.

use std::num::NonZeroUsize;

use anyhow::Result;
use particle_pilot::backend::{DeviceInfo, gpus as gpus_of_this_machine};
use particle_pilot::choice::DeviceChoice;
use particle_pilot::{CartPoleProblem, Device, PilotConfig, PlannerKind, Simd};
use serde::Serialize;

use crate::commands::InfoOptions;
use crate::shared::outcome::Outcome;
use crate::shared::output::Report;
use crate::shared::processor::cpu_model;
use crate::shared::text::count;
use crate::shared::usage::usage;

pub fn run(options: &InfoOptions) -> Result<Outcome> {
    let report = Report::open(options.json.as_deref(), false)?;
    let (gpus, gpu_absence) = gpus();
    let choice = DeviceChoice::of(&PilotConfig::default(), CartPoleProblem::default());
    let info = Info {
        version: env!("CARGO_PKG_VERSION"),
        target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        cpu: cpu_model(),
        cores: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        simd: Simd::select().map_err(usage)?,
        simd_available: Simd::available(),
        simd_forced: std::env::var_os(Simd::VARIABLE).is_some_and(|text| !text.is_empty()),
        devices: std::iter::once("cpu".into())
            .chain(gpus.iter().map(|gpu| gpu.device.clone()))
            .collect(),
        auto: choice.map_err(usage)?.to_string(),
        gpus,
        gpu_absence,
        planners: PlannerKind::ALL.iter().map(|(_, name)| *name).collect(),
    };
    report.write(&info.text(), &info)?;
    Ok(Outcome::Done)
}

#[derive(Serialize)]
struct Info {
    version: &'static str,
    /// Architecture and system that this program was built for.
    target: String,
    /// The processor's name, if the system tells.
    cpu: Option<String>,
    /// Cores that this process may use.
    cores: usize,
    /// The vector instructions that particles use.
    simd: Simd,
    /// Those that this CPU has, slowest first.
    simd_available: Vec<Simd>,
    /// Whether `PILOT_SIMD` chose them.
    simd_forced: bool,
    /// Names for `--device`.
    devices: Vec<String>,
    /// Which of them `auto` is for a decision with all defaults, and why.
    auto: String,
    /// The GPUs among them.
    gpus: Vec<GpuInfo>,
    /// Why there is none.
    gpu_absence: Option<String>,
    planners: Vec<&'static str>,
}

impl Info {
    fn text(&self) -> String {
        let available: Vec<&str> = self.simd_available.iter().map(|s| s.name()).collect();
        let forced = match self.simd_forced {
            true => format!("forced by {}", Simd::VARIABLE),
            false => format!("{} forces another", Simd::VARIABLE),
        };
        format!(
            "pilot      {} for {}\n\
             cpu        {}\n\
             cores      {}\n\
             simd       {}, {} ({forced}); available: {}\n\
             devices    {}\n\
             auto       {}\n\
             {}\
             planners   {}\n",
            self.version,
            self.target,
            self.cpu.as_deref().unwrap_or("unknown"),
            self.cores,
            self.simd,
            count(self.simd.lanes() as u64, "lane"),
            available.join(", "),
            self.devices.join(", "),
            self.auto,
            self.gpu_text(),
            self.planners.join(", "),
        )
    }
}

/// A GPU, and how `--device` calls it.
#[derive(Serialize)]
struct GpuInfo {
    device: String,
    #[serde(flatten)]
    about: DeviceInfo,
}

impl Info {
    fn gpu_text(&self) -> String {
        let mut text = String::new();
        for GpuInfo { device, about } in &self.gpus {
            let (major, minor) = about.compute_capability;
            text += &format!(
                "{device:10} {}, {:.1} GiB, compute capability {major}.{minor}, {} multiprocessors at \
                 {:.2} GHz, driver for CUDA {}.{}\n",
                about.name,
                about.memory_bytes as f64 / f64::from(1 << 30),
                about.multiprocessors,
                f64::from(about.clock_khz) / 1e6,
                about.driver_version.0,
                about.driver_version.1,
            );
        }
        if let Some(reason) = &self.gpu_absence {
            text += &format!("no GPU     {reason}\n");
        }
        text
    }
}

/// All GPUs, or why there is none.
fn gpus() -> (Vec<GpuInfo>, Option<String>) {
    match gpus_of_this_machine() {
        Ok(all) => {
            let named = |about: DeviceInfo| GpuInfo {
                device: Device::Cuda(about.index).to_string(),
                about,
            };
            (all.into_iter().map(named).collect(), None)
        }
        Err(error) => (Vec::new(), Some(error.to_string())),
    }
}
