//! Random shooting.

use super::conclude::{end_iteration, summary};
use super::crew::Crew;
use super::site::Site;
use crate::controls::first_level;
use crate::plan::shooting::best_stratum;
use crate::rng::Stream;
use crate::task::Answer;

/// Writes the answer: the first action whose futures cost least on average.
#[inline(always)]
pub fn choose(crew: &Crew, site: &Site<'_>, stream: &Stream) {
    let rules = &site.task.rules;
    let summary = summary(crew, site);
    crew.sync();
    let strata = rules.strata as usize;
    let best = best_stratum(&summary.sums, strata, rules.particles as usize);
    let share = f64::from(first_level(best, strata) * stream.first_sign());
    end_iteration(crew, site, true, Answer { share, ..summary });
}
