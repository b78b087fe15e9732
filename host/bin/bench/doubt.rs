//! The reasons for which figures are to be doubted, and how each is said.

use serde::{Deserialize, Serialize};

/// A reason to doubt a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Its samples scatter.
    Scatters,
    /// Others used the machine meanwhile.
    Disturbed,
    /// It was faster than can be, so that what it is compared with was measured too low.
    Impossible,
}

impl Doubt {
    pub const ALL: [Self; 3] = [Self::Scatters, Self::Disturbed, Self::Impossible];

    /// What stands beside the names of such rows.
    pub fn mark(self) -> char {
        match self {
            Self::Scatters => '~',
            Self::Disturbed => '!',
            Self::Impossible => '^',
        }
    }

    /// As in JSON, for CSV.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scatters => "scatters",
            Self::Disturbed => "disturbed",
            Self::Impossible => "impossible",
        }
    }

    /// What it means, for where there is little room.
    pub fn in_short(self) -> &'static str {
        match self {
            Self::Scatters => "scatters by more than 10%",
            Self::Disturbed => "others were at work",
            Self::Impossible => "faster than can be: measured in disturbed moments",
        }
    }

    /// What it means, for below tables.
    pub fn about(self) -> &'static str {
        match self {
            Self::Scatters => "the samples scatter by more than 10%",
            Self::Disturbed => "others used more than 10% of the machine meanwhile",
            Self::Impossible => {
                "faster than can be: its limit, or one thread, was measured too low"
            }
        }
    }
}
