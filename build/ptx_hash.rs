//! What ties `kernels/particle_pilot.ptx` to the sources that it was compiled from.
//!
//! `cargo xtask kernels` writes the hash into the file, `build.rs` compares it: both include this
//! file, which therefore needs nothing but std.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// Starts the line of the PTX that holds the hash.
pub const SOURCES: &str = "// sources: ";

/// The hash of `Cargo.toml` and of every `.rs` file below `src` in the folder `kernels`.
///
/// FNV-1a with 64 bits, in hexadecimal, over each file in the order of their paths: the path from
/// `kernels` with `/` between its parts, a zero byte, the text without carriage returns, a zero
/// byte. It tells versions apart; it is no defence against forgery.
pub fn of_sources(kernels: &Path) -> io::Result<String> {
    let mut files = vec![("Cargo.toml".to_owned(), kernels.join("Cargo.toml"))];
    collect(&kernels.join("src"), "src", &mut files)?;
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for (name, path) in files {
        let text = fs::read(path)?.into_iter().filter(|&byte| byte != b'\r');
        for byte in name.bytes().chain([0]).chain(text).chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(format!("{hash:016x}"))
}

/// The hash that the header of `ptx` names.
pub fn in_header(ptx: &str) -> Option<&str> {
    ptx.lines().find_map(|line| line.strip_prefix(SOURCES)).map(str::trim)
}

/// Adds name and path of each `.rs` file in `folder`, whose own name is `name`.
fn collect(folder: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = format!("{name}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            collect(&path, &name, files)?;
        } else if name.ends_with(".rs") {
            files.push((name, path));
        }
    }
    Ok(())
}
