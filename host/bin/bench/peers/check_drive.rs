//! Whether a peer's robot and its map are ours.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use particle_pilot::kernels::model::{At, Grid, Model as _};
use particle_pilot::kernels::problems::DiffDrive;
use particle_pilot::kernels::real::Num;
use particle_pilot::{Device, PilotConfig, Simd};
use serde::Deserialize;
use serde_json::{Value, json};

use super::process::Process;
use crate::models::{CELLS, Model, map};

/// Transitions that are compared.
const TRANSITIONS: usize = 512;
/// A step and its cost in `f32` round a few dozen times, each time by at most 6e-8 of the numbers at hand; where a place is
/// between two cells is known to 1e-5 of a cell. Wrong equations differ by 1e-3.
const TOLERANCE: f64 = 2e-5;
/// How far random numbers may move the mean cost, in standard deviations.
const DEVIATIONS: f64 = 5.0;

#[derive(Deserialize)]
struct Transitions {
    next: Vec<[f64; 3]>,
    costs: Vec<f64>,
}

/// A map at one step of a future.
#[derive(Clone, Copy)]
struct OnMap<'a>(Grid<'a>);

impl At<Num<f32>> for OnMap<'_> {
    fn reference(&self, _: usize) -> Num<f32> {
        unreachable!("this model has none")
    }

    fn grid(&self, x: Num<f32>, y: Num<f32>) -> Num<f32> {
        Num(self.0.sample((), x.0, y.0))
    }
}

/// A map as peers are told it.
pub fn told(cells: &[f32]) -> Value {
    json!({"width": CELLS, "height": CELLS, "cells": cells})
}

/// In what steps of a peer's robot, or what they cost, differ from ours, if they do.
pub fn differs(process: &mut Process, patience: Duration) -> Result<Option<String>> {
    // No two cells alike.
    let cells: Vec<f32> =
        (0..CELLS * CELLS).map(|i| (i as f64 * 0.618_034).fract() as f32).collect();
    let (states, shares) = given();
    let request =
        json!({"do": "check_drive", "states": states, "shares": shares, "map": told(&cells)});
    let answer = process.ask(&request, patience)?;
    let answer: Transitions =
        serde_json::from_value(answer).context("its answer holds no transitions")?;
    let counts = [answer.next.len(), answer.costs.len()];
    ensure!(counts == [TRANSITIONS; 2], "it answered {counts:?} transitions, not {TRANSITIONS}");
    let robot = DiffDrive::default();
    let grid = Grid::new(CELLS, CELLS, &cells).context("no grid")?;
    for (i, (state, share)) in states.iter().zip(&shares).enumerate() {
        let control = control(&robot, *share);
        let next = robot.advance(state.map(|number| Num(number as f32)), control);
        let cost = robot.cost_at(next, control, OnMap(grid)).0;
        let expected = [next[0].0, next[1].0, next[2].0, cost].map(f64::from);
        let [x, y, heading] = answer.next[i];
        let theirs = [x, y, heading, answer.costs[i]];
        if !theirs.iter().zip(&expected).all(|(theirs, ours)| near(*theirs, *ours)) {
            return Ok(Some(format!(
                "from {state:.6?} the shares {share:.6?} lead to {:.6?} at a cost of {cost:.6}, not to {:.6?} at {:.6}",
                &expected[..3],
                &theirs[..3],
                theirs[3]
            )));
        }
    }
    Ok(None)
}

/// In what the mean cost of the futures of a first decision differs from ours beyond what chance explains.
pub fn cost_differs(config: &PilotConfig, theirs: f64) -> Result<Option<String>> {
    let config = PilotConfig { device: Device::Cpu, ..config.clone() };
    let ours =
        Model::DiffDrive.pilot(config, Simd::select()?)?.act(Model::DiffDrive.state())?.diagnostics;
    // We count the state that futures start from, too.
    let cells = map();
    let grid = Grid::new(CELLS, CELLS, &cells).context("no grid")?;
    let start = [0, 1, 2].map(|i| Num(Model::DiffDrive.state()[i] as f32));
    let robot = DiffDrive::default();
    let of_start = f64::from(robot.cost_at(start, control(&robot, [0.0; 2]), OnMap(grid)).0);
    let mean = ours.mean - of_start;
    // Two samples of the same size; mirrored pairs are at worst one particle each, theirs may be, too.
    let most = DEVIATIONS * ours.spread * (4.0 / ours.particles as f64).sqrt();
    let is_near = (mean - theirs).abs() <= most; // false for NaN
    Ok((!is_near).then(|| format!("its futures cost {theirs:.3} on average, ours {mean:.3}")))
}

fn near(given: f64, expected: f64) -> bool {
    (given - expected).abs() <= TOLERANCE * (1.0 + expected.abs()) // false for NaN
}

/// The control that shares of a box amount to.
fn control(robot: &DiffDrive, shares: [f64; 2]) -> [Num<f32>; 2] {
    use particle_pilot::kernels::model::Actions;
    let Actions::Within { low, high } = robot.actions() else { unreachable!("it is a box") };
    [0, 1].map(|i| {
        let (low, high) = (f64::from(low[i]), f64::from(high[i]));
        Num((0.5 * (low + high) + 0.5 * (high - low) * shares[i]) as f32)
    })
}

/// States on the map and somewhat beyond, of all headings, and shares: spread by a sequence of low discrepancy, as in `check`.
fn given() -> (Vec<[f64; 3]>, Vec<[f64; 2]>) {
    const STRIDES: [f64; 5] = [0.880_743_9, 0.775_709_8, 0.683_201_5, 0.601_725_5, 0.529_966_0];
    let unit = |i: usize, k: usize| (i as f64 * STRIDES[k]).fract();
    let state = |i| [12.0 * unit(i, 0) - 0.5, 12.0 * unit(i, 1) - 0.5, 14.0 * unit(i, 2) - 7.0];
    let share = |i| [2.0 * unit(i, 3) - 1.0, 2.0 * unit(i, 4) - 1.0];
    ((1..=TRANSITIONS).map(state).collect(), (1..=TRANSITIONS).map(share).collect())
}
