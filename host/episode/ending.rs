//! Why an episode is over.

use serde::{Deserialize, Serialize};

use crate::env::{Physics, Step};
use crate::settings::names::named;

/// Why an episode is over.
///
/// # Examples
/// ```
/// use particle_pilot::Ending;
/// assert_eq!(Ending::LeftTrack.to_string(), "left-track");
/// assert_eq!("fell".parse(), Ok(Ending::Fell));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Ending {
    /// The step limit: the pole stood, and the cart was on the track, to the last one.
    Survived,
    /// The pole's angle is beyond its limit; the cart may have left the track in the same step.
    Fell,
    /// The cart's position is beyond its limit, and the pole still up.
    LeftTrack,
    /// Whoever observed the episode ended it.
    Interrupted,
}

named!(
    Ending,
    "ending",
    [
        (Ending::Survived, "survived"),
        (Ending::Fell, "fell"),
        (Ending::LeftTrack, "left-track"),
        (Ending::Interrupted, "interrupted"),
    ]
);

impl Ending {
    /// Why an episode is over with this step; none if it goes on.
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

    /// Which limit a state is beyond, the angle's before the position's; none if it is within both.
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
    use super::*;
    use crate::env::CartPole;

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
