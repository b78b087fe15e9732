//! Which planners there are.

use serde::{Deserialize, Serialize};

use super::names::named;

/// Which planner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PlannerKind {
    /// Independent random futures; the first action whose futures do better on average.
    RandomShooting,
    /// Cross-entropy method: futures drawn again and again around the best ones.
    #[default]
    Cem,
    /// Model predictive path integral control: one plan, moved to where weighted futures point.
    Mppi,
    /// Sequential Monte Carlo: futures advance together, the unlikely are replaced by the likely.
    Smc,
    /// Fractal Monte Carlo: futures clone each other for reward and for distance.
    Fmc,
    /// Predictive sampling: the best of many variants of the last plan, from three futures on.
    PredictiveSampling,
    /// The improved cross-entropy method: smooth noise, and the best futures are followed again.
    Icem,
}

named!(
    PlannerKind,
    "planner",
    [
        (PlannerKind::RandomShooting, "random-shooting"),
        (PlannerKind::Cem, "cem"),
        (PlannerKind::Mppi, "mppi"),
        (PlannerKind::Smc, "smc"),
        (PlannerKind::Fmc, "fmc"),
        (PlannerKind::PredictiveSampling, "predictive-sampling"),
        (PlannerKind::Icem, "icem"),
    ]
);
