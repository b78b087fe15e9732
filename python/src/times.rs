//! How long decisions took.

use particle_pilot::report::Microseconds;

use crate::record::record;

record! {
    /// How long decisions took, in microseconds: percentiles by the nearest rank.
    DecisionMicroseconds from Microseconds {
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
