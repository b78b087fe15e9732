//! What is refused, and in which words.

use super::*;

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
