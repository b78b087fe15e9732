//! References along the horizon: against models that know the time instead, and what may be given.

mod following;

use following::{Balloon, actions, kind, path};
use particle_pilot::kernels::model::{Actions, Kind, Model};
use particle_pilot::kernels::real::Real;
use particle_pilot::{
    CartPoleProblem, Decision, Device, GivenError, Pilot, PilotBatch, PilotConfig, PilotError,
    PlannerKind, Simd, Tuning,
};

/// The same balloon, for which the time tells what is ahead: place and time.
#[derive(Clone, Copy)]
pub struct Timed<const CHOICES: usize>;

impl<const CHOICES: usize> Timed<CHOICES> {
    #[inline(always)]
    fn off<R: Real>([place, time]: [R; 2]) -> R {
        place - (time.constant(0.5) - time * 0.0625)
    }

    #[inline(always)]
    fn wind<R: Real>(time: R) -> R {
        time * 0.25 - 1.0
    }
}

impl<const CHOICES: usize> Model<2, 1> for Timed<CHOICES> {
    const KIND: Kind = kind(CHOICES);

    fn actions(&self) -> Actions<1> {
        actions(CHOICES)
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [place, time]: [R; 2], [push]: [R; 1]) -> [R; 2] {
        [place + push * 0.25 + Self::wind(time) * 0.125, time + 1.0]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, state: [R; 2], [push]: [R; 1]) -> R {
        Self::off(state).square() + Self::wind(state[1]).abs() * 0.125 + push.square() * 0.01
    }

    #[inline(always)]
    fn final_cost<R: Real>(&self, state: [R; 2]) -> R {
        Self::off(state).square() * 3.0
    }

    #[inline(always)]
    fn goes_on<R: Real>(&self, state: [R; 2]) -> R::Mask {
        Self::off(state).abs().lt(0.75)
    }

    fn end_cost(&self) -> f32 {
        1.25
    }
}

const HORIZON: u32 = 12;
const ROWS: u32 = HORIZON + 1;

fn config(planner: PlannerKind) -> PilotConfig {
    let tuning = Tuning { iterations: 2, ..Tuning::of(planner) };
    let (particles, device) = (301, Device::Cpu);
    PilotConfig { particles, horizon: HORIZON, device, tuning, ..PilotConfig::of(planner) }
}

fn planners() -> impl Iterator<Item = PlannerKind> {
    PlannerKind::ALL.iter().map(|(planner, _)| *planner)
}

const PLACES: [f64; 5] = [0.4, 0.35, 0.5, 0.1, 0.2];

/// What a pilot decides that follows the path, one step of it after the other.
fn following<T: Model<1, 1>>(config: &PilotConfig, model: T) -> Vec<Decision> {
    let mut pilot = Pilot::with_model(config.clone(), model).unwrap();
    let decide = |(time, place): (u32, &f64)| {
        pilot.set_reference(&path(time, ROWS)).unwrap();
        pilot.act(&[*place]).unwrap()
    };
    (0..).zip(&PLACES).map(decide).collect()
}

fn knowing_the_time<T: Model<2, 1>>(config: &PilotConfig, model: T) -> Vec<Decision> {
    let mut pilot = Pilot::with_model(config.clone(), model).unwrap();
    let decide = |(time, place): (u32, &f64)| pilot.act(&[*place, f64::from(time)]).unwrap();
    (0..).zip(&PLACES).map(decide).collect()
}

#[test]
fn following_a_reference_is_knowing_what_the_time_will_bring_for_every_planner() {
    for planner in planners() {
        let config = config(planner);
        let decisions = following(&config, Balloon::<0>);
        assert_eq!(decisions, knowing_the_time(&config, Timed::<0>), "{planner}");
        let dead = decisions.iter().filter(|d| d.diagnostics.dead_share > 0.0).count();
        assert!(dead > 0, "{planner}: some futures leave the corridor");
        assert!(decisions.iter().any(|d| d.diagnostics.dead_share < 1.0), "{planner}");
        let decisions = following(&config, Balloon::<2>);
        assert_eq!(decisions, knowing_the_time(&config, Timed::<2>), "{planner}, choices");
    }
}

#[test]
fn recorded_futures_are_those_of_the_reference() {
    for planner in [
        PlannerKind::RandomShooting,
        PlannerKind::Cem,
        PlannerKind::Mppi,
        PlannerKind::PredictiveSampling,
        PlannerKind::Icem,
    ] {
        let mut one = Pilot::with_model(config(planner), Balloon::<0>).unwrap();
        let mut other = Pilot::with_model(config(planner), Timed::<0>).unwrap();
        one.set_reference(&path(3, ROWS)).unwrap();
        let (a, b) = (one.trajectories(&[0.3]).unwrap(), other.trajectories(&[0.3, 3.0]).unwrap());
        assert_eq!((a.costs, a.lifetimes), (b.costs, b.lifetimes), "{planner}");
        let places: Vec<f32> =
            b.states.as_chunks::<2>().0.iter().map(|[place, _]| *place).collect();
        assert_eq!(a.states, places, "{planner}");
    }
}

