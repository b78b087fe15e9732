//! What is written, and where: files appear whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use super::draft::Draft;
use super::places::resolved;
use super::usage::usage;

/// Prints to standard output.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

/// Tells something on standard error, which may be closed.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether the error is that nobody reads standard output any more.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.root_cause().downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Where a result goes.
pub enum Sink {
    /// Standard output.
    Stdout,
    /// What exists and is no ordinary file, such as `/dev/null`: written in place.
    Special(PathBuf, File),
    /// An ordinary file.
    File(Draft),
}

impl Sink {
    /// Makes sure that `path` can be written; `-` is standard output.
    pub fn open(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::Stdout);
        }
        Self::file(path)
    }

    /// As [`Sink::open`], but never standard output.
    pub fn file(path: &Path) -> Result<Self> {
        Self::open_file(path, Draft::begin)
    }

    /// As [`Sink::file`], for those who write by the file's name: its ending is that of `path`.
    pub fn named_file(path: &Path) -> Result<Self> {
        Self::open_file(path, Draft::begin_named)
    }

    fn open_file(path: &Path, begin: impl Fn(PathBuf) -> io::Result<Draft>) -> Result<Self> {
        if path == Path::new("-") {
            return Err(usage("only --json can go to standard output; name a file"));
        }
        let open = || {
            if path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
                return Err(io::Error::other("it is a folder"));
            }
            let path = resolved(path);
            match path.metadata() {
                Ok(_) => {
                    let file = OpenOptions::new().append(true).open(&path)?; // refuses what is read-only
                    if !file.metadata()?.is_file() {
                        return Ok(Self::Special(path, file));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            Ok(Self::File(begin(path)?))
        };
        open().map_err(|error| usage(format!("cannot write {}: {error}", path.display())))
    }

    /// The file that is written to until it is finished, if it has a name.
    pub fn temporary_path(&self) -> Option<PathBuf> {
        match self {
            Self::File(draft) => draft.name.as_ref().map(|name| name.to_path_buf()),
            _ => None,
        }
    }

    /// Puts the file in its place.
    pub fn finish(self) -> Result<()> {
        let name = self.name();
        match self {
            Self::File(draft) => draft.finish().with_context(|| format!("cannot write {name}")),
            Self::Stdout | Self::Special(..) => Ok(()),
        }
    }

    /// Writes all there is to write.
    pub fn finish_with(mut self, bytes: &[u8]) -> Result<()> {
        let name = self.name();
        self.write_all(bytes)
            .and_then(|()| self.flush())
            .with_context(|| format!("cannot write {name}"))?;
        self.finish()
    }

    /// Its name in messages.
    pub fn name(&self) -> String {
        match self {
            Self::Stdout => "to standard output".into(),
            Self::Special(path, _) | Self::File(Draft { path, .. }) => path.display().to_string(),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout => io::stdout().write(bytes),
            Self::Special(_, file) | Self::File(Draft { file, .. }) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().flush(),
            Self::Special(_, file) | Self::File(Draft { file, .. }) => file.flush(),
        }
    }
}

/// The report of a command: for people, for programs, or both.
pub struct Report {
    json: Option<Sink>,
    quiet: bool,
}

impl Report {
    /// Makes sure that JSON can be written to `json`.
    pub fn open(json: Option<&Path>, quiet: bool) -> Result<Self> {
        let json = json.map(Sink::open).transpose()?;
        Ok(Self { json, quiet })
    }

    /// Whether people are to see the result on standard output.
    pub fn for_people(&self) -> bool {
        !self.quiet && !matches!(self.json, Some(Sink::Stdout))
    }

    /// Whether nothing is to be said but errors.
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// Whether nothing but the result is wanted.
    pub fn silent(&self) -> bool {
        self.quiet || self.json.is_some()
    }

    /// Writes the result.
    pub fn write(self, text: &str, result: &impl Serialize) -> Result<()> {
        let for_people = self.for_people();
        if let Some(json) = self.json {
            json.finish_with(format!("{}\n", serde_json::to_string_pretty(result)?).as_bytes())?;
        }
        if for_people {
            print(text)?;
        }
        Ok(())
    }
}
