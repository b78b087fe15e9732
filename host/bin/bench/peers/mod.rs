//! Software that users would pick instead, each as a child process that does the same work.
//!
//! `benches/peers` holds a script for each ([`SCRIPTS`]) and the protocol. A peer's random numbers are its own, so its
//! answers cannot have our digest: its dynamics are checked instead ([`check`]).

mod cases;
mod check;
mod check_drive;
mod process;
mod runner;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result};
use process::{Launch, Process, Waits};
use runner::PeerRunner;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tempfile::TempDir;

use crate::contender::{Contender, Peer};
use crate::models::Model;
use crate::runner::Runner;
use crate::runners;
use crate::work::Work;

/// What is run, beside each other in one folder: the program is complete without its sources.
const MODULES: [(&str, &str); 2] = [
    ("protocol.py", include_str!("../../../../benches/peers/protocol.py")),
    ("diff_drive.py", include_str!("../../../../benches/peers/diff_drive.py")),
];
const SCRIPTS: [(&str, &str); 8] = [
    ("numpy", include_str!("../../../../benches/peers/numpy_peer.py")),
    ("numba", include_str!("../../../../benches/peers/numba_peer.py")),
    ("jax", include_str!("../../../../benches/peers/jax_peer.py")),
    ("gymnasium", include_str!("../../../../benches/peers/gymnasium_peer.py")),
    ("envpool", include_str!("../../../../benches/peers/envpool_peer.py")),
    ("pytorch_mppi", include_str!("../../../../benches/peers/pytorch_mppi_peer.py")),
    ("numba_drive", include_str!("../../../../benches/peers/numba_drive_peer.py")),
    ("pytorch_mppi_drive", include_str!("../../../../benches/peers/pytorch_mppi_drive_peer.py")),
];
/// Those that are programs, which a user has installed.
const PROGRAMS: [(&str, &str); 1] = [("gym-rs", "gym-rs-peer")];
/// Those that can use a GPU.
const ON_GPUS: [&str; 3] = ["jax", "pytorch_mppi", "pytorch_mppi_drive"];

/// What a record says about a peer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub name: String,
    /// What it computes, on how many threads.
    pub does: Option<String>,
    /// Why it does not take part.
    pub absence: Option<String>,
}

/// What a peer says of itself.
#[derive(Deserialize)]
#[serde(untagged)]
enum Hello {
    Here {
        name: String,
        version: String,
        device: String,
        threads: usize,
        works: Vec<Kind>,
        does: String,
    },
    Missing {
        missing: String,
    },
}

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Rollouts under random pushes to the left or right.
    Rollout,
    /// Steps of environments side by side.
    Steps,
    /// A decision of MPPI.
    Mppi,
    /// A decision of MPPI for a robot on a map.
    Drive,
}

impl Kind {
    /// Of work that peers know.
    fn of(work: &Work) -> Option<Self> {
        use particle_pilot::PlannerKind::{Mppi, RandomShooting};
        match work {
            Work::Steps { .. } => Some(Self::Steps),
            Work::Decision(config) if config.planner == RandomShooting => Some(Self::Rollout),
            Work::Decision(config) if config.planner == Mppi => Some(Self::Mppi),
            Work::ModelDecision { model: Model::DiffDrive, config } if config.planner == Mppi => {
                Some(Self::Drive)
            }
            _ => None,
        }
    }
}

/// A peer that is there.
struct Entry {
    contender: Contender,
    works: Vec<Kind>,
    process: Rc<RefCell<Process>>,
}

/// Those that take part.
#[derive(Default)]
pub struct Peers {
    entries: Vec<Entry>,
    pub about: Vec<About>,
    /// The scripts, while they are in use.
    _folder: Option<TempDir>,
}

impl Peers {
    /// Starts all that `python` knows, with so many threads.
    ///
    /// # Errors
    /// If the scripts cannot be written. What is wrong with a peer is said in [`about`](Self::about).
    pub fn start(python: &Path, threads: usize, has_gpu: bool) -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for the peers' scripts")?;
        let file = |name: &str| folder.path().join(name);
        for (name, source) in MODULES {
            std::fs::write(file(name), source)?;
        }
        let mut peers = Self::default();
        for (name, source) in SCRIPTS {
            let script = file(&format!("{name}_peer.py"));
            std::fs::write(&script, source)?;
            for on_gpu in [false, true] {
                if !on_gpu || (has_gpu && ON_GPUS.contains(&name)) {
                    let (program, arguments) = (python.to_owned(), vec![script.clone()]);
                    let complaints = script.with_extension("stderr");
                    let launch = Launch { program, arguments, complaints, threads, on_gpu };
                    peers.add(name, launch, Waits::USUAL);
                }
            }
        }
        for (name, program) in PROGRAMS {
            let (program, arguments) = (program.into(), Vec::new());
            let complaints = file(name).with_extension("stderr");
            let launch = Launch { program, arguments, complaints, threads, on_gpu: false };
            peers.add(name, launch, Waits::USUAL);
        }
        peers._folder = Some(folder);
        Ok(peers)
    }

    fn add(&mut self, name: &str, launch: Launch, waits: Waits) {
        let on = if launch.on_gpu { " on a GPU" } else { "" };
        match Self::greet(launch, waits) {
            Ok((entry, about)) => {
                self.entries.push(entry);
                self.about.push(about);
            }
            Err(error) => self.about.push(About {
                name: format!("{name}{on}"),
                does: None,
                absence: Some(format!("{error:#}")),
            }),
        }
    }

    fn greet(launch: Launch, waits: Waits) -> Result<(Entry, About)> {
        let mut process = Process::start(launch, waits)?;
        let hello = process.ask(&json!({"do": "hello"}), waits.hello)?;
        match serde_json::from_value(hello).context("it did not say hello")? {
            Hello::Missing { missing } => anyhow::bail!("not installed: {missing}"),
            Hello::Here { name, version, device, threads, works, does } => {
                let contender = Contender::Peer(Peer { name, version, device });
                let name = contender.to_string();
                let does = Some(format!("{does} (threads: {threads})"));
                let process = Rc::new(RefCell::new(process));
                Ok((Entry { contender, works, process }, About { name, does, absence: None }))
            }
        }
    }

    /// Those that know a kind of work.
    pub fn that_know(&self, kind: Kind) -> Vec<Contender> {
        let known = self.entries.iter().filter(|entry| entry.works.contains(&kind));
        known.map(|entry| entry.contender.clone()).collect()
    }

    /// Gets `contender` ready for `work`, be it a peer or not.
    pub fn open(&self, work: &Work, contender: &Contender) -> Result<Box<dyn Runner>> {
        if !contender.is_peer() {
            return runners::open(work, contender);
        }
        // Scripts for different works may be of the same software.
        let kind = Kind::of(work).context("peers do not know this work")?;
        let is_it = |entry: &&Entry| entry.contender == *contender && entry.works.contains(&kind);
        let entry = self.entries.iter().find(is_it);
        let entry = entry.context("no such peer was started")?;
        Ok(Box::new(PeerRunner::open(work, Rc::clone(&entry.process))?))
    }
}

#[cfg(test)]
mod tests;
