//! Random shooting.

use super::block::Block;
use super::conclude::{end_iteration, summary};
use super::workspace::Workspace;
use crate::controls::first_level;
use crate::planners::shooting::best_stratum;
use crate::rng::Stream;
use crate::task::Answer;

/// Writes the answer: the first action whose futures cost least on average.
#[inline(always)]
pub fn choose(block: &Block, workspace: &Workspace<'_>, stream: &Stream) {
    let params = &workspace.task.params;
    let summary = summary(block, workspace);
    block.sync();
    let strata = params.strata as usize;
    let best = best_stratum(&summary.sums, strata, params.particles as usize);
    let share = f64::from(first_level(best, strata) * stream.first_sign());
    end_iteration(block, workspace, true, Answer { share, ..summary });
}
