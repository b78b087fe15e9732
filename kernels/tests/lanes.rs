//! Every bundle of lanes against the scalar implementation, and that one against plain Rust: bit for
//! bit, on any bit patterns, for every set of vector instructions that this CPU has.
//!
//! NaNs compare equal to NaNs: their signs and payloads are no result.

use particle_pilot_kernels::lanes::{
    LaneBits, LaneFactors, LaneMask, LaneWork, Lanes, SimdProof, WideLanes, splat_all,
};
use particle_pilot_kernels::math::{
    NarrowTrig, atan2, exp, ln, normal_quantile, quadratic, reciprocal, round, sin_cos,
    square_root, tanh,
};
use particle_pilot_kernels::rng::{Stream, normal, uniform};
use proptest::prelude::*;

/// The most lanes of any bundle.
const MOST: usize = 16;

/// Something to be tried on bundles of any type.
trait Trial {
    fn run<L: Lanes>(&self, proof: L::Proof);
}

/// A trial as what runs with vector instructions.
struct Trying<'a, T>(&'a T);

impl<T: Trial> LaneWork for Trying<'_, T> {
    type Output = ();
    fn run<L: Lanes>(self, proof: L::Proof) {
        self.0.run::<L>(proof);
    }
}

/// Runs `trial` on every type of bundle that this CPU has the instructions for.
fn on_every_path(trial: &impl Trial) {
    SimdProof::available().for_each(|simd| simd.run(Trying(trial)));
}

/// A value for each lane, for three operands, and a number that all lanes share.
#[derive(Clone, Copy, Debug)]
struct Operands {
    a: [u32; MOST],
    b: [u32; MOST],
    c: [u32; MOST],
    mask: u32,
    other_mask: u32,
    shared: u32,
}

fn words() -> impl Strategy<Value = [u32; MOST]> {
    let special: Vec<u32> = [0.0, 1.0, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, f32::NAN, 1e-40]
        .into_iter()
        .flat_map(|v: f32| [v.to_bits(), (-v).to_bits()])
        .chain([1, 0x7f80_0001, 0xffff_ffff, 0x7fff_ffff, 0x0100_0001])
        .collect();
    let moderate = (-8.0f32..8.0).prop_map(f32::to_bits);
    let word = prop_oneof![any::<u32>(), prop::sample::select(special), moderate];
    prop::array::uniform16(word)
}

fn operands() -> impl Strategy<Value = Operands> {
    (words(), words(), words(), any::<u32>(), any::<u32>(), any::<u32>()).prop_map(
        |(a, b, c, mask, other_mask, shared)| Operands { a, b, c, mask, other_mask, shared },
    )
}

fn floats_of(words: &[u32; MOST]) -> [f32; MOST] {
    words.map(f32::from_bits)
}

/// The mask whose lane `i` is bit `i` of `bits`.
fn mask_of<L: Lanes>(proof: L::Proof, bits: u32) -> L::Mask {
    let flags: [f32; MOST] = std::array::from_fn(|i| (bits >> i & 1) as f32);
    L::splat(proof, 1.0).le(L::load(proof, &flags))
}

fn stored<L: Lanes>(lanes: L) -> [f32; MOST] {
    let mut values = [f32::NAN; MOST];
    lanes.store(&mut values);
    values
}

fn stored_bits<B: LaneBits>(lanes: B) -> [u32; MOST] {
    let mut values = [0; MOST];
    lanes.store(&mut values);
    values
}

fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

