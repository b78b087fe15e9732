//! Random shooting.

use super::block::Block;
use super::conclude::{end_iteration, every, summary};
use super::knots::write_shares;
use super::workspace::Workspace;
use crate::controls::{STRATA, first_level, first_levels};
use crate::planners::shooting::best_stratum;
use crate::rng::Stream;
use crate::task::{Answer, MOST_DIMENSIONS};

/// Writes the answer: the first action whose futures cost least on average.
#[inline(always)]
pub fn choose(block: &Block, workspace: &Workspace<'_>, stream: &Stream) {
    let params = &workspace.task.params;
    let summary = summary(block, workspace);
    block.sync();
    let strata = params.strata as usize;
    // Choices come in turn, so that a choice has the strata that are as many apart.
    let groups = if params.choices > 0 { params.choices as usize } else { strata };
    let best = best_stratum(&summary.sums, groups, params.particles as usize);
    let first = f64::from(first_level(best, strata) * stream.first_sign());
    end_iteration(block, workspace, true, Answer { shares: every(first), ..summary });
    if params.dimensions > 1 {
        let levels = first_levels(stream, block.rank as usize % MOST_DIMENSIONS, params.choices);
        let mut level = levels[0];
        for pair in 1..STRATA / 2 {
            level = if pair == best / 2 { levels[pair] } else { level };
        }
        write_shares(
            block,
            workspace,
            f64::from(if best.is_multiple_of(2) { level } else { -level }),
        );
    }
}
