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
    let mut is_replay = false;
    let mut text = String::with_capacity(script.len());
    for line in script.lines() {
        if line.ends_with(')') && !line.contains('(') {
            is_replay = line.trim() == "pilot__subcmd__replay)";
        }
        match line.split_once(" || ${COMP_CWORD}") {
            Some((options, _)) if is_replay => text += &format!("{options} ]] ; then"),
            _ => text += line,
        }
        text.push('\n');
    }
    text
}
