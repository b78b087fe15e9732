//! Threads that stand by for short jobs.
//!
//! Waking a thread takes as long as a decision: tens of microseconds. Where decisions follow each other closely, as in a
//! closed loop, a crew spins in between instead. Nobody waits for it: whoever has a job begins with it, and the crew
//! joins in if it is awake.
//!
//! # Safety model
//! A job is a borrowed closure, whose type and lifetime are erased while it is on offer. [`Crew::offer`] does not return
//! before it has withdrawn the job and no thread is inside it. A thread first counts itself as inside and then looks
//! whether there is a job; the offering thread first withdraws and then looks who is inside. All four are sequentially
//! consistent, so that one of the two sees the other.

use std::cell::Cell;
use std::hint::spin_loop;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};
use std::thread;
use std::time::{Duration, Instant};

/// What each thread does for a job.
type Job<'a> = &'a (dyn Fn() + Sync);

/// How long the crew spins and does nothing else: an environment's step.
const EAGER: Duration = Duration::from_micros(100);

/// How long it then lets others have the core in between, before it begins to nap.
const AWAKE: Duration = Duration::from_micros(500);

/// After how many looks a thread that spins does something else in between.
const LOOKS: u32 = 256;

/// How long those who linger wait for the next job: as long as a step of many environments takes.
const LINGER: Duration = Duration::from_micros(200);

/// How long it takes to wake a thread.
const WAKING: Duration = Duration::from_micros(50);

/// How long whoever called the crew waits for it to come.
const GATHER: Duration = Duration::from_micros(500);

/// How long it naps at a time. Meanwhile jobs are done without it.
const NAP: Duration = Duration::from_micros(500);

/// Threads that stand by, and the job on offer.
#[derive(Default)]
pub(super) struct Crew {
    /// A `*mut Job<'_>` with its type erased, or null.
    job: AtomicPtr<()>,
    /// How many jobs there have been: two may lie at the same address.
    number: AtomicUsize,
    /// How many threads may be using `job`.
    inside: AtomicUsize,
    /// How many stand by.
    present: AtomicUsize,
    /// How many [linger](Crew::linger), or are about to.
    lingering: AtomicUsize,
    dismissed: AtomicBool,
}

impl Crew {
    /// Whether anyone stands by.
    pub fn is_present(&self) -> bool {
        self.present.load(Relaxed) > 0
    }

    /// Waits until `enough` stand by, but not for long: a thread that was woken on this CPU begins only when this
    /// thread lets it, and then goes elsewhere.
    pub fn gather(&self, enough: usize) {
        let began = Instant::now();
        while self.present.load(Acquire) < enough {
            match began.elapsed() {
                soon if soon < WAKING => thread::yield_now(),
                // Yielding is a request that the operating system need not grant; sleeping is none.
                late if late < GATHER => thread::sleep(WAKING),
                _ => return,
            }
        }
    }

    /// Calls `job` here and on every thread of the crew that is awake, and returns when all these calls have.
    pub fn offer(&self, job: Job<'_>) {
        let mut job = job;
        let _withdraw = Withdraw(self);
        self.job.store((&raw mut job).cast(), SeqCst);
        self.number.fetch_add(1, Release);
        job();
    }

    /// Takes part in what is offered until [dismissed](Crew::dismiss), and looks in between whether there is an errand
    /// to do: `errand` returns whether there was.
    pub fn stand_by(&self, errand: &dyn Fn() -> bool) {
        self.stay(errand, |idle| {
            if idle > AWAKE {
                thread::sleep(NAP);
            } else if idle > EAGER {
                thread::yield_now();
            }
            true
        });
    }

    /// Counts one more who will [linger](Crew::linger), unless there are `enough`; returns how many that makes.
    pub fn needs_one_more(&self, enough: usize) -> Option<usize> {
        let count = self.lingering.load(Acquire);
        (count < enough).then(|| self.lingering.fetch_add(1, Relaxed) + 1)
    }

    /// Takes part in what is offered until there has been nothing for a while. For whoever was [counted](Crew::needs_one_more).
    pub fn linger(&self) {
        self.stay(&|| false, |idle| {
            if idle > EAGER {
                thread::yield_now();
            }
            idle < LINGER
        });
        self.lingering.fetch_sub(1, Release);
    }

    /// Takes part in what is offered as long as `rest`, which is given how long there has been nothing, returns true.
    fn stay(&self, errand: &dyn Fn() -> bool, rest: impl Fn(Duration) -> bool) {
        let _leave = Count::up(&self.present);
        let mut last_worked = Instant::now();
        let (mut spins, mut done) = (0u32, 0);
        while !self.dismissed.load(Acquire) {
            let number = self.number.load(Acquire);
            if number != done && !self.job.load(Relaxed).is_null() {
                self.join_in();
                done = number;
                last_worked = Instant::now();
            }
            if errand() {
                last_worked = Instant::now();
            }
            spin_loop();
            spins = spins.wrapping_add(1);
            // Looking at the clock takes longer than looking for a job.
            if spins.is_multiple_of(LOOKS) && !rest(last_worked.elapsed()) {
                break;
            }
        }
    }

