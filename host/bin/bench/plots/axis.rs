//! Logarithmic axes.

use crate::shared::picture::tick;

/// A logarithmic axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub low: f64,
    pub high: f64,
    /// Values that have a line across the plot, and their names.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis on which all `values` lie, with room beside them, whose ticks `name` names. Values that are not
    /// above zero have no place on it.
    pub fn around(values: impl Iterator<Item = f64>, room: f64, name: fn(f64) -> String) -> Self {
        let (least, most) = values
            .filter(|value| *value > 0.0 && value.is_finite())
            .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let (least, most) = if most > 0.0 { (least, most) } else { (1.0, 1.0) };
        let (low, high) = (least / room, most * room);
        let ticks = round_numbers(low, high).into_iter().map(|value| (value, name(value)));
        Self { low, high, ticks: ticks.collect() }
    }

    /// How far along the axis a value lies, from 0 to 1.
    pub fn share(&self, value: f64) -> f64 {
        (value / self.low).ln() / (self.high / self.low).ln()
    }
}

/// Powers of ten between two numbers; with few of them, also twice and five times each.
fn round_numbers(low: f64, high: f64) -> Vec<f64> {
    let exponents = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let between = |digits: &[u32]| {
        let values = exponents.clone().flat_map(|exponent| {
            digits.iter().map(move |digit| format!("{digit}e{exponent}").parse().unwrap_or(0.0))
        });
        values.filter(|value| (low..=high).contains(value)).collect::<Vec<f64>>()
    };
    let choices: [&[u32]; 3] = [&[1], &[1, 3], &[1, 2, 5]];
    let enough = choices.into_iter().map(between).find(|values| values.len() > 2);
    enough.unwrap_or_else(|| between(&[1, 2, 3, 4, 5, 6, 7, 8, 9]))
}

/// `1e6`.
pub fn power(value: f64) -> String {
    format!("{value:e}")
}

/// `200 µs`.
pub fn time(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 0.999e-6 => (s * 1e9, "ns"),
        s if s < 0.999e-3 => (s * 1e6, "µs"),
        s if s < 0.999 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    format!("{} {unit}", tick(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_and_lie_on_the_axis() {
        let names = |low, high, name| {
            let axis = Axis::around([low, high].into_iter(), 1.5, name);
            assert!(axis.share(low) > 0.0 && axis.share(high) < 1.0);
            axis.ticks.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(1e2, 1e4, power), ["1e2", "1e3", "1e4"]);
        assert_eq!(names(2e-5, 7e-3, time), ["100 µs", "1 ms", "10 ms"]);
        assert_eq!(names(3e6, 9e6, power), ["2e6", "5e6", "1e7"]);
        assert!(names(5.0, 5.0, power).len() > 1);
    }

    #[test]
    fn an_axis_of_nothing_is_still_one() {
        let axis = Axis::around([0.0, f64::NAN].into_iter(), 2.0, power);
        assert!(axis.low < axis.high && axis.share(1.0) == 0.5);
    }
}
