//! The entry points: which block works on what.
//!
//! A decision in one state is a sequence of launches. Those that roll out and weigh futures have many blocks, which
//! share the chunks; those that turn sums into a plan have one. Closed loops of many episodes are one
//! launch, with one or more blocks for each.

use super::block::Block;
use super::episode::{self, Planner, Request};
use super::fold::fold_batch;
use super::grid::Grid;
use super::population::{IslandStrategy, Islands, run_islands};
use super::workspace::Workspace;
use super::{cem, knots, mppi, roll_out::roll_out, shooting};
use crate::controls::Coin;
use crate::model::{CartPoleModel, LaneModel};
use crate::population::{Fmc, Smc};
use crate::rng::Stream;
use crate::task::{COST_SUMS, Episodes, Task};

/// Entry points that take a task.
macro_rules! tasks {
    ($($name:ident => $call:expr;)*) => {$(
        #[cfg_attr(feature = "rust-cuda", cuda_std::kernel)]
        #[cfg_attr(not(feature = "rust-cuda"), unsafe(no_mangle))]
        unsafe extern "ptx-kernel" fn $name(task: Task) {
            let call: fn(&Context<'_>) = $call;
            call(&Context::new(&task));
        }
    )*};
}

/// A task for a cart-pole, as a block of its launch sees it.
struct Context<'a> {
    workspace: Workspace<'a>,
    block: Block,
    stream: Stream,
}

impl<'a> Context<'a> {
    #[inline(always)]
    fn new(task: &'a Task) -> Self {
        let stream = Stream::new(task.seed, task.decision, task.iteration);
        Self { workspace: Workspace::new(task, 0), block: Block::of_many(), stream }
    }

    #[inline(always)]
    fn model<const GENERAL: bool>(&self) -> CartPoleModel<GENERAL> {
        CartPoleModel::from_data(self.workspace.task.model)
    }

    #[inline(always)]
    fn full(&self) -> f32 {
        self.model::<true>().full_control()
    }

    #[inline(always)]
    fn coin<const GENERAL: bool>(&self) {
        let model = self.model::<GENERAL>();
        let scheme = Coin { stream: self.stream, full: model.full_control() };
        roll_out(&self.block, &self.workspace, &model, &scheme, &self.workspace.task.state);
    }

    #[inline(always)]
    fn biased<const GENERAL: bool>(&self) {
        let model = self.model::<GENERAL>();
        let scheme = self.workspace.biased(self.stream, model.full_control());
        roll_out(&self.block, &self.workspace, &model, &scheme, &self.workspace.task.state);
    }

    #[inline(always)]
    fn islands<S: IslandStrategy, const GENERAL: bool>(&self) {
        let model = self.model::<GENERAL>();
        let state = &self.workspace.task.state;
        run_islands::<S, _>(&self.block, &self.workspace, &model, state, self.stream);
    }

    #[inline(always)]
    fn knots<const GENERAL: bool>(&self) {
        let model = self.model::<GENERAL>();
        let scheme = self.workspace.knots(self.stream, model.full_control());
        roll_out(&self.block, &self.workspace, &model, &scheme, &self.workspace.task.state);
    }
}

tasks! {
    roll_out_coin => |context| context.coin::<false>();
    roll_out_coin_general => |context| context.coin::<true>();
    roll_out_biased => |context| context.biased::<false>();
    roll_out_biased_general => |context| context.biased::<true>();
    roll_out_knots => |context| context.knots::<false>();
    roll_out_knots_general => |context| context.knots::<true>();
    reset_counters => |context| Shooting::<false>::reset(&context.block, &context.workspace);
    reset_probabilities => |context| cem::reset(&context.block, &context.workspace);
    reset_plan => |context| knots::reset(&context.block, &context.workspace);
    fold_costs => |context| {
        let (workspace, batch) = (&context.workspace, context.workspace.task.batch);
        fold_batch(&context.block, workspace, workspace.sums(), COST_SUMS, batch);
    };
    fold_moments => |context| {
        let (workspace, batch) = (&context.workspace, context.workspace.task.batch);
        fold_batch(&context.block, workspace, workspace.moments(), workspace.task.params.moments(), batch);
    };
    choose_action => |context| shooting::choose(&context.block, &context.workspace, &context.stream);
    refit_probabilities => |context| {
        let scheme = context.workspace.biased(context.stream, context.full());
        cem::refit(&context.block, &context.workspace, &scheme, context.workspace.task.iteration);
    };
    choose_elites => |context| knots::choose(&context.block, &context.workspace);
    elite_moments => |context| {
        let noise = context.workspace.noise(context.stream);
        knots::moments(&context.block, &context.workspace, &noise, knots::elite_weight(&context.workspace));
    };
    refit_plan => |context| {
        knots::refit(&context.block, &context.workspace, context.full(), context.workspace.task.iteration);
    };
    set_temperature => |context| mppi::set_temperature(&context.block, &context.workspace);
    weighted_moments => |context| {
        let noise = context.workspace.noise(context.stream);
        knots::moments(&context.block, &context.workspace, &noise, mppi::weight(&context.workspace));
    };
    move_plan => |context| mppi::conclude(&context.block, &context.workspace, &context.stream, context.full());
    run_smc_islands => |context| context.islands::<Smc, false>();
    run_smc_islands_general => |context| context.islands::<Smc, true>();
    conclude_smc => |context| Smc::conclude(&context.block, &context.workspace, &context.stream, context.full());
    run_fmc_islands => |context| context.islands::<Fmc, false>();
    run_fmc_islands_general => |context| context.islands::<Fmc, true>();
    conclude_fmc => |context| Fmc::conclude(&context.block, &context.workspace, &context.stream, context.full());
}

