//! Places for a model in the kernels' text.
//!
//! No kernel knows the model that it simulates. Where one is called there is a comment in the text, which names registers;
//! `crate::trace` puts the model's instructions there when the model is known. The states of the pair of
//! particles that a thread rolls out, and what is kept beside, are in registers of their own, which only the places see:
//! they hold as many numbers as the model has, and the compiler need not know.
//!
//! Places stay in order, as they are taken for instructions with effects. Those that touch no memory say so, that what
//! is in registers may stay there.

#[cfg(not(feature = "rust-cuda"))]
use core::arch::asm;
use core::marker::PhantomData;

use crate::controls::Controls;
use crate::lanes::Lanes;
use crate::model::{Surroundings, Vector};
use crate::plant::{Plant, Rows};
use crate::reduce::COLUMNS;
use crate::task::{MOST_DIMENSIONS, Row};

/// The most dimensions of a control.
const MOST: usize = MOST_DIMENSIONS;

/// A model to be put in, with controls of [`One`] dimension or [`Many`].
#[derive(Clone, Copy)]
pub struct Placed<W> {
    /// Full control, in the model's units.
    pub full: f32,
    /// The cost of each step that a future missed because it ended early.
    pub end_cost: f32,
    /// Where in memory the start is, in the model's units; 0 for the one in the kernel's parameters.
    pub start: u64,
    pub width: PhantomData<W>,
}

/// What is known when futures begin.
#[derive(Clone, Copy)]
pub struct Setup<P> {
    proof: P,
    start: u64,
}

/// Controls of one dimension.
#[derive(Clone, Copy)]
pub struct One;

/// Controls of up to [`MOST`] dimensions.
#[derive(Clone, Copy)]
pub struct Many;

/// How many dimensions there is room for.
pub trait Width: Copy + Sync {
    type Control<L: Lanes>: Vector<L>;
}

impl Width for One {
    type Control<L: Lanes> = [L; 1];
}

impl Width for Many {
    type Control<L: Lanes> = Wide<L>;
}

/// A control of so many dimensions as the model's has, at most eight.
#[derive(Clone, Copy)]
pub struct Wide<L>([L; MOST]);

impl<L> AsRef<[L]> for Wide<L> {
    #[inline(always)]
    fn as_ref(&self) -> &[L] {
        &self.0
    }
}

impl<L> AsMut<[L]> for Wide<L> {
    #[inline(always)]
    fn as_mut(&mut self) -> &mut [L] {
        &mut self.0
    }
}

impl<L: Copy> Vector<L> for Wide<L> {
    const LEN: usize = MOST;

    #[inline(always)]
    fn dimensions() -> usize {
        dimensions() as usize
    }

    #[inline(always)]
    fn all(value: L) -> Self {
        Self([value; MOST])
    }

    // An index that is not known beforehand would put the numbers into memory.
    #[inline(always)]
    fn get(&self, dimension: usize) -> L {
        let mut value = self.0[0];
        for i in 1..MOST {
            value = if i == dimension { self.0[i] } else { value };
        }
        value
    }

    #[inline(always)]
    fn set(&mut self, dimension: usize, value: L) {
        for i in 0..MOST {
            self.0[i] = if i == dimension { value } else { self.0[i] };
        }
    }
}

/// The one particle of a bundle.
#[inline(always)]
fn number<L: Lanes>(lanes: L) -> f32 {
    let mut number = [0.0];
    lanes.store(&mut number);
    number[0]
}

impl<W: Width> Plant for Placed<W> {
    type Control<L: Lanes> = W::Control<L>;
    type Setup<'a, L: Lanes> = Setup<L::Proof>;
    type Pair<L: Lanes> = ();

    #[inline(always)]
    fn full_control(&self) -> f32 {
        self.full
    }

    #[inline(always)]
    fn end_cost(&self) -> f32 {
        self.end_cost
    }

