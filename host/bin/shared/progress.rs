//! A bar on standard error for work that takes long.

use std::fmt::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// Work that ends sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// Counts finished work; shows it once it takes long, if standard error is a terminal.
pub struct Progress {
    noun: &'static str,
    total: u64,
    done: AtomicU64,
    began: Instant,
    bar: OnceLock<ProgressBar>,
    quiet: bool,
}

impl Progress {
    /// `total` pieces of work; nothing is shown if `quiet`.
    pub fn new(noun: &'static str, total: u64, quiet: bool) -> Self {
        Self {
            noun,
            total,
            done: AtomicU64::new(0),
            began: Instant::now(),
            bar: OnceLock::new(),
            quiet,
        }
    }

    /// Another piece is done.
    pub fn tick(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
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
        let template = "{bar:40} {human_pos}/{human_len} {msg}, {left} left";
        let style = ProgressStyle::with_template(template);
        let style = style.map(|style| style.with_key("left", left));
        ProgressBar::with_draw_target(Some(self.total), ProgressDrawTarget::stderr())
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_message(self.noun)
            .with_elapsed(self.began.elapsed())
    }
}

/// The time that the rest takes if it takes as long as what is done.
fn left(state: &ProgressState, out: &mut dyn Write) {
    let (done, total) = (state.pos().max(1) as f64, state.len().unwrap_or(0) as f64);
    let left = state.elapsed().as_secs_f64() * (total / done - 1.0).max(0.0);
    let left = Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX);
    let _ = write!(out, "{:#}", HumanDuration(left)); // the bar has nowhere to report to
}
