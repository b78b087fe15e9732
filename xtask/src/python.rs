//! The check of the Python package: the wheel, as users would have it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::check::Outcome;
use crate::command::{command, have, output, root, run, target_dir};
use crate::programs;

/// What builds the wheel, and what its tests need. `classic-control` brings pygame, which draws cart-poles.
const PACKAGES: [&str; 8] = [
    "maturin>=1.9.4,<2",
    "numpy>=1.22",
    "gymnasium[classic-control]>=1.1",
    "pytest>=8",
    "pyelftools>=0.31",
    "matplotlib>=3.8",
    "nbclient>=0.10",
    "ipykernel>=6.29",
];

/// The oldest Python that the wheel is for.
const OLDEST: &str = "import sys; sys.exit(sys.version_info < (3, 10))";

/// Builds the wheel, installs it in a virtual environment, and runs `python/tests` there, the notebook included.
pub fn wheel_passes() -> Result<Outcome> {
    if !have("python3") {
        return Ok(Outcome::Skipped("no python3".into()));
    }
    if !command("python3", "-c").arg(OLDEST).status()?.success() {
        return Ok(Outcome::Skipped("python3 is older than 3.10".into()));
    }
    let folder = target_dir().join("python");
    let python = match environment() {
        Ok(python) => python,
        Err(error) => return Ok(Outcome::Skipped(format!("no Python packages: {error:#}"))),
    };
    // `linux` is not for PyPI, which wants the oldest system that a wheel runs on; nor is this wheel.
    let options = "--release --compatibility linux";
    let wheel = build(&python, &folder.join("wheel"), |maturin| {
        maturin.args(options.split(' ')).arg("--target-dir").arg(target_dir())
    })?;
    let install = "-m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall";
    run(command(&python, install).arg(&wheel))?;

    // From a folder where only the wheel can be imported. The program is for comparing digests.
    let programs = programs::build()?;
    let tests = folder.join("tests");
    fs::create_dir_all(&tests)?;
    let pytest = "-m pytest -q -p no:cacheprovider --durations 5";
    run(command(&python, pytest)
        .arg(root().join("python/tests"))
        .current_dir(&tests)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PILOT_WHEEL_ONLY", "1")
        .env("PILOT_BINARY", programs.join("pilot")))
}

/// The interpreter of a virtual environment that has [`PACKAGES`].
pub fn environment() -> Result<PathBuf> {
    let folder = target_dir().join("python/venv");
    let python = folder.join("bin/python3");
    let stamp = folder.join("packages.txt");
    let wanted = PACKAGES.join("\n");
    fs::create_dir_all(target_dir().join("python"))?;
    // Checks run side by side, and more than one wants it.
    let lock = fs::File::create(target_dir().join("python/venv.lock"))?;
    lock.lock()?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    // A half-finished installation must not be mistaken for one.
    let _ = fs::remove_dir_all(&folder);
    run(command("python3", "-m venv").arg(&folder))
        .context("python3 has no venv; on Debian, `apt-get install python3-venv`")?;
    let install = "-m pip install --quiet --disable-pip-version-check --only-binary :all:";
    run(command(&python, install).args(PACKAGES))?;
    fs::write(stamp, wanted)?;
    Ok(python)
}

/// Builds a wheel in `folder`, which may hold nothing else, and returns its path. `options` tells maturin how.
pub fn build(
    python: &Path,
    folder: &Path,
    options: impl FnOnce(&mut Command) -> &mut Command,
) -> Result<PathBuf> {
    let _ = fs::remove_dir_all(folder);
    let mut maturin = command(python, "-m maturin build --locked --manifest-path");
    maturin.arg(root().join("python/Cargo.toml")).arg("--out").arg(folder);
    run(options(&mut maturin))?;
    let wheels: Vec<PathBuf> =
        folder.read_dir()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let [wheel] = &wheels[..] else {
        anyhow::bail!("{} wheels in {}, not one", wheels.len(), folder.display());
    };
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    ensure!(name.contains("-cp310-abi3-"), "{name} is not for every CPython from 3.10 on");
    let listing = output(command(python, "-m zipfile -l").arg(wheel))?;
    for file in ["_core.pyi", "py.typed", "_core.abi3.so"] {
        ensure!(listing.contains(file), "{name} has no {file}");
    }
    Ok(wheel.clone())
}
