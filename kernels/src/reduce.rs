//! Sums whose order is fixed, so that every device gives the same bits.

/// How many partial sums run side by side.
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

/// How many values [`tree`] adds up at a time.
pub const GROUP: usize = 128;

/// The sum of any number of values: those of each group of [`GROUP`] are added up in the order of
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
    let mut half = COLUMNS / 2;
    while half > 0 {
        for i in 0..half {
            columns[i] += columns[i + half];
        }
        half /= 2;
    }
    columns[0]
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
