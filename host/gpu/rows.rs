//! Many decisions in step, each in a row of blocks of its own: as many launches, copies and waits as a single one takes.

use std::ops::RangeInclusive;

use particle_pilot_kernels::task::{Row, Task};
use particle_pilot_kernels::trace::Asks;

use super::KernelModel;
use super::answer::plan_of;
use super::kept::Kept;
use super::launches::Launches;
use super::surroundings::Surroundings;
use super::table::Table;
use crate::cuda::{Buffer, Gpu, GpuError, Pinned};
use crate::engine::{Plan, Question};
use crate::settings::PilotConfig;

/// One planner for one model on one GPU, for many that decide together.
pub struct GpuRows {
    gpu: Gpu,
    launches: Launches,
    model: KernelModel,
    task: Task,
    /// As in `GpuEngine`; the start in it is not used.
    numbers: Vec<f32>,
    surroundings: Surroundings,
    memory: Buffer<u8>,
    rows: Table<Row>,
    starts: Table<f32>,
    answers: Pinned<u8>,
    /// Of each row, what is left to its next decision.
    kept: Vec<Kept>,
    /// What the next joint decision is about, row by row.
    asked: Vec<Row>,
    /// The numbers of a state.
    state_len: usize,
}

impl GpuRows {
    /// Rows of `config` on GPU `index`: as many of `counts` as there is memory for and as keep the GPU busy, at least the first.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU cannot be used.
    pub fn new(
        index: u32,
        config: &PilotConfig,
        model: KernelModel,
        counts: RangeInclusive<u32>,
    ) -> Result<Self, GpuError> {
        let (mut launches, mut numbers) =
            Launches::open(index, config, &model, Asks::Rows, None, None)?;
        let gpu = launches.gpu.clone();
        let (least, most) = counts.into_inner();
        let most = most.min(launches.width()).max(least);
        let (count, memory, mut task) = launches.memory_for(least..=most)?;
        let (count, state_len) = (count as usize, model.trace.structure.state_len() as usize);
        let (structure, horizon) = (&model.trace.structure, config.horizon);
        let surroundings = Surroundings::new(&gpu, structure, horizon, count, &mut numbers)?;
        let (rows, starts) = (Table::new(&gpu, count)?, Table::new(&gpu, count * state_len)?);
        (task.rows, task.starts) = (rows.address(), starts.address());
        let kept = (0..count).map(|_| Kept::new(&launches.schedule)).collect();
        let answers = gpu.pinned(count * task.layout.answer_size as usize)?;
        let asked = vec![WAITS; count];
        Ok(Self {
            gpu,
            launches,
            model,
            task,
            numbers,
            surroundings,
            memory,
            rows,
            starts,
            answers,
            kept,
            asked,
            state_len,
        })
    }

    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.kept.len()
    }

    /// Forgets what was asked and not decided.
    pub fn begin(&mut self) {
        self.asked.fill(WAITS);
        self.surroundings.begin();
    }

    /// Has the next joint decision be about futures of row `row` from `start`, in the model's units, too. All rows that are asked
    /// have the same grid.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU fails.
    pub fn ask(
        &mut self,
        row: usize,
        start: &[f32],
        question: &Question<'_>,
    ) -> Result<(), GpuError> {
        self.surroundings.update(&self.gpu, row, question, &mut self.numbers)?;
        self.starts.write(self.state_len * row, start)?;
        let kept = self.kept[row].follows(&self.task.params);
        let Question { seed, decision, .. } = *question;
        self.asked[row] = Row { seed, decision, state: Row::DECIDES, kept, padding: 0 };
        Ok(())
    }

    /// Decides for all rows that were asked for since [`GpuRows::begin`], and waits for it.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU fails; what the next decisions begin with is then as before.
    pub fn decide(&mut self) -> Result<(), GpuError> {
        let gpu = self.gpu.clone();
        let _current = gpu.enter()?;
        let mut unknown = Vec::new();
        for (index, row) in self.asked.iter_mut().enumerate() {
            if row.state == Row::DECIDES && !self.kept[index].leave() {
                row.state = Row::BEGINS;
                unknown.push(index);
            }
        }
        self.rows.write(0, &self.asked)?;
        self.rows.send()?;
        self.starts.send()?;
        self.surroundings.send()?;
        let rows = self.count() as u32;
        // SAFETY: the task and the numbers are those of the launches, for so many rows, and all that they point to is this
        // engine's.
        unsafe {
            if !unknown.is_empty() {
                self.launches.reset(&self.task, &self.numbers, rows)?;
                for row in unknown {
                    self.kept[row].put_back(&mut self.memory, &self.task, row)?;
                }
            }
            self.launches.decide(&self.task, &self.numbers, rows, 0)?;
        }
        self.memory.copy_to(&mut self.answers)?;
        let answers = self.answers.slice()?;
        let size = self.task.layout.answer_size as usize;
        for ((row, kept), answer) in
            self.asked.iter().zip(&mut self.kept).zip(answers.chunks_exact(size))
        {
            if row.state != Row::WAITS {
                kept.receive(&answer[..kept.end()]);
            }
        }
        self.surroundings.arrived();
        Ok(())
    }

    /// What was decided for row `row`; `None` where it was not asked.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU fails.
    pub fn answer(&self, row: usize) -> Result<Option<Plan>, GpuError> {
        let size = self.task.layout.answer_size as usize;
        let answer = &self.answers.slice()?[size * row..];
        let is_asked = self.asked[row].state != Row::WAITS;
        Ok(is_asked.then(|| plan_of(&self.launches.schedule, answer)))
    }

    /// Goes on with a model whose text would be the same; returns false, and changes nothing, where it would be another.
    pub fn set_model(&mut self, model: &KernelModel) -> bool {
        self.model.replace(model, &mut self.numbers, &mut self.task.params)
    }

    /// What the rows' next decisions begin with.
    pub fn kept(&mut self) -> &mut [Kept] {
        &mut self.kept
    }

    /// The GPU.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }
}

/// A row that nothing is asked of.
const WAITS: Row = Row { state: Row::WAITS, ..Row::BEGINNING };
