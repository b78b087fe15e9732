//! How reports and plots word the same thing alike.

use particle_pilot::{Ending, EpisodeResult, PilotConfig};

use crate::shared::text::count;

/// The first line of the report.
pub fn headline(result: &EpisodeResult) -> String {
    let (steps, seed) = (count(result.steps.into(), "step"), result.seed);
    match result.ending {
        Ending::Survived if result.steps == 1 => format!("survived the only step (seed {seed})"),
        Ending::Survived => format!("survived all {steps} (seed {seed})"),
        Ending::Interrupted => format!("interrupted after {steps}, still up (seed {seed})"),
        Ending::LeftTrack => format!("left the track after {steps} (seed {seed})"),
        _ => format!("fell after {steps} (seed {seed})"),
    }
}

/// `1,024 particles x 30 steps`, by a sign of one's own.
pub fn extent(config: &PilotConfig, times: char) -> String {
    let particles = match config.particles {
        1 => "1 particle".into(),
        other => format!("{other} particles"),
    };
    format!("{particles} {times} {}", count(config.horizon.into(), "step"))
}

/// Degrees as they were given, in spite of the way through radians.
pub fn degrees(radians: f64) -> f64 {
    let degrees = radians.to_degrees();
    if degrees < 1e-6 { degrees } else { (degrees * 1e9).round() / 1e9 }
}
