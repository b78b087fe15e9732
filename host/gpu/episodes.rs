//! Closed loops on a GPU: many episodes that decide in step, and are stepped there too.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use bytemuck::Zeroable;
use particle_pilot_kernels::env::Physics;
use particle_pilot_kernels::model::CartPoleModel;
use particle_pilot_kernels::task::{EpisodeSummary, Episodes, Row, Task};
use particle_pilot_kernels::trace::Asks;

use super::KernelModel;
use super::launches::{Launches, MOST_ROWS};
use crate::cuda::{Buffer, Gpu, GpuError, Grid, Kernel};
use crate::env::{ModelWorld, OwnActions, Push};
use crate::settings::PilotConfig;

/// Threads of a block that steps episodes.
const THREADS: u32 = 64;

/// How long a GPU works, about, until the host asks how many episodes are left, and whether anybody wants to know.
const PATIENCE: Duration = Duration::from_millis(50);

/// The most steps until then: where all are over, so many are asked for in vain.
const MOST_STEPS: u32 = 256;

/// What episodes run in, as a GPU steps it.
#[derive(Clone, Copy)]
pub enum World<'a> {
    /// The reference environment.
    CartPole(&'a Physics),
    /// A model that judges itself, and what actions are by the planner's.
    Model(&'a ModelWorld, &'a OwnActions),
}

/// Closed loops, many at a time.
pub struct GpuEpisodes {
    launches: Launches,
    /// Steps all episodes.
    step: Kernel,
    /// As in `GpuEngine`; the start in it is not used.
    numbers: Vec<f32>,
    /// What `step` takes: the environment's numbers.
    world_numbers: Vec<f32>,
    /// What is the same for all.
    episodes: Episodes,
    /// To which an address in `episodes` belongs.
    _actions: Option<Buffer<f32>>,
    /// The numbers of a state.
    state_len: usize,
    /// For how many there was memory.
    most: u32,
}

impl GpuEpisodes {
    /// Episodes of `config` on GPU `index`.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU cannot be used.
    pub fn new(
        index: u32,
        config: &PilotConfig,
        model: &KernelModel,
        world: World<'_>,
    ) -> Result<Self, GpuError> {
        let besides = match world {
            World::CartPole(_) => ("step_cart_poles", None),
            World::Model(world, _) => ("step_models", Some(&world.trace)),
        };
        let (launches, numbers) =
            Launches::open(index, config, model, Asks::InStep, Some(besides), None)?;
        let step = launches.gpu.kernel(besides.0)?;
        let (mut episodes, mut world_numbers) = (Episodes::zeroed(), Vec::new());
        let mut actions = None;
        match world {
            World::CartPole(physics) => {
                episodes.physics = *physics;
                episodes.units = CartPoleModel::<false>::units(physics);
            }
            World::Model(world, planned) => {
                world_numbers.clone_from(&world.trace.parameters);
                episodes.end_cost = world.end_cost;
                (episodes.choices, episodes.controls) = world.actions.counts();
                let table = launches.gpu.upload(&world.actions.table(planned))?;
                episodes.actions = table.address();
                actions = Some(table);
            }
        }
        let state_len = launches.schedule.params.state_len as usize;
        let (_actions, most) = (actions, MOST_ROWS);
        Ok(Self { launches, step, numbers, world_numbers, episodes, _actions, state_len, most })
    }

    /// How many episodes the GPU works on at the same time, at most.
    pub fn width(&self) -> u32 {
        self.launches.width().min(self.most)
    }

    /// Steps that a decision simulates.
    pub fn particle_steps(&self) -> u64 {
        let schedule = &self.launches.schedule;
        let futures: u64 = schedule.counts.iter().copied().map(u64::from).sum();
        futures * u64::from(schedule.params.horizon)
    }

