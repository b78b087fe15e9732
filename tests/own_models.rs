//! Models of one's own: the same bits on every path, what actions they allow, and parameters that change.

use particle_pilot::kernels::lanes::Lanes;
use particle_pilot::kernels::math::sin_cos;
use particle_pilot::kernels::model::{Actions, BadActions, LaneModel, Model};
use particle_pilot::kernels::real::{Num, Real};
use particle_pilot::{
    Action, ActionKind, Device, Pilot, PilotConfig, PilotError, PlannerKind, Simd,
};

/// A pendulum in plain formulas: angle in rad from upright, speed in rad/s, torque in N m.
#[derive(Clone, Copy)]
struct Pendulum {
    /// Of the rod, in kg.
    mass: f32,
    actions: Actions<1>,
}

const TORQUES: Actions<1> = Actions::within([-2.0], [2.0]);
const EITHER: Actions<1> = Actions::choices(&[[-2.0], [2.0]]);
/// As [`EITHER`], the other way round.
const REVERSED: Actions<1> = Actions::choices(&[[2.0], [-2.0]]);

impl Model<2, 1> for Pendulum {
    fn actions(&self) -> Actions<1> {
        self.actions
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [angle, speed]: [R; 2], [torque]: [R; 1]) -> [R; 2] {
        let speed = speed + (angle.sin() * 14.7 + torque * (3.0 / self.mass)) * 0.05;
        let speed = speed.clamp(-8.0, 8.0);
        [angle + speed * 0.05, speed]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [angle, speed]: [R; 2], [torque]: [R; 1]) -> R {
        -angle.cos() + 1.0 + speed.square() * 0.05 + torque.square() * 1e-3
    }
}

/// The same operations, arranged by hand.
#[derive(Clone, Copy)]
struct ByHand;

impl LaneModel for ByHand {
    const DIM: usize = 2;
    type State<L: Lanes> = [L; 2];
    type Constants<L: Lanes> = L::Proof;

    fn constants<L: Lanes>(&self, proof: L::Proof) -> L::Proof {
        proof
    }
    #[inline(always)]
    fn start<L: Lanes>(&self, proof: L::Proof, state: &[f32]) -> [L; 2] {
        [L::splat(proof, state[0]), L::splat(proof, state[1])]
    }
    fn full_control(&self) -> f32 {
        1.0
    }
    fn action(&self, share: f64) -> f64 {
        2.0 * share
    }
    #[inline(always)]
    fn live<L: Lanes>(_: &L::Proof, _: &[L; 2], live: L::Mask) -> L::Mask {
        live
    }
    #[inline(always)]
    fn accumulate<L: Lanes>(
        proof: &L::Proof,
        s: &[L; 2],
        control: L,
        live: L::Mask,
        sums: [L; 2],
    ) -> [L; 2] {
        let of = |value| L::splat(*proof, value);
        let torque = control.fma(of(2.0), of(0.0));
        let (_, cosine) = sin_cos(*proof, s[0]);
        let cost = -cosine + of(1.0) + s[1] * s[1] * of(0.05) + torque * torque * of(1e-3);
        [sums[0].add_where(live, cost), sums[1]]
    }
    #[inline(always)]
    fn running_cost<L: Lanes>(_: &L::Proof, sums: [L; 2]) -> L {
        sums[0]
    }
    #[inline(always)]
    fn terminal_cost<L: Lanes>(proof: &L::Proof, _: &[L; 2]) -> L {
        L::splat(*proof, 0.0)
    }
    fn end_cost(&self) -> f32 {
        0.0
    }
    #[inline(always)]
    fn advance<L: Lanes>(proof: &L::Proof, [angle, speed]: [L; 2], control: L) -> [L; 2] {
        let of = |value| L::splat(*proof, value);
        let torque = control.fma(of(2.0), of(0.0));
        let (sine, _) = sin_cos(*proof, angle);
        let speed = speed + (sine * of(14.7) + torque * of(3.0)) * of(0.05);
        let speed = speed.greater(of(-8.0)).lesser(of(8.0));
        [angle + speed * of(0.05), speed]
    }
    #[inline(always)]
    fn distance_squared<L: Lanes>(proof: &L::Proof, a: &[L; 2], b: &[L; 2]) -> L {
        let (angle, speed) = (a[0] - b[0], a[1] - b[1]);
        speed * speed + (angle * angle + L::splat(*proof, 0.0))
    }
}

fn pendulum(actions: Actions<1>) -> Pendulum {
    Pendulum { mass: 1.0, actions }
}

fn config(planner: PlannerKind, threads: usize) -> PilotConfig {
    PilotConfig {
        particles: 300,
        horizon: 25,
        threads,
        device: Device::Cpu,
        ..PilotConfig::of(planner)
    }
}

/// What a pilot does in some states.
fn actions(mut pilot: Pilot) -> Vec<Action> {
    let states = [[3.1, 0.0], [2.0, -1.0], [0.2, 0.5], [-0.1, 0.0], [9.0, 3.0]];
    states.iter().map(|state| pilot.act(state).expect("a finite state").action).collect()
}

