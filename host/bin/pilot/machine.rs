//! What a pilot runs on, as people are told.

use std::fmt;

use particle_pilot::backend::BackendError;
use particle_pilot::choice::DeviceChoice;
use particle_pilot::{Device, DeviceShare, EvaluationResult, Pilot, PreparedEvaluation, Simd};

use crate::shared::output::{Report, say};
use crate::shared::text::count;

/// A device, and what matters about it.
pub struct Machine {
    /// Where the work begins.
    pub device: Device,
    pub simd: Simd,
    pub threads: usize,
    /// The device with a GPU's own name.
    name: String,
    /// Why it is not a GPU, where it might have been one.
    fallback_reason: Option<BackendError>,
    /// Why it is the one that it is.
    choice: DeviceChoice,
}

impl Machine {
    /// What a pilot is on, at the moment.
    pub fn of_pilot(pilot: &Pilot) -> Self {
        Self {
            device: pilot.device(),
            simd: pilot.simd(),
            threads: pilot.threads(),
            name: pilot.device_name(),
            fallback_reason: pilot.fallback_reason().cloned(),
            choice: pilot.device_choice().clone(),
        }
    }

    /// What episodes will begin on.
    pub fn of_evaluation(evaluation: &PreparedEvaluation) -> Self {
        Self {
            device: evaluation.device(),
            simd: evaluation.simd(),
            threads: evaluation.threads(),
            name: evaluation.device_name(),
            fallback_reason: evaluation.fallback_reason().cloned(),
            choice: evaluation.device_choice().clone(),
        }
    }

    /// The choice of the device, for others to begin on the same.
    pub fn choice(&self) -> &DeviceChoice {
        &self.choice
    }

    /// Says once, to people, that it is the CPU where a GPU would have been used; and to whom it is `verbose`, which device was
    /// chosen, and why.
    pub fn tell(&self, report: &Report, verbose: bool) {
        if verbose && !report.quiet() {
            say(&format!("device {}", self.choice));
        }
        let Some(error) = self.fallback_reason.as_ref().filter(|_| !report.silent()) else {
            return;
        };
        let threads = count(self.threads as u64, "thread");
        let cpu = format!("running on the CPU ({}, {threads})", self.simd.name());
        // Who names a driver wants to know what became of it.
        let names_driver =
            std::env::var_os("PILOT_CUDA_DRIVER").is_some_and(|name| !name.is_empty());
        say(&match error.is_absence() && !names_driver {
            true => format!("no GPU: {cpu}"),
            false => format!("no GPU used: {error}; {cpu}"),
        });
    }

    /// Warns if a GPU failed after the work began.
    pub fn warn(&self, report: &Report, fallback_reason: Option<&str>) {
        if let Some(error) = self.lost(fallback_reason).filter(|_| !report.quiet()) {
            say(&format!("warning: {error}; the CPU went on, with the same results"));
        }
    }

    /// Why a GPU is no longer used that was when the work began.
    pub fn lost<'a>(&self, fallback_reason: Option<&'a str>) -> Option<&'a str> {
        fallback_reason.filter(|_| self.device != Device::Cpu)
    }

    /// The devices that ran an evaluation's episodes, and how many where they are several.
    pub fn of_all(&self, result: &EvaluationResult) -> String {
        match &result.devices[..] {
            [] => self.to_string(),
            [only] => self.line(only.device),
            several => {
                let shares = several.iter().map(|DeviceShare { device, episodes }| {
                    format!("{}: {}", self.line(*device), count((*episodes).into(), "episode"))
                });
                shares.collect::<Vec<_>>().join("; then ")
            }
        }
    }

    fn line(&self, device: Device) -> String {
        match device {
            Device::Cpu => {
                format!("cpu, {} x {}", self.simd, count(self.threads as u64, "thread"))
            }
            _ => self.name.clone(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line(self.device))
    }
}
