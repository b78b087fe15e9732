//! `bench --plot`, `bench --report` and `bench show`, as their users meet them. What the page does in a browser is
//! the business of `cargo xtask test --only pages`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use particle_pilot::{CartPoleProblem, Device, Episode, Pilot, PilotConfig};
use serde_json::Value;
use tempfile::TempDir;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bench"));
    command.env_remove("PILOT_SIMD").env("PILOT_CUDA_DRIVER", "/nowhere/libcuda.so.1");
    command.stdin(Stdio::null()).args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[track_caller]
fn assert_code(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "stderr: {}", text(&output.stderr));
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().expect("a name in UTF-8").to_owned()
}

/// A record of everything, in `folder`.
fn measured(folder: &TempDir) -> String {
    let record = path(folder, "record.json");
    assert_code(&run(&["--tiny", "-q", "--json", &record]), 0);
    record
}

/// Names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Width and height of a PNG, by its header.
fn png_size(path: PathBuf) -> (u32, u32) {
    let bytes = fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!(&bytes[bytes.len() - 8..bytes.len() - 4], b"IEND");
    (number(16), number(20))
}

/// What the page's script reads.
fn data(page: &str) -> Value {
    let (_, after) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(after.split_once("</script>").unwrap().0).expect("JSON")
}

#[test]
fn plots_are_made_in_a_new_folder_as_svg_and_as_png_of_twice_the_size() {
    let folder = TempDir::new().unwrap();
    let plots = path(&folder, "a/b");
    let output = run(&["--tiny", "--plot", &plots]);
    assert_code(&output, 0);
    assert!(!text(&output.stderr).contains("no plot"), "{}", text(&output.stderr));
    let plots = Path::new(&plots);
    let all = ["latency", "scaling", "throughput"];
    let expected = all.iter().flat_map(|name| [format!("{name}.png"), format!("{name}.svg")]);
    assert_eq!(names(plots), expected.collect::<Vec<_>>());
    for name in all {
        let svg = fs::read_to_string(plots.join(format!("{name}.svg"))).unwrap();
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
        assert!(svg.contains("tiny: the figures mean nothing"), "{svg}");
        let (width, height) = png_size(plots.join(format!("{name}.png")));
        let [width, height] = [width / 2, height / 2];
        let shown = format!(
            "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width}0 {height}0\""
        );
        assert!(svg.starts_with(&shown), "{}", &svg[..shown.len()]);
    }
    let svg = fs::read_to_string(plots.join("throughput.svg")).unwrap();
    assert!(svg.contains("scalar x 1") && svg.contains("particles") && svg.contains("1e3"));
}

#[test]
fn what_was_not_measured_is_not_drawn_and_that_is_said() {
    let folder = TempDir::new().unwrap();
    let output = run(&["--tiny", "-s", "latency", "--plot", folder.path().to_str().unwrap()]);
    assert_code(&output, 0);
    assert_eq!(names(folder.path()), ["latency.png", "latency.svg"]);
    let said = text(&output.stderr);
    for name in ["throughput", "scaling"] {
        assert!(said.contains(&format!("no plot of {name}")), "{said}");
    }
    assert!(!text(&output.stdout).contains("no plot"));
}

#[test]
fn a_report_is_one_page_that_needs_nothing_from_outside_and_holds_its_record() {
    let folder = TempDir::new().unwrap();
    let (json, page) = (path(&folder, "a.json"), path(&folder, "a.html"));
    let output = run(&["--tiny", "--json", &json, "--report", &page, "--quiet"]);
    assert_code(&output, 0);
    assert_eq!(names(folder.path()), ["a.html", "a.json"]);
    let page = fs::read_to_string(&page).unwrap();
    assert!(page.len() < 2 << 20, "{} bytes", page.len());
    for outside in ["http", "src=", "@import", "url(", "{{", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let record: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    assert_eq!(data(&page)["record"], record);
    // Every row has its line, and every plot is there.
    let rows = record["rows"].as_array().unwrap().len();
    assert_eq!(page.matches("<th scope=\"row\">").count(), rows);
    assert_eq!(page.matches("<figure class=\"plot\"").count(), 3);
}

#[test]
fn the_replay_is_an_episode_that_the_library_plays_again() {
    let folder = TempDir::new().unwrap();
    let (record, page) = (measured(&folder), path(&folder, "a.html"));
    assert_code(&run(&["show", &record, "-q", "--report", &page]), 0);
    let replay = data(&fs::read_to_string(&page).unwrap())["episode"].take();
    let number = |key: &str| replay[key].as_u64().unwrap();
    let config = PilotConfig {
        planner: replay["planner"].as_str().unwrap().parse().unwrap(),
        particles: number("particles") as u32,
        horizon: number("horizon") as u32,
        device: Device::Cpu,
        ..PilotConfig::default()
    };
    let push = replay["push"].as_str().unwrap().parse().unwrap();
    let episode =
        Episode::new().seed(number("seed")).steps(number("steps") as u32).push(Some(push));
    let result = episode.run(&mut Pilot::new(config, CartPoleProblem::default()).unwrap()).unwrap();
    assert_eq!(replay["digest"].as_str().unwrap(), result.digest.to_string());
    assert_eq!(replay["survived"], result.survived);
    assert_eq!(replay["frames"].as_array().unwrap().len(), result.steps as usize);
}

#[test]
fn show_writes_what_the_run_wrote() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| path(&folder, name);
    let (json, csv, markdown) = (path("a.json"), path("a.csv"), path("a.md"));
    let first = ["--json", &json, "--csv", &csv, "--markdown", &markdown];
    let measured = run(&[&["--tiny", "-s", "throughput"][..], &first].concat());
    assert_code(&measured, 0);
    let (json_2, csv_2, markdown_2) = (path("b.json"), path("b.csv"), path("b.md"));
    let second = ["--json", &json_2, "--csv", &csv_2, "--markdown", &markdown_2];
    let shown = run(&[&["show", &json][..], &second].concat());
    assert_code(&shown, 0);
    assert_eq!(text(&shown.stdout), text(&measured.stdout));
    for (one, other) in [(json, json_2), (csv, csv_2), (markdown, markdown_2)] {
        assert_eq!(fs::read(one).unwrap(), fs::read(other).unwrap());
    }
}

