//! A map given with decisions: a robot with two driven wheels finds its way among obstacles, and tells how long a decision takes.
//!
//! The model and the sizes, 2048 futures of 100 steps of 0.02 s, are those of B. Vlahov and others, "MPPI-Generic: a CUDA
//! library for stochastic trajectory optimization" (2024); the obstacles are drawn here.

use std::time::{Duration, Instant};

use particle_pilot::kernels::problems::DiffDrive;
use particle_pilot::{Action, Pilot, PilotConfig, PlannerKind, Tuning};

/// Cells in a row and in a column, of 0.1 m.
const CELLS: usize = 110;
/// Places and radii of the obstacles, in m.
const OBSTACLES: [[f64; 3]; 9] = [
    [2.5, 2.2, 0.6],
    [4.2, 4.6, 0.8],
    [2.4, 5.2, 0.5],
    [5.6, 2.6, 0.7],
    [6.6, 6.2, 0.7],
    [4.6, 7.6, 0.6],
    [8.6, 4.6, 0.6],
    [7.2, 8.6, 0.5],
    [8.9, 7.4, 0.4],
];

/// How deep a place is within an obstacle, in m; below 0 outside.
fn depth(x: f64, y: f64) -> f64 {
    OBSTACLES.iter().map(|[a, b, radius]| radius - (x - a).hypot(y - b)).fold(-9.0, f64::max)
}

/// The map: 1 in obstacles and 0.2 m around them, which is what the robot takes up, row after row.
fn map() -> Vec<f32> {
    let middle = |cell: usize| 0.1 * cell as f64 + 0.05;
    let place = |index: usize| (middle(index % CELLS), middle(index / CELLS));
    let value = |(x, y)| if depth(x, y) > -0.2 { 1.0 } else { 0.0 };
    (0..CELLS * CELLS).map(place).map(value).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let robot = DiffDrive { goal: [9.8, 9.4, 0.0], ..DiffDrive::default() };
    // A turn that lasts 0.4 s gets somewhere; one for each step shakes.
    let tuning = Tuning { knot_spacing: 20, ..Tuning::of(PlannerKind::Mppi) };
    let (particles, horizon) = (2048, 100);
    let config = PilotConfig { particles, horizon, tuning, ..PilotConfig::of(PlannerKind::Mppi) };
    let mut pilot = Pilot::with_model(config, robot)?;
    pilot.set_grid(CELLS, CELLS, &map())?;

    let (mut state, mut nearest, mut times) = ([1.0f64, 1.0, 0.8], f64::MAX, Vec::new());
    for step in 0..3000 {
        let asked = Instant::now();
        let Action::Continuous(control) = pilot.act(&state)?.action else { break };
        times.push(asked.elapsed());
        let [x, y, heading] = state;
        state = [
            x + 0.02 * control[0] * heading.cos(),
            y + 0.02 * control[0] * heading.sin(),
            heading + 0.02 * control[1],
        ];
        nearest = nearest.min(-depth(state[0], state[1]));
        let away = (state[0] - 9.8).hypot(state[1] - 9.4);
        if step % 250 == 249 {
            println!(
                "{:2} s: at {:.2} {:.2}, {away:.2} m to go",
                (step + 1) / 50,
                state[0],
                state[1]
            );
        }
        if away < 0.2 {
            break;
        }
    }
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or(Duration::ZERO);
    println!(
        "there after {:.1} s, never nearer to an obstacle than {nearest:.2} m",
        times.len() as f64 / 50.0
    );
    println!("a decision took {median:.2?} (median, {})", pilot.device_name());
    match times.len() < 3000 && nearest > 0.0 {
        true => Ok(()),
        false => Err(format!("not there, or through an obstacle: {nearest:.2} m").into()),
    }
}
