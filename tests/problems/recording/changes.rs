//! Nothing can be changed unnoticed.

use super::*;

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
fn what_the_notes_should_say_can_be_objected_to() {
    let text = record(drone(PlannerKind::Cem));
    let (mut pilot, mut env) = drone(PlannerKind::Cem);
    let mut recording = Recording::read(text.as_bytes()).unwrap();
    recording.add_oddity("the notes are about a bicycle".into());
    let replay = Replay::of(&mut recording, &episode(), &mut pilot, &mut *env).unwrap();
    assert!(!replay.agrees);
    assert_eq!(replay.contradictions, ["the notes are about a bicycle"]);
}
