//! Recordings of any model, and their replays.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use particle_pilot::env::{
    Acrobot, EnvError, Environment, ModelEnvironment, Outcome, Pendulum, PendulumParameters,
    Physics, Push, PushedCartPole,
};
use particle_pilot::kernels::model::{Actions, Model};
use particle_pilot::kernels::problems;
use particle_pilot::kernels::real::Real;
use particle_pilot::recording::{Recorder, Recording, RecordingError, Replay, ReplayError};
use particle_pilot::{
    Action, CartPoleProblem, Decision, Device, Diagnostics, Ending, Episode, Pilot, PilotConfig,
    PilotError, PlannerKind,
};

/// A drone over a plain: where it is, and how high, moved by two motors.
#[derive(Clone, Copy)]
struct Drone;

impl Model<3, 2> for Drone {
    fn actions(&self) -> Actions<2> {
        Actions::within([-1.0, 0.0], [1.0, 2.0])
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [x, y, rise]: [R; 3], [along, up]: [R; 2]) -> [R; 3] {
        let rise = rise + (up - 1.0) * 0.1;
        [x + along * 0.1, y + rise * 0.1, rise]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [x, y, rise]: [R; 3], [along, _]: [R; 2]) -> R {
        x.square() + y.square() + rise.square() * 0.1 + along.square() * 0.01
    }
}

/// Soon beyond any number.
#[derive(Clone, Copy)]
struct Growth;

impl Model<1, 1> for Growth {
    fn actions(&self) -> Actions<1> {
        Actions::within([-1.0], [1.0])
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [x]: [R; 1], _: [R; 1]) -> [R; 1] {
        [x * 1e10]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [x]: [R; 1], _: [R; 1]) -> R {
        x.abs()
    }
}

const STEPS: u32 = 6;

fn config(planner: PlannerKind) -> PilotConfig {
    PilotConfig { particles: 32, horizon: 8, device: Device::Cpu, ..PilotConfig::of(planner) }
}

fn episode() -> Episode {
    Episode::new().seed(5).steps(STEPS)
}

/// A pilot and its world.
type Pair = (Pilot, Box<dyn Environment>);

fn drone(planner: PlannerKind) -> Pair {
    let env = ModelEnvironment::new(Drone, [-1.0; 3], [1.0; 3]).unwrap();
    (Pilot::with_model(config(planner), Drone).unwrap(), Box::new(env))
}

fn pendulum(planner: PlannerKind) -> Pair {
    let model = problems::Pendulum::default();
    (Pilot::with_model(config(planner), model).unwrap(), Box::new(Pendulum::default()))
}

fn acrobot(planner: PlannerKind) -> Pair {
    let model = problems::Acrobot::default();
    (Pilot::with_model(config(planner), model).unwrap(), Box::new(Acrobot::default()))
}

const PUSH: &str = "5:2:3";

fn cart(push: Option<&str>) -> PushedCartPole {
    let push: Option<Push> = push.map(|push| push.parse().unwrap());
    PushedCartPole::new(Physics::default(), push).unwrap()
}

fn cart_pole(planner: PlannerKind) -> Pair {
    let pilot = Pilot::new(config(planner), CartPoleProblem::default()).unwrap();
    (pilot, Box::new(cart(Some(PUSH))))
}

const PAIRS: [fn(PlannerKind) -> Pair; 4] = [drone, pendulum, acrobot, cart_pole];

/// The numbers of every step, by column but for the time, and of the final state.
type Seen = (Vec<Vec<f64>>, Vec<f64>);

