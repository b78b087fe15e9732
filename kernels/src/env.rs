//! The reference dynamics: cart-pole in `f64`, operation for operation as in
//! Gymnasium 1.x (`gymnasium/envs/classic_control/cartpole.py`, `CartPole-v1`).
//!
//! Particles run a faster `f32` version of the same equations; this one judges
//! them. It uses neither fused multiply-add nor any reordering, so that every
//! intermediate rounds where Python's does, and takes sine and cosine from the
//! pure-Rust `libm`, so that every machine (and a GPU) computes the same bits.
//!
//! Those two functions are also the only place where it can differ from
//! Gymnasium, which asks the platform's C library. Against glibc 2.36 the last
//! bit differs in about one sine in 80 for angles up to 12 degrees and one in
//! 500 up to 3, mostly too little to move the state: 3970 of 4000 episodes of
//! balancing for 500 steps ended in the very same state. In the others the same
//! actions led apart, by a factor of e^4 a second, as upright poles must.
//!
//! Equations: R. V. Florian, "Correct equations for the dynamics of the
//! cart-pole system", 2007, without friction.

use core::fmt;

use bytemuck::{NoUninit, Zeroable};

/// The integrator: how a step advances position and angle.
#[repr(u64)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, NoUninit, Zeroable)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Integrator {
    /// Explicit Euler: positions move with the velocities *before* the step.
    /// Gymnasium's `kinematics_integrator = "euler"`, its default.
    #[default]
    Euler = 0,
    /// Semi-implicit (symplectic) Euler: positions move with the velocities
    /// *after* the step. Gymnasium takes any other name for this one.
    #[cfg_attr(feature = "serde", serde(alias = "semi-implicit euler"))]
    SemiImplicitEuler = 1,
}

/// Physical parameters and limits of a cart-pole, by Gymnasium's names.
///
/// `Default` is `CartPole-v1`.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::env::Physics;
///
/// let heavy = Physics { masspole: 0.5, ..Physics::default() };
/// assert_eq!(heavy.total_mass(), 1.5);
/// assert_eq!(heavy.polemass_length(), 0.25);
/// assert_eq!(heavy.validate(), Ok(()));
/// ```
///
/// With the feature `serde`, numbers left out are those of `CartPole-v1`, unknown ones are errors, and the integrator is
/// `"euler"` or `"semi-implicit-euler"`, also by Gymnasium's spelling. Ranges are checked where the physics is used.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, NoUninit, Zeroable)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct Physics {
    /// Gravitational acceleration in m/s^2; default 9.8. More makes the pole
    /// fall faster, less than 0 makes it hang upright.
    pub gravity: f64,
    /// Mass of the cart in kg, `> 0`; default 1.0. More makes it sluggish.
    pub masscart: f64,
    /// Mass of the pole in kg, `>= 0`; default 0.1. More makes the pole drag
    /// the cart along.
    pub masspole: f64,
    /// *Half* the length of the pole in m, `> 0`; default 0.5. A longer pole
    /// falls more slowly.
    pub length: f64,
    /// Size of the push that an action applies to the cart in N, `>= 0`;
    /// default 10.0.
    pub force_mag: f64,
    /// Time between states in s, `> 0`; default 0.02. Larger is coarser.
    pub tau: f64,
    /// Angle from the upright beyond which the pole counts as fallen, in rad,
    /// `> 0`, infinite for none; default 12 degrees.
    pub theta_threshold_radians: f64,
    /// Distance from the centre beyond which the cart has left the track, in
    /// m, `> 0`, infinite for none; default 2.4.
    pub x_threshold: f64,
    /// The integrator; default [`Integrator::Euler`].
    pub integrator: Integrator,
}

// Crosses the bus to a GPU as it lies in memory.
const _: () = assert!(size_of::<Physics>() == 72 && align_of::<Physics>() == 8);

