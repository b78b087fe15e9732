//! Environments: problems themselves, as the planners' judge sees them.
//!
//! Episodes run in any [`Environment`]. [`ModelEnvironment`] makes one of a model. [`CartPole`] is the scalar `f64` reference with the interface and numbers of
//! Gymnasium's `CartPole-v1`; [`vector`](crate::vector) has many of it side by side. [`Physics`], and the dynamics
//! behind it, live in the `particle-pilot-kernels` crate, where planners can use them too. [`Pendulum`] and [`Acrobot`] are
//! `Pendulum-v1` and `Acrobot-v1`; models of them are in [`kernels::problems`](crate::kernels::problems).

mod acrobot;
mod cartpole;
mod ending;
mod environment;
mod error;
mod model;
mod pendulum;
mod push;
mod world;

pub use acrobot::Acrobot;
pub use cartpole::{CartPole, CartPoleOptions, PushedCartPole, Step};
pub use ending::Ending;
pub use environment::{Environment, Outcome};
pub use error::EnvError;
pub use model::ModelEnvironment;
pub use particle_pilot_kernels::env::{BadPhysics, Integrator, Physics};
pub use particle_pilot_kernels::numpy::Pcg64;
pub use pendulum::{Pendulum, PendulumParameters};
pub use push::{Push, PushError};
#[doc(hidden)]
pub use world::{ModelWorld, OwnActions};
