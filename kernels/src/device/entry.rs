//! The entry points: which block works on what.
//!
//! A decision in one state is a sequence of launches. Those that roll out and weigh futures have many blocks, which
//! share the chunks; those that turn sums into a plan have one. Closed loops of many episodes are one
//! launch, with one or more blocks for each.

use super::crew::{Crew, SQUAD};
use super::episode::{self, Planner, Question};
use super::fleet::Fleet;
use super::fold::fold_piece;
use super::population::{IslandStrategy, Islands, run_islands};
use super::site::Site;
use super::{cem, knots, mppi, roll_out::roll_out, shooting};
use crate::controls::Coin;
use crate::model::{CartPole, Model};
use crate::population::{Fmc, Smc};
use crate::rng::Stream;
use crate::task::{COST_SUMS, Episodes, Task};

/// Entry points that take a task.
macro_rules! tasks {
    ($($name:ident => $call:expr;)*) => {$(
        #[cfg_attr(feature = "rust-cuda", cuda_std::kernel)]
        #[cfg_attr(not(feature = "rust-cuda"), unsafe(no_mangle))]
        unsafe extern "ptx-kernel" fn $name(task: Task) {
            let call: fn(&Launch<'_>) = $call;
            call(&Launch::new(&task));
        }
    )*};
}

/// A launch of a task for a cart-pole.
struct Launch<'a> {
    site: Site<'a>,
    crew: Crew,
    stream: Stream,
}

impl<'a> Launch<'a> {
    #[inline(always)]
    fn new(task: &'a Task) -> Self {
        let stream = Stream::new(task.seed, task.decision, task.iteration);
        Self { site: Site::new(task, 0), crew: Crew::of_many(), stream }
    }

    #[inline(always)]
    fn model<const GENERAL: bool>(&self) -> CartPole<GENERAL> {
        CartPole::from_data(self.site.task.model)
    }

    #[inline(always)]
    fn full(&self) -> f32 {
        self.model::<true>().full_control()
    }

    #[inline(always)]
    fn coin<const GENERAL: bool>(&self) {
        let model = self.model::<GENERAL>();
        let scheme = Coin { stream: self.stream, full: model.full_control() };
        roll_out(&self.crew, &self.site, &model, &scheme, &self.site.task.state);
    }

    #[inline(always)]
    fn biased<const GENERAL: bool>(&self) {
        let model = self.model::<GENERAL>();
        let scheme = self.site.biased(self.stream, model.full_control());
        roll_out(&self.crew, &self.site, &model, &scheme, &self.site.task.state);
    }

    #[inline(always)]
    fn islands<S: IslandStrategy, const GENERAL: bool>(&self) {
        let model = self.model::<GENERAL>();
        let state = &self.site.task.state;
        run_islands::<S, _>(&self.crew, &self.site, &model, state, self.stream);
    }

    #[inline(always)]
    fn knots<const GENERAL: bool>(&self) {
        let model = self.model::<GENERAL>();
        let scheme = self.site.knots(self.stream, model.full_control());
        roll_out(&self.crew, &self.site, &model, &scheme, &self.site.task.state);
    }
}

tasks! {
    roll_out_coin => |launch| launch.coin::<false>();
    roll_out_coin_general => |launch| launch.coin::<true>();
    roll_out_biased => |launch| launch.biased::<false>();
    roll_out_biased_general => |launch| launch.biased::<true>();
    roll_out_knots => |launch| launch.knots::<false>();
    roll_out_knots_general => |launch| launch.knots::<true>();
    forget_tally => |launch| Shooting::<false>::forget(&launch.crew, &launch.site);
    forget_probabilities => |launch| cem::forget(&launch.crew, &launch.site);
    forget_plan => |launch| knots::forget(&launch.crew, &launch.site);
    fold_costs => |launch| {
        let (site, piece) = (&launch.site, launch.site.task.piece);
        fold_piece(&launch.crew, site, site.sums(), COST_SUMS, piece);
    };
    fold_moments => |launch| {
        let (site, piece) = (&launch.site, launch.site.task.piece);
        fold_piece(&launch.crew, site, site.moments(), site.task.rules.moments(), piece);
    };
    choose_action => |launch| shooting::choose(&launch.crew, &launch.site, &launch.stream);
    refit_probabilities => |launch| {
        let scheme = launch.site.biased(launch.stream, launch.full());
        cem::refit(&launch.crew, &launch.site, &scheme, launch.site.task.iteration);
    };
    choose_elites => |launch| knots::choose(&launch.crew, &launch.site);
    elite_moments => |launch| {
        let noise = launch.site.noise(launch.stream);
        knots::moments(&launch.crew, &launch.site, &noise, knots::elite_weight(&launch.site));
    };
    refit_plan => |launch| {
        knots::refit(&launch.crew, &launch.site, launch.full(), launch.site.task.iteration);
    };
    set_temperature => |launch| mppi::set_temperature(&launch.crew, &launch.site);
    weighted_moments => |launch| {
        let noise = launch.site.noise(launch.stream);
        knots::moments(&launch.crew, &launch.site, &noise, mppi::weight(&launch.site));
    };
    move_plan => |launch| mppi::conclude(&launch.crew, &launch.site, &launch.stream, launch.full());
    run_smc_islands => |launch| launch.islands::<Smc, false>();
    run_smc_islands_general => |launch| launch.islands::<Smc, true>();
    conclude_smc => |launch| Smc::conclude(&launch.crew, &launch.site, &launch.stream, launch.full());
    run_fmc_islands => |launch| launch.islands::<Fmc, false>();
    run_fmc_islands_general => |launch| launch.islands::<Fmc, true>();
    conclude_fmc => |launch| Fmc::conclude(&launch.crew, &launch.site, &launch.stream, launch.full());
}