fn record_and_see((mut pilot, mut env): Pair, episode: Episode) -> (String, Seen) {
    let mut recorder = Recorder::begin(Vec::new(), "some\n  notes: a\n", &pilot).unwrap();
    let mut rows = Vec::new();
    let result = episode.run_in_with(&mut pilot, &mut *env, |record| {
        recorder.step(record).unwrap();
        let mut row = vec![record.step.into()];
        row.extend(record.state);
        match record.action {
            Action::Discrete(index) => row.push(index.into()),
            Action::Continuous(control) => row.extend(control.iter()),
        }
        let d = record.diagnostics;
        row.extend([record.reward, d.best, d.mean, d.effective_samples, d.spread, d.dead_share]);
        rows.push(row);
        ControlFlow::Continue(())
    });
    let result = result.unwrap();
    let text = String::from_utf8(recorder.end(&result).unwrap()).unwrap();
    assert!(
        text.contains(&format!("\n# outcome: {}\n# digest: {}\n", result.ending, result.digest))
    );
    (text, (rows, result.final_state.unwrap()))
}

fn record(pair: Pair) -> String {
    record_and_see(pair, episode()).0
}

fn replay_of((mut pilot, mut env): Pair, text: &str) -> Result<Replay, ReplayError> {
    let mut recording = Recording::read(text.as_bytes())?;
    Replay::of(&mut recording, &episode(), &mut pilot, &mut *env)
}

/// The lines of a recording before the rows, the rows with the final one, and what comes after.
fn parts(text: &str) -> (Vec<&str>, Vec<&str>, Vec<&str>) {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|line| line.starts_with("step,")).unwrap() + 1;
    let last = lines.iter().position(|line| line.starts_with("# outcome")).unwrap();
    (lines[..first].to_vec(), lines[first..last].to_vec(), lines[last..].to_vec())
}

fn joined(parts: &[Vec<&str>]) -> String {
    parts.concat().join("\n") + "\n"
}

/// What differs and where, as `environment` and `planner` say it.
fn first_of(replay: &Replay) -> [Option<(u64, &str)>; 2] {
    [&replay.environment, &replay.planner].map(|check| {
        check.first_disagreement.as_ref().map(|first| (first.step, first.what.as_str()))
    })
}

#[test]
fn every_number_of_an_episode_is_written_and_read_back_to_the_last_bit() {
    let rest = "reward,decision_us,best,mean,ess,spread,dead_share";
    let columns = [
        "state_0,state_1,state_2,action_0,action_1",
        "state_0,state_1,action",
        "state_0,state_1,state_2,state_3,action",
        "x,x_dot,theta,theta_dot,action",
    ];
    for (pair, columns) in PAIRS.iter().zip(columns) {
        let (text, (seen, last)) = record_and_see(pair(PlannerKind::Cem), episode());
        let (head, rows, tail) = parts(&text);
        let header = format!("step,{columns},{rest}");
        assert_eq!(head, ["# particle-pilot trace 2", "# some", "#   notes: a", &header]);
        assert_eq!((rows.len(), tail.len()), (seen.len() + 1, 3));
        let bits = |row: &[f64]| row.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        let time = header.split(',').position(|name| name == "decision_us").unwrap();
        for (row, seen) in rows.iter().zip(&seen) {
            let mut numbers: Vec<f64> = row.split(',').map(|cell| cell.parse().unwrap()).collect();
            assert!(numbers.remove(time) > 0.0);
            assert_eq!(bits(&numbers), bits(seen), "{row}");
        }
        let cells: Vec<&str> =
            rows[seen.len()].split(',').filter(|cell| !cell.is_empty()).collect();
        let cells: Vec<f64> = cells.into_iter().map(|cell| cell.parse().unwrap()).collect();
        assert_eq!(bits(&cells[1..]), bits(&last));
        assert_eq!(cells[0], f64::from(STEPS));

        let mut recording = Recording::read(text.as_bytes()).unwrap();
        assert_eq!(recording.notes(), "some\n  notes: a\n");
        let names = [recording.state_names(), recording.action_names()].concat();
        assert_eq!(names.join(","), columns);
        for seen in &seen {
            let row = recording.row().unwrap().unwrap();
            let mut numbers = vec![f64::from(row.step)];
            numbers.extend(row.state.iter().chain(&row.action));
            numbers.extend([row.reward, row.best, row.mean, row.ess, row.spread, row.dead_share]);
            assert_eq!(bits(&numbers), bits(seen));
        }
        assert_eq!((recording.row().unwrap(), recording.row().unwrap()), (None, None));
        let end = recording.end();
        assert_eq!(end.last, Some((STEPS, last)));
        assert_eq!((end.outcome.as_deref().is_some(), &end.oddities[..]), (true, &[][..]));
    }
}