    #[inline(always)]
    fn setup<'a, L: Lanes>(
        &self,
        proof: L::Proof,
        _: &[f32],
        _: Surroundings<'a>,
    ) -> Setup<L::Proof> {
        Setup { proof, start: self.start }
    }

    #[inline(always)]
    fn begin<L: Lanes>(setup: &Setup<L::Proof>) {
        begin::<0>(setup.start);
        begin::<1>(setup.start);
    }

    #[inline(always)]
    fn step<L: Lanes, C: Controls<W::Control<L>>>(
        _: &Setup<L::Proof>,
        _: &mut (),
        controls: &mut C,
        step: u32,
    ) {
        observe::<0>();
        observe::<1>();
        let [first, second] = controls.next(step);
        advance::<0, L, W::Control<L>>(first);
        advance::<1, L, W::Control<L>>(second);
    }

    #[inline(always)]
    fn finish<L: Lanes>(setup: &Setup<L::Proof>, (): (), horizon: u32) -> [[L; 2]; 2] {
        let [[a, b], [c, d]] = [finish::<0>(horizon as f32), finish::<1>(horizon as f32)];
        let lanes = |value| L::splat(setup.proof, value);
        [[lanes(a), lanes(b)], [lanes(c), lanes(d)]]
    }

    #[inline(always)]
    fn start_in<L: Lanes>(setup: &Setup<L::Proof>, states: Rows<'_>, place: usize) -> L {
        let (at, stride) = address(states, place);
        L::splat(setup.proof, start(at, stride, setup.start))
    }

    #[inline(always)]
    fn step_in<L: Lanes>(
        setup: &Setup<L::Proof>,
        states: Rows<'_>,
        place: usize,
        control: W::Control<L>,
        [cost, lifetime]: [L; 2],
        [step, missed]: [L; 2],
        _: u32,
    ) -> [L; 3] {
        let (at, stride) = address(states, place);
        let given = [number(cost), number(lifetime), number(step), number(missed)];
        let [cost, lifetime, score] = if W::Control::<L>::LEN == 1 {
            step_in_one(at, stride, given, number(control.as_ref()[0]))
        } else {
            let mut numbers = [0.0; MOST];
            for i in 0..MOST {
                numbers[i] = number(control.as_ref()[i]);
            }
            step_in_many(at, stride, given, numbers)
        };
        let lanes = |value| L::splat(setup.proof, value);
        [lanes(cost), lanes(lifetime), lanes(score)]
    }

    #[inline(always)]
    fn distance_squared<L: Lanes>(
        setup: &Setup<L::Proof>,
        states: Rows<'_>,
        place: usize,
        companions: &[u32; COLUMNS],
    ) -> L {
        let ((own, stride), (other, _)) =
            (address(states, place), address(states, companions[0] as usize));
        L::splat(setup.proof, distance(own, other, stride))
    }
}

/// Where the state at `place` begins, and how many bytes its numbers are apart.
#[inline(always)]
fn address(states: Rows<'_>, place: usize) -> (u64, u64) {
    ((&raw const states.cells[place]) as u64, 4 * states.width as u64)
}

// Places read what a model is given with a decision, too, a reference or a grid, and the model's numbers. Nobody writes
// any of it during a launch, so that the compiler need not know, and may move other reads and writes across.

/// What this block's row of blocks is about; of the first three numbers of a [`Row`] alone.
///
/// A place, so that a single decision has its seed where kernels have their parameters, and the assembler may keep what comes of it
/// for all threads at once. `row` is where the row is, in launches that have any.
#[cfg_attr(feature = "rust-cuda", cuda_std::gpu_only)]
#[inline(always)]
pub fn asked(row: *const Row) -> Row {
    let (seed, decision, state): (u64, u32, u32);
    // SAFETY: the place writes registers, and reads the row where there is one. Warps may be asked what they agree on, so that all
    // threads of a block come here: it is not `pure`, which could be moved to where only some do.
    unsafe {
        asm!(
            "//@pilot row {} {} {} {}",
            out(reg64) seed, out(reg32) decision, out(reg32) state, in(reg64) row,
            options(readonly, nostack),
        );
    }
    Row { seed, decision, state, ..Row::BEGINNING }
}

/// In how many dimensions controls are drawn.
#[cfg_attr(feature = "rust-cuda", cuda_std::gpu_only)]
#[inline(always)]
fn dimensions() -> u32 {
    let count: u32;
    // SAFETY: the place writes a register.
    unsafe { asm!("//@pilot dimensions {}", out(reg32) count, options(pure, nomem, nostack)) };
    count
}

/// Puts a side at the start, which is at `start` in memory, or in the kernel's parameters where that is 0.
#[cfg_attr(feature = "rust-cuda", cuda_std::gpu_only)]
#[inline(always)]
fn begin<const SIDE: u32>(start: u64) {
    // SAFETY: the place writes registers of its own, and reads as many numbers as a state has, which are there.
    unsafe {
        asm!("//@pilot begin {} {}", const SIDE, in(reg64) start, options(readonly, nostack));
    }
}

/// Scores the state that a side is in.
#[cfg_attr(feature = "rust-cuda", cuda_std::gpu_only)]
#[inline(always)]
fn observe<const SIDE: u32>() {
    // SAFETY: the place writes registers of its own.
    unsafe { asm!("//@pilot observe {}", const SIDE, options(nomem, nostack)) };
}

/// Advances a side.
#[inline(always)]
fn advance<const SIDE: u32, L: Lanes, V: Vector<L>>(control: V) {
    let control = control.as_ref();
    if V::LEN == 1 {
        advance_one::<SIDE>(number(control[0]));
    } else {
        let mut numbers = [0.0; MOST];
        for i in 0..MOST {
            numbers[i] = number(control[i]);
        }
        advance_many::<SIDE>(numbers);
    }
}

#[cfg_attr(feature = "rust-cuda", cuda_std::gpu_only)]
#[inline(always)]
fn advance_one<const SIDE: u32>(control: f32) {
    // SAFETY: the place writes registers of its own.
    unsafe {
        asm!("//@pilot advance {} {}", const SIDE, in(reg32) control, options(nomem, nostack));
    }
}

