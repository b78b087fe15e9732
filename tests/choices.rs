//! Models of one's own with three to eight choices.

use particle_pilot::env::ModelEnvironment;
use particle_pilot::kernels::model::{Actions, BadActions, Kind, Model};
use particle_pilot::kernels::real::Real;
use particle_pilot::{
    Action, ActionKind, Device, Evaluation, Noise, Pilot, PilotBatch, PilotConfig, PilotError,
    PlannerKind, Tuning,
};

/// Steps in the plane, in an order that has nothing to do with where they lead.
const STEPS: [[f32; 2]; 8] = [
    [0.0, 1.0],
    [-1.0, 0.0],
    [1.0, 0.0],
    [0.0, -1.0],
    [1.0, 1.0],
    [0.0, 0.0],
    [-1.0, -1.0],
    [-1.0, 1.0],
];

/// A place to be brought to `goal`, by any step where there are no `choices`; `weight` is what being away from it costs.
#[derive(Clone, Copy)]
struct Walk {
    choices: &'static [[f32; 2]],
    goal: [f32; 2],
    weight: f32,
}

impl Walk {
    fn of(count: usize) -> Self {
        Self { choices: &STEPS[..count], goal: [0.0; 2], weight: 1.0 }
    }
}

impl Model<2, 2> for Walk {
    const KIND: Kind = Kind::Any;

