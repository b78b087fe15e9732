//! Adding up the chunks' sums.

use core::cell::Cell;

use super::crew::{Crew, HALF, fold_columns};
use super::site::Site;
use crate::reduce::GROUP;

const SIZE: u32 = GROUP as u32;

/// The sums over all futures, a row of `width` numbers, from `values`: rows of all chunks or, where the futures
/// come in pieces, those that [`fold_piece`] left. Begins and ends with all threads in step.
#[inline(always)]
pub fn fold_all<'a>(
    crew: &Crew,
    site: &Site<'_>,
    values: &'a [Cell<f64>],
    width: u32,
) -> &'a [Cell<f64>] {
    let rules = &site.task.rules;
    let pieces = rules.pieces();
    if pieces == 1 {
        return fold_rows(crew, values, rules.chunks(), width);
    }
    let first = rules.rows()[0] as usize * width as usize;
    fold_rows(crew, &values[first..], pieces, width)
}

/// Adds up the rows of piece `piece`, and keeps their sums. Begins and ends with all
/// threads in step.
#[inline(always)]
pub fn fold_piece(crew: &Crew, site: &Site<'_>, values: &[Cell<f64>], width: u32, piece: u32) {
    let rules = &site.task.rules;
    let sums = fold_rows(crew, values, rules.piece(piece).1, width);
    let row = rules.rows()[0] as usize + piece as usize;
    let kept = &values[row * width as usize..];
    crew.each(width, |place| kept[place as usize].set(sums[place as usize].get()));
    crew.sync();
}

/// Adds up `rows` rows of `width` numbers as [`crate::reduce::tree`] does, and returns the row of the sums,
/// which lies behind the others. Begins and ends with all threads in step.
#[inline(always)]
fn fold_rows<'a>(
    crew: &Crew,
    values: &'a [Cell<f64>],
    mut rows: u32,
    width: u32,
) -> &'a [Cell<f64>] {
    let mut values = values;
    crew.sync();
    while rows > 1 {
        let groups = rows.div_ceil(SIZE);
        let (from, to) = values.split_at(rows as usize * width as usize);
        crew.each_half(groups * width, |task| {
            let mut column = 0.0;
            if let Some(task) = task {
                let (group, place) = (task / width, task % width);
                let mut row = group * SIZE + crew.rank % HALF;
                let end = rows.min((group + 1) * SIZE);
                while row < end {
                    column += from[row as usize * width as usize + place as usize].get();
                    row += HALF;
                }
            }
            let sum = fold_columns(column, 1);
            if let Some(task) = task
                && crew.rank.is_multiple_of(HALF)
            {
                to[task as usize].set(sum);
            }
        });
        crew.sync();
        (values, rows) = (to, groups);
    }
    &values[..width as usize]
}