    /// Takes part in what others offer until `condition` holds.
    pub fn help_until(&self, condition: impl Fn() -> bool) {
        let done = Cell::new(None);
        wait_until(|| {
            let number = self.number.load(Acquire);
            if done.get() != Some(number) && !self.job.load(Relaxed).is_null() {
                self.join_in();
                done.set(Some(number));
            }
            condition()
        });
    }

    /// Does a part of the job, if it is still on offer.
    fn join_in(&self) {
        let _inside = Count::up(&self.inside);
        let job = self.job.load(SeqCst);
        if job.is_null() {
            return;
        }
        // SAFETY: `offer` put it there. It has not returned, nor will it while this thread is inside: see the
        // module's safety model.
        let work: Job<'_> = unsafe { *job.cast::<Job<'_>>() };
        work();
    }

    /// Sends the crew home. Those who come later go at once.
    pub fn dismiss(&self) {
        self.dismissed.store(true, Release);
    }

    /// Lets threads stand by again.
    pub fn muster(&self) {
        self.dismissed.store(false, Release);
    }
}

/// Ends an offer, also when the job panics.
struct Withdraw<'a>(&'a Crew);

impl Drop for Withdraw<'_> {
    fn drop(&mut self) {
        self.0.job.store(std::ptr::null_mut(), SeqCst);
        wait_until(|| self.0.inside.load(SeqCst) == 0);
    }
}

/// Waits for what mostly takes microseconds; longer where a thread has lost its core to another.
fn wait_until(condition: impl Fn() -> bool) {
    let mut spins = 0u32;
    while !condition() {
        spin_loop();
        spins = spins.wrapping_add(1);
        if spins.is_multiple_of(LOOKS) {
            thread::yield_now();
        }
    }
}

/// One more, as long as it lives.
struct Count<'a>(&'a AtomicUsize);

impl<'a> Count<'a> {
    fn up(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, SeqCst);
        Self(count)
    }
}

impl Drop for Count<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_of_many_jobs_is_done_once() {
        let crew = Crew::default();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| crew.stand_by(&|| false));
            }
            for round in 0..5000usize {
                let count = round % 7;
                let pieces: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
                let next = AtomicUsize::new(0);
                crew.offer(&|| {
                    while let Some(piece) = pieces.get(next.fetch_add(1, Relaxed)) {
                        piece.fetch_add(1, Relaxed);
                    }
                });
                assert!(pieces.iter().all(|piece| piece.load(Relaxed) == 1));
            }
            crew.dismiss();
        });
        assert!(!crew.is_present());
    }

    #[test]
    fn the_crew_joins_in() {
        let crew = Crew::default();
        let began = Instant::now();
        let mut joined = 0;
        thread::scope(|scope| {
            scope.spawn(|| crew.stand_by(&|| false));
            for _ in 0..100 {
                let here = AtomicUsize::new(0);
                crew.offer(&|| {
                    here.fetch_add(1, SeqCst);
                    // The other may get a CPU late, but some time it does.
                    while here.load(SeqCst) < 2 && began.elapsed() < Duration::from_secs(300) {
                        thread::yield_now();
                    }
                });
                joined += usize::from(here.load(SeqCst) == 2);
            }
            crew.dismiss();
        });
        assert_eq!(joined, 100);
    }

    #[test]
    fn one_of_the_crew_does_an_errand_and_is_helped_with_it() {
        let crew = Crew::default();
        let (errands, pieces) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (next, done) = (AtomicUsize::new(0), AtomicBool::new(false));
        let errand = || {
            if errands.fetch_add(1, SeqCst) > 0 {
                return false;
            }
            crew.offer(&|| {
                while next.fetch_add(1, Relaxed) < 1000 {
                    pieces.fetch_add(1, Relaxed);
                }
            });
            done.store(true, Release);
            true
        };
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| crew.stand_by(&errand));
            }
            crew.help_until(|| done.load(Acquire));
            crew.dismiss();
        });
        assert_eq!(pieces.load(Relaxed), 1000);
    }

    #[test]
    fn a_job_that_panics_here_is_withdrawn() {
        let crew = Crew::default();
        let offer = || crew.offer(&|| panic!("as intended"));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(offer)).is_err());
        assert!(crew.job.load(SeqCst).is_null());
    }
}
