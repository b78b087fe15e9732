//! Rollouts: advancing particles over the horizon, and what became of them.

use crate::controls::{Controls, STRATA, Scheme};
use crate::lanes::{LaneBits, Lanes};
use crate::model::Model;
use crate::reduce::{COLUMNS, fold};

/// Particles that are worked on and summed up together: a fixed number, so that sums do not depend
/// on lanes or threads.
pub const CHUNK: usize = 128;

/// What a future costs whose cost is not a finite number, or is more than this.
pub const WORST: f32 = 1e30;

/// A bundle of particles on their way.
#[derive(Clone, Copy)]
pub struct Particle<M: Model, L: Lanes> {
    /// Where they have got to, in the model's units.
    pub state: M::State<L>,
    live: L::Mask,
    tally: [L; 2],
    lifetime: L,
}

impl<M: Model, L: Lanes> Particle<M, L> {
    /// At the start.
    #[inline(always)]
    pub fn new(proof: L::Proof, state: M::State<L>) -> Self {
        let zero = L::splat(proof, 0.0);
        // The start itself is observed too, but is no step survived.
        let lifetime = L::splat(proof, -1.0);
        Self { state, live: zero.le(zero), tally: [zero; 2], lifetime }
    }

    /// Scores the state that they are in; before each [`advance`](Self::advance).
    #[inline(always)]
    pub fn observe(&mut self, constants: &M::Constants<L>, one: L) {
        self.live = M::live(constants, &self.state, self.live);
        self.tally = M::tally(constants, &self.state, self.live, self.tally);
        self.lifetime = self.lifetime.add_where(self.live, one);
    }

    /// Takes a step.
    #[inline(always)]
    pub fn advance(&mut self, constants: &M::Constants<L>, control: L) {
        self.state = M::advance(constants, self.state, control);
    }

    /// The cost of the future and how many steps it lasted, after `horizon` steps.
    #[inline(always)]
    pub fn finish(
        mut self,
        proof: L::Proof,
        constants: &M::Constants<L>,
        horizon: u32,
        end_cost: f32,
    ) -> [L; 2] {
        self.observe(constants, L::splat(proof, 1.0));
        let missed = L::splat(proof, horizon as f32) - self.lifetime;
        let cost = missed.fma(L::splat(proof, end_cost), M::running_cost(constants, self.tally));
        let terminal = M::terminal_cost(constants, &self.state);
        let cost = L::select(self.live, cost + terminal, cost);
        let finite = cost.magnitude().le(L::splat(proof, WORST));
        [
            L::select(finite, cost, L::splat(proof, WORST)),
            self.lifetime.greater(L::splat(proof, 0.0)),
        ]
    }
}

/// Rolls out a bundle of mirrored pairs: for both sides, costs and lifetimes.
#[inline(always)]
pub(crate) fn rollout_pairs<M: Model, L: Lanes>(
    proof: L::Proof,
    model: &M,
    constants: &M::Constants<L>,
    start: M::State<L>,
    horizon: u32,
    mut controls: impl Controls<L>,
) -> [[L; 2]; 2] {
    let one = L::splat(proof, 1.0);
    let mut pair = [Particle::<M, L>::new(proof, start); 2];
    let (mut step, mut block) = (0, 0);
    while step < horizon {
        controls.refill(block);
        block += 1;
        let end = horizon.min(step + controls.block_len());
        while step < end {
            pair[0].observe(constants, one);
            pair[1].observe(constants, one);
            let control = controls.next(step);
            pair[0].advance(constants, control[0]);
            pair[1].advance(constants, control[1]);
            step += 1;
        }
    }
    let [a, b] = pair;
    let end_cost = model.end_cost();
    [a.finish(proof, constants, horizon, end_cost), b.finish(proof, constants, horizon, end_cost)]
}

/// One decision's rollout.
#[derive(Clone, Copy)]
pub struct Job<'a, M, S> {
    /// What is simulated.
    pub model: &'a M,
    /// How controls are drawn.
    pub scheme: &'a S,
    /// The state from which all futures start, in the caller's units.
    pub state: &'a [f32],
    /// Steps.
    pub horizon: u32,
    /// Futures in all.
    pub particles: u32,
}

impl<M, S> Job<'_, M, S> {
    /// How many chunks the futures make.
    #[must_use]
    pub fn chunks(&self) -> usize {
        (self.particles as usize).div_ceil(CHUNK)
    }
}

/// What became of a chunk's futures, or of many chunks'.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The sum of the costs by stratum of the first action.
    pub sums: [f64; STRATA],
    /// The sum of the squared costs.
    pub squares: f64,
    /// The lowest cost and the particle that has it, the first of equals.
    pub best: (f32, u32),
    /// Futures that ended early.
    pub dead: u32,
    /// Futures whose cost was not finite.
    pub non_finite: u32,
    /// The longest lifetime in steps.
    pub longest: u32,
}

impl Summary {
    /// Of no futures at all.
    pub const EMPTY: Self = Self {
        sums: [0.0; STRATA],
        squares: 0.0,
        best: (f32::INFINITY, u32::MAX),
        dead: 0,
        non_finite: 0,
        longest: 0,
    };

