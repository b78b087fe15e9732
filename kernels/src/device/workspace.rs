//! A decision's workspace: its memory, as the threads that work on it see it.

use core::cell::Cell;
use core::hint::assert_unchecked;
use core::marker::PhantomData;

use super::place::Placed;
use crate::controls::{Biased, First, Followed, Interpolant, KnotNoise, Knots, ORDER, PowerNoise};
use crate::rng::Stream;
use crate::task::{
    Answer, CHUNK_THREADS, COST_SUMS, Counters, MEMORY, MOST_DIMENSIONS, OUTPUT_SIZE, Row, Task,
};

/// A decision's kernel parameter, and the memory that it lays out.
#[derive(Clone, Copy)]
pub struct Workspace<'a> {
    pub task: &'a Task,
    /// What the host reads.
    answer: u64,
    /// The rest.
    memory: u64,
    row: u32,
}

impl<'a> Workspace<'a> {
    /// The memory of decision number `index` among those that the task is about.
    #[inline(always)]
    pub fn new(task: &'a Task, row: u32) -> Self {
        let index = u64::from(row);
        Self {
            task,
            answer: task.answers + task.layout.answer_size * index,
            memory: task.memory + task.layout.size * index,
            row,
        }
    }

    #[inline(always)]
    fn cells<T>(&self, offset: u64, count: u64) -> &'a [Cell<T>] {
        cells(self.memory + offset, count)
    }

    /// As [`Workspace::cells`], in what the host reads.
    #[inline(always)]
    fn read_cells<T>(&self, offset: u64, count: u64) -> &'a [Cell<T>] {
        cells(self.answer + offset, count)
    }

    #[inline(always)]
    fn values<T>(&self, offset: u64, count: u64) -> &'a [T] {
        values(self.memory + offset, count)
    }

    /// Where the row is, if there are rows.
    #[inline(always)]
    pub fn row_address(&self) -> *const Row {
        (self.task.rows + u64::from(self.row) * size_of::<Row>() as u64) as *const Row
    }

    /// The row, where there are rows.
    #[inline(always)]
    pub fn row(&self) -> &'a Cell<Row> {
        &cells(self.row_address() as u64, 1)[0]
    }

    #[inline(always)]
    pub fn answer(&self) -> &'a Cell<Answer> {
        &self.read_cells(0, 1)[0]
    }

    /// The answer's first part.
    #[inline(always)]
    pub fn shares(&self) -> &'a [Cell<f64>] {
        const { assert!(core::mem::offset_of!(Answer, shares) == 0) };
        self.read_cells(0, MOST_DIMENSIONS as u64)
    }

    #[inline(always)]
    pub fn counters(&self) -> &'a Counters {
        // SAFETY: as in `cells`.
        unsafe { &*((self.memory + self.task.layout.counters) as *const Counters) }
    }

    /// The costs of all futures, for planners that need them.
    #[inline(always)]
    pub fn costs(&self) -> Option<&'a [Cell<f32>]> {
        let layout = &self.task.layout;
        let count = (layout.sums - layout.costs) / 4;
        if count > 0 { Some(self.cells(layout.costs, count)) } else { None }
    }

    #[inline(always)]
    pub fn sums(&self) -> &'a [Cell<f64>] {
        let rows = self.task.params.row_count();
        self.cells(self.task.layout.sums, rows * u64::from(COST_SUMS))
    }

    #[inline(always)]
    pub fn plan(&self) -> &'a [Cell<f32>] {
        self.read_cells(MEMORY, self.task.params.plan_len().into())
    }

    /// Where half `half` of the controls that are kept is, of those that come by turns: `[keeps][H][D]`.
    #[inline(always)]
    fn half(&self, half: u32) -> (u64, u64) {
        let params = &self.task.params;
        let (plan, keeps) = (u64::from(params.plan_len()), u64::from(params.keeps));
        (MEMORY + 4 * plan * (1 + u64::from(half) * keeps), plan * keeps)
    }

    /// Half `half` of the controls that are kept, to be written.
    #[inline(always)]
    pub fn kept(&self, half: u32) -> &'a [Cell<f32>] {
        let (place, count) = self.half(half);
        self.read_cells(place, count)
    }

    #[inline(always)]
    pub fn scales(&self) -> &'a [Cell<f32>] {
        self.cells(self.task.layout.scales, self.task.params.numbers.into())
    }

    #[inline(always)]
    pub fn moments(&self) -> &'a [Cell<f64>] {
        let params = &self.task.params;
        self.cells(self.task.layout.moments, params.row_count() * u64::from(params.moments()))
    }

    /// The noise of all pairs, where it is kept: the address of the first number of pair `pair`, and by how many bytes the next one
    /// follows. The address is 0 where it is drawn again.
    #[inline(always)]
    pub fn kept_noise(&self, pair: u32) -> (u64, u64) {
        let Task { params, layout, .. } = self.task;
        let pairs = u64::from(params.chunks() * CHUNK_THREADS);
        let first = self.memory + layout.noise + 4 * u64::from(pair);
        (if layout.noise < layout.digits { first } else { 0 }, 4 * pairs)
    }

    #[inline(always)]
    pub fn probabilities(&self) -> &'a [Cell<f64>] {
        self.read_cells(MEMORY, self.task.params.horizon.into())
    }

    #[inline(always)]
    pub fn digits(&self) -> &'a [Cell<u32>] {
        self.cells(self.task.layout.digits, u64::from(self.task.params.entries()) * 8)
    }

    #[inline(always)]
    pub fn counts(&self) -> &'a [Cell<u32>] {
        self.cells(self.task.layout.counts, u64::from(self.task.params.entries()) * 32)
    }

    #[inline(always)]
    pub fn best_words(&self) -> &'a [Cell<u32>] {
        self.cells(self.task.layout.best_words, self.task.params.entries().into())
    }

    #[inline(always)]
    pub fn chosen(&self) -> &'a [Cell<u32>] {
        self.cells(self.task.layout.chosen, self.task.params.elites.into())
    }

    /// How many keys have each digit, where elites are selected by many blocks.
    #[inline(always)]
    pub fn histogram(&self) -> &'a [Cell<u32>] {
        let layout = &self.task.layout;
        self.cells(layout.histogram, (layout.floats - layout.histogram) / 4)
    }

    /// Memory number `place` for a population that needs this many floats and integers.
    #[inline(always)]
    pub fn population(
        &self,
        place: u32,
        [floats, integers]: [usize; 2],
    ) -> (&'a [Cell<f32>], &'a [Cell<u32>]) {
        let (layout, place) = (&self.task.layout, u64::from(place));
        let (floats, integers) = (floats as u64, integers as u64);
        (
            self.cells(layout.floats + place * floats * 4, floats),
            self.cells(layout.integers + place * integers * 4, integers),
        )
    }

    /// The outputs of the populations: `SmcOutput` or `FmcOutput`.
    #[inline(always)]
    pub fn outputs<T>(&self) -> &'a [Cell<T>] {
        const { assert!(size_of::<T>() <= OUTPUT_SIZE) };
        self.cells(self.task.layout.outputs, self.task.params.islands.into())
    }

    /// The scheme by which `cem` draws left and right.
    #[inline(always)]
    pub fn biased(&self, stream: Stream, full: f32) -> Biased<'a> {
        let digits = self.values(self.task.layout.digits, self.task.params.entries().into());
        Biased { stream, full, digits }
    }

    /// The interpolation of noise between knots.
    #[inline(always)]
    pub fn interpolant(&self) -> Interpolant<'a> {
        let params = &self.task.params;
        let address = self.task.tables as *const [f32; 4];
        // SAFETY: the host puts the weights there, where memory begins; nobody writes to them.
        let weights = unsafe {
            // So that the four of a step are one load.
            assert_unchecked(address.addr().is_multiple_of(16));
            core::slice::from_raw_parts(address, params.spacing as usize)
        };
        Interpolant { weights, cubic: params.cubic == 1 }
    }

    /// The noise's deviations at the beginning of a decision, one for each dimension.
    #[inline(always)]
    pub fn initial_scales(&self) -> &'a [f32] {
        let params = &self.task.params;
        let address = (self.task.tables + u64::from(params.spacing) * 16) as *const f32;
        // SAFETY: the host puts them there; nobody writes to them.
        unsafe { core::slice::from_raw_parts(address, params.dimensions as usize) }
    }

    /// The address of the table behind the deviations: Halton's points, or `icem`'s predictors.
    #[inline(always)]
    fn last_table(&self) -> u64 {
        let params = &self.task.params;
        self.task.tables + u64::from(params.spacing) * 16 + u64::from(params.dimensions) * 4
    }

    /// The start in the model's units, where there are rows.
    #[inline(always)]
    pub fn start(&self) -> &'a [Cell<f32>] {
        let numbers = u64::from(self.task.params.state_len);
        cells(self.task.starts + u64::from(self.row) * numbers * 4, numbers)
    }

    /// The model that is put into the kernels' text, for futures from the start in the kernel's parameters, or from
    /// [the one in memory](Workspace::start) where there are rows.
    #[inline(always)]
    pub fn placed<W>(&self) -> Placed<W> {
        let params = &self.task.params;
        let start = if self.task.rows == 0 { 0 } else { self.start().as_ptr() as u64 };
        Placed { full: params.full, end_cost: params.end_cost, start, width: PhantomData }
    }

    /// The noise around the plan.
    #[inline(always)]
    pub fn noise(&self, stream: Stream) -> KnotNoise<'a> {
        let params = &self.task.params;
        let points = u64::from(params.halton_pairs) * u64::from(params.numbers);
        let address = self.last_table();
        KnotNoise {
            stream,
            scales: self.values(self.task.layout.scales, params.numbers.into()),
            colour: params.colour,
            // SAFETY: the host puts the points there; nobody writes to them.
            points: unsafe { core::slice::from_raw_parts(address as *const f32, points as usize) },
            pairs: params.halton_pairs as usize,
            anchored: params.anchored != 0,
        }
    }

    /// The scheme that draws controls of one dimension around the plan.
    #[inline(always)]
    pub fn knots(&self, stream: Stream, full: f32) -> Knots<'a> {
        // As a constant, it takes no registers.
        Knots { limit: full, choices: 0, ..self.many_knots(stream, full) }
    }

    /// The scheme that draws controls around the plan.
    #[inline(always)]
    pub fn many_knots(&self, stream: Stream, full: f32) -> Knots<'a> {
        let params = &self.task.params;
        Knots {
            noise: self.noise(stream),
            interpolant: self.interpolant(),
            plan: values(self.answer + MEMORY, params.plan_len().into()),
            full,
            thresholded: params.discrete == 1,
            first: match params.strata {
                0 => First::Drawn,
                2 => First::Sides,
                _ => First::Levels,
            },
            limit: params.limit,
            choices: params.choices,
        }
    }

    /// How many particles follow given controls in iteration `iteration`: those that were kept, and in the last one the
    /// plan.
    #[inline(always)]
    pub fn given(&self, iteration: u32) -> u32 {
        self.follows(iteration) + u32::from(iteration + 1 == self.task.params.iterations)
    }

    /// How many particles follow controls that were kept in iteration `iteration`.
    #[inline(always)]
    pub fn follows(&self, iteration: u32) -> u32 {
        match iteration == 0 && self.task.rows != 0 {
            true => self.row().get().kept,
            false => self.task.params.kept,
        }
    }

    /// Noise around the plan whose power goes by a power of the frequency.
    #[inline(always)]
    pub fn power_noise(&self, stream: Stream) -> PowerNoise<'a> {
        let params = &self.task.params;
        let address = self.last_table();
        PowerNoise {
            stream,
            scales: self.values(self.task.layout.scales, params.numbers.into()),
            // SAFETY: the host puts the predictors there; nobody writes to them.
            predictors: unsafe {
                core::slice::from_raw_parts(address as *const [f32; 4], ORDER + 1)
            },
        }
    }

    /// The scheme by which iteration `iteration` of `icem` draws controls.
    #[inline(always)]
    pub fn followed(
        &self,
        stream: Stream,
        full: f32,
        iteration: u32,
    ) -> Followed<'a, PowerNoise<'a>> {
        let Knots { interpolant, plan, thresholded, limit, choices, .. } =
            self.many_knots(stream, full);
        let (place, count) = self.half(iteration % 2);
        Followed {
            knots: Knots {
                noise: self.power_noise(stream),
                interpolant,
                plan,
                full,
                thresholded,
                first: First::Drawn,
                limit,
                choices,
            },
            sequences: values(self.answer + place, count),
            kept: self.follows(iteration),
            given: self.given(iteration),
        }
    }
}

#[inline(always)]
fn cells<'a, T>(address: u64, count: u64) -> &'a [Cell<T>] {
    // SAFETY: the host lays the memory out by the same `Layout`, and it lives as long as the launch. For the
    // rule by which threads share it, see the safety model.
    unsafe { core::slice::from_raw_parts(address as *const Cell<T>, count as usize) }
}

#[inline(always)]
fn values<'a, T>(address: u64, count: u64) -> &'a [T] {
    // SAFETY: as in `cells`; what is read this way is not written in the same phase.
    unsafe { core::slice::from_raw_parts(address as *const T, count as usize) }
}
