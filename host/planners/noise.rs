//! The plan of a continuous planner and the noise around it.

use particle_pilot_kernels::controls::{First, Interpolant, KnotNoise, Knots, PowerNoise};
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::planners::noise::moved;
use particle_pilot_kernels::rng::Stream;

use super::planner::{Memory, Swarm, dimensions, limit, scores};
use super::power::predictors;
use crate::control_vector::ControlVector;
use crate::settings::{ActionKind, Interpolation, Noise, PilotConfig, PlannerKind};

/// A plan of one control for each step, and noise at knots to vary it; each in `D` dimensions.
pub(crate) struct NoisePlan {
    /// `[H][D]`, in the model's units.
    pub plan: Vec<f32>,
    /// What [`Memory::checkpoint`] has kept of it.
    kept: Vec<f32>,
    /// The noise's standard deviation at each knot, `[knots][D]`, in the model's units.
    pub scales: Vec<f32>,
    /// What `scales` is at the beginning of a decision, the same at each knot: `[D]`.
    pub initial_scales: Vec<f32>,
    /// As in [`Interpolant`].
    pub weights: Vec<[f32; 4]>,
    pub cubic: bool,
    /// As in [`KnotNoise`].
    pub colour: [f32; 2],
    /// Halton's points, `[knots][D][pairs]`, or nothing.
    pub points: Vec<f32>,
    pub pairs: usize,
    /// As in [`KnotNoise`].
    pub anchored: bool,
    /// As in [`PowerNoise`]; empty for planners that have no such.
    pub predictors: Vec<[f32; 4]>,
    thresholded: bool,
    /// `D`.
    dimensions: usize,
}

impl NoisePlan {
    /// For plans of `config`.
    pub fn of<M: LaneModel>(swarm: &Swarm<M>, config: &PilotConfig) -> Self {
        Self::new(config, swarm.model.full_control(), dimensions::<M>())
    }

    /// For plans of `config` in so many dimensions, where full control is `full` in the model's units.
    pub fn new(config: &PilotConfig, full: f32, dimensions: usize) -> Self {
        let tuning = &config.tuning;
        let cubic = tuning.interpolation == Interpolation::Cubic;
        let spacing = tuning.knot_spacing as usize;
        let weights: Vec<_> = (0..spacing)
            .map(|offset| {
                let t = offset as f64 / spacing as f64;
                if cubic { catmull_rom(t) } else { [1.0 - t, t, 0.0, 0.0] }.map(|w| w as f32)
            })
            .collect();
        let initial_scale = |dimension| tuning.noise_scale.of(dimension) as f32 * full;
        let initial_scales: Vec<_> = (0..dimensions).map(initial_scale).collect();
        let numbers = Self::knot_count(config) * dimensions;
        let steps = config.horizon as usize * dimensions;
        let pairs = config.particles.div_ceil(2) as usize;
        let points = match noise(config) {
            Noise::Halton => halton_points(numbers, pairs, dimensions),
            Noise::White | Noise::Coloured => Vec::new(),
        };
        let rho = if noise(config) == Noise::Coloured { tuning.colour } else { 0.0 };
        Self {
            plan: vec![0.0; steps],
            kept: vec![0.0; steps],
            scales: initial_scales.repeat(numbers / dimensions),
            initial_scales,
            weights,
            cubic,
            colour: [rho as f32, (1.0 - rho * rho).sqrt() as f32],
            points,
            pairs,
            anchored: false,
            predictors: match config.planner {
                PlannerKind::Icem => {
                    predictors(tuning.noise_exponent, Self::knot_count(config)).to_vec()
                }
                _ => Vec::new(),
            },
            thresholded: config.action == ActionKind::Discrete,
            dimensions,
        }
    }

    /// How many knots the plans of `config` have.
    pub fn knot_count(config: &PilotConfig) -> usize {
        let taps = if config.tuning.interpolation == Interpolation::Cubic { 4 } else { 2 };
        config.horizon.div_ceil(config.tuning.knot_spacing) as usize + taps - 1
    }

    /// The bytes that such a plan takes in so many dimensions.
    pub fn memory(config: &PilotConfig, dimensions: usize) -> u64 {
        let knots = Self::knot_count(config) as u64;
        let pairs = match noise(config) {
            Noise::Halton => u64::from(config.particles.div_ceil(2)),
            Noise::White | Noise::Coloured => 0,
        };
        4 * dimensions as u64 * (2 * u64::from(config.horizon) + knots * (pairs + 9))
    }

