//! Whether values come again.

use serde::Serialize;

/// One of a replay's two comparisons.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// Steps of which every bit agrees.
    pub agreeing: u64,
    /// The first value that did not come again, if any.
    pub first_disagreement: Option<Disagreement>,
}

/// A recorded value that did not come again.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Disagreement {
    /// The step, counted from 0; for the state that the last action led to, the number of steps.
    pub step: u64,
    /// The name of the column.
    pub what: String,
    /// As recorded.
    pub recorded: f64,
    /// As it came now.
    pub replayed: f64,
}

impl Check {
    /// Compares what a step recorded with what came now, name by name and bit for bit.
    pub(super) fn step<'a>(
        &mut self,
        step: u64,
        values: impl IntoIterator<Item = (&'a str, f64, f64)>,
    ) {
        match values.into_iter().find(|(_, recorded, replayed)| !is_same(*recorded, *replayed)) {
            None => self.agreeing += 1,
            Some((what, recorded, replayed)) => {
                let disagreement = || Disagreement { step, what: what.into(), recorded, replayed };
                self.first_disagreement.get_or_insert_with(disagreement);
            }
        }
    }
}

/// Every bit counts. One NaN is as good as another: text does not tell them apart.
fn is_same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_counts_but_those_of_nan() {
        let agrees = |a: f64, b: f64| {
            let mut check = Check::default();
            check.step(0, [("x", a, b)]);
            check.agreeing == 1
        };
        assert!(agrees(0.1, 0.1) && agrees(f64::NAN, -f64::NAN));
        assert!(!agrees(0.0, -0.0) && !agrees(1.0, 1.0f64.next_up()));
        assert!(!agrees(f64::NAN, 1.0) && !agrees(1.0, f64::NAN));
    }
}
