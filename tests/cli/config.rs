//! Configuration files.

use super::*;

#[test]
fn the_printed_configuration_round_trips() {
    let folder = folder();
    let path = folder.path().join("pilot.toml");
    let given = [
        "--print-config",
        "-p",
        "mppi",
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
    let first = run(&given);
    assert_code(&first, 0);
    fs::write(&path, &first.stdout).unwrap();
    let second = run(&["--print-config", "--config", text_of(&path)]);
    assert_code(&second, 0);
    assert_eq!(stdout(&first), stdout(&second));
    let table: toml::Table = toml::from_str(&stdout(&run(&["--print-config"]))).unwrap();
    assert_eq!(table["particles"], toml::Value::Integer(1024));
    assert_eq!(table["temperature"].type_str(), "float");
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
            "line 3: there is no planner `mmpi`, did you mean `mppi`?",
        ),
        ("seed = \n", "line 1:"),
        ("seed = -1\n", "line 1:"),
        ("temperature = nan\n", "--temperature is NaN"),
    ] {
        fs::write(&path, text).unwrap();
        assert_usage_error(&run(&["--config", text_of(&path)]), &[needle]);
    }
    assert_usage_error(&run(&["--config", "/nowhere.toml"]), &["cannot read /nowhere.toml"]);
}
