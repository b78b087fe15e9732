//! Closed loops: what happens to an episode between two decisions. Episodes decide in step, each in a row of blocks of its own;
//! then each takes its step, by a thread of its own.

use core::cell::Cell;

use super::block::{Block, add};
use super::place::act;
use super::workspace::Workspace;
use crate::digest::Fnv;
use crate::env::{failed, push_force, step};
use crate::model::{Verdict, highest, judge, of_range};
use crate::rng::Stream;
use crate::task::{EpisodeSummary, Episodes, MOST_DIMENSIONS, Row};

/// `count` of an array's values from `first` on.
#[inline(always)]
fn cells<T>(address: u64, first: u32, count: u32) -> &'static [Cell<T>] {
    let address = address as *const Cell<T>;
    // SAFETY: the host has as many there, and they outlive the launch; what is written is one thread's, or by atomic addition.
    unsafe { core::slice::from_raw_parts(address.add(first as usize), count as usize) }
}

/// An episode's seed.
#[inline(always)]
fn seed(workspace: &Workspace<'_>) -> u64 {
    workspace.row().get().seed
}

/// What episodes run in.
trait World {
    /// Has the next decision be about the state in which an episode begins; returns whether particles can start from there.
    fn begin(episodes: &Episodes, workspace: &Workspace<'_>, index: u32) -> bool;

    /// Takes a step; notes state and action, what came of them, and an ending.
    fn step(
        episodes: &Episodes,
        workspace: &Workspace<'_>,
        index: u32,
        digest: &mut Fnv,
        summary: &mut EpisodeSummary,
    );

    /// Adds the present state.
    fn note(episodes: &Episodes, workspace: &Workspace<'_>, index: u32, digest: &mut Fnv);
}

/// Begins this thread's episodes, or steps them.
#[inline(always)]
fn run<W: World>(episodes: &Episodes) {
    let block = Block::of_many();
    let mut index = block.part * block.size + block.rank;
    while index < episodes.episodes {
        let summary = &cells(episodes.summaries, index, 1)[0];
        let workspace = Workspace::new(&episodes.task, index);
        let before: EpisodeSummary = summary.get();
        if episodes.begins == 1 {
            let begins = W::begin(episodes, &workspace, index);
            let ending = if begins { EpisodeSummary::RUNNING } else { EpisodeSummary::NOT_FINITE };
            let now =
                EpisodeSummary { digest: Fnv::default().0, total_reward: 0.0, steps: 0, ending };
            conclude(episodes, &workspace, summary, now);
        } else if before.ending == EpisodeSummary::RUNNING {
            step_one::<W>(episodes, &workspace, index, summary);
        }
        index += block.parts * block.size;
    }
}

#[inline(always)]
fn step_one<W: World>(
    episodes: &Episodes,
    workspace: &Workspace<'_>,
    index: u32,
    summary: &Cell<EpisodeSummary>,
) {
    let mut now = summary.get();
    let mut digest = Fnv(now.digest);
    W::step(episodes, workspace, index, &mut digest, &mut now);
    if now.ending != EpisodeSummary::NO_CONTROL {
        now.steps += 1;
        let goes_on =
            now.ending == EpisodeSummary::RUNNING || now.ending == EpisodeSummary::NOT_FINITE;
        if goes_on && now.steps == episodes.steps {
            now.ending = EpisodeSummary::STEP_LIMIT;
        }
        if now.ending != EpisodeSummary::RUNNING {
            W::note(episodes, workspace, index, &mut digest);
        }
    }
    conclude(episodes, workspace, summary, EpisodeSummary { digest: digest.0, ..now });
}

/// Writes a summary; has the next decision be about the next step, or counts the episode as over if it is.
#[inline(always)]
fn conclude(
    episodes: &Episodes,
    workspace: &Workspace<'_>,
    summary: &Cell<EpisodeSummary>,
    now: EpisodeSummary,
) {
    summary.set(now);
    let mut state = Row::WAITS;
    if now.ending == EpisodeSummary::RUNNING {
        state = Row::DECIDES;
    } else {
        add(&cells(episodes.running, 0, 1)[0], u32::MAX);
    }
    let kept = if now.steps == 0 { 0 } else { episodes.task.params.keeps };
    let row = workspace.row();
    row.set(Row { decision: now.steps, state, kept, ..row.get() });
}

/// The reference environment, in `f64`.
struct CartPole;

impl CartPole {
    #[inline(always)]
    fn state(episodes: &Episodes, index: u32) -> &'static [Cell<f64>] {
        cells(episodes.states, 4 * index, 4)
    }

    /// Has the next decision be about `state`; returns whether particles can start from there.
    #[inline(always)]
    fn start_at(workspace: &Workspace<'_>, episodes: &Episodes, state: [f64; 4]) -> bool {
        let mut is_finite = true;
        for i in 0..4 {
            let single = state[i] as f32;
            is_finite &= single.is_finite();
            workspace.start()[i].set((f64::from(single) * episodes.units[i]) as f32);
        }
        is_finite
    }
}

impl World for CartPole {
    #[inline(always)]
    fn begin(episodes: &Episodes, workspace: &Workspace<'_>, index: u32) -> bool {
        let state = Self::state(episodes, index);
        let state = [state[0].get(), state[1].get(), state[2].get(), state[3].get()];
        Self::start_at(workspace, episodes, state)
    }

