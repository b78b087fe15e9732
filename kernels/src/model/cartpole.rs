//! The cart-pole of Gymnasium's `CartPole-v1`, its equations arranged for few fused operations.
//!
//! With `T = (F + m_p l th'^2 sin th) / M`, the equations of motion are (R. V. Florian, "Correct
//! equations for the dynamics of the cart-pole system", 2007, without friction)
//!
//! ```text
//! th'' = (g sin th - cos th T) / (l (4/3 - m_p cos^2 th / M))       x'' = T - c th'' cos th
//! ```
//!
//! with `c = m_p l / M`. Measured in steps of time `dt` and lengths `d = g dt^2`, gravity and the step
//! are 1. Scaling sine and cosine by `c / d` swallows the constants that remain, and a step of
//! angle `th`, its change `w`, the position's change `u` under the force `f = F / (M g)` is
//!
//! ```text
//! S = (c / d) sin th      C = (c / d) cos th      R = (d^2 / c) / (l (4/3 - m_p cos^2 th / M))
//! T = f + w^2 S           b = (S - C T) R         w += b       u += T - C b
//! ```
//!
//! Seventeen floating-point instructions: `S / th`, `C` and `R` are quadratics in `th^2`, fitted once in
//! `f64` to the angles that the threshold lets live.

use core::fmt;

use crate::env::{BadPhysics, Integrator, Physics};
use crate::lanes::{Lanes, splat_all};
use crate::math::{NARROW_LIMIT, NarrowTrig, quadratic, quadratic_fit, reciprocal, sin_cos};
use crate::model::LaneModel;

/// Cost weights of the cart-pole. All are at least 0; only ratios matter.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::model::CostWeights;
/// let centred = CostWeights { position: 1.0, ..CostWeights::default() };
/// assert!(centred.validate().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct CostWeights {
    /// Of each step's squared distance from the centre, 1/m^2. More keeps the cart closer to the
    /// centre and lets the pole lean more.
    pub position: f64,
    /// Of each step's squared angle, 1/rad^2. More keeps the pole more upright.
    pub angle: f64,
    /// Of each step that a future misses because the pole fell or the cart left: the unit of all
    /// others.
    pub end: f64,
    /// Of the last state's squared position, 1/m^2.
    pub terminal_position: f64,
    /// Of the last state's squared velocity, s^2/m^2.
    pub terminal_velocity: f64,
    /// Of the last state's squared angle, 1/rad^2.
    pub terminal_angle: f64,
    /// Of the last state's squared angular velocity, s^2/rad^2.
    pub terminal_rate: f64,
}

impl Default for CostWeights {
    fn default() -> Self {
        Self {
            position: 0.05,
            angle: 5.0,
            end: 1.0,
            terminal_position: 1.0,
            terminal_velocity: 1.0,
            terminal_angle: 10.0,
            terminal_rate: 1.0,
        }
    }
}

impl CostWeights {
    /// The weights by name, in order of declaration.
    fn named(&self) -> [(&'static str, f64); 7] {
        [
            ("position", self.position),
            ("angle", self.angle),
            ("end", self.end),
            ("terminal_position", self.terminal_position),
            ("terminal_velocity", self.terminal_velocity),
            ("terminal_angle", self.terminal_angle),
            ("terminal_rate", self.terminal_rate),
        ]
    }

    /// Checks that every weight is a number from 0 to 1e9 and that not all are 0.
    ///
    /// # Errors
    /// [`BadCost`] naming the first weight that is not.
    pub fn validate(&self) -> Result<(), BadCost> {
        match self.named().into_iter().find(|(_, given)| !(0.0..=1e9).contains(given)) {
            Some((name, given)) => Err(BadCost { name, given }),
            None if self.named().iter().all(|(_, w)| *w == 0.0) => {
                Err(BadCost { name: "every one", given: 0.0 })
            }
            None => Ok(()),
        }
    }
}

/// A cost weight out of range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BadCost {
    /// The field of [`CostWeights`], or `every one`.
    pub name: &'static str,
    /// Its value.
    pub given: f64,
}

