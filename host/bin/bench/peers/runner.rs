//! A peer as a contender.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use particle_pilot::{CartPoleProblem, Device, Digest, Pilot, PilotConfig};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Kind;
use super::process::Process;
use super::{check, check_drive};
use crate::models;
use crate::runner::{Answer, Batch, Runner};
use crate::work::{STATE, Work};

/// A peer that has prepared for work.
pub struct PeerRunner {
    process: Rc<RefCell<Process>>,
    work: Work,
    runs: u64,
}

#[derive(Deserialize)]
struct Ran {
    seconds: f64,
    result: Value,
}

impl PeerRunner {
    pub fn open(work: &Work, process: Rc<RefCell<Process>>) -> Result<Self> {
        let request = json!({"do": "prepare", "work": described(work)?});
        {
            let mut process = process.borrow_mut();
            process.revive()?;
            let patience = process.waits.answer;
            process.ask(&request, patience)?;
        }
        Ok(Self { process, work: work.clone(), runs: 0 })
    }

    fn run(&mut self, count: usize) -> Result<Ran> {
        let mut process = self.process.borrow_mut();
        let patience = process.waits.answer;
        let answer = process.ask(&json!({"do": "run", "count": count}), patience)?;
        let ran: Ran = serde_json::from_value(answer).context("its answer tells no time")?;
        ensure!(ran.seconds >= 0.0, "it took {} s", ran.seconds);
        self.runs += count as u64;
        Ok(ran)
    }

    /// How many of its futures end, compared with our own.
    fn share_differs(&mut self, config: &PilotConfig) -> Result<Option<String>> {
        let ran = self.run(1)?;
        let theirs = ran.result["dead_share"].as_f64().context("it tells no share of ends")?;
        let config = PilotConfig { device: Device::Cpu, ..config.clone() };
        let particles = config.particles;
        let ours =
            Pilot::new(config, CartPoleProblem::default())?.act(&STATE)?.diagnostics.dead_share;
        Ok(check::share_differs(ours, theirs, particles))
    }

    /// What the futures of its first decision cost on average, compared with our own.
    fn cost_differs(&mut self, config: &PilotConfig) -> Result<Option<String>> {
        let ran = self.run(1)?;
        let theirs = ran.result["first_mean_cost"].as_f64().context("it tells no mean cost")?;
        check_drive::cost_differs(config, theirs)
    }
}

impl Runner for PeerRunner {
    fn first(&mut self) -> Result<Answer> {
        self.run(1)?;
        // There is nothing to compare: its random numbers are its own.
        Ok(Answer { digest: Digest::new(), particle_steps: self.work.size() as u64 })
    }

    fn batch(&mut self, count: usize, each: bool) -> Result<Batch> {
        let times = if each { vec![1; count] } else { vec![count] };
        let mut batch = Batch::default();
        for count in times {
            let took = Duration::try_from_secs_f64(self.run(count)?.seconds)?;
            batch.total += took;
            batch.each.extend(each.then_some(took));
        }
        Ok(batch)
    }

    fn differs(&mut self) -> Result<Option<String>> {
        let kind = Kind::of(&self.work);
        let found = {
            let mut process = self.process.borrow_mut();
            let patience = process.waits.answer;
            match kind {
                Some(Kind::Drive) => check_drive::differs(&mut process, patience)?,
                _ => check::differs(&mut process, patience)?,
            }
        };
        match (&self.work.clone(), found) {
            (Work::Decision(config), None) if kind == Some(Kind::Rollout) => {
                self.share_differs(config)
            }
            (Work::ModelDecision { config, .. }, None) => self.cost_differs(config),
            (_, found) => Ok(found),
        }
    }
}

/// Work as peers are told it.
fn described(work: &Work) -> Result<Value> {
    let kind = Kind::of(work).context("peers do not know this work")?;
    Ok(match work {
        Work::Steps { environments, steps } => {
            json!({"kind": kind, "environments": environments, "steps": steps, "seed": 1})
        }
        Work::ModelDecision { model, config } => json!({
            "kind": kind, "particles": config.particles, "horizon": config.horizon, "state": model.state(), "seed": 1,
            "deviation": config.tuning.noise_scale, "map": check_drive::told(&models::map()),
        }),
        _ => {
            let config = work.config().context("peers do not know this work")?;
            json!({
                "kind": kind, "particles": config.particles, "horizon": config.horizon, "state": STATE, "seed": 1,
            })
        }
    })
}
