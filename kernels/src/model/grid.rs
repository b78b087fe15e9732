//! Grids of numbers, sampled bilinearly: maps of costs or heights.

use crate::lanes::Lanes;

/// A grid of numbers. The default has none, and cannot be sampled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grid<'a> {
    cells: &'a [f32],
    /// The last column, the last row, and how many columns there are: whole numbers.
    extent: [f32; 3],
}

/// The most columns and rows of a grid: so many that single precision counts all cells.
pub const MOST_CELLS: usize = 4096;

impl<'a> Grid<'a> {
    /// `[height][width]` cells, row after row; `None` where these are not as many, or there are none, or above
    /// [`MOST_CELLS`] in a row or a column.
    #[must_use]
    pub fn new(width: usize, height: usize, cells: &'a [f32]) -> Option<Self> {
        let is_some = |count: usize| (1..=MOST_CELLS).contains(&count);
        let fits = is_some(width) && is_some(height) && cells.len() == width * height;
        fits.then(|| Self { cells, extent: [width - 1, height - 1, width].map(|n| n as f32) })
    }

    /// One whose extent is known later, under these numbers.
    #[cfg(feature = "std")]
    pub(crate) fn of_extent(cells: &'a [f32], extent: [f32; 3]) -> Self {
        Self { cells, extent }
    }

    /// The last column, the last row, and how many columns there are.
    #[must_use]
    pub fn extent(&self) -> [f32; 3] {
        self.extent
    }

    /// The cells, row after row.
    #[must_use]
    pub fn cells(&self) -> &'a [f32] {
        self.cells
    }

    /// What the grid has at column `x` and row `y`, counted from 0 and in between as well: interpolated bilinearly between
    /// the four cells around. Outside, what is nearest on the edge; what is no number where `x` or `y` is none.
    ///
    /// # Panics
    /// If there is no grid.
    #[inline(always)]
    #[must_use]
    pub fn sample<L: Lanes>(&self, proof: L::Proof, x: L, y: L) -> L {
        assert!(!self.cells.is_empty(), "a model samples a grid that has not said it takes one");
        let [right, bottom, width] = self.extent;
        let [right, bottom] = [L::given(proof, right), L::given(proof, bottom)];
        let (left, next, across) = between(proof, x, right);
        let (upper, lower, down) = between(proof, y, bottom);
        // Below 2^24, so that all of these are exact.
        let width = L::given(proof, width);
        let (upper, lower) = (upper * width, lower * width);
        let first = (upper + left).gather(self.cells);
        let above = ((upper + next).gather(self.cells) - first).fma(across, first);
        let first = (lower + left).gather(self.cells);
        let below = ((lower + next).gather(self.cells) - first).fma(across, first);
        (below - above).fma(down, above)
    }
}

/// The whole numbers around `number`, kept from 0 to `last`, and how far it is from the first to the second.
#[inline(always)]
fn between<L: Lanes>(proof: L::Proof, number: L, last: L) -> (L, L, L) {
    let (zero, one) = (L::literal(proof, 0.0), L::literal(proof, 1.0));
    // In this order, what is no number stays so.
    let number = last.lesser(zero.greater(number));
    let first = number.floor();
    (first, last.lesser(first + one), number - first)
}
