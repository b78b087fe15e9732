//! What episodes came to, under the names that the program's JSON and the results in Python share.
//!
//! Plain data for serde, with the configuration beside the outcome. Durations carry their unit in the name.

mod episode;
mod evaluation;
mod times;

pub use episode::{EpisodeReport, EpisodeWarning};
pub use evaluation::{EvaluationReport, EvaluationWarning, Machine};
pub use times::{Microseconds, per_second};