#[test]
fn formulas_give_the_bits_of_the_same_operations_arranged_by_hand() {
    for (planner, _) in PlannerKind::ALL {
        for kind in [TORQUES, EITHER] {
            let by_hand = PilotConfig { action: ActionKind::of(&kind), ..config(*planner, 1) };
            let wanted = actions(Pilot::with_lane_model(by_hand, ByHand).unwrap());
            for threads in [1, 2] {
                let pilot = Pilot::with_model(config(*planner, threads), pendulum(kind)).unwrap();
                assert_eq!(actions(pilot), wanted, "{planner} with {threads} threads");
            }
        }
    }
}

#[test]
fn vector_instructions_change_no_decision() {
    // Which are used is chosen once a process: each is a process of its own.
    let chosen = std::env::var("PILOT_SIMD").ok();
    let all: Vec<Vec<Action>> = PlannerKind::ALL
        .iter()
        .map(|(planner, _)| {
            actions(Pilot::with_model(config(*planner, 1), pendulum(TORQUES)).unwrap())
        })
        .collect();
    if chosen.is_some() {
        println!("decided: {all:?}");
        return;
    }
    for simd in Simd::available() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["vector_instructions_change_no_decision", "--exact", "--nocapture"])
            .env("PILOT_SIMD", simd.to_string())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(&format!("decided: {all:?}")), "{simd}: {text}");
    }
}

#[test]
fn an_action_is_the_index_of_its_choice() {
    let upright = [0.05, 0.6]; // about to fall to the side where angles grow
    for (planner, _) in PlannerKind::ALL {
        let act = |kind| {
            let pilot = Pilot::with_model(config(*planner, 1), pendulum(kind));
            pilot.unwrap().act(&upright).unwrap().action
        };
        assert_eq!(act(EITHER), Action::Discrete(0), "{planner}");
        assert_eq!(act(REVERSED), Action::Discrete(1), "{planner}");
    }
}

/// A place that a wind carries off, and an engine that pushes one way only: from 0 to 3.
#[derive(Clone, Copy)]
struct Drift {
    wind: f32,
}

impl Model<1, 1> for Drift {
    fn actions(&self) -> Actions<1> {
        Actions::within([0.0], [3.0])
    }
    #[inline(always)]
    fn advance<R: Real>(&self, [place]: [R; 1], [push]: [R; 1]) -> [R; 1] {
        [place + (push - self.wind) * 0.1]
    }
    #[inline(always)]
    fn cost<R: Real>(&self, [place]: [R; 1], _: [R; 1]) -> R {
        place.square()
    }
}

fn force(action: Action) -> f64 {
    let Action::Force(force) = action else { panic!("{action} is no force") };
    force
}

#[test]
fn a_box_need_not_be_symmetric() {
    for (planner, _) in PlannerKind::ALL {
        let pilot = || Pilot::with_model(config(*planner, 1), Drift { wind: 1.0 }).unwrap();
        for (place, range) in [(-5.0, 2.0..=3.0), (5.0, 0.0..=1.0)] {
            let push = force(pilot().act(&[place]).unwrap().action);
            assert!(range.contains(&push), "{planner} at {place}: {push}");
        }
    }
}

#[test]
fn parameters_change_between_decisions() {
    let mut pilot = Pilot::with_model(config(PlannerKind::Cem, 1), Drift { wind: 0.5 }).unwrap();
    let mut place = 0.0f32;
    for wind in [0.5, 2.5, 1.0] {
        let model = Drift { wind };
        pilot.set_model(model).unwrap();
        for _ in 0..40 {
            let push = force(pilot.act(&[f64::from(place)]).unwrap().action);
            [Num(place)] = model.advance([Num(place)], [Num(push as f32)]);
        }
        assert!(place.abs() < 0.1, "in a wind of {wind} at {place}");
    }
}

#[test]
fn another_type_of_model_or_action_is_refused_and_changes_nothing() {
    let pilot = || Pilot::with_model(config(PlannerKind::Mppi, 1), pendulum(TORQUES)).unwrap();
    let wanted = actions(pilot());
    let mut pilot = pilot();
    let refused = |result| matches!(result, Err(PilotError::Unsupported(_)));
    assert!(refused(pilot.set_model(Drift { wind: 0.0 })));
    assert!(refused(pilot.set_model(pendulum(EITHER))));
    let empty = pendulum(Actions::within([1.0], [1.0]));
    assert_eq!(pilot.set_model(empty), Err(PilotError::Actions(BadActions::Empty)));
    assert_eq!(actions(pilot), wanted);
    let mut cart_pole = Pilot::new(PilotConfig { device: Device::Cpu, ..PilotConfig::default() });
    assert!(refused(cart_pole.as_mut().unwrap().set_model(Drift { wind: 0.0 })));
    let three = pendulum(Actions::choices(&[[-2.0], [0.0], [2.0]]));
    let error = Pilot::with_model(PilotConfig::default(), three).map(|_| ()).unwrap_err();
    assert_eq!(error, PilotError::Actions(BadActions::Choices(3)));
}