#[test]
fn wrong_rows_and_names_with_markup_show_as_what_they_are() {
    let folder = TempDir::new().unwrap();
    let (json, page) = (measured(&folder), path(&folder, "a.html"));
    let mut record: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    let evil = "</script><img onerror=\"alert('x')\">";
    record["machine"]["cpu"] = evil.into();
    record["rows"][0]["status"] = "wrong".into();
    record["rows"][0]["reason"] = evil.into();
    record["rows"][0]["host"] = Value::Null;
    fs::write(&json, record.to_string()).unwrap();
    assert_code(&run(&["show", &json, "-q", "--report", &page]), 0);
    let page = fs::read_to_string(&page).unwrap();
    assert!(!page.contains("<img"), "markup from a record");
    assert!(page.contains("class=\"alarm\"") && page.contains("WRONG: &lt;/script&gt;&lt;img"));
    assert_eq!(page.matches("</script>").count(), 2);
    assert_eq!(data(&page)["record"]["machine"]["cpu"], evil);
}

/// A record in which nothing is to be doubted but what is made so: the first rows' names.
fn doubtful(folder: &TempDir) -> (String, [String; 4]) {
    let json = measured(folder);
    let mut record: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    record["machine"]["load"] = 0.0.into();
    let rows = record["rows"].as_array_mut().unwrap();
    for row in rows.iter_mut() {
        let median = row["host"]["median_s"].clone();
        (row["host"]["low_s"], row["host"]["high_s"]) = (median.clone(), median);
        (row["host"]["spread"], row["others"], row["limit"]) =
            (0.0.into(), 0.0.into(), Value::Null);
        if row["case"] == "threads" {
            // So many threads are so many times as fast.
            let threads = row["contender"]["cpu"]["threads"].as_f64().unwrap();
            for key in ["median_s", "low_s", "high_s"] {
                row["host"][key] = (1.0 / threads).into();
            }
        }
    }
    let limit =
        |share: f64| serde_json::json!({"particle_steps_per_s": 1e9, "share": share, "basis": "b"});
    rows[0]["host"]["spread"] = 0.11.into();
    rows[1]["others"] = 0.4.into();
    (rows[2]["limit"], rows[3]["limit"]) = (limit(1.35), limit(0.7));
    let names = [0, 1, 2, 3].map(|row| rows[row]["name"].as_str().unwrap().to_owned());
    fs::write(&json, record.to_string()).unwrap();
    (json, names)
}

