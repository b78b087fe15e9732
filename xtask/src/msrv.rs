//! The check of the oldest Rust that we support.

use anyhow::Result;

use crate::check::Outcome;
use crate::command::{command, have, output, run};

/// `rust-version` of Cargo.toml, which all crates of the workspace share.
const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");

/// Type-checks the workspace with [`OLDEST`], where rustup has it.
pub fn builds() -> Result<Outcome> {
    let skip = |reason| Ok(Outcome::Skipped(format!("Rust {OLDEST} (`rust-version`): {reason}")));
    if !have("rustup") {
        return skip("no rustup to find it with");
    }
    let list = output(&mut command("rustup", "toolchain list"))?;
    let mut names = list.lines().filter_map(|line| line.split_whitespace().next());
    let Some(name) = names.find(|name| is_release_of(name, OLDEST)) else {
        return skip("not installed; `rustup toolchain install` it to enable this check");
    };
    let check = format!("run {name} cargo check --workspace --all-targets --locked");
    run(&mut command("rustup", &check))
}

/// Whether `name`, a toolchain's, is of `version` or a patch release of it.
fn is_release_of(name: &str, version: &str) -> bool {
    name.strip_prefix(version).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

/// Whether a compiler of `version`, such as "1.96.0", is new enough for this project.
pub fn is_supported(version: &str) -> bool {
    let numbers = |v: &str| -> Vec<u32> { v.split('.').map_while(|n| n.parse().ok()).collect() };
    numbers(version) >= numbers(OLDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_by_number_not_by_prefix() {
        assert!(is_release_of("1.91.0-x86_64-unknown-linux-gnu", "1.91"));
        assert!(is_release_of("1.91-x86_64-unknown-linux-gnu", "1.91"));
        assert!(!is_release_of("1.910.0", "1.91"));
        assert!(is_supported(OLDEST) && is_supported("1.1000.0") && !is_supported("1.9.0"));
    }
}
