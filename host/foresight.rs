//! Planning ahead: the next decision is worked out while the caller's environment still takes the step that leads to it.
//!
//! Whoever can predict the next state says so, and a thread that stands by plans for it. If the state comes as predicted,
//! the plan is there. If another comes, the plan is dropped, and what the planner remembered before is put back, so that
//! every decision has the bits that it would have had without. Nobody waits for a plan that no thread has begun.

use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::backend::cpu::Pool;
use crate::decision::Decision;
use crate::engine::Plan;
use crate::error::PilotError;
use crate::pilot::Pilot;

/// A pilot that plans ahead: see [`Pilot::foreseeing`].
pub struct Foresight<'a> {
    desk: &'a Desk<'a>,
    pool: Arc<Pool>,
    /// Whether a plan has been asked for that has not been collected.
    is_asked: bool,
    is_possible: bool,
    caution: Caution,
    foreseen: u64,
    misjudged: u64,
}

impl<'a> Foresight<'a> {
    pub(crate) fn new(desk: &'a Desk<'a>, pool: Arc<Pool>, is_possible: bool) -> Self {
        let caution = Caution::default();
        Self { desk, pool, is_asked: false, is_possible, caution, foreseen: 0, misjudged: 0 }
    }

    /// Begins to plan for `state`, as the next [`Foresight::act`] would, on a thread that stands by.
    ///
    /// A prediction that never comes true costs little: after one, some are not planned for, and twice as many after
    /// each further one in a row. Without a thread to spare, on a GPU, and for states that cannot be planned for,
    /// nothing happens.
    pub fn foresee(&mut self, state: &[f64]) {
        if !self.is_possible || self.is_asked || self.caution.advises_against() {
            return;
        }
        if self.desk.seat().pilot.observe(state).is_ok() {
            self.desk.stage.store(ASKED, Release);
            self.is_asked = true;
        }
    }

    /// As [`Pilot::act`], with the same bits, whatever was foreseen.
    ///
    /// # Errors
    /// As [`Pilot::act`].
    pub fn act(&mut self, state: &[f64]) -> Result<Decision, PilotError> {
        let plan = self.collect();
        let pilot = &mut *self.desk.seat().pilot;
        if let Some(plan) = plan {
            if pilot.has_observed(state) {
                self.foreseen += 1;
                self.caution.ease();
                return pilot.decided(plan);
            }
            pilot.restore();
            self.misjudged += 1;
            self.caution.grow();
        }
        pilot.act(state)
    }

    /// As [`Pilot::reset`].
    pub fn reset(&mut self, seed: u64) {
        self.collect();
        self.desk.seat().pilot.reset(seed);
    }

    /// Whether this pilot can plan ahead: on the CPU, with two threads or more.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.is_possible
    }

    /// How many decisions had been foreseen: their state was the predicted one, to the last bit.
    #[must_use]
    pub fn foreseen(&self) -> u64 {
        self.foreseen
    }

    /// How many plans were for nothing, because another state came.
    #[must_use]
    pub fn misjudged(&self) -> u64 {
        self.misjudged
    }

    /// The plan that was asked for, if any thread has begun with it; waits for it, and helps.
    fn collect(&mut self) -> Option<Plan> {
        let stage = &self.desk.stage;
        if !std::mem::take(&mut self.is_asked)
            || stage.compare_exchange(ASKED, IDLE, Relaxed, Relaxed).is_ok()
        {
            return None;
        }
        self.pool.help_until(|| stage.load(Acquire) == DONE);
        stage.store(IDLE, Relaxed);
        self.desk.seat().plan.take()
    }
}

/// Leaves the pilot as the last decision did.
impl Drop for Foresight<'_> {
    fn drop(&mut self) {
        if self.collect().is_some() {
            self.desk.seat().pilot.restore();
        }
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

/// Where a plan is asked for, made and collected.
pub(crate) struct Desk<'a> {
    stage: AtomicU8,
    seat: Mutex<Seat<'a>>,
}

/// What whoever plans needs.
struct Seat<'a> {
    pilot: &'a mut Pilot,
    plan: Option<Plan>,
}

impl<'a> Desk<'a> {
    pub fn new(pilot: &'a mut Pilot) -> Self {
        Self { stage: AtomicU8::new(IDLE), seat: Mutex::new(Seat { pilot, plan: None }) }
    }

    /// Makes the plan that is asked for; returns whether there was one.
    pub fn serve(&self) -> bool {
        if self.stage.load(Relaxed) != ASKED
            || self.stage.compare_exchange(ASKED, BEGUN, AcqRel, Relaxed).is_err()
        {
            return false;
        }
        // Also when planning panics: somebody waits.
        let _finish = Finish(&self.stage);
        let seat = &mut *self.seat();
        seat.plan = seat.pilot.plan_ahead();
        true
    }

    /// Nobody else is there for long: a plan is collected before the pilot is used again.
    fn seat(&self) -> MutexGuard<'_, Seat<'a>> {
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Finish<'a>(&'a AtomicU8);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.store(DONE, Release);
    }
}

/// How many predictions to pass over, so that an environment that cannot be foreseen is not slowed down for long.
#[derive(Default)]
struct Caution {
    passes: u32,
    /// How many were passed over the last time.
    last: u32,
}

impl Caution {
    const MOST: u32 = 1 << 16;

    fn advises_against(&mut self) -> bool {
        let passes = self.passes;
        self.passes = passes.saturating_sub(1);
        passes > 0
    }

    fn grow(&mut self) {
        self.last = (2 * self.last).clamp(1, Self::MOST);
        self.passes = self.last;
    }

    fn ease(&mut self) {
        self.last = 0;
    }
}

#[cfg(test)]
mod tests;
