//! Closed loops: a grid of blocks plans, acts, steps the environment, and so on to the end.

use core::cell::Cell;

use super::block::{Block, block_index, blocks};
use super::grid::Grid;
use super::workspace::Workspace;
use crate::digest::Fnv;
use crate::env::{Physics, failed, push_force, step};
use crate::rng::Stream;
use crate::task::{EpisodeSummary, Episodes, GridBarrier};

/// A planner whose decisions a grid makes without the host.
pub trait Planner {
    /// Forgets all earlier decisions; for one block. Ends with its threads in step.
    fn reset(block: &Block, workspace: &Workspace<'_>);

    /// Decides; the leading block writes the answer, and ends with its threads in step. There need be no barrier
    /// with the others since.
    /// It is about the [start in memory](Workspace::start).
    fn decide(grid: &Grid<'_>, workspace: &Workspace<'_>, request: &Request);
}

/// A decision that is asked for.
pub struct Request {
    pub seed: u64,
    pub decision: u32,
}

impl Request {
    /// The random numbers of one iteration.
    #[inline(always)]
    pub fn stream(&self, iteration: u32) -> Stream {
        Stream::new(self.seed, self.decision, iteration)
    }
}

/// Runs the share of the episodes of this block's grid.
#[inline(always)]
pub fn run<P: Planner>(episodes: &Episodes) {
    let parts = episodes.parts;
    let (number, grids) = (block_index() / parts, blocks() / parts);
    let block = Block::of(block_index() % parts, parts);
    let barrier = episodes.barriers + u64::from(number) * size_of::<GridBarrier>() as u64;
    // SAFETY: the host has zeros for every grid there, and they outlive the launch.
    let grid = Grid { block, barrier: unsafe { &*(barrier as *const GridBarrier) } };
    let workspace = Workspace::new(&episodes.task, number);
    let mut index = number;
    while index < episodes.episodes {
        let summary = run_one::<P>(&grid, &workspace, episodes, index);
        if grid.leads() && block.rank == 0 {
            cells::<EpisodeSummary>(episodes.summaries, index, 1)[0].set(summary);
        }
        index += grids;
    }
}

#[inline(always)]
fn cells<T>(address: u64, first: u32, count: u32) -> &'static [Cell<T>] {
    let address = address as *const Cell<T>;
    // SAFETY: the host has as many as there are episodes there, and they outlive the launch; each is one
    // grid's, and what is written is written by one of its threads.
    unsafe { core::slice::from_raw_parts(address.add(first as usize), count as usize) }
}

/// Runs one episode. The summary is right in the first thread of the leading block only.
#[inline(always)]
fn run_one<P: Planner>(
    grid: &Grid<'_>,
    workspace: &Workspace<'_>,
    episodes: &Episodes,
    index: u32,
) -> EpisodeSummary {
    let physics = Physics::from(episodes.physics);
    let seed = episodes.task.seed.wrapping_add(index.into());
    let starts = cells::<f64>(episodes.starts, 4 * index, 4);
    let mut state = [starts[0].get(), starts[1].get(), starts[2].get(), starts[3].get()];
    let mut digest = Fnv::default();
    let mut summary = EpisodeSummary { digest: 0, steps: 0, ending: EpisodeSummary::FELL };
    if grid.leads() {
        P::reset(&grid.block, workspace);
        if grid.block.rank == 0 {
            begin_at(workspace, episodes, &state);
        }
    }
    grid.sync();
    loop {
        let request = Request { seed, decision: summary.steps };
        let mut finite = true;
        for value in state {
            finite &= (value as f32).is_finite();
        }
        if !finite {
            return EpisodeSummary { ending: EpisodeSummary::NOT_FINITE, ..summary };
        }
        P::decide(grid, workspace, &request);
        // One thread steps the environment, and tells the others where it has got to and whether that is the
        // end. They have read what it told last: there was a barrier since, in `decide`.
        if grid.leads() && grid.block.rank == 0 {
            let share = workspace.shares()[0].get();
            let push = push_force(
                episodes.push_newton,
                episodes.push_length,
                episodes.push_every,
                seed,
                summary.steps,
            );
            for value in state {
                digest.number(value.to_bits(), 8);
            }
            let control = share * physics.force_mag;
            let force = if episodes.task.params.discrete == 1 {
                let right = control > 0.0;
                digest.number(right.into(), 4);
                if right { physics.force_mag } else { -physics.force_mag }
            } else {
                digest.number(control.to_bits(), 8);
                control
            };
            state = step_environment(&physics, state, force + push);
            for i in 0..4 {
                grid.barrier.state[i].set(state[i]);
            }
            begin_at(workspace, episodes, &state);
            grid.barrier.fell.set(u32::from(failed(&physics, state)));
        }
        grid.sync();
        for i in 0..4 {
            state[i] = grid.barrier.state[i].get();
        }
        let fell = grid.barrier.fell.get() == 1;
        summary.steps += 1;
        if fell || summary.steps == episodes.steps {
            for value in state {
                digest.number(value.to_bits(), 8);
            }
            let ending = if !fell {
                EpisodeSummary::SURVIVED
            } else if state[2].abs() > physics.theta_threshold_radians {
                EpisodeSummary::FELL
            } else {
                EpisodeSummary::LEFT_TRACK
            };
            return EpisodeSummary { digest: digest.0, ending, ..summary };
        }
    }
}

/// Has the next decision be about `state`.
#[inline(always)]
fn begin_at(workspace: &Workspace<'_>, episodes: &Episodes, state: &[f64; 4]) {
    for i in 0..4 {
        let single = f64::from(state[i] as f32);
        workspace.start()[i].set((single * episodes.units[i]) as f32);
    }
}

/// [`step`], once for all kernels: inlined, its sines would cost every thread their registers.
#[inline(never)]
fn step_environment(physics: &Physics, state: [f64; 4], force: f64) -> [f64; 4] {
    step(physics, state, force)
}
