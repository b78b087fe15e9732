//! Which C library a program needs.

use std::fmt;
use std::str::FromStr;

/// A version of glibc, such as 2.31.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl FromStr for Version {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('.').map(str::parse);
        let mut part = || parts.next().unwrap_or(Ok(0));
        Ok(Self(part()?, part()?))
    }
}

/// The newest version of glibc of which `program`, an ELF file, asks for a symbol.
///
/// The names of versions, `GLIBC_2.31`, are zero-terminated texts among those of the dynamic symbols. Looking for
/// them everywhere in the file may find one too many, never one too few.
pub fn needed_by(program: &[u8]) -> Version {
    let mark = b"\0GLIBC_";
    let starts = program.windows(mark.len()).enumerate().filter(|(_, text)| text == mark);
    let versions = starts.filter_map(|(at, _)| {
        let rest = &program[at + mark.len()..];
        let end = rest.iter().position(|byte| *byte == 0)?;
        std::str::from_utf8(&rest[..end]).ok()?.parse().ok()
    });
    versions.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_counts() {
        let program =
            b"\x7fELF\0GLIBC_2.9\0open\0GLIBC_2.31\0GLIBC_2.2.5\0GLIBC_PRIVATE\0MYGLIBC_3.0\0";
        assert_eq!(needed_by(program), Version(2, 31));
        assert_eq!(needed_by(b"static"), Version(0, 0));
        assert_eq!("2.36".parse(), Ok(Version(2, 36)));
    }
}
