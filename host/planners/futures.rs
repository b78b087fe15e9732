//! The futures of one decision, chunk by chunk, and the work that threads do on them.

use std::sync::Mutex;

use particle_pilot_kernels::controls::{PAIRS, STRATA, Scheme};
use particle_pilot_kernels::lanes::LaneWork;
use particle_pilot_kernels::lanes::Lanes;
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::population::Stop as _;
use particle_pilot_kernels::reduce::tree;
use particle_pilot_kernels::rollout::{CHUNK, RolloutSpec, Summary, WORST, rollout_chunk};

use super::drawing::{self, Sampling};
use super::planner::{Request, Swarm};
use crate::decision::Diagnostics;

/// Sums that [`Summary`] has.
pub(crate) const SUMS: usize = STRATA + 1;

/// What is kept about the futures of one chunk.
pub(crate) struct Chunk {
    /// `[CHUNK]`; [`WORST`] beyond the last particle.
    pub costs: [f32; CHUNK],
    /// `[CHUNK]`, for planners that weigh futures.
    pub weights: [f32; CHUNK],
    /// Partial sums, for planners that need them.
    pub partial: Vec<f64>,
    /// The noise of its pairs, where a decision [keeps](drawing::is_kept) it, between the roll-out and the
    /// weighing.
    pub noise: Vec<f32>,
    summary: Summary,
}

/// The futures of one decision; allocated once.
pub(crate) struct Futures {
    /// A lock each, because threads take chunks as they come; no chunk is ever contended.
    chunks: Vec<Mutex<Chunk>>,
    /// How many futures were rolled out last: all that there is room for, or fewer.
    count: usize,
    /// Whether their noise is kept.
    keeps_noise: bool,
    /// `[SUMS][chunks]`: numbers of each chunk, while they are added up.
    columns: Vec<f64>,
}

impl Futures {
    /// Room for `particles` futures.
    pub fn new(particles: u32) -> Self {
        Self::weighed(particles, 0, 0)
    }

    /// Room for `particles` futures, for `partial` sums in each chunk, and for `numbers` of noise of each pair, which are weighed.
    pub fn weighed(particles: u32, partial: usize, numbers: usize) -> Self {
        let chunk = || {
            let partial = vec![0.0; partial];
            let (costs, weights) = ([WORST; CHUNK], [0.0; CHUNK]);
            let noise = Vec::new();
            Mutex::new(Chunk { costs, weights, partial, noise, summary: Summary::EMPTY })
        };
        let chunks: Vec<_> = (0..particles.div_ceil(CHUNK as u32)).map(|_| chunk()).collect();
        Self {
            columns: vec![0.0; SUMS * chunks.len()],
            count: particles as usize,
            keeps_noise: numbers > 0 && drawing::is_kept(particles, numbers),
            chunks,
        }
    }

    /// The bytes that takes.
    pub fn memory(particles: u32, partial: usize) -> u64 {
        let chunk = size_of::<Mutex<Chunk>>() + 8 * (partial + SUMS);
        u64::from(particles.div_ceil(CHUNK as u32)) * chunk as u64
    }

    /// How many futures were rolled out last.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many chunks these make.
    fn used(&self) -> usize {
        self.count.div_ceil(CHUNK)
    }

    /// Rolls out every future of `sampling`: as many as `swarm` has, which there must be room for.
    pub fn roll_out<M: LaneModel, S: Sampling<M>>(
        &mut self,
        swarm: &Swarm<M>,
        request: &Request<'_>,
        sampling: &S,
    ) -> Summary {
        let numbers = sampling.numbers() * PAIRS;
        self.count = swarm.particles as usize;
        self.each(request, |index, chunk| {
            let mut noise = std::mem::take(&mut chunk.noise);
            if noise.len() < numbers {
                noise = request.buffers.take(numbers);
            }
            chunk.summary =
                roll_out_chunk(swarm, request, sampling, index, &mut noise, Some(&mut chunk.costs));
            if self.keeps_noise {
                chunk.noise = noise;
            } else {
                request.buffers.give(noise);
            }
        });
        let count = self.used();
        let summaries = unlocked(&mut self.chunks[..count]).map(|chunk| chunk.summary);
        combine(summaries, count, &mut self.columns)
    }

    /// The sum of `value` over all chunks, in an order that does not depend on threads.
    pub fn sum(&mut self, value: impl Fn(&Chunk) -> f64) -> f64 {
        let count = self.used();
        let row = &mut self.columns[..count];
        for (chunk, sum) in unlocked(&mut self.chunks[..count]).zip(row.iter_mut()) {
            *sum = value(chunk);
        }
        tree(row)
    }

