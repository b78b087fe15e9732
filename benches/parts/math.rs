//! Elementary functions of many numbers.

use std::hint::black_box;
use std::marker::PhantomData;

use criterion::Criterion;
use particle_pilot_kernels::lanes::{LaneWork, Lanes};
use particle_pilot_kernels::math::{
    NarrowTrig, exp, ln, normal_quantile, reciprocal, sin_cos, square_root,
};

use crate::paths::each;

const NUMBERS: usize = 1024;

/// A function of a number.
trait Function {
    const NAME: &'static str;

    fn of<L: Lanes>(proof: L::Proof, x: L) -> L;
}

macro_rules! function {
    ($type:ident, $name:literal, $of:expr) => {
        struct $type;

        impl Function for $type {
            const NAME: &'static str = $name;

            #[inline(always)]
            fn of<L: Lanes>(proof: L::Proof, x: L) -> L {
                $of(proof, x)
            }
        }
    };
}

function!(Exp, "exp", exp);
function!(Ln, "ln", ln);
function!(Reciprocal, "reciprocal", reciprocal);
function!(SquareRoot, "square_root", square_root);
function!(NormalQuantile, "normal_quantile", normal_quantile);
function!(SinCos, "sin_cos, any angle", both);
function!(NarrowSinCos, "sin_cos, up to 12 degrees", both_of_narrow);

#[inline(always)]
fn both<L: Lanes>(proof: L::Proof, x: L) -> L {
    let (sine, cosine) = sin_cos(proof, x);
    sine + cosine
}

#[inline(always)]
fn both_of_narrow<L: Lanes>(proof: L::Proof, x: L) -> L {
    // Of the size of those that are fitted for 12 degrees; which ones they are does not matter.
    let trig = NarrowTrig::of(proof, [[1.0, -0.166, 0.008], [1.0, -0.5, 0.04]]);
    let square = x * x;
    trig.sine(x, square) + trig.cosine(square)
}

/// Applies a function to every number.
struct Map<'a, F> {
    numbers: &'a [f32; NUMBERS],
    function: PhantomData<F>,
}

impl<F: Function> LaneWork for Map<'_, F> {
    type Output = [f32; NUMBERS];

    #[inline(always)]
    fn run<L: Lanes>(self, proof: L::Proof) -> [f32; NUMBERS] {
        let mut results = [0.0; NUMBERS];
        let bundles = self.numbers.chunks_exact(L::COUNT);
        for (numbers, results) in bundles.zip(results.chunks_exact_mut(L::COUNT)) {
            F::of(proof, L::load(proof, numbers)).store(results);
        }
        results
    }
}

pub fn all(criterion: &mut Criterion) {
    one::<Exp>(criterion);
    one::<Ln>(criterion);
    one::<Reciprocal>(criterion);
    one::<SquareRoot>(criterion);
    one::<NormalQuantile>(criterion);
    one::<SinCos>(criterion);
    one::<NarrowSinCos>(criterion);
}

fn one<F: Function>(criterion: &mut Criterion) {
    // From 0 to 1, where all of them are defined.
    let numbers = std::array::from_fn(|i| (i as f32 + 0.5) / NUMBERS as f32);
    let mut group = criterion.benchmark_group("math");
    each(&mut group, F::NAME, NUMBERS as u64, || Map::<F> {
        numbers: black_box(&numbers),
        function: PhantomData,
    });
    group.finish();
}
