//! Models of one's own: the same bits on every path, what actions they allow, and parameters that change.

use particle_pilot::kernels::lanes::Lanes;
use particle_pilot::kernels::math::sin_cos;
use particle_pilot::kernels::model::{Actions, BadActions, Kind, LaneModel, Model};
use particle_pilot::kernels::real::{Num, Real};
use particle_pilot::{
    Action, ActionKind, CartPoleProblem, Device, Diagnostics, Interpolation, Noise, Pilot,
    PilotConfig, PilotError, PlannerKind, Simd, Tuning,
};

/// A pendulum in plain formulas: angle in rad from upright, speed in rad/s, torque in N m, one of two where there are `CHOICES`.
#[derive(Clone, Copy)]
struct Pendulum<const CHOICES: bool> {
    /// Of the rod, in kg.
    mass: f32,
    actions: Actions<1>,
}

const TORQUES: Actions<1> = Actions::within([-2.0], [2.0]);
const EITHER: Actions<1> = Actions::choices(&[[-2.0], [2.0]]);
/// As [`EITHER`], the other way round.
const REVERSED: Actions<1> = Actions::choices(&[[2.0], [-2.0]]);

impl<const CHOICES: bool> Model<2, 1> for Pendulum<CHOICES> {
    const KIND: Kind = if CHOICES { Kind::Choices(2) } else { Kind::Within };

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
    type Control<L: Lanes> = [L; 1];
    type Effort<L: Lanes> = [L; 1];
    const ACTION_DIM: usize = 1;

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
    fn action(&self, shares: &[f64], action: &mut [f64]) {
        action[0] = 2.0 * shares[0];
    }
    #[inline(always)]
    fn live<L: Lanes>(_: &L::Proof, _: &[L; 2], live: L::Mask) -> L::Mask {
        live
    }
    #[inline(always)]
    fn effort<L: Lanes>(control: &[L; 1]) -> [L; 1] {
        *control
    }
    #[inline(always)]
    fn accumulate<L: Lanes>(
        proof: &L::Proof,
        s: &[L; 2],
        [control]: &[L; 1],
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
    fn advance<L: Lanes>(proof: &L::Proof, [angle, speed]: [L; 2], [control]: [L; 1]) -> [L; 2] {
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

/// A rover that steers round a rock to its goal: place in m and heading in rad, speed in m/s and turn in rad/s.
#[derive(Clone, Copy)]
struct Rover {
    goal: [f32; 2],
}

/// Where the rock is, and its radius.
const ROCK: [f32; 3] = [2.0, 0.1, 0.5];

impl Model<3, 2> for Rover {
    fn actions(&self) -> Actions<2> {
        Actions::within([-0.2, -1.5], [1.0, 1.5])
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [x, y, heading]: [R; 3], [speed, turn]: [R; 2]) -> [R; 3] {
        let (sine, cosine) = heading.sin_cos();
        [x + speed * cosine * 0.1, y + speed * sine * 0.1, heading + turn * 0.1]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [x, y, _]: [R; 3], [_, turn]: [R; 2]) -> R {
        let away = ((x - self.goal[0]).square() + (y - self.goal[1]).square()).sqrt();
        let near = (x - ROCK[0]).square() + (y - ROCK[1]).square();
        let hit = x.constant(100.0).where_or(near.le(ROCK[2] * ROCK[2]), 0.0);
        away + hit + turn.square() * 0.01
    }

    #[inline(always)]
    fn final_cost<R: Real>(&self, [x, y, _]: [R; 3]) -> R {
        ((x - self.goal[0]).square() + (y - self.goal[1]).square()) * 5.0
    }
}

const PLANNERS: [PlannerKind; 7] = [
    PlannerKind::RandomShooting,
    PlannerKind::Cem,
    PlannerKind::Mppi,
    PlannerKind::Smc,
    PlannerKind::Fmc,
    PlannerKind::PredictiveSampling,
    PlannerKind::Icem,
];

/// Planners that draw around a plan.
const NOISY: [PlannerKind; 4] =
    [PlannerKind::Cem, PlannerKind::Mppi, PlannerKind::PredictiveSampling, PlannerKind::Icem];

fn pendulum(actions: Actions<1>) -> Pendulum<false> {
    Pendulum { mass: 1.0, actions }
}

fn pendulum_of_two(actions: Actions<1>) -> Pendulum<true> {
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
fn actions(pilot: Pilot) -> Vec<Action> {
    actions_in(pilot, &[[3.1, 0.0], [2.0, -1.0], [0.2, 0.5], [-0.1, 0.0], [9.0, 3.0]])
}

fn actions_in<const N: usize>(mut pilot: Pilot, states: &[[f64; N]]) -> Vec<Action> {
    states.iter().map(|state| pilot.act(state).expect("a finite state").action).collect()
}

#[test]
fn formulas_give_the_bits_of_the_same_operations_arranged_by_hand() {
    for (planner, _) in PlannerKind::ALL {
        for kind in [TORQUES, EITHER] {
            let by_hand = PilotConfig { action: ActionKind::of(&kind), ..config(*planner, 1) };
            let wanted = actions(Pilot::with_lane_model(by_hand, ByHand).unwrap());
            for threads in [1, 2] {
                let config = config(*planner, threads);
                let pilot = match kind {
                    Actions::Within { .. } => Pilot::with_model(config, pendulum(kind)),
                    _ => Pilot::with_model(config, pendulum_of_two(kind)),
                };
                assert_eq!(actions(pilot.unwrap()), wanted, "{planner} with {threads} threads");
            }
        }
    }
}

#[test]
fn vector_instructions_change_no_decision() {
    // Which are used is chosen once a process: each is a process of its own.
    const CHILD: &str = "OWN_MODELS_CHILD";
    let mut all: Vec<Vec<Action>> = PlannerKind::ALL
        .iter()
        .map(|(planner, _)| {
            actions(Pilot::with_model(config(*planner, 1), pendulum(TORQUES)).unwrap())
        })
        .collect();
    all.extend(rovers(1).into_iter().map(drives));
    if std::env::var_os(CHILD).is_some() {
        println!("decided: {all:?}");
        return;
    }
    for simd in Simd::available() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["vector_instructions_change_no_decision", "--exact", "--nocapture"])
            .env("PILOT_SIMD", simd.to_string())
            .env(CHILD, "1")
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
            let pilot = Pilot::with_model(config(*planner, 1), pendulum_of_two(kind));
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

/// The same with an engine that breaks where it pushes more than it can.
#[derive(Clone, Copy)]
struct Brittle([f32; 2]);

impl Model<1, 1> for Brittle {
    fn actions(&self) -> Actions<1> {
        Actions::within([self.0[0]], [self.0[1]])
    }
    #[inline(always)]
    fn advance<R: Real>(&self, [place]: [R; 1], [push]: [R; 1]) -> [R; 1] {
        [place + (push - 1.0) * 0.1]
    }
    #[inline(always)]
    fn cost<R: Real>(&self, [place]: [R; 1], [push]: [R; 1]) -> R {
        let breaks = push.lt(self.0[0]) | push.gt(self.0[1]);
        place.constant(1e20).where_or(breaks, 0.0) + place.square()
    }
}

#[test]
fn no_particle_is_driven_beyond_the_box() {
    for (planner, _) in PlannerKind::ALL {
        let mut pilot = Pilot::with_model(config(*planner, 1), Brittle([0.01, 1.7])).unwrap();
        for range in [[0.01, 1.7], [0.001, 1000.0], [-0.2, 1.0], [0.3, 0.7]] {
            pilot.set_model(Brittle(range)).unwrap();
            let Diagnostics { mean, .. } = pilot.act(&[-3.0]).unwrap().diagnostics;
            assert!(mean < 1e10, "{planner} beyond {range:?}: {mean:e}");
        }
    }
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
    let Action::Continuous(force) = action else { panic!("{action} is no force") };
    force[0]
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
    assert!(refused(pilot.set_model(pendulum_of_two(EITHER))));
    assert!(refused(pilot.set_model(pendulum(EITHER))));
    let empty = pendulum(Actions::within([1.0], [1.0]));
    assert_eq!(pilot.set_model(empty), Err(PilotError::Actions(BadActions::Empty)));
    assert_eq!(actions(pilot), wanted);
    let mut cart_pole = Pilot::new(
        PilotConfig { device: Device::Cpu, ..PilotConfig::default() },
        CartPoleProblem::default(),
    );
    assert!(refused(cart_pole.as_mut().unwrap().set_model(Drift { wind: 0.0 })));
    let one = pendulum_of_two(Actions::choices(&[[-2.0]]));
    let error = Pilot::with_model(PilotConfig::default(), one).map(|_| ()).unwrap_err();
    assert_eq!(error, PilotError::Actions(BadActions::Choices(1)));
}

/// A rover's pilots by every planner that can, with every kind of noise.
fn rovers(threads: usize) -> Vec<Pilot> {
    let mut all = Vec::new();
    for planner in PLANNERS {
        for noise in [Noise::White, Noise::Coloured, Noise::Halton] {
            for interpolation in [Interpolation::Linear, Interpolation::Cubic] {
                let tuning = Tuning { noise, interpolation, ..Tuning::of(planner) };
                let config = PilotConfig { tuning, ..config(planner, threads) };
                all.push(Pilot::with_model(config, Rover { goal: [4.0, 0.0] }).unwrap());
            }
        }
    }
    all
}

fn drives(pilot: Pilot) -> Vec<Action> {
    actions_in(pilot, &[[0.0, 0.0, 0.0], [1.0, 0.2, 0.5], [3.0, -0.5, -2.0]])
}

#[test]
fn threads_change_no_decision_about_several_numbers() {
    let of = |threads| -> Vec<_> { rovers(threads).into_iter().map(drives).collect() };
    assert_eq!(of(1), of(2));
}

#[test]
fn a_rover_finds_its_way_round_the_rock_with_each_planner() {
    for planner in PLANNERS {
        let rover = Rover { goal: [4.0, 0.0] };
        let wide = PilotConfig { particles: 1024, horizon: 40, ..config(planner, 1) };
        let mut pilot = Pilot::with_model(wide, rover).unwrap();
        let mut state = [0.0f32; 3];
        for _ in 0..150 {
            let Action::Continuous(control) = pilot.act(&state.map(f64::from)).unwrap().action
            else {
                panic!("a box has continuous actions");
            };
            let speeds = f64::from(-0.2f32)..=1.0;
            assert!(speeds.contains(&control[0]) && control[1].abs() <= 1.5, "{control}");
            let control = [Num(control[0] as f32), Num(control[1] as f32)];
            state = rover.advance(state.map(Num), control).map(|number| number.0);
            let [x, y, _] = state;
            assert!((x - ROCK[0]).hypot(y - ROCK[1]) > ROCK[2], "{planner} hits at {x} {y}");
        }
        let away = (state[0] - 4.0).hypot(state[1]);
        // The mean over random futures is no plan that comes to rest.
        let near = match planner {
            PlannerKind::RandomShooting => 0.6,
            PlannerKind::Smc => 0.9,
            _ => 0.2,
        };
        assert!(away < near, "{planner} is {away} m away");
    }
}

#[test]
fn a_plan_has_the_numbers_of_every_step() {
    let mut pilot = Pilot::with_model(config(PlannerKind::Cem, 1), Rover { goal: [4.0, 0.0] });
    let pilot = pilot.as_mut().unwrap();
    pilot.act(&[0.0; 3]).unwrap();
    let plan = pilot.plan().expect("cem keeps one");
    assert_eq!(plan.len(), 25 * 2);
    let (speeds, turns): (Vec<f64>, Vec<f64>) = plan.chunks(2).map(|c| (c[0], c[1])).unzip();
    assert!(speeds.iter().all(|speed| (f64::from(-0.2f32)..=1.0).contains(speed)), "{speeds:?}");
    assert!(turns.iter().all(|turn| turn.abs() <= 1.5), "{turns:?}");
    assert!(speeds.iter().sum::<f64>() > 10.0, "forwards: {speeds:?}");
    let saved = pilot.save().unwrap();
    let next = pilot.act(&[0.1, 0.0, 0.0]).unwrap();
    pilot.load(&saved).unwrap();
    assert_eq!(pilot.act(&[0.1, 0.0, 0.0]).unwrap(), next);
    let cem = || config(PlannerKind::Cem, 2);
    let mut fresh = Pilot::with_model(cem(), Rover { goal: [4.0, 0.0] }).unwrap();
    fresh.load(&saved).unwrap();
    assert_eq!(fresh.act(&[0.1, 0.0, 0.0]).unwrap(), next);
    let mut other = Pilot::with_model(cem(), Drift { wind: 0.5 }).unwrap();
    assert!(matches!(other.load(&saved), Err(PilotError::State(_))), "it has two numbers a step");
}

#[test]
fn two_choices_may_be_of_several_numbers() {
    for (planner, _) in PlannerKind::ALL {
        for (heading, side) in [(0.5, 0), (-0.5, 1)] {
            let mut pilot = Pilot::with_model(config(*planner, 1), Tracks).unwrap();
            let decision = pilot.act(&[0.0, 0.0, heading]).unwrap();
            assert_eq!(decision.action, Action::Discrete(side), "{planner} from {heading}");
        }
    }
}

/// Drives on and turns right or left: two choices of two numbers.
#[derive(Clone, Copy)]
struct Tracks;

impl Model<3, 2> for Tracks {
    const KIND: Kind = Kind::Choices(2);

    fn actions(&self) -> Actions<2> {
        Actions::choices(&[[1.0, -1.0], [0.9, 1.0]])
    }
    #[inline(always)]
    fn advance<R: Real>(&self, state: [R; 3], control: [R; 2]) -> [R; 3] {
        Rover { goal: [4.0, 0.0] }.advance(state, control)
    }
    #[inline(always)]
    fn cost<R: Real>(&self, [_, y, heading]: [R; 3], _: [R; 2]) -> R {
        y.square() + heading.square()
    }
}

#[test]
fn noise_has_a_scale_in_each_dimension() {
    let of = |planner, noise_scale| {
        let tuning = Tuning { noise_scale, ..Tuning::of(planner) };
        let config = PilotConfig { tuning, ..config(planner, 1) };
        Pilot::with_model(config, Rover { goal: [4.0, 0.0] })
    };
    for planner in NOISY {
        let mut pilot = of(planner, [0.1, 0.3].into()).unwrap();
        let futures = pilot.trajectories(&[0.0; 3]).unwrap();
        // The box reaches 0.6 m/s and 1.5 rad/s from its middle.
        for (dimension, [middle, expected]) in [[0.4, 0.06], [0.0, 0.45]].into_iter().enumerate() {
            let first = futures.actions.chunks(2 * 25).map(|future| future[dimension] - middle);
            let deviation = (first.map(|away| away * away).sum::<f32>() / 300.0).sqrt();
            // Four standard errors of 150 pairs.
            assert!((deviation / expected - 1.0).abs() < 0.24, "{planner}: {deviation}");
        }
        let same = of(planner, [0.7, 0.7].into()).map(drives).unwrap();
        assert_eq!(same, of(planner, 0.7.into()).map(drives).unwrap());
        let three = of(planner, [0.5; 3].into());
        assert!(matches!(three, Err(PilotError::Setting(_))), "{planner}");
    }
}
