//! Configuration files.

use super::*;

#[test]
fn the_printed_configuration_round_trips() {
    let folder = folder();
    let path = folder.path().join("pilot.toml");
    let said = [
        "-k",
        "77",
        "--seed",
        "18446744073709551615",
        "--theta-limit-deg",
        "inf",
        "--push",
        "1.5:2:30",
        "--noise",
        "halton",
        "--cost-angle",
        "0.30000000000000004",
        "--device",
        "cpu",
    ];
    for command in [
        &["-p", "random-shooting"][..],
        &["-p", "cem"],
        &["-p", "mppi"],
        &["-p", "smc"],
        &["evaluate", "-p", "fmc", "-e", "7"],
        &["compare", "-e", "7", "--budget-us", "12.5"],
    ] {
        let first = run(&[command, &said, &["--print-config"]].concat());
        assert_code(&first, 0);
        fs::write(&path, &first.stdout).unwrap();
        let only = if command[0].starts_with('-') { &[][..] } else { &command[..1] };
        let second = run(&[only, &["--print-config", "--config", text_of(&path)]].concat());
        assert_code(&second, 0);
        assert_eq!(stdout(&first), stdout(&second));
        // What was said, and nothing else.
        let lines = stdout(&first).lines().filter(|line| !line.starts_with('#')).count();
        let given = command.iter().chain(&said).filter(|word| word.starts_with('-')).count();
        assert_eq!(lines, given, "{}", stdout(&first));
    }
}

#[test]
fn a_printed_configuration_changes_no_planner() {
    let folder = folder();
    let path = folder.path().join("pilot.toml");
    fs::write(&path, run(&["--print-config"]).stdout).unwrap();
    for planner in ["random-shooting", "cem", "mppi", "smc", "fmc", "predictive-sampling", "icem"] {
        let plain = json(&run_small(&["-p", planner, "--json", "-"]));
        let read = json(&run_small(&["-p", planner, "--json", "-", "--config", text_of(&path)]));
        assert_eq!(plain["digest"], read["digest"], "{planner}");
        assert_eq!(plain["config"], read["config"], "{planner}");
        assert_eq!(plain["problem"], read["problem"], "{planner}");
    }
}

#[test]
fn defaults_are_comments_and_those_that_are_not_read_stand_apart() {
    let text = stdout(&run(&["--print-config", "-H", "20"]));
    for line in ["horizon = 20", "# particles = 1024", "# planner = \"cem\"", "# iterations = 2"] {
        assert!(text.lines().any(|other| other == line), "{line}: {text}");
    }
    let (_, unread) = text.split_once("# Not read by cem:").unwrap();
    assert!(unread.contains("# temperature = ") && !unread.contains("iterations"), "{text}");
    assert!(!text.contains("episodes"));
    let text = stdout(&run(&["evaluate", "--print-config"]));
    assert!(text.contains("# episodes = 100"), "{text}");
    let text = stdout(&run(&["compare", "--print-config"]));
    for line in [
        "# episodes = 100",
        "# budget-us: ",
        "# cost-terminal-position: 20.0 with random-shooting, ",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("planner ="), "{text}");
}

#[test]
fn a_configuration_may_come_from_standard_input() {
    let folder = folder();
    let path = folder.path().join("pilot.toml");
    fs::write(&path, "particles = 50\nsteps = 5\n").unwrap();
    let output = pilot()
        .args(["--config", "-", "--json", "-"])
        .stdin(fs::File::open(&path).unwrap())
        .output()
        .unwrap();
    assert_eq!(json(&output)["particles"], 50);
}

#[test]
fn the_command_line_wins_over_the_file() {
    let folder = folder();
    let path = folder.path().join("pilot.toml");
    fs::write(&path, "planner = \"cem\"\nparticles = 50\nseed = 4\nepisodes = 2\n").unwrap();
    let config = ["--config", text_of(&path), "--json", "-", "-n", "5"];
    let object = json(&run(&[&config[..], &["-k", "70"]].concat()));
    assert_eq!(object["planner"], "cem");
    assert_eq!((&object["particles"], &object["seed"]), (&70.into(), &4.into()));
    let object = json(&run(&[&["evaluate"][..], &config].concat()));
    assert_eq!((&object["episodes"], &object["particles"]), (&2.into(), &50.into()));
}

#[test]
fn outputs_can_be_named_in_the_file() {
    let folder = folder();
    let (path, trace) = (folder.path().join("pilot.toml"), folder.path().join("t.csv"));
    fs::write(&path, format!("quiet = true\ntrace = {:?}\n", text_of(&trace))).unwrap();
    let output = run_small(&["--config", text_of(&path)]);
    assert_code(&output, 0);
    assert_eq!(stdout(&output), "");
    assert!(trace.exists());
}

#[test]
fn mistakes_in_the_file_are_told_with_their_line() {
    let folder = folder();
    let path = folder.path().join("pilot.toml");
    for (text, needle) in [
        (
            "seed = 1\nparticels = 5\n",
            "line 2: there is no option `particels`, did you mean `particles`?",
        ),
        (
            "seed = 1\n\nplanner = \"mmpi\"\n",
            "line 3: there is no planner `mmpi`, did you mean `mppi`? There are:",
        ),
        ("seed = \n", "line 1:"),
        ("seed = -1\n", "line 1:"),
        ("temperature = nan\n", "pilot.toml: --temperature is NaN"),
        ("particles = 0\n", "pilot.toml: --particles is 0"),
        (
            "particles = \"5\"\n",
            "line 1: `particles` is string \"5\"; it must be a whole number from 0 on",
        ),
        (
            "particles = -5\n",
            "line 1: `particles` is integer `-5`; it must be a whole number from 0 on",
        ),
        ("floor = true\n", "line 1: `floor` is boolean `true`; it must be a number"),
        ("quiet = 1\n", "line 1: `quiet` is integer `1`; it must be true or false"),
        ("cost.position = 1\n", "did you mean `cost-position`?"),
    ] {
        fs::write(&path, text).unwrap();
        assert_usage_error(&run(&["--config", text_of(&path)]), &[needle]);
    }
    assert_usage_error(&run(&["--config", "/nowhere.toml"]), &["cannot read /nowhere.toml"]);
}
