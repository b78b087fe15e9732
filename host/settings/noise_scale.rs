//! How strong noise is, in each dimension of a control.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::SettingError;
use super::tuning::above_0;

/// The most numbers: a control has no more dimensions.
const MOST: usize = 8;

/// A standard deviation as a share of full control: one for all dimensions of a control, or one for each.
///
/// In text it is a number, or several with commas between; in configuration files and in JSON a number or a list.
///
/// # Examples
/// ```
/// use particle_pilot::NoiseScale;
/// assert_eq!(NoiseScale::from(0.5).numbers(), [0.5]);
/// assert_eq!("0.5,0.2".parse(), Ok(NoiseScale::from([0.5, 0.2])));
/// assert_eq!(NoiseScale::from([0.5, 0.2]).to_string(), "0.5,0.2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Numbers", into = "Numbers")]
pub struct NoiseScale {
    numbers: [f64; MOST],
    count: usize,
}

/// What is written.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Numbers {
    One(f64),
    Each(Vec<f64>),
}

/// Why something is no [`NoiseScale`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoiseScaleError {
    /// So many numbers.
    #[error("{0} numbers; a control has 1 to 8 dimensions")]
    Count(usize),
    /// A part of a text.
    #[error(
        "`{0}` is not a number; write one for all dimensions, or one for each with commas between"
    )]
    Number(String),
}

impl NoiseScale {
    /// The numbers: one for all dimensions, or one for each.
    #[must_use]
    pub fn numbers(&self) -> &[f64] {
        &self.numbers[..self.count]
    }

    /// The number for dimension `dimension`.
    ///
    /// # Panics
    /// If there are several numbers, but none for this dimension.
    #[must_use]
    pub fn of(&self, dimension: usize) -> f64 {
        if self.count == 1 { self.numbers[0] } else { self.numbers()[dimension] }
    }

    /// Checks every number's range.
    pub(crate) fn validate(&self) -> Result<(), SettingError> {
        match self.numbers().iter().all(|number| above_0(*number, 10.0)) {
            true => Ok(()),
            false => Err(self.error("above 0 to 10, in each dimension")),
        }
    }

    /// Checks that there is one number, or one for each of `dimensions`.
    pub(crate) fn require(&self, dimensions: usize) -> Result<(), SettingError> {
        match self.count == 1 || self.count == dimensions {
            true => Ok(()),
            false => Err(SettingError {
                given: format!("{self}, {} numbers for {dimensions}", self.count),
                ..self.error("one number, or one for each dimension of a box")
            }),
        }
    }

    fn error(&self, required: &'static str) -> SettingError {
        SettingError { name: "noise_scale", given: self.to_string(), required }
    }
}

impl From<f64> for NoiseScale {
    fn from(number: f64) -> Self {
        Self::from([number])
    }
}

impl<const N: usize> From<[f64; N]> for NoiseScale {
    fn from(each: [f64; N]) -> Self {
        const { assert!(N >= 1 && N <= MOST, "a control has 1 to 8 dimensions") };
        let mut numbers = [0.0; MOST];
        numbers[..N].copy_from_slice(&each);
        Self { numbers, count: N }
    }
}

impl TryFrom<&[f64]> for NoiseScale {
    type Error = NoiseScaleError;

    fn try_from(each: &[f64]) -> Result<Self, NoiseScaleError> {
        if !(1..=MOST).contains(&each.len()) {
            return Err(NoiseScaleError::Count(each.len()));
        }
        let mut numbers = [0.0; MOST];
        numbers[..each.len()].copy_from_slice(each);
        Ok(Self { numbers, count: each.len() })
    }
}

impl TryFrom<Numbers> for NoiseScale {
    type Error = NoiseScaleError;

    fn try_from(numbers: Numbers) -> Result<Self, NoiseScaleError> {
        match numbers {
            Numbers::One(number) => Ok(number.into()),
            Numbers::Each(each) => each[..].try_into(),
        }
    }
}

impl From<NoiseScale> for Numbers {
    fn from(scale: NoiseScale) -> Self {
        match scale.numbers() {
            [number] => Self::One(*number),
            each => Self::Each(each.to_vec()),
        }
    }
}

impl FromStr for NoiseScale {
    type Err = NoiseScaleError;

    fn from_str(text: &str) -> Result<Self, NoiseScaleError> {
        let number = |part: &str| {
            let part = part.trim();
            part.parse().map_err(|_| NoiseScaleError::Number(part.into()))
        };
        let numbers: Vec<f64> = text.split(',').map(number).collect::<Result<_, _>>()?;
        numbers[..].try_into()
    }
}

impl fmt::Display for NoiseScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, number) in self.numbers().iter().enumerate() {
            write!(f, "{}{number}", if place > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_written_as_before_and_several_as_a_list() {
        for (scale, json) in
            [(NoiseScale::from(0.5), "0.5"), (NoiseScale::from([0.5, 2.0]), "[0.5,2.0]")]
        {
            assert_eq!(serde_json::to_string(&scale).unwrap(), json);
            assert_eq!(serde_json::from_str::<NoiseScale>(json).unwrap(), scale);
            assert_eq!(scale.to_string().parse(), Ok(scale));
        }
        assert_eq!(serde_json::from_str::<NoiseScale>("1").unwrap(), 1.0.into());
        assert!(serde_json::from_str::<NoiseScale>("[]").is_err());
        assert!(serde_json::from_str::<NoiseScale>("[1,1,1,1,1,1,1,1,1]").is_err());
    }

    #[test]
    fn what_is_no_number_and_what_is_out_of_range_is_refused_in_words() {
        assert_eq!("".parse::<NoiseScale>(), Err(NoiseScaleError::Number(String::new())));
        assert_eq!("1,x".parse::<NoiseScale>(), Err(NoiseScaleError::Number("x".into())));
        for wrong in [[1.0, 0.0], [f64::NAN, 1.0], [1.0, 11.0], [1.0, -1.0], [f64::INFINITY, 1.0]] {
            assert!(NoiseScale::from(wrong).validate().is_err(), "{wrong:?}");
        }
        let two = NoiseScale::from([0.5, 0.2]);
        assert!(two.validate().is_ok() && two.require(2).is_ok());
        assert_eq!(
            two.require(3).unwrap_err().to_string(),
            "noise_scale is 0.5,0.2, 2 numbers for 3; it must be one number, or one for each dimension of a box"
        );
        assert!(NoiseScale::from(0.5).require(3).is_ok());
    }
}
