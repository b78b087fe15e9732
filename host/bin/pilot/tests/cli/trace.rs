//! Traces and `pilot replay`.

use super::*;

const HEADER: &str =
    "step,x,x_dot,theta,theta_dot,action,reward,decision_us,best,mean,ess,spread,dead_share";

/// The rows of a trace, the final state among them.
fn rows(path: &Path) -> Vec<csv::StringRecord> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(path).unwrap();
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>().join(","), HEADER);
    reader.records().collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_trace_is_csv_with_one_line_for_every_step_and_one_for_the_final_state() {
    let folder = folder();
    let path = trace_in(&folder, &[]);
    assert_eq!(names_in(&folder), ["trace.csv"]);
    let rows = rows(&path);
    assert_eq!(rows.len(), 31);
    for (step, row) in rows.iter().enumerate() {
        assert_eq!(row[0], step.to_string());
        let known = if step < 30 { HEADER.split(',').count() } else { 5 };
        for (index, value) in row.iter().enumerate() {
            assert_eq!(value.parse::<f64>().is_ok(), index < known, "{step}: {row:?}");
        }
        assert!(["0", "1", ""].contains(&&row[5]));
    }
}

/// Planners this bad lose the pole and the track soon; each where it cannot lose the other.
const FALLS: [&str; 10] =
    ["-p", "random-shooting", "-k", "2", "-n", "5000", "-s", "2", "--x-limit", "inf"];
const LEAVES: [&str; 10] = [
    "-p",
    "random-shooting",
    "-k",
    "2",
    "-n",
    "5000",
    "--x-limit",
    "0.1",
    "--theta-limit-deg",
    "inf",
];

/// The trace of an episode that fails, and its report as JSON.
fn failure_in(folder: &TempDir, arguments: &[&str]) -> (PathBuf, Value) {
    let path = folder.path().join("failure.csv");
    let output = run(&[arguments, &["--json", "-", "--trace", text_of(&path)]].concat());
    assert_code(&output, 0);
    (path, json(&output))
}

#[test]
fn the_state_in_which_an_episode_failed_is_recorded_and_beyond_its_limit() {
    for (arguments, ending, column, limit) in
        [(FALLS, "fell", 3, 12f64.to_radians()), (LEAVES, "left-track", 1, 0.1)]
    {
        let folder = folder();
        let (path, report) = failure_in(&folder, &arguments);
        assert_eq!(report["ending"], ending);
        let rows = rows(&path);
        let (last, before) = (rows.last().unwrap(), &rows[rows.len() - 2]);
        let value = |row: &csv::StringRecord| row[column].parse::<f64>().unwrap().abs();
        assert!(value(last) > limit && value(before) <= limit, "{last:?} {before:?}");
        for (index, number) in report["final_state"].as_array().unwrap().iter().enumerate() {
            assert_eq!(number.as_f64(), last[index + 1].parse().ok());
        }
        assert_eq!(last[0], report["steps"].to_string());
        assert!(fs::read_to_string(&path).unwrap().contains(&format!("\n# outcome: {ending}\n")));
        let replay = run(&["replay", text_of(&path)]);
        assert_code(&replay, 0);
        assert!(stdout(&replay).contains(ending), "{}", stdout(&replay));
    }
}

#[test]
fn every_planner_and_problem_can_be_replayed_anywhere() {
    for arguments in [
        &["-p", "random-shooting"][..],
        &["-p", "cem", "--push", "5:2:10"],
        &["-p", "mppi", "--action", "continuous", "--x-limit", "inf"],
        &["-p", "smc", "--theta-limit-deg", "40", "--integrator", "semi-implicit-euler"],
        &["-p", "fmc", "--seed", "18446744073709551615"],
    ] {
        let folder = folder();
        let path = trace_in(&folder, arguments);
        let output = pilot()
            .args(["replay", text_of(&path), "--json", "-", "--threads", "1"])
            .env("PILOT_SIMD", "scalar")
            .output()
            .unwrap();
        assert_code(&output, 0);
        let object = json(&output);
        assert_eq!((&object["agrees"], &object["steps"]), (&true.into(), &30.into()));
        assert_eq!(object["digest"], object["digest_recorded"]);
    }
}

/// Replaces a field in a row of the trace.
fn tamper(path: &Path, step: usize, column: &str, change: impl Fn(&str) -> String) {
    let text = fs::read_to_string(path).unwrap();
    let column = HEADER.split(',').position(|name| name == column).unwrap();
    let start = format!("{step},");
    let lines = text.lines().map(|line| {
        if !line.starts_with(&start) {
            return line.to_owned();
        }
        let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        fields[column] = change(&fields[column]);
        fields.join(",")
    });
    let text: Vec<String> = lines.collect();
    fs::write(path, text.join("\n")).unwrap();
}