    #[inline(always)]
    fn step(
        episodes: &Episodes,
        workspace: &Workspace<'_>,
        index: u32,
        digest: &mut Fnv,
        summary: &mut EpisodeSummary,
    ) {
        let physics = episodes.physics;
        let share = workspace.shares()[0].get();
        if !share.is_finite() {
            (summary.total_reward, summary.ending) = (share, EpisodeSummary::NO_CONTROL);
            return;
        }
        let push = push_force(
            episodes.push_newton,
            episodes.push_length,
            episodes.push_every,
            seed(workspace),
            summary.steps,
        );
        Self::note(episodes, workspace, index, digest);
        let control = share * physics.force_mag;
        let force = if episodes.task.params.discrete == 1 {
            let right = control > 0.0;
            digest.number(right.into(), 4);
            if right { physics.force_mag } else { -physics.force_mag }
        } else {
            digest.value(control);
            control
        };
        let cells = Self::state(episodes, index);
        let state = [cells[0].get(), cells[1].get(), cells[2].get(), cells[3].get()];
        let state = step(&physics, state, force + push);
        for i in 0..4 {
            cells[i].set(state[i]);
        }
        let starts = Self::start_at(workspace, episodes, state);
        summary.total_reward += 1.0;
        summary.ending = if !failed(&physics, state) {
            if starts { EpisodeSummary::RUNNING } else { EpisodeSummary::NOT_FINITE }
        } else if state[2].abs() > physics.theta_threshold_radians {
            EpisodeSummary::FELL
        } else {
            EpisodeSummary::LEFT_TRACK
        };
    }

    #[inline(always)]
    fn note(episodes: &Episodes, _: &Workspace<'_>, index: u32, digest: &mut Fnv) {
        for value in Self::state(episodes, index) {
            digest.value(value.get());
        }
    }
}

/// A model that judges itself, in single precision: its state is the start of the next decision.
struct Judge;

impl World for Judge {
    #[inline(always)]
    fn begin(episodes: &Episodes, workspace: &Workspace<'_>, index: u32) -> bool {
        let start = workspace.start();
        let states = cells::<f64>(episodes.states, index * start.len() as u32, start.len() as u32);
        let (mut number, mut is_finite) = (0, true);
        while number < start.len() {
            let single = states[number].get() as f32;
            is_finite &= single.is_finite();
            start[number].set(single);
            number += 1;
        }
        is_finite
    }

    #[inline(always)]
    fn step(
        episodes: &Episodes,
        workspace: &Workspace<'_>,
        index: u32,
        digest: &mut Fnv,
        summary: &mut EpisodeSummary,
    ) {
        let (start, shares) = (workspace.start(), workspace.shares());
        let dimensions = workspace.task.params.dimensions as usize;
        let mut control = [0.0; MOST_DIMENSIONS];
        let before = *digest;
        Self::note(episodes, workspace, index, digest);
        let mut none = None;
        if episodes.choices > 0 {
            for dimension in 0..MOST_DIMENSIONS {
                let share = shares[dimension].get();
                if dimension < dimensions && !share.is_finite() && none.is_none() {
                    none = Some(share);
                }
            }
            let choice = if dimensions == 1 {
                usize::from(shares[0].get() > 0.0)
            } else {
                let from = Stream::new(seed(workspace), summary.steps, 0).tie_breaker() as usize;
                highest(episodes.choices as usize, from, |index| shares[index].get())
            };
            digest.number(choice as u64, 4);
            let chosen = cells::<f32>(
                episodes.actions,
                choice as u32 * episodes.controls,
                episodes.controls,
            );
            for number in 0..MOST_DIMENSIONS {
                if number < chosen.len() {
                    control[number] = chosen[number].get();
                }
            }
        } else {
            let ranges = cells::<f32>(episodes.actions, 0, 4 * episodes.controls);
            for number in 0..MOST_DIMENSIONS {
                if number < episodes.controls as usize {
                    let end = |end: usize| ranges[4 * number + end].get();
                    let share = shares[number].get();
                    let action = of_range(end(0), end(1), share);
                    if !action.is_finite() && none.is_none() {
                        none = Some(action);
                    }
                    digest.value(action);
                    control[number] = (action as f32).clamp(end(2), end(3));
                }
            }
        }
        if let Some(number) = none {
            *digest = before;
            (summary.total_reward, summary.ending) = (number, EpisodeSummary::NO_CONTROL);
            return;
        }
        let (cost, goes_on) = act(start.as_ptr() as u64, control);
        let (mut number, mut is_finite) = (0, true);
        while number < start.len() {
            is_finite &= start[number].get().is_finite();
            number += 1;
        }
        let (reward, verdict) = judge(is_finite, goes_on == 1.0, cost, episodes.end_cost);
        summary.total_reward += reward;
        summary.ending = match verdict {
            Verdict::GoesOn => EpisodeSummary::RUNNING,
            Verdict::Arrived => EpisodeSummary::ARRIVED,
            Verdict::Failed => EpisodeSummary::FAILED,
        };
    }

    #[inline(always)]
    fn note(_: &Episodes, workspace: &Workspace<'_>, _: u32, digest: &mut Fnv) {
        let start = workspace.start();
        let mut number = 0;
        while number < start.len() {
            digest.value(start[number].get().into());
            number += 1;
        }
    }
}

/// Steps episodes in the reference environment.
#[cfg_attr(feature = "rust-cuda", cuda_std::kernel)]
#[cfg_attr(not(feature = "rust-cuda"), unsafe(no_mangle))]
unsafe extern "ptx-kernel" fn step_cart_poles(episodes: Episodes) {
    run::<CartPole>(&episodes);
}

/// Steps episodes in a model.
#[cfg_attr(feature = "rust-cuda", cuda_std::kernel)]
#[cfg_attr(not(feature = "rust-cuda"), unsafe(no_mangle))]
unsafe extern "ptx-kernel" fn step_models(episodes: Episodes) {
    run::<Judge>(&episodes);
}
