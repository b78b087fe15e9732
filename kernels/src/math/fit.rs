//! Polynomials through Chebyshev nodes, fitted once in `f64` before particles run.

/// The quadratic that meets `f` at the three Chebyshev nodes of `[0, end]`, lowest power first.
///
/// Its largest error is within a factor of about two of the best quadratic's: L. N. Trefethen,
/// "Approximation Theory and Approximation Practice" (2013), chapters 2 and 16.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::math::quadratic_fit;
/// let [a, b, c] = quadratic_fit(0.5, |t| 3.0 + 2.0 * t - t * t);
/// assert!((a - 3.0).abs() < 1e-12 && (b - 2.0).abs() < 1e-12 && (c + 1.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn quadratic_fit(end: f64, f: impl Fn(f64) -> f64) -> [f64; 3] {
    // cos(pi/6), cos(pi/2), cos(5 pi/6), moved from [-1, 1] to [0, end].
    let reach = 0.866_025_403_784_438_6;
    let t = [0.5 * end * (1.0 - reach), 0.5 * end, 0.5 * end * (1.0 + reach)];
    let y = t.map(f);
    // Newton's divided differences, then expanded.
    let d01 = (y[1] - y[0]) / (t[1] - t[0]);
    let d12 = (y[2] - y[1]) / (t[2] - t[1]);
    let d012 = (d12 - d01) / (t[2] - t[0]);
    [y[0] - d01 * t[0] + d012 * t[0] * t[1], d01 - d012 * (t[0] + t[1]), d012]
}
