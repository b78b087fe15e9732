//! Threads that share the chunks of one job.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use particle_pilot_spinning::Spinners;

use super::affinity;
use super::workers::{ThreadsError, Workers};
use crate::settings::Threads;

/// Threads for one pilot's decisions, or for environments side by side.
pub(crate) struct Pool {
    workers: Workers,
    /// Those that spin for what the thread outside hands out.
    spinners: Arc<Spinners>,
}

impl Pool {
    /// A pool of `threads`.
    pub(crate) fn new(threads: Threads) -> Result<Self, ThreadsError> {
        Ok(Self { workers: Workers::start(threads)?, spinners: Arc::default() })
    }

    /// How many threads work.
    pub(crate) fn threads(&self) -> usize {
        self.workers.count()
    }

    /// Runs `work` on this thread, while all others spin for its [`Pool::for_each`] and for work in the background: `background`
    /// does a piece of it, which may use the pool, and returns whether there was any.
    pub(crate) fn with_hot_threads<R>(
        &self,
        background: impl Fn() -> bool + Sync,
        work: impl FnOnce() -> R,
    ) -> R {
        let Some(workers) = self.workers.pool() else { return work() };
        let threads = self.threads();
        // Also when work panics, or the scope would wait forever.
        struct Stop<'a>(&'a Spinners);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                self.0.stop();
            }
        }
        self.spinners.restart();
        let home = affinity::current();
        workers.in_place_scope(|scope| {
            let _stop = Stop(&self.spinners);
            let background = &background;
            for distance in 1..threads {
                scope.spawn(move |_| {
                    affinity::move_away(home, distance);
                    self.spinners.spin(background);
                });
            }
            self.spinners.wait_for(threads - 1);
            work()
        })
    }

    /// As [`Pool::for_each`], for calls that may follow each other closely: afterwards the other threads spin for a
    /// moment, so that nobody has to be woken for the next call. The caller does not wait for any that comes late.
    ///
    /// Where `work` panics on another thread, the process ends.
    pub(crate) fn for_each_in_turn(&self, count: usize, work: impl Fn(usize) + Sync) {
        let Some(workers) = self.workers.pool().filter(|_| count > 1) else {
            (0..count).for_each(work);
            return;
        };
        while let Some(distance) = self.spinners.announce(self.threads() - 1) {
            let (spinners, home) = (Arc::clone(&self.spinners), affinity::current());
            workers.spawn(move || {
                affinity::move_away(home, distance);
                spinners.spin_for_a_while();
            });
        }
        let next = AtomicUsize::new(0);
        self.spinners.run_on_all(&|| drain(&next, count, &work));
    }

    /// Waits until `condition` holds, and meanwhile helps whoever works in the background.
    pub(crate) fn help_until(&self, condition: impl Fn() -> bool) {
        self.spinners.help_until(condition);
    }

    /// Calls `work` once for every number below `count`, on all threads, and returns when all is
    /// done.
    ///
    /// The caller works too. When nothing is left to take it spins for the others, whose last
    /// pieces take microseconds: sleeping and being woken would take longer. Unless others
    /// [spin](Pool::with_hot_threads), it also has to wait until every other thread has looked in.
    pub(crate) fn for_each(&self, count: usize, work: impl Fn(usize) + Sync) {
        let Some(workers) = self.workers.pool().filter(|_| count > 1) else {
            (0..count).for_each(work);
            return;
        };
        let next = AtomicUsize::new(0);
        let done = AtomicUsize::new(0);
        let drain = || {
            drain(&next, count, |index| {
                work(index);
                done.fetch_add(1, Ordering::Release);
            });
        };
        if self.spinners.any() {
            self.spinners.run_on_all(&drain);
            return;
        }
        let home = affinity::current();
        workers.in_place_scope(|scope| {
            for distance in 1..self.threads().min(count) {
                let drain = &drain;
                scope.spawn(move |_| {
                    if affinity::current() == home {
                        affinity::move_away(home, distance);
                    }
                    drain();
                });
            }
            // Lets a thread go that was woken on this CPU.
            std::thread::yield_now();
            drain();
            const PATIENCE: u32 = 20_000;
            for _ in 0..PATIENCE {
                if done.load(Ordering::Acquire) == count {
                    break;
                }
                std::hint::spin_loop();
            }
        });
    }
}

/// Whoever spins goes at once.
impl Drop for Pool {
    fn drop(&mut self) {
        self.spinners.stop();
    }
}

/// Calls `work` for numbers below `count` that nobody else has taken from `next`, until there are none.
fn drain(next: &AtomicUsize, count: usize, work: impl Fn(usize)) {
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= count {
            break;
        }
        work(index);
    }
}
