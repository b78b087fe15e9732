//! The interface of host and GPU: kernel parameters and device memory, laid out alike on both sides.
//!
//! Addresses are those of the device. A decision's memory is two blocks, described by [`Layout`]: what the host reads after it, and
//! what only kernels use. Many decisions at once have such blocks each: all of the one kind one after the other, so that one copy
//! brings all answers, and then all of the other.

mod episodes;
mod row;

pub use episodes::{EpisodeSummary, Episodes};
pub use row::Row;

use core::cell::Cell;

use bytemuck::{Pod, Zeroable};

use crate::controls::STRATA;
use crate::population::{FmcOutput, Population, SmcOutput, Split};
use crate::rollout::CHUNK;

/// The most dimensions of a control.
pub const MOST_DIMENSIONS: usize = 8;

/// The kernel parameter of a decision: the planner's parameters, and where the memory is. Kernels that simulate take the
/// model's numbers and the start as a second one: `trace::fill`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Task {
    /// The planner's parameters.
    pub params: PlannerParams,
    /// The layout of a decision's memory.
    pub layout: Layout,
    /// The address of the first decision's answer, and what it leaves to the next; where there are several decisions, in rows of
    /// blocks, the others follow.
    pub answers: u64,
    /// The address of the rest of the first decision's memory; the others follow.
    pub memory: u64,
    /// The address of a [`Row`] for each of several decisions; 0 for a single one, which is about `seed` and `decision`, from the
    /// start in the kernel's parameters.
    pub rows: u64,
    /// The address of `[rows][N]` starts in the model's units, `f32`, where there are rows.
    pub starts: u64,
    /// The address of the tables that all decisions share: the interpolant's weights, the noise's deviations at first in each
    /// dimension, then Halton's points, or `icem`'s predictors.
    pub tables: u64,
    /// Determines every random number of a single decision.
    pub seed: u64,
    /// Decisions made since the last reset.
    pub decision: u32,
    /// Rollouts made for this decision.
    pub iteration: u32,
    /// The number of the batch that is worked on, for kernels that share the chunks among blocks.
    pub batch: u32,
    /// Makes up whole multiples of 8 bytes.
    pub padding: u32,
}

/// A planner's parameters. Each planner reads some of them.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct PlannerParams {
    /// `cem`, `icem`, `predictive-sampling`: how much of the old plan stays in a refit.
    pub smoothing: f64,
    /// `cem`, `icem`: the least probability, or deviation as a share of full control.
    pub floor: f64,
    /// `mppi`: the temperature, in units of cost.
    pub temperature: f64,
    /// `mppi`: the effective sample size to aim at, as a share of the futures; 0 for the fixed
    /// temperature.
    pub target_share: f64,
    /// Futures in each iteration; `icem`: in this one.
    pub particles: u32,
    /// Steps of each.
    pub horizon: u32,
    /// Rollouts in each decision.
    pub iterations: u32,
    /// `cem`, `icem`, `predictive-sampling`: futures that a refit follows.
    pub elites: u32,
    /// Steps between knots.
    pub spacing: u32,
    /// Numbers of the noise: knots times dimensions.
    pub numbers: u32,
    /// 1 where four knots count at a time, rather than two.
    pub cubic: u32,
    /// Pairs in the table of Halton's points; 0 for independent random numbers.
    pub halton_pairs: u32,
    /// 1 where the environment takes left and right only.
    pub discrete: u32,
    /// Strata of the first control: 0 where it is drawn like the others.
    pub strata: u32,
    /// The correlation of neighbouring knots and the share of new noise.
    pub colour: [f32; 2],
    /// `smc`: 1 / temperature.
    pub inverse_temperature: f32,
    /// `fmc`: the exponent of the score.
    pub balance: f32,
    /// `smc`, `fmc`: populations.
    pub islands: u32,
    /// Chunks of a batch, whose sums are in memory at the same time: all, or a power of 128, so that the sums of
    /// batches are sums that the tree over all chunks has, too.
    pub batch_chunks: u32,
    /// The numbers of a state.
    pub state_len: u32,
    /// Dimensions of a control.
    pub dimensions: u32,
    /// Full control in every dimension, in the model's units.
    pub full: f32,
    /// `smc`, `fmc`: the cost of each step that a future missed because it ended early.
    pub end_cost: f32,
    /// How many choices there are where controls are scores of choices; 0 where they are controls.
    pub choices: u32,
    /// The strongest control that is drawn: full control, or more than any where controls are scores.
    pub limit: f32,
    /// 1 where the first pair follows the plan as it is.
    pub anchored: u32,
    /// `icem`: how many of the best futures are kept.
    pub keeps: u32,
    /// `icem`: how many of those that were kept the first particles of this iteration follow; where there are rows, of the first
    /// iteration each of them says so instead.
    pub kept: u32,
    /// Sums for each number of the noise: 1 of it, or 2, where that of its square is needed, too.
    pub moments_each: u32,
}