#[test]
fn what_was_tampered_with_is_named() {
    let flipped = |text: &str| if text == "0" { "1" } else { "0" }.to_owned();
    let nudged =
        |text: &str| f64::from_bits(text.parse::<f64>().unwrap().to_bits() ^ 1).to_string();
    type Change = dyn Fn(&str) -> String;
    let cases: [(&str, &Change, &str); 4] = [
        ("x", &nudged, "first at step 12: x was"),
        ("theta_dot", &nudged, "first at step 12: theta_dot was"),
        ("action", &flipped, "first at step 12: action was"),
        ("mean", &nudged, "first at step 12: mean was"),
    ];
    for (column, change, needle) in cases {
        let folder = folder();
        let path = trace_in(&folder, &[]);
        tamper(&path, 12, column, change);
        let output = run(&["replay", text_of(&path)]);
        assert_code(&output, 1);
        let text = stdout(&output);
        assert!(text.contains("differ") && text.contains(needle), "{text}");
        let object = json(&run(&["replay", text_of(&path), "--json", "-"]));
        assert_eq!(object["agrees"], false);
    }
}

/// The text of a short trace.
fn good_trace(arguments: &[&str]) -> String {
    let folder = folder();
    fs::read_to_string(trace_in(&folder, arguments)).unwrap()
}

/// Changes the text of a trace, replays it, and returns what is said and the report.
fn replay_changed(trace: &str, change: impl Fn(&str) -> String) -> (String, Value) {
    let folder = folder();
    let path = folder.path().join("changed.csv");
    let changed = change(trace);
    assert_ne!(changed, trace);
    fs::write(&path, changed).unwrap();
    let output = run(&["replay", text_of(&path)]);
    assert_code(&output, 1);
    let report = json(&run(&["replay", text_of(&path), "--json", "-"]));
    assert_eq!(report["agrees"], false);
    (stdout(&output), report)
}

#[test]
fn another_seed_another_end_or_none_is_noticed() {
    let good = good_trace(&[]);
    for (from, to, needle) in [
        ("# seed = 0", "# seed = 1", "first at step 0"),
        ("# seed = 0\n", "", "`seed` is missing"),
        (
            "# steps = 30",
            "# steps = 50",
            "`outcome` is `survived`, but nothing ends after 30 steps",
        ),
        ("# steps = 30", "# steps = 5", "it goes on after the end: after 5 steps, survived"),
        ("# outcome: survived", "# outcome: fell", "`outcome` was `fell`, now survived"),
        ("# outcome: survived", "# outcome: banana", "`outcome` was `banana`"),
        ("# outcome: survived\n", "", "`outcome` is missing"),
        ("# outcome: survived\n", "# outcome: survived\n# outcome: fell\n", "twice"),
        ("# digest: ", "# ", "the end of the trace is cut off"),
        ("# digest: ", "# digest: 0123456789abcdef\n# digest: ", "`digest` is there twice"),
        ("\n29,", "\n# 29,", "digest       was"),
        ("\n30,", "\n# 30,", "the final state is missing"),
        ("\n30,", "\n31,", "first at step 30: step was 31.0, now 30.0"),
        ("\n# outcome", "\n# hello\n# outcome", "does not belong there: # hello"),
    ] {
        let (text, _) = replay_changed(&good, |text| text.replacen(from, to, 1));
        assert!(text.contains("differ") && text.contains(needle), "{to}: {text}");
    }
}

#[test]
fn no_line_can_be_left_out_changed_or_doubled_unnoticed() {
    let good = good_trace(&["-n", "5", "-p", "random-shooting"]);
    let lines: Vec<&str> = good.lines().collect();
    let is_header = |line: &&&str| line.starts_with("# ") && !line.starts_with("# particle-pilot");
    for line in lines.iter().filter(is_header) {
        let key = line[2..].split([' ', ':']).next().unwrap();
        let (_, report) = replay_changed(&good, |text| text.replacen(&format!("{line}\n"), "", 1));
        let said = report["contradictions"].to_string() + &report["digest_recorded"].to_string();
        assert!(
            said.contains(&format!("`{key}` is missing")) || said.contains("null"),
            "{line}: {said}"
        );
    }
    // What makes no difference to the steps is still not what was written.
    for (from, to) in [("# balance = 1", "# balance = 3"), ("# threads = 0", "# threads = 1")] {
        let (text, _) = replay_changed(&good, |text| text.replacen(from, to, 1));
        assert!(text.contains("lines were changed after they were written"), "{text}");
    }
    let (text, _) = replay_changed(&good, |text| {
        let row = text.lines().find(|line| line.starts_with("2,")).unwrap();
        let mut fields: Vec<&str> = row.split(',').collect();
        fields[7] = "12345.678"; // decision_us
        text.replacen(row, &fields.join(","), 1)
    });
    assert!(text.contains("5 of 5 steps agree") && text.contains("lines were changed"), "{text}");
}