#[test]
fn rows_to_be_doubted_are_marked_where_they_stand_in_every_form() {
    let folder = TempDir::new().unwrap();
    let (record, [scatters, disturbed, above, fine]) = doubtful(&folder);
    let path = |name: &str| path(&folder, name);
    let (csv, markdown, page, plots) = (path("a.csv"), path("a.md"), path("a.html"), path("plots"));
    let outputs = ["--csv", &csv, "--markdown", &markdown, "--report", &page, "--plot", &plots];
    let shown = run(&[&["show", &record][..], &outputs].concat());
    assert_code(&shown, 0);
    let table = text(&shown.stdout);
    let markdown = fs::read_to_string(markdown).unwrap();
    for text in [&table, &markdown] {
        assert!(text.contains(&format!("{scatters} ~ ")), "{text}");
        assert!(text.contains(&format!("{disturbed} ! ")), "{text}");
        assert!(text.contains(&format!("{above} ^ ")) && text.contains(" 135%^ "), "{text}");
        assert!(text.contains(" 70% "), "{text}");
        assert!(text.contains("caution    3 of "), "{text}");
        for note in [
            "scatters by more than 10% (marked ~)",
            "others used up to 40% of this machine while 1 of ",
            "1 row is faster than can be, up to 135% of the limit (marked ^)",
            "measure again on a quiet machine",
        ] {
            assert!(text.contains(note), "no `{note}` in {text}");
        }
    }
    let rows = csv::Reader::from_path(csv).unwrap().into_deserialize().map(Result::unwrap);
    let rows: Vec<std::collections::HashMap<String, String>> = rows.collect();
    let doubts: Vec<&str> = rows.iter().map(|row| row["doubts"].as_str()).collect();
    assert_eq!(doubts[..4], ["scatters", "disturbed", "impossible", ""]);
    assert!(doubts[4..].iter().all(|doubt| doubt.is_empty()), "{doubts:?}");

    let page = fs::read_to_string(page).unwrap();
    let (top, _) = page.split_once("id=\"replay\" ").unwrap();
    assert!(top.contains("class=\"caution\"") && top.contains("faster than can be"), "{top}");
    let title = "title=\"the samples scatter by more than 10%\"";
    assert!(page.contains(&format!("{scatters} <abbr {title}>~</abbr>")), "no mark");
    assert!(!page.contains(&format!("{fine} <abbr")) || fine == scatters);
    let throughput = fs::read_to_string(Path::new(&plots).join("throughput.svg")).unwrap();
    for mark in ["~", "!", "^"] {
        assert!(throughput.contains(&format!("\n{mark}\n")), "no {mark} in {throughput}");
    }
    assert!(throughput.contains("95% confidence intervals"), "{throughput}");
}

#[test]
fn more_times_as_fast_than_there_are_threads_is_marked_in_the_plot() {
    let folder = TempDir::new().unwrap();
    let (json, _) = doubtful(&folder);
    let mut record: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    let rows = record["rows"].as_array_mut().unwrap();
    let mut threads: Vec<&mut Value> =
        rows.iter_mut().filter(|row| row["case"] == "threads").collect();
    // On a machine of one CPU there is but one.
    let mut second = threads[0].clone();
    second["contender"]["cpu"]["threads"] = 2.into();
    second["name"] = "two".into();
    for key in ["median_s", "low_s", "high_s"] {
        second["host"][key] = (1.0 / 4.57).into();
    }
    match threads.get_mut(1) {
        Some(row) => **row = second,
        None => rows.push(second),
    }
    fs::write(&json, record.to_string()).unwrap();
    let plots = path(&folder, "plots");
    let shown = run(&["show", &json, "--plot", &plots]);
    assert_code(&shown, 0);
    assert!(text(&shown.stdout).contains("two ^ "), "{}", text(&shown.stdout));
    let scaling = fs::read_to_string(Path::new(&plots).join("scaling.svg")).unwrap();
    assert!(scaling.contains("× 4.57") && scaling.contains("\n^\n"), "{scaling}");
    assert!(scaling.contains("^ faster than can be"), "{scaling}");
}

#[test]
fn outputs_that_cannot_be_are_refused_before_anything_begins_or_is_written() {
    let folder = TempDir::new().unwrap();
    let file = path(&folder, "file");
    fs::write(&file, "").unwrap();
    let below_file = format!("{file}/plots");
    let nowhere = path(&folder, "none/a.html");
    let plots = path(&folder, "plots");
    let (page, svg) = (path(&folder, "a.html"), path(&folder, "plots/latency.svg"));
    let here = folder.path().to_str().unwrap();
    for (arguments, needle) in [
        (&["--plot", &file][..], "--plot: cannot make the folder"),
        (&["--plot", &below_file], "--plot: cannot make the folder"),
        (&["--plot", "-"], "--plot cannot go to standard output"),
        (&["--report", "-"], "--report cannot go to standard output"),
        (&["--report", here], "it is a folder"),
        (&["--report", &nowhere], "cannot write"),
        (&["--report", &page, "--json", &page], "two outputs"),
        (&["--report", &svg, "--plot", &plots], "two outputs"),
        (&["--plot", &plots, "--json", &nowhere], "cannot write"),
        (&["--plot", &plots, "--patience", "0"], "--patience is 0"),
        (&["show", &nowhere, "--plot", &plots], "cannot read"),
        (&["show", &file, "--report", &page], "no record"),
    ] {
        let output = run(arguments);
        assert_code(&output, 2);
        let said = text(&output.stderr);
        assert!(said.contains(needle) && !said.contains("panicked"), "{arguments:?}: {said}");
        assert!(!said.contains("measuring"), "{said}");
        assert_eq!(text(&output.stdout), "");
        assert_eq!(names(folder.path()), ["file"], "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_bitmap_that_would_go_to_a_device_is_refused_before_anything_begins() {
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::symlink("/dev/null", folder.path().join("latency.png")).unwrap();
    let output = run(&["--tiny", "--plot", folder.path().to_str().unwrap()]);
    assert_code(&output, 2);
    assert!(text(&output.stderr).contains("ordinary file"), "{}", text(&output.stderr));
    assert_eq!(names(folder.path()), ["latency.png"]);
}
