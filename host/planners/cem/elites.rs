//! The best share of the futures, by selection rather than sorting.

use particle_pilot_kernels::population::Stop as _;
use particle_pilot_kernels::reduce::sortable;
use particle_pilot_kernels::rollout::CHUNK;

use crate::planners::futures::Futures;
use crate::planners::planner::Request;

/// How many the share `share` of `particles` futures is, at least one.
pub(crate) fn elite_count(particles: u32, share: f64) -> usize {
    let count = (f64::from(particles) * share).round() as usize;
    count.clamp(1, particles as usize)
}

/// The futures of lowest cost; of equal ones, those that come first.
pub(crate) struct Elites {
    /// Cost and number of every future, such that integers sort as costs do.
    keys: Vec<u64>,
    count: usize,
}

impl Elites {
    /// Of `particles` futures the share `share`, at least one.
    pub fn new(particles: u32, share: f64) -> Self {
        Self { keys: vec![0; particles as usize], count: elite_count(particles, share) }
    }

    /// Finds the best futures, unless nobody wants to know any more: for 1e8 of them that takes a second.
    pub fn select(&mut self, futures: &mut Futures, request: &Request<'_>) {
        if request.is_stopped() {
            return;
        }
        let among = &mut self.keys[..futures.count()];
        let mut first = 0;
        futures.in_order(|chunk| {
            let keys = &mut among[first..];
            for (i, (key, cost)) in keys.iter_mut().zip(&chunk.costs).enumerate() {
                *key = u64::from(sortable(*cost)) << 32 | (first + i) as u64;
            }
            first += CHUNK;
        });
        among.select_nth_unstable(self.count - 1);
    }

    /// The keys of the best `count` of those that were found, the best first; the lower half of a key is the future's number.
    pub fn best(&mut self, count: usize) -> &[u64] {
        let elites = &mut self.keys[..self.count];
        elites.select_nth_unstable(count - 1);
        elites[..count].sort_unstable();
        &elites[..count]
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
