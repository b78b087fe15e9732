//! Quantiles of a sample.

/// The value below which a share of `sorted` lies, between neighbours in proportion; for one half the usual
/// median. 0 of no values.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (low, part) = (place.floor() as usize, place.fract());
    sorted[low] * (1.0 - part) + sorted[(low + 1).min(last)] * part
}
