//! The launches that make a decision, and their parameters.

use std::iter;

use bytemuck::Zeroable;
use particle_pilot_kernels::task::{Buffers, PlannerParams, SELECTED_ALONE};

use super::KernelModel;
use crate::planners::islands::{split, strata};
use crate::planners::iterations;
use crate::planners::noise::NoisePlan;
use crate::planners::{cem::elites::elite_count, icem};
use crate::settings::{ActionKind, PilotConfig, PlannerKind};

/// How many blocks a launch has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocks {
    /// A small one for each chunk of a batch, batch by batch. Where there are several, a kernel of this name adds
    /// up the sums of each before the next takes their place.
    Chunks(&'static str),
    /// A whole one for each island.
    Islands,
    /// A whole one for each share of so many futures as `task::SHARE` says.
    Shares,
    /// One.
    One,
}

/// One launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The kernel's name.
    pub kernel: String,
    /// How many blocks it has.
    pub blocks: Blocks,
}

/// A planner's schedule: the launches of a decision, their parameters and buffers.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The kernels' parameters.
    pub params: PlannerParams,
    /// The buffers that the planner needs.
    pub buffers: Buffers,
    /// The tables that all decisions share: the interpolant's weights and the noise's deviations, then Halton's points or
    /// `icem`'s predictors.
    pub tables: Vec<f32>,
    /// The launch that forgets all earlier decisions.
    pub reset: Launch,
    /// The launches of an iteration.
    pub iteration: Vec<Launch>,
    /// The futures of each iteration.
    pub counts: Vec<u32>,
}

impl Schedule {
    /// The schedule of `config`'s planner.
    pub fn of(config: &PilotConfig, model: &KernelModel) -> Self {
        let mut params = params(config, model);
        let dimensions = params.dimensions;
        let many = if dimensions > 1 { "many_" } else { "" };
        let rolls_out = |scheme: &str| {
            let kernel = format!("roll_out_{scheme}");
            Launch { kernel, blocks: Blocks::Chunks("fold_costs") }
        };
        let knots = || rolls_out(&format!("{many}knots"));
        let weighs = |kind: &str| {
            let kernel = format!("{kind}_{many}moments");
            Launch { kernel, blocks: Blocks::Chunks("fold_moments") }
        };
        let one = |name: &str| Launch { kernel: name.into(), blocks: Blocks::One };
        let discrete = config.action == ActionKind::Discrete;
        // One alone is the best, which is known anyway.
        let by_many = params.elites > 1 && config.particles > SELECTED_ALONE;
        let shares = |name: &str| Launch { kernel: name.into(), blocks: Blocks::Shares };
        let sifts = || iter::repeat_n(shares("sift_elites"), params.sifts() as usize);
        let selects = || if by_many { sifts().collect() } else { vec![one("choose_elites")] };
        let islands = |planner: &str| {
            let kernel = format!("run_{many}{planner}_islands");
            Launch { kernel, blocks: Blocks::Islands }
        };
        let costs = Buffers { costs: true, ..Buffers::default() };
        let populations =
            Buffers { populations: split(config, model.choices).islands, ..Buffers::default() };
        let plans = Buffers { noise: true, moments: true, kept_noise: true, ..costs };
        let (buffers, reset, iteration) = match (config.planner, discrete) {
            (PlannerKind::RandomShooting, true) => (
                Buffers::default(),
                "reset_counters",
                vec![rolls_out("coin"), one("choose_action")],
            ),
            (PlannerKind::RandomShooting, false) => (
                Buffers { noise: true, ..Buffers::default() },
                "reset_plan",
                vec![knots(), one("choose_action")],
            ),
            (PlannerKind::Cem, true) => (
                Buffers { probabilities: true, histogram: by_many, ..costs },
                "reset_probabilities",
                if by_many {
                    let refits = [shares("count_elites"), one("refit_counted")];
                    iter::once(rolls_out("biased")).chain(sifts()).chain(refits).collect()
                } else {
                    vec![rolls_out("biased"), one("refit_probabilities")]
                },
            ),
            // Of one iteration, which refits to one future.
            (PlannerKind::Cem, false) | (PlannerKind::PredictiveSampling, _) => (
                Buffers { histogram: by_many, ..plans },
                "reset_plan",
                [vec![knots()], selects(), vec![weighs("elite"), one("refit_plan")]].concat(),
            ),
            (PlannerKind::Icem, _) => {
                let kernel = "followed_moments".into();
                let weighs = Launch { kernel, blocks: Blocks::Chunks("fold_moments") };
                let refits = vec![weighs, one("refit_followed")];
                (
                    Buffers { histogram: by_many, ..plans },
                    "reset_plan",
                    [vec![rolls_out("followed")], selects(), refits].concat(),
                )
            }
            (PlannerKind::Smc, _) => {
                (populations, "reset_counters", vec![islands("smc"), one("conclude_smc")])
            }
            (PlannerKind::Fmc, _) => {
                (populations, "reset_counters", vec![islands("fmc"), one("conclude_fmc")])
            }
            (PlannerKind::Mppi, _) => (
                plans,
                "reset_plan",
                vec![knots(), one("set_temperature"), weighs("weighted"), one("move_plan")],
            ),
        };
        let noise = buffers.noise.then(|| NoisePlan::new(config, model.full, dimensions as usize));
        if let Some(noise) = &noise {
            add_noise(&mut params, noise);
        }
        Self {
            params,
            buffers,
            tables: noise.map_or(Vec::new(), |noise| {
                let weights = noise.weights.into_iter().flatten().chain(noise.initial_scales);
                weights.chain(noise.predictors.into_iter().flatten()).chain(noise.points).collect()
            }),
            reset: one(reset),
            iteration,
            counts: iterations(config),
        }
    }