impl fmt::Display for BadCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, given } = self;
        write!(f, "cost weight `{name}` is {given}; weights go from 0 to 1e9, at least one above 0")
    }
}

impl core::error::Error for BadCost {}

/// Why particles cannot simulate a cart-pole.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum CartPoleError {
    /// The physics are impossible for any cart-pole.
    Physics(BadPhysics),
    /// A cost weight is out of range.
    Cost(BadCost),
    /// The physics are possible, but particles do not support them.
    Unsupported {
        /// The parameter.
        name: &'static str,
        /// Its value.
        given: f64,
        /// The values that particles support, in words.
        required: &'static str,
    },
}

impl fmt::Display for CartPoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Physics(error) => error.fmt(f),
            Self::Cost(error) => error.fmt(f),
            Self::Unsupported { name, given, required } => {
                write!(f, "{name} is {given}; particles need it {required}")
            }
        }
    }
}

impl core::error::Error for CartPoleError {}

/// The cart-pole as particles compute it, in `f32`.
///
/// State `[x m, x_dot m/s, theta rad, theta_dot rad/s]`, control -1 to 1 times the force.
///
/// `GENERAL` fixes in the type what the inner loop then need not ask: without it, the integrator is
/// explicit Euler and the angle threshold at most [`NARROW_LIMIT`], as in `CartPole-v1`.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::env::Physics;
/// use particle_pilot_kernels::model::{CartPoleModel, CostWeights, LaneModel};
///
/// let model = CartPoleModel::<false>::new(&Physics::default(), &CostWeights::default())?;
/// let constants = model.constants::<f32>(());
/// let upright = model.start::<f32>((), &[0.0; 4]);
/// let pushed = CartPoleModel::<false>::advance(&constants, upright, [model.full_control()]);
/// assert!(pushed[1] > 0.0 && pushed[3] < 0.0); // the cart goes right, the pole falls left
/// # Ok::<(), particle_pilot_kernels::model::CartPoleError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CartPoleModel<const GENERAL: bool> {
    /// From SI units to the model's: position, velocity, angle, angular velocity.
    units: [f64; 4],
    force_newton: f64,
    /// [`NarrowTrig::coefficients`].
    trig: [[f32; 3]; 2],
    reciprocal: [f32; 3],
    /// For the full range of angles: the scale of sine and cosine, and `R = 1 / (wide[1] - wide[2] C^2)`.
    wide: [f32; 3],
    force: f32,
    /// Squared thresholds of position and angle.
    limits: [f32; 2],
    running: [f32; 2],
    terminal: [f32; 4],
    end: f32,
    /// Factors of squared differences in [`LaneModel::distance_squared`].
    apart: [f32; 4],
    semi_implicit: bool,
    /// Whether angles go beyond [`NARROW_LIMIT`].
    full_range: bool,
}

