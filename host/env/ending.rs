//! Why an episode is over.

use serde::{Deserialize, Serialize};

use super::{Physics, Step};
use crate::settings::names::named;

/// Why an episode is over.
///
/// # Examples
/// ```
/// use particle_pilot::Ending;
/// assert_eq!(Ending::LeftTrack.to_string(), "left-track");
/// assert_eq!("fell".parse(), Ok(Ending::Fell));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Ending {
    /// The step limit, and nothing had failed; for cart-pole, the pole stood, and the cart was on the track, to the last
    /// one.
    Survived,
    /// At the goal.
    Arrived,
    /// The pole's angle is beyond its limit; the cart may have left the track in the same step.
    Fell,
    /// The cart's position is beyond its limit, and the pole still up.
    LeftTrack,
    /// In a state that must not be.
    Failed,
    /// The step limit, before the goal was reached.
    OutOfTime,
    /// Whoever observed the episode ended it.
    Interrupted,
}

named!(
    Ending,
    "ending",
    [
        (Ending::Survived, "survived"),
        (Ending::Arrived, "arrived"),
        (Ending::Fell, "fell"),
        (Ending::LeftTrack, "left-track"),
        (Ending::Failed, "failed"),
        (Ending::OutOfTime, "out-of-time"),
        (Ending::Interrupted, "interrupted"),
    ]
);

impl Ending {
    /// Whether the episode went as it should.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::Ending;
    /// assert!(Ending::Survived.is_success() && Ending::Arrived.is_success());
    /// assert!(!Ending::OutOfTime.is_success());
    /// ```
    #[must_use]
    pub fn is_success(self) -> bool {
        matches!(self, Self::Survived | Self::Arrived)
    }

    /// Why an episode of the cart-pole is over with this step; none if it goes on.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::Ending;
    /// use particle_pilot::env::CartPole;
    /// let mut env = CartPole::default();
    /// env.reset_to([2.4, 1.0, 0.0, 0.0])?;
    /// let step = env.step(0)?;
    /// assert_eq!(Ending::of(env.physics(), &step), Some(Ending::LeftTrack));
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    #[must_use]
    pub fn of(physics: &Physics, step: &Step) -> Option<Self> {
        match (step.terminated, step.truncated) {
            (true, _) => Some(Self::beyond(physics, &step.state).unwrap_or(Self::LeftTrack)),
            (false, true) => Some(Self::Survived),
            (false, false) => None,
        }
    }

    /// Which of the cart-pole's limits a state is beyond, the angle's before the position's; none if it is within both.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::Ending;
    /// use particle_pilot::env::Physics;
    /// let physics = Physics::default();
    /// assert_eq!(Ending::beyond(&physics, &[-2.5, 0.0, 0.1, 0.0]), Some(Ending::LeftTrack));
    /// assert_eq!(Ending::beyond(&physics, &[0.0; 4]), None);
    /// ```
    #[must_use]
    pub fn beyond(physics: &Physics, [x, _, theta, _]: &[f64; 4]) -> Option<Self> {
        match (theta.abs() > physics.theta_threshold_radians, x.abs() > physics.x_threshold) {
            (true, _) => Some(Self::Fell),
            (false, true) => Some(Self::LeftTrack),
            (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::CartPole;
    use super::*;

    #[test]
    fn the_limit_that_was_crossed_is_told_and_the_angle_before_the_position() {
        let p = Physics::default();
        let (theta, x) = (p.theta_threshold_radians, p.x_threshold);
        for (state, ending) in [
            ([0.0, 0.0, theta, 1.0], Ending::Fell),
            ([0.0, 0.0, -theta, -1.0], Ending::Fell),
            ([x, 1.0, 0.0, 0.0], Ending::LeftTrack),
            ([-x, -1.0, 0.0, 0.0], Ending::LeftTrack),
            ([x, 1.0, theta, 1.0], Ending::Fell),
        ] {
            let mut env = CartPole::default();
            env.reset_to(state).unwrap();
            assert_eq!(Ending::of(&p, &env.step(1).unwrap()), Some(ending), "{state:?}");
        }
    }
}
