//! Reductions in a fixed order, so that every device gives the same bits.

/// The number of partial sums that run side by side.
pub const COLUMNS: usize = 16;

/// The sum of `values` in `f64`: value `i` goes to column `i % 16` in order, and the columns are added
/// in pairs.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::reduce::sum;
/// assert_eq!(sum(&[0.5; 100]), 50.0);
/// ```
#[inline(always)]
#[must_use]
pub fn sum(values: &[f32]) -> f64 {
    let mut columns = [0.0f64; COLUMNS];
    let (rows, rest) = values.as_chunks::<COLUMNS>();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            *column += f64::from(*value);
        }
    }
    for (column, value) in columns.iter_mut().zip(rest) {
        *column += f64::from(*value);
    }
    fold(columns)
}

/// The sum of the squares of `values`, in the order of [`sum`].
#[inline(always)]
#[must_use]
pub fn sum_of_squares(values: &[f32]) -> f64 {
    let mut columns = [0.0f64; COLUMNS];
    for row in values.chunks(COLUMNS) {
        for (column, value) in columns.iter_mut().zip(row) {
            *column += f64::from(*value) * f64::from(*value);
        }
    }
    fold(columns)
}

/// The number of values that [`tree`] adds up at a time.
pub const GROUP: usize = 128;

/// A tree reduction of any number of values: those of each group of [`GROUP`] are added up in the order of
/// [`sum`], then the groups' sums, likewise in groups. Overwrites `values`.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::reduce::tree;
/// assert_eq!(tree(&mut [0.5; 100_000]), 50_000.0);
/// assert_eq!(tree(&mut []), 0.0);
/// ```
#[must_use]
pub fn tree(mut values: &mut [f64]) -> f64 {
    loop {
        let groups = values.len().div_ceil(GROUP);
        for group in 0..groups {
            let members = &values[group * GROUP..];
            let members = &members[..members.len().min(GROUP)];
            let mut columns = [0.0f64; COLUMNS];
            for row in members.chunks(COLUMNS) {
                for (column, value) in columns.iter_mut().zip(row) {
                    *column += value;
                }
            }
            values[group] = fold(columns);
        }
        if groups <= 1 {
            return values.first().copied().unwrap_or(0.0);
        }
        values = &mut values[..groups];
    }
}

/// Adds columns in pairs at distance 8, 4, 2, 1.
#[inline(always)]
#[must_use]
pub fn fold(mut columns: [f64; COLUMNS]) -> f64 {
    // Not by `fold_to`: the compiler is particular about this loop, and `smc` took a tenth longer.
    let mut half = COLUMNS / 2;
    while half > 0 {
        for i in 0..half {
            columns[i] += columns[i + half];
        }
        half /= 2;
    }
    columns[0]
}

/// Two sums in the order of [`fold`], of values that are beside each other for each column. Of nothing but zeros, their signs may
/// differ from `fold`'s.
#[inline(always)]
pub(crate) fn fold_pairs(values: &[f32; 2 * COLUMNS]) -> [f64; 2] {
    let mut sums = [0.0f64; COLUMNS];
    for i in 0..COLUMNS {
        sums[i] = f64::from(values[i]) + f64::from(values[COLUMNS + i]);
    }
    let mut half = COLUMNS / 2;
    while half >= 2 {
        for i in 0..half {
            sums[i] += sums[i + half];
        }
        half /= 2;
    }
    [sums[0], sums[1]]
}

/// The first steps of [`fold`], down to `N` sums, `N` a power of 2: sum `i` is that of the columns `i`, `i + N`, ...
#[inline(always)]
pub(crate) fn fold_to<const N: usize>(mut columns: [f64; COLUMNS]) -> [f64; N] {
    let mut half = COLUMNS / 2;
    while half >= N {
        for i in 0..half {
            columns[i] += columns[i + half];
        }
        half /= 2;
    }
    let mut sums = [0.0; N];
    sums.copy_from_slice(&columns[..N]);
    sums
}

/// Partial sums of values and of their squares, side by side. A CPU thread has all columns, a GPU thread one.
pub(crate) struct Sums<const N: usize> {
    pub values: [f64; N],
    pub squares: [f64; N],
}

impl<const N: usize> Sums<N> {
    #[inline(always)]
    pub fn new() -> Self {
        Self { values: [0.0; N], squares: [0.0; N] }
    }

    #[inline(always)]
    pub fn add(&mut self, column: usize, value: f32) {
        let exact = f64::from(value);
        self.values[column] += exact;
        self.squares[column] += exact * exact;
    }
}

impl Sums<COLUMNS> {
    /// Of `values`, in the order of [`sum`].
    #[inline(always)]
    pub fn of(values: &[f32]) -> Self {
        let mut sums = Self::new();
        let (rows, rest) = values.as_chunks::<COLUMNS>();
        // Rows of a fixed length become vector instructions.
        for row in rows {
            for (i, value) in row.iter().enumerate() {
                sums.add(i, *value);
            }
        }
        for (i, value) in rest.iter().enumerate() {
            sums.add(i, *value);
        }
        sums
    }
}

/// An order-preserving key: bits that compare as integers the way numbers compare, -0 below +0.
#[inline(always)]
#[must_use]
pub fn sortable(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 0 { bits | 0x8000_0000 } else { !bits }
}

/// The number whose [`sortable`] bits these are.
#[inline(always)]
#[must_use]
pub fn from_sortable(bits: u32) -> f32 {
    f32::from_bits(if bits >> 31 == 1 { bits & 0x7fff_ffff } else { !bits })
}

/// The largest of `values`, without NaN, whose number is a multiple of 16.
#[inline(always)]
#[must_use]
pub fn largest(values: &[f32]) -> f32 {
    let mut columns = [f32::NEG_INFINITY; COLUMNS];
    for row in values.as_chunks::<COLUMNS>().0 {
        for (column, value) in columns.iter_mut().zip(row) {
            *column = if value > column { *value } else { *column };
        }
    }
    columns.into_iter().fold(f32::NEG_INFINITY, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sortable_bits_compare_as_the_numbers_do_and_lead_back_to_them() {
        let ordered = [f32::NEG_INFINITY, -2.0, -1e-40, -0.0, 0.0, 1e-40, 1.0, 3e38, f32::INFINITY];
        assert!(ordered.map(sortable).is_sorted());
        let back = ordered.map(|value| from_sortable(sortable(value)).to_bits());
        assert_eq!(back, ordered.map(f32::to_bits));
    }
}
