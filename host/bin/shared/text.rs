//! Numbers as people read them.

use std::time::Duration;

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three significant digits with a unit: `7.12 ms`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (value, unit) = match seconds {
        s if s < 1e-6 => (s * 1e9, "ns"),
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    format!("{} {unit}", significant(value))
}

/// A rate per second: grouped digits up to a million, `3.56e9` above; three significant digits below a thousand.
pub fn rate(per_second: f64) -> String {
    match per_second {
        v if v < 0.01 && v > 0.0 => format!("{v:.1e}"),
        v if v < 999.5 => significant(v),
        v if v < 1e6 => grouped(v as u64),
        v => format!("{v:.2e}"),
    }
}

/// A number as it was given; with an exponent if it had very many digits.
pub fn number(value: f64) -> String {
    let is_handy = !value.is_finite() || value == 0.0 || (1e-5..1e16).contains(&value.abs());
    if is_handy { value.to_string() } else { format!("{value:e}") }
}

/// A share in percent: with as many decimals as tell it from none and from all.
pub fn percent(share: f64) -> String {
    let (mut text, mut decimals) = (String::new(), 1);
    while decimals <= 6 {
        text = format!("{:.decimals$}", share * 100.0);
        let is_rounded = |bound: f64| share != bound && text.parse() == Ok(bound * 100.0);
        if !is_rounded(0.0) && !is_rounded(1.0) {
            break;
        }
        decimals += 1;
    }
    text + "%"
}

/// Three significant digits, at least the whole part; of numbers from 0 on.
pub fn significant(value: f64) -> String {
    match value {
        v if v >= 999.5 => grouped(v.round() as u64),
        v if v >= 99.95 || v == 0.0 => format!("{value:.0}"),
        v if v >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// `1 thread`, `2 threads`.
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1000, 25_600_000].map(grouped), ["0", "999", "1,000", "25,600,000"]);
        assert_eq!(duration(Duration::from_micros(7123)), "7.12 ms");
        assert_eq!(duration(Duration::from_nanos(99_960)), "100 µs");
        assert_eq!(duration(Duration::ZERO), "0 ns");
        assert_eq!(rate(70_000.4), "70,000");
        assert_eq!(rate(3.5649e9), "3.56e9");
        assert_eq!(
            [0.0, 0.00012, 0.1523, 1.497, 250.04].map(rate),
            ["0", "1.2e-4", "0.15", "1.50", "250"]
        );
        assert_eq!([1e308, -3.0, 0.3, 1e-40].map(number), ["1e308", "-3", "0.3", "1e-40"]);
        assert_eq!(
            [1.0, 0.0, 0.963, 0.99963, 4e-5].map(percent),
            ["100.0%", "0.0%", "96.3%", "99.96%", "0.004%"]
        );
        assert_eq!(count(1, "thread"), "1 thread");
    }
}