/// The results of one lane or bundle, by the name of what was done.
type Named<T> = Vec<(&'static str, T)>;

/// Everything that makes floats. `add_where` is not for -0, see its contract.
fn floats<L: Lanes>(
    proof: L::Proof,
    [a, b, c]: [L; 3],
    mask: L::Mask,
    [word, _, _]: [L::Bits; 3],
    shared: f32,
) -> Named<L> {
    let zero = L::splat(proof, 0.0);
    let no_minus_zero = L::select(a.le(zero) & zero.le(a), zero, a);
    let [first, second] = splat_all(proof, [shared, -shared]);
    vec![
        ("load", a),
        ("splat", L::splat(proof, shared)),
        ("splat_all 0", first),
        ("splat_all 1", second),
        ("add", a + b),
        ("sub", a - b),
        ("mul", a * b),
        ("div", a / b),
        ("neg", -a),
        ("sqrt", a.magnitude().sqrt()),
        ("floor", a.floor()),
        ("fma", a.fma(b, c)),
        ("fnma", a.fnma(b, c)),
        ("fma_where", a.fma_where(mask, b, c)),
        ("add_where", no_minus_zero.add_where(mask, b)),
        ("magnitude", a.magnitude()),
        ("lesser", a.lesser(b)),
        ("greater", a.greater(b)),
        ("select", L::select(mask, a, b)),
        ("signed_to_float", word.signed_to_float()),
        ("as_float", word.as_float()),
    ]
}

/// Everything that makes raw words.
fn raw<L: Lanes>(
    proof: L::Proof,
    a: L,
    [x, y, z]: [L::Bits; 3],
    counting: L::Bits,
    shared: u32,
) -> Named<L::Bits> {
    let (high, low) = x.mul_wide(shared);
    let (product, rest) = z.factors().products(shared);
    vec![
        ("load", x),
        ("splat", L::Bits::splat(proof, shared)),
        ("counting", counting),
        ("bits", a.bits()),
        ("plus", x.plus(y)),
        ("and", x & y),
        ("or", x | y),
        ("xor", x ^ y),
        ("not", !x),
        ("shl 0", x.shl::<0>()),
        ("shl 1", x.shl::<1>()),
        ("shl 23", x.shl::<23>()),
        ("shl 31", x.shl::<31>()),
        ("shr 0", x.shr::<0>()),
        ("shr 1", x.shr::<1>()),
        ("shr 9", x.shr::<9>()),
        ("shr 31", x.shr::<31>()),
        ("mul_wide high", high),
        ("mul_wide low", low),
        ("factors", L::Bits::of_factors(x.factors())),
        ("factors repeat", L::Bits::of_factors(LaneFactors::repeat(proof, shared))),
        ("factors xor", L::Bits::of_factors(product ^ y.factors() ^ rest)),
        ("majority", x.majority(y, z)),
    ]
}

/// Everything that makes truth values.
fn masks<L: Lanes>(a: L, b: L, mask: L::Mask, other: L::Mask) -> Named<L::Mask> {
    vec![
        ("le", a.le(b)),
        ("lt", a.lt(b)),
        ("le_and", a.le_and(mask, b)),
        ("le itself", a.le(a)),
        ("and", mask & other),
        ("or", mask | other),
        ("not", !mask),
    ]
}

impl Trial for Operands {
    fn run<L: Lanes>(&self, proof: L::Proof) {
        let (a, b, c) = (floats_of(&self.a), floats_of(&self.b), floats_of(&self.c));
        let shared = f32::from_bits(self.shared);
        let operands = [&a, &b, &c].map(|v| L::load(proof, v));
        let words = [&self.a, &self.b, &self.c].map(|v| L::Bits::load(proof, v));
        let mask = mask_of::<L>(proof, self.mask);
        let other_mask = mask_of::<L>(proof, self.other_mask);
        let counting = L::Bits::counting(proof, self.shared);
        let float_results = floats(proof, operands, mask, words, shared);
        let raw_results = raw(proof, operands[0], words, counting, self.shared);
        let mask_results = masks(operands[0], operands[1], mask, other_mask);

        for i in 0..L::COUNT {
            let mask = self.mask >> i & 1 == 1;
            let other_mask = self.other_mask >> i & 1 == 1;
            let words = [self.a[i], self.b[i], self.c[i]];
            let wanted = floats::<f32>((), [a[i], b[i], c[i]], mask, words, shared);
            for ((name, got), (_, wanted)) in float_results.iter().zip(wanted) {
                let got = stored(*got)[i];
                assert!(same(got, wanted), "{name}, lane {i} of {}: {got} {wanted}", L::COUNT);
            }
            let counting = self.shared.wrapping_add(i as u32);
            let wanted = raw::<f32>((), a[i], words, counting, self.shared);
            for ((name, got), (_, wanted)) in raw_results.iter().zip(wanted) {
                assert_eq!(stored_bits(*got)[i], wanted, "{name}, lane {i} of {}", L::COUNT);
            }
            let wanted = masks(a[i], b[i], mask, other_mask);
            for ((name, got), (_, wanted)) in mask_results.iter().zip(wanted) {
                let got = got.to_u32() >> i & 1 == 1;
                assert_eq!(got, wanted, "{name}, lane {i} of {}", L::COUNT);
            }
        }
        for (name, result) in mask_results {
            assert_eq!(result.any(), result.to_u32() != 0, "any of {name}");
            assert_eq!(u64::from(result.to_u32()) >> L::COUNT, 0, "{name} has no more lanes");
        }

        let [first, second] = operands[0].zip(operands[1]).map(stored);
        let in_turns = first[..L::COUNT].iter().chain(&second[..L::COUNT]);
        for (got, wanted) in in_turns.zip(a.iter().zip(&b).flat_map(|(a, b)| [a, b])) {
            assert!(same(*got, *wanted), "interleave of {} lanes: {got} {wanted}", L::COUNT);
        }
    }
}

/// Numbers for lanes in double precision.
struct Wide([f32; MOST]);

impl Trial for Wide {
    fn run<L: Lanes>(&self, proof: L::Proof) {
        let stored = |wide: L::Wide| {
            let mut values = [0.0f64; MOST];
            wide.store(&mut values);
            values
        };
        let exact = self.0.map(f64::from);
        let wide = L::load(proof, &self.0).widen();
        let third = L::Wide::splat(proof, 1.0 / 3.0);
        let mut integers = [u32::MAX; MOST];
        (wide * L::Wide::splat(proof, 1000.0)).truncate(&mut integers);
        let results = [
            stored(wide),
            stored(L::Wide::load(proof, &exact)),
            stored(wide + third),
            stored(wide - third),
            stored(wide * third),
            stored(third / wide),
        ];
        let third = 1.0 / 3.0;
        for i in 0..L::COUNT {
            let x = exact[i];
            let wanted = [x, x, x + third, x - third, x * third, third / x].map(f64::to_bits);
            assert_eq!(
                results.map(|result| result[i].to_bits()),
                wanted,
                "{x}, {} lanes",
                L::COUNT
            );
            assert_eq!(integers[i], (x * 1000.0) as u32, "{x}, {} lanes", L::COUNT);
        }
        let is_rest = |(i, integer): (usize, &u32)| i < L::COUNT || *integer == u32::MAX;
        assert!(integers.iter().enumerate().all(is_rest), "more than {} lanes", L::COUNT);
    }
}

/// Elementary functions of any numbers but NaN.
fn functions<L: Lanes>(proof: L::Proof, x: L) -> Named<L> {
    let (sine, cosine) = sin_cos(proof, x);
    let (rounded, integer) = round(proof, x);
    let narrow = NarrowTrig::<L>::of(proof, NarrowTrig::fit(0.21, 1.0, 2.0).coefficients());
    vec![
        ("exp", exp(proof, x)),
        ("ln", ln(proof, x)),
        ("reciprocal", reciprocal(proof, x)),
        ("square_root", square_root(proof, x)),
        ("atan2", atan2(proof, x, x * x - L::splat(proof, 1.0))),
        ("tanh", tanh(proof, x)),
        ("sine", sine),
        ("cosine", cosine),
        ("normal_quantile", normal_quantile(proof, x)),
        ("round", rounded),
        ("rounded integer", integer.as_float()),
        ("quadratic", quadratic(&splat_all(proof, [0.3, -0.7, 1.1]), x)),
        ("narrow sine", narrow.sine(x, x * x)),
        ("narrow cosine", narrow.cosine(x * x)),
    ]
}

struct Functions([f32; MOST]);

impl Trial for Functions {
    fn run<L: Lanes>(&self, proof: L::Proof) {
        let results = functions(proof, L::load(proof, &self.0));
        for (i, x) in self.0.iter().enumerate().take(L::COUNT) {
            for ((name, got), (_, wanted)) in results.iter().zip(functions((), *x)) {
                let got = stored(*got)[i];
                assert!(same(got, wanted), "{name} of {x:e}, {} lanes: {got} {wanted}", L::COUNT);
            }
        }
    }
}

/// Random numbers of particles that need not be neighbours.
struct Draws {
    seed: u64,
    decision: u32,
    iteration: u32,
    block: u32,
    particles: [u32; MOST],
}

impl Trial for Draws {
    fn run<L: Lanes>(&self, proof: L::Proof) {
        let stream = Stream::new(self.seed, self.decision, self.iteration);
        let blocks = stream.block(proof, self.block, L::Bits::load(proof, &self.particles));
        for (i, particle) in self.particles.iter().enumerate().take(L::COUNT) {
            let wanted = stream.block((), self.block, *particle);
            for (words, wanted) in blocks.iter().zip(wanted) {
                assert_eq!(stored_bits(*words)[i], wanted, "lane {i} of {}", L::COUNT);
                let number = stored(uniform::<L>(proof, *words))[i];
                assert_eq!(number.to_bits(), uniform::<f32>((), wanted).to_bits());
                let number = stored(normal::<L>(proof, *words))[i];
                assert_eq!(number.to_bits(), normal::<f32>((), wanted).to_bits());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn every_operation_of_every_bundle_gives_each_lane_the_scalar_bits(operands in operands()) {
        on_every_path(&operands);
    }

    #[test]
    fn lanes_in_double_precision_are_plain_numbers(values in prop::array::uniform16(0f32..2e6)) {
        on_every_path(&Wide(values));
    }

    #[test]
    fn elementary_functions_give_each_lane_the_scalar_bits_for_any_numbers(words in words()) {
        let numbers = floats_of(&words).map(|v| if v.is_nan() { 1.0 } else { v });
        on_every_path(&Functions(numbers));
    }

    #[test]
    fn random_numbers_are_the_same_in_every_lane(
        seed: u64, decision: u32, iteration: u32, block: u32,
        particles in prop::array::uniform16(any::<u32>()),
    ) {
        on_every_path(&Draws { seed, decision, iteration, block, particles });
    }

    #[test]
    fn scalar_operations_are_those_of_plain_rust(
        [a, b, c] in prop::array::uniform3(any::<u32>().prop_map(f32::from_bits)),
        [x, y, z] in prop::array::uniform3(any::<u32>()),
        mask: bool,
    ) {
        let no_minus_zero = if a == 0.0 { 0.0 } else { a };
        let wanted = [
            a, b, b, -b, a + b, a - b, a * b, a / b, -a, a.abs().sqrt(), a.floor(),
            a.mul_add(b, c), (-a).mul_add(b, c), if mask { a.mul_add(b, c) } else { c },
            if mask { no_minus_zero + b } else { no_minus_zero },
            a.abs(), if a < b { a } else { b }, if a > b { a } else { b },
            if mask { a } else { b }, (x as i32) as f32, f32::from_bits(x),
        ];
        let results = floats::<f32>((), [a, b, c], mask, [x, y, z], b);
        prop_assert_eq!(results.len(), wanted.len());
        for ((name, got), wanted) in results.into_iter().zip(wanted) {
            prop_assert!(same(got, wanted), "{}: {} {}", name, got, wanted);
        }
        let product = u64::from(x) * u64::from(y);
        let majority = (x & y) | (x & z) | (y & z);
        prop_assert_eq!(x.mul_wide(y), ((product >> 32) as u32, product as u32));
        prop_assert_eq!(x.majority(y, z), majority);
        let comparisons = [a <= b, a < b, mask && a <= b, !a.is_nan(), mask, mask, !mask];
        for ((name, got), wanted) in masks(a, b, mask, mask).into_iter().zip(comparisons) {
            prop_assert_eq!(got, wanted, "{}", name);
        }
    }
}

#[test]
fn elementary_functions_give_each_lane_the_scalar_bits_all_over_their_ranges() {
    // A prime stride visits every exponent and mantissas of all kinds.
    let mut numbers = (0..=u32::MAX).step_by(16_381).map(f32::from_bits).filter(|v| !v.is_nan());
    while let Some(first) = numbers.next() {
        let rest =
            std::array::from_fn(|i| if i == 0 { first } else { numbers.next().unwrap_or(1.0) });
        on_every_path(&Functions(rest));
    }
}

#[test]
fn too_short_slices_are_refused() {
    struct Short;
    impl Trial for Short {
        fn run<L: Lanes>(&self, proof: L::Proof) {
            let short = &mut [0.0; MOST][..L::COUNT - 1];
            let words = &mut [0; MOST][..L::COUNT - 1];
            let panics = |work: &mut dyn FnMut()| {
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err()
            };
            assert!(panics(&mut || _ = L::load(proof, short)));
            assert!(panics(&mut || L::splat(proof, 0.0).store(short)));
            assert!(panics(&mut || _ = L::Bits::load(proof, words)));
            assert!(panics(&mut || L::Bits::splat(proof, 0).store(words)));
        }
    }
    on_every_path(&Short);
}
