//! Control on the fly: before every action, simulate a swarm of futures and act on their vote.
//!
//! No training, no gradient: give [`Pilot`] a state, and it answers with an action. The same seed
//! gives the same bits on every CPU, with any number of threads.
//!
//! ```
//! use particle_pilot::{CartPoleProblem, Episode, Pilot, PilotConfig};
//!
//! let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
//! let result = Episode::new().steps(200).run(&mut pilot)?;
//! assert!(result.survived);
//! # Ok::<(), particle_pilot::PilotError>(())
//! ```

mod advice;
pub mod backend;
mod batch;
mod bytes;
pub mod choice;
mod control_vector;
#[cfg(all(feature = "cuda", target_os = "linux"))]
mod cuda;
mod decision;
mod engine;
pub mod env;
mod episode;
mod error;
mod evaluation;
mod given;
#[cfg(all(feature = "cuda", target_os = "linux"))]
mod gpu;
mod memory;
#[cfg(not(all(feature = "cuda", target_os = "linux")))]
mod no_gpu;
mod pilot;
mod planners;
mod problem;
mod random;
pub mod recording;
pub mod report;
pub mod settings;
mod simd;
mod speculation;
mod state;
mod threads;
mod trajectories;
pub mod vector;

#[cfg(not(all(feature = "cuda", target_os = "linux")))]
use no_gpu as gpu;

#[cfg(all(feature = "cuda", target_os = "linux"))]
pub use cuda::{DriverError, GpuError};
#[cfg(not(all(feature = "cuda", target_os = "linux")))]
pub use no_gpu::{DriverError, GpuError};

pub use batch::PilotBatch;
pub use bytes::Bytes;
pub use control_vector::ControlVector;
pub use decision::{Action, Decision, Diagnostics, Warning};
pub use env::Ending;
pub use episode::{
    DecisionTimes, Digest, Episode, EpisodeResult, StepRecord, WarningNote, WarningNotes,
};
pub use error::PilotError;
pub use evaluation::{
    DeviceShare, Evaluation, EvaluationResult, Failure, PreparedEvaluation, WarningSummary,
};
pub use given::GivenError;
pub use memory::available as available_memory;
pub use particle_pilot_kernels as kernels;
pub use pilot::Pilot;
pub use problem::{CartPoleProblem, Problem};
pub use random::PhiloxRng;
pub use settings::{
    ActionKind, Device, Interpolation, Noise, NoiseScale, NoiseScaleError, PilotConfig,
    PilotConfigBuilder, PlannerKind, SettingError, Tuning,
};
pub use simd::Simd;
pub use speculation::Speculation;
pub use state::{BatchState, Carried, PilotState};
pub use trajectories::Trajectories;

/// The compiler that built this library, as `rustc --version` calls it: for records of measurements.
pub const COMPILER: &str = env!("PILOT_COMPILER");

/// The README's examples are tests too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So are those of docs/models.md.
#[cfg(doctest)]
#[doc = include_str!("../docs/models.md")]
struct Models;
