//! A hash by which runs are compared.

use particle_pilot_kernels::digest::Fnv;
use serde::{Deserialize, Serialize};

use crate::decision::{Action, Decision, Diagnostics};

/// A hash of the bits of states and actions: equal digests mean equal runs.
///
/// FNV-1a over little-endian bytes (G. Fowler, L. C. Noll, K.-P. Vo), 64 bits.
///
/// # Examples
/// ```
/// use particle_pilot::Digest;
/// let mut digest = Digest::new();
/// digest.bytes(b"a");
/// assert_eq!(digest.to_string(), "af63dc4c8601ec8c");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest(Fnv);

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

impl Digest {
    /// The digest of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self(Fnv::default())
    }

    /// The digest of an episode that a GPU ran.
    pub(crate) fn from_kernel(hash: u64) -> Self {
        Self(Fnv(hash))
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.bytes(bytes);
    }

    /// Adds the bits of a state; what is no number has the same whatever its bits.
    pub fn state(&mut self, state: &[f64]) {
        state.iter().for_each(|value| self.0.value(*value));
    }

    /// Adds an action: its index, or the bits of its force.
    pub fn action(&mut self, action: Action) {
        match action {
            Action::Discrete(index) => self.bytes(&index.to_le_bytes()),
            Action::Continuous(control) => self.state(&control),
        }
    }

    /// Adds all that a decision says.
    pub fn decision(&mut self, decision: &Decision) {
        let Diagnostics {
            best,
            mean,
            spread,
            effective_samples,
            dead_share,
            non_finite,
            longest,
            horizon,
            particles,
            particle_steps,
        } = decision.diagnostics;
        self.action(decision.action);
        self.state(&[best, mean, spread, effective_samples, dead_share]);
        for count in [non_finite, longest.into(), horizon.into(), particles, particle_steps] {
            self.bytes(&count.to_le_bytes());
        }
    }

    /// Adds another digest.
    pub fn digest(&mut self, other: Self) {
        self.bytes(&other.0.0.to_le_bytes());
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0.0)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = std::num::ParseIntError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        u64::from_str_radix(&text, 16).map(|hash| Self(Fnv(hash)))
    }
}
