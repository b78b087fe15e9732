//! Whole closed loops: a block plans, acts, steps the environment, and so on to the end.

use core::cell::Cell;

use super::crew::{Crew, block_index, blocks};
use super::shared::Tile;
use super::site::Site;
use crate::digest::Fnv;
use crate::env::{Physics, failed, push_force, step};
use crate::model::Model;
use crate::task::{Episodes, Outcome};

/// A planner whose decisions a block makes alone.
pub trait Planner {
    /// Forgets all earlier decisions. Ends with all threads in step.
    fn forget(crew: &Crew, site: &Site<'_>);

    /// Writes the answer. Ends with all threads in step.
    fn decide<M: Model>(crew: &Crew, site: &Site<'_>, model: &M, question: &Question);
}

/// What is to be decided.
pub struct Question {
    pub state: [f32; 4],
    pub seed: u64,
    pub decision: u32,
}

/// An [`Outcome`] whose state has left the range of `f32`.
const NOT_FINITE: u32 = 2;

/// Runs this block's share of the episodes.
#[inline(always)]
pub fn run<P: Planner, M: Model>(episodes: &Episodes, model: &M) {
    let crew = Crew::alone();
    let site = Site::new(&episodes.task, block_index());
    let mut index = block_index();
    while index < episodes.episodes {
        let outcome = run_one::<P, M>(&crew, &site, episodes, model, index);
        if crew.rank == 0 {
            cells::<Outcome>(episodes.outcomes, index, 1)[0].set(outcome);
        }
        index += blocks();
    }
}

#[inline(always)]
fn cells<T>(address: u64, first: u32, count: u32) -> &'static [Cell<T>] {
    let address = address as *const Cell<T>;
    // SAFETY: the host has as many as there are episodes there, and they outlive the launch; each is one
    // block's, and of that block one thread's.
    unsafe { core::slice::from_raw_parts(address.add(first as usize), count as usize) }
}

#[inline(always)]
fn run_one<P: Planner, M: Model>(
    crew: &Crew,
    site: &Site<'_>,
    episodes: &Episodes,
    model: &M,
    index: u32,
) -> Outcome {
    let physics = Physics::from(episodes.physics);
    let seed = episodes.task.seed.wrapping_add(index.into());
    let shared = Tile::<f64>::at(0);
    // The first thread steps the environment, and tells the others where it has got to and whether that is
    // the end.
    let starts = cells::<f64>(episodes.starts, 4 * index, 4);
    let mut state = [starts[0].get(), starts[1].get(), starts[2].get(), starts[3].get()];
    let mut digest = Fnv::default();
    let mut outcome = Outcome { digest: 0, steps: 0, survived: 0 };
    P::forget(crew, site);
    loop {
        let mut question = Question { state: [0.0; 4], seed, decision: outcome.steps };
        let mut finite = true;
        for i in 0..4 {
            question.state[i] = state[i] as f32;
            finite &= question.state[i].is_finite();
        }
        if !finite {
            return Outcome { survived: NOT_FINITE, ..outcome };
        }
        P::decide(crew, site, model, &question);
        if crew.rank == 0 {
            let share = site.answer().get().share;
            let push = push_force(
                episodes.push_newton,
                episodes.push_length,
                episodes.push_every,
                seed,
                outcome.steps,
            );
            for value in state {
                digest.number(value.to_bits(), 8);
            }
            let control = share * model.full_action();
            let force = if episodes.task.rules.discrete == 1 {
                let right = control > 0.0;
                digest.number(right.into(), 4);
                if right { physics.force_mag } else { -physics.force_mag }
            } else {
                digest.number(control.to_bits(), 8);
                control
            };
            state = step_environment(&physics, state, force + push);
            for i in 0..4 {
                shared.set(i, state[i as usize]);
            }
            shared.set(4, if failed(&physics, state) { 1.0 } else { 0.0 });
        }
        crew.sync();
        for i in 0..4 {
            state[i as usize] = shared.get(i);
        }
        let fell = shared.get(4) > 0.5;
        crew.sync();
        outcome.steps += 1;
        if fell || outcome.steps == episodes.steps {
            for value in state {
                digest.number(value.to_bits(), 8);
            }
            return Outcome { digest: digest.0, survived: u32::from(!fell), ..outcome };
        }
    }
}

/// [`step`], once for all kernels: inlined, its sines would cost every thread their registers.
#[inline(never)]
fn step_environment(physics: &Physics, state: [f64; 4], force: f64) -> [f64; 4] {
    step(physics, state, force)
}
