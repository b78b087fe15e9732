//! The environment: the problem itself, as the planners' judge sees it.
//!
//! [`CartPole`] is the scalar `f64` reference with the interface and numbers of
//! Gymnasium's `CartPole-v1`; [`vector`](crate::vector) has many of it side by side. [`Physics`], and the dynamics
//! behind it, live in the `particle-pilot-kernels` crate, where planners can use them too.

mod cartpole;
mod error;
mod push;

pub use cartpole::{CartPole, CartPoleOptions, Step};
pub use error::EnvError;
pub use particle_pilot_kernels::env::{BadPhysics, Integrator, Physics};
pub use particle_pilot_kernels::numpy::Pcg64;
pub use push::{Push, PushError};
