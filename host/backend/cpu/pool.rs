//! Threads that share the chunks of one job.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::crew::Crew;
use super::place;
use super::workers::{Threads, Workers};
use crate::backend::BackendError;

/// Threads for one pilot's decisions, or for environments side by side.
pub(crate) struct Pool {
    workers: Workers,
    /// Those that stand by for what the thread outside hands out.
    crew: Arc<Crew>,
}

impl Pool {
    /// A pool of `threads`.
    pub(crate) fn new(threads: Threads) -> Result<Self, BackendError> {
        Ok(Self { workers: Workers::start(threads)?, crew: Arc::default() })
    }

    /// How many threads work.
    pub(crate) fn threads(&self) -> usize {
        self.workers.count()
    }

    /// Runs `work` on this thread, while all others but one stand by for its [`Pool::for_each`], spinning, and for
    /// errands: `errand` does one, which may use the pool, and returns whether there was any.
    pub(crate) fn stand_by<R>(
        &self,
        errand: impl Fn() -> bool + Sync,
        work: impl FnOnce() -> R,
    ) -> R {
        let Some(workers) = self.workers.pool() else { return work() };
        let threads = self.threads();
        // Also when work panics, or the scope would wait forever.
        struct Dismiss<'a>(&'a Crew);
        impl Drop for Dismiss<'_> {
            fn drop(&mut self) {
                self.0.dismiss();
            }
        }
        self.crew.muster();
        let home = place::here();
        workers.in_place_scope(|scope| {
            let _dismiss = Dismiss(&self.crew);
            let errand = &errand;
            for distance in 1..threads {
                scope.spawn(move |_| {
                    place::leave(home, distance);
                    self.crew.stand_by(errand);
                });
            }
            self.crew.gather(threads - 1);
            work()
        })
    }

    /// As [`Pool::for_each`], for calls that may follow each other closely: afterwards the other threads linger for a
    /// moment, so that nobody has to be woken for the next call. The caller does not wait for any that comes late.
    ///
    /// Where `work` panics on another thread, the process ends.
    pub(crate) fn for_each_in_turn(&self, count: usize, work: impl Fn(usize) + Sync) {
        let Some(workers) = self.workers.pool().filter(|_| count > 1) else {
            (0..count).for_each(work);
            return;
        };
        while let Some(distance) = self.crew.needs_one_more(self.threads() - 1) {
            let (crew, home) = (Arc::clone(&self.crew), place::here());
            workers.spawn(move || {
                place::leave(home, distance);
                crew.linger();
            });
        }
        let next = AtomicUsize::new(0);
        self.crew.offer(&|| drain(&next, count, &work));
    }

    /// Waits until `condition` holds, and meanwhile helps whoever is on an errand.
    pub(crate) fn help_until(&self, condition: impl Fn() -> bool) {
        self.crew.help_until(condition);
    }

    /// Calls `work` once for every number below `count`, on all threads, and returns when all is
    /// done.
    ///
    /// The caller works too. When nothing is left to take it spins for the others, whose last
    /// pieces take microseconds: sleeping and being woken would take longer. Unless others
    /// [stand by](Pool::stand_by), it also has to wait until every other thread has looked in.
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
        if self.crew.is_present() {
            self.crew.offer(&drain);
            return;
        }
        let home = place::here();
        workers.in_place_scope(|scope| {
            for distance in 1..self.threads().min(count) {
                let drain = &drain;
                scope.spawn(move |_| {
                    if place::here() == home {
                        place::leave(home, distance);
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

/// Whoever lingers goes at once.
impl Drop for Pool {
    fn drop(&mut self) {
        self.crew.dismiss();
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
