//! A crate elsewhere that depends on this one must need nothing but its line in `[dependencies]`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

use crate::check::Outcome;
use crate::command::{cargo, root, run, target_dir};

/// What the crate does with this one.
const MAIN: &str = "\
fn main() -> Result<(), particle_pilot::PilotError> {
    let problem = particle_pilot::CartPoleProblem::default();
    let mut pilot = particle_pilot::Pilot::new(particle_pilot::PilotConfig::default(), problem)?;
    println!(\"{:?}\", pilot.act(&[0.0, 0.0, 0.1, 0.3])?.action);
    Ok(())
}
";

/// Type-checks a crate that depends on this one by path, with its default features and without, and by git, for which
/// the last commit counts. That it links and runs is tested in `host/bin/pilot/tests/cuda_driver`.
pub fn type_check() -> Result<Outcome> {
    let by_path = format!("path = {}", json!(root()));
    let mut ways = vec![
        ("path", by_path.clone()),
        ("path-without-features", format!("{by_path}, default-features = false")),
    ];
    if root().join(".git").exists() {
        ways.push(("git", format!("git = {}", json!(format!("file://{}", root().display())))));
    }
    for (name, way) in ways {
        // Outside the repository: cargo would read its settings, and take the crate for a member.
        let folder = std::env::temp_dir().join(format!("particle-pilot-{name}"));
        let checked = write(&folder, &way).and_then(|()| {
            let mut check = cargo("check");
            check.current_dir(&folder).arg("--target-dir").arg(target_dir().join("dependents"));
            run(&mut check)
        });
        let _ = fs::remove_dir_all(&folder);
        checked.with_context(|| format!("`particle-pilot = {{ {way} }}`"))?;
    }
    Ok(Outcome::Passed)
}

fn write(folder: &Path, way: &str) -> Result<()> {
    fs::create_dir_all(folder.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"dependent\"\nedition = \"2024\"\n\n[dependencies]\nparticle-pilot = {{ {way} }}\n\n[workspace]\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    // The versions that are checked with everything else.
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    fs::write(folder.join("src/main.rs"), MAIN)?;
    Ok(())
}
