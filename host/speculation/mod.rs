//! Speculative planning: the next decision is worked out for a predicted state while the caller's environment still takes the
//! step that leads to it.
//!
//! Whoever can predict the next state says so, and a thread that spins plans for it. If the state comes as predicted (a hit),
//! the plan is there. If another comes (a miss), the plan is dropped, and the planner is rolled back, so that
//! every decision has the bits that it would have had without. Nobody waits for a plan that no thread has begun.
//!
//! ```text
//!        predict           a thread            it is done
//!  IDLE ---------> ASKED ------------> BEGUN ------------> DONE
//!   ^                | act: nobody has begun                 | act: a hit, or a miss that is rolled back
//!   +----------------+---------------------------------------+
//! ```

use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::decision::Decision;
use crate::engine::Plan;
use crate::error::PilotError;
use crate::pilot::Pilot;
use crate::threads::Pool;

impl Pilot {
    /// Runs `work`, such as a whole closed loop, on this thread, while the pilot's other threads spin as in
    /// [`Pilot::with_hot_threads`] and plan for the states that `work` predicts. Decisions give the same bits.
    ///
    /// Worth it where an environment's step takes about as long as a decision, and can be predicted faster.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, Device, Pilot, PilotConfig};
    /// let mut pilot = Pilot::new(PilotConfig::builder().device(Device::Cpu).build()?, CartPoleProblem::default())?;
    /// let ahead = pilot.with_speculation(|speculation| {
    ///     speculation.act(&[0.0, 0.0, 0.1, 0.3])?;
    ///     speculation.predict(&[0.0, 0.2, 0.1, 0.0]);
    ///     // Here the environment takes its step.
    ///     speculation.act(&[0.0, 0.2, 0.1, 0.0])
    /// })?;
    /// pilot.reset(0);
    /// pilot.act(&[0.0, 0.0, 0.1, 0.3])?;
    /// assert_eq!(pilot.act(&[0.0, 0.2, 0.1, 0.0])?, ahead);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn with_speculation<R>(&mut self, work: impl FnOnce(&mut Speculation<'_>) -> R) -> R {
        let pool = self.pool();
        let is_possible = pool.threads() > 1 && self.can_speculate();
        let request = Request::new(self);
        let speculation = || Speculation {
            request: &request,
            pool: Arc::clone(&pool),
            is_asked: false,
            is_possible,
            backoff: Backoff::default(),
            hits: 0,
            misses: 0,
        };
        pool.with_hot_threads(|| request.serve(), || work(&mut speculation()))
    }
}

/// A pilot that plans ahead: see [`Pilot::with_speculation`].
pub struct Speculation<'a> {
    request: &'a Request<'a>,
    pool: Arc<Pool>,
    /// Whether a plan has been asked for that has not been collected.
    is_asked: bool,
    is_possible: bool,
    backoff: Backoff,
    hits: u64,
    misses: u64,
}

