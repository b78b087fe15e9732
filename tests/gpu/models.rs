//! Models of one's own on a GPU: the CPU's bits, for every planner and operation.

use std::sync::atomic::{AtomicU32, Ordering};

use particle_pilot::kernels::model::{Actions, Kind, Model};
use particle_pilot::kernels::problems;
use particle_pilot::kernels::real::Real;
use particle_pilot::{
    Action, ActionKind, Decision, Device, Interpolation, Noise, Pilot, PilotConfig, PilotError,
    PlannerKind, Tuning,
};

use super::{GPU, on_the_virtual_gpu};

/// Makes no sense, but takes every operation that there is: five numbers of state, three of control.
#[derive(Clone, Copy)]
pub struct Everything {
    pub actions: Actions<3>,
    /// Places to keep away from, as many as [`Everything::count`] says.
    pub stones: [[f32; 2]; 3],
    pub count: usize,
}

pub const BOX: Actions<3> = Actions::within([-1.0, 0.5, -3.0], [2.0, 0.75, -1.0]);
pub const EITHER: Actions<3> = Actions::choices(&[[-1.0, 0.5, -1.0], [2.0, 0.75, -3.0]]);

const THREE: Actions<3> =
    Actions::choices(&[[-1.0, 0.5, -1.0], [2.0, 0.75, -3.0], [0.0, 0.5, -2.0]]);
const FOUR: Actions<3> =
    Actions::choices(&[[-1.0, 0.5, -1.0], [2.0, 0.75, -3.0], [0.0, 0.5, -2.0], [-0.5, 0.7, -2.5]]);
pub const SIX: Actions<3> = Actions::choices(&[
    [-1.0, 0.5, -1.0],
    [2.0, 0.75, -3.0],
    [0.0, 0.5, -2.0],
    [1.0, 0.7, -2.0],
    [-0.5, 0.6, -2.5],
    [0.5, 0.55, -1.5],
]);

impl Everything {
    pub const fn new(actions: Actions<3>) -> Self {
        Self { actions, stones: [[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]], count: 2 }
    }
}

impl Model<5, 3> for Everything {
    const KIND: Kind = Kind::Any;

    fn actions(&self) -> Actions<3> {
        self.actions
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [a, b, c, d, e]: [R; 5], [u, v, w]: [R; 3]) -> [R; 5] {
        let (sine, cosine) = (a + u).sin_cos();
        let speed = (b * cosine + v * sine).tanh();
        let turn = sine.atan2(cosine + 1.5) + w * 0.1;
        let grown = (c.abs() + 1.0).ln() - (-c.square()).exp() * 0.25;
        let steps = (d * 4.0).floor() / 4.0 + u.where_or(u.lt(v), v) * 0.125;
        let kept = (e + 0.125).clamp(-1.0, speed).max(w).min(2.0);
        [a + speed * 0.1, b.fma(0.5, turn), grown, steps - d * 0.5, kept * 0.75]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [a, b, c, d, e]: [R; 5], [u, _, w]: [R; 3]) -> R {
        let mut near = (c * c + d * d + 0.01).sqrt();
        for [x, y] in &self.stones[..self.count] {
            near = near + ((a - *x).square() + (b - *y).square() + 0.1).sqrt();
        }
        near + (e * u).abs() - w * 0.01
    }

    #[inline(always)]
    fn final_cost<R: Real>(&self, [a, .., e]: [R; 5]) -> R {
        a.tan().abs().min(5.0) + (-e)
    }

    #[inline(always)]
    fn goes_on<R: Real>(&self, [a, b, c, ..]: [R; 5]) -> R::Mask {
        (a.lt(1.5) | b.le(0.25)) & !c.gt(0.5) & a.ge(-8.0)
    }

    fn end_cost(&self) -> f32 {
        2.5
    }

    #[inline(always)]
    fn distance_squared<R: Real>(&self, from: [R; 5], to: [R; 5]) -> R {
        (from[0] - to[0]).square() + (from[3] - to[3]).square() / 2.0
    }
}

/// More numbers than cart-pole has of anything: 32 of state, 8 of control.
#[derive(Clone, Copy)]
pub struct Wide;

impl Model<32, 8> for Wide {
    fn actions(&self) -> Actions<8> {
        Actions::within([-1.0; 8], [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0])
    }

