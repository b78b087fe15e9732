//! Random shooting: the first action of lowest mean cost.

use crate::controls::STRATA;

/// The stratum of the lowest mean cost, the first of equals, given the sums of the costs by `particle %
/// STRATA`.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::planners::shooting::best_stratum;
/// let sums = [3.0, 1.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0];
/// assert_eq!(best_stratum(&sums, 2, 4), 1); // 1.5 for two futures, not 3.0
/// ```
#[inline(always)]
#[must_use]
pub fn best_stratum(sums: &[f64; STRATA], strata: usize, particles: usize) -> usize {
    let (mut best, mut lowest) = (0, f64::INFINITY);
    for stratum in 0..STRATA {
        let members = (particles + strata - 1).saturating_sub(stratum) / strata;
        if stratum < strata && members > 0 {
            let mut sum = 0.0;
            for (part, value) in sums.iter().enumerate() {
                if part % strata == stratum {
                    sum += value;
                }
            }
            let mean = sum / members as f64;
            if mean < lowest {
                (best, lowest) = (stratum, mean);
            }
        }
    }
    best
}
