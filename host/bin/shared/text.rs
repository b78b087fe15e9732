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

/// A rate per second: grouped digits up to a million, `3.56e9` above.
pub fn rate(per_second: f64) -> String {
    if per_second < 1e6 { grouped(per_second as u64) } else { format!("{per_second:.2e}") }
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

/// `count / seconds`, 0 where no time passed.
pub fn per_second(count: u64, time: Duration) -> f64 {
    if time.is_zero() {
        return 0.0;
    }
    count as f64 / time.as_secs_f64()
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
        assert_eq!(count(1, "thread"), "1 thread");
        assert_eq!(per_second(5, Duration::ZERO), 0.0);
    }
}
