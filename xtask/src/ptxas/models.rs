//! The kernels' text with models in it.

use anyhow::Result;
use particle_pilot_kernels::env::{Integrator, Physics};
use particle_pilot_kernels::model::{
    Actions, At, Boxed, CartPoleModel, CostWeights, FourChoices, Model,
};
use particle_pilot_kernels::problems;
use particle_pilot_kernels::real::Real;
use particle_pilot_kernels::trace::{Asks, Trace, fill, parts};

/// `ptx` for the cart-pole and a decision alone, and after it its kernels for several decisions and for other models, with the names of
/// those at the end of theirs.
pub fn filled(ptx: &str) -> Result<String> {
    let weights = CostWeights::default();
    let plain = CartPoleModel::<false>::new(&Physics::default(), &weights)?;
    let physics = Physics {
        integrator: Integrator::SemiImplicitEuler,
        theta_threshold_radians: f64::INFINITY,
        ..Physics::default()
    };
    let general = CartPoleModel::<true>::new(&physics, &weights)?;
    let chain = Boxed::<_, 16, 2>::new(Chain { spring: 3.0 })?;
    let pendulum = Boxed::<_, 2, 1>::new(problems::Pendulum::default())?;
    let acrobot = FourChoices::<_, 4, 1>::new(problems::Acrobot::default())?;
    let robot = Boxed::<_, 3, 2>::new(problems::DiffDrive::default())?;
    let ferry = Boxed::<_, 2, 1>::new(Ferry { cells_per_metre: 2.0 })?;
    let mut text = fill(ptx, &Trace::of(&plain)?, Asks::One).ptx;
    let models: [(&str, Trace, Asks, &[&str]); 8] = [
        ("in_step", Trace::of(&plain)?, Asks::InStep, &[COIN, BIASED, KNOTS, SMC, FMC]),
        ("rows", Trace::of(&plain)?, Asks::Rows, &[COIN, BIASED, KNOTS, SMC, FMC]),
        ("general", Trace::of(&general)?, Asks::One, &[COIN, BIASED, KNOTS, SMC, FMC]),
        ("pendulum", Trace::of(&pendulum)?, Asks::One, &[KNOTS, SMC, FMC]),
        ("acrobot", Trace::of(&acrobot)?, Asks::One, &[MANY_KNOTS, MANY_ISLANDS]),
        ("chain", Trace::of(&chain)?, Asks::One, &[MANY_KNOTS, MANY_ISLANDS]),
        ("robot", Trace::of(&robot)?, Asks::One, &[MANY_KNOTS, MANY_ISLANDS]),
        ("ferry", Trace::of(&ferry)?, Asks::One, &[KNOTS, SMC, FMC]),
    ];
    for (name, trace, asks, kernels) in models {
        let is_its = |entry: &&str| kernels.iter().any(|start| entry.starts_with(start));
        for kernel in parts(ptx) {
            let Some(entry) = kernel.name.filter(is_its) else { continue };
            let kernel = kernel.text.replace(entry, &format!("{entry}_{name}"));
            text += &fill(&kernel, &trace, asks).ptx;
        }
    }
    Ok(text)
}

/// How the names of kernels begin that simulate left and right.
const COIN: &str = "roll_out_coin";
const BIASED: &str = "roll_out_biased";
/// How the names of kernels begin that simulate numbers of control, one or several, and populations.
const KNOTS: &str = "roll_out_knots";
const MANY_KNOTS: &str = "roll_out_many_knots";
const SMC: &str = "run_smc_islands";
const FMC: &str = "run_fmc_islands";
const MANY_ISLANDS: &str = "run_many";

/// Eight masses on springs, pulled at both ends: what a model of sixteen states takes.
#[derive(Clone, Copy)]
struct Chain {
    spring: f32,
}

impl Model<16, 2> for Chain {
    fn actions(&self) -> Actions<2> {
        Actions::within([-1.0; 2], [1.0; 2])
    }

    fn advance<R: Real>(&self, state: [R; 16], [left, right]: [R; 2]) -> [R; 16] {
        let mut next = state;
        for i in 0..8 {
            let before = if i == 0 { left } else { state[i - 1] };
            let after = if i == 7 { right } else { state[i + 1] };
            let force = (before + after - state[i] * 2.0) * self.spring - state[i + 8] * 0.1;
            next[i + 8] = state[i + 8] + force * 0.05;
            next[i] = state[i] + next[i + 8] * 0.05;
        }
        next
    }

    fn cost<R: Real>(&self, state: [R; 16], _: [R; 2]) -> R {
        let mut sum = state[0].square();
        for number in &state[1..] {
            sum = sum + number.square();
        }
        sum
    }
}

/// A ferry that keeps to a timetable over shallows: what a reference and a grid take.
#[derive(Clone, Copy)]
struct Ferry {
    cells_per_metre: f32,
}

impl Model<2, 1> for Ferry {
    const REFERENCE: usize = 2;
    const GRID: bool = true;

    fn actions(&self) -> Actions<1> {
        Actions::within([-1.0], [1.0])
    }

    fn advance<R: Real>(&self, [x, y]: [R; 2], [speed]: [R; 1]) -> [R; 2] {
        [x + speed * 0.1, y]
    }

    /// The timetable, and a current across.
    fn advance_at<R: Real>(&self, state: [R; 2], control: [R; 1], at: impl At<R>) -> [R; 2] {
        let [x, y] = self.advance(state, control);
        [x, y + at.reference(1) * 0.1]
    }

    fn cost<R: Real>(&self, _: [R; 2], [speed]: [R; 1]) -> R {
        speed.square()
    }

    fn cost_at<R: Real>(&self, state: [R; 2], control: [R; 1], at: impl At<R>) -> R {
        let [x, y] = state;
        let shallow = at.grid(x * self.cells_per_metre, y * self.cells_per_metre);
        (x - at.reference(0)).square() + shallow + self.cost(state, control)
    }
}