/// FNV-1a, 64 bits.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn the_last_line_is_the_hash_of_all_above() {
    let text = record(drone(PlannerKind::Mppi));
    let (above, last) = text.split_once("# lines: ").unwrap();
    assert_eq!(last, format!("{:016x}\n", fnv(above.as_bytes())));
}

#[test]
fn the_same_bits_come_again_for_every_planner_and_model() {
    for (planner, _) in PlannerKind::ALL {
        for pair in PAIRS {
            let text = record(pair(*planner));
            let replay = replay_of(pair(*planner), &text).unwrap();
            assert!(replay.agrees, "{planner}: {replay:?}");
            assert_eq!(first_of(&replay), [None, None]);
            assert_eq!(replay.steps, u64::from(STEPS));
            assert_eq!((replay.environment.agreeing, replay.planner.agreeing), (6, 6));
            assert_eq!(replay.outcome_recorded.as_deref(), Some(replay.outcome.name()));
            assert_eq!(replay.digest_recorded, Some(replay.digest));
        }
    }
}

#[test]
fn a_recording_of_other_editors_is_the_same() {
    let text = record(drone(PlannerKind::Cem));
    let edited = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert!(replay_of(drone(PlannerKind::Cem), &edited).unwrap().agrees);
}

/// Another number that is allowed there, the nearest.
fn nudged(cell: &str, name: &str, pair: usize) -> String {
    match name {
        "step" => (cell.parse::<u32>().unwrap() + 1).to_string(),
        "action" if pair >= 2 => u8::from(cell == "0").to_string(),
        _ => format!("{:?}", cell.parse::<f64>().unwrap().next_up()),
    }
}

#[test]
fn another_number_in_any_cell_is_noticed_and_named() {
    for (index, pair) in PAIRS.iter().enumerate() {
        let text = record(pair(PlannerKind::Cem));
        let (head, rows, tail) = parts(&text);
        let names: Vec<&str> = head.last().unwrap().split(',').collect();
        let cells = rows.iter().enumerate().flat_map(|(at, row)| {
            let filled = row.split(',').take_while(|cell| !cell.is_empty()).count();
            (0..filled).map(move |column| (at, column))
        });
        for (at, column) in cells {
            let name = names[column];
            let mut cells: Vec<String> = rows[at].split(',').map(str::to_owned).collect();
            cells[column] = nudged(&cells[column], name, index);
            let changed = cells.join(",");
            let mut rows = rows.clone();
            rows[at] = &changed;
            let replay =
                replay_of(pair(PlannerKind::Cem), &joined(&[head.clone(), rows, tail.clone()]));
            let replay = replay.unwrap();
            assert!(!replay.agrees, "{name}, row {at}");
            assert!(replay.contradictions.iter().any(|said| said.contains("lines were changed")));
            let [environment, planner] = first_of(&replay);
            let here = Some((at as u64, name));
            match name {
                "decision_us" => assert_eq!((environment, planner), (None, None)),
                "best" | "mean" | "ess" | "spread" | "dead_share" => {
                    assert_eq!((environment, planner), (None, here));
                }
                _ if name.starts_with("action") => assert_eq!(planner, here),
                _ => assert_eq!(environment, here),
            }
        }
    }
}