    #[inline(always)]
    fn advance<R: Real>(&self, state: [R; 32], control: [R; 8]) -> [R; 32] {
        let mut next = state;
        for i in 0..32 {
            next[i] = state[(i + 7) % 32] * 0.9 + control[i % 8] * 0.1;
        }
        next
    }

    #[inline(always)]
    fn cost<R: Real>(&self, state: [R; 32], control: [R; 8]) -> R {
        let mut sum = control[7].square() * 0.1;
        for number in state {
            sum = sum + (number - 0.5).square();
        }
        sum
    }
}

/// One number of state and of control, from a box or of two choices.
#[derive(Clone, Copy)]
pub struct Line<const CHOICES: bool> {
    pub actions: Actions<1>,
    pub goal: f32,
}

impl<const CHOICES: bool> Model<1, 1> for Line<CHOICES> {
    const KIND: Kind = if CHOICES { Kind::Choices(2) } else { Kind::Within };

    fn actions(&self) -> Actions<1> {
        self.actions
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [place]: [R; 1], [speed]: [R; 1]) -> [R; 1] {
        [place + speed * 0.1]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [place]: [R; 1], _: [R; 1]) -> R {
        (place - self.goal).square()
    }
}

pub const LINE: Line<false> = Line { actions: Actions::within([-1.0], [2.0]), goal: 0.3 };
pub const EITHER_WAY: Line<true> = Line { actions: Actions::choices(&[[1.0], [-0.5]]), goal: 0.3 };

/// What a pilot of `config` for `model` decides, asked for each of some states.
fn decisions<const N: usize, const M: usize, T: Model<N, M>>(
    config: &PilotConfig,
    model: T,
) -> Result<Vec<Decision>, PilotError> {
    let mut pilot = Pilot::with_model(config.clone(), model)?;
    (0..4).map(|step| pilot.act(&state::<N>(step))).collect()
}

fn state<const N: usize>(step: u32) -> [f64; N] {
    std::array::from_fn(|i| 0.1 * f64::from(step) - 0.05 * i as f64)
}

/// Compares the GPU's decisions with the CPU's; returns how many there were.
fn compare<const N: usize, const M: usize, T: Model<N, M>>(
    config: &PilotConfig,
    model: T,
) -> usize {
    let case = format!("{} {} of {N} and {M}", config.planner, config.action);
    let on_cpu = decisions(config, model).expect(&case);
    let on_gpu = decisions(&PilotConfig { device: GPU, ..config.clone() }, model).expect(&case);
    assert_eq!(on_gpu, on_cpu, "{case}");
    assert!(on_cpu.iter().all(|decision| decision.diagnostics.non_finite == 0), "{case}");
    on_cpu.len()
}

