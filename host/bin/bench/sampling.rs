//! How samples are taken.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How to take samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// How many samples of each contender.
    pub samples: usize,
    /// How long a sample is at least, in seconds: so many runs are put together.
    pub batch_s: f64,
    /// For how long each contender runs before its first sample, in seconds.
    pub warm_up_s: f64,
    /// A contender whose samples would take longer than this is left out, in seconds.
    pub patience_s: f64,
}

impl Sampling {
    /// For a record.
    pub const FULL: Self = Self { samples: 15, batch_s: 0.010, warm_up_s: 0.050, patience_s: 6.0 };
    /// For a first impression.
    pub const QUICK: Self = Self { samples: 5, batch_s: 0.010, warm_up_s: 0.010, patience_s: 0.5 };
    /// For a look at the program itself. What is left out does not depend on how busy the machine is.
    pub const TINY: Self = Self { samples: 3, batch_s: 0.0, warm_up_s: 0.0, patience_s: 1e6 };

    /// How many runs make a sample, if one takes `run`.
    pub fn runs(&self, run: Duration) -> usize {
        (self.batch_s / run.as_secs_f64().max(1e-8)).ceil().max(1.0) as usize
    }

    /// How long all samples take, if a run takes `run_s` seconds.
    pub fn whole_s(&self, run_s: f64) -> f64 {
        self.samples as f64 * run_s.max(self.batch_s)
    }
}