    /// Calls `work` for every chunk, on all threads, until a stop.
    pub fn each(&self, request: &Request<'_>, work: impl Fn(usize, &mut Chunk) + Sync) {
        request.pool.for_each(self.used(), |index| {
            if request.is_stopped() {
                return;
            }
            let mut chunk = self.chunks[index].lock().expect("no thread panics with a chunk");
            work(index, &mut chunk);
        });
    }

    /// Chunk `index`.
    pub fn chunk(&mut self, index: usize) -> &mut Chunk {
        self.chunks[index].get_mut().expect("no thread panics with a chunk")
    }

    /// Calls `work` for every chunk in order.
    pub fn in_order(&mut self, work: impl FnMut(&mut Chunk)) {
        let count = self.used();
        unlocked(&mut self.chunks[..count]).for_each(work);
    }
}

/// The chunks in order; whoever has them to itself needs no lock.
fn unlocked(chunks: &mut [Mutex<Chunk>]) -> impl Iterator<Item = &mut Chunk> {
    chunks.iter_mut().map(|chunk| chunk.get_mut().expect("no thread panics with a chunk"))
}

/// Rolls out the futures of chunk `index`; `noise` has room for theirs, and `costs` for what they cost, if anybody asks for it.
#[inline(never)]
pub(crate) fn roll_out_chunk<M: LaneModel, S: Sampling<M>>(
    swarm: &Swarm<M>,
    request: &Request<'_>,
    sampling: &S,
    index: usize,
    noise: &mut [f32],
    costs: Option<&mut [f32; CHUNK]>,
) -> Summary {
    let Swarm { model, simd, particles, horizon } = swarm;
    let (horizon, particles) = (*horizon, *particles);
    let Request { state, surroundings, .. } = *request;
    let scheme = &sampling.draw(swarm, index, noise);
    let spec = RolloutSpec { model, scheme, state, surroundings, horizon, particles };
    simd.run(RollOut { spec: &spec, index, costs })
}

/// The summary of all futures, given up to `count` summaries of equally many, which follow each other; `columns` has room for the
/// sums of each, `[SUMS][count]`.
pub(crate) fn combine(
    summaries: impl Iterator<Item = Summary>,
    count: usize,
    columns: &mut [f64],
) -> Summary {
    // One pass, since they may be more than caches hold.
    let (mut summary, mut seen) = (Summary::EMPTY, 0);
    for next in summaries {
        summary.count(&next);
        for (row, sum) in next.sums.iter().chain([&next.squares]).enumerate() {
            columns[row * count + seen] = *sum;
        }
        seen += 1;
    }
    let mut rows =
        columns[..SUMS * count].chunks_exact_mut(count).map(|row| tree(&mut row[..seen]));
    summary.sums = std::array::from_fn(|_| rows.next().expect("a row for each stratum"));
    summary.squares = rows.next().expect("a row for the squares");
    summary
}

struct RollOut<'a, M, S> {
    spec: &'a RolloutSpec<'a, M, S>,
    index: usize,
    costs: Option<&'a mut [f32; CHUNK]>,
}

impl<M: LaneModel, S: Scheme<M>> LaneWork for RollOut<'_, M, S> {
    type Output = Summary;

    #[inline(always)]
    fn run<L: Lanes>(self, proof: L::Proof) -> Summary {
        // Here, where vector instructions fill it.
        let mut own = [WORST; CHUNK];
        let costs = self.costs.unwrap_or(&mut own);
        rollout_chunk::<M, S, L>(proof, self.spec, self.index, costs)
    }
}

/// The diagnostics that follow from a summary of all futures.
///
/// * `[particles, horizon]`: how much each of the `iterations` simulates.
pub(crate) fn diagnose(
    [particles, horizon]: [u32; 2],
    summary: &Summary,
    iterations: u32,
) -> Diagnostics {
    let count = f64::from(particles);
    let mean = summary.sums.iter().sum::<f64>() / count;
    Diagnostics {
        best: f64::from(summary.best.0),
        mean,
        spread: (summary.squares / count - mean * mean).max(0.0).sqrt(),
        effective_samples: count,
        dead_share: f64::from(summary.dead) / count,
        non_finite: u64::from(summary.non_finite),
        longest: summary.longest,
        horizon,
        particles: u64::from(particles),
        particle_steps: u64::from(particles) * u64::from(horizon) * u64::from(iterations),
    }
}

/// [`diagnose`] where each iteration has as many futures as `counts` says; the summary is about those of the last.
pub(crate) fn diagnose_some(counts: &[u32], horizon: u32, summary: &Summary) -> Diagnostics {
    let last = counts.last().copied().unwrap_or(0);
    let simulated: u64 = counts.iter().copied().map(u64::from).sum();
    Diagnostics {
        particles: counts.first().copied().unwrap_or(0).into(),
        particle_steps: simulated * u64::from(horizon),
        ..diagnose([last, horizon], summary, 1)
    }
}