#[test]
fn decisions_for_ones_own_models_on_the_virtual_gpu_are_the_cpus() {
    on_the_virtual_gpu("models::decisions_for_ones_own_models_are_the_cpus");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn decisions_for_ones_own_models_are_the_cpus() {
    let mut compared = 0;
    for (planner, _) in PlannerKind::ALL {
        let noises = [
            (Noise::White, Interpolation::Linear),
            (Noise::Coloured, Interpolation::Cubic),
            (Noise::Halton, Interpolation::Linear),
        ];
        for (place, (noise, interpolation)) in noises.into_iter().enumerate() {
            let usual = PilotConfig::of(*planner);
            let tuning = Tuning { noise, interpolation, iterations: 2, ..usual.tuning };
            let (particles, horizon) = ([300, 129, 40][place], [7, 12, 1][place]);
            let device = Device::Cpu;
            let config = PilotConfig { particles, horizon, tuning, device, ..usual };
            compared += compare(&config, Everything::new(BOX));
            compared += compare(&config, Wide);
            compared += compare(&config, LINE);
            compared += compare(&config, problems::Pendulum::default());
            compared += compare(&config, problems::Acrobot::default());
            if place == 0 {
                compared += compare(&config, Everything::new(EITHER));
                compared += compare(&config, Everything::new(THREE));
                compared += compare(&config, Everything::new(SIX));
                compared += compare(&config, EITHER_WAY);
            }
        }
    }
    assert_eq!(compared, 4 * 7 * (3 * 5 + 4));
}

#[test]
fn models_change_on_the_virtual_gpu_as_on_the_cpu() {
    on_the_virtual_gpu("models::models_change_as_on_the_cpu");
}

/// Other numbers, which the kernels take; and other operations, which are another text. The plan goes on.
#[test]
#[ignore = "requires an NVIDIA GPU"]
fn models_change_as_on_the_cpu() {
    for planner in [
        PlannerKind::Mppi,
        PlannerKind::Cem,
        PlannerKind::RandomShooting,
        PlannerKind::PredictiveSampling,
        PlannerKind::Icem,
    ] {
        // Each dimension has a scale of its own, too.
        let tuning = Tuning { noise_scale: [0.3, 1.0, 0.6].into(), ..Tuning::of(planner) };
        let usual = PilotConfig { tuning, ..PilotConfig::of(planner) };
        let config = PilotConfig { particles: 200, horizon: 10, ..usual };
        let run = |device| {
            let config = PilotConfig { device, ..config.clone() };
            let mut model = Everything::new(BOX);
            let mut pilot = Pilot::with_model(config, model).expect("a valid configuration");
            let mut decisions = Vec::new();
            for step in 0..6u32 {
                model.stones[1][0] = 0.2 * step as f32;
                model.count = if step < 4 { 2 } else { 3 };
                pilot.set_model(model).expect("a model of the same type");
                decisions.push(pilot.act(&state::<5>(step)).expect("a finite state"));
            }
            let error = pilot.set_model(LINE).expect_err("another type");
            assert!(matches!(error, PilotError::Unsupported(_)), "{error}");
            (decisions, pilot.save().expect("the plan is at hand").carried)
        };
        assert_eq!(run(GPU), run(Device::Cpu), "{planner}");
    }
    // Three choices become four, and three again.
    for planner in [PlannerKind::Mppi, PlannerKind::RandomShooting] {
        let run = |device| {
            let config = PilotConfig { particles: 100, horizon: 6, ..PilotConfig::of(planner) };
            let config = PilotConfig { device, ..config };
            let mut pilot = Pilot::with_model(config, Everything::new(THREE)).expect("choices");
            [THREE, FOUR, FOUR, THREE].map(|choices| {
                pilot.set_model(Everything::new(choices)).expect("a model of the same type");
                pilot.act(&state::<5>(1)).expect("a finite state")
            })
        };
        assert_eq!(run(GPU), run(Device::Cpu), "{planner}");
    }
    let saved = {
        let config = PilotConfig {
            device: GPU,
            action: ActionKind::Continuous,
            ..PilotConfig::of(PlannerKind::Cem)
        };
        let config = PilotConfig { particles: 100, horizon: 6, ..config };
        let mut pilot =
            Pilot::with_model(config, Everything::new(BOX)).expect("a valid configuration");
        pilot.act(&state::<5>(0)).expect("a finite state");
        pilot.save().expect("the plan is at hand")
    };
    assert_eq!(saved.carried.plan.len(), 6 * 3, "a plan of three numbers for each step");
}

/// More numbers than a kernel takes as parameters, so that they are in the text; some of them under functions.
#[derive(Clone, Copy)]
struct Lengthy {
    numbers: [f32; 300],
}

impl Model<2, 1> for Lengthy {
    fn actions(&self) -> Actions<1> {
        LINE.actions
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [a, b]: [R; 2], [speed]: [R; 1]) -> [R; 2] {
        let root = a.constant(self.numbers[0]).sqrt() + a.constant(self.numbers[1]).floor();
        [
            a + speed * 0.1,
            b * 0.5 + root + a.constant(self.numbers[2]).abs() - a.constant(-0.5).sin(),
        ]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [a, b]: [R; 2], _: [R; 1]) -> R {
        let mut sum = a.square() + b.abs();
        for number in self.numbers {
            sum = sum + (a - number).abs() * 1e-3;
        }
        sum
    }
}

#[test]
fn models_of_very_many_numbers_on_the_virtual_gpu_are_the_cpus() {
    on_the_virtual_gpu("models::models_of_very_many_numbers_are_the_cpus");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn models_of_very_many_numbers_are_the_cpus() {
    let run = |device| {
        let config = PilotConfig { particles: 40, horizon: 4, device, ..PilotConfig::default() };
        let mut model = Lengthy { numbers: std::array::from_fn(|i| 0.01 * i as f32) };
        let mut pilot = Pilot::with_model(config, model).expect("a valid configuration");
        let mut decisions = vec![pilot.act(&[0.3, 0.1]).expect("a finite state")];
        model.numbers[0] = 0.25;
        pilot.set_model(model).expect("a model of the same type");
        decisions.push(pilot.act(&[0.3, 0.1]).expect("a finite state"));
        decisions
    };
    assert_eq!(run(GPU), run(Device::Cpu));
}

/// Comes to what is no number.
#[derive(Clone, Copy)]
struct Undefined;

impl Model<1, 1> for Undefined {
    fn actions(&self) -> Actions<1> {
        LINE.actions
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [place]: [R; 1], [speed]: [R; 1]) -> [R; 1] {
        [place + speed * 0.1]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [place]: [R; 1], _: [R; 1]) -> R {
        ((place - 0.3).sqrt().ln() + 3.0).square()
    }
}

#[test]
fn what_is_no_number_costs_the_same_on_the_virtual_gpu() {
    on_the_virtual_gpu("models::what_is_no_number_costs_the_same");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn what_is_no_number_costs_the_same() {
    let run = |device| {
        let config = PilotConfig { particles: 100, device, ..PilotConfig::default() };
        let mut pilot = Pilot::with_model(config, Undefined).expect("a valid configuration");
        pilot.act(&[0.4]).expect("a finite state")
    };
    let decision = run(GPU);
    assert!(decision.diagnostics.non_finite > 0, "some futures come to what is no number");
    assert_eq!(decision, run(Device::Cpu));
}

/// Does something else each time that it is asked, if somebody counts how often.
#[derive(Clone, Copy)]
struct Moody {
    actions: Actions<1>,
    asked: Option<&'static AtomicU32>,
}

impl Model<1, 1> for Moody {
    fn actions(&self) -> Actions<1> {
        self.actions
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [place]: [R; 1], [speed]: [R; 1]) -> [R; 1] {
        let asked = self.asked.map_or(1, |asked| asked.fetch_add(1, Ordering::Relaxed));
        [place + speed * asked as f32]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [place]: [R; 1], _: [R; 1]) -> R {
        place.square()
    }
}

#[test]
fn models_that_kernels_cannot_follow_are_the_cpus() {
    on_the_virtual_gpu("models::what_kernels_cannot_follow_is_the_cpus");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn what_kernels_cannot_follow_is_the_cpus() {
    if !crate::is_where_the_gpu_is_fast("models::what_kernels_cannot_follow_is_the_cpus") {
        return;
    }
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let pilot = |device| {
        let config = PilotConfig { particles: 100, device, ..PilotConfig::default() };
        Pilot::with_model(config, Moody { actions: LINE.actions, asked: Some(&ASKED) })
    };
    let error = pilot(GPU).map(|_| ()).expect_err("it was asked for by name");
    assert!(error.to_string().contains("does not compute the same"), "{error}");
    let mut pilot = pilot(Device::Auto).expect("the device is left open");
    assert_eq!(pilot.device(), Device::Cpu);
    assert!(pilot.fallback_reason().is_some());
    assert!(pilot.act(&[0.5]).is_ok());
}

#[test]
fn models_that_change_after_the_cpu_took_over_say_what_actions_are() {
    on_the_virtual_gpu("models::models_that_change_on_the_cpu_say_what_actions_are");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn models_that_change_on_the_cpu_say_what_actions_are() {
    if !crate::is_where_the_gpu_is_fast(
        "models::models_that_change_on_the_cpu_say_what_actions_are",
    ) {
        return;
    }
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let moody = Moody { actions: LINE.actions, asked: Some(&ASKED) };
    let steady = Moody { asked: None, ..moody };
    let run = |device| {
        let config = PilotConfig { particles: 100, device, ..PilotConfig::default() };
        let mut pilot = Pilot::with_model(config, steady).expect("a valid configuration");
        let first = pilot.act(&[0.5]).expect("a finite state");
        let before = pilot.device();
        pilot.set_model(moody).expect("the device is left open");
        let elsewhere = Moody { actions: Actions::within([10.0], [11.0]), ..steady };
        pilot.set_model(elsewhere).expect("a model of the same type");
        let decision = pilot.act(&[0.5]).expect("a finite state");
        ([before, pilot.device()], [first, decision])
    };
    let (devices, decisions) = run(Device::Auto);
    assert_eq!(devices, [GPU, Device::Cpu], "the CPU takes over from the GPU");
    let action = &decisions[1].action;
    let is_within = matches!(action, Action::Continuous(n) if (10.0..=11.0).contains(&n[0]));
    assert!(is_within, "{action:?} is of another box");
    assert_eq!(decisions, run(Device::Cpu).1);
}
