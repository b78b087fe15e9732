//! Model predictive path integral control: the better side by weight, and the search for a temperature.

/// 1 if the futures of the first side have at least the mean weight of those of the second, else -1, given the sums
/// of the weights of either side of `particles` futures in mirrored pairs. An odd number has one future more on the
/// first.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::planners::mppi::better_side;
/// assert_eq!(better_side([2.0, 1.5], 4), 1.0);
/// assert_eq!(better_side([2.0, 1.5], 3), -1.0); // two of weight 1 each against one of 1.5
/// assert_eq!(better_side([1.0, 0.0], 1), 1.0);
/// ```
#[inline(always)]
#[must_use]
pub fn better_side(sums: [f64; 2], particles: u32) -> f64 {
    let counts = [particles.div_ceil(2), particles / 2].map(f64::from);
    if sums[0] * counts[1] >= sums[1] * counts[0] { 1.0 } else { -1.0 }
}

/// The search for the temperature whose effective sample size is a target, which grows with it: bisection, in
/// ratios.
#[derive(Clone, Copy, Debug)]
pub struct TemperatureSearch {
    low: f64,
    high: f64,
    target: f64,
}

impl TemperatureSearch {
    /// Around `temperature`, for an effective sample size of `target`.
    #[inline(always)]
    #[must_use]
    pub fn new(temperature: f64, target: f64) -> Self {
        const RANGE: f64 = (1u32 << 20) as f64;
        Self { low: temperature / RANGE, high: temperature * RANGE, target }
    }

    /// The temperature to try now.
    #[inline(always)]
    #[must_use]
    pub fn now(&self) -> f64 {
        libm::sqrt(self.low * self.high)
    }

    /// Takes note that the temperature tried gave this effective sample size, and says whether that will
    /// do.
    #[inline(always)]
    pub fn note(&mut self, effective: f64) -> bool {
        let error = effective / self.target - 1.0;
        if self.high < 1.05 * self.low || (error < 0.05 && error > -0.05) {
            return true;
        }
        if effective < self.target {
            self.low = self.now()
        } else {
            self.high = self.now()
        }
        false
    }
}
