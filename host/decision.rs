//! What a pilot answers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::control_vector::ControlVector;

/// An action as the environment takes it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The index of a choice; for cart-pole, 0 pushes left (minus the full force), 1 right.
    Discrete(u32),
    /// Numbers in the model's units; for cart-pole one, the force in N.
    Continuous(ControlVector),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discrete(index) => index.fmt(f),
            Self::Continuous(control) => control.fmt(f),
        }
    }
}

/// A pilot's answer to one state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What to do.
    pub action: Action,
    /// How the futures looked from which it follows.
    pub diagnostics: Diagnostics,
}

/// How the simulated futures of one decision looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diagnostics {
    /// The lowest cost of a future.
    pub best: f64,
    /// The mean cost.
    pub mean: f64,
    /// The standard deviation of the costs.
    pub spread: f64,
    /// How many futures effectively had a say: `(sum w)^2 / sum w^2` over their weights; where futures
    /// have none, all that were compared.
    pub effective_samples: f64,
    /// The share of futures that ended before the horizon, 0 to 1.
    pub dead_share: f64,
    /// Futures whose cost was not a finite number; each scored worst.
    pub non_finite: u64,
    /// How many steps the longest-lived future lasted.
    pub longest: u32,
    /// The horizon, in steps.
    pub horizon: u32,
    /// Futures in each iteration.
    pub particles: u64,
    /// Steps simulated, over all futures and iterations.
    pub particle_steps: u64,
}

impl Diagnostics {
    /// What a person should know about this decision, in plain words through `Display`.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, Pilot, PilotConfig, Warning};
    /// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
    /// let falling = pilot.act(&[2.3, 3.0, 0.2, 3.0])?;
    /// let warnings: Vec<Warning> = falling.diagnostics.warnings().collect();
    /// assert!(matches!(warnings[0], Warning::AllEnd { .. }));
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn warnings(&self) -> impl Iterator<Item = Warning> + use<> {
        let all_end = (self.dead_share >= 1.0).then_some(Warning::AllEnd { longest: self.longest });
        let few = (self.effective_samples < 2.0 && self.particles > 16)
            .then_some(Warning::FewSamples { effective: self.effective_samples });
        let non_finite =
            (self.non_finite > 0).then_some(Warning::NonFinite { count: self.non_finite });
        [all_end, few, non_finite].into_iter().flatten()
    }
}

/// Something about a decision that a person should know.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// No future reaches the horizon.
    AllEnd {
        /// Steps that the longest-lived future lasts.
        longest: u32,
    },
    /// Hardly any future has a say.
    FewSamples {
        /// The effective sample size.
        effective: f64,
    },
    /// Some costs were not finite.
    NonFinite {
        /// How many.
        count: u64,
    },
}

impl Warning {
    /// How many kinds there are.
    pub(crate) const KINDS: usize = 3;
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllEnd { longest: 0 } => f.write_str("all futures end at once"),
            Self::AllEnd { longest: 1 } => f.write_str("all futures end within 1 step"),
            Self::AllEnd { longest } => write!(f, "all futures end within {longest} steps"),
            Self::FewSamples { effective } => {
                write!(
                    f,
                    "effective sample size {effective:.1}, so that hardly any future has a say"
                )
            }
            Self::NonFinite { count: 1 } => f.write_str("1 future had no finite cost"),
            Self::NonFinite { count } => write!(f, "{count} futures had no finite cost"),
        }
    }
}
