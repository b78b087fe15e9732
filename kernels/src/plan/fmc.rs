//! What `fmc`'s walkers vote for.

/// The share of full control that `votes` speaks for, the sum of the first controls of `particles` walkers in
/// the model's units, `full` being the full one: the majority's, or where actions are `continuous`, the
/// mean.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::plan::fmc::share;
/// assert_eq!(share(-12.0, 100, 2.0, false), -1.0);
/// assert_eq!(share(-12.0, 12, 2.0, true), -0.5);
/// ```
#[inline(always)]
#[must_use]
pub fn share(votes: f64, particles: u32, full: f32, continuous: bool) -> f64 {
    if continuous {
        (votes / (f64::from(full) * f64::from(particles))).clamp(-1.0, 1.0)
    } else if votes >= 0.0 {
        1.0
    } else {
        -1.0
    }
}
