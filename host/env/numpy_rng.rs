//! NumPy's default random numbers, to the last bit: the generator of `particle_pilot_kernels::numpy`, by the names
//! that NumPy has for what it does.

use particle_pilot_kernels::numpy::Pcg64;

/// What `numpy.random.Generator(numpy.random.PCG64(seed))` is in Python, as
/// far as a reset needs it.
///
/// # Examples
/// ```
/// use particle_pilot::env::NumpyRng;
///
/// // >>> numpy.random.default_rng(42).random()
/// // 0.7739560485559633
/// assert_eq!(NumpyRng::new(42).random(), 0.7739560485559633);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumpyRng(Pcg64);

impl NumpyRng {
    /// A generator seeded like NumPy's, for any `seed` of up to 64 bits.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::NumpyRng;
    /// assert_ne!(NumpyRng::new(0), NumpyRng::new(1 << 32));
    /// ```
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Pcg64::new(seed))
    }

    /// The next 64 random bits: NumPy's `bit_generator.random_raw()`.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::NumpyRng;
    /// assert_eq!(NumpyRng::new(0).next_u64(), 11749869230777074271);
    /// ```
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number uniform in `[0, 1)`, a multiple of 2^-53: `Generator.random()`.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::NumpyRng;
    /// let u = NumpyRng::new(7).random();
    /// assert!((0.0..1.0).contains(&u));
    /// ```
    pub fn random(&mut self) -> f64 {
        self.0.random()
    }

    /// `low + (high - low) * random()`, rounded after each operation:
    /// `Generator.uniform(low, high)`.
    ///
    /// Bounds are not checked: NumPy's callers, and ours, do that.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::NumpyRng;
    /// // >>> numpy.random.default_rng(42).uniform(-0.05, 0.05)
    /// // 0.027395604855596334
    /// assert_eq!(NumpyRng::new(42).uniform(-0.05, 0.05), 0.027395604855596334);
    /// ```
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        self.0.uniform(low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_continues_the_same_stream() {
        let mut a = NumpyRng::new(3);
        a.next_u64();
        let mut b = a.clone();
        assert_eq!(a.next_u64(), b.next_u64());
    }

    #[test]
    fn an_empty_range_yields_its_bound() {
        assert_eq!(NumpyRng::new(3).uniform(0.25, 0.25), 0.25);
    }
}
