//! Threads of one's own, as many as the system grants.

use rayon::prelude::*;

use crate::settings::Threads;

/// The threads could not be started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot start {threads} threads: {reason}; ask for fewer, or for 0: as many as the system grants"
)]
pub struct ThreadsError {
    /// How many were asked for.
    pub threads: usize,
    /// What the system said.
    pub reason: String,
}

/// Threads that share work.
pub(crate) struct Workers {
    /// None where the caller does it alone.
    pool: Option<rayon::ThreadPool>,
}

impl Workers {
    /// Starts `threads`; none if that is one, which the caller has.
    ///
    /// # Errors
    /// [`ThreadsError`] where the system refuses what was asked for by number.
    pub fn start(threads: Threads) -> Result<Self, ThreadsError> {
        let mut count = threads.most();
        while count > 1 {
            match start(count) {
                Ok(pool) => return Ok(Self { pool: Some(pool) }),
                Err(error) if !threads.fewer_will_do() => return Err(error),
                // What was started has gone again, or soon will have.
                Err(_) => count /= 2,
            }
        }
        Ok(Self { pool: None })
    }

    /// How many threads work, the caller's included where it does.
    pub fn count(&self) -> usize {
        self.pool.as_ref().map_or(1, rayon::ThreadPool::current_num_threads)
    }

    /// The threads besides the caller's, if there are any.
    pub fn pool(&self) -> Option<&rayon::ThreadPool> {
        self.pool.as_ref()
    }

    /// What `work` makes of each of `items`, in their order. Whoever works has something from `begin` for it.
    pub fn map<I, T, S, R>(
        &self,
        items: I,
        begin: impl Fn() -> S + Sync + Send,
        work: impl Fn(&mut S, T) -> R + Sync + Send,
    ) -> Vec<R>
    where
        I: IntoIterator<Item = T> + IntoParallelIterator<Item = T> + Send,
        T: Send,
        R: Send,
    {
        match &self.pool {
            Some(pool) => pool.install(|| items.into_par_iter().map_init(begin, work).collect()),
            None => {
                let mut own = begin();
                items.into_iter().map(|item| work(&mut own, item)).collect()
            }
        }
    }
}

/// Starts `threads` threads, all or none.
fn start(threads: usize) -> Result<rayon::ThreadPool, ThreadsError> {
    let builder = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("pilot-{index}"));
    let reason = |error: rayon::ThreadPoolBuildError| error.to_string();
    builder.build().map_err(|error| ThreadsError { threads, reason: reason(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_or_several_make_the_same_of_everything_in_order() {
        for threads in [1, 3] {
            let workers = Workers::start(Threads::asked(threads)).unwrap();
            assert_eq!(workers.count(), threads);
            let squares = workers.map(0..100u32, || 1, |one, number| *one * number * number);
            assert_eq!(squares, (0..100).map(|number| number * number).collect::<Vec<_>>());
        }
    }
}
