//! The entry points: which block works on what.
//!
//! A decision in one state is a sequence of launches. Those that roll out and weigh futures have many blocks, which
//! share the chunks; those that turn sums into a plan have one. Closed loops of many episodes are one
//! launch, with one or more blocks for each.

use super::block::Block;
use super::episode::{self, Planner, Request};
use super::fold::fold_batch;
use super::grid::Grid;
use super::place::{Many, One, Placed, Width};
use super::population::{IslandStrategy, Islands, run_islands};
use super::workspace::Workspace;
use super::{cem, followed, knots, mppi, roll_out::roll_out, shooting};
use crate::controls::{Coin, Scheme};
use crate::planners::icem;
use crate::population::{Fmc, Smc};
use crate::rng::Stream;
use crate::task::{COST_SUMS, Episodes, PlannerParams, Task};

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

/// A task, as a block of its launch sees it.
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
    fn full(&self) -> f32 {
        self.workspace.task.params.full
    }

    #[inline(always)]
    fn roll_out<W: Width, S: Scheme<Placed<W>>>(&self, scheme: &S) {
        roll_out(&self.block, &self.workspace, &self.workspace.placed::<W>(), scheme);
    }

    #[inline(always)]
    fn knots(&self) {
        self.roll_out::<One, _>(&self.workspace.knots(self.stream, self.full()));
    }

    #[inline(always)]
    fn many_knots(&self) {
        self.roll_out::<Many, _>(&self.workspace.many_knots(self.stream, self.full()));
    }

    #[inline(always)]
    fn islands<S: IslandStrategy>(&self) {
        let plant = self.workspace.placed::<One>();
        run_islands::<S, _>(&self.block, &self.workspace, &plant, self.stream);
    }

    #[inline(always)]
    fn elite_moments<W: Width>(&self) {
        let noise = self.workspace.noise(self.stream);
        let weight = knots::elite_weight(&self.workspace);
        knots::moments::<W, _>(&self.block, &self.workspace, &noise, weight);
    }

    #[inline(always)]
    fn followed<W: Width, const MANY: bool>(&self) {
        let iteration = self.workspace.task.iteration;
        let scheme = self.workspace.followed::<MANY>(self.stream, self.full(), iteration);
        self.roll_out::<W, _>(&scheme);
    }

    #[inline(always)]
    fn followed_moments<W: Width>(&self) {
        let iteration = self.workspace.task.iteration;
        followed::moments::<W>(&self.block, &self.workspace, self.stream, iteration);
    }

    #[inline(always)]
    fn refit_followed<W: Width, const MANY: bool>(&self) {
        let iteration = self.workspace.task.iteration;
        let scheme = self.workspace.followed::<MANY>(self.stream, self.full(), iteration);
        followed::refit::<W, MANY>(&self.block, &self.workspace, &scheme, iteration);
    }

    #[inline(always)]
    fn weighted_moments<W: Width>(&self) {
        let noise = self.workspace.noise(self.stream);
        knots::moments::<W, _>(&self.block, &self.workspace, &noise, mppi::weight(&self.workspace));
    }
}

