//! Compilers that can build Rust's own library, which needs its sources.

use crate::command::{command, have, root};
use crate::msrv;

/// What to install where there is none.
pub const INSTALL: &str = "`rustup toolchain install nightly --component rust-src` or, on Debian, \
                           `apt-get install --no-install-recommends rustc-web rust-web-src`";

/// A rustc that has its library's sources and is new enough for this project.
pub struct Compiler {
    /// Its path, or its name where `PATH` has it.
    pub rustc: String,
    /// What it calls itself: the first line of `rustc -vV`.
    pub version: String,
    /// Of the LLVM it was built with.
    pub llvm: String,
}

impl Compiler {
    /// Everything that decides what it makes of a source.
    pub fn identity(&self) -> String {
        format!("{}, LLVM {}", self.version, self.llvm)
    }

    /// `None` when there is no such program, it lacks the sources, or it is too old.
    fn new(rustc: String) -> Option<Self> {
        let ask = |args| String::from_utf8(command(&rustc, args).output().ok()?.stdout).ok();
        let answer = ask("-vV")?;
        let field = |name| answer.lines().find_map(|line| line.strip_prefix(name));
        if !msrv::is_supported(field("release: ")?) {
            return None;
        }
        let sysroot = root().join(ask("--print sysroot")?.trim());
        if !sysroot.join("lib/rustlib/src/rust/library/core").is_dir() {
            return None;
        }
        let version = answer.lines().next()?.to_owned();
        let llvm = field("LLVM version: ")?.to_owned();
        Some(Self { rustc, version, llvm })
    }
}

/// All that are found: the one in use, the distribution's, then rustup's nightly.
pub fn all() -> Vec<Compiler> {
    let nightly = have("rustup")
        .then(|| command("rustup", "which rustc --toolchain nightly").output().ok())
        .flatten()
        .filter(|answer| answer.status.success())
        .and_then(|answer| String::from_utf8(answer.stdout).ok())
        .map(|path| path.trim().to_owned());
    let names = ["rustc", "/usr/bin/rustc"].map(str::to_owned).into_iter().chain(nightly);
    names.filter_map(Compiler::new).collect()
}