    fn actions(&self) -> Actions<2> {
        match self.choices {
            [] => Actions::within([-1.0; 2], [1.0; 2]),
            choices => Actions::choices(choices),
        }
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [x, y]: [R; 2], [u, v]: [R; 2]) -> [R; 2] {
        [x + u * 0.5, y + v * 0.5]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [x, y]: [R; 2], _: [R; 2]) -> R {
        ((x - self.goal[0]).square() + (y - self.goal[1]).square()) * self.weight
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

fn config(planner: PlannerKind) -> PilotConfig {
    let usual = PilotConfig::of(planner);
    PilotConfig { particles: 256, horizon: 4, threads: 1, device: Device::Cpu, ..usual }
}

fn chosen(action: Action) -> usize {
    match action {
        Action::Discrete(index) => index as usize,
        Action::Continuous(_) => panic!("not a choice"),
    }
}

#[test]
fn the_choice_that_leads_to_the_goal_is_taken_whatever_its_number() {
    for planner in PLANNERS {
        for count in 3..=8 {
            let config = PilotConfig { particles: 2048, ..config(planner) };
            let mut pilot = Pilot::with_model(config, Walk::of(count)).unwrap();
            assert_eq!(pilot.config().action, ActionKind::Discrete);
            for (index, step) in STEPS[..count].iter().enumerate() {
                // By chance alone nobody stays.
                if planner == PlannerKind::RandomShooting && *step == [0.0; 2] {
                    continue;
                }
                // Walkers seek what is far from others, too: of eight choices another may once be taken.
                if planner == PlannerKind::Fmc && count == 8 {
                    continue;
                }
                // Two steps away from the goal: only this choice, twice, leads there.
                let state = step.map(|number| -f64::from(number));
                for seed in 0..5 {
                    pilot.reset(seed);
                    let action = pilot.act(&state).unwrap().action;
                    assert_eq!(chosen(action), index, "{planner}, {count} choices, seed {seed}");
                }
            }
        }
    }
}

#[test]
fn no_choice_is_preferred_where_none_is_better() {
    // Walkers prefer what few others do.
    for planner in PLANNERS.into_iter().filter(|planner| *planner != PlannerKind::Fmc) {
        for noise in [Noise::White, Noise::Halton] {
            let tuning = Tuning { noise, ..Tuning::of(planner) };
            let config = PilotConfig { particles: 32, tuning, ..config(planner) };
            for count in [3, 5, 8] {
                // All futures cost the same.
                let model = Walk { weight: 0.0, ..Walk::of(count) };
                let mut pilot = Pilot::with_model(config.clone(), model).unwrap();
                let mut counts = vec![0u32; count];
                let rounds = 60 * count as u32;
                for seed in 0..rounds {
                    pilot.reset(seed.into());
                    counts[chosen(pilot.act(&[0.0; 2]).unwrap().action)] += 1;
                }
                // The 99.99% quantiles of the chi-square distribution with 2, 4 and 7 degrees of freedom.
                let most =
                    [18.42, 23.51, 29.88][[3, 5, 8].iter().position(|n| *n == count).unwrap()];
                let chi: f64 = counts.iter().map(|n| (f64::from(*n) - 60.0).powi(2) / 60.0).sum();
                assert!(chi < most, "{planner} {noise}: {counts:?}");
            }
        }
    }
}

#[test]
fn plans_follow_a_goal_that_moves_and_no_two_scores_become_equal() {
    for planner in [PlannerKind::Cem, PlannerKind::Mppi] {
        for weight in [0.1, 1.0, 10.0] {
            let mut model = Walk { weight, ..Walk::of(8) };
            let config = PilotConfig { horizon: 10, ..config(planner) };
            let mut pilot = Pilot::with_model(config, model).unwrap();
            let (mut state, mut away) = ([0.0f32; 2], 0.0);
            for decision in 0..150 {
                if decision % 15 == 0 {
                    let [x, y] = STEPS[decision / 15 % 8];
                    model.goal = [3.0 * x, 3.0 * y];
                    pilot.set_model(model).unwrap();
                }
                let action = pilot.act(&state.map(f64::from)).unwrap().action;
                let [u, v] = STEPS[chosen(action)];
                state = [state[0] + 0.5 * u, state[1] + 0.5 * v];
                let [x, y] = model.goal;
                if decision % 15 == 14 {
                    away += (state[0] - x).abs() + (state[1] - y).abs();
                }
                // The last step's are another's, or zeros.
                let plan = pilot.save().unwrap().carried.plan;
                for scores in plan.chunks(8).take(9) {
                    let highest = scores.iter().copied().fold(f64::MIN, f64::max);
                    let equal = scores.iter().filter(|score| **score == highest).count();
                    assert_eq!(equal, 1, "{planner}, {weight}: {scores:?} in decision {decision}");
                }
            }
            // A step or less at the end of each of ten legs of up to 12 steps.
            assert!(away <= 5.0, "{planner}, {weight}: {away}");
        }
    }
}

#[test]
fn futures_are_made_of_choices_and_all_of_them_are_tried() {
    let replacing = [PlannerKind::Smc, PlannerKind::Fmc];
    for planner in PLANNERS.into_iter().filter(|planner| !replacing.contains(planner)) {
        for count in [3, 4, 6] {
            let mut pilot = Pilot::with_model(config(planner), Walk::of(count)).unwrap();
            let futures = pilot.trajectories(&[0.0; 2]).unwrap();
            assert_eq!(futures.action_len, 2);
            let actions = futures.actions.as_chunks::<2>().0;
            let mut counts = vec![0; count];
            for (particle, actions) in actions.chunks(futures.horizon).enumerate() {
                let mut state = [0.0f32; 2];
                for (action, next) in actions.iter().zip(futures.future::<2>(particle)) {
                    let index = STEPS[..count].iter().position(|step| step == action);
                    counts[index.expect("a choice")] += 1;
                    state = [state[0] + action[0] * 0.5, state[1] + action[1] * 0.5];
                    assert_eq!(state, *next, "{planner}");
                }
            }
            let expected = (futures.particles * futures.horizon / count) as f64;
            for n in &counts {
                assert!((f64::from(*n) / expected - 1.0).abs() < 0.3, "{planner}: {counts:?}");
            }
        }
    }
}

#[test]
fn choices_change_between_decisions_and_batches_and_evaluations_have_them() {
    let config = |planner| PilotConfig { threads: 2, ..config(planner) };
    for planner in PLANNERS {
        let (state, away) = ([1.0, 0.0], [-1.0, 0.0]);
        let mut pilot = Pilot::with_model(config(planner), Walk::of(3)).unwrap();
        assert_eq!(chosen(pilot.act(&state).unwrap().action), 1);
        let saved = pilot.save().unwrap();
        // One more choice is the same pilot, five are another, as are two and a box.
        pilot.set_model(Walk { goal: [2.0, 1.0], ..Walk::of(4) }).unwrap();
        pilot.reset(1);
        assert!([0, 2].contains(&chosen(pilot.act(&state).unwrap().action)));
        for other in [0, 2, 5] {
            let refused = pilot.set_model(Walk::of(other));
            assert!(matches!(refused, Err(PilotError::Unsupported(_))), "{other} choices");
        }
        let mut boxed = Pilot::with_model(config(planner), Walk::of(0)).unwrap();
        assert!(matches!(boxed.set_model(Walk::of(2)), Err(PilotError::Unsupported(_))));
        pilot.set_model(Walk::of(3)).unwrap();
        pilot.load(&saved).unwrap();
        let mut other = Pilot::with_model(config(planner), Walk::of(3)).unwrap();
        other.act(&state).unwrap();
        assert_eq!(pilot.act(&away).unwrap(), other.act(&away).unwrap());

        let mut batch = PilotBatch::with_model(&config(planner), Walk::of(7), &[1, 2]).unwrap();
        let decisions = batch.act(&[state, away]).unwrap();
        let chosen: Vec<_> = decisions.iter().map(|d| chosen(d.action)).collect();
        // The ways straight back, or for walkers one that leads to the side as well.
        assert!(chosen == [1, 2] || planner == PlannerKind::Fmc && chosen == [6, 2], "{chosen:?}");

        let env = ModelEnvironment::new(Walk::of(8), [-2.0; 2], [2.0; 2]).unwrap();
        let evaluation = Evaluation::with_model(config(planner), Walk::of(8), env);
        let result = evaluation.episodes(8).steps(12).run().unwrap();
        // Who stays where he begins has -32 on average.
        assert!(result.mean_reward > -12.0, "{planner}: {}", result.mean_reward);
    }
}

/// Says that it has three choices.
#[derive(Clone, Copy)]
struct OfThree(Walk);

impl Model<2, 2> for OfThree {
    const KIND: Kind = Kind::Choices(3);

    fn actions(&self) -> Actions<2> {
        self.0.actions()
    }

    #[inline(always)]
    fn advance<R: Real>(&self, state: [R; 2], step: [R; 2]) -> [R; 2] {
        self.0.advance(state, step)
    }

    #[inline(always)]
    fn cost<R: Real>(&self, state: [R; 2], step: [R; 2]) -> R {
        self.0.cost(state, step)
    }
}

#[test]
fn a_model_of_a_known_kind_plans_as_it_would_and_is_held_to_it() {
    for planner in PLANNERS {
        let state = [1.0, -0.5];
        let of_three = OfThree(Walk::of(3));
        let mut known = Pilot::with_model(config(planner), of_three).unwrap();
        let mut other = Pilot::with_model(config(planner), Walk::of(3)).unwrap();
        assert_eq!(known.act(&state).unwrap(), other.act(&state).unwrap());
        let eight = OfThree(Walk::of(8));
        let refused = PilotError::Actions(BadActions::OtherKind(Kind::Choices(8)));
        assert_eq!(known.set_model(eight).unwrap_err(), refused);
        assert_eq!(Pilot::with_model(config(planner), eight).map(|_| ()).unwrap_err(), refused);
    }
}

#[test]
fn what_cannot_choose_says_so() {
    let nine = Walk { choices: &[[0.0; 2]; 9], ..Walk::of(3) };
    let error = Pilot::with_model(config(PlannerKind::Cem), nine).map(|_| ()).unwrap_err();
    assert_eq!(error, PilotError::Actions(BadActions::Choices(9)));
}
