//! What is written, and where: files appear whole or not at all.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use tempfile::NamedTempFile;

use super::interrupt;

/// What was asked for cannot be done; found out before anything was begun.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// An error that is the user's to correct.
pub fn usage(error: impl std::fmt::Display) -> anyhow::Error {
    UsageError(error.to_string()).into()
}

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

/// Where a result goes. A file is written under another name beside its place, so that whoever
/// looks finds the old one or the new one, and never half of it.
pub enum Sink {
    /// Standard output.
    Stdout,
    /// What exists and is no ordinary file, such as `/dev/null`: written in place.
    Special(PathBuf, std::fs::File),
    /// A file, written beside `path` and renamed.
    File { path: PathBuf, temporary: NamedTempFile },
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
        if path == Path::new("-") {
            return Err(usage("only --json can go to standard output; name a file"));
        }
        Self::open_file(path)
            .map_err(|error| usage(format!("cannot write {}: {error}", path.display())))
    }

    fn open_file(path: &Path) -> io::Result<Self> {
        if path.is_dir() {
            return Err(io::Error::other("it is a folder"));
        }
        // Through links, so that they stay links.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if path.exists() {
            let file = OpenOptions::new().append(true).open(&path)?; // refuses what is read-only
            if !file.metadata()?.is_file() {
                return Ok(Self::Special(path, file));
            }
        }
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        // With the same ending, by which bitmaps know their format.
        let (prefix, suffix) = (".pilot-".to_owned(), format!("-{}", name.to_string_lossy()));
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(&suffix);
        #[cfg(unix)]
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666); // less the umask
        #[cfg(unix)]
        builder.permissions(permissions);
        let temporary = builder.tempfile_in(folder).map_err(|error| {
            // Without the temporary name, which says nothing to the user.
            error.raw_os_error().map_or(error, io::Error::from_raw_os_error)
        })?;
        interrupt::remember(temporary.path());
        Ok(Self::File { path, temporary })
    }

    /// The file that is written to until it is finished, if it is an ordinary one.
    pub fn temporary_path(&self) -> Option<PathBuf> {
        match self {
            Self::File { temporary, .. } => Some(temporary.path().to_owned()),
            _ => None,
        }
    }

    /// Puts the file in its place.
    pub fn finish(self) -> Result<()> {
        if let Self::File { path, temporary } = self {
            let name = temporary.path().to_owned();
            temporary.persist(&path).with_context(|| format!("cannot write {}", path.display()))?;
            interrupt::forget(&name);
        }
        Ok(())
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
            Self::Special(path, _) | Self::File { path, .. } => path.display().to_string(),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout => io::stdout().write(bytes),
            Self::Special(_, file) => file.write(bytes),
            Self::File { temporary, .. } => temporary.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().flush(),
            Self::Special(_, file) => file.flush(),
            Self::File { temporary, .. } => temporary.flush(),
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

/// Refuses two outputs to one file; `/dev/null` takes any number.
pub fn distinct(paths: &[Option<&Path>]) -> Result<()> {
    let special = |path: &&Path| path.exists() && !path.is_file();
    let given = paths.iter().flatten().copied();
    let paths: Vec<&Path> = given.filter(|path| !special(path)).collect();
    for (index, path) in paths.iter().enumerate() {
        if paths[..index].contains(path) {
            let path = path.display();
            return Err(usage(format!("two outputs cannot both go to {path}")));
        }
    }
    Ok(())
}
