//! A disturbance that comes back again and again: pushes against the cart.

use std::fmt;
use std::num::{ParseFloatError, ParseIntError};
use std::str::FromStr;

use particle_pilot_kernels::env::push_force;
use serde::{Deserialize, Serialize};

/// Why a disturbance is refused.
///
/// # Examples
/// ```
/// use particle_pilot::env::{Push, PushError};
///
/// assert_eq!(Push::new(5.0, 10, 10), Err(PushError::Every { length: 10, every: 10 }));
/// let error = "5:2".parse::<Push>().unwrap_err();
/// assert_eq!(error.to_string(), "push \"5:2\"; need NEWTON:LENGTH:EVERY, for example 5:10:100");
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// Text that has not three parts.
    #[error("push {0:?}; need NEWTON:LENGTH:EVERY, for example 5:10:100")]
    Parts(String),
    /// First part, which is no number.
    #[error("push of {0:?} N; NEWTON must be a number, for example 5 in 5:10:100")]
    NotANumber(String, #[source] ParseFloatError),
    /// Name and text of the part which is no number of steps.
    #[error("{0} of {1:?} steps; must be a whole number from 1 to 4294967295, as in 5:10:100")]
    NotSteps(&'static str, String, #[source] ParseIntError),
    /// The force given, which is not finite or too large for single precision to tell what comes of it.
    #[error("push of {0:e} N; must be finite, from -1e6 to 1e6")]
    Newton(f64),
    /// A push of no steps.
    #[error("push of 0 steps; LENGTH must be at least 1")]
    Length,
    /// Pushes that would never pause.
    #[error("push of LENGTH {length}, EVERY {every}; EVERY must be above LENGTH")]
    Every {
        /// Steps that a push lasts.
        length: u32,
        /// Steps from one push to the next.
        every: u32,
    },
}

/// Pushes of `newton` N against the cart, lasting `length` steps and coming
/// every `every` steps, to the left or to the right by chance.
///
/// Written `NEWTON:LENGTH:EVERY`, also by serde. The first push comes with step
/// number `every`, so that an episode begins undisturbed.
///
/// # Examples
/// ```
/// use particle_pilot::env::Push;
///
/// let push: Push = "5:10:100".parse()?;
/// assert_eq!(push, Push::new(5.0, 10, 100)?);
/// assert_eq!(push.to_string(), "5:10:100");
/// assert_eq!(push.force_at(1, 99), 0.0);
/// assert_eq!(push.force_at(1, 100).abs(), 5.0);
/// assert_eq!(push.force_at(1, 109), push.force_at(1, 100));
/// assert_eq!(push.force_at(1, 110), 0.0);
/// # Ok::<(), particle_pilot::env::PushError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Push {
    newton: f64,
    length: u32,
    every: u32,
}

impl Push {
    /// The largest force of a push, in N.
    pub const MOST_NEWTON: f64 = 1e6;

    /// A disturbance of
    ///
    /// * `newton`: force in N, at most [`Push::MOST_NEWTON`] to either side; a negative one only swaps the sides.
    /// * `length`: steps that a push lasts, `>= 1`.
    /// * `every`: steps from the beginning of one push to that of the next,
    ///   `> length`.
    ///
    /// # Errors
    /// [`PushError::Newton`], [`PushError::Length`] or [`PushError::Every`].
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::Push;
    /// assert!(Push::new(20.0, 1, 2).is_ok());
    /// assert!(Push::new(f64::NAN, 1, 2).is_err());
    /// ```
    pub fn new(newton: f64, length: u32, every: u32) -> Result<Self, PushError> {
        if newton.is_nan() || newton.abs() > Self::MOST_NEWTON {
            return Err(PushError::Newton(newton));
        }
        if length == 0 {
            return Err(PushError::Length);
        }
        if every <= length {
            return Err(PushError::Every { length, every });
        }
        Ok(Self { newton, length, every })
    }

    /// Size of the force in N.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::Push;
    /// assert_eq!(Push::new(5.0, 10, 100)?.newton(), 5.0);
    /// # Ok::<(), particle_pilot::env::PushError>(())
    /// ```
    #[must_use]
    pub fn newton(&self) -> f64 {
        self.newton
    }

    /// Steps that a push lasts.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::Push;
    /// assert_eq!(Push::new(5.0, 10, 100)?.length(), 10);
    /// # Ok::<(), particle_pilot::env::PushError>(())
    /// ```
    #[must_use]
    pub fn length(&self) -> u32 {
        self.length
    }

    /// Steps from the beginning of one push to that of the next.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::Push;
    /// assert_eq!(Push::new(5.0, 10, 100)?.every(), 100);
    /// # Ok::<(), particle_pilot::env::PushError>(())
    /// ```
    #[must_use]
    pub fn every(&self) -> u32 {
        self.every
    }

