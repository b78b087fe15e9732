//! Standard output, and commands that only print.

use super::*;

#[test]
fn standard_output_that_nobody_reads_is_no_error() {
    for arguments in [
        &["--help"][..],
        &["info"],
        &["completions", "bash"],
        &["--print-config"],
        &["-n", "5", "--json", "-"],
    ] {
        let mut child =
            pilot().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_code(&output, 0);
        assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn standard_output_that_is_full_is_an_error() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = pilot().args(["info"]).stdout(full).output().unwrap();
    assert_code(&output, 1);
    assert!(stderr(&output).contains("cannot write to standard output"));
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let text = stdout(&run(&["completions", shell]));
        for word in ["evaluate", "compare", "particles", "random-shooting"] {
            assert!(text.contains(word), "no `{word}` for {shell}");
        }
    }
    assert_usage_error(&run(&["completions", "cmd"]), &["bash"]);
    for shell in ["bash", "zsh", "fish"] {
        let text = stdout(&run(&["completions", shell])).replace('\\', "");
        assert!(text.contains("cuda:0"), "no devices for {shell}");
    }
    // Where there is a bash: after `pilot replay`, nothing is offered but the files that bash itself finds.
    let script = "source /dev/stdin; COMP_WORDS=(pilot replay ''); COMP_CWORD=2; _pilot pilot '' replay; \
                  echo \"${#COMPREPLY[@]}\"";
    let folder = folder();
    let path = folder.path().join("pilot.bash");
    fs::write(&path, run(&["completions", "bash"]).stdout).unwrap();
    let bash =
        Command::new("bash").args(["-c", script]).stdin(fs::File::open(&path).unwrap()).output();
    if let Ok(output) = bash {
        assert_eq!(stdout(&output).trim(), "0", "{}", stderr(&output));
    }
}

#[test]
fn info_tells_what_there_is() {
    let text = stdout(&run(&["info"]));
    for word in [env!("CARGO_PKG_VERSION"), "cores", "simd", "scalar", "PILOT_SIMD", "devices"] {
        assert!(text.contains(word), "no `{word}` in {text}");
    }
    for arguments in [&["info", "--json"][..], &["info", "--json", "-"]] {
        let object = json(&run(arguments));
        assert_keys(&object, &["version", "cpu", "cores", "simd", "simd_available", "devices"]);
    }
    let output = pilot().args(["info", "--json"]).env("PILOT_SIMD", "scalar").output();
    assert_eq!(json(&output.unwrap())["simd"], "scalar");
}
