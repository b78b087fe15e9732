//! Links a small program that depends on this crate with a linker of choice.
//!
//! The crate and its dependencies are those that were built for this test. So all this takes is a
//! second of rustc for the program and its linking.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// What a program has that links CUDA itself.
const OWN_CUDA: &str = r#"
#[link(name = "cuda")]
unsafe extern "C" {
    fn cuInit(flags: u32) -> u32;
}

fn own_cuda() -> u32 {
    unsafe { cuInit(0) }
}
"#;

/// What one has that does not.
const NO_CUDA: &str = "fn own_cuda() -> u32 { 0 }";

/// Counts GPUs and opens one: all that this calls must be linked.
const PROGRAM: &str = r#"
use particle_pilot::{CartPoleProblem, Device, Pilot, PilotConfig, backend};

fn main() {
    assert_eq!(own_cuda(), 0);
    let gpus = backend::gpus().map_or(0, |gpus| gpus.len());
    let config = PilotConfig::builder().device(Device::Cuda(0)).build().unwrap();
    let pilot = Pilot::new(config, CartPoleProblem::default());
    assert!(gpus > 0 || pilot.is_err(), "no GPU, and yet a pilot on it");
    print!("{gpus} GPUs");
}
"#;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linker {
    /// GNU ld.
    Bfd,
    Lld,
}

/// A program that is deleted with its folder.
pub struct Program {
    path: PathBuf,
    folder: TempDir,
}

impl Program {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where its libraries are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Linker {
    /// Why it cannot be used on this machine.
    pub fn missing(self) -> Option<&'static str> {
        let is_there = |name| Command::new(name).arg("--version").output().is_ok();
        match self {
            Self::Bfd if !is_there("ld.bfd") => Some("no ld.bfd; try `apt-get install binutils`"),
            Self::Lld if !is_rust_default() && !is_there("ld.lld") => {
                Some("no ld.lld; try `apt-get install lld`")
            }
            _ => None,
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Bfd => &["-Clink-arg=-fuse-ld=bfd"],
            Self::Lld if is_rust_default() => &[],
            Self::Lld => &["-Clink-arg=-fuse-ld=lld"],
        }
    }
}

/// Whether rustc brings an LLD and uses it unless told otherwise.
fn is_rust_default() -> bool {
    cfg!(all(target_arch = "x86_64", target_env = "gnu"))
}

/// Links the program; `toolkit` is a shared library that stands for a toolkit's `libcuda.so`.
pub fn link(linker: Linker, toolkit: Option<&Path>) -> Program {
    let folder = tempfile::tempdir().unwrap();
    let (source, path) = (folder.path().join("main.rs"), folder.path().join("main"));
    let own = if toolkit.is_some() { OWN_CUDA } else { NO_CUDA };
    fs::write(&source, format!("{PROGRAM}\n{own}")).unwrap();
    let test = env::current_exe().unwrap();
    let built = test.parent().unwrap();
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "-o"]).arg(&path).arg(&source);
    rustc.arg("--extern").arg(format!("particle_pilot={}", newest_library(built).display()));
    rustc.arg("-L").arg(format!("dependency={}", built.display()));
    if let Some(toolkit) = toolkit {
        fs::copy(toolkit, folder.path().join("libcuda.so")).unwrap();
        rustc.arg("-L").arg(format!("native={}", folder.path().display()));
    }
    rustc.args(linker.arguments());
    let output = rustc.output().unwrap();
    assert!(output.status.success(), "{linker:?}: {}", String::from_utf8_lossy(&output.stderr));
    Program { path, folder }
}

/// This crate as a library, as it is without the feature `cust`, which links the driver. Older builds may lie beside it.
pub fn newest_library(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("libparticle_pilot-") && name.ends_with(".rlib") && !has_cust(path)
        })
        .max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap())
        .expect("cargo builds the library before its tests")
}

/// Whether the library was built with the feature `cust`: the list of its sources, which cargo puts beside it, tells.
fn has_cust(library: &Path) -> bool {
    let name = library.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let list = library.with_file_name(format!("{}.d", name.trim_start_matches("lib")));
    fs::read_to_string(list).is_ok_and(|sources| sources.contains("interop.rs"))
}
