//! What the cart-pole has, for models of one's own: recorded futures, batches, saved states.

use particle_pilot::kernels::model::{Actions, Model};
use particle_pilot::kernels::real::{Num, Real};
use particle_pilot::{
    Action, Device, Pilot, PilotBatch, PilotConfig, PilotError, PlannerKind, Tuning,
};

/// A puck on ice that two fans push: place in m, speeds in m/s, pushes in m/s^2.
#[derive(Clone, Copy)]
struct Puck {
    goal: [f32; 2],
}

const PUCK: Puck = Puck { goal: [1.0, -0.5] };
const LOW: [f32; 2] = [-1.0, -0.25];
const HIGH: [f32; 2] = [2.0, 0.5];

impl Model<4, 2> for Puck {
    fn actions(&self) -> Actions<2> {
        Actions::within(LOW, HIGH)
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [x, y, u, v]: [R; 4], [a, b]: [R; 2]) -> [R; 4] {
        [x + u * 0.1, y + v * 0.1, u + a * 0.1, v + b * 0.1]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [x, y, ..]: [R; 4], [a, _]: [R; 2]) -> R {
        (x - self.goal[0]).square() + (y - self.goal[1]).square() + a.square() * 0.01
    }

    #[inline(always)]
    fn goes_on<R: Real>(&self, [x, ..]: [R; 4]) -> R::Mask {
        x.lt(1.5)
    }

    fn end_cost(&self) -> f32 {
        3.0
    }
}

fn config(planner: PlannerKind) -> PilotConfig {
    let tuning = Tuning { iterations: 1, ..Tuning::of(planner) };
    let device = Device::Cpu;
    PilotConfig { particles: 301, horizon: 20, device, tuning, ..PilotConfig::of(planner) }
}

const SEVERAL: [PlannerKind; 5] = [
    PlannerKind::RandomShooting,
    PlannerKind::Cem,
    PlannerKind::Mppi,
    PlannerKind::PredictiveSampling,
    PlannerKind::Icem,
];

#[test]
fn recorded_futures_are_what_actions_lead_to_and_cost_what_they_cost() {
    let start = [1.2f32, 0.0, 0.1, 0.2];
    for planner in SEVERAL {
        let mut pilot = Pilot::with_model(config(planner), PUCK).unwrap();
        pilot.act(&[0.0; 4]).unwrap();
        let futures = pilot.trajectories(&start.map(f64::from)).unwrap();
        assert_eq!((futures.state_len, futures.action_len), (4, 2));
        let (mut ended, actions) = (0, futures.actions.as_chunks::<2>().0);
        for particle in 0..futures.particles {
            let actions = &actions[particle * futures.horizon..][..futures.horizon];
            // The cost of the start is that with the middle of the box.
            let middle = [0.5, 0.125f32].map(Num);
            let mut cost = f64::from(PUCK.cost(start.map(Num), middle).0);
            let (mut state, mut lifetime) = (start, 0);
            for (step, (next, action)) in
                futures.future::<4>(particle).iter().zip(actions).enumerate()
            {
                for (number, value) in action.iter().enumerate() {
                    let within = LOW[number] - 1e-6..=HIGH[number] + 1e-6;
                    assert!(within.contains(value), "{planner}: {value}");
                }
                let expected = PUCK.advance(state.map(Num), action.map(Num));
                for (value, expected) in next.iter().zip(expected) {
                    assert!((value - expected.0).abs() < 1e-5, "{planner}, step {step}");
                }
                state = *next;
                if lifetime == step && PUCK.goes_on(state.map(Num)) {
                    lifetime += 1;
                    cost += f64::from(PUCK.cost(state.map(Num), action.map(Num)).0);
                }
            }
            cost += 3.0 * (futures.horizon - lifetime) as f64;
            ended += u32::from(lifetime < futures.horizon);
            assert_eq!(futures.lifetimes[particle] as usize, lifetime, "{planner}");
            let recorded = f64::from(futures.costs[particle]);
            assert!((recorded - cost).abs() < 1e-4 * cost, "{planner}: {recorded} but {cost}");
        }
        assert!(ended > 0, "{planner}: some futures end early");
        let lowest = futures.costs.iter().copied().fold(f32::INFINITY, f32::min);
        let decision = pilot.act(&start.map(f64::from)).unwrap();
        assert_eq!(decision.diagnostics.best, f64::from(lowest), "{planner}");
    }
}

#[test]
fn a_batch_decides_as_single_pilots_would() {
    let states = [[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, -0.2, 0.0], [-2.0, 0.5, 0.3, 0.1]];
    let seeds = [4, 9, 9];
    for planner in SEVERAL {
        let config = config(planner);
        let mut batch = PilotBatch::with_model(&config, PUCK, &seeds).unwrap();
        let mut pilots = seeds
            .map(|seed| Pilot::with_model(PilotConfig { seed, ..config.clone() }, PUCK).unwrap());
        for step in 0..3 {
            let model = Puck { goal: [0.5 * step as f32, 0.0] };
            batch.set_model(model).unwrap();
            let decisions = batch.act(&states).unwrap();
            for ((pilot, state), decision) in pilots.iter_mut().zip(&states).zip(decisions) {
                pilot.set_model(model).unwrap();
                assert_eq!(pilot.act(state).unwrap(), decision, "{planner}");
                assert!(matches!(decision.action, Action::Continuous(push) if push.len() == 2));
            }
        }
    }
}

#[test]
fn saved_batches_go_on_and_those_of_others_change_nothing() {
    let states = [[0.0; 4], [1.0, 1.0, -0.2, 0.0]];
    let config = config(PlannerKind::Mppi);
    let batch = || PilotBatch::with_model(&config, PUCK, &[1, 2]).unwrap();
    let (mut one, mut other) = (batch(), batch());
    one.act(&states).unwrap();
    let saved = one.save().unwrap();
    let wanted = one.act(&states).unwrap();
    other.load(&saved).unwrap();
    assert_eq!(other.act(&states).unwrap(), wanted);

    let expected = one.save().unwrap();
    let mut few = saved.clone();
    few.rows.pop();
    let mut short = saved.clone();
    short.rows[1].plan.pop();
    let mut foreign = saved.clone();
    foreign.config.horizon = 19;
    for (state, row) in [(few, false), (short, true), (foreign, false)] {
        let error = one.load(&state).unwrap_err();
        assert_eq!(matches!(error, PilotError::Row { row: 1, .. }), row, "{error}");
        assert_eq!(one.save().unwrap(), expected, "{error}");
    }
    // The cart-pole is not what these plans are of.
    assert!(PilotBatch::resume(&saved).is_err());
}
