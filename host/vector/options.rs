//! Settings of environments side by side.

use super::Autoreset;
use crate::env::{CartPoleOptions, Physics};
use crate::settings::Device;

/// What environments side by side have in common.
///
/// # Examples
/// ```
/// use particle_pilot::env::CartPoleOptions;
/// use particle_pilot::vector::{Autoreset, VectorOptions};
///
/// let options = VectorOptions {
///     autoreset: Autoreset::SameStep,
///     episode: CartPoleOptions { max_episode_steps: Some(200), ..CartPoleOptions::default() },
///     ..VectorOptions::default()
/// };
/// assert_eq!(options.physics.gravity, 9.8);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct VectorOptions {
    /// Parameters and thresholds; default those of `CartPole-v1`.
    pub physics: Physics,
    /// Rewards and step limit; default 1 a step, and 500.
    pub episode: CartPoleOptions,
    /// When an environment whose episode has ended begins the next one; default [`Autoreset::NextStep`], as in
    /// Gymnasium.
    pub autoreset: Autoreset,
    /// Where environments are kept and stepped; default [`Device::Auto`], whichever is predicted to be
    /// faster. The numbers are the same bits everywhere.
    pub device: Device,
    /// Threads of the CPU; default 0, for as many as there are.
    pub threads: usize,
}
