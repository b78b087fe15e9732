//! Rollouts: advancing particles over the horizon.

use crate::lanes::{LaneBits, LaneMask, Lanes};
use crate::model::Model;

/// What became of each particle of a bundle.
#[derive(Clone, Copy)]
pub struct Outcome<L> {
    pub cost: L,
    pub lifetime: L,
}

#[derive(Clone, Copy)]
pub struct Particle<M: Model, L: Lanes> {
    pub state: M::State<L>,
    live: L::Mask,
    totals: [L; 2],
    lifetime: L,
}

impl<M: Model, L: Lanes> Particle<M, L> {
    #[inline(always)]
    pub fn new(proof: L::Proof, state: M::State<L>) -> Self {
        let zero = L::splat(proof, 0.0);
        Self {
            state,
            live: zero.le(zero),
            totals: [zero; 2],
            lifetime: L::splat(proof, -1.0),
        }
    }
    #[inline(always)]
    pub fn observe(&mut self, c: &M::Constants<L>, one: L) {
        self.live = M::live(c, &self.state, self.live);
        self.totals = M::tally(c, &self.state, self.live, self.totals);
        self.lifetime = self.lifetime.add_where(self.live, one);
    }
    #[inline(always)]
    pub fn advance(&mut self, c: &M::Constants<L>, control: L) {
        self.state = M::advance(c, self.state, control);
    }
    #[inline(always)]
    pub fn finish(mut self, c: &M::Constants<L>, one: L, horizon: L, end: L) -> Outcome<L> {
        self.observe(c, one);
        let cost = (horizon - self.lifetime).fma(end, M::running_cost(c, self.totals));
        let cost = cost.add_where(self.live, M::terminal_cost(c, &self.state));
        Outcome {
            cost,
            lifetime: self.lifetime,
        }
    }
}

#[inline(always)]
pub fn rollout_pairs<M: Model, L: Lanes, const P: usize>(
    model: &M,
    proof: L::Proof,
    root: &M::State<L>,
    horizon: u32,
    mut word: impl FnMut(u32) -> [L::Bits; P],
) -> [[Outcome<L>; 2]; P] {
    let c = model.constants::<L>(proof);
    let one = L::splat(proof, 1.0);
    let sign = L::Bits::splat(proof, 0x8000_0000);
    let left = L::splat(proof, -model.full_control()).bits();
    let mut pairs = [[Particle::<M, L>::new(proof, *root); 2]; P];
    let mut step = 0;
    let mut block = 0;
    while step < horizon {
        let mut words = word(block);
        block += 1;
        let end = horizon.min(step + 32);
        while step < end {
            for (pair, word) in pairs.iter_mut().zip(&mut words) {
                let control = ((*word & sign) ^ left).as_float();
                *word = word.shl::<1>();
                for p in pair.iter_mut() {
                    p.observe(&c, one);
                }
                pair[0].advance(&c, control);
                pair[1].advance(&c, -control);
            }
            step += 1;
        }
    }
    let end = L::splat(proof, model.end_cost());
    let h = L::splat(proof, horizon as f32);
    pairs.map(|p| p.map(|p| p.finish(&c, one, h, end)))
}
