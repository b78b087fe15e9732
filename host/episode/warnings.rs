//! What was noticed about the decisions of an episode.

use std::mem::discriminant;

use serde::{Deserialize, Serialize};

use crate::decision::{Diagnostics, Warning};

/// A kind of warning that came in an episode.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarningNote {
    /// The first of its kind.
    pub warning: Warning,
    /// In how many decisions the kind came.
    pub decisions: u32,
    /// The step of the first.
    pub first_step: u32,
}

/// The warnings of an episode's decisions, by kind.
///
/// # Examples
/// ```
/// use particle_pilot::{CartPoleProblem, Episode, Pilot, PilotConfig, Warning};
/// // All futures of half a minute end before, and this is so in every decision.
/// let mut pilot = Pilot::new(PilotConfig::builder().horizon(1500).particles(64).build()?, CartPoleProblem::default())?;
/// let result = Episode::new().steps(3).run(&mut pilot)?;
/// let note = result.warnings.iter().find(|note| matches!(note.warning, Warning::AllEnd { .. })).unwrap();
/// assert_eq!((note.decisions, note.first_step), (3, 0));
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WarningNotes([Option<WarningNote>; Warning::KINDS]);

impl WarningNotes {
    /// Takes note of the warnings of step number `step`.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{Diagnostics, WarningNotes};
    /// let mut notes = WarningNotes::default();
    /// for (step, dead_share) in [(0, 0.5), (1, 1.0), (2, 1.0)] {
    ///     notes.note(&Diagnostics { dead_share, ..Diagnostics::default() }, step);
    /// }
    /// let note = notes.iter().next().unwrap();
    /// assert_eq!((note.decisions, note.first_step), (2, 1));
    /// ```
    pub fn note(&mut self, diagnostics: &Diagnostics, step: u32) {
        for warning in diagnostics.warnings() {
            let is_its = |note: &Option<WarningNote>| {
                note.is_none_or(|n| discriminant(&n.warning) == discriminant(&warning))
            };
            if let Some(place) = self.0.iter_mut().find(|note| is_its(note)) {
                let first = WarningNote { warning, decisions: 0, first_step: step };
                place.get_or_insert(first).decisions += 1;
            }
        }
    }

    /// One for each kind that came, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &WarningNote> {
        self.0.iter().flatten()
    }
}
