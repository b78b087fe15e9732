//! The cross-entropy method (CEM).
//!
//! R. Y. Rubinstein, D. P. Kroese, "The Cross-Entropy Method" (2004). Draw futures, keep the best share,
//! refit the distribution to them, and draw again. For left and right the distribution is one
//! probability for each step, for continuous control a mean for each step and a deviation for each
//! knot. Refits keep a share of the old distribution, and a floor keeps every action possible. What
//! remains in the end is shifted by a step to begin the next decision.

mod continuous;
pub(crate) mod discrete;
pub(crate) mod elites;

pub(crate) use continuous::ContinuousCem;
pub(crate) use discrete::DiscreteCem;