#[test]
fn an_edited_final_state_is_noticed() {
    let folder = folder();
    let (path, report) = failure_in(&folder, &FALLS);
    let last = report["steps"].as_u64().unwrap() as usize;
    tamper(&path, last, "theta", |text| text.replacen('0', "1", 1));
    let text = stdout(&run(&["replay", text_of(&path)]));
    assert!(text.contains(&format!("first at step {last}: theta was")), "{text}");
}

#[test]
fn a_trace_that_was_cut_is_checked_as_far_as_it_goes() {
    let good = good_trace(&[]);
    let row = good.find("\n20,").unwrap() + 1;
    for (length, needle) in [(row, "20 of 20 steps agree"), (row + 15, "is cut off")] {
        let (text, report) = replay_changed(&good, |text| text[..length].to_owned());
        assert!(text.contains(needle) && text.contains("end of the trace is cut off"), "{text}");
        assert_eq!((&report["steps"], &report["outcome_recorded"]), (&20.into(), &Value::Null));
    }
}

#[test]
fn traces_of_other_editors_and_from_standard_input_are_read() {
    let folder = folder();
    let path = trace_in(&folder, &[]);
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, "\u{feff}".to_owned() + &good.replace('\n', "\r\n")).unwrap();
    assert_code(&run(&["replay", text_of(&path)]), 0);
    let piped = pilot()
        .args(["replay", "-"])
        .stdin(fs::File::open(&path).unwrap())
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    assert_code(&piped, 0);
    assert!(stdout(&piped).contains("every bit agrees: 30 steps, survived"), "{}", stdout(&piped));
}

#[test]
fn what_is_no_trace_is_refused() {
    let folder = folder();
    let path = folder.path().join("no.csv");
    let good = fs::read_to_string(trace_in(&folder, &[])).unwrap();
    let no_number = |column: usize| {
        let row = good.lines().find(|line| line.starts_with("7,")).unwrap();
        let mut fields: Vec<&str> = row.split(',').collect();
        fields[column] = "NaN";
        good.replace(row, &fields.join(","))
    };
    for (text, needle) in [
        (String::new(), "it does not begin with `# particle-pilot trace 2`"),
        ("hello\n".into(), "it does not begin"),
        ("\u{0}\u{1}".repeat(100), "it does not begin"),
        (good.replace("x_dot,theta,", "theta,x_dot,"), "columns"),
        (good.replace("# planner = \"", "# planner = \"x"), "there is no planner"),
        (good.replace("# particles = 64", "# particles = 0"), "--particles is 0"),
        (good.replace("# seed = 0", "# seed = 0\n# seed = 0"), "duplicate key"),
        (good.replace("\n7,", "\nseven,"), "`step` is `seven`"),
        (good.replace("\n7,", "\n7,7,"), "a step has 13 values, this line has 14"),
        (good.replace("\n30,", "\n30,0,0,0,0,,,,,,,,\n30,"), "nothing comes after the final state"),
        (no_number(1), "`x` is NaN; states are finite"),
        (no_number(5), "step 7 has action NaN, not discrete"),
    ] {
        fs::write(&path, &text).unwrap();
        let name = text_of(&path);
        assert_usage_error(&run(&["replay", name]), &["no trace", needle, name]);
    }
    fs::write(&path, b"# particle-pilot trace 2\n\xff\xfe\n").unwrap();
    assert_usage_error(&run(&["replay", text_of(&path)]), &["no trace", "not text"]);
    for other in ["1", "3"] {
        fs::write(&path, good.replace("trace 2", &format!("trace {other}"))).unwrap();
        let needle = format!("trace of format {other}, this program reads 2");
        assert_usage_error(&run(&["replay", text_of(&path)]), &[&needle]);
    }
    assert_usage_error(&run(&["replay", "/nowhere.csv"]), &["cannot read"]);
    assert_usage_error(&run(&["replay", text_of(folder.path())]), &["cannot read"]);
}