    /// Runs episodes from `[episodes][N]` states, at most as many as [fit](GpuEpisodes::width), for `steps` steps at most;
    /// episode `i` has the seed `seed + i`. Returns the summaries of the first ones: of fewer where there is too little memory for all.
    /// Once `stop` is set, some are of episodes that are not over.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU fails.
    pub fn run(
        &mut self,
        seed: u64,
        states: &[f64],
        steps: u32,
        push: Option<Push>,
        stop: &AtomicBool,
    ) -> Result<Vec<EpisodeSummary>, GpuError> {
        let asked = ((states.len() / self.state_len) as u32).min(self.width());
        let (count, _memory, task) = self.launches.memory_for(1..=asked)?;
        if count < asked {
            self.most = count;
        }
        let gpu = self.launches.gpu.clone();
        let states: Buffer<f64> = gpu.upload(&states[..count as usize * self.state_len])?;
        let summaries = gpu.zeroed::<EpisodeSummary>(count as usize)?;
        let running = gpu.upload(&[count])?;
        let row = |index: u32| Row { seed: seed.wrapping_add(index.into()), ..Row::BEGINNING };
        let rows = gpu.upload(&(0..count).map(row).collect::<Vec<_>>())?;
        let starts = gpu.buffer::<f32>(count as usize * self.state_len)?;
        let mut episodes = Episodes {
            task: Task { seed, rows: rows.address(), starts: starts.address(), ..task },
            push_newton: push.map_or(0.0, |push| push.newton()),
            states: states.address(),
            summaries: summaries.address(),
            running: running.address(),
            episodes: count,
            steps,
            push_length: push.map_or(0, |push| push.length()),
            push_every: push.map_or(1, |push| push.every()),
            begins: 1,
            ..self.episodes
        };
        let _current = gpu.enter()?;
        // SAFETY: the task is of memory for so many decisions, which is there until the summaries are here, as are all other buffers.
        // The models of episodes take no surroundings, so that there are no addresses in the numbers.
        unsafe {
            self.launches.reset(&episodes.task, &self.numbers, count)?;
            self.step_all(&gpu, &episodes)?;
        }
        episodes.begins = 0;
        let mut left = gpu.pinned::<u32>(1)?;
        let (mut ahead, mut check, mut since) = (1, 0, Instant::now());
        for step in 0..steps {
            episodes.task.decision = step;
            // SAFETY: as above.
            unsafe {
                self.launches.decide(&episodes.task, &self.numbers, count, 0)?;
                self.step_all(&gpu, &episodes)?;
            }
            if step < check {
                continue;
            }
            running.copy_to(&mut left)?;
            if left.slice()? == [0] || stop.load(Relaxed) {
                break;
            }
            ahead = paced(ahead, since.elapsed());
            (check, since) = (step + ahead, Instant::now());
        }
        summaries.download()
    }

    /// Begins or steps all episodes.
    ///
    /// # Safety
    /// Addresses must be those of buffers as [`Episodes`] says.
    unsafe fn step_all(&self, gpu: &Gpu, episodes: &Episodes) -> Result<(), GpuError> {
        let grid = Grid::new(episodes.episodes.div_ceil(THREADS), THREADS);
        // SAFETY: the caller's duty.
        unsafe { gpu.launch_with(&self.step, grid, episodes, &self.world_numbers) }
    }
}

/// How many steps to let a GPU take where `ahead` of them took `time`.
fn paced(ahead: u32, time: Duration) -> u32 {
    if time < PATIENCE / 2 {
        (2 * ahead).min(MOST_STEPS)
    } else if time > PATIENCE {
        (ahead / 2).max(1)
    } else {
        ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_asks_about_every_fifty_milliseconds_whatever_a_step_takes() {
        for step in [1, 30, 700, 4_000, 20_000, 300_000].map(Duration::from_micros) {
            let settled = (0..20).fold(1, |ahead, _| paced(ahead, step * ahead));
            let time = step * settled;
            let is_bound = settled == MOST_STEPS || settled == 1;
            assert!(is_bound || (PATIENCE / 2..=PATIENCE).contains(&time), "{step:?}: {settled}");
        }
    }
}
