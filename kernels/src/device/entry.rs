//! The entry points: which block works on what.
//!
//! A decision is a sequence of launches. Those that roll out and weigh futures have many blocks, which
//! share the chunks; those that select elites of many futures share these; those that turn sums into a plan have one. Where many decisions are made in step, a launch has a
//! row of blocks for each.

use super::block::Block;
use super::fold::fold_batch;
use super::hardware::block_row;
use super::kept::Keeping;
use super::place::{Many, One, Placed, Width, asked};
use super::population::{IslandStrategy, run_islands};
use super::roll_out::{own_pair, roll_out};
use super::sift::sift;
use super::workspace::Workspace;
use super::{cem, followed, knots, mppi, shooting};
use crate::controls::{Coin, Followed, Scheme};
use crate::population::{Fmc, Smc};
use crate::rng::Stream;
use crate::task::{COST_SUMS, Row, Task};

/// Entry points that take a task, and what they do for rows in which there is at least so much to do.
macro_rules! tasks {
    ($least:expr; $($name:ident => $call:expr;)*) => {$(
        #[cfg_attr(feature = "rust-cuda", cuda_std::kernel)]
        #[cfg_attr(not(feature = "rust-cuda"), unsafe(no_mangle))]
        unsafe extern "ptx-kernel" fn $name(task: Task) {
            let call: fn(&Context<'_>) = $call;
            let row = asked(Workspace::new(&task, block_row()).row_address());
            if row.state >= $least {
                call(&Context::new(&task, &row));
            }
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
    fn new(task: &'a Task, row: &Row) -> Self {
        let workspace = Workspace::new(task, block_row());
        let stream = Stream::new(row.seed, row.decision, task.iteration);
        Self { workspace, block: Block::of_many(), stream }
    }

    #[inline(always)]
    fn full(&self) -> f32 {
        self.workspace.task.params.full
    }

    #[inline(always)]
    fn roll_out<W: Width, S: Scheme<Placed<W>>>(&self, scheme: &S) {
        roll_out(&self.block, &self.workspace, &self.workspace.placed::<W>(), scheme);
    }

    /// `noise`, which the pair that this thread rolls out leaves in memory, if there is room.
    #[inline(always)]
    fn keeping<N>(&self, noise: N) -> Keeping<N> {
        let (at, stride) = self.workspace.kept_noise(own_pair(&self.block, &self.workspace));
        Keeping { noise, at, stride }
    }

    #[inline(always)]
    fn knots(&self) {
        let knots = self.workspace.knots(self.stream, self.full());
        self.roll_out::<One, _>(&knots.with_noise(self.keeping(knots.noise)));
    }

    #[inline(always)]
    fn many_knots(&self) {
        let knots = self.workspace.many_knots(self.stream, self.full());
        self.roll_out::<Many, _>(&knots.with_noise(self.keeping(knots.noise)));
    }

    #[inline(always)]
    fn islands<S: IslandStrategy, W: Width>(&self) {
        let plant = self.workspace.placed::<W>();
        run_islands::<S, _>(&self.block, &self.workspace, &plant, self.stream);
    }

    #[inline(always)]
    fn refit_probabilities<const COUNTED: bool>(&self) {
        let (workspace, iteration) = (&self.workspace, self.workspace.task.iteration);
        let scheme = workspace.biased(self.stream, self.full());
        cem::refit::<COUNTED>(&self.block, workspace, &scheme, iteration);
    }

    #[inline(always)]
    fn elite_moments<W: Width>(&self) {
        let noise = self.workspace.noise(self.stream);
        let weight = knots::elite_weight(&self.workspace);
        knots::moments::<W, _, 2>(&self.block, &self.workspace, &noise, weight);
    }

    #[inline(always)]
    fn followed(&self) {
        let iteration = self.workspace.task.iteration;
        let Followed { knots, sequences, kept, given } =
            self.workspace.followed(self.stream, self.full(), iteration);
        let knots = knots.with_noise(self.keeping(knots.noise));
        self.roll_out::<Many, _>(&Followed { knots, sequences, kept, given });
    }

    #[inline(always)]
    fn followed_moments(&self) {
        let iteration = self.workspace.task.iteration;
        followed::moments::<Many>(&self.block, &self.workspace, self.stream, iteration);
    }

    #[inline(always)]
    fn refit_followed(&self) {
        let iteration = self.workspace.task.iteration;
        let scheme = self.workspace.followed(self.stream, self.full(), iteration);
        followed::refit::<Many>(&self.block, &self.workspace, &scheme, iteration);
    }

    #[inline(always)]
    fn weighted_moments<W: Width>(&self) {
        let noise = self.workspace.noise(self.stream);
        let weight = mppi::weight(&self.workspace);
        knots::moments::<W, _, 1>(&self.block, &self.workspace, &noise, weight);
    }
}

tasks! {
    Row::BEGINS;
    reset_counters => |context| {
        if context.block.rank == 0 {
            context.workspace.counters().reset();
        }
    };
    reset_probabilities => |context| cem::reset(&context.block, &context.workspace);
    reset_plan => |context| knots::reset(&context.block, &context.workspace);
}

tasks! {
    Row::DECIDES;
    roll_out_coin => |context| {
        context.roll_out::<One, _>(&Coin { stream: context.stream, full: context.full() });
    };
    roll_out_biased => |context| {
        context.roll_out::<One, _>(&context.workspace.biased(context.stream, context.full()));
    };
    roll_out_knots => |context| context.knots();
    roll_out_many_knots => |context| context.many_knots();
    roll_out_followed => |context| context.followed();
    fold_costs => |context| {
        let (workspace, batch) = (&context.workspace, context.workspace.task.batch);
        fold_batch(&context.block, workspace, workspace.sums(), COST_SUMS, batch);
    };
    fold_moments => |context| {
        let (workspace, batch) = (&context.workspace, context.workspace.task.batch);
        fold_batch(&context.block, workspace, workspace.moments(), workspace.task.params.moments(), batch);
    };
    choose_action => |context| {
        shooting::choose(&context.block, &context.workspace, &context.stream);
    };
    refit_probabilities => |context| context.refit_probabilities::<false>();
    sift_elites => |context| sift(&context.block, &context.workspace);
    count_elites => |context| {
        let scheme = context.workspace.biased(context.stream, context.full());
        cem::count_share(&context.block, &context.workspace, &scheme);
    };
    refit_counted => |context| context.refit_probabilities::<true>();
    choose_elites => |context| knots::choose(&context.block, &context.workspace);
    elite_moments => |context| context.elite_moments::<One>();
    elite_many_moments => |context| context.elite_moments::<Many>();
    refit_plan => |context| {
        let iteration = context.workspace.task.iteration;
        knots::refit(&context.block, &context.workspace, context.full(), iteration);
    };
    followed_moments => |context| context.followed_moments();
    refit_followed => |context| context.refit_followed();
    set_temperature => |context| mppi::set_temperature(&context.block, &context.workspace);
    weighted_moments => |context| context.weighted_moments::<One>();
    weighted_many_moments => |context| context.weighted_moments::<Many>();
    move_plan => |context| {
        mppi::conclude(&context.block, &context.workspace, &context.stream, context.full());
    };
    run_smc_islands => |context| context.islands::<Smc, One>();
    run_many_smc_islands => |context| context.islands::<Smc, Many>();
    conclude_smc => |context| Smc::conclude(&context.block, &context.workspace, &context.stream, context.full());
    run_fmc_islands => |context| context.islands::<Fmc, One>();
    run_many_fmc_islands => |context| context.islands::<Fmc, Many>();
    conclude_fmc => |context| Fmc::conclude(&context.block, &context.workspace, &context.stream, context.full());
}
