//! Completion scripts.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::commands::Cli;

/// The script for a shell.
pub fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "pilot", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        Shell::Bash => with_file_names(&script),
        _ => script,
    }
}

/// Where a file is wanted, the generated script for bash offers only options: lets it fall through to bash's own
/// completion, which is of file names.
fn with_file_names(script: &str) -> String {
    let (mut is_replay, mut before) = (false, "");
    let mut text = String::with_capacity(script.len());
    for line in script.lines() {
        if let Some(command) = line.trim().strip_prefix("pilot__subcmd__") {
            is_replay = command == "replay)";
        }
        let offers_options = before.trim() == "esac";
        before = line;
        match line.split_once(" || ${COMP_CWORD}") {
            Some((options, _)) if is_replay => text += &format!("{options} ]] ; then"),
            _ if is_replay && offers_options => continue,
            _ => text += line,
        }
        text.push('\n');
    }
    text
}
