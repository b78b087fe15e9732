//! Islands: how the particles of a decision are split into populations.

/// The most particles of one population: more do not fit a core's fast memory.
pub const LARGEST: u32 = 1024;

/// A partition of particles into islands of nearly equal size.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::population::Split;
/// let split = Split::new(3000, 2);
/// assert_eq!(split.islands, 4);
/// assert_eq!(split.island(1), (750, 750)); // the first particle's number, and how many
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Particles in all.
    pub particles: u32,
    /// Populations.
    pub islands: u32,
}

impl Split {
    /// Splits `particles`, at least 1, into islands, a multiple of `groups` of them but none empty.
    #[must_use]
    pub fn new(particles: u32, groups: u32) -> Self {
        let groups = groups.min(particles);
        Self { particles, islands: groups * particles.div_ceil(groups * LARGEST) }
    }

    /// The number of the first particle of island `index`, and how many particles it has.
    #[inline(always)]
    #[must_use]
    pub fn island(&self, index: u32) -> (u32, u32) {
        let first = self.border(index);
        (first, self.border(index + 1) - first)
    }

    /// The number of particles of the largest island.
    #[inline(always)]
    #[must_use]
    pub fn largest(&self) -> u32 {
        self.particles.div_ceil(self.islands)
    }

    #[inline(always)]
    fn border(&self, index: u32) -> u32 {
        (u64::from(self.particles) * u64::from(index) / u64::from(self.islands)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn islands_follow_each_other_and_none_is_empty_or_too_large() {
        for particles in [1, 2, 3, 7, 1000, 1024, 1025, 2049, 5000, 1_000_003] {
            for groups in [1, 2, 8] {
                let split = Split::new(particles, groups);
                let mut next = 0;
                for index in 0..split.islands {
                    let (first, count) = split.island(index);
                    assert_eq!(first, next);
                    assert!(count >= 1 && count <= split.largest() && count <= LARGEST);
                    next = first + count;
                }
                assert_eq!(next, particles);
            }
        }
    }
}
