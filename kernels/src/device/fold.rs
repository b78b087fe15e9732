//! Adding up the chunks' sums.

use core::cell::Cell;

use super::block::{Block, HALF, fold_columns};
use super::hardware::gathered;
use super::workspace::Workspace;
use crate::reduce::GROUP;

const SIZE: u32 = GROUP as u32;
/// Values of a group that each thread adds up.
const EACH: usize = (SIZE / HALF) as usize;

/// The sums over all futures, a row of `width` numbers, from `values`: rows of all chunks or, where the futures
/// come in batches, those that [`fold_batch`] left. Begins and ends with all threads in step.
#[inline(always)]
pub fn fold_all<'a>(
    block: &Block,
    workspace: &Workspace<'_>,
    values: &'a [Cell<f64>],
    width: u32,
) -> &'a [Cell<f64>] {
    let params = &workspace.task.params;
    let batches = params.batches();
    if batches == 1 {
        return fold_rows(block, values, params.chunks(), width);
    }
    let first = params.rows()[0] as usize * width as usize;
    fold_rows(block, &values[first..], batches, width)
}

/// Adds up the rows of batch `batch`, and keeps their sums. Begins and ends with all
/// threads in step.
#[inline(always)]
pub fn fold_batch(
    block: &Block,
    workspace: &Workspace<'_>,
    values: &[Cell<f64>],
    width: u32,
    batch: u32,
) {
    let params = &workspace.task.params;
    let sums = fold_rows(block, values, params.batch(batch).1, width);
    let row = params.rows()[0] as usize + batch as usize;
    let kept = &values[row * width as usize..];
    block.each(width, |place| kept[place as usize].set(sums[place as usize].get()));
    block.sync();
}

/// Adds up `rows` rows of `width` numbers as [`crate::reduce::tree`] does, and returns the row of the sums,
/// which lies behind the others. Begins and ends with all threads in step.
#[inline(always)]
fn fold_rows<'a>(
    block: &Block,
    values: &'a [Cell<f64>],
    mut rows: u32,
    width: u32,
) -> &'a [Cell<f64>] {
    let mut values = values;
    block.sync();
    while rows > 1 {
        let groups = rows.div_ceil(SIZE);
        let (from, to) = values.split_at(rows as usize * width as usize);
        block.each_half(groups * width, |task| {
            let values = match task {
                Some(task) => {
                    let (group, place) = (task / width, task % width);
                    let end = rows.min((group + 1) * SIZE);
                    column(from, width, place, [group * SIZE + block.rank % HALF, end])
                }
                None => [0.0; EACH],
            };
            // Or the assembler mixes loads and additions, to save registers.
            let values = gathered(values);
            let mut column = 0.0;
            for i in 0..EACH {
                column += values[i];
            }
            let sum = fold_columns(column, 1);
            if let Some(task) = task
                && block.rank.is_multiple_of(HALF)
            {
                to[task as usize].set(sum);
            }
        });
        block.sync();
        (values, rows) = (to, groups);
    }
    &values[..width as usize]
}

/// The values at `place` of every sixteenth row of a group from `first` on, up to `end`.
///
/// All are on their way before the first is there: one after the other, each would wait for memory as long as all of them do now.
/// Behind the end they are 0, which changes no bit: a sum that begins with 0 is never -0.
#[inline(always)]
fn column(from: &[Cell<f64>], width: u32, place: u32, [first, end]: [u32; 2]) -> [f64; EACH] {
    let mut values = [0.0; EACH];
    for i in 0..EACH {
        let row = first + i as u32 * HALF;
        // Some row in any case: no load has to wait for a branch.
        let at = row.min(end - 1) as usize * width as usize + place as usize;
        // SAFETY: `end` is at most the number of rows of `width` values, and above 0; `place` is below `width`.
        let value = unsafe { from.get_unchecked(at) }.get();
        values[i] = if row < end { value } else { 0.0 };
    }
    values
}