impl<const GENERAL: bool> CartPoleModel<GENERAL> {
    /// The model of these physics and weights.
    ///
    /// # Errors
    /// [`CartPoleError`] if they are out of range, or are not what the type's two properties say.
    pub fn new(physics: &Physics, weights: &CostWeights) -> Result<Self, CartPoleError> {
        physics.validate().map_err(CartPoleError::Physics)?;
        weights.validate().map_err(CartPoleError::Cost)?;
        let p = physics;
        let unsupported =
            |name, given, required| Err(CartPoleError::Unsupported { name, given, required });
        for (name, given) in
            [("gravity", p.gravity), ("masspole", p.masspole), ("force_mag", p.force_mag)]
        {
            if given <= 0.0 {
                return unsupported(name, given, "above 0");
            }
        }
        let semi_implicit = p.integrator == Integrator::SemiImplicitEuler;
        let full_range = p.theta_threshold_radians > NARROW_LIMIT;
        if !GENERAL && semi_implicit {
            return unsupported("integrator", 1.0, "0 (explicit Euler) unless general");
        }
        if !GENERAL && full_range {
            let required = "at most 16 degrees unless general";
            return unsupported("theta_threshold_radians", p.theta_threshold_radians, required);
        }

        let mass = p.total_mass();
        let distance = p.gravity * p.tau * p.tau;
        let force = (p.force_mag / mass / p.gravity) as f32;
        // What single precision cannot hold would be 0 or infinite in the model's units.
        if !force.is_normal() {
            let required = "1e-37 to 1e38 times the weight of cart and pole";
            return unsupported("force_mag", p.force_mag, required);
        }
        if !(distance as f32).is_normal() {
            return unsupported("gravity times tau squared", distance, "1e-37 to 1e38 m");
        }
        let scale = p.polemass_length() / mass / distance;
        let units = Self::units(p);
        let inertia = |cosine: f64| p.length * (4.0 / 3.0 - p.masspole * cosine * cosine / mass);
        let top = distance / scale;
        let fitted = p.theta_threshold_radians.min(NARROW_LIMIT);
        let reciprocal =
            quadratic_fit(fitted * fitted, |square| top / inertia(libm::cos(libm::sqrt(square))));
        // In the model's units, states outside the thresholds are dead; an infinite threshold is
        // never crossed by a finite state.
        let square = |value: f64| value * value;
        let limits =
            [square(p.x_threshold * units[0]), square(p.theta_threshold_radians)].map(|v| v as f32);
        let terminal = [
            weights.terminal_position,
            weights.terminal_velocity,
            weights.terminal_angle,
            weights.terminal_rate,
        ];
        // A second at these speeds crosses the whole range.
        let (far, tilted) = (p.x_threshold.min(2.4), p.theta_threshold_radians.min(0.21));
        let ranges = [far, far, tilted, 10.0 * tilted];
        let in_units =
            |weights: [f64; 4]| core::array::from_fn(|i| (weights[i] / square(units[i])) as f32);
        Ok(Self {
            semi_implicit,
            full_range,
            units,
            trig: NarrowTrig::fit(fitted, scale, scale).coefficients(),
            reciprocal: reciprocal.map(|c| c as f32),
            wide: [
                scale,
                4.0 / 3.0 * p.length / top,
                p.length * p.masspole / (mass * top * scale * scale),
            ]
            .map(|v| v as f32),
            force,
            force_newton: p.force_mag,
            limits,
            running: [(weights.position / square(units[0])) as f32, weights.angle as f32],
            terminal: in_units(terminal),
            end: weights.end as f32,
            apart: in_units(ranges.map(|range| 1.0 / square(range))),
        })
    }

    /// How many of the model's units one of the caller's is under these physics, for each number of the state.
    #[must_use]
    pub fn units(physics: &Physics) -> [f64; 4] {
        let tau = physics.tau;
        let distance = physics.gravity * tau * tau;
        [1.0 / distance, tau / distance, 1.0, tau]
    }
}

/// The constants of a [`CartPoleModel`], broadcast to lanes.
#[derive(Clone, Copy, Debug)]
pub struct CartPoleConstants<L> {
    semi_implicit: bool,
    full_range: bool,
    trig: NarrowTrig<L>,
    reciprocal: [L; 3],
    wide: [L; 3],
    limits: [L; 2],
    running: [L; 2],
    terminal: [L; 4],
    apart: [L; 4],
}

impl<const GENERAL: bool> LaneModel for CartPoleModel<GENERAL> {
    const DIM: usize = 4;
    type State<L: Lanes> = [L; 4];
    type Constants<L: Lanes> = (CartPoleConstants<L>, L::Proof);
    type Control<L: Lanes> = [L; 1];
    type Effort<L: Lanes> = [L; 0];
    const ACTION_DIM: usize = 1;

