//! Checks that read files and run nothing.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::check::Outcome;
use crate::command::{command, output, root};

/// More lines than this and a file holds more than one idea.
const MAX_LINES: usize = 500;

/// Files that may be longer, and why.
const LONG_FILES: &[(&str, &str)] = &[];

/// What the README's `sh` blocks must say: how to see it work, and how to test it.
const README_COMMANDS: [&str; 2] = ["cargo run --release", "cargo xtask test"];

/// No tracked Rust file exceeds [`MAX_LINES`], except for [`LONG_FILES`].
pub fn files_are_short() -> Result<Outcome> {
    if !root().join(".git").exists() {
        return Ok(Outcome::Skipped("not a git checkout, so no list of tracked files".into()));
    }
    // A checkout may belong to another user, as in containers; listing its files is harmless.
    let trust = format!("safe.directory={}", root().display());
    let tracked = output(command("git", "-c").args([&trust, "ls-files", "*.rs"]))?;
    let is_long = |path: &&str| {
        // A file deleted but not yet committed is still listed; it counts as short.
        let text = fs::read_to_string(root().join(path)).unwrap_or_default();
        text.lines().count() > MAX_LINES && LONG_FILES.iter().all(|(allowed, _)| allowed != path)
    };
    let long: Vec<&str> = tracked.lines().filter(is_long).collect();
    ensure!(
        long.is_empty(),
        "over {MAX_LINES} lines: {}; split them, or say why not in {}",
        long.join(", "),
        file!()
    );
    Ok(Outcome::Passed)
}

/// The README's `sh` blocks contain [`README_COMMANDS`].
pub fn readme_names_commands() -> Result<Outcome> {
    let readme = fs::read_to_string(root().join("README.md")).context("cannot read README.md")?;
    let shell = sh_blocks(&readme);
    for command in README_COMMANDS {
        ensure!(shell.contains(command), "README.md has no ```sh block with `{command}`; add one");
    }
    Ok(Outcome::Passed)
}

/// The text inside the blocks of `markdown` that "```sh" opens.
fn sh_blocks(markdown: &str) -> String {
    let mut inside = None; // the language of the block we are in
    let mut shell = String::new();
    for line in markdown.lines() {
        match (line.trim_start().strip_prefix("```"), inside) {
            (Some(language), None) => inside = Some(language.trim()),
            (Some(_), Some(_)) => inside = None,
            (None, Some("sh")) => shell.extend([line, "\n"]),
            (None, _) => {}
        }
    }
    shell
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_sh_blocks_count() {
        let markdown = "cargo a\n```text\ncargo b\n```\n```sh\ncargo c\n```\ncargo d\n";
        assert_eq!(super::sh_blocks(markdown), "cargo c\n");
    }
}
