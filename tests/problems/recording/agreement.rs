//! What is written, and that it comes again.

use super::*;

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
