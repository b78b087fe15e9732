//! Models of well-known problems, to plan with: one file each.
//!
//! They compute in single precision what the environments of the crate `particle-pilot` by the same names compute in
//! double precision.

mod acrobot;
mod pendulum;

pub use acrobot::Acrobot;
pub use pendulum::Pendulum;
