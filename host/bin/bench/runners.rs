//! How contenders do each kind of work.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use particle_pilot::{
    CartPoleProblem, Decision, Digest, Episode, Evaluation, EvaluationResult, Pilot, PilotConfig,
    Simd,
};

use crate::contender::Contender;
use crate::runner::{Answer, Batch, Runner, timed};
use crate::shared::interrupt;
use crate::start::run_pilot;
use crate::steps::Steps;
use crate::work::{STATE, Work};

/// Gets `contender` ready for `work`.
pub fn open(work: &Work, contender: &Contender) -> Result<Box<dyn Runner>> {
    Ok(match work {
        Work::Decision(config) => deciding(contender.pilots(config)?, &STATE),
        Work::ModelDecision { model, config } => {
            let pilots = contender.each(config, |config, simd| model.pilot(config, simd))?;
            deciding(pilots, model.state())
        }
        Work::Episode { config, steps } => Box::new(OneByOne {
            pilot: contender.pilots(config)?.remove(0),
            episodes: 1,
            steps: *steps,
        }),
        Work::Episodes { config, episodes, steps } => match contender {
            // Evaluations have no setting for the instructions.
            Contender::Cpu { simd, .. } if *simd != Simd::select()? => Box::new(OneByOne {
                pilot: contender.pilots(config)?.remove(0),
                episodes: *episodes,
                steps: *steps,
            }),
            _ => {
                let threads = match contender {
                    Contender::Cpu { threads, .. } => *threads,
                    Contender::Gpus(_) | Contender::Peer(_) => 0,
                };
                let device = contender.device();
                let config = PilotConfig { threads, device, ..config.clone() };
                Box::new(
                    Evaluation::new(config, CartPoleProblem::default())
                        .episodes(*episodes)
                        .steps(*steps)
                        .first_seed(0),
                )
            }
        },
        Work::Steps { environments, steps } => {
            Box::new(Steps::open(*environments, *steps, contender)?)
        }
        Work::Start(pilot) => Box::new(Starts {
            pilot: pilot.clone().context("no program `pilot` is known")?,
            contender: contender.clone(),
        }),
    })
}

/// One pilot that decides, or several at the same time, all in this state.
fn deciding(mut pilots: Vec<Pilot>, state: &'static [f64]) -> Box<dyn Runner> {
    match pilots.len() {
        1 => Box::new(OneDecides { pilot: pilots.remove(0), state }),
        _ => Box::new(AllDecide { pilots, state }),
    }
}

/// One pilot that makes decisions.
struct OneDecides {
    pilot: Pilot,
    state: &'static [f64],
}

impl Runner for OneDecides {
    fn first(&mut self) -> Result<Answer> {
        Ok(answer(&self.pilot.act(self.state)?))
    }

    fn batch(&mut self, count: usize, each: bool) -> Result<Batch> {
        let state = self.state;
        self.pilot.with_hot_threads(|pilot| {
            timed(count, each, || {
                pilot.act(state)?;
                Ok(())
            })
        })
    }

    fn on_its_own_clock(&mut self) -> Result<Option<Duration>> {
        Ok(self.pilot.act_timed(self.state)?.1)
    }
}

/// Pilots that each make the same decision at the same time.
struct AllDecide {
    pilots: Vec<Pilot>,
    state: &'static [f64],
}

impl AllDecide {
    fn decide(&mut self) -> Result<Vec<Decision>> {
        let state = self.state;
        std::thread::scope(|scope| {
            let running: Vec<_> =
                self.pilots.iter_mut().map(|pilot| scope.spawn(|| pilot.act(state))).collect();
            let decided = running.into_iter().map(|thread| match thread.join() {
                Ok(decision) => Ok(decision?),
                Err(_) => anyhow::bail!("a thread that drove a GPU has died"),
            });
            decided.collect()
        })
    }
}

impl Runner for AllDecide {
    fn first(&mut self) -> Result<Answer> {
        let mut answers = self.decide()?.iter().map(answer).collect::<Vec<_>>();
        let particle_steps = answers.iter().map(|answer| answer.particle_steps).sum();
        let mut digest = answers.remove(0).digest;
        // One that differs changes the whole.
        let differing: Vec<_> =
            answers.iter().map(|other| other.digest).filter(|other| *other != digest).collect();
        differing.into_iter().for_each(|other| digest.digest(other));
        Ok(Answer { digest, particle_steps })
    }

    fn batch(&mut self, count: usize, each: bool) -> Result<Batch> {
        timed(count, each, || self.decide().map(drop))
    }
}

/// One pilot that plays episodes after each other.
struct OneByOne {
    pilot: Pilot,
    episodes: u32,
    steps: u32,
}

impl OneByOne {
    fn play(&mut self) -> Result<EvaluationResult> {
        let began = Instant::now();
        let seeds = 0..u64::from(self.episodes);
        let (pilot, steps) = (&mut self.pilot, self.steps);
        let results: Result<Vec<_>, _> =
            seeds.map(|seed| Episode::new().seed(seed).steps(steps).run(pilot)).collect();
        Ok(EvaluationResult::of(&results?, began.elapsed()))
    }
}

impl Runner for OneByOne {
    fn first(&mut self) -> Result<Answer> {
        Ok(self.play()?.into())
    }

    fn batch(&mut self, count: usize, each: bool) -> Result<Batch> {
        timed(count, each, || self.play().map(drop))
    }
}

impl Runner for Evaluation {
    fn first(&mut self) -> Result<Answer> {
        Ok(self.prepare()?.run_with(interrupt::watch(), |_| ())?.into())
    }

    fn batch(&mut self, count: usize, each: bool) -> Result<Batch> {
        let mut batch = Batch::default();
        for _ in 0..count {
            let prepared = self.prepare()?; // with a GPU's opening, which is not part of the time
            let began = Instant::now();
            prepared.run_with(interrupt::watch(), |_| ())?;
            let took = began.elapsed();
            batch.total += took;
            batch.each.extend(each.then_some(took));
        }
        Ok(batch)
    }
}

/// The program `pilot`.
struct Starts {
    pilot: PathBuf,
    contender: Contender,
}

impl Starts {
    fn start(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        let device = self.contender.device().to_string();
        let Contender::Cpu { simd, threads } = &self.contender else {
            return run_pilot(&self.pilot, &device, arguments, &[]);
        };
        let threads = threads.to_string();
        let arguments = [&["--threads", &threads], arguments].concat();
        run_pilot(&self.pilot, &device, &arguments, &[(Simd::VARIABLE, simd.name())])
    }
}

impl Runner for Starts {
    fn first(&mut self) -> Result<Answer> {
        let report = self.start(&["--json", "-"])?;
        let report: serde_json::Value =
            serde_json::from_slice(&report).context("`pilot` did not report in JSON")?;
        let text = report["digest"].as_str().unwrap_or_default().to_owned();
        let digest = Digest::try_from(text).context("the report of `pilot` has no digest")?;
        Ok(Answer { digest, particle_steps: report["particle_steps"].as_u64().unwrap_or(0) })
    }

    fn batch(&mut self, count: usize, each: bool) -> Result<Batch> {
        timed(count, each, || self.start(&[]).map(drop))
    }
}

impl From<EvaluationResult> for Answer {
    fn from(result: EvaluationResult) -> Self {
        Self { digest: result.digest, particle_steps: result.particle_steps }
    }
}

/// A decision, every number of it.
fn answer(decision: &Decision) -> Answer {
    let mut digest = Digest::new();
    digest.decision(decision);
    Answer { digest, particle_steps: decision.diagnostics.particle_steps }
}
