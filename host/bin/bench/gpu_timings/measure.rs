//! Samples and what they amount to.

use std::time::{Duration, Instant};

use serde::Serialize;

use particle_pilot_bench::quantile::quantile;

/// How to take samples.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// For how long to run before the first sample, and at least so many runs.
    warm_up: (Duration, usize),
    /// How many samples.
    samples: usize,
    /// How long a sample is at least: so many runs are put together.
    batch: Duration,
    /// After how long to take no further sample.
    limit: Duration,
}

impl Sampling {
    /// For a record.
    pub const FULL: Self = Self {
        warm_up: (Duration::from_millis(500), 3),
        samples: 21,
        batch: Duration::from_millis(10),
        limit: Duration::from_secs(30),
    };

    /// For a first impression.
    pub const QUICK: Self = Self {
        warm_up: (Duration::from_millis(200), 2),
        samples: 7,
        batch: Duration::from_millis(10),
        limit: Duration::from_secs(8),
    };

    /// For a look at the program itself.
    pub const GLANCE: Self = Self {
        warm_up: (Duration::ZERO, 1),
        samples: 3,
        batch: Duration::ZERO,
        limit: Duration::from_secs(2),
    };

    /// Fewer samples, of what is only there to compare with.
    pub fn of_the_other(self) -> Self {
        Self {
            warm_up: (self.warm_up.0 / 2, 1),
            samples: self.samples.min(5),
            limit: self.limit / 3,
            ..self
        }
    }

    /// Fewer samples, of what takes long.
    pub fn of_few(self) -> Self {
        Self { warm_up: (Duration::ZERO, 1), samples: self.samples.min(3), ..self }
    }
}

/// What was measured, in seconds.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Half of the samples took no longer.
    pub median_s: f64,
    /// The shortest sample.
    pub least_s: f64,
    /// The longest sample.
    pub most_s: f64,
    /// From the first quartile to the third, as a share of the median.
    pub spread: f64,
    /// How many runs a sample is the mean of.
    pub runs_per_sample: usize,
    /// The very first run, which warmed up.
    pub first_s: f64,
    /// The samples, in the order in which they were taken.
    pub samples_s: Vec<f64>,
}

impl Figure {
    /// What `samples` amount to.
    fn of(samples: Vec<f64>, runs_per_sample: usize, first_s: f64) -> Self {
        let mut sorted = samples.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len() - 1;
        let quantile = |share| quantile(&sorted, share);
        let median = quantile(0.5);
        let reach = quantile(0.75) - quantile(0.25);
        Self {
            median_s: median,
            least_s: sorted[0],
            most_s: sorted[last],
            spread: if median > 0.0 { reach / median } else { 0.0 },
            runs_per_sample,
            first_s,
            samples_s: samples,
        }
    }

    /// The same work, `factor` times as much of it.
    pub fn scaled(self, factor: f64) -> Self {
        let samples = self.samples_s.iter().map(|sample| sample * factor).collect();
        Self::of(samples, self.runs_per_sample, self.first_s * factor)
    }
}

impl Sampling {
    /// Warms up and takes samples of `run`, which says how long it took.
    ///
    /// # Errors
    /// The first of `run`.
    pub fn take<E>(&self, mut run: impl FnMut() -> Result<Duration, E>) -> Result<Figure, E> {
        let began = Instant::now();
        let first = run()?;
        let (mut runs, mut took) = (1, first);
        while runs < self.warm_up.1 || began.elapsed() < self.warm_up.0 {
            took = run()?; // the last one tells how many make a batch
            runs += 1;
        }
        let share = self.batch.as_secs_f64() / took.as_secs_f64().max(1e-7);
        let batch = (share.ceil() as usize).max(1);
        let began = Instant::now();
        let mut samples = Vec::with_capacity(self.samples);
        while samples.len() < self.samples && (samples.is_empty() || began.elapsed() < self.limit) {
            let mut sum = Duration::ZERO;
            for _ in 0..batch {
                sum += run()?;
            }
            samples.push(sum.as_secs_f64() / batch as f64);
        }
        Ok(Figure::of(samples, batch, first.as_secs_f64()))
    }
}

/// How long `work` takes on the host.
///
/// # Errors
/// Those of the work.
pub fn host_time<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<Duration, E> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed())
}