#[test]
fn a_row_left_out_added_or_cut_off_is_noticed_and_where() {
    let text = record(pendulum(PlannerKind::Mppi));
    let (head, rows, tail) = parts(&text);
    let replayed = |rows: Vec<&str>, tail: Vec<&str>| {
        let replay = replay_of(pendulum(PlannerKind::Mppi), &joined(&[head.clone(), rows, tail]));
        let replay = replay.unwrap();
        assert!(!replay.agrees);
        replay
    };
    for at in 0..STEPS as usize {
        let mut fewer = rows.clone();
        fewer.remove(at);
        let replay = replayed(fewer, tail.clone());
        assert_eq!(first_of(&replay)[0].unwrap().0, at as u64);
        assert_eq!(replay.steps, 5);
        let nothing = "`outcome` is `survived`, but nothing ends after 5 steps of 6".to_owned();
        assert!(replay.contradictions.contains(&nothing), "{replay:?}");
        let mut more = rows.clone();
        more.insert(at, rows[at]);
        let replay = replayed(more, tail.clone());
        assert_eq!(first_of(&replay)[0].unwrap().0, at as u64 + 1);
        let said = "it goes on after the end: after 6 steps, survived".to_owned();
        assert!(replay.contradictions.contains(&said), "{replay:?}");
    }
    let said = |replay: Replay| replay.contradictions.join("; ");
    let no_last = said(replayed(rows[..6].to_vec(), tail.clone()));
    assert_eq!(no_last, "lines were changed after they were written; the final state is missing");
    let cut = said(replayed(rows.clone(), Vec::new()));
    assert_eq!(cut, "`lines` is missing; `outcome` is missing");
    for (line, missing) in [(0, "`outcome` is missing"), (2, "`lines` is missing")] {
        let mut tail = tail.clone();
        tail.remove(line);
        assert!(said(replayed(rows.clone(), tail)).contains(missing));
    }
    let mut tail = tail.clone();
    tail.remove(1);
    assert_eq!(replayed(rows.clone(), tail).digest_recorded, None);
}

#[test]
fn a_text_that_is_cut_off_anywhere_is_noticed() {
    let text = record(drone(PlannerKind::Cem));
    let start = text.find("\n0,").unwrap() + 1;
    // Without the last line feed, nothing is missing.
    for length in (start..text.len() - 1).step_by(3) {
        let replay = replay_of(drone(PlannerKind::Cem), &text[..length]).unwrap();
        assert!(!replay.agrees && !replay.contradictions.is_empty(), "{length}: {replay:?}");
        assert_eq!(first_of(&replay), [None, None], "what is there is right");
    }
}

#[test]
fn another_pilot_disagrees_in_the_planner_only() {
    let still = || -> Box<dyn Environment> {
        Box::new(ModelEnvironment::new(Drone, [0.5; 3], [0.5; 3]).unwrap())
    };
    let pilot = |horizon| {
        let config = PilotConfig { horizon, ..config(PlannerKind::Cem) };
        Pilot::with_model(config, Drone).unwrap()
    };
    let text = record((pilot(8), still()));
    for (horizon, seed) in [(9, 5), (8, 6)] {
        let mut recording = Recording::read(text.as_bytes()).unwrap();
        let episode = episode().seed(seed);
        let replay =
            Replay::of(&mut recording, &episode, &mut pilot(horizon), &mut *still()).unwrap();
        let [environment, planner] = first_of(&replay);
        assert_eq!((environment, replay.environment.agreeing), (None, 6));
        assert!(!replay.agrees && planner.is_some_and(|(step, _)| step == 0), "{replay:?}");
        assert_eq!(replay.digest_recorded, Some(replay.digest));
    }
}

#[test]
fn another_environment_disagrees_in_the_environment_only() {
    let text = record(pendulum(PlannerKind::Cem));
    let (pilot, _) = pendulum(PlannerKind::Cem);
    let moon = Pendulum::new(PendulumParameters { g: 1.62 }).unwrap();
    let replay = replay_of((pilot, Box::new(moon)), &text).unwrap();
    assert_eq!(first_of(&replay), [Some((1, "state_0")), None]);
    assert_eq!((replay.planner.agreeing, replay.agrees), (6, false));

    let text = record(cart_pole(PlannerKind::Cem));
    let (pilot, _) = cart_pole(PlannerKind::Cem);
    let replay = replay_of((pilot, Box::new(cart(None))), &text).unwrap();
    let [environment, planner] = first_of(&replay);
    assert!(environment.is_some() && planner.is_none() && !replay.agrees, "{replay:?}");
}

