//! Adding up the chunks' sums.

use core::cell::Cell;

use super::block::{Block, HALF, fold_columns};
use super::workspace::Workspace;
use crate::reduce::GROUP;

const SIZE: u32 = GROUP as u32;

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
            let mut column = 0.0;
            if let Some(task) = task {
                let (group, place) = (task / width, task % width);
                let mut row = group * SIZE + block.rank % HALF;
                let end = rows.min((group + 1) * SIZE);
                while row < end {
                    column += from[row as usize * width as usize + place as usize].get();
                    row += HALF;
                }
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