    /// The kernel that adds up what `launch` leaves of a batch, where a decision can have several batches.
    pub fn fold(&self, launch: &Launch) -> Option<&'static str> {
        match launch.blocks {
            Blocks::Chunks(fold) if self.params.smaller_batch().is_some() => Some(fold),
            _ => None,
        }
    }
}

fn params(config: &PilotConfig, model: &KernelModel) -> PlannerParams {
    let tuning = &config.tuning;
    let discrete = config.action == ActionKind::Discrete;
    let anchored = config.planner == PlannerKind::PredictiveSampling;
    let mut params = PlannerParams {
        smoothing: if anchored { 0.0 } else { tuning.smoothing },
        floor: tuning.floor,
        temperature: tuning.temperature,
        target_share: tuning.target_share,
        particles: config.particles,
        horizon: config.horizon,
        iterations: iterations(config).len() as u32,
        elites: if anchored { 1 } else { elite_count(config.particles, tuning.elite_share) as u32 },
        discrete: discrete.into(),
        strata: match config.planner {
            PlannerKind::Cem | PlannerKind::Icem | PlannerKind::PredictiveSampling => 0,
            PlannerKind::Mppi if !discrete => 0,
            PlannerKind::Smc | PlannerKind::Fmc => strata(model.choices, !discrete) as u32,
            _ => strata(0, !discrete) as u32,
        },
        inverse_temperature: (1.0 / tuning.temperature) as f32,
        balance: tuning.balance as f32,
        islands: split(config, model.choices).islands,
        state_len: model.trace.structure.state_len(),
        dimensions: model.trace.structure.dimensions(),
        full: model.full,
        end_cost: model.end_cost,
        limit: model.limit,
        choices: model.choices,
        anchored: anchored.into(),
        moments_each: if config.planner == PlannerKind::Mppi { 1 } else { 2 },
        keeps: if config.planner == PlannerKind::Icem { icem::keeps(config) } else { 0 },
        ..PlannerParams::zeroed()
    };
    params.batch_chunks = params.chunks();
    params
}

fn add_noise(params: &mut PlannerParams, noise: &NoisePlan) {
    params.spacing = noise.weights.len() as u32;
    params.numbers = noise.scales.len() as u32;
    params.cubic = noise.cubic.into();
    params.halton_pairs = if noise.points.is_empty() { 0 } else { noise.pairs as u32 };
    params.colour = noise.colour;
}

#[cfg(test)]
mod tests {
    use particle_pilot_kernels::env::Physics;
    use particle_pilot_kernels::model::{CartPoleModel, CostWeights};

    use super::*;
    use crate::CartPoleProblem;
    use crate::choice::DecisionWork;

    #[test]
    fn launches_are_as_many_as_are_predicted() {
        let (physics, weights) = (Physics::default(), CostWeights::default());
        let model = CartPoleModel::<false>::new(&physics, &weights).unwrap();
        let model = KernelModel::of(&model).unwrap();
        for (planner, _) in PlannerKind::ALL {
            for action in [ActionKind::Discrete, ActionKind::Continuous] {
                for particles in [1, 1024, SELECTED_ALONE, SELECTED_ALONE + 1, 1_000_000] {
                    let config = PilotConfig { particles, action, ..PilotConfig::of(*planner) };
                    let schedule = Schedule::of(&config, &model);
                    let launches = schedule.iteration.len() * schedule.counts.len();
                    let work = DecisionWork::of(&config, CartPoleProblem::default()).unwrap();
                    let case = format!("{planner} {action} {particles}");
                    assert_eq!(work.launches as usize, launches, "{case}");
                    let futures: u32 = schedule.counts.iter().sum();
                    assert_eq!(
                        work.steps,
                        f64::from(futures) * f64::from(config.horizon),
                        "{case}"
                    );
                }
            }
        }
    }
}
