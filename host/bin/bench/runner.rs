//! What measures a contender: runs, and how long they took.

use std::time::{Duration, Instant};

use anyhow::Result;
use particle_pilot::Digest;

/// A contender that is ready to do the work.
pub trait Runner {
    /// Does it once, and says what came of it.
    fn first(&mut self) -> Result<Answer>;

    /// Does it `count` times; with `each`, every run is timed by itself as well.
    fn batch(&mut self, count: usize, each: bool) -> Result<Batch>;

    /// Does it once, timed by the GPU's own clock; `None` where there is no such clock.
    fn on_its_own_clock(&mut self) -> Result<Option<Duration>> {
        Ok(None)
    }

    /// In what it is wrong, where no digest could tell.
    fn differs(&mut self) -> Result<Option<String>> {
        Ok(None)
    }
}

/// What came of a run.
pub struct Answer {
    /// A hash of everything that it says.
    pub digest: Digest,
    /// Steps that particles took.
    pub particle_steps: u64,
}

/// How long runs took, as the caller sees it.
#[derive(Default)]
pub struct Batch {
    pub total: Duration,
    /// Each of them, if asked for.
    pub each: Vec<Duration>,
}

/// Times `count` runs of `run`.
pub fn timed(count: usize, each: bool, mut run: impl FnMut() -> Result<()>) -> Result<Batch> {
    let mut times = Vec::with_capacity(if each { count } else { 0 });
    let began = Instant::now();
    for _ in 0..count {
        if each {
            let began = Instant::now();
            run()?;
            times.push(began.elapsed());
        } else {
            run()?;
        }
    }
    Ok(Batch { total: began.elapsed(), each: times })
}