#[cfg_attr(feature = "rust-cuda", cuda_std::gpu_only)]
#[inline(always)]
fn advance_many<const SIDE: u32>(control: [f32; MOST]) {
    let [a, b, c, d, e, f, g, h] = control;
    // SAFETY: the place writes registers of its own.
    unsafe {
        asm!(
            "//@pilot advance {} {} {} {} {} {} {} {} {}",
            const SIDE, in(reg32) a, in(reg32) b, in(reg32) c, in(reg32) d, in(reg32) e,
            in(reg32) f, in(reg32) g, in(reg32) h, options(nomem, nostack),
        );
    }
}

/// Scores the last state of a side; returns its cost and lifetime.
#[cfg_attr(feature = "rust-cuda", cuda_std::gpu_only)]
#[inline(always)]
fn finish<const SIDE: u32>(horizon: f32) -> [f32; 2] {
    let (cost, lifetime): (f32, f32);
    // SAFETY: the place writes registers.
    unsafe {
        asm!(
            "//@pilot finish {} {} {} {}",
            const SIDE, out(reg32) cost, out(reg32) lifetime, in(reg32) horizon,
            options(nomem, nostack),
        );
    }
    [cost, lifetime]
}

/// Writes the start, which is where [`begin`] finds it, to a population's place; returns its score.
#[cfg_attr(feature = "rust-cuda", cuda_std::gpu_only)]
#[inline(always)]
fn start(at: u64, stride: u64, from: u64) -> f32 {
    let score: f32;
    // SAFETY: the place writes as many numbers as a state has, for which there is room; as many are at `from`.
    unsafe {
        asm!(
            "//@pilot start {} {} {} {}",
            out(reg32) score, in(reg64) at, in(reg64) stride, in(reg64) from, options(nostack),
        );
    }
    score
}

/// Advances a population's place: takes cost, lifetime, the step's number and the cost of missing it and all later ones, and
/// the control; returns cost, lifetime and score.
#[cfg_attr(feature = "rust-cuda", cuda_std::gpu_only)]
#[inline(always)]
fn step_in_one(
    at: u64,
    stride: u64,
    [cost, lifetime, step, missed]: [f32; 4],
    control: f32,
) -> [f32; 3] {
    let (new_cost, new_lifetime, score): (f32, f32, f32);
    // SAFETY: the place reads and writes the state, which is this thread's.
    unsafe {
        asm!(
            "//@pilot step {} {} {} {} {} {} {} {} {} {}",
            out(reg32) new_cost, out(reg32) new_lifetime, out(reg32) score, in(reg64) at,
            in(reg64) stride, in(reg32) cost, in(reg32) lifetime, in(reg32) step,
            in(reg32) missed, in(reg32) control, options(nostack),
        );
    }
    [new_cost, new_lifetime, score]
}

/// As [`step_in_one`], by a control of several dimensions.
#[cfg_attr(feature = "rust-cuda", cuda_std::gpu_only)]
#[inline(always)]
fn step_in_many(
    at: u64,
    stride: u64,
    [cost, lifetime, step, missed]: [f32; 4],
    [a, b, c, d, e, f, g, h]: [f32; MOST],
) -> [f32; 3] {
    let (new_cost, new_lifetime, score): (f32, f32, f32);
    // SAFETY: the place reads and writes the state, which is this thread's.
    unsafe {
        asm!(
            "//@pilot step {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}",
            out(reg32) new_cost, out(reg32) new_lifetime, out(reg32) score, in(reg64) at,
            in(reg64) stride, in(reg32) cost, in(reg32) lifetime, in(reg32) step,
            in(reg32) missed, in(reg32) a, in(reg32) b, in(reg32) c, in(reg32) d, in(reg32) e,
            in(reg32) f, in(reg32) g, in(reg32) h, options(nostack),
        );
    }
    [new_cost, new_lifetime, score]
}

/// The square of how far two of a population's places are apart.
#[cfg_attr(feature = "rust-cuda", cuda_std::gpu_only)]
#[inline(always)]
fn distance(own: u64, other: u64, stride: u64) -> f32 {
    let squared: f32;
    // SAFETY: the place reads two states, which nobody changes in this phase.
    unsafe {
        asm!(
            "//@pilot distance {} {} {} {}",
            out(reg32) squared, in(reg64) own, in(reg64) other, in(reg64) stride,
            options(readonly, nostack),
        );
    }
    squared
}

/// A step of an environment that is a model: takes the address of the state, which it moves on, and as many of the controls
/// as it has; returns the cost, and 1 where the episode goes on.
#[cfg_attr(feature = "rust-cuda", cuda_std::gpu_only)]
#[inline(always)]
pub fn act(state: u64, [a, b, c, d, e, f, g, h]: [f32; MOST]) -> (f32, f32) {
    let (cost, goes_on): (f32, f32);
    // SAFETY: the place reads and writes the state, which is this thread's.
    unsafe {
        asm!(
            "//@pilot act {} {} {} {} {} {} {} {} {} {} {}",
            out(reg32) cost, out(reg32) goes_on, in(reg64) state, in(reg32) a, in(reg32) b,
            in(reg32) c, in(reg32) d, in(reg32) e, in(reg32) f, in(reg32) g, in(reg32) h,
            options(nostack),
        );
    }
    (cost, goes_on)
}
