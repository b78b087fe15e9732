//! Who is compared.

use std::fmt;

use anyhow::Result;
use particle_pilot::{CartPoleProblem, Device, Pilot, PilotConfig, Simd};
use serde::{Deserialize, Serialize};

/// Something that does the work: threads of the CPU, or GPUs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contender {
    /// The CPU.
    Cpu { simd: Simd, threads: usize },
    /// The GPUs of these numbers, all at the same time.
    Gpus(Vec<u32>),
    /// Other software.
    Peer(Peer),
}

/// Other software that does the same work (`benches/peers`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Peer {
    pub name: String,
    pub version: String,
    /// What it calls the device that it uses.
    pub device: String,
}

impl Contender {
    /// Whose answers everybody's must be.
    pub const REFERENCE: Self = Self::Cpu { simd: Simd::Scalar, threads: 1 };

    pub fn gpu(index: u32) -> Self {
        Self::Gpus(vec![index])
    }

    pub fn is_gpu(&self) -> bool {
        matches!(self, Self::Gpus(_))
    }

    pub fn is_peer(&self) -> bool {
        matches!(self, Self::Peer(_))
    }

    /// The cart-pole's pilots of `config`: one, or one on each GPU.
    pub fn pilots(&self, config: &PilotConfig) -> Result<Vec<Pilot>> {
        self.each(config, |config, simd| {
            Ok(Pilot::with_simd(config, CartPoleProblem::default(), simd)?)
        })
    }

    /// What `pilot` makes of `config`: one, or one on each GPU.
    pub fn each(
        &self,
        config: &PilotConfig,
        pilot: impl Fn(PilotConfig, Simd) -> Result<Pilot>,
    ) -> Result<Vec<Pilot>> {
        match self {
            Self::Cpu { simd, threads } => {
                let (threads, device) = (*threads, Device::Cpu);
                let config = PilotConfig { threads, device, ..config.clone() };
                Ok(vec![pilot(config, *simd)?])
            }
            Self::Gpus(indices) => indices
                .iter()
                .map(|index| {
                    let device = Device::Cuda(*index);
                    pilot(PilotConfig { device, ..config.clone() }, Simd::select()?)
                })
                .collect(),
            Self::Peer(peer) => anyhow::bail!("{} has no pilots", peer.name),
        }
    }

    /// The device as the library and the program `pilot` call it; of several GPUs the first.
    pub fn device(&self) -> Device {
        match self {
            Self::Cpu { .. } | Self::Peer(_) => Device::Cpu,
            Self::Gpus(indices) => Device::Cuda(indices.first().copied().unwrap_or(0)),
        }
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu { simd, threads } => f.pad(&format!("{simd} x {threads}")),
            Self::Gpus(indices) => {
                let names: Vec<String> =
                    indices.iter().map(|index| Device::Cuda(*index).to_string()).collect();
                f.pad(&names.join(" + "))
            }
            Self::Peer(Peer { name, version, device }) if device == "cpu" => {
                f.pad(&format!("{name} {version}"))
            }
            Self::Peer(Peer { name, version, device }) => {
                f.pad(&format!("{name} {version} ({device})"))
            }
        }
    }
}