/// The pushed cart, where every episode begins in one state.
struct Elsewhere(PushedCartPole);

impl Environment for Elsewhere {
    fn begin(&mut self, seed: u64) {
        self.0.begin(seed);
        self.0.start_from(&[0.5, 0.0, 0.05, 0.0]).unwrap();
    }

    fn state(&self) -> &[f64] {
        self.0.state()
    }

    fn apply(&mut self, action: Action) -> Result<Outcome, EnvError> {
        self.0.apply(action)
    }
}

#[test]
fn another_start_than_the_seeds_is_told_and_what_follows_is_checked_from_there() {
    let (pilot, _) = cart_pole(PlannerKind::Cem);
    let text = record((pilot, Box::new(Elsewhere(cart(Some(PUSH))))));
    let replay = replay_of(cart_pole(PlannerKind::Cem), &text).unwrap();
    assert_eq!(first_of(&replay), [Some((0, "x")), None]);
    assert_eq!((replay.environment.agreeing, replay.agrees), (5, false));
    assert_eq!(replay.contradictions, [""; 0]);

    // This one can begin nowhere else.
    let (pilot, _) = cart_pole(PlannerKind::Cem);
    let text = record(cart_pole(PlannerKind::Cem));
    let replay = replay_of((pilot, Box::new(Elsewhere(cart(Some(PUSH))))), &text).unwrap();
    assert_eq!((replay.environment.agreeing, replay.planner.agreeing), (0, 6));
    let said = "it cannot be followed from its start: the environment begins in its seed's first state only, not [";
    assert!(replay.contradictions[0].starts_with(said), "{replay:?}");
}

#[test]
fn environments_start_from_what_a_recording_can_begin_with() {
    let single = f64::from(0.1f32);
    let mut model = ModelEnvironment::new(Drone, [-1.0; 3], [1.0; 3]).unwrap();
    model.begin(1);
    let before = model.state().to_vec();
    for refused in [&[0.1, 0.0, 0.0][..], &[0.0, f64::NAN, 0.0], &[f64::INFINITY; 3], &[0.0; 2]] {
        let error = model.start_from(refused).unwrap_err();
        assert!(matches!(error, EnvError::OtherState { .. }), "{error}");
        assert_eq!(model.state(), before);
    }
    model.start_from(&[single, -0.0, 3.0]).unwrap();
    assert!(model.state()[1].is_sign_negative() && model.state()[0] == single);
    let mut cart = cart(None);
    cart.begin(1);
    assert!(cart.start_from(&[0.0; 3]).is_err() && cart.start_from(&[f64::NAN; 4]).is_err());
    assert!(cart.start_from(&[0.25; 4]).is_ok() && cart.state() == [0.25; 4]);
    let mut pendulum = Pendulum::default();
    assert!(pendulum.start_from(&[0.0, 9.0]).is_err() && pendulum.start_from(&[9.0, 0.0]).is_ok());
}

#[test]
fn a_recording_of_another_model_is_refused_in_words() {
    let text = record(pendulum(PlannerKind::Cem));
    for (pair, columns) in
        [(drone as fn(_) -> _, "state_2,action_0,action_1"), (cart_pole, "theta")]
    {
        let error = replay_of(pair(PlannerKind::Cem), &text).unwrap_err();
        assert!(matches!(error, ReplayError::Recording(RecordingError::Columns { .. })));
        let said = error.to_string();
        assert!(said.starts_with("its columns are not step,") && said.contains(columns), "{said}");
    }
    // The environment, too, has to be the model's.
    let (pilot, _) = pendulum(PlannerKind::Cem);
    let error = replay_of((pilot, Box::new(Acrobot::default())), &text).unwrap_err();
    let length = PilotError::StateLength { given: 4, required: 2 };
    assert!(matches!(error, ReplayError::Pilot(error) if error == length));
}