    /// How to draw controls of `model` around the plan.
    pub fn scheme<M: LaneModel>(&self, stream: Stream, model: &M) -> Knots<'_> {
        self.scheme_of(self.noise(stream), model)
    }

    /// [`NoisePlan::scheme`] with noise whose power goes by a power of the frequency.
    pub fn power_scheme<M: LaneModel>(
        &self,
        stream: Stream,
        model: &M,
    ) -> Knots<'_, PowerNoise<'_>> {
        self.scheme_of(self.power_noise(stream), model)
    }

    fn scheme_of<N, M: LaneModel>(&self, noise: N, model: &M) -> Knots<'_, N> {
        Knots {
            noise,
            interpolant: self.interpolant(),
            plan: &self.plan,
            full: model.full_control(),
            thresholded: self.thresholded,
            first: First::Drawn,
            limit: limit(model),
            choices: model.choices(),
        }
    }

    /// The noise alone.
    pub fn noise(&self, stream: Stream) -> KnotNoise<'_> {
        KnotNoise {
            stream,
            scales: &self.scales,
            colour: self.colour,
            points: &self.points,
            pairs: self.pairs,
            anchored: self.anchored,
        }
    }

    /// The noise alone, where its power goes by a power of the frequency.
    pub fn power_noise(&self, stream: Stream) -> PowerNoise<'_> {
        PowerNoise { stream, scales: &self.scales, predictors: &self.predictors }
    }

    /// Begins a decision: the deviations are what they are at first.
    pub fn begin(&mut self) {
        for scales in self.scales.chunks_mut(self.dimensions) {
            scales.copy_from_slice(&self.initial_scales);
        }
    }

    /// The deviations with which every decision begins, `[knots][D]`.
    pub fn first_scales(&self) -> Vec<f32> {
        self.initial_scales.repeat(self.scales.len() / self.dimensions)
    }

    /// Moves the plan for `model` by what `change`, `[knots][D]`, is between the knots.
    pub fn move_by<M: LaneModel>(&mut self, change: &[f64], model: &M) {
        let interpolant = Interpolant { weights: &self.weights, cubic: self.cubic };
        let (dimensions, full) = (self.dimensions, model.full_control());
        for (place, control) in self.plan.iter_mut().enumerate() {
            let (step, dimension) = (place / dimensions, place % dimensions);
            let change = |knot| change[knot * dimensions + dimension];
            *control = moved(*control, &interpolant, step, change, full, scores::<M>());
        }
    }

    /// The plan as shares of full control, which is `full` in the model's units.
    pub fn shares(&self, full: f32) -> impl Iterator<Item = f64> {
        self.plan.iter().map(move |control| f64::from(*control) / f64::from(full))
    }

    /// The first step's control as shares of the full one.
    pub fn first_shares(&self, full: f32) -> ControlVector {
        let mut first = ControlVector::zeros(self.dimensions);
        first.iter_mut().zip(self.shares(full)).for_each(|(to, share)| *to = share);
        first
    }

    /// Forgets the first step; the last one is repeated.
    pub fn shift(&mut self) {
        let last = self.plan.len() - self.dimensions;
        match last {
            0 => self.plan.fill(0.0),
            _ => self.plan.copy_within(self.dimensions.., 0),
        }
    }

    fn interpolant(&self) -> Interpolant<'_> {
        Interpolant { weights: &self.weights, cubic: self.cubic }
    }
}

/// Where the noise at the knots comes from that is not that of [`PowerNoise`].
fn noise(config: &PilotConfig) -> Noise {
    match config.planner {
        PlannerKind::Icem => Noise::White,
        _ => config.tuning.noise,
    }
}

impl Memory for NoisePlan {
    fn reset(&mut self) {
        self.plan.fill(0.0);
        self.begin();
    }

    /// The deviations need not be kept: every decision begins with the same.
    fn checkpoint(&mut self) {
        self.kept.copy_from_slice(&self.plan);
    }

    fn roll_back(&mut self) {
        self.plan.copy_from_slice(&self.kept);
    }

    /// The plan, in the model's units. The deviations are the same at the beginning of every decision.
    fn carried(&self) -> Vec<f64> {
        self.plan.iter().copied().map(f64::from).collect()
    }

