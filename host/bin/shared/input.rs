//! What is read: a file, or standard input where it is called `-`.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::Path;

use anyhow::{Error, Result};

use super::usage::usage;

/// What the file is called in messages.
pub fn name(path: &Path) -> String {
    match is_stdin(path) {
        true => "standard input".into(),
        false => path.display().to_string(),
    }
}

/// The file's name, and its content to be read bit by bit.
///
/// # Errors
/// A usage error that names the file, if it cannot be opened.
pub fn open(path: &Path) -> Result<(String, Box<dyn Read>)> {
    let name = name(path);
    if is_stdin(path) {
        return Ok((name, Box::new(stdin())));
    }
    let file = File::open(path).map_err(|error| unreadable(&name, &error))?;
    Ok((name, Box::new(file)))
}

/// The file's name and its whole content.
///
/// # Errors
/// A usage error that names the file, if it cannot be read.
pub fn bytes(path: &Path) -> Result<(String, Vec<u8>)> {
    let (name, mut input) = open(path)?;
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(|error| unreadable(&name, &error))?;
    Ok((name, bytes))
}

/// The file's name and its whole content, which is text.
///
/// # Errors
/// As [`bytes`], and if it is no UTF-8.
pub fn text(path: &Path) -> Result<(String, String)> {
    let (name, mut input) = open(path)?;
    let mut text = String::new();
    input.read_to_string(&mut text).map_err(|error| unreadable(&name, &error))?;
    Ok((name, text))
}

/// The refusal of a file that cannot be read.
pub fn unreadable(name: &str, error: &std::io::Error) -> Error {
    usage(format!("cannot read {name}: {error}"))
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}