    #[inline(always)]
    fn constants<L: Lanes>(&self, proof: L::Proof) -> Self::Constants<L> {
        let constants = CartPoleConstants {
            semi_implicit: self.semi_implicit,
            full_range: self.full_range,
            trig: NarrowTrig::of(proof, self.trig),
            reciprocal: splat_all(proof, self.reciprocal),
            wide: splat_all(proof, self.wide),
            limits: splat_all(proof, self.limits),
            running: splat_all(proof, self.running),
            terminal: splat_all(proof, self.terminal),
            apart: splat_all(proof, self.apart),
        };
        (constants, proof)
    }

    #[inline(always)]
    fn start<L: Lanes>(&self, proof: L::Proof, state: &[f32]) -> [L; 4] {
        splat_all(proof, core::array::from_fn(|i| (f64::from(state[i]) * self.units[i]) as f32))
    }

    fn unit(&self, number: usize) -> f64 {
        1.0 / self.units[number]
    }

    fn full_control(&self) -> f32 {
        self.force
    }

    #[inline(always)]
    fn action(&self, shares: &[f64], action: &mut [f64]) {
        action[0] = shares[0] * self.force_newton;
    }

    #[inline(always)]
    fn live<L: Lanes>((c, _): &Self::Constants<L>, s: &[L; 4], live: L::Mask) -> L::Mask {
        let live = (s[2] * s[2]).le_and(live, c.limits[1]);
        (s[0] * s[0]).le_and(live, c.limits[0])
    }

    #[inline(always)]
    fn effort<L: Lanes>(_: &[L; 1]) -> [L; 0] {
        []
    }

    #[inline(always)]
    fn accumulate<L: Lanes>(
        _: &Self::Constants<L>,
        s: &[L; 4],
        _: &[L; 0],
        live: L::Mask,
        sums: [L; 2],
    ) -> [L; 2] {
        [sums[0].add_where(live, s[0] * s[0]), sums[1].add_where(live, s[2] * s[2])]
    }

    #[inline(always)]
    fn running_cost<L: Lanes>((c, _): &Self::Constants<L>, sums: [L; 2]) -> L {
        sums[0].fma(c.running[0], sums[1] * c.running[1])
    }

    #[inline(always)]
    fn terminal_cost<L: Lanes>((c, _): &Self::Constants<L>, s: &[L; 4]) -> L {
        weighted_square_sum(&c.terminal, s)
    }

    fn end_cost(&self) -> f32 {
        self.end
    }

    #[inline(always)]
    fn advance<L: Lanes>((c, proof): &Self::Constants<L>, s: [L; 4], [control]: [L; 1]) -> [L; 4] {
        let [x, u, theta, w] = s;
        let (sine, cosine, reciprocal) = if GENERAL && c.full_range {
            let (sine, cosine) = sin_cos(*proof, theta);
            let (sine, cosine) = (sine * c.wide[0], cosine * c.wide[0]);
            let inertia = (cosine * cosine).fnma(c.wide[2], c.wide[1]);
            (sine, cosine, reciprocal(*proof, inertia))
        } else {
            let square = theta * theta;
            let reciprocal = quadratic(&c.reciprocal, square);
            (c.trig.sine(theta, square), c.trig.cosine(square), reciprocal)
        };
        let t = (w * w).fma(sine, control);
        let b = cosine.fnma(t, sine) * reciprocal;
        let (u_next, w_next) = (u + cosine.fnma(b, t), w + b);
        if GENERAL && c.semi_implicit {
            [x + u_next, u_next, theta + w_next, w_next]
        } else {
            [x + u, u_next, theta + w, w_next]
        }
    }

    #[inline(always)]
    fn distance_squared<L: Lanes>((c, _): &Self::Constants<L>, a: &[L; 4], b: &[L; 4]) -> L {
        weighted_square_sum(&c.apart, &[a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3]])
    }
}

/// `sum_i weights[i] values[i]^2`.
#[inline(always)]
fn weighted_square_sum<L: Lanes>(weights: &[L; 4], values: &[L; 4]) -> L {
    let [a, b, c, d] = *values;
    let (a, b, c, d) = (a * a, b * b, c * c, d * d);
    a.fma(weights[0], b * weights[1]) + c.fma(weights[2], d * weights[3])
}
