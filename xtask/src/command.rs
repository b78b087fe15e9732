//! Commands that show themselves before they run, so that a failure can be repeated by hand.

use std::env;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::check::Outcome;

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the root")
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
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words: Vec<_> = [program].into_iter().chain(command.get_args()).collect();
    let shown = words.join(OsStr::new(" ")).to_string_lossy().into_owned();
    let envs = command.get_envs().map(|(key, value)| {
        format!("{}='{}' ", key.to_string_lossy(), value.unwrap_or_default().to_string_lossy())
    });
    eprintln!("$ {}{shown}", envs.collect::<String>());
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("cannot start `{shown}`"))?;
    ensure!(output.status.success(), "`{shown}`: {}", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` wrote invalid UTF-8"))
}

/// Whether `PATH` has `program`.
pub fn have(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| dir.join(program).is_file())
}
