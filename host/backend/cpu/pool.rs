//! Threads that share the chunks of one job.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::backend::BackendError;

/// Threads for one pilot's decisions; the calling thread is one of them.
pub(crate) struct Pool {
    helpers: Option<rayon::ThreadPool>,
    threads: usize,
}

impl Pool {
    /// A pool of `threads` threads in all, at least 1.
    pub(crate) fn new(threads: usize) -> Result<Self, BackendError> {
        let helpers = if threads > 1 {
            let builder = rayon::ThreadPoolBuilder::new()
                .num_threads(threads - 1)
                .thread_name(|index| format!("pilot-{index}"));
            let failed = |error: rayon::ThreadPoolBuildError| BackendError::Threads {
                threads,
                reason: error.to_string(),
            };
            Some(builder.build().map_err(failed)?)
        } else {
            None
        };
        Ok(Self { helpers, threads })
    }

    /// How many threads work.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// Calls `work` once for every number below `count`, on all threads, and returns when all is
    /// done.
    ///
    /// The caller works too, and when nothing is left to take it spins for the others, whose last
    /// pieces take microseconds: sleeping and being woken would take longer.
    pub(crate) fn for_each(&self, count: usize, work: impl Fn(usize) + Sync) {
        let Some(helpers) = self.helpers.as_ref().filter(|_| count > 1) else {
            (0..count).for_each(work);
            return;
        };
        let next = AtomicUsize::new(0);
        let done = AtomicUsize::new(0);
        let drain = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    break;
                }
                work(index);
                done.fetch_add(1, Ordering::Release);
            }
        };
        helpers.in_place_scope(|scope| {
            for _ in 1..self.threads.min(count) {
                scope.spawn(|_| drain());
            }
            drain();
            let mut spins = 0u32;
            while done.load(Ordering::Acquire) < count && spins < 100_000 {
                std::hint::spin_loop();
                spins += 1;
            }
        });
    }
}