impl PlannerParams {
    /// The numbers of a plan: a control for each step.
    #[inline(always)]
    #[must_use]
    pub fn plan_len(&self) -> u32 {
        self.horizon * self.dimensions
    }

    /// The numbers of a plan and of all controls that are kept: those that the next iteration follows in turns with those that
    /// the present one does.
    #[must_use]
    pub fn plan_and_kept_len(&self) -> u64 {
        u64::from(self.plan_len()) * (1 + 2 * u64::from(self.keeps))
    }

    /// The number of chunks that the futures make.
    #[must_use]
    pub fn chunks(&self) -> u32 {
        self.particles.div_ceil(CHUNK as u32)
    }

    /// The number of batches that the chunks make.
    #[must_use]
    pub fn batches(&self) -> u32 {
        self.chunks().div_ceil(self.batch_chunks)
    }

    /// The chunks of batch `index`: the first, and how many there are.
    #[inline(always)]
    #[must_use]
    pub fn batch(&self, index: u32) -> (u32, u32) {
        let first = index * self.batch_chunks;
        (first, self.batch_chunks.min(self.chunks() - first))
    }

    /// Rows of sums for the tree over the chunks of a batch, and where there are several, for that over the batches.
    #[must_use]
    pub fn rows(&self) -> [u64; 2] {
        let batches = self.batches();
        [
            tree_rows(self.batch_chunks.into()),
            if batches > 1 { tree_rows(batches.into()) } else { 0 },
        ]
    }

    /// All rows of sums that there is memory for.
    #[must_use]
    pub fn row_count(&self) -> u64 {
        let [chunks, batches] = self.rows();
        chunks + batches
    }

    /// The next smaller number of chunks that a batch can have, if there is one that saves memory.
    #[must_use]
    pub fn smaller_batch(&self) -> Option<u32> {
        let group = CHUNK as u32;
        (1..=4).rev().map(|level| group.pow(level)).find(|size| *size < self.batch_chunks)
    }

    /// The number of launches in which many blocks find the last of the elites, a digit of its cost and then of its number in each.
    #[must_use]
    pub fn sifts(&self) -> u32 {
        sifts(self.particles)
    }

    /// The number of entries of 32 steps that the horizon makes.
    #[must_use]
    pub fn entries(&self) -> u32 {
        self.horizon.div_ceil(32)
    }

    /// The split of the particles into populations.
    #[inline(always)]
    #[must_use]
    pub fn split(&self) -> Split {
        Split { particles: self.particles, islands: self.islands }
    }

    /// The bytes of all pairs' noise, in whole chunks.
    #[must_use]
    pub fn noise_bytes(&self) -> u64 {
        4 * u64::from(self.numbers) * u64::from(self.chunks() * CHUNK_THREADS)
    }

    /// Sums over futures that are kept for each chunk: of weights, and for each number of the noise one or two moments.
    #[must_use]
    pub fn moments(&self) -> u32 {
        WEIGHT_SUMS + self.moments_each * self.numbers
    }
}

/// The size in bytes of a population's output.
pub const OUTPUT_SIZE: usize = size_of::<FmcOutput>();

/// Threads of a GPU that roll out a chunk, a mirrored pair each.
pub const CHUNK_THREADS: u32 = CHUNK as u32 / 2;

/// Sums of weights in a row of moments: by side of the pair, and of squares.
pub const WEIGHT_SUMS: u32 = 3;

/// Sums over costs that are kept for each chunk: by stratum, and of squares.
pub const COST_SUMS: u32 = STRATA as u32 + 1;

/// Futures that each block looks through, where many blocks select elites.
pub const SHARE: u32 = 2048;

/// The most futures among which one block selects elites. With more, many do, in several launches. An estimate, not measured on
/// a GPU.
pub const SELECTED_ALONE: u32 = 4096;

/// Threads of a block that has a decision, an island or a share of futures for itself.
pub const WHOLE: u32 = 256;

/// [`PlannerParams::sifts`] of so many particles.
#[must_use]
pub fn sifts(particles: u32) -> u32 {
    let digits = SIFTED.ilog2();
    let of_number = u32::BITS - particles.saturating_sub(1).leading_zeros();
    u32::BITS.div_ceil(digits) + of_number.div_ceil(digits)
}

