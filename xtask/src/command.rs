//! Commands that show themselves before they run, so that a failure can be repeated by hand.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use anyhow::{Context, Result, ensure};

use crate::check::Outcome;

/// The repository's root.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        // Checkouts that share a folder to build in share this program: ask cargo where it runs.
        let xtask = env::var_os("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
        Path::new(&xtask).parent().expect("xtask/ lies in the root").to_owned()
    });
    &ROOT
}

/// The folder that cargo builds in.
pub fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or(root().join("target"), |dir| root().join(dir))
}

/// `program` with space-separated `args`, to run in the root without standard input.
pub fn command(program: impl AsRef<OsStr>, args: &str) -> Command {
    let mut command = Command::new(program);
    command.args(args.split_whitespace()).current_dir(root()).stdin(Stdio::null());
    command
}

/// The cargo that runs this task, with space-separated `args`.
pub fn cargo(args: &str) -> Command {
    command(env::var_os("CARGO").unwrap_or("cargo".into()), args)
}

/// Runs `command`, its output going where ours goes; an exit status other than 0 is an error.
pub fn run(command: &mut Command) -> Result<Outcome> {
    output(command.stdout(Stdio::inherit()))?;
    Ok(Outcome::Passed)
}

/// Runs `command` and returns its standard output; an exit status other than 0 is an error.
pub fn output(command: &mut Command) -> Result<String> {
    Ok(finish(command.stderr(Stdio::inherit()))?.0)
}

/// Runs `command` and returns its standard output and standard error, one after the other; an exit
/// status other than 0 is an error.
pub fn output_and_errors(command: &mut Command) -> Result<String> {
    let (output, errors) = finish(command.stderr(Stdio::piped()))?;
    Ok(output + &errors)
}

fn finish(command: &mut Command) -> Result<(String, String)> {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words: Vec<_> = [program].into_iter().chain(command.get_args()).collect();
    let shown = words.join(OsStr::new(" ")).to_string_lossy().into_owned();
    let envs = command.get_envs().map(|(key, value)| {
        format!("{}='{}' ", key.to_string_lossy(), value.unwrap_or_default().to_string_lossy())
    });
    eprintln!("$ {}{shown}", envs.collect::<String>());
    let output = command.output().with_context(|| format!("cannot start `{shown}`"))?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "`{shown}`: {} {errors}", output.status);
    let text = String::from_utf8(output.stdout);
    Ok((text.with_context(|| format!("`{shown}` wrote invalid UTF-8"))?, errors))
}

/// Whether `PATH` has `program`.
pub fn have(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| dir.join(program).is_file())
}
