//! A few numbers in place, without an allocation.

use std::fmt;
use std::ops::{Deref, DerefMut};

use particle_pilot_kernels::task::MOST_DIMENSIONS;
use serde::{Deserialize, Serialize};

/// The numbers of a control: 1 to 8, in the order in which a model has them; a slice of `f64`.
///
/// # Examples
/// ```
/// use particle_pilot::ControlVector;
/// let control = ControlVector::from([0.5, -1.0]);
/// assert_eq!((control.len(), control[1]), (2, -1.0));
/// assert_eq!(control.to_string(), "0.5, -1");
/// ```
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct ControlVector {
    /// Zeros beyond the last.
    numbers: [f64; Self::MOST],
    len: usize,
}

impl ControlVector {
    /// The most numbers that a control can have.
    pub const MOST: usize = MOST_DIMENSIONS;

    /// `len` zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        assert!((1..=Self::MOST).contains(&len), "a control of {len} numbers");
        Self { numbers: [0.0; Self::MOST], len }
    }
}

impl Deref for ControlVector {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.numbers[..self.len]
    }
}

impl DerefMut for ControlVector {
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.numbers[..self.len]
    }
}

impl<const M: usize> From<[f64; M]> for ControlVector {
    fn from(numbers: [f64; M]) -> Self {
        const { assert!(M >= 1 && M <= Self::MOST, "a control has 1 to 8 numbers") };
        let mut control = Self::zeros(M);
        control.copy_from_slice(&numbers);
        control
    }
}

impl TryFrom<Vec<f64>> for ControlVector {
    type Error = String;

    fn try_from(numbers: Vec<f64>) -> Result<Self, String> {
        if !(1..=Self::MOST).contains(&numbers.len()) {
            return Err(format!("a control has 1 to 8 numbers, not {}", numbers.len()));
        }
        let mut control = Self::zeros(numbers.len());
        control.copy_from_slice(&numbers);
        Ok(control)
    }
}

impl From<ControlVector> for Vec<f64> {
    fn from(control: ControlVector) -> Self {
        control.to_vec()
    }
}

impl fmt::Debug for ControlVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for ControlVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{number}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_is_written_as_its_numbers_and_read_back() {
        let control = ControlVector::from([1.5, -2.0, 0.0]);
        let text = serde_json::to_string(&control).unwrap();
        assert_eq!(text, "[1.5,-2.0,0.0]");
        assert_eq!(serde_json::from_str::<ControlVector>(&text).unwrap(), control);
        for other in ["[]", "[0,0,0,0,0,0,0,0,0]"] {
            assert!(serde_json::from_str::<ControlVector>(other).is_err(), "{other}");
        }
    }
}