#[test]
fn an_action_that_is_none_is_refused_in_words() {
    for (pair, column, cell, reason) in [
        (
            acrobot as fn(_) -> Pair,
            5,
            "3",
            "the environment takes the index of one of 3 choices, not 3",
        ),
        (acrobot, 5, "1.5", "step 2 has action 1.5, not discrete"),
        (acrobot, 5, "-1", "step 2 has action -1, not discrete"),
        (acrobot, 5, "1e300", "not discrete"),
        (drone, 4, "NaN", "step 2 has action NaN, "),
        (drone, 5, "inf", "not continuous"),
        (drone, 5, "up", "`action_1` is `up`, which is no number"),
    ] {
        let text = record(pair(PlannerKind::Cem));
        let (head, mut rows, tail) = parts(&text);
        let mut cells: Vec<&str> = rows[2].split(',').collect();
        cells[column] = cell;
        let changed = cells.join(",");
        rows[2] = &changed;
        let error = replay_of(pair(PlannerKind::Cem), &joined(&[head, rows, tail])).unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with("line 7: ") && said.contains(reason), "{said}");
    }
}

#[test]
fn what_is_no_recording_is_refused_with_the_line() {
    let good = record(drone(PlannerKind::Cem));
    let read = |text: &str| -> String {
        let mut recording = match Recording::read(text.as_bytes()) {
            Ok(recording) => recording,
            Err(error) => return error.to_string(),
        };
        loop {
            match recording.row() {
                Ok(Some(_)) => {}
                Ok(None) => return "it is read".into(),
                Err(error) => return error.to_string(),
            }
        }
    };
    assert_eq!(read(&good), "it is read");
    for (text, said) in [
        (String::new(), "it does not begin with `# particle-pilot trace 2`"),
        ("# particle-pilot trace 2\n".into(), "line 1: its columns are not `step`"),
        (good.replace("trace 2", "trace 3"), "it is of format 3, this version reads 2"),
        (good.replace("action_1", "action_2"), "line 4: its columns are not `step`"),
        (good.replace("\n1,", "\n1,1,"), "line 6: a step has 13 values, this line has 14"),
        (good.replace("\n1,", "\none,"), "line 6: `step` is `one`, which is no step"),
        (good.replace("\n1,", "\n-1,"), "line 6: `step` is `-1`, which is no step"),
        (good.replace("# outcome", "6,0,0,0,,,,,,,,,\n# outcome"), "line 12: nothing comes after"),
    ] {
        assert!(read(&text).starts_with(said), "{} is not {said}", read(&text));
    }
    let error = Recording::read(&b"# particle-pilot trace 2\n\xff\n"[..]).err().unwrap();
    assert_eq!(error.to_string(), "line 2: it is not text");
}

#[test]
fn a_final_state_that_is_no_number_comes_again() {
    let pair = || -> Pair {
        let env = ModelEnvironment::new(Growth, [1.0], [1.0]).unwrap();
        (Pilot::with_model(config(PlannerKind::Mppi), Growth).unwrap(), Box::new(env))
    };
    let text = record(pair());
    assert!(text.contains("\n4,inf,,,,,,,,\n# outcome: failed\n"), "{text}");
    let replay = replay_of(pair(), &text).unwrap();
    assert!(replay.agrees && replay.outcome == Ending::Failed, "{replay:?}");
}

