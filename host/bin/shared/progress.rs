//! A bar on standard error for work that takes long.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{
    HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};

/// Work that ends sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// Counts finished work; shows it once it takes long, if standard error is a terminal.
pub struct Progress {
    noun: &'static str,
    /// Pieces that are done, and how many there are.
    pieces: (Arc<AtomicU64>, u64),
    /// Work that is done, and how much there is.
    work: (AtomicU64, u64),
    began: Instant,
    bar: OnceLock<ProgressBar>,
    quiet: bool,
}

impl Progress {
    /// `total` pieces that take equally long; nothing is shown if `quiet`.
    pub fn new(noun: &'static str, total: u64, quiet: bool) -> Self {
        Self::weighed(noun, total, total, quiet)
    }

    /// `total` pieces that do not: all together they take `work`, in any unit.
    pub fn weighed(noun: &'static str, total: u64, work: u64, quiet: bool) -> Self {
        Self {
            noun,
            pieces: (Arc::default(), total),
            work: (AtomicU64::new(0), work),
            began: Instant::now(),
            bar: OnceLock::new(),
            quiet,
        }
    }

    /// Another piece is done.
    pub fn tick(&self) {
        self.tick_of(1);
    }

    /// Another piece is done, which took its share of all work.
    pub fn tick_of(&self, work: u64) {
        self.pieces.0.fetch_add(1, Ordering::Relaxed);
        let done = self.work.0.fetch_add(work, Ordering::Relaxed) + work;
        if self.quiet || self.began.elapsed() < PATIENCE {
            return;
        }
        self.bar.get_or_init(|| self.bar()).set_position(done);
    }

    /// All that will be done is done: takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }

    fn bar(&self) -> ProgressBar {
        let (done, total) = (Arc::clone(&self.pieces.0), self.pieces.1);
        let count = move |_: &ProgressState, out: &mut dyn Write| {
            let done = done.load(Ordering::Relaxed);
            let _ = write!(out, "{}/{}", HumanCount(done), HumanCount(total)); // as in `left`
        };
        let style = ProgressStyle::with_template("{bar:40} {count} {msg}, {left} left");
        let style = style.map(|style| style.with_key("count", count).with_key("left", left));
        ProgressBar::with_draw_target(Some(self.work.1), ProgressDrawTarget::stderr())
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_message(self.noun)
            .with_elapsed(self.began.elapsed())
    }
}

/// The time that the rest takes if all work goes on as what is done went.
fn left(state: &ProgressState, out: &mut dyn Write) {
    let (done, total) = (state.pos().max(1) as f64, state.len().unwrap_or(0) as f64);
    let left = state.elapsed().as_secs_f64() * (total / done - 1.0).max(0.0);
    let left = Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX);
    let _ = write!(out, "{:#}", HumanDuration(left)); // the bar has nowhere to report to
}