tasks! {
    roll_out_coin => |context| {
        context.roll_out::<One, _>(&Coin { stream: context.stream, full: context.full() });
    };
    roll_out_biased => |context| {
        context.roll_out::<One, _>(&context.workspace.biased(context.stream, context.full()));
    };
    roll_out_knots => |context| context.knots();
    roll_out_many_knots => |context| context.many_knots();
    roll_out_followed => |context| context.followed::<One, false>();
    roll_out_many_followed => |context| context.followed::<Many, true>();
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
    choose_action => |context| {
        shooting::choose::<true>(&context.block, &context.workspace, &context.stream);
    };
    refit_probabilities => |context| {
        let scheme = context.workspace.biased(context.stream, context.full());
        cem::refit(&context.block, &context.workspace, &scheme, context.workspace.task.iteration);
    };
    choose_elites => |context| knots::choose(&context.block, &context.workspace);
    elite_moments => |context| context.elite_moments::<One>();
    elite_many_moments => |context| context.elite_moments::<Many>();
    refit_plan => |context| {
        let iteration = context.workspace.task.iteration;
        knots::refit::<true>(&context.block, &context.workspace, context.full(), iteration);
    };
    followed_moments => |context| context.followed_moments::<One>();
    followed_many_moments => |context| context.followed_moments::<Many>();
    refit_followed => |context| context.refit_followed::<One, false>();
    refit_many_followed => |context| context.refit_followed::<Many, true>();
    set_temperature => |context| mppi::set_temperature(&context.block, &context.workspace);
    weighted_moments => |context| context.weighted_moments::<One>();
    weighted_many_moments => |context| context.weighted_moments::<Many>();
    move_plan => |context| {
        mppi::conclude::<true>(&context.block, &context.workspace, &context.stream, context.full());
    };
    run_smc_islands => |context| context.islands::<Smc>();
    conclude_smc => |context| Smc::conclude(&context.block, &context.workspace, &context.stream, context.full());
    run_fmc_islands => |context| context.islands::<Fmc>();
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
    fn decide(grid: &Grid<'_>, workspace: &Workspace<'_>, request: &Request) {
        let stream = request.stream(0);
        let (block, full) = (&grid.block, workspace.task.params.full);
        let plant = workspace.placed_here::<One>();
        if KNOTS {
            roll_out(block, workspace, &plant, &workspace.knots(stream, full));
        } else {
            roll_out(block, workspace, &plant, &Coin { stream, full });
        }
        grid.sync();
        if grid.leads() {
            shooting::choose::<false>(block, workspace, &stream);
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
    fn decide(grid: &Grid<'_>, workspace: &Workspace<'_>, request: &Request) {
        let (block, plant) = (&grid.block, workspace.placed_here::<One>());
        iterate(grid, workspace, request, |stream, iteration| {
            let scheme = workspace.biased(stream, workspace.task.params.full);
            roll_out(block, workspace, &plant, &scheme);
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
    fn decide(grid: &Grid<'_>, workspace: &Workspace<'_>, request: &Request) {
        let (block, full) = (&grid.block, workspace.task.params.full);
        let plant = workspace.placed_here::<One>();
        iterate(grid, workspace, request, |stream, iteration| {
            roll_out(block, workspace, &plant, &workspace.knots(stream, full));
            grid.sync();
            if grid.leads() {
                knots::choose(block, workspace);
            }
            grid.sync();
            knots::moments::<One, _>(
                block,
                workspace,
                &workspace.noise(stream),
                knots::elite_weight(workspace),
            );
            grid.sync();
            if grid.leads() {
                knots::refit::<false>(block, workspace, full, iteration);
            }
        });
    }
}

/// The improved cross-entropy method.
struct Icem;

impl Planner for Icem {
    #[inline(always)]
    fn reset(block: &Block, workspace: &Workspace<'_>) {
        knots::reset(block, workspace);
    }

    #[inline(always)]
    fn decide(grid: &Grid<'_>, workspace: &Workspace<'_>, request: &Request) {
        let (block, full) = (&grid.block, workspace.task.params.full);
        let plant = workspace.placed_here::<One>();
        let all = &workspace.task.params;
        iterate(grid, workspace, request, |stream, iteration| {
            let particles = icem::futures(iteration, all.particles, all.decay, all.elites);
            let is_fresh = request.decision == 0 && iteration == 0;
            let kept = if is_fresh { 0 } else { all.keeps };
            let params = PlannerParams { particles, kept, ..*all };
            let task = Task { params, ..*workspace.task };
            let workspace = &workspace.with(&task);
            let scheme = workspace.followed::<false>(stream, full, iteration);
            roll_out(block, workspace, &plant, &scheme);
            grid.sync();
            if grid.leads() {
                knots::choose(block, workspace);
            }
            grid.sync();
            followed::moments::<One>(block, workspace, stream, iteration);
            grid.sync();
            if grid.leads() {
                followed::refit::<One, false>(block, workspace, &scheme, iteration);
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
    fn decide(grid: &Grid<'_>, workspace: &Workspace<'_>, request: &Request) {
        let (block, full) = (&grid.block, workspace.task.params.full);
        let plant = workspace.placed_here::<One>();
        let stream = request.stream(0);
        roll_out(block, workspace, &plant, &workspace.knots(stream, full));
        grid.sync();
        if grid.leads() {
            mppi::set_temperature(block, workspace);
        }
        grid.sync();
        knots::moments::<One, _>(
            block,
            workspace,
            &workspace.noise(stream),
            mppi::weight(workspace),
        );
        grid.sync();
        if grid.leads() {
            mppi::conclude::<false>(block, workspace, &stream, full);
        }
    }
}

/// Entry points that take episodes, for a planner each.
macro_rules! episodes {
    ($($name:ident => $planner:ty;)*) => {$(
        #[cfg_attr(feature = "rust-cuda", cuda_std::kernel)]
        #[cfg_attr(not(feature = "rust-cuda"), unsafe(no_mangle))]
        unsafe extern "ptx-kernel" fn $name(episodes: Episodes) {
            episode::run::<$planner>(&episodes);
        }
    )*};
}

episodes! {
    episodes_shooting => Shooting<false>;
    episodes_shooting_knots => Shooting<true>;
    episodes_cem => Cem;
    episodes_cem_knots => KnotCem;
    episodes_icem => Icem;
    episodes_mppi => Mppi;
    episodes_smc => Islands<Smc>;
    episodes_fmc => Islands<Fmc>;
}