/// Random shooting; `KNOTS` for continuous control.
struct Shooting<const KNOTS: bool>;

impl<const KNOTS: bool> Planner for Shooting<KNOTS> {
    #[inline(always)]
    fn reset(block: &Block, workspace: &Workspace<'_>) {
        if KNOTS {
            knots::reset(block, workspace);
        } else if block.rank == 0 {
            workspace.counters().reset();
        }
        block.sync();
    }

    #[inline(always)]
    fn decide<M: LaneModel>(
        grid: &Grid<'_>,
        workspace: &Workspace<'_>,
        model: &M,
        request: &Request,
    ) {
        let stream = request.stream(0);
        let (block, full) = (&grid.block, model.full_control());
        if KNOTS {
            roll_out(block, workspace, model, &workspace.knots(stream, full), &request.state);
        } else {
            roll_out(block, workspace, model, &Coin { stream, full }, &request.state);
        }
        grid.sync();
        if grid.leads() {
            shooting::choose(block, workspace, &stream);
        }
    }
}

/// The cross-entropy method for left and right.
struct Cem;

impl Planner for Cem {
    #[inline(always)]
    fn reset(block: &Block, workspace: &Workspace<'_>) {
        cem::reset(block, workspace);
    }

    #[inline(always)]
    fn decide<M: LaneModel>(
        grid: &Grid<'_>,
        workspace: &Workspace<'_>,
        model: &M,
        request: &Request,
    ) {
        let block = &grid.block;
        iterate(grid, workspace, request, |stream, iteration| {
            let scheme = workspace.biased(stream, model.full_control());
            roll_out(block, workspace, model, &scheme, &request.state);
            grid.sync();
            if grid.leads() {
                cem::refit(block, workspace, &scheme, iteration);
            }
        });
    }
}

/// The cross-entropy method for continuous control.
struct KnotCem;

impl Planner for KnotCem {
    #[inline(always)]
    fn reset(block: &Block, workspace: &Workspace<'_>) {
        knots::reset(block, workspace);
    }

    #[inline(always)]
    fn decide<M: LaneModel>(
        grid: &Grid<'_>,
        workspace: &Workspace<'_>,
        model: &M,
        request: &Request,
    ) {
        let (block, full) = (&grid.block, model.full_control());
        iterate(grid, workspace, request, |stream, iteration| {
            roll_out(block, workspace, model, &workspace.knots(stream, full), &request.state);
            grid.sync();
            if grid.leads() {
                knots::choose(block, workspace);
            }
            grid.sync();
            knots::moments(
                block,
                workspace,
                &workspace.noise(stream),
                knots::elite_weight(workspace),
            );
            grid.sync();
            if grid.leads() {
                knots::refit(block, workspace, full, iteration);
            }
        });
    }
}

/// Calls `refine` for each iteration of a decision, with a barrier after each but the last.
#[inline(always)]
fn iterate(
    grid: &Grid<'_>,
    workspace: &Workspace<'_>,
    request: &Request,
    refine: impl Fn(Stream, u32),
) {
    let mut iteration = 0;
    loop {
        refine(request.stream(iteration), iteration);
        iteration += 1;
        if iteration == workspace.task.params.iterations {
            return;
        }
        grid.sync();
    }
}

/// Model predictive path integral control.
struct Mppi;

impl Planner for Mppi {
    #[inline(always)]
    fn reset(block: &Block, workspace: &Workspace<'_>) {
        knots::reset(block, workspace);
    }

    #[inline(always)]
    fn decide<M: LaneModel>(
        grid: &Grid<'_>,
        workspace: &Workspace<'_>,
        model: &M,
        request: &Request,
    ) {
        let (block, full) = (&grid.block, model.full_control());
        let stream = request.stream(0);
        roll_out(block, workspace, model, &workspace.knots(stream, full), &request.state);
        grid.sync();
        if grid.leads() {
            mppi::set_temperature(block, workspace);
        }
        grid.sync();
        knots::moments(block, workspace, &workspace.noise(stream), mppi::weight(workspace));
        grid.sync();
        if grid.leads() {
            mppi::conclude(block, workspace, &stream, full);
        }
    }
}

/// Entry points that take episodes, for a planner each.
macro_rules! episodes {
    ($($name:ident => $planner:ty, $general:literal;)*) => {$(
        #[cfg_attr(feature = "rust-cuda", cuda_std::kernel)]
        #[cfg_attr(not(feature = "rust-cuda"), unsafe(no_mangle))]
        unsafe extern "ptx-kernel" fn $name(episodes: Episodes) {
            let model = CartPoleModel::<$general>::from_data(episodes.task.model);
            episode::run::<$planner, _>(&episodes, &model);
        }
    )*};
}

episodes! {
    episodes_shooting => Shooting<false>, false;
    episodes_shooting_general => Shooting<false>, true;
    episodes_shooting_knots => Shooting<true>, false;
    episodes_shooting_knots_general => Shooting<true>, true;
    episodes_cem => Cem, false;
    episodes_cem_general => Cem, true;
    episodes_cem_knots => KnotCem, false;
    episodes_cem_knots_general => KnotCem, true;
    episodes_mppi => Mppi, false;
    episodes_mppi_general => Mppi, true;
    episodes_smc => Islands<Smc>, false;
    episodes_smc_general => Islands<Smc>, true;
    episodes_fmc => Islands<Fmc>, false;
    episodes_fmc_general => Islands<Fmc>, true;
}
