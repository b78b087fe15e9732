//! Traces and `pilot replay`.

use super::*;

const HEADER: &str =
    "step,x,x_dot,theta,theta_dot,action,reward,decision_us,best,mean,ess,spread,dead_share";

#[test]
fn a_trace_is_csv_with_one_line_for_every_step() {
    let folder = folder();
    let path = trace_in(&folder, &[]);
    assert_eq!(names_in(&folder), ["trace.csv"]);
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(&path).unwrap();
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>().join(","), HEADER);
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 30);
    for (step, row) in rows.iter().enumerate() {
        assert_eq!(row[0], step.to_string());
        assert!(["0", "1"].contains(&&row[5]));
        for value in row {
            value.parse::<f64>().unwrap();
        }
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

#[test]
fn another_seed_another_end_or_none_is_noticed() {
    for (from, to, needle) in [
        ("# seed = 0", "# seed = 1", "first at step 0"),
        ("# digest: ", "# digest: f", "digest       was f"),
        ("# digest: ", "# ", "the end of the trace is cut off"),
        ("\n29,", "\n# 29,", "digest       was"),
    ] {
        let folder = folder();
        let path = trace_in(&folder, &[]);
        let text = fs::read_to_string(&path).unwrap();
        let mut text = text.replacen(from, to, 1);
        if to.ends_with("digest: f") {
            text.truncate(text.trim_end().len() - 1); // 16 digits again
        }
        fs::write(&path, text).unwrap();
        let output = run(&["replay", text_of(&path)]);
        assert_code(&output, 1);
        assert!(stdout(&output).contains(needle), "{}", stdout(&output));
    }
}

#[test]
fn what_is_no_trace_is_refused() {
    let folder = folder();
    let path = folder.path().join("no.csv");
    let good = fs::read_to_string(trace_in(&folder, &[])).unwrap();
    for text in [
        String::new(),
        "hello\n".into(),
        "\u{0}\u{1}".repeat(100),
        good.replace("trace 1", "trace 2"),
        good.replace("x_dot,theta,", "theta,x_dot,"),
        good.replace("# planner = \"", "# planner = \"x"),
        good.replace("# particles = 64", "# particles = 0"),
        good.replace("\n7,", "\nseven,"),
        good.replace("\n7,", "\n7,7,"),
    ] {
        fs::write(&path, &text).unwrap();
        assert_usage_error(&run(&["replay", text_of(&path)]), &["no trace"]);
    }
    fs::write(&path, b"# particle-pilot trace 1\n\xff\xfe\n").unwrap();
    assert_usage_error(&run(&["replay", text_of(&path)]), &["no trace"]);
    assert_usage_error(&run(&["replay", "/nowhere.csv"]), &["cannot read"]);
    assert_usage_error(&run(&["replay", text_of(folder.path())]), &["cannot read"]);
}