impl Speculation<'_> {
    /// Begins to plan for `state`, as the next [`Speculation::act`] would, on a thread that spins.
    ///
    /// Predictions that never come true cost little: after a miss, one is not planned for, and twice as many after
    /// each further one in a row. Without a thread to spare, on a GPU, and for states that cannot be planned for,
    /// nothing happens.
    pub fn predict(&mut self, state: &[f64]) {
        if !self.is_possible || self.is_asked || self.backoff.skips() {
            return;
        }
        if self.request.parts().pilot.observe(state).is_ok() {
            self.request.stage.store(ASKED, Release);
            self.is_asked = true;
        }
    }

    /// As [`Pilot::act`], with the same bits, whatever was predicted.
    ///
    /// # Errors
    /// As [`Pilot::act`].
    pub fn act(&mut self, state: &[f64]) -> Result<Decision, PilotError> {
        let plan = self.collect();
        let pilot = &mut *self.request.parts().pilot;
        if let Some(plan) = plan {
            if pilot.has_observed(state) {
                self.hits += 1;
                self.backoff.hit();
                return pilot.decided(plan);
            }
            pilot.roll_back();
            self.misses += 1;
            self.backoff.miss();
        }
        pilot.act(state)
    }

    /// As [`Pilot::set_reference`]; what was predicted before is forgotten, since it went by the reference before. So give the
    /// next decision's reference first, and predict its state then.
    ///
    /// # Errors
    /// As [`Pilot::set_reference`].
    pub fn set_reference(&mut self, reference: &[f32]) -> Result<(), PilotError> {
        self.forget();
        self.request.parts().pilot.set_reference(reference)
    }

    /// As [`Pilot::set_grid`]; what was predicted before is forgotten, as by [`Speculation::set_reference`].
    ///
    /// # Errors
    /// As [`Pilot::set_grid`].
    pub fn set_grid(
        &mut self,
        width: usize,
        height: usize,
        cells: &[f32],
    ) -> Result<(), PilotError> {
        self.forget();
        self.request.parts().pilot.set_grid(width, height, cells)
    }

    /// Takes back what has been worked out in advance.
    fn forget(&mut self) {
        if self.collect().is_some() {
            self.request.parts().pilot.roll_back();
        }
    }

    /// As [`Pilot::reset`].
    pub fn reset(&mut self, seed: u64) {
        self.collect();
        self.request.parts().pilot.reset(seed);
    }

    /// Whether this pilot can plan ahead: on the CPU, with two threads or more.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.is_possible
    }

    /// How many decisions had been worked out in advance: their state was the predicted one, to the last bit.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// How many plans were for nothing, because another state came.
    #[must_use]
    pub fn misses(&self) -> u64 {
        self.misses
    }

    /// The plan that was asked for, if any thread has begun with it; waits for it, and helps.
    fn collect(&mut self) -> Option<Plan> {
        let stage = &self.request.stage;
        if !std::mem::take(&mut self.is_asked)
            || stage.compare_exchange(ASKED, IDLE, Relaxed, Relaxed).is_ok()
        {
            return None;
        }
        self.pool.help_until(|| stage.load(Acquire) == DONE);
        stage.store(IDLE, Relaxed);
        self.request.parts().plan.take()
    }
}

/// Leaves the pilot as the last decision did.
impl Drop for Speculation<'_> {
    fn drop(&mut self) {
        self.forget();
    }
}

/// No plan is wanted.
const IDLE: u8 = 0;
/// A plan is wanted for the state that the pilot has observed.
const ASKED: u8 = 1;
/// A thread is at it.
const BEGUN: u8 = 2;
/// It is there, or could not be made.
const DONE: u8 = 3;

/// A request for a plan, and the reply.
struct Request<'a> {
    stage: AtomicU8,
    parts: Mutex<Parts<'a>>,
}

/// What whoever plans needs.
struct Parts<'a> {
    pilot: &'a mut Pilot,
    plan: Option<Plan>,
}

impl<'a> Request<'a> {
    fn new(pilot: &'a mut Pilot) -> Self {
        Self { stage: AtomicU8::new(IDLE), parts: Mutex::new(Parts { pilot, plan: None }) }
    }

    /// Makes the plan that is asked for; returns whether there was one.
    fn serve(&self) -> bool {
        if self.stage.load(Relaxed) != ASKED
            || self.stage.compare_exchange(ASKED, BEGUN, AcqRel, Relaxed).is_err()
        {
            return false;
        }
        // Also when planning panics: somebody waits.
        let _finish = Finish(&self.stage);
        let parts = &mut *self.parts();
        parts.plan = parts.pilot.plan_ahead();
        true
    }

    /// The lock is never contended for long: a plan is collected before the pilot is used again.
    fn parts(&self) -> MutexGuard<'_, Parts<'a>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Finish<'a>(&'a AtomicU8);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.store(DONE, Release);
    }
}

/// Exponential backoff: how many predictions to skip, so that an environment that cannot be predicted is not slowed down for long.
#[derive(Default)]
struct Backoff {
    skips: u32,
    /// How many were skipped the last time.
    last: u32,
}

impl Backoff {
    const MOST: u32 = 1 << 16;

    /// Whether to skip this prediction.
    fn skips(&mut self) -> bool {
        let skips = self.skips;
        self.skips = skips.saturating_sub(1);
        skips > 0
    }

    fn miss(&mut self) {
        self.last = (2 * self.last).clamp(1, Self::MOST);
        self.skips = self.last;
    }

    fn hit(&mut self) {
        self.last = 0;
    }
}

#[cfg(test)]
mod tests;
