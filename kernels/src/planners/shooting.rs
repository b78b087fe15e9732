//! Random shooting: the first action of lowest mean cost.

use crate::controls::STRATA;

/// The stratum of the lowest mean cost, the first of equals, given the sums of the costs by `particle %
/// STRATA`: stratum `s` of `strata` has those of `s`, `s + strata` and so on.
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
        // How many parts before `end` are its.
        let parts = |end: usize| (end + strata - 1).saturating_sub(stratum) / strata;
        let members = parts(STRATA) * (particles / STRATA) + parts(particles % STRATA);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stratum_has_the_mean_of_its_futures_however_many_those_are() {
        for strata in 2..=STRATA {
            for particles in 1..40usize {
                // Future `p` costs `c[p % strata]`, so that this is the mean of its stratum.
                let costs = [5.0, 3.0, 4.0, 2.5, 7.0, 2.0, 6.0, 1.0];
                let (mut sums, mut expected) = ([0.0; STRATA], (0, f64::INFINITY));
                for particle in 0..particles {
                    let part = particle % STRATA;
                    sums[part] += costs[part % strata];
                    if costs[part % strata] < expected.1 {
                        expected = (part % strata, costs[part % strata]);
                    }
                }
                assert_eq!(best_stratum(&sums, strata, particles), expected.0);
            }
        }
    }
}
