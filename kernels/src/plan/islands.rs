//! What the populations of a decision come to together.

use crate::population::Remains;
use crate::team::Team;

use super::cem::{from_sortable, sortable};

/// What is left of all `count` populations, given what is left of each, and the sums of two more numbers
/// that `of` gives along with it.
#[inline(always)]
pub fn unite<T: Team>(
    team: T,
    count: usize,
    of: impl Fn(usize) -> (Remains, [f64; 2]),
) -> (Remains, [f64; 2]) {
    let [sum, squares, first, second] = team.sums_of(count, |n, island| {
        let (remains, numbers) = of(island);
        match n {
            0 => remains.sum,
            1 => remains.squares,
            2 => numbers[0],
            _ => numbers[1],
        }
    });
    let (mut best, mut dead, mut non_finite, mut longest) = (u32::MAX, 0, 0, 0);
    for island in team.places(count, 1) {
        let (remains, _) = of(island);
        best = best.min(sortable(remains.best));
        dead += remains.dead;
        non_finite += remains.non_finite;
        longest = longest.max(remains.longest);
    }
    let remains = Remains {
        best: from_sortable(team.combine(best, u32::min)),
        sum,
        squares,
        dead: team.combine(dead, |a, b| a + b),
        non_finite: team.combine(non_finite, |a, b| a + b),
        longest: team.combine(longest, u32::max),
    };
    (remains, [first, second])
}
