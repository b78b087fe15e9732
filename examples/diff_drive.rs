//! A map given with decisions: a robot with two driven wheels goes around a wall to its goal.
//!
//! Afterwards, how long decisions take with the sizes by which B. Vlahov and others, "MPPI-Generic: a CUDA library for
//! stochastic trajectory optimization" (2024), compare libraries: futures of 100 steps of 0.02 s on a map of 110 x 110 cells.

use std::time::{Duration, Instant};

use particle_pilot::kernels::problems::DiffDrive;
use particle_pilot::{Action, Pilot, PilotConfig, PilotError, PlannerKind, Tuning};

/// Cells in a row and in a column, of 0.1 m.
const CELLS: usize = 110;

/// Whether a place, in m, is in the wall.
fn is_wall(x: f64, y: f64) -> bool {
    (4.7..5.0).contains(&x) && (5.4..6.2).contains(&y)
}

/// The map: 1 where there is wall, row after row.
fn map() -> Vec<f32> {
    let middle = |cell: usize| 0.1 * cell as f64 + 0.05;
    let is_wall = |cell: usize| is_wall(middle(cell % CELLS), middle(cell / CELLS));
    (0..CELLS * CELLS).map(|cell| f32::from(u8::from(is_wall(cell)))).collect()
}

fn pilot(particles: u32, horizon: u32) -> Result<Pilot, PilotError> {
    // A turn that lasts 0.4 s gets somewhere; another one at each step only shakes.
    let tuning = Tuning { knot_spacing: 20, ..Tuning::of(PlannerKind::Mppi) };
    let config = PilotConfig { particles, horizon, tuning, ..PilotConfig::of(PlannerKind::Mppi) };
    let mut pilot = Pilot::with_model(config, DiffDrive::default())?;
    pilot.set_grid(CELLS, CELLS, &map())?;
    Ok(pilot)
}

/// Takes a step; returns where that leads and how long the decision took.
fn step(pilot: &mut Pilot, [x, y, heading]: [f64; 3]) -> Result<([f64; 3], Duration), PilotError> {
    let asked = Instant::now();
    let decision = pilot.act(&[x, y, heading])?;
    let time = asked.elapsed();
    let Action::Continuous(control) = decision.action else { unreachable!("speed and turn") };
    let way = 0.02 * control[0];
    Ok(([x + way * heading.cos(), y + way * heading.sin(), heading + 0.02 * control[1]], time))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = [4.2, 5.5, 0.0];
    // 4 s: who looks less far ahead waits before the wall.
    let (mut robot, mut state) = (pilot(512, 200)?, start);
    for taken in 1..=600 {
        (state, _) = step(&mut robot, state)?;
        if is_wall(state[0], state[1]) {
            return Err("into the wall".into());
        }
        if taken % 100 == 0 {
            println!(
                "{:2} s: at {:.2} {:.2}, heading {:+.2}",
                taken / 50,
                state[0],
                state[1],
                state[2]
            );
        }
    }
    if (state[0] - 5.5).hypot(state[1] - 5.5) > 0.2 {
        return Err("not at the goal".into());
    }
    for particles in [2048, 16_384] {
        let (mut robot, mut state, mut times) = (pilot(particles, 100)?, start, Vec::new());
        for _ in 0..200 {
            let (next, time) = step(&mut robot, state)?;
            state = next;
            times.push(time);
        }
        times.sort_unstable();
        let (median, device) = (times[times.len() / 2], robot.device_name());
        println!("{particles} x 100: a decision takes {median:.2?} on {device}, the median of 200");
    }
    Ok(())
}
