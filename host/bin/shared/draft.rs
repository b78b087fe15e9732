//! A file on its way: whoever looks at its place finds the old one or the new one, and never half of it.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempPath};

use super::interrupt;

/// What temporary names begin with. They are short, since a file's own name may be as long as names can be.
const PREFIX: &str = ".pilot-";

/// A file that is written beside its place, if possible without a name, so that nothing stays should the program be
/// killed.
pub struct Draft {
    pub path: PathBuf,
    pub file: File,
    /// `None` if it has no name yet.
    pub name: Option<TempPath>,
}

impl Draft {
    /// Begins a file for `path`, in which there are no links.
    pub fn begin(path: PathBuf) -> io::Result<Self> {
        folder_of(&path).metadata()?; // whose error is in the system's own words
        match nameless(folder_of(&path)) {
            Some(file) => Ok(Self { path, file, name: None }.like_the_old_one()),
            None => Self::begin_named(path),
        }
    }

    /// As [`Draft::begin`], with a temporary name of the same ending, by which bitmaps know their format.
    pub fn begin_named(path: PathBuf) -> io::Result<Self> {
        folder_of(&path).metadata()?;
        let mut suffix = OsString::new();
        if let Some(extension) = path.extension().filter(|extension| extension.len() < 8) {
            suffix.push(".");
            suffix.push(extension);
        }
        let mut builder = Builder::new();
        builder.prefix(PREFIX).suffix(&suffix);
        #[cfg(unix)]
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666); // less the umask
        #[cfg(unix)]
        builder.permissions(permissions);
        let (file, name) = builder.tempfile_in(folder_of(&path)).map_err(plain)?.into_parts();
        interrupt::remember(&name);
        Ok(Self { path, file, name: Some(name) }.like_the_old_one())
    }

    /// With the owner and the mode of the file that it replaces, as far as this is allowed.
    fn like_the_old_one(self) -> Self {
        if let Ok(old) = self.path.metadata() {
            own(&self.file, &old);
            let _ = self.file.set_permissions(old.permissions());
        }
        self
    }

    /// Puts the file in its place.
    pub fn finish(self) -> io::Result<()> {
        let Self { path, file, name } = self;
        let Some(name) = name else {
            let link = |name: &Path| link(&file, name);
            return match Builder::new().prefix(PREFIX).make_in(folder_of(&path), link) {
                Ok(named) => named.into_temp_path().persist(&path).map_err(|error| error.error),
                // A system that knows files without names and does not let them have one.
                Err(_) => Self::begin_named(path)?.copy_of(file)?.finish(),
            };
        };
        interrupt::forget(&name);
        name.persist(&path).map_err(|error| error.error)
    }

    /// With all that is in `file`.
    fn copy_of(mut self, mut file: File) -> io::Result<Self> {
        file.rewind()?;
        io::copy(&mut file, &mut self.file)?;
        Ok(self)
    }
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// What went wrong without a temporary name, which says nothing to the user.
fn plain(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(_) => error,
        None => error.kind().into(),
    }
}

#[cfg(unix)]
fn own(file: &File, old: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let _ = fchown(file, Some(old.uid()), Some(old.gid()));
}

#[cfg(not(unix))]
fn own(_: &File, _: &Metadata) {}

/// A new file in `folder` that has no name, where the system knows such files and can name them later.
#[cfg(target_os = "linux")]
fn nameless(folder: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = open(folder, flags, Mode::from_raw_mode(0o666)).ok()?;
    let file = File::from(file);
    own_name(&file).symlink_metadata().is_ok().then_some(file)
}

/// Gives a file a name that is not taken.
#[cfg(target_os = "linux")]
fn link(file: &File, name: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    Ok(linkat(CWD, own_name(file), CWD, name, AtFlags::SYMLINK_FOLLOW)?)
}

/// What this process may call an open file.
#[cfg(target_os = "linux")]
fn own_name(file: &File) -> PathBuf {
    use std::os::fd::AsRawFd;
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &Path) -> Option<File> {
    None
}

#[cfg(not(target_os = "linux"))]
fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_draft_without_a_name_can_also_be_copied_to_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let mut draft = Draft::begin(path.clone()).unwrap();
        draft.file.write_all(b"all of it").unwrap();
        let copy = Draft::begin_named(path.clone()).unwrap().copy_of(draft.file).unwrap();
        assert!(!path.exists());
        copy.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"all of it");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