/// Values of a digit, by which they do. Their counts take all of a block's shared memory.
pub const SIFTED: u32 = 2048;

/// Where in what the host reads of a decision, in bytes, the planner's memory of it is, for planners that have one: right after the
/// [`Answer`]. `[H]` probabilities of going right, `f64`, or `[H][D]` the plan, `f32`; `icem`: and behind that `[2][keeps][H][D]`
/// controls that are kept, of which a decision leaves the first half to the next.
pub const MEMORY: u64 = size_of::<Answer>() as u64;

/// Offsets in the rest of a decision's memory, in bytes, each a multiple of 16.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct Layout {
    /// The size of what the host reads of a decision.
    pub answer_size: u64,
    /// [`Counters`].
    pub counters: u64,
    /// `[K]` costs, `f32`, in whole chunks.
    pub costs: u64,
    /// `[rows][COST_SUMS]` sums, `f64`; see [`PlannerParams::rows`].
    pub sums: u64,
    /// `[knots][D]` the noise's deviations, `f32`.
    pub scales: u64,
    /// `[rows][moments]` sums, `f64`; see [`PlannerParams::rows`].
    pub moments: u64,
    /// `[numbers][pairs]` the noise, `f32`, of all pairs in whole chunks, where it is kept between rolling out and weighing.
    pub noise: u64,
    /// `[entries][8]` the probabilities' binary digits, `u32`.
    pub digits: u64,
    /// `[entries][32]` how many elites go right at each step, `u32`.
    pub counts: u64,
    /// `[entries]` the actions of the best future, `u32`.
    pub best_words: u64,
    /// `[elites]` the numbers of the elites, `u32`.
    pub chosen: u64,
    /// `[SIFTED]` how many keys have each digit, `u32`, where elites are selected by many blocks; zeros between launches.
    pub histogram: u64,
    /// `[populations]` the populations' floats, `f32`: [`Population::memory`].
    pub floats: u64,
    /// `[populations]` their integers, `u32`.
    pub integers: u64,
    /// `[islands]` outputs of the populations, `SmcOutput` or `FmcOutput`.
    pub outputs: u64,
    /// The size of the rest of a decision's memory.
    pub size: u64,
}

/// The buffers that a planner needs on the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buffers {
    /// The cost of every future.
    pub costs: bool,
    /// A plan, and noise around it.
    pub noise: bool,
    /// Moments of the noise.
    pub moments: bool,
    /// The noise itself, which is then drawn once and not again for its moments.
    pub kept_noise: bool,
    /// A histogram, by which many blocks select elites.
    pub histogram: bool,
    /// Probabilities for every step.
    pub probabilities: bool,
    /// Populations that are in memory at a time: one for each block that works on the decision.
    pub populations: u32,
}

impl Layout {
    /// The layout for a planner with these parameters that needs `buffers`.
    #[must_use]
    pub fn of(params: &PlannerParams, buffers: Buffers) -> Self {
        let (mut read, mut rest) = (Block(MEMORY), Block(0));
        let rows = params.row_count();
        let chunks = u64::from(params.chunks());
        let (horizon, entries) = (u64::from(params.horizon), u64::from(params.entries()));
        let places = chunks * CHUNK as u64;
        read.take(buffers.noise, params.plan_and_kept_len(), 4);
        read.take(buffers.probabilities, horizon, 8);
        let mut take = |needed, count, size| rest.take(needed, count, size);
        let counters = take(true, 1, size_of::<Counters>());
        let costs = take(buffers.costs, places, 4);
        let sums = take(true, rows * u64::from(COST_SUMS), 8);
        let scales = take(buffers.noise, params.numbers.into(), 4);
        let moments = take(buffers.moments, rows * u64::from(params.moments()), 8);
        let noise = take(buffers.kept_noise, params.noise_bytes() / 4, 4);
        let digits = take(buffers.probabilities, entries * 8, 4);
        let counts = take(buffers.probabilities, entries * 32, 4);
        let best_words = take(buffers.probabilities, entries, 4);
        let chosen = take(buffers.probabilities, params.elites.into(), 4);
        let histogram = take(buffers.histogram, SIFTED.into(), 4);
        let populations = buffers.populations;
        let [each, words] = if populations > 0 {
            Population::memory(params.state_len as usize, params.split().largest() as usize)
        } else {
            [0; 2]
        };
        let floats = take(populations > 0, u64::from(populations) * each as u64, 4);
        let integers = take(populations > 0, u64::from(populations) * words as u64, 4);
        let outputs = take(populations > 0, params.islands.into(), OUTPUT_SIZE);
        let (answer_size, size) = (read.0, rest.0.next_multiple_of(256));
        Self {
            answer_size,
            counters,
            costs,
            sums,
            scales,
            moments,
            noise,
            digits,
            counts,
            best_words,
            chosen,
            histogram,
            floats,
            integers,
            outputs,
            size,
        }
    }
}

