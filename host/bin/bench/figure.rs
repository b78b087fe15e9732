//! Samples, and what they amount to.

use serde::{Deserialize, Serialize};

use crate::quantile::quantile;

/// How often samples are drawn again to see how uncertain their median is.
const RESAMPLINGS: usize = 1000;
/// The share of those medians that the interval leaves out at each end.
const TAIL: f64 = 0.025;
/// Samples that scatter more than this, from the first quartile to the third, are remarked upon, and so is a
/// median whose interval reaches farther than this to either side.
pub const NOISY: f64 = 0.10;

/// How long something took, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Half of the samples took no longer.
    pub median_s: f64,
    /// Where the 95% confidence interval of that median begins.
    pub low_s: f64,
    /// Where it ends.
    pub high_s: f64,
    /// From the first quartile to the third, as a share of the median.
    pub spread: f64,
    /// The shortest sample.
    pub least_s: f64,
    /// The longest sample.
    pub most_s: f64,
    /// How many runs each sample is the mean of.
    pub runs_per_sample: usize,
    /// The samples, in the order in which they were taken.
    pub samples_s: Vec<f64>,
}

impl Figure {
    /// Of samples that lie so many percent around `median`.
    #[cfg(test)]
    pub fn around(median: f64, percent: f64) -> Self {
        let step = median * percent / 700.0;
        Self::of((-7..=7).map(|i| median + f64::from(i) * step).collect(), 1)
    }

    /// What `samples` amount to, of which there is at least one.
    pub fn of(samples: Vec<f64>, runs_per_sample: usize) -> Self {
        let sorted = sorted(samples.clone());
        let median = quantile(&sorted, 0.5);
        let reach = quantile(&sorted, 0.75) - quantile(&sorted, 0.25);
        let medians = medians_of_resamplings(&sorted);
        Self {
            median_s: median,
            low_s: quantile(&medians, TAIL),
            high_s: quantile(&medians, 1.0 - TAIL),
            spread: if median > 0.0 { reach / median } else { 0.0 },
            least_s: quantile(&sorted, 0.0),
            most_s: quantile(&sorted, 1.0),
            runs_per_sample,
            samples_s: samples,
        }
    }

    /// Whether the samples scatter more than they should.
    pub fn is_noisy(&self) -> bool {
        let reach = (self.high_s - self.median_s).max(self.median_s - self.low_s);
        self.spread > NOISY || reach > self.median_s * NOISY
    }
}

/// Percentiles of single runs, by the nearest rank.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// How many runs were timed one by one.
    pub runs: usize,
    pub p50_s: f64,
    pub p90_s: f64,
    pub p99_s: f64,
    pub most_s: f64,
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// The medians of samples of the same size drawn from `samples` with replacement, sorted: the percentile
/// bootstrap (B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13). The draws are
/// the same each time, so that a record can be worked out again.
fn medians_of_resamplings(samples: &[f64]) -> Vec<f64> {
    let mut random = SplitMix(0x5eed);
    let mut drawn = vec![0.0; samples.len()];
    let median = |_| {
        drawn.fill_with(|| samples[random.below(samples.len())]);
        drawn.sort_by(f64::total_cmp);
        quantile(&drawn, 0.5)
    };
    sorted((0..RESAMPLINGS).map(median).collect())
}

/// SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014).
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        ((u128::from(z) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_its_interval_and_the_interval_among_the_samples() {
        let samples: Vec<f64> = (0..15).map(|i| 1.0 + f64::from(i * 7 % 15) / 128.0).collect();
        let figure = Figure::of(samples.clone(), 3);
        assert_eq!(
            (figure.median_s, figure.least_s, figure.most_s),
            (1.0 + 7.0 / 128.0, 1.0, 1.0 + 14.0 / 128.0)
        );
        assert!(figure.least_s < figure.low_s && figure.low_s < figure.median_s);
        assert!(figure.median_s < figure.high_s && figure.high_s < figure.most_s);
        assert_eq!(figure, Figure::of(samples, 3)); // nothing is left to chance
    }

    #[test]
    fn the_interval_of_many_normal_samples_is_that_of_theory() {
        // The median of n normal samples has the deviation 1.2533 / sqrt(n); sums of 12 uniform numbers are
        // nearly normal.
        let mut random = SplitMix(1);
        let mut normal = || (0..12).map(|_| random.below(1 << 20) as f64 / (1 << 20) as f64).sum();
        let figure = Figure::of((0..2000).map(|_| normal()).collect(), 1);
        let expected = 2.0 * 1.96 * 1.2533 / 2000f64.sqrt();
        let width = figure.high_s - figure.low_s;
        assert!((width / expected - 1.0).abs() < 0.25, "{width} against {expected}");
    }

    #[test]
    fn one_sample_has_no_width() {
        let figure = Figure::of(vec![2.0], 1);
        assert_eq!((figure.low_s, figure.high_s, figure.spread), (2.0, 2.0, 0.0));
        assert!(!figure.is_noisy());
    }
}
