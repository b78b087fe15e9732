//! How long decisions took.

use std::time::Duration;

use particle_pilot::DecisionTimes;

use crate::record::record;

record! {
    /// How long decisions took, in microseconds: percentiles by the nearest rank.
    DecisionMicroseconds {
        /// Half took no longer.
        p50: f64,
        /// Nine in ten took no longer.
        p90: f64,
        /// 99 in a hundred took no longer.
        p99: f64,
        /// The longest.
        max: f64,
    }
}

impl From<DecisionTimes> for DecisionMicroseconds {
    fn from(times: DecisionTimes) -> Self {
        let microseconds = |time: Duration| time.as_nanos() as f64 / 1e3;
        let [p50, p90, p99, max] = [times.p50, times.p90, times.p99, times.max].map(microseconds);
        Self { p50, p90, p99, max }
    }
}

/// `count` things in `time`, in each second; 0 if it took none.
pub fn per_second(count: u64, time: Duration) -> f64 {
    let seconds = time.as_secs_f64();
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}