/// The size in bytes of what is laid out so far.
struct Block(u64);

impl Block {
    /// The place of `count` values of `size` bytes, for which there is room if they are `needed`.
    fn take(&mut self, needed: bool, count: u64, size: usize) -> u64 {
        let place = self.0;
        if needed {
            self.0 += (count * size as u64).next_multiple_of(16);
        }
        place
    }
}

/// Rows that `count` rows need to be added up in groups of 128, and the groups in groups again.
#[must_use]
pub fn tree_rows(count: u64) -> u64 {
    let (mut rows, mut level) = (count, count);
    while level > 1 {
        level = level.div_ceil(CHUNK as u64);
        rows += level;
    }
    rows
}

/// The counters of a decision: what its blocks gather by atomic operations, in any order, and single numbers that one
/// launch leaves to the next.
#[repr(C)]
#[derive(Debug)]
pub struct Counters {
    /// The lowest cost, as bits that sort, and in the low half the future that has it.
    pub best: Cell<u64>,
    /// Futures that ended early.
    pub dead: Cell<u32>,
    /// Futures whose cost was not finite.
    pub non_finite: Cell<u32>,
    /// The longest lifetime in steps.
    pub longest: Cell<u32>,
    /// Elites listed so far.
    pub listed: Cell<u32>,
    /// The lowest cost in this decision so far.
    pub lowest: Cell<f32>,
    /// `mppi`: 1 / temperature.
    pub inverse_temperature: Cell<f32>,
    /// `cem`: the last of the elites, as `best`.
    pub threshold: Cell<u64>,
    /// As long as it is being looked for by many blocks: its digits that are known,
    pub prefix: Cell<u64>,
    /// the place of the last of these, 0 when all are,
    pub shift: Cell<u32>,
    /// how many elites have these digits,
    pub wanted: Cell<u32>,
    /// and how many blocks have finished a launch; 0 between launches.
    pub finished: Cell<u32>,
    /// Makes up whole multiples of 8 bytes.
    pub padding: Cell<u32>,
}

impl Counters {
    /// Forgets the futures of the iteration that has ended.
    #[inline(always)]
    pub fn clear(&self) {
        self.best.set(u64::MAX);
        self.dead.set(0);
        self.non_finite.set(0);
        self.longest.set(0);
        self.listed.set(0);
        self.prefix.set(0);
        self.shift.set(u64::BITS);
        self.wanted.set(0);
        self.finished.set(0);
    }

    /// Forgets the decision that has ended.
    #[inline(always)]
    pub fn reset(&self) {
        self.clear();
        self.lowest.set(f32::INFINITY);
        self.inverse_temperature.set(0.0);
        self.threshold.set(0);
    }
}

/// The result of a decision.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Answer {
    /// The control, as shares of the full one, -1 to 1, in as many dimensions as there are.
    pub shares: [f64; MOST_DIMENSIONS],
    /// The effective sample size.
    pub effective_samples: f64,
    /// The sum of the costs, by stratum of the first action.
    pub sums: [f64; STRATA],
    /// The sum of the squared costs.
    pub squares: f64,
    /// The lowest cost of all iterations.
    pub lowest: f32,
    /// Futures that ended early.
    pub dead: u32,
    /// Futures whose cost was not finite.
    pub non_finite: u32,
    /// The longest lifetime in steps.
    pub longest: u32,
}

// Both sides must agree on these.
const _: () = {
    assert!(size_of::<PlannerParams>() == 136 && align_of::<PlannerParams>() == 8);
    assert!(size_of::<Layout>() == 128);
    assert!(size_of::<Task>() == 136 + 128 + 48 + 16);
    assert!(size_of::<Counters>() == 64 && size_of::<Answer>() == 160);
    assert!(size_of::<Episodes>() == size_of::<Task>() + 72 + 32 + 40 + 32);
    assert!(size_of::<EpisodeSummary>() == 24 && size_of::<Row>() == 24);
    assert!(size_of::<SmcOutput>() <= OUTPUT_SIZE && size_of::<FmcOutput>() == OUTPUT_SIZE);
};
