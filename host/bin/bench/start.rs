//! The program `pilot` from its start to its first decision.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The program `pilot` in this program's folder or, as cargo puts it, in the one above.
pub fn find_pilot() -> Option<PathBuf> {
    let this = std::env::current_exe().ok()?;
    let name = format!("pilot{}", std::env::consts::EXE_SUFFIX);
    this.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.is_file())
}

/// Runs `pilot` for one decision on `device`, with these variables in its environment, and returns its report:
/// nothing, or JSON if `arguments` ask for it.
///
/// # Errors
/// If it cannot be started, or fails; then with what it said.
pub fn run_pilot(
    pilot: &Path,
    device: &str,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Result<Vec<u8>> {
    let mut command = Command::new(pilot);
    command.args(["--quiet", "--steps", "1", "--device", device]).args(arguments);
    command.envs(variables.iter().copied());
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start {}", pilot.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let (name, status) = (pilot.display(), output.status);
    ensure!(status.success(), "`{name}`: {status}: {}", said.trim_end());
    Ok(output.stdout)
}
