//! CEM for left and right.

use particle_pilot_kernels::controls::{Biased, digits};
use particle_pilot_kernels::lanes::LaneWork;
use particle_pilot_kernels::lanes::{LaneBits, Lanes};
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::planners::cem::{faded, goes_right, refit_probability};
use particle_pilot_kernels::population::Stop as _;
use particle_pilot_kernels::rollout::Summary;

use super::elites::Elites;
use crate::control_vector::ControlVector;
use crate::decision::Diagnostics;
use crate::planners::futures::{Futures, diagnose};
use crate::planners::planner::{Memory, Planner, Request, Swarm};
use crate::planners::record::record;
use crate::settings::{PilotConfig, Tuning};
use crate::trajectories::Trajectories;

/// One probability of going right for each step.
pub(crate) struct DiscreteCem {
    futures: Futures,
    elites: Elites,
    /// `[H]`.
    probabilities: Vec<f64>,
    /// What [`Memory::checkpoint`] has kept of them.
    kept: Vec<f64>,
    digits: Vec<[u32; 8]>,
    /// How many elites go right at each step, `[H]` rounded up to whole words.
    counts: Vec<u32>,
    /// The actions of the best future of this decision, 32 steps in each word.
    best_words: Vec<u32>,
    chosen: Vec<u32>,
    tuning: Tuning,
}

impl DiscreteCem {
    pub fn new<M: LaneModel>(swarm: &Swarm<M>, config: &PilotConfig) -> Self {
        let words = swarm.horizon.div_ceil(32) as usize;
        Self {
            futures: Futures::new(config.particles),
            elites: Elites::new(config.particles, config.tuning.elite_share),
            probabilities: vec![0.5; swarm.horizon as usize],
            kept: vec![0.5; swarm.horizon as usize],
            digits: vec![[0; 8]; words],
            counts: vec![0; 32 * words],
            best_words: vec![0; words],
            chosen: Vec::with_capacity(config.particles as usize + 16),
            tuning: config.tuning,
        }
    }

    /// Forgets the first step, and some of what the others had settled on.
    fn shift(&mut self) {
        self.probabilities.rotate_left(1);
        *self.probabilities.last_mut().expect("the horizon has a step") = 0.5;
        self.probabilities.iter_mut().for_each(|p| *p = faded(*p));
    }

    /// Counts the elites' actions and adds those of the decision's best future, `best` if it is one of these, once more.
    fn count<M: LaneModel>(
        &mut self,
        swarm: &Swarm<M>,
        request: &Request<'_>,
        scheme: &Biased<'_>,
        best: Option<u32>,
    ) {
        self.chosen.clear();
        self.elites.select(&mut self.futures, request);
        self.chosen.extend(self.elites.iter());
        self.counts.fill(0);
        let counts = &mut self.counts;
        swarm.simd.run(Count { request, scheme, chosen: &self.chosen, counts });
        if let Some(best) = best {
            let mut controls = scheme.sides::<f32>((), best / 2);
            for (block, word) in self.best_words.iter_mut().enumerate() {
                controls.draw(block as u32);
                *word = controls.words()[(best % 2) as usize];
            }
        }
        for (step, count) in counts.iter_mut().enumerate() {
            *count += self.best_words[step / 32] >> (31 - step % 32) & 1;
        }
    }
}

impl<M: LaneModel> Planner<M> for DiscreteCem {
    fn plan(&mut self, swarm: &Swarm<M>, request: &Request<'_>) -> (ControlVector, Diagnostics) {
        let Tuning { iterations, smoothing, floor, .. } = self.tuning;
        let voters = self.elites.count() as u32 + 1;
        let mut lowest = f32::INFINITY;
        let mut summary = Summary::EMPTY;
        for iteration in 0..iterations {
            let mut written = std::mem::take(&mut self.digits);
            digits(&self.probabilities, &mut written);
            let scheme = Biased {
                stream: request.stream(iteration),
                full: swarm.model.full_control(),
                digits: &written,
            };
            summary = self.futures.roll_out(swarm, request, &scheme);
            let best = (summary.best.0 < lowest).then_some(summary.best.1);
            lowest = lowest.min(summary.best.0);
            self.count(swarm, request, &scheme, best);
            self.digits = written;
            for (p, count) in self.probabilities.iter_mut().zip(&self.counts) {
                *p = refit_probability(*p, *count, f64::from(voters), smoothing, floor);
            }
        }
        // First actions are half and half in every iteration: the majority of those who are counted decides.
        let right = goes_right(self.counts[0], voters, self.best_words[0] >> 31 == 1);
        self.shift();

        let mut diagnostics = diagnose([swarm.particles, swarm.horizon], &summary, iterations);
        diagnostics.best = f64::from(lowest);
        diagnostics.effective_samples = self.elites.count() as f64;
        ([if right { 1.0 } else { -1.0 }].into(), diagnostics)
    }

    fn memory(&self) -> Option<&dyn Memory> {
        Some(self)
    }

    fn memory_mut(&mut self) -> Option<&mut dyn Memory> {
        Some(self)
    }

    fn trajectories(&self, swarm: &Swarm<M>, request: &Request<'_>) -> Option<Trajectories> {
        let mut written = self.digits.clone();
        digits(&self.probabilities, &mut written);
        let (stream, full) = (request.stream(0), swarm.model.full_control());
        Some(record(swarm, request, &Biased { stream, full, digits: &written }))
    }

    fn nominal(&self, _: &Swarm<M>) -> Option<Vec<f64>> {
        Some(self.probabilities.iter().map(|right| 2.0 * right - 1.0).collect())
    }
}

impl Memory for DiscreteCem {
    fn reset(&mut self) {
        self.probabilities.fill(0.5);
    }

    fn checkpoint(&mut self) {
        self.kept.copy_from_slice(&self.probabilities);
    }

    fn roll_back(&mut self) {
        self.probabilities.copy_from_slice(&self.kept);
    }

    fn carried(&self) -> Vec<f64> {
        self.probabilities.clone()
    }

    fn carry_on(&mut self, carried: &[f64]) -> bool {
        let fits = carried.len() == self.probabilities.len() && are_probabilities(carried);
        if fits {
            self.probabilities.copy_from_slice(carried);
        }
        fits
    }
}

/// Whether all numbers are probabilities.
pub(crate) fn are_probabilities(numbers: &[f64]) -> bool {
    numbers.iter().all(|number| (0.0..=1.0).contains(number))
}

/// Counts, for each step, how many of the chosen futures go right.
struct Count<'a> {
    request: &'a Request<'a>,
    scheme: &'a Biased<'a>,
    chosen: &'a [u32],
    counts: &'a mut [u32],
}

impl LaneWork for Count<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, proof: L::Proof) {
        let mut numbers = [0u32; 16];
        let mut words = [[0u32; 16]; 2];
        for chosen in self.chosen.chunks(L::COUNT) {
            if self.request.is_stopped() {
                return;
            }
            for (number, chosen) in numbers.iter_mut().zip(chosen) {
                *number = chosen / 2;
            }
            let pairs = L::Bits::load(proof, &numbers);
            let mut controls = self.scheme.sides::<L>(proof, pairs);
            for (block, counts) in self.counts.chunks_exact_mut(32).enumerate() {
                controls.draw(block as u32);
                let sides = controls.words();
                sides[0].store(&mut words[0]);
                sides[1].store(&mut words[1]);
                for (i, number) in chosen.iter().enumerate() {
                    let word = words[(number % 2) as usize][i];
                    for (s, count) in counts.iter_mut().enumerate() {
                        *count += word >> (31 - s) & 1;
                    }
                }
            }
        }
    }
}
