//! The search for a temperature.

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
