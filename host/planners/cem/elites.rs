//! The best share of the futures, by selection rather than sorting.

use particle_pilot_kernels::rollout::CHUNK;

use crate::planners::futures::Futures;

/// The futures of lowest cost; of equal ones, those that come first.
pub(crate) struct Elites {
    /// Cost and number of every future, such that integers sort as costs do.
    keys: Vec<u64>,
    count: usize,
}

impl Elites {
    /// Of `particles` futures the share `share`, at least one.
    pub fn new(particles: u32, share: f64) -> Self {
        let count = (f64::from(particles) * share).round() as usize;
        let particles = particles as usize;
        Self { keys: vec![0; particles], count: count.clamp(1, particles) }
    }

    /// Finds the best futures.
    pub fn select(&mut self, futures: &mut Futures) {
        let mut first = 0;
        futures.in_order(|chunk| {
            let keys = &mut self.keys[first..];
            for (i, (key, cost)) in keys.iter_mut().zip(&chunk.costs).enumerate() {
                *key = u64::from(sortable(*cost)) << 32 | (first + i) as u64;
            }
            first += CHUNK;
        });
        self.keys.select_nth_unstable(self.count - 1);
    }

    /// The numbers of the futures that were found, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.keys[..self.count].iter().map(|key| *key as u32)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }
}

/// Bits that compare as integers the way the numbers compare, -0 below +0.
fn sortable(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 0 { bits | 0x8000_0000 } else { !bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sortable_bits_compare_as_the_numbers_do() {
        let ordered = [f32::NEG_INFINITY, -2.0, -1e-40, -0.0, 0.0, 1e-40, 1.0, 3e38, f32::INFINITY];
        assert!(ordered.map(sortable).is_sorted());
    }
}
