//! Checks and times the contenders of one case.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use particle_pilot::{DecisionTimes, Digest};

use crate::contender::Contender;
use crate::figure::{Figure, Latency};
use crate::record::{Row, Status};
use crate::runner::Runner;
use crate::sampling::Sampling;
use crate::suites::Case;
use crate::system::{Memory, Ticks};
use crate::work::Work;

/// Single runs whose times are kept.
const MOST_RUNS: usize = 200_000;

/// Gets a contender ready for work; tests put in others.
pub type Open<'a> = &'a dyn Fn(&Work, &Contender) -> Result<Box<dyn Runner>>;

/// A contender that gives right answers, while it is timed.
struct Entrant {
    row: Row,
    runner: Box<dyn Runner>,
    runs_per_sample: usize,
    samples: Vec<f64>,
    on_its_own_clock: Vec<f64>,
    each: Vec<Duration>,
}

/// Times all contenders of `case` that answer as the reference does, in turns; `None` when `stop` is set on the way.
pub fn measure(
    case: &Case,
    sampling: &Sampling,
    open: Open<'_>,
    stop: &AtomicBool,
) -> Option<Vec<Row>> {
    let stopped = || stop.load(Ordering::Relaxed);
    let expected = check(case, &Contender::REFERENCE, open);
    let mut whole = None; // the answer at full size of the first that gave one
    let mut entrants = Vec::new();
    let mut rows: Vec<Result<usize, Row>> = Vec::new(); // of an entrant, or already complete
    for contender in &case.contenders {
        if stopped() {
            return None;
        }
        match enter(case, contender, &expected, &mut whole, sampling, open) {
            Ok(entrant) => {
                rows.push(Ok(entrants.len()));
                entrants.push(Some(entrant));
            }
            Err(row) => rows.push(Err(*row)),
        }
    }
    let before = Ticks::now();
    // In turns, so that a machine that slows down does so for everybody.
    for _ in 0..sampling.samples {
        for entrant in entrants.iter_mut().flatten() {
            if stopped() {
                return None;
            }
            if let Err(error) = entrant.sample(case) {
                entrant.row.fail(&error);
            }
        }
    }
    let others = before.zip(Ticks::now()).and_then(|(before, now)| now.others_since(before));
    if stopped() {
        return None;
    }
    let finish = |row: Result<usize, Row>| match row {
        Ok(index) => entrants[index].take().map(|entrant| entrant.finish(others)),
        Err(row) => Some(row),
    };
    Some(rows.into_iter().filter_map(finish).collect())
}

/// What a contender answers to a smaller part of the work, and how long the fastest run of it took.
fn check(case: &Case, contender: &Contender, open: Open<'_>) -> Result<(Digest, Duration)> {
    let work = case.work.checked();
    let mut runner = open(&work, contender)?;
    let digest = work.answers(&mut *runner)?;
    let began = Instant::now();
    runner.first()?;
    Ok((digest, began.elapsed()))
}

/// How long the smaller part of the work took; `None` where `row` says in what the contender is wrong.
fn is_right(
    case: &Case,
    contender: &Contender,
    expected: Digest,
    open: Open<'_>,
    row: &mut Row,
) -> Result<Option<Duration>> {
    if contender.is_peer() {
        let mut runner = open(&case.work.checked(), contender)?;
        if let Some(how) = runner.differs()? {
            row.mark_wrong(how);
            return Ok(None);
        }
        return Ok(Some(runner.batch(1, false)?.total));
    }
    let (digest, least) = check(case, contender, open)?;
    row.digest = Some(digest);
    if digest != expected {
        let reference = Contender::REFERENCE;
        row.mark_wrong(format!("its answers ({digest}) are not those of {reference} ({expected})"));
        return Ok(None);
    }
    Ok(Some(least))
}

