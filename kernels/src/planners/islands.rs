//! The reduction over the populations of a decision.

use crate::population::PopulationStats;
use crate::reduce::{from_sortable, sortable};
use crate::team::Team;

/// Reduces the statistics of `count` populations to those of all; `of(i)` gives population `i`'s and two extra numbers,
/// which are summed.
#[inline(always)]
pub fn reduce_stats<T: Team>(
    team: T,
    count: usize,
    of: impl Fn(usize) -> (PopulationStats, [f64; 2]),
) -> (PopulationStats, [f64; 2]) {
    let [sum, squares, first, second] = team.sums_of(count, |n, island| {
        let (stats, numbers) = of(island);
        match n {
            0 => stats.sum,
            1 => stats.squares,
            2 => numbers[0],
            _ => numbers[1],
        }
    });
    let (mut best, mut dead, mut non_finite, mut longest) = (u32::MAX, 0, 0, 0);
    for island in team.places(count, 1) {
        let (stats, _) = of(island);
        best = best.min(sortable(stats.best));
        dead += stats.dead;
        non_finite += stats.non_finite;
        longest = longest.max(stats.longest);
    }
    let stats = PopulationStats {
        best: from_sortable(team.combine(best, u32::min)),
        sum,
        squares,
        dead: team.combine(dead, |a, b| a + b),
        non_finite: team.combine(non_finite, |a, b| a + b),
        longest: team.combine(longest, u32::max),
    };
    (stats, [first, second])
}