/// All decisions of all planners in a line each.
fn all_decisions() -> String {
    let line = |planner| {
        let config = config(planner);
        format!("{:?} {:?}\n", following(&config, Balloon::<0>), following(&config, Balloon::<2>))
    };
    planners().map(line).collect()
}

/// Not a test: what the processes do that the next one starts.
#[test]
#[ignore = "prints what another test compares"]
fn print_decisions() {
    print!("\nBEGIN\n{}END\n", all_decisions());
}

#[test]
fn vector_instructions_change_no_decision_with_a_reference() {
    let own = all_decisions();
    for simd in Simd::available() {
        let variables = [(Simd::VARIABLE, simd.name())];
        assert_eq!(test_support::start_again("print_decisions", &variables)(), own, "{simd}");
    }
}

#[test]
fn a_reference_stays_until_another_is_given_and_keeps_the_plan() {
    for planner in planners() {
        let pilot = || Pilot::with_model(config(planner), Balloon::<0>).unwrap();
        let (mut once, mut often) = (pilot(), pilot());
        once.set_reference(&path(0, ROWS)).unwrap();
        for seed in [0, 1] {
            for place in PLACES {
                often.set_reference(&path(9, ROWS)).unwrap();
                often.set_reference(&path(0, ROWS)).unwrap();
                assert_eq!(often.act(&[place]).unwrap(), once.act(&[place]).unwrap(), "{planner}");
            }
            once.reset(seed);
            often.reset(seed);
        }
        // Another reference is another decision; one that is refused changes nothing.
        let saved = once.save().unwrap();
        let decision = once.act(&[0.4]).unwrap();
        once.load(&saved).unwrap();
        once.set_reference(&path(0, ROWS - 1)).unwrap_err();
        assert_eq!(once.act(&[0.4]).unwrap(), decision, "{planner}");
        once.load(&saved).unwrap();
        once.set_reference(&path(2, ROWS)).unwrap();
        assert_ne!(once.act(&[0.4]).unwrap(), decision, "{planner}");
    }
}

#[test]
fn what_cannot_be_a_reference_is_refused_in_words() {
    let given = |result: Result<_, PilotError>| match result.map(|_: ()| ()) {
        Err(PilotError::Given(error)) => error,
        other => panic!("{other:?}"),
    };
    let mut pilot = Pilot::with_model(config(PlannerKind::Mppi), Balloon::<0>).unwrap();
    let (rows, numbers) = (13, 2);
    let error = given(pilot.act(&[0.4]).map(|_| ()));
    assert_eq!(error, GivenError::ReferenceMissing { rows, numbers });
    assert!(error.to_string().contains("13 rows of 2 numbers"), "{error}");
    assert!(pilot.trajectories(&[0.4]).is_err());
    let error = given(pilot.set_reference(&[0.0; 25]));
    assert_eq!(error, GivenError::ReferenceLength { given: 25, rows, numbers });
    assert!(error.to_string().contains("26 in all, this one has 25"), "{error}");
    let mut reference = path(0, ROWS);
    reference[7] = f32::INFINITY;
    let (row, number, value) = (3, 1, f32::INFINITY);
    let error = given(pilot.set_reference(&reference));
    assert_eq!(error, GivenError::ReferenceNotFinite { row, number, value });
    assert!(pilot.act(&[0.4]).is_err(), "none was given yet");
    let mut timed = Pilot::with_model(config(PlannerKind::Mppi), Timed::<0>).unwrap();
    assert_eq!(given(timed.set_reference(&[])), GivenError::NoSuchReference);
    assert!(timed.act(&[0.4, 0.0]).is_ok());
    let mut cart_pole = Pilot::new(PilotConfig::default(), CartPoleProblem::default()).unwrap();
    assert_eq!(given(cart_pole.set_reference(&[])), GivenError::NoSuchReference);
}

#[test]
fn a_batch_follows_a_reference_each() {
    let (seeds, states) = ([4, 9, 9], [[0.4], [0.2], [0.1]]);
    for planner in planners() {
        let config = config(planner);
        let mut batch = PilotBatch::with_model(&config, Balloon::<0>, &seeds).unwrap();
        let error = batch.act(&states).unwrap_err();
        assert!(matches!(error, PilotError::Row { row: 0, .. }), "{error}");
        let mut pilots = seeds.map(|seed| {
            Pilot::with_model(PilotConfig { seed, ..config.clone() }, Balloon::<0>).unwrap()
        });
        for step in 0..3 {
            let references = [step, step + 2, step + 4].map(|time| path(time, ROWS));
            batch.set_references(&references).unwrap();
            let error = batch.set_references(&references[..2]).unwrap_err();
            let expected = GivenError::References { given: 2, required: 3 };
            assert_eq!(error, PilotError::Given(expected));
            let mut short = references.clone();
            short[0] = path(9, ROWS);
            short[1].pop();
            let error = batch.set_references(&short).unwrap_err();
            assert!(matches!(error, PilotError::Row { row: 1, .. }), "{error}");
            let decisions = batch.act(&states).unwrap();
            for (row, pilot) in pilots.iter_mut().enumerate() {
                pilot.set_reference(&references[row]).unwrap();
                assert_eq!(pilot.act(&states[row]).unwrap(), decisions[row], "{planner}");
            }
        }
    }
}