/// Lets a contender enter, warmed up, or says why not.
fn enter(
    case: &Case,
    contender: &Contender,
    expected: &Result<(Digest, Duration)>,
    whole: &mut Option<Digest>,
    sampling: &Sampling,
    open: Open<'_>,
) -> Result<Entrant, Box<Row>> {
    let mut row = Row::new(case, contender);
    let result = try_enter(case, contender, expected, whole, sampling, open, &mut row);
    match result {
        Ok(Some((runner, run))) => Ok(Entrant {
            row,
            runner,
            runs_per_sample: sampling.runs(run),
            samples: Vec::new(),
            on_its_own_clock: Vec::new(),
            each: Vec::new(),
        }),
        Ok(None) => Err(Box::new(row)),
        Err(error) => {
            row.fail(&error);
            Err(Box::new(row))
        }
    }
}

/// The runner and how long a run takes; `None` where `row` says why there is none.
fn try_enter(
    case: &Case,
    contender: &Contender,
    expected: &Result<(Digest, Duration)>,
    whole: &mut Option<Digest>,
    sampling: &Sampling,
    open: Open<'_>,
    row: &mut Row,
) -> Result<Option<(Box<dyn Runner>, Duration)>> {
    let (expected, _) = match expected {
        Ok(expected) => expected,
        Err(error) => anyhow::bail!("the reference ({}) failed: {error:#}", Contender::REFERENCE),
    };
    let Some(least) = is_right(case, contender, *expected, open, row)? else { return Ok(None) };
    let growth = case.work.size() / case.work.checked().size().max(1.0);
    let estimate = least.as_secs_f64() * growth.max(1.0);
    // From less work the time of all samples is easily overestimated, but not so that a run would take it.
    if estimate > sampling.patience_s / 2.0 && !contender.is_gpu() {
        row.skip(sampling, estimate);
        return Ok(None);
    }
    let memory = Memory::begin();
    let mut runner = open(&case.work, contender)?;
    let began = Instant::now();
    let answer = runner.first()?;
    let first_s = began.elapsed().as_secs_f64();
    row.particle_steps = Some(answer.particle_steps);
    let whole =
        if contender.is_peer() { answer.digest } else { *whole.get_or_insert(answer.digest) };
    if answer.digest != whole {
        row.mark_wrong(format!(
            "its answers at full size ({}) are not those of the first contender ({whole})",
            answer.digest
        ));
        return Ok(None);
    }
    // The first run may be slower than others, but not so much.
    if sampling.whole_s(first_s) > 3.0 * sampling.patience_s && !contender.is_gpu() {
        row.skip(sampling, first_s);
        return Ok(None);
    }
    let began = Instant::now();
    let mut run = runner.batch(1, false)?.total;
    if sampling.whole_s(run.as_secs_f64()) > sampling.patience_s {
        row.skip(sampling, run.as_secs_f64());
        return Ok(None);
    }
    while began.elapsed().as_secs_f64() < sampling.warm_up_s {
        run = runner.batch(1, false)?.total; // the last one tells how many make a sample
    }
    row.memory_bytes = memory.and_then(Memory::risen_since);
    Ok(Some((runner, run)))
}

impl Entrant {
    /// Takes a sample, unless one has failed.
    fn sample(&mut self, case: &Case) -> Result<()> {
        if self.row.status != Status::Timed {
            return Ok(());
        }
        let each = case.suite.times_each() && self.each.len() < MOST_RUNS;
        let batch = self.runner.batch(self.runs_per_sample, each)?;
        self.samples.push(batch.total.as_secs_f64() / self.runs_per_sample as f64);
        self.each.extend(batch.each);
        let mut on_its_own_clock = Duration::ZERO;
        for _ in 0..self.runs_per_sample {
            match self.runner.on_its_own_clock()? {
                Some(time) => on_its_own_clock += time,
                None => return Ok(()),
            }
        }
        self.on_its_own_clock.push(on_its_own_clock.as_secs_f64() / self.runs_per_sample as f64);
        Ok(())
    }