impl Default for Physics {
    fn default() -> Self {
        Self {
            gravity: 9.8,
            masscart: 1.0,
            masspole: 0.1,
            length: 0.5,
            force_mag: 10.0,
            tau: 0.02,
            // `12 * 2 * math.pi / 360`, in that order, so as to round alike.
            theta_threshold_radians: 12.0 * 2.0 * core::f64::consts::PI / 360.0,
            x_threshold: 2.4,
            integrator: Integrator::Euler,
        }
    }
}

impl Physics {
    /// Mass of cart and pole together in kg: `masspole + masscart`.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot_kernels::env::Physics;
    /// assert_eq!(Physics::default().total_mass(), 1.1);
    /// ```
    #[inline]
    #[must_use]
    pub fn total_mass(&self) -> f64 {
        self.masspole + self.masscart
    }

    /// First moment of the pole about the joint in kg m: mass *times*
    /// half-length. (Some public ports add the two; their poles are too heavy.)
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot_kernels::env::Physics;
    /// assert_eq!(Physics::default().polemass_length(), 0.05);
    /// ```
    #[inline]
    #[must_use]
    pub fn polemass_length(&self) -> f64 {
        self.masspole * self.length
    }

    /// Checks every parameter against the range given at its field.
    ///
    /// # Errors
    /// [`BadPhysics`], naming the first parameter out of range.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot_kernels::env::Physics;
    /// let bad = Physics { tau: 0.0, ..Physics::default() };
    /// let error = bad.validate().unwrap_err();
    /// assert_eq!(error.to_string(), "tau = 0; must be finite and > 0");
    /// ```
    pub fn validate(&self) -> Result<(), BadPhysics> {
        const FINITE: &str = "finite";
        const POSITIVE: &str = "finite and > 0";
        const NOT_NEGATIVE: &str = "finite and >= 0";
        const LIMIT: &str = "> 0 (inf for no limit)";
        // Comparisons, not their negations, so that NaN fails every one.
        let positive = |v: f64| v.is_finite() && v > 0.0;
        let not_negative = |v: f64| v.is_finite() && v >= 0.0;
        let (theta, x) = (self.theta_threshold_radians, self.x_threshold);
        let checks = [
            ("gravity", self.gravity, self.gravity.is_finite(), FINITE),
            ("masscart", self.masscart, positive(self.masscart), POSITIVE),
            ("masspole", self.masspole, not_negative(self.masspole), NOT_NEGATIVE),
            ("length", self.length, positive(self.length), POSITIVE),
            ("force_mag", self.force_mag, not_negative(self.force_mag), NOT_NEGATIVE),
            ("tau", self.tau, positive(self.tau), POSITIVE),
            ("theta_threshold_radians", theta, theta > 0.0, LIMIT),
            ("x_threshold", x, x > 0.0, LIMIT),
        ];
        for (name, given, ok, required) in checks {
            if !ok {
                return Err(BadPhysics { name, given, required });
            }
        }
        Ok(())
    }
}

/// A physical parameter out of range, as found by [`Physics::validate`].
///
/// # Examples
/// ```
/// use particle_pilot_kernels::env::{BadPhysics, Physics};
///
/// let bad = Physics { length: -0.5, ..Physics::default() };
/// let required = "finite and > 0";
/// assert_eq!(bad.validate(), Err(BadPhysics { name: "length", given: -0.5, required }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BadPhysics {
    /// The field of [`Physics`].
    pub name: &'static str,
    /// Its value.
    pub given: f64,
    /// The range, in words.
    pub required: &'static str,
}

impl fmt::Display for BadPhysics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, given, required } = self;
        write!(f, "{name} = {given}; must be {required}")
    }
}

impl core::error::Error for BadPhysics {}

