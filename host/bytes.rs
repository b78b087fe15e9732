//! Numbers of bytes.

use std::fmt;

/// A number of bytes, as people read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    /// # Examples
    /// ```
    /// use particle_pilot::Bytes;
    /// assert_eq!(Bytes(21_700_000_000).to_string(), "21.7 GB");
    /// assert_eq!(Bytes(900).to_string(), "900 B");
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
        let bytes = self.0 as f64;
        match units.into_iter().find(|(unit, _)| bytes >= *unit) {
            Some((unit, name)) => write!(f, "{:.1} {name}", bytes / unit),
            None => write!(f, "{} B", self.0),
        }
    }
}