    fn finish(mut self, others: Option<f64>) -> Row {
        let figure = |samples: Vec<f64>| {
            (!samples.is_empty()).then(|| Figure::of(samples, self.runs_per_sample))
        };
        if self.row.status == Status::Timed {
            self.row.host = figure(self.samples);
            self.row.device = figure(self.on_its_own_clock);
            self.row.others = others;
            self.row.latency = (!self.each.is_empty()).then(|| latency(&mut self.each));
            if self.row.host.is_none() {
                self.row.fail(&anyhow::anyhow!("no sample was taken"));
            }
        }
        self.row
    }
}

fn latency(times: &mut [Duration]) -> Latency {
    let DecisionTimes { p50, p90, p99, max } = DecisionTimes::of(times);
    Latency {
        runs: times.len(),
        p50_s: p50.as_secs_f64(),
        p90_s: p90.as_secs_f64(),
        p99_s: p99.as_secs_f64(),
        most_s: max.as_secs_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::{Answer, Batch};
    use crate::suites::Suite;
    use particle_pilot::Simd;

    /// Answers `answer`, at full size `at_full_size`.
    struct Fake(&'static [u8]);

    impl Runner for Fake {
        fn first(&mut self) -> Result<Answer> {
            let mut digest = Digest::new();
            digest.bytes(self.0);
            Ok(Answer { digest, particle_steps: 5 })
        }

        fn batch(&mut self, count: usize, _: bool) -> Result<Batch> {
            let total = Duration::from_micros(3) * count as u32;
            Ok(Batch { total, each: Vec::new() })
        }
    }

    const GOOD: Contender = Contender::Cpu { simd: Simd::Avx2, threads: 1 };
    const BAD: Contender = Contender::Cpu { simd: Simd::Avx2, threads: 2 };

    fn statuses(open: Open<'_>) -> Vec<Row> {
        let contenders = vec![Contender::REFERENCE, BAD, GOOD];
        let config = particle_pilot::PilotConfig { particles: 100_000, ..Default::default() };
        let case = Case {
            suite: Suite::Throughput,
            name: "fake".into(),
            work: Work::Decision(config),
            contenders,
        };
        measure(&case, &Sampling::TINY, open, &AtomicBool::new(false)).unwrap()
    }

    #[test]
    fn a_contender_with_other_answers_is_wrong_and_not_timed() {
        let rows = statuses(&|_, contender| {
            Ok(Box::new(Fake(if *contender == BAD { b"wrong" } else { b"right" })))
        });
        let [reference, bad, good] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((reference.status, good.status), (Status::Timed, Status::Timed));
        assert_eq!((bad.status, &bad.host), (Status::Wrong, &None));
        assert_eq!(good.host.as_ref().unwrap().median_s, 3e-6);
        assert!(crate::record::is_bad(&rows));
    }

    #[test]
    fn one_that_is_wrong_only_at_full_size_is_wrong_as_well() {
        let rows = statuses(&|work, contender| {
            let is_whole = work.config().is_some_and(|config| config.particles == 100_000);
            let wrong = is_whole && *contender == BAD;
            Ok(Box::new(Fake(if wrong { b"wrong" } else { b"right" })))
        });
        let found: Vec<Status> = rows.iter().map(|row| row.status).collect();
        assert_eq!(found, [Status::Timed, Status::Wrong, Status::Timed]);
    }

    #[test]
    fn one_that_fails_does_not_keep_others_from_being_timed() {
        let rows = statuses(&|_, contender| match *contender == BAD {
            true => anyhow::bail!("no memory"),
            false => Ok(Box::new(Fake(b"right"))),
        });
        assert_eq!((rows[1].status, rows[2].status), (Status::Failed, Status::Timed));
        assert_eq!(rows[1].reason.as_deref(), Some("no memory"));
    }
}