/// Random shooting; `KNOTS` for continuous control.
struct Shooting<const KNOTS: bool>;

impl<const KNOTS: bool> Planner for Shooting<KNOTS> {
    #[inline(always)]
    fn forget(crew: &Crew, site: &Site<'_>) {
        if KNOTS {
            knots::forget(crew, site);
        } else if crew.rank == 0 {
            site.tally().reset();
        }
        crew.sync();
    }

    #[inline(always)]
    fn decide<M: Model>(fleet: &Fleet<'_>, site: &Site<'_>, model: &M, question: &Question) {
        let stream = Stream::new(question.seed, question.decision, 0);
        let (crew, full) = (&fleet.crew, model.full_control());
        if KNOTS {
            roll_out(crew, site, model, &site.knots(stream, full), &question.state);
        } else {
            roll_out(crew, site, model, &Coin { stream, full }, &question.state);
        }
        fleet.meet();
        if fleet.leads() {
            shooting::choose(crew, site, &stream);
        }
    }
}

/// The cross-entropy method for left and right.
struct Cem;

impl Planner for Cem {
    #[inline(always)]
    fn forget(crew: &Crew, site: &Site<'_>) {
        cem::forget(crew, site);
    }

    #[inline(always)]
    fn decide<M: Model>(fleet: &Fleet<'_>, site: &Site<'_>, model: &M, question: &Question) {
        let crew = &fleet.crew;
        iterate(fleet, site, question, |stream, iteration| {
            let scheme = site.biased(stream, model.full_control());
            roll_out(crew, site, model, &scheme, &question.state);
            fleet.meet();
            if fleet.leads() {
                cem::refit(crew, site, &scheme, iteration);
            }
        });
    }
}

/// The cross-entropy method for continuous control.
struct KnotCem;

impl Planner for KnotCem {
    #[inline(always)]
    fn forget(crew: &Crew, site: &Site<'_>) {
        knots::forget(crew, site);
    }

    #[inline(always)]
    fn decide<M: Model>(fleet: &Fleet<'_>, site: &Site<'_>, model: &M, question: &Question) {
        let (crew, full) = (&fleet.crew, model.full_control());
        iterate(fleet, site, question, |stream, iteration| {
            roll_out(crew, site, model, &site.knots(stream, full), &question.state);
            fleet.meet();
            if fleet.leads() {
                knots::choose(crew, site);
            }
            fleet.meet();
            knots::moments(crew, site, &site.noise(stream), knots::elite_weight(site));
            fleet.meet();
            if fleet.leads() {
                knots::refit(crew, site, full, iteration);
            }
        });
    }
}

/// Calls `refine` for each iteration of a decision, with a meeting after each but the last.
#[inline(always)]
fn iterate(fleet: &Fleet<'_>, site: &Site<'_>, question: &Question, refine: impl Fn(Stream, u32)) {
    let mut iteration = 0;
    loop {
        refine(Stream::new(question.seed, question.decision, iteration), iteration);
        iteration += 1;
        if iteration == site.task.rules.iterations {
            return;
        }
        fleet.meet();
    }
}

/// Model predictive path integral control.
struct Mppi;

impl Planner for Mppi {
    #[inline(always)]
    fn forget(crew: &Crew, site: &Site<'_>) {
        knots::forget(crew, site);
    }

    #[inline(always)]
    fn decide<M: Model>(fleet: &Fleet<'_>, site: &Site<'_>, model: &M, question: &Question) {
        let (crew, full) = (&fleet.crew, model.full_control());
        let stream = Stream::new(question.seed, question.decision, 0);
        roll_out(crew, site, model, &site.knots(stream, full), &question.state);
        fleet.meet();
        if fleet.leads() {
            mppi::set_temperature(crew, site);
        }
        fleet.meet();
        knots::moments(crew, site, &site.noise(stream), mppi::weight(site));
        fleet.meet();
        if fleet.leads() {
            mppi::conclude(crew, site, &stream, full);
        }
    }
}

/// Entry points that take episodes, for a planner each.
macro_rules! episodes {
    ($($name:ident => $planner:ty, $general:literal;)*) => {$(
        #[cfg_attr(feature = "rust-cuda", cuda_std::kernel)]
        #[cfg_attr(not(feature = "rust-cuda"), unsafe(no_mangle))]
        unsafe extern "ptx-kernel" fn $name(episodes: Episodes) {
            let model = CartPole::<$general>::from_data(episodes.task.model);
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

// Blocks are whole squads.
const _: () = assert!(SQUAD == 64);