#[test]
fn statistics_that_are_no_numbers_and_notes_that_look_like_an_end_are_read_back() {
    let (pilot, mut env) = pendulum(PlannerKind::Cem);
    let notes = "lines: 3\n\noutcome: x\n# digest";
    let mut recorder = Recorder::begin(Vec::new(), notes, &pilot).unwrap();
    let diagnostics = Diagnostics {
        best: f64::NAN,
        mean: f64::INFINITY,
        spread: -0.0,
        effective_samples: 1e-300,
        ..Diagnostics::default()
    };
    let decide =
        |_: &[f64]| Ok(Decision { action: Action::Continuous([-0.0].into()), diagnostics });
    let result = episode().run_by(&mut *env, decide, |record| {
        recorder.step(record).unwrap();
        ControlFlow::Continue(())
    });
    let text = recorder.end(&result.unwrap()).unwrap();
    let mut recording = Recording::read(&text[..]).unwrap();
    assert_eq!(recording.notes(), format!("{notes}\n"));
    let row = recording.row().unwrap().unwrap();
    assert!(row.best.is_nan() && row.mean == f64::INFINITY && row.ess == 1e-300);
    assert!(row.spread.is_sign_negative() && row.action[0].is_sign_negative());
    while recording.row().unwrap().is_some() {}
    assert_eq!(recording.end().oddities, [""; 0]);
}

#[test]
fn a_replay_can_be_ended_before_the_recording_is() {
    let text = record(drone(PlannerKind::Cem));
    let replayed = |stop_after: u32, flag: bool| {
        let (mut pilot, mut env) = drone(PlannerKind::Cem);
        pilot.set_interrupt(Arc::new(AtomicBool::new(flag)));
        let mut recording = Recording::read(text.as_bytes()).unwrap();
        let observe = |row: &particle_pilot::recording::Row| match row.step + 1 == stop_after {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        Replay::of_with(&mut recording, &episode(), &mut pilot, &mut *env, observe).unwrap()
    };
    for (stop_after, flag, steps) in [(3, false, 3), (99, true, 0)] {
        let replay = replayed(stop_after, flag);
        assert_eq!((replay.interrupted, replay.agrees, replay.steps), (true, false, steps));
        assert_eq!((first_of(&replay), &replay.contradictions[..]), ([None, None], &[][..]));
    }
    let replay = replayed(6, false);
    assert!(replay.agrees && !replay.interrupted, "there was nothing left to end");
}

#[test]
fn what_the_notes_should_say_can_be_objected_to() {
    let text = record(drone(PlannerKind::Cem));
    let (mut pilot, mut env) = drone(PlannerKind::Cem);
    let mut recording = Recording::read(text.as_bytes()).unwrap();
    recording.add_oddity("the notes are about a bicycle".into());
    let replay = Replay::of(&mut recording, &episode(), &mut pilot, &mut *env).unwrap();
    assert!(!replay.agrees);
    assert_eq!(replay.contradictions, ["the notes are about a bicycle"]);
}

#[test]
fn steps_of_another_pilot_and_failing_outputs_are_errors() {
    let (pilot, _) = drone(PlannerKind::Cem);
    let mut recorder = Recorder::begin(Vec::new(), "", &pilot).unwrap();
    let (mut other, mut env) = pendulum(PlannerKind::Cem);
    let mut refused = None;
    let result = episode().run_in_with(&mut other, &mut *env, |record| {
        refused = recorder.step(record).err();
        ControlFlow::Break(())
    });
    let refused = refused.unwrap();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    let said = "a state of 2 and an action of 1 numbers do not belong in a recording of 3 and 2";
    assert_eq!(refused.to_string(), said);
    let refused = recorder.end(&result.unwrap()).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    let mut none = [0u8; 0];
    assert!(Recorder::begin(&mut none[..], "", &pilot).is_err());
}

#[test]
fn pushes_are_the_environments() {
    let text = record(cart_pole(PlannerKind::Cem));
    let (mut pilot, mut env) = cart_pole(PlannerKind::Cem);
    let mut recording = Recording::read(text.as_bytes()).unwrap();
    let episode = episode().push(Some(PUSH.parse().unwrap()));
    let error = Replay::of(&mut recording, &episode, &mut pilot, &mut *env).unwrap_err();
    assert!(matches!(error, ReplayError::Pilot(PilotError::Unsupported(_))), "{error}");
}
