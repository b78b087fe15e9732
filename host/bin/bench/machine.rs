//! What a record was measured on, and by which build.

use std::process::{Command, Stdio};

use particle_pilot::Simd;
use particle_pilot::backend::{DeviceInfo, gpus};
use serde::{Deserialize, Serialize};

use crate::shared::processor::cpu_model;
use crate::shared::text::count;
use crate::system;

/// What the virtual GPU calls itself.
pub const VIRTUAL: &str = "ptx-vm";
/// GPUs older than this know not all instructions of the kernels.
const OLDEST: (u32, u32) = (7, 5);

/// The machine and the build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name, if the system tells.
    pub cpu: Option<String>,
    /// CPUs that this process may use, which is how many threads it uses.
    pub threads: usize,
    /// The vector instructions that pilots use.
    pub simd: Simd,
    /// Those that the CPU has, slowest first.
    pub simd_available: Vec<Simd>,
    /// Architecture and system that the program was built for.
    pub target: String,
    /// The system's release, if it tells.
    pub kernel: Option<String>,
    /// The load before anything was run, in runnable threads.
    pub load: Option<f64>,
    pub gpus: Vec<Gpu>,
    /// Why there is none.
    pub gpu_absence: Option<String>,
    /// The compiler of this program.
    pub compiler: String,
    /// Whether it was compiled with optimisation.
    pub optimised: bool,
    /// The revision of the checkout that the program was built from, as it is now, if there is one.
    pub revision: Option<String>,
}

/// A GPU, and whether it takes part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gpu {
    #[serde(flatten)]
    pub info: DeviceInfo,
    /// Why it does not.
    pub left_out: Option<String>,
}

impl Machine {
    /// The machine at hand, on which pilots use `simd`.
    pub fn at_hand(simd: Simd, allow_virtual: bool) -> Self {
        let (gpus, gpu_absence) = match gpus() {
            Ok(all) => (all, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").ok();
        Self {
            cpu: cpu_model(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            simd,
            simd_available: Simd::available(),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            kernel: kernel.map(|text| text.trim().to_owned()),
            load: system::load(),
            gpus: gpus.into_iter().map(|info| Gpu::new(info, allow_virtual)).collect(),
            gpu_absence,
            compiler: particle_pilot::COMPILER.into(),
            optimised: !cfg!(debug_assertions),
            revision: revision(),
        }
    }

    /// Whether the CPU adds on other units than those that multiply, as AMD's do.
    pub fn adds_apart(&self) -> bool {
        self.cpu.as_deref().is_some_and(|name| name.contains("AMD"))
    }

    /// The GPUs that take part.
    pub fn racing_gpus(&self) -> Vec<DeviceInfo> {
        let racing = self.gpus.iter().filter(|gpu| gpu.left_out.is_none());
        racing.map(|gpu| gpu.info.clone()).collect()
    }

    /// Whether a GPU that takes part is none.
    pub fn is_virtual(&self) -> bool {
        self.racing_gpus().iter().any(|gpu| gpu.name == VIRTUAL)
    }

    /// Whether figures from both may be compared.
    pub fn is_like(&self, other: &Self) -> bool {
        self.cpu == other.cpu
            && self.threads == other.threads
            && self.target == other.target
            && self.simd == other.simd
            && self.gpus == other.gpus
    }

    /// In a line or more.
    pub fn lines(&self) -> String {
        let simd: Vec<&str> = self.simd_available.iter().map(|simd| simd.name()).collect();
        let mut text = format!(
            "cpu        {}, {}, {} (has {})\n",
            self.cpu.as_deref().unwrap_or("unknown"),
            count(self.threads as u64, "thread"),
            self.simd,
            simd.join(", ")
        );
        for Gpu { info, left_out } in &self.gpus {
            let (major, minor) = info.compute_capability;
            let (driver, minor_driver) = info.driver_version;
            text += &format!(
                "cuda:{:<5} {}, compute capability {major}.{minor}, {} at {:.2} GHz, \
                 driver for CUDA {driver}.{minor_driver}\n",
                info.index,
                info.name,
                count(info.multiprocessors.into(), "multiprocessor"),
                f64::from(info.clock_khz) / 1e6
            );
            if let Some(reason) = left_out {
                text += &format!("           not timed: {reason}\n");
            }
        }
        if let Some(reason) = &self.gpu_absence {
            text += &format!("no GPU     {reason}; there are no GPU columns\n");
        }
        let system = self.kernel.as_deref().unwrap_or("unknown");
        text += &format!("system     {}, {system}\n", self.target);
        let revision = self.revision.as_deref().unwrap_or("unknown");
        text += &format!(
            "build      {} {}, revision {revision}, {}\n",
            "particle-pilot",
            env!("CARGO_PKG_VERSION"),
            self.compiler
        );
        text
    }
}

impl Gpu {
    fn new(info: DeviceInfo, allow_virtual: bool) -> Self {
        let left_out = if info.name == VIRTUAL && !allow_virtual {
            Some(format!("{VIRTUAL} is no GPU but a program; --allow-virtual tries this one out"))
        } else if info.compute_capability < OLDEST {
            let (major, minor) = OLDEST;
            Some(format!("the kernels need compute capability {major}.{minor} or later"))
        } else {
            None
        };
        Self { info, left_out }
    }
}

/// What git calls the checkout's state.
fn revision() -> Option<String> {
    let mut git = Command::new("git");
    git.args(["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty", "--abbrev=12"]);
    let output = git.stdin(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpu(name: &str, compute_capability: (u32, u32)) -> DeviceInfo {
        DeviceInfo {
            index: 0,
            name: name.into(),
            memory_bytes: 0,
            compute_capability,
            multiprocessors: 1,
            clock_khz: 1,
            driver_version: (12, 0),
        }
    }

    #[test]
    fn what_is_no_gpu_or_too_old_does_not_take_part() {
        let left_out = |name, capability, allow| {
            Gpu::new(gpu(name, capability), allow).left_out.unwrap_or_default()
        };
        assert!(left_out(VIRTUAL, (9, 0), false).contains("--allow-virtual"));
        assert_eq!(left_out(VIRTUAL, (9, 0), true), "");
        assert!(left_out("Tesla V100", (7, 0), false).contains("7.5"));
        assert_eq!(left_out("Tesla T4", (7, 5), false), "");
    }
}
