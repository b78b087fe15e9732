//! Futures of which nothing is kept but their summary: any number of them, in next to no memory.

use std::sync::Mutex;

use particle_pilot_kernels::controls::PAIRS;
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::population::Stop as _;
use particle_pilot_kernels::reduce::GROUP;
use particle_pilot_kernels::rollout::{CHUNK, Summary};

use super::drawing::Sampling;
use super::futures::{SUMS, combine, roll_out_chunk};
use super::planner::{Request, Swarm};

/// As many chunks as have a summary each; where there are more, [`GROUP`] of them have one. Fewer and larger tasks would
/// leave threads without work where there are few.
const MOST_ALONE: usize = 64 * GROUP;

/// The futures of one decision; allocated once.
pub(crate) struct Survey {
    /// What the tasks found, each of as many chunks as a thread takes at a time. No lock is ever contended.
    found: Vec<Mutex<Summary>>,
    /// `[SUMS][found]`: sums of each task, while they are added up.
    columns: Vec<f64>,
    /// The chunks of a task: 1 or [`GROUP`].
    each: usize,
}

impl Survey {
    /// Of `particles` futures.
    pub fn new(particles: u32) -> Self {
        let (tasks, each) = tasks(particles);
        let found = (0..tasks).map(|_| Mutex::new(Summary::EMPTY)).collect();
        Self { found, columns: vec![0.0; SUMS * tasks], each }
    }

    /// The bytes that takes.
    pub fn memory(particles: u32) -> u64 {
        (tasks(particles).0 * (size_of::<Mutex<Summary>>() + 8 * SUMS)) as u64
    }

    /// Rolls out every future of `sampling`: as many as the survey was made for.
    pub fn roll_out<M: LaneModel, S: Sampling<M>>(
        &mut self,
        swarm: &Swarm<M>,
        request: &Request<'_>,
        sampling: &S,
    ) -> Summary {
        let chunks = (swarm.particles as usize).div_ceil(CHUNK);
        let numbers = sampling.numbers() * PAIRS;
        request.pool.for_each(self.found.len(), |task| {
            let mut noise = request.buffers.take(numbers);
            let mut roll_out =
                |index| roll_out_chunk(swarm, request, sampling, index, &mut noise, None);
            let mut found = self.found[task].lock().expect("no thread panics with a summary");
            if self.each == 1 {
                if !request.is_stopped() {
                    *found = roll_out(task);
                }
            } else {
                let first = task * self.each;
                let members = (first..chunks.min(first + self.each)).map(roll_out);
                let members = members.take_while(|_| !request.is_stopped());
                *found = combine(members, GROUP, &mut [0.0; SUMS * GROUP]);
            }
            request.buffers.give(noise);
        });
        let found = self.found.iter_mut().map(|found| *found.get_mut().expect("as above"));
        combine(found, self.columns.len() / SUMS, &mut self.columns)
    }
}

/// How many tasks so many particles make, and how many chunks a task has.
fn tasks(particles: u32) -> (usize, usize) {
    let chunks = (particles as usize).div_ceil(CHUNK);
    let each = if chunks <= MOST_ALONE { 1 } else { GROUP };
    (chunks.div_ceil(each), each)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use particle_pilot_kernels::controls::Coin;
    use particle_pilot_kernels::env::Physics;
    use particle_pilot_kernels::lanes::SimdProof;
    use particle_pilot_kernels::model::{CartPoleModel, CostWeights, Surroundings};

    use super::super::drawing::Buffers;
    use super::super::futures::Futures;
    use super::*;
    use crate::settings::Threads;
    use crate::threads::Pool;

    #[test]
    fn summaries_of_groups_add_up_to_those_of_chunks() {
        let model =
            CartPoleModel::<false>::new(&Physics::default(), &CostWeights::default()).unwrap();
        let simd = SimdProof::available().last().expect("scalar at least");
        for particles in [1, 1000, 128 * MOST_ALONE as u32, 128 * MOST_ALONE as u32 + 1, 2_345_678]
        {
            let swarm = Swarm { model, simd, particles, horizon: 2 };
            for threads in [1, 2] {
                let request = Request {
                    pool: &Pool::new(Threads::asked(threads)).unwrap(),
                    buffers: Buffers::of_this_thread(),
                    state: &[0.01, 0.2, -0.03, 0.1],
                    surroundings: Surroundings::default(),
                    seed: 5,
                    decision: 3,
                    stop: None,
                    heard: AtomicBool::new(false),
                };
                let scheme = Coin { stream: request.stream(0), full: 10.0 };
                let kept = Futures::new(particles).roll_out(&swarm, &request, &scheme);
                let surveyed = Survey::new(particles).roll_out(&swarm, &request, &scheme);
                assert_eq!(surveyed, kept, "{particles} particles, {threads} threads");
            }
        }
        assert!(Survey::memory(100_000_000) < 2 << 20);
    }
}
