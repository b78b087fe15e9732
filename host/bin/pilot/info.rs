//! `pilot info`: what there is to run on.

use std::num::NonZeroUsize;

use anyhow::Result;
use particle_pilot::{PlannerKind, Simd};
use serde::Serialize;

use crate::Outcome;
use crate::commands::InfoOptions;
use crate::output::{Report, usage};

pub fn run(options: &InfoOptions) -> Result<Outcome> {
    let report = Report::open(options.json.as_deref(), false)?;
    let info = Info {
        version: env!("CARGO_PKG_VERSION"),
        target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        cpu: cpu_model(),
        cores: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        simd: Simd::select().map_err(usage)?,
        simd_available: Simd::available(),
        simd_forced: std::env::var_os(Simd::VARIABLE).is_some_and(|text| !text.is_empty()),
        devices: vec!["cpu".into()],
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
             simd       {}, {} lanes ({forced}); available: {}\n\
             devices    {}; GPU: none in this build\n\
             planners   {}\n",
            self.version,
            self.target,
            self.cpu.as_deref().unwrap_or("unknown"),
            self.cores,
            self.simd,
            self.simd.lanes(),
            available.join(", "),
            self.devices.join(", "),
            self.planners.join(", "),
        )
    }
}

/// The processor's name, where Linux tells it.
fn cpu_model() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    let (_, name) = line.split_once(':')?;
    Some(name.trim().to_owned())
}
