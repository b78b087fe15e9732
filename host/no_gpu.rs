//! Stands for `gpu` in builds without GPUs: the same names, of which nothing can be made.

use std::convert::Infallible;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::atomic::AtomicBool;

use particle_pilot_kernels::env::Physics;
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::simulate::EnvironmentParams;
use particle_pilot_kernels::task::EpisodeSummary;

use crate::backend::BackendError;
use crate::engine::Engine;
use crate::env::{ModelWorld, OwnActions, Push};
use crate::settings::{DeviceInfo, PilotConfig};
use crate::simd::Simd;
use crate::vector::Simulation;

/// A stream of another program's.
pub(crate) type ForeignStream = Infallible;

/// What a GPU says when it fails; there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GpuError {}

/// What a driver says when it fails; there is none.
pub type DriverError = GpuError;

impl GpuError {
    /// Whether there simply is no GPU.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        match *self {}
    }
}

impl fmt::Display for GpuError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for GpuError {}

/// What episodes run in.
#[derive(Clone, Copy)]
#[expect(dead_code, reason = "no GPU steps them")]
pub(crate) enum World<'a> {
    CartPole(&'a Physics),
    Model(&'a ModelWorld, &'a OwnActions),
}

/// Whole episodes on a GPU.
pub(crate) enum GpuEpisodes {}

impl GpuEpisodes {
    pub fn width(&self) -> u32 {
        match *self {}
    }

    pub fn particle_steps(&self) -> u64 {
        match *self {}
    }

    pub fn run(
        &mut self,
        _: u64,
        _: &[f64],
        _: u32,
        _: Option<Push>,
        _: &AtomicBool,
    ) -> Result<Vec<EpisodeSummary>, GpuError> {
        match *self {}
    }
}

/// The most rows of blocks of a launch.
pub(crate) const MOST_ROWS: u32 = 65_535;

/// What several engines have in common that decide together.
#[derive(Clone)]
pub(crate) enum Together {}

impl Together {
    pub fn begin(&self) {
        match *self {}
    }

    pub fn decide(&self) -> Result<(), BackendError> {
        match *self {}
    }

    pub fn info(&self) -> DeviceInfo {
        match *self {}
    }
}

pub(crate) fn rows<M: LaneModel>(
    index: u32,
    _: &PilotConfig,
    _: M,
    _: Simd,
    _: RangeInclusive<u32>,
) -> Result<(Vec<Box<dyn Engine>>, Together), BackendError> {
    Err(BackendError::NoGpuBackend(index))
}

pub(crate) fn devices() -> Result<Vec<DeviceInfo>, BackendError> {
    Err(BackendError::NoGpuBackend(0))
}

pub(crate) fn engine<M: LaneModel>(
    index: u32,
    _: &PilotConfig,
    _: M,
    _: Simd,
    _: Option<ForeignStream>,
) -> Result<Box<dyn Engine>, BackendError> {
    Err(BackendError::NoGpuBackend(index))
}

pub(crate) fn episodes<M: LaneModel>(
    index: u32,
    _: &PilotConfig,
    _: &M,
    _: World<'_>,
) -> Result<(GpuEpisodes, DeviceInfo), BackendError> {
    Err(BackendError::NoGpuBackend(index))
}

pub(crate) fn simulation(
    index: u32,
    _: usize,
    _: &EnvironmentParams,
) -> Result<Box<dyn Simulation>, BackendError> {
    Err(BackendError::NoGpuBackend(index))
}
