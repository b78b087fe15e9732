//! Models of well-known problems, to plan with: one file each.
//!
//! Acrobot and pendulum compute in single precision what the environments of the crate `particle-pilot` by the same names
//! compute in double precision.

mod acrobot;
mod diff_drive;
mod pendulum;

pub use acrobot::Acrobot;
pub use diff_drive::DiffDrive;
pub use pendulum::Pendulum;