/// The state one step of `p.tau` seconds later.
///
/// * `p`: physical parameters, not checked here; see [`Physics::validate`].
/// * `state`: `[x m, x_dot m/s, theta rad, theta_dot rad/s]`, `theta` from the
///   upright, positive to the right.
/// * `force`: force on the cart in N, positive to the right; an external push
///   is simply added to it by the caller.
///
/// Never panics; states that are not finite yield states that are not finite.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::env::{Physics, step};
///
/// let p = Physics::default();
/// let state = step(&p, [0.0; 4], p.force_mag);
/// assert_eq!(&state[..3], &[0.0, 0.195_121_951_219_512_2, 0.0]);
/// assert!(state[3] < 0.0); // the pole lags behind
/// ```
#[inline]
#[must_use]
pub fn step(p: &Physics, state: [f64; 4], force: f64) -> [f64; 4] {
    let (costheta, sintheta) = (libm::cos(state[2]), libm::sin(state[2]));
    let total_mass = p.total_mass();
    step_by(p, state, force, [sintheta, costheta], |value| value / total_mass)
}

/// [`step`], given the sine and the cosine of the angle and a way to divide by the total mass: for whoever has
/// ones of the same bits that suit many environments at once.
#[inline(always)]
#[must_use]
pub fn step_by(
    p: &Physics,
    state: [f64; 4],
    force: f64,
    [sintheta, costheta]: [f64; 2],
    mut by_total_mass: impl FnMut(f64) -> f64,
) -> [f64; 4] {
    let [mut x, mut x_dot, mut theta, mut theta_dot] = state;
    let polemass_length = p.polemass_length();

    let temp = by_total_mass(force + polemass_length * (theta_dot * theta_dot) * sintheta);
    let thetaacc = (p.gravity * sintheta - costheta * temp)
        / (p.length * (4.0 / 3.0 - by_total_mass(p.masspole * (costheta * costheta))));
    let xacc = temp - by_total_mass(polemass_length * thetaacc * costheta);

    match p.integrator {
        Integrator::Euler => {
            x += p.tau * x_dot;
            x_dot += p.tau * xacc;
            theta += p.tau * theta_dot;
            theta_dot += p.tau * thetaacc;
        }
        Integrator::SemiImplicitEuler => {
            x_dot += p.tau * xacc;
            x += p.tau * x_dot;
            theta_dot += p.tau * thetaacc;
            theta += p.tau * theta_dot;
        }
    }
    [x, x_dot, theta, theta_dot]
}

/// Whether `state` is a failure: cart off the track or pole fallen, each
/// strictly beyond its threshold. Gymnasium's `terminated`.
///
/// * `p`: thresholds.
/// * `state`: `[x m, x_dot m/s, theta rad, theta_dot rad/s]`. As in Gymnasium
///   a NaN exceeds no threshold.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::env::{Physics, failed};
///
/// let p = Physics::default();
/// assert!(!failed(&p, [p.x_threshold, 0.0, -p.theta_threshold_radians, 0.0]));
/// assert!(failed(&p, [0.0, 0.0, 0.21, 0.0]));
/// assert!(failed(&p, [-2.5, 0.0, 0.0, 0.0]));
/// ```
#[inline]
#[must_use]
pub fn failed(p: &Physics, state: [f64; 4]) -> bool {
    let [x, _, theta, _] = state;
    let is_off = (x < -p.x_threshold) | (x > p.x_threshold);
    is_off | (theta < -p.theta_threshold_radians) | (theta > p.theta_threshold_radians)
}

/// The force in N of a disturbance at `step`: pushes of `newton` N for `length` steps, one beginning
/// every `every` steps but not at once, each to the side that `seed` and its number say.
///
/// Push `k` goes to the left if the lowest bit of `splitmix64(seed + splitmix64(k))` is 1, where `splitmix64(z)`
/// is the first output of S. Vigna's SplitMix64 seeded with `z`.
#[inline]
#[must_use]
pub fn push_force(newton: f64, length: u32, every: u32, seed: u64, step: u32) -> f64 {
    let (k, phase) = (step / every, step % every);
    if k == 0 || phase >= length {
        return 0.0;
    }
    // The inner hash keeps neighbouring seeds from sharing shifted pushes.
    match splitmix64(seed.wrapping_add(splitmix64(u64::from(k)))) & 1 {
        0 => newton,
        _ => -newton,
    }
}

