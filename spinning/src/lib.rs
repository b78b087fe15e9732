#![doc = include_str!("../README.md")]

mod broadcast;
mod sync;

use std::thread;
use std::time::{Duration, Instant};

use broadcast::{Broadcast, LOOKS, Last, wait_until};
use sync::Ordering::{Acquire, Relaxed, Release, SeqCst};
use sync::{AtomicBool, AtomicUsize, spin_loop, yield_now};

/// How long a thread spins and does nothing else: as long as an environment's step takes.
const SPIN: Duration = Duration::from_micros(100);

/// How long it then lets others have the core in between, before it begins to nap.
const YIELD: Duration = Duration::from_micros(500);

/// How long it naps at a time. Meanwhile tasks are run without it.
const NAP: Duration = Duration::from_micros(500);

/// How long threads that stay only for a while wait for the next task: as long as a step of many environments takes.
const LINGER: Duration = Duration::from_micros(200);

/// How long it takes to wake a thread.
const WAKE: Duration = Duration::from_micros(50);

/// How long [`Spinners::wait_for`] waits.
const PATIENCE: Duration = Duration::from_micros(500);

/// A meeting point of threads that spin while they wait for tasks. It starts none itself: bring threads of your own, or of a pool.
#[derive(Default)]
pub struct Spinners {
    broadcast: Broadcast,
    /// How many are there.
    present: AtomicUsize,
    /// How many of them stay for a while only, or are about to come for it.
    lingering: AtomicUsize,
    stopped: AtomicBool,
}

impl Spinners {
    /// Whether any thread is there.
    #[must_use]
    pub fn any(&self) -> bool {
        self.present.load(Relaxed) > 0
    }

    /// Waits until `count` threads are there, but for no more than half a millisecond: a thread that was woken on this CPU begins
    /// only when this thread lets it.
    pub fn wait_for(&self, count: usize) {
        let began = Instant::now();
        while self.present.load(Acquire) < count {
            match began.elapsed() {
                soon if soon < WAKE => yield_now(),
                // Yielding is a request that the operating system need not grant; sleeping is none.
                late if late < PATIENCE => thread::sleep(WAKE),
                _ => return,
            }
        }
    }

    /// Runs `task` on this thread and on all that are there and awake, and returns when all have returned from it.
    ///
    /// Nobody is waited for to come, so `task` must be work that any number of threads can share, such as taking numbers from a
    /// counter until there are none. Only one thread at a time may call this.
    ///
    /// # Panics
    /// If `task` does here, or if another thread's call is under way. A panic of `task` on another thread is that thread's.
    pub fn run_on_all(&self, task: &(dyn Fn() + Sync)) {
        self.broadcast.run(task);
    }

    /// Makes this thread one of those who run tasks, until [`Spinners::stop`]. In between it calls `background`, which looks for
    /// other work, does it, and returns whether there was any.
    pub fn spin(&self, background: &dyn Fn() -> bool) {
        self.stay(background, |idle| {
            if idle > YIELD {
                thread::sleep(NAP);
            } else if idle > SPIN {
                yield_now();
            }
            true
        });
    }

    /// Announces one more thread that will [spin for a while](Spinners::spin_for_a_while), unless there are `enough`; returns how
    /// many that makes.
    pub fn announce(&self, enough: usize) -> Option<usize> {
        let count = self.lingering.load(Acquire);
        (count < enough).then(|| self.lingering.fetch_add(1, Relaxed) + 1)
    }

    /// Makes this thread, which was [announced](Spinners::announce), one of those who run tasks, until there has been none for a
    /// fifth of a millisecond, or [`Spinners::stop`].
    pub fn spin_for_a_while(&self) {
        self.stay(&|| false, |idle| {
            if idle > SPIN {
                yield_now();
            }
            idle < LINGER
        });
        self.lingering.fetch_sub(1, Release);
    }

    /// Waits until `condition` holds, and runs tasks of others meanwhile.
    pub fn help_until(&self, condition: impl Fn() -> bool) {
        let mut last = Last::default();
        wait_until(|| {
            self.broadcast.join(&mut last);
            condition()
        });
    }

    /// Sends all threads away, and at once those who come later.
    pub fn stop(&self) {
        self.stopped.store(true, Release);
    }

    /// Lets threads stay again.
    pub fn restart(&self) {
        self.stopped.store(false, Release);
    }

    /// Runs tasks as long as `rest`, which is given how long there has been nothing to do, returns true.
    fn stay(&self, background: &dyn Fn() -> bool, rest: impl Fn(Duration) -> bool) {
        let _present = Present::enter(&self.present);
        let mut last_worked = Instant::now();
        let (mut spins, mut last) = (0u32, Last::default());
        while !self.stopped.load(Acquire) {
            let joined = self.broadcast.join(&mut last);
            if background() || joined {
                last_worked = Instant::now();
            }
            spin_loop();
            spins = spins.wrapping_add(1);
            // Looking at the clock takes longer than looking for a task.
            if spins.is_multiple_of(LOOKS) && !rest(last_worked.elapsed()) {
                break;
            }
        }
    }
}

/// One more thread that is there, as long as it lives.
struct Present<'a>(&'a AtomicUsize);

impl<'a> Present<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, SeqCst);
        Self(count)
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