    /// The push at step number `step` in N: a pure function.
    ///
    /// * `seed`: chooses the side of each push.
    /// * `step`: counted from 0 at the beginning of the episode.
    ///
    /// Push number `k = step / every` goes to the right (`+newton`) when the
    /// lowest bit of `splitmix64(seed + splitmix64(k))` is 0, and to the left
    /// when it is 1. `splitmix64(z)` is the first output of Vigna's SplitMix64
    /// seeded with `z`; see S. Vigna, <https://prng.di.unimi.it/splitmix64.c>.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::Push;
    /// let push = Push::new(5.0, 1, 2)?;
    /// let sides = [2, 4, 6, 8].map(|step| push.force_at(7, step));
    /// assert!(sides.iter().all(|newton| newton.abs() == 5.0));
    /// # Ok::<(), particle_pilot::env::PushError>(())
    /// ```
    #[must_use]
    pub fn force_at(&self, seed: u64, step: u32) -> f64 {
        push_force(self.newton, self.length, self.every, seed, step)
    }
}

impl FromStr for Push {
    type Err = PushError;

    fn from_str(text: &str) -> Result<Self, PushError> {
        let parts: Vec<&str> = text.split(':').map(str::trim).collect();
        let &[newton, length, every] = parts.as_slice() else {
            return Err(PushError::Parts(text.to_owned()));
        };
        let steps = |name, part: &str| {
            part.parse().map_err(|e| PushError::NotSteps(name, part.to_owned(), e))
        };
        Self::new(
            newton.parse().map_err(|e| PushError::NotANumber(newton.to_owned(), e))?,
            steps("LENGTH", length)?,
            steps("EVERY", every)?,
        )
    }
}

impl TryFrom<String> for Push {
    type Error = PushError;

    fn try_from(text: String) -> Result<Self, PushError> {
        text.parse()
    }
}

impl From<Push> for String {
    fn from(push: Push) -> Self {
        push.to_string()
    }
}

impl fmt::Display for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { newton, length, every } = self;
        write!(f, "{newton}:{length}:{every}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_mistake_in_the_text_is_told() {
        for (text, told) in [
            ("", "NEWTON:LENGTH:EVERY"),
            ("1:2:3:4", "NEWTON:LENGTH:EVERY"),
            ("x:2:3", "push of \"x\" N"),
            ("1:-2:3", "LENGTH of \"-2\" steps"),
            ("1:2:3.5", "EVERY of \"3.5\" steps"),
            ("1:2:4294967296", "from 1 to 4294967295"),
            ("inf:2:3", "push of inf N; must be finite"),
            ("-1e7:2:3", "push of -1e7 N; must be finite, from -1e6 to 1e6"),
            ("NaN:2:3", "must be finite"),
            ("1:0:3", "LENGTH must be at least 1"),
            ("1:3:3", "push of LENGTH 3, EVERY 3; EVERY must be"),
            ("1:2:0", "EVERY must be above LENGTH"),
        ] {
            let error = text.parse::<Push>().unwrap_err().to_string();
            assert!(error.contains(told), "{text:?}: {error}");
        }
    }

    #[test]
    fn serde_writes_the_text_and_checks_it() {
        let push: Push = serde_json::from_str("\"2.5:1:50\"").unwrap();
        assert_eq!(push, Push::new(2.5, 1, 50).unwrap());
        assert_eq!(serde_json::to_string(&push).unwrap(), "\"2.5:1:50\"");
        let error = serde_json::from_str::<Push>("\"2.5:50:1\"").unwrap_err().to_string();
        assert!(error.contains("EVERY must be above LENGTH"), "{error}");
    }

    #[test]
    fn both_sides_get_about_the_same() {
        let push = Push::new(1.0, 1, 2).unwrap();
        for seed in 0..20 {
            let sum: f64 = (0..10_000).map(|step| push.force_at(seed, step)).sum();
            assert!(sum.abs() < 350.0, "seed {seed}: {sum}"); // 5 standard deviations
        }
    }

    #[test]
    fn the_drawn_sides_never_change() {
        let push = Push::new(1.0, 1, 2).unwrap();
        let sides: String =
            (1..=16).map(|k| if push.force_at(42, 2 * k) > 0.0 { '+' } else { '-' }).collect();
        assert_eq!(sides, "---+-+---++-++-+");
    }

    proptest! {
        #[test]
        fn text_and_value_round_trip(newton in -1e6f64..1e6, length in 1u32.., more: u32) {
            let Some(every) = length.checked_add(more).filter(|&e| e > length) else {
                return Ok(());
            };
            let push = Push::new(newton, length, every).unwrap();
            prop_assert_eq!(push.to_string().parse::<Push>().unwrap(), push);
        }

        #[test]
        fn pushes_come_when_they_should(
            (length, pause) in (1u32..50, 1u32..50),
            seed: u64,
            step: u32,
        ) {
            let every = length + pause;
            let push = Push::new(3.0, length, every).unwrap();
            let force = push.force_at(seed, step);
            let on = step >= every && step % every < length;
            prop_assert_eq!(force.abs(), if on { 3.0 } else { 0.0 });
            if on {
                prop_assert_eq!(force, push.force_at(seed, step - step % every));
            }
        }
    }
}
