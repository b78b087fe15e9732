//! An episode and the futures behind each of its decisions, small enough for a page.

use std::ops::ControlFlow;

use anyhow::{Result, ensure};
use particle_pilot::env::{Physics, Push};
use particle_pilot::{
    Action, CartPoleProblem, Device, Digest, Ending, Episode, Pilot, PilotConfig, PlannerKind,
    StepRecord, Trajectories,
};
use serde::Serialize;

/// Pushes that the planner does not know of, so that there is something to see.
const PUSH: &str = "9:8:75";
const STEPS: u32 = 300;
const SEED: u64 = 4;
/// Futures that are shown of each decision.
const SHOWN: usize = 36;
/// One state in so many steps of a future is kept.
const STRIDE: usize = 3;

/// Everything the replay needs. The episode can be run again: same configuration, same digest.
#[derive(Serialize)]
pub struct Replay {
    planner: PlannerKind,
    particles: u32,
    horizon: u32,
    seed: u64,
    steps: u32,
    push: Push,
    survived: bool,
    ending: Ending,
    digest: Digest,
    /// Length of a step.
    tau_s: f64,
    x_threshold_m: f64,
    theta_threshold_rad: f64,
    /// The whole pole.
    pole_m: f64,
    /// The force of a full action.
    force_n: f64,
    /// When the points of a future are, from the decision on.
    points_s: Vec<f64>,
    frames: Vec<Frame>,
}

/// A state, what was done in it, and futures: at each point, by how many millimetres and milliradians cart and pole
/// will have moved.
#[derive(Serialize)]
struct Frame {
    /// `[x m, x_dot m/s, theta rad, theta_dot rad/s]`.
    state: [f64; 4],
    force_n: f64,
    push_n: f64,
    /// Of all futures, not only those shown.
    dead_percent: f64,
    alive: Vec<Vec<i32>>,
    /// Each up to the first point after its end.
    failed: Vec<Vec<i32>>,
}

/// A step of the episode.
struct Taken {
    step: u32,
    state: [f64; 4],
    action: Action,
    dead_share: f64,
}

impl Replay {
    /// Runs the episode.
    pub fn record() -> Result<Self> {
        let config = PilotConfig { device: Device::Cpu, threads: 1, ..PilotConfig::default() };
        let push: Push = PUSH.parse()?;
        let problem = CartPoleProblem::default();
        let physics = problem.physics;
        let mut pilot = Pilot::new(config, problem)?;
        let mut steps = Vec::new();
        let episode = Episode::new().seed(SEED).steps(STEPS).push(Some(push));
        let result = episode.run_with(&mut pilot, |step| {
            let StepRecord { step, state, action, diagnostics, .. } = *step;
            let state = std::array::from_fn(|i| state[i]);
            steps.push(Taken { step, state, action, dead_share: diagnostics.dead_share });
            ControlFlow::Continue(())
        })?;
        pilot.reset(SEED);
        let PilotConfig { planner, particles, horizon, .. } = *pilot.config();
        let frames = steps.iter().map(|step| frame(&mut pilot, &physics, step, push));
        let frames = frames.collect::<Result<Vec<_>>>()?;
        let tau = physics.tau;
        Ok(Self {
            planner,
            particles,
            horizon,
            seed: SEED,
            steps: result.steps,
            push,
            survived: result.survived,
            ending: result.ending,
            digest: result.digest,
            tau_s: tau,
            x_threshold_m: physics.x_threshold,
            theta_threshold_rad: physics.theta_threshold_radians,
            pole_m: 2.0 * physics.length,
            force_n: physics.force_mag,
            points_s: points(horizon as usize)
                .map(|step| rounded((step + 1) as f64 * tau))
                .collect(),
            frames,
        })
    }

    /// In words.
    pub fn about(&self) -> String {
        let Self { planner, particles, horizon, seed, steps, push, digest, .. } = self;
        let ended = match self.ending {
            Ending::Survived => "the pole stays up",
            Ending::LeftTrack => "the cart leaves the track",
            _ => "the pole falls",
        };
        format!(
            "Planner {planner} with {particles} futures of {horizon} steps, seed {seed}: {ended} for {steps} steps, \
             although the cart is pushed by {} N for {} of every {} steps. {SHOWN} of the futures of each decision's \
             first iteration rise from the pole's tip: upwards into the time to come, and sideways 2.5 times to \
             scale. The episode's digest is {digest}.",
            push.newton(),
            push.length(),
            push.every()
        )
    }
}