    /// Counts the next chunk's futures; the sums, whose order matters, are left for
    /// [`tree`](crate::reduce::tree).
    pub fn count(&mut self, next: &Self) {
        if next.best.0 < self.best.0 {
            self.best = next.best;
        }
        self.dead += next.dead;
        self.non_finite += next.non_finite;
        self.longest = self.longest.max(next.longest);
    }

    /// Sums up `costs` and `lifetimes` of the particles from `first` on.
    #[inline(always)]
    fn of(costs: &[f32], lifetimes: &[f32], first: u32, horizon: u32) -> Self {
        let mut columns = Columns::<COLUMNS>::new();
        let whole = horizon as f32;
        // Rows of a fixed length become vector instructions.
        let (rows, rest) = costs.as_chunks::<COLUMNS>();
        let (lifetime_rows, lifetime_rest) = lifetimes.as_chunks::<COLUMNS>();
        for (costs, lifetimes) in rows.iter().zip(lifetime_rows) {
            for i in 0..COLUMNS {
                columns.note(i, costs[i], lifetimes[i], whole);
            }
        }
        for (i, (cost, lifetime)) in rest.iter().zip(lifetime_rest).enumerate() {
            columns.note(i, *cost, *lifetime, whole);
        }
        let lowest = columns.lowest.into_iter().fold(f32::INFINITY, f32::min);
        let place = costs.iter().position(|&cost| cost == lowest);
        Self {
            sums: core::array::from_fn(|s| columns.sums[s] + columns.sums[s + STRATA]),
            squares: fold(columns.squares),
            best: place.map_or(Self::EMPTY.best, |place| (lowest, first + place as u32)),
            dead: columns.dead.into_iter().sum(),
            non_finite: columns.non_finite.into_iter().sum(),
            longest: columns.longest.into_iter().fold(0.0, f32::max) as u32,
        }
    }
}

/// Partial results side by side: particle `i` goes to column `i % 16`. A CPU thread has all columns, a
/// GPU thread one.
pub(crate) struct Columns<const N: usize> {
    pub sums: [f64; N],
    pub squares: [f64; N],
    pub lowest: [f32; N],
    pub longest: [f32; N],
    pub dead: [u32; N],
    pub non_finite: [u32; N],
}

impl<const N: usize> Columns<N> {
    #[inline(always)]
    pub fn new() -> Self {
        Self {
            sums: [0.0; N],
            squares: [0.0; N],
            lowest: [f32::INFINITY; N],
            longest: [0.0; N],
            dead: [0; N],
            non_finite: [0; N],
        }
    }

    #[inline(always)]
    pub fn note(&mut self, i: usize, cost: f32, lifetime: f32, whole: f32) {
        let exact = f64::from(cost);
        self.sums[i] += exact;
        self.squares[i] += exact * exact;
        self.lowest[i] = if cost < self.lowest[i] { cost } else { self.lowest[i] };
        self.longest[i] = if lifetime > self.longest[i] { lifetime } else { self.longest[i] };
        self.dead[i] += u32::from(lifetime < whole);
        self.non_finite[i] += u32::from(cost >= WORST);
    }
}

/// Rolls out chunk `chunk` of `job` and writes the costs of its futures to `costs`; places beyond the last
/// particle get [`WORST`].
#[inline(always)]
pub fn rollout_chunk<M: Model, S: Scheme, L: Lanes>(
    proof: L::Proof,
    job: &Job<'_, M, S>,
    chunk: usize,
    costs: &mut [f32; CHUNK],
) -> Summary {
    let constants = job.model.constants::<L>(proof);
    let start = job.model.start::<L>(proof, job.state);
    let mut lifetimes = [0.0f32; CHUNK];
    let first = chunk * CHUNK;
    let count = (job.particles as usize - first).min(CHUNK);
    let mut place = 0;
    while 2 * place < count {
        let pairs = L::Bits::counting(proof, (first / 2 + place) as u32);
        let controls = job.scheme.controls::<L>(proof, pairs);
        let sides = rollout_pairs(proof, job.model, &constants, start, job.horizon, controls);
        interleave(sides[0][0], sides[1][0], &mut costs[2 * place..]);
        interleave(sides[0][1], sides[1][1], &mut lifetimes[2 * place..]);
        place += L::COUNT;
    }
    costs[count..].fill(WORST);
    Summary::of(&costs[..count], &lifetimes[..count], first as u32, job.horizon)
}

/// Writes lane `i` of `even` and of `odd` to places `2 i` and `2 i + 1`.
#[inline(always)]
fn interleave<L: Lanes>(even: L, odd: L, to: &mut [f32]) {
    let mut sides = [[0.0f32; 16]; 2];
    even.store(&mut sides[0]);
    odd.store(&mut sides[1]);
    for (i, pair) in to.as_chunks_mut::<2>().0.iter_mut().take(L::COUNT).enumerate() {
        *pair = [sides[0][i], sides[1][i]];
    }
}