    fn carry_on(&mut self, carried: &[f64]) -> bool {
        let fits = carried.len() == self.plan.len() && are_controls(carried);
        if fits {
            self.reset();
            let controls = carried.iter().map(|control| *control as f32);
            self.plan.iter_mut().zip(controls).for_each(|(old, new)| *old = new);
        }
        fits
    }
}

/// Whether all numbers are controls: finite in single precision.
pub(crate) fn are_controls(numbers: &[f64]) -> bool {
    numbers.iter().all(|number| (*number as f32).is_finite())
}

/// The weights of four knots at `t` of the way from the second to the third: E. Catmull, R. Rom, "A
/// class of local interpolating splines" (1974).
fn catmull_rom(t: f64) -> [f64; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [
        0.5 * (-t3 + 2.0 * t2 - t),
        0.5 * (3.0 * t3 - 5.0 * t2 + 2.0),
        0.5 * (-3.0 * t3 + 4.0 * t2 + t),
        0.5 * (t3 - t2),
    ]
}

/// Halton's sequence, `[numbers][pairs]`: number `j` is the radical inverse in the `j`-th prime base (J. H.
/// Halton, "On the efficiency of certain quasi-random sequences of points", 1960).
///
/// Points of bases that are large beside the number of points lie on few lines, so that numbers of different bases go up and
/// down together. In several `dimensions` that would leave most of a control's box untried: such bases then have their
/// points in an order of their own.
fn halton_points(numbers: usize, pairs: usize, dimensions: usize) -> Vec<f32> {
    let primes = (2u64..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0));
    let mut points = Vec::with_capacity(numbers * pairs);
    for (number, base) in primes.take(numbers).enumerate() {
        // Not from 0, where all bases begin alike.
        points.extend((0..pairs as u64).map(|i| radical_inverse(i + base, base) as f32));
        if dimensions > 1 && base * LINES > pairs as u64 {
            shuffle(&mut points[number * pairs..], base);
        }
    }
    points
}

/// Points on each line of a base whose points keep their order, at least.
const LINES: u64 = 16;

/// A random order (R. A. Fisher, F. Yates), always the same for a `seed`.
fn shuffle(values: &mut [f32], seed: u64) {
    let stream = Stream::new(seed, 0, 0);
    for place in (1..values.len()).rev() {
        let [word, ..] = stream.block((), place as u32, 0);
        let other = (u64::from(word) * (place as u64 + 1)) >> 32;
        values.swap(place, other as usize);
    }
}

/// The digits of `index` in base `base`, mirrored at the point.
fn radical_inverse(mut index: u64, base: u64) -> f64 {
    let (mut value, mut place) = (0.0, 1.0 / base as f64);
    while index > 0 {
        value += (index % base) as f64 * place;
        index /= base;
        place /= base as f64;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radical_inverses_are_the_published_ones() {
        let base_2 = [1, 2, 3, 4].map(|i| radical_inverse(i, 2));
        assert_eq!(base_2, [0.5, 0.25, 0.75, 0.125]);
        assert!((radical_inverse(5, 3) - 7.0 / 9.0).abs() < 1e-15);
    }

    #[test]
    fn points_of_several_dimensions_are_nearly_uncorrelated() {
        let (knots, dimensions, pairs) = (9, 8, 512);
        let points = halton_points(knots * dimensions, pairs, dimensions);
        let rows: Vec<&[f32]> = points.chunks(pairs).collect();
        let covariance = |a: &[f32], b: &[f32]| {
            let products = a.iter().zip(b).map(|(a, b)| f64::from((a - 0.5) * (b - 0.5)));
            products.sum::<f64>() / pairs as f64
        };
        for (i, a) in rows.iter().enumerate() {
            assert!((covariance(a, a) - 1.0 / 12.0).abs() < 0.01, "row {i} is not uniform");
            for (j, b) in rows.iter().enumerate().skip(i + 1) {
                let correlation = 12.0 * covariance(a, b);
                assert!(correlation.abs() < 0.25, "rows {i} and {j}: {correlation}");
            }
        }
    }

    #[test]
    fn spline_weights_meet_the_knots_and_add_up_to_one() {
        assert_eq!(catmull_rom(0.0), [0.0, 1.0, 0.0, 0.0]);
        for t in [0.1, 0.5, 0.9] {
            assert!((catmull_rom(t).iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}
