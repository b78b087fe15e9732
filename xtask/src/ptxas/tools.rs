//! NVIDIA's assembler and disassembler, from PyPI.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::command::{command, have, run, target_dir};

/// The version of both packages. Another one counts other registers and instructions, so moving on
/// means reviewing `kernels/budgets.toml`.
const VERSION: &str = "13.5.37";

/// Brings `ptxas` and `nvdisasm`; their dependencies, which compile C++, are not needed.
const PACKAGES: [&str; 2] = ["nvidia-cuda-nvcc", "nvidia-cuda-nvdisasm"];

/// The two programs.
pub struct Tools {
    pub ptxas: PathBuf,
    pub nvdisasm: PathBuf,
}

impl Tools {
    /// Installs them below the folder that cargo builds in, unless they are there.
    pub fn get() -> Result<Self> {
        let folder = target_dir().join(format!("ptxas-{VERSION}"));
        if let Some(tools) = Self::below(&folder) {
            return Ok(tools);
        }
        ensure!(have("python3"), "no python3 to install {} with", PACKAGES[0]);
        // A half-finished installation must not be mistaken for one.
        let _ = fs::remove_dir_all(&folder);
        let mut pip = command(python_with_pip(&folder)?, "-m pip install --quiet --no-deps");
        pip.args(["--disable-pip-version-check", "--only-binary", ":all:", "--target"])
            .arg(folder.join("packages"))
            .args(PACKAGES.map(|package| format!("{package}=={VERSION}")));
        run(&mut pip)?;
        Self::below(&folder).with_context(|| format!("{PACKAGES:?} did not bring the programs"))
    }

    fn below(folder: &Path) -> Option<Self> {
        let vendor = folder.join("packages/nvidia");
        let mut releases = vendor.read_dir().ok()?.filter_map(|entry| Some(entry.ok()?.path()));
        releases.find_map(|release| {
            let program = |name| Some(release.join("bin").join(name)).filter(|path| path.is_file());
            Some(Self { ptxas: program("ptxas")?, nvdisasm: program("nvdisasm")? })
        })
    }
}

/// The system's Python where it has pip, or else that of a virtual environment in `folder`.
pub fn python_with_pip(folder: &Path) -> Result<PathBuf> {
    let pip = command("python3", "-m pip --version").output();
    if pip.is_ok_and(|answer| answer.status.success()) {
        return Ok("python3".into());
    }
    let environment = folder.join("python");
    run(command("python3", "-m venv").arg(&environment))
        .context("python3 has neither pip nor venv; on Debian, `apt-get install python3-pip`")?;
    Ok(environment.join("bin/python3"))
}
