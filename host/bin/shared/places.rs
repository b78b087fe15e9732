//! Which names mean the same file: what is read must not be written, nor anything twice.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::draft::folder_of;
use super::usage::usage;

/// Links that are followed, as many as Linux does.
const MOST_LINKS: usize = 40;

/// A file that an option names.
pub type Named<'a> = (&'a str, Option<&'a Path>);

/// Refuses two outputs to one file, and outputs to what is read. Names may differ: it is the file that counts.
/// `/dev/null` and its like take any number.
pub fn distinct(inputs: &[Named<'_>], outputs: &[Named<'_>]) -> Result<()> {
    let inputs = inputs.iter().filter_map(|named| File::of(*named, "/dev/stdin"));
    let mut taken: Vec<(File<'_>, bool)> = inputs.map(|file| (file, true)).collect();
    // What people read goes there.
    let stdout = ("standard output", Some(Path::new("/dev/stdout")));
    taken.extend(File::of(stdout, "").map(|file| (file, false)));
    for output in outputs {
        let Some(file) = File::of(*output, "") else { continue };
        if let Some((other, is_read)) = taken.iter().find(|(other, _)| file.is(other)) {
            let (path, option) = (file.path.display(), file.option);
            return Err(usage(match is_read {
                true => {
                    format!("{option} would overwrite {path}, which is read ({})", other.option)
                }
                false => {
                    format!("two outputs cannot both go to {path}: {} and {option}", other.option)
                }
            }));
        }
        taken.push((file, false));
    }
    Ok(())
}

/// An ordinary file, or one that is not there yet.
struct File<'a> {
    option: &'a str,
    path: &'a Path,
    /// Its one name.
    resolved: PathBuf,
    /// What the system knows it by, whatever its names.
    id: Option<(u64, u64)>,
}

impl<'a> File<'a> {
    /// The file, unless it is special; `-` stands for `stream`, if that has a name.
    fn of((option, path): Named<'a>, stream: &'a str) -> Option<Self> {
        let mut path = path?;
        if path == Path::new("-") && !stream.is_empty() {
            path = Path::new(stream);
        }
        let is_stream = ["/dev/stdin", "/dev/stdout"].map(Path::new).contains(&path);
        match path.metadata() {
            Ok(metadata) if metadata.is_file() => {
                Some(Self { option, path, resolved: resolved(path), id: id(&metadata) })
            }
            Err(_) if !is_stream => Some(Self { option, path, resolved: resolved(path), id: None }),
            _ => None,
        }
    }

    fn is(&self, other: &Self) -> bool {
        self.resolved == other.resolved || self.id.is_some() && self.id == other.id
    }
}

/// The name of a file, or of one that could be made there, without links.
pub fn resolved(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match path.read_link() {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => break,
        }
    }
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    match (folder_of(&path).canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

#[cfg(unix)]
fn id(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn id(_: &Metadata) -> Option<(u64, u64)> {
    None
}
