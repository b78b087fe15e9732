//! The check of directions: which parts of the library may know which others.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::check::Outcome;
use crate::command::root;

/// Parts of `host/`, and the other parts that they may name. What is not listed stands above all of these.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("settings", &[]),
    ("env", &["decision", "settings"]),
    ("control_vector", &[]),
    ("decision", &["control_vector"]),
    ("trajectories", &[]),
    ("simd", &["settings"]),
    ("threads", &["settings"]),
    ("cuda", &["settings"]),
    ("recording", &["decision", "env", "episode", "error", "pilot", "settings"]),
    ("planners", &["control_vector", "decision", "settings", "threads", "trajectories"]),
];

/// No part names one that it may not know.
pub fn hold() -> Result<Outcome> {
    let host = root().join("host");
    for (part, known) in MAY_KNOW {
        let mut files = Vec::new();
        collect(&host.join(part), &mut files)?;
        files.extend(Some(host.join(part).with_extension("rs")).filter(|file| file.exists()));
        ensure!(!files.is_empty(), "there is no host/{part}, which {} lists", file!());
        for file in files {
            let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            let strangers: Vec<&str> = parts_named(&text)
                .into_iter()
                .filter(|named| named != part && !known.contains(named))
                .collect();
            ensure!(
                strangers.is_empty(),
                "{} names {}; host/{part} may know {known:?} only",
                file.display(),
                strangers.join(", ")
            );
        }
    }
    Ok(Outcome::Passed)
}

/// The Rust files of a folder but its tests, if it is one.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let Ok(entries) = folder.read_dir() else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        match path.file_name().and_then(|name| name.to_str()) {
            Some("tests" | "tests.rs") => {}
            _ if path.is_dir() => collect(&path, files)?,
            Some(name) if name.ends_with(".rs") => files.push(path),
            _ => {}
        }
    }
    Ok(())
}

/// The modules of the crate that code names after `crate::`, tests and comments aside.
fn parts_named(text: &str) -> BTreeSet<&str> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let after = lines.flat_map(|line| line.split("crate::").skip(1));
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    after.map(|rest| rest.split(|c| !is_name(c)).next().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_found_in_code_and_not_in_comments_or_tests() {
        let text = "use crate::a::B;\n// crate::c\nfn f() { crate::d_1::e() }\n#[cfg(test)]\nuse crate::g;";
        let expected = ["a", "d_1"];
        assert_eq!(super::parts_named(text).into_iter().collect::<Vec<_>>(), expected);
    }
}