/// First output of SplitMix64 seeded with `z`.
fn splitmix64(z: u64) -> u64 {
    let z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn splitmix64_yields_its_published_first_output() {
        // Seed 1234567: first of the values that Rosetta Code lists.
        assert_eq!(splitmix64(1_234_567), 6_457_827_717_110_365_317);
    }

    #[test]
    fn the_default_is_cart_pole_v1() {
        let p = Physics::default();
        // `12 * 2 * math.pi / 360` and the two products, as Python prints them.
        assert_eq!(p.theta_threshold_radians, 0.209_439_510_239_319_53);
        assert_eq!((p.total_mass(), p.polemass_length()), (1.1, 0.05));
        assert_eq!(p.validate(), Ok(()));
    }

    #[test]
    fn the_upright_is_an_equilibrium() {
        let p = Physics::default();
        assert_eq!(step(&p, [0.0; 4], 0.0), [0.0; 4]);
    }

    #[test]
    fn the_integrators_differ_in_positions_only() {
        let euler = Physics::default();
        let semi = Physics { integrator: Integrator::SemiImplicitEuler, ..euler };
        let s = [0.1, -0.2, 0.05, 0.3];
        let (a, b) = (step(&euler, s, 10.0), step(&semi, s, 10.0));
        assert_eq!((a[1], a[3]), (b[1], b[3]));
        assert_eq!(a[0], s[0] + 0.02 * s[1]);
        assert_eq!(b[0], s[0] + 0.02 * b[1]);
        assert_eq!(b[2], s[2] + 0.02 * b[3]);
    }

    #[test]
    fn thresholds_themselves_are_still_alive() {
        let p = Physics::default();
        for i in [0, 2] {
            let limit = [p.x_threshold, 0.0, p.theta_threshold_radians][i];
            for sign in [-1.0, 1.0] {
                let mut s = [0.0; 4];
                s[i] = sign * limit;
                assert!(!failed(&p, s), "{s:?}");
                s[i] = sign * limit.next_up();
                assert!(failed(&p, s), "{s:?}");
            }
        }
        let unlimited =
            Physics { x_threshold: f64::INFINITY, theta_threshold_radians: f64::INFINITY, ..p };
        assert_eq!(unlimited.validate(), Ok(()));
        assert!(!failed(&unlimited, [1e300, 0.0, -1e300, 0.0]));
    }

    #[test]
    fn every_parameter_out_of_range_is_named() {
        let p = Physics::default();
        let nan = f64::NAN;
        let cases = [
            ("gravity", Physics { gravity: f64::INFINITY, ..p }),
            ("masscart", Physics { masscart: 0.0, ..p }),
            ("masspole", Physics { masspole: -0.1, ..p }),
            ("length", Physics { length: 0.0, ..p }),
            ("force_mag", Physics { force_mag: nan, ..p }),
            ("tau", Physics { tau: nan, ..p }),
            ("theta_threshold_radians", Physics { theta_threshold_radians: nan, ..p }),
            ("x_threshold", Physics { x_threshold: 0.0, ..p }),
        ];
        for (name, bad) in cases {
            assert_eq!(bad.validate().map_err(|e| e.name), Err(name));
        }
    }

    proptest! {
        #[test]
        fn left_and_right_mirror_each_other_to_the_bit(
            s in prop::array::uniform4(-3.0f64..3.0),
            force in -20.0f64..20.0,
            semi: bool,
        ) {
            let integrator = if semi { Integrator::SemiImplicitEuler } else { Integrator::Euler };
            let p = Physics { integrator, ..Physics::default() };
            let mirrored = step(&p, s.map(|v| -v), -force);
            prop_assert_eq!(step(&p, s, force), mirrored.map(|v| -v));
            prop_assert_eq!(failed(&p, s), failed(&p, s.map(|v| -v)));
        }

        #[test]
        fn any_bits_are_survived(
            bits in prop::array::uniform4(any::<u64>()),
            force in any::<f64>(),
        ) {
            let s = step(&Physics::default(), bits.map(f64::from_bits), force);
            let _ = failed(&Physics::default(), s);
        }
    }
}