/// A step as the pilot saw it, which then decides as it did in the episode.
fn frame(pilot: &mut Pilot, physics: &Physics, step: &Taken, push: Push) -> Result<Frame> {
    let futures = pilot.trajectories(&step.state)?;
    let decision = pilot.act(&step.state)?;
    ensure!(decision.action == step.action, "an episode that is run again must be the same");
    let force = physics.force_mag;
    let (alive, failed): (Vec<usize>, Vec<usize>) = shown(futures.particles)
        .partition(|particle| futures.lifetimes[*particle] as usize >= futures.horizon);
    let all = |particles: Vec<usize>| {
        particles.into_iter().map(|particle| moves(&futures, particle, &step.state)).collect()
    };
    Ok(Frame {
        state: step.state.map(rounded),
        force_n: match step.action {
            Action::Discrete(0) => -force,
            Action::Discrete(_) => force,
            Action::Continuous(force) => rounded(force[0]),
        },
        push_n: push.force_at(SEED, step.step),
        dead_percent: rounded(100.0 * step.dead_share),
        alive: all(alive),
        failed: all(failed),
    })
}

/// Particles from first to last; of both sides of mirrored pairs.
fn shown(particles: usize) -> impl Iterator<Item = usize> {
    let count = SHOWN.min(particles);
    (0..count).map(move |index| (index * particles / count + index % 2).min(particles - 1))
}

/// The steps of a future that are kept, the last among them.
fn points(horizon: usize) -> impl Iterator<Item = usize> + Clone {
    (0..horizon).filter(move |step| (horizon - 1 - step).is_multiple_of(STRIDE))
}

fn moves(futures: &Trajectories, particle: usize, from: &[f64; 4]) -> Vec<i32> {
    let (future, lifetime) = (futures.future::<4>(particle), futures.lifetimes[particle] as usize);
    let kept = points(futures.horizon);
    // Without the state before the first kept one, a future that ends at once would have no length.
    let before = kept.clone().take_while(|step| *step < lifetime).count();
    let thousandths = |to: f32, from: f64| ((f64::from(to) - from) * 1e3).round() as i32;
    let pair = |step: usize| {
        let state = future[step];
        [thousandths(state[0], from[0]), thousandths(state[2], from[2])]
    };
    kept.take(before + 1).flat_map(pair).collect()
}

/// To a ten-thousandth, which nobody can see.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_film_is_the_same_each_time_and_shows_both_kinds_of_futures() {
        let replay = Replay::record().unwrap();
        assert_eq!(
            serde_json::to_string(&replay).unwrap(),
            serde_json::to_string(&Replay::record().unwrap()).unwrap()
        );
        assert!(replay.survived && replay.frames.len() == replay.steps as usize);
        assert!(replay.frames.iter().any(|frame| frame.push_n != 0.0));
        for kind in [|frame: &Frame| frame.alive.len(), |frame: &Frame| frame.failed.len()] {
            let share = replay.frames.iter().map(kind).sum::<usize>() as f64
                / (SHOWN * replay.frames.len()) as f64;
            assert!(share > 0.05, "{share}");
        }
        for frame in &replay.frames {
            assert_eq!(frame.alive.len() + frame.failed.len(), SHOWN);
            assert!(frame.alive.iter().all(|future| future.len() == 2 * replay.points_s.len()));
            assert!(
                frame
                    .failed
                    .iter()
                    .all(|future| (2..=2 * replay.points_s.len()).contains(&future.len()))
            );
        }
    }

    #[test]
    fn the_last_step_of_a_future_is_among_its_points() {
        assert_eq!(points(7).collect::<Vec<_>>(), [0, 3, 6]);
        assert_eq!(points(30).last(), Some(29));
        assert_eq!(shown(2).collect::<Vec<_>>(), [0, 1]);
        assert!(shown(1024).all(|particle| particle < 1024));
    }
}
