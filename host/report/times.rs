//! Times as numbers.

use std::time::Duration;

use serde::Serialize;

use crate::episode::DecisionTimes;

/// How long decisions took, in microseconds: percentiles by the nearest rank.
///
/// # Examples
/// ```
/// use particle_pilot::DecisionTimes;
/// use particle_pilot::report::Microseconds;
/// use std::time::Duration;
/// let times = DecisionTimes::of(&mut [Duration::from_nanos(1500)]);
/// assert_eq!(Microseconds::from(times).max, 1.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Microseconds {
    /// Half took no longer.
    pub p50: f64,
    /// Nine in ten took no longer.
    pub p90: f64,
    /// 99 in a hundred took no longer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl From<DecisionTimes> for Microseconds {
    fn from(times: DecisionTimes) -> Self {
        let microseconds = |time: Duration| time.as_nanos() as f64 / 1e3;
        let [p50, p90, p99, max] = [times.p50, times.p90, times.p99, times.max].map(microseconds);
        Self { p50, p90, p99, max }
    }
}

/// `count` things in `time`, in each second; 0 if it took none.
///
/// # Examples
/// ```
/// use particle_pilot::report::per_second;
/// use std::time::Duration;
/// assert_eq!(per_second(5, Duration::from_millis(500)), 10.0);
/// assert_eq!(per_second(5, Duration::ZERO), 0.0);
/// ```
#[must_use]
pub fn per_second(count: u64, time: Duration) -> f64 {
    let seconds = time.as_secs_f64();
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}
