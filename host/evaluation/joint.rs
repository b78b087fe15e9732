//! Episodes side by side whose decisions a GPU makes together, step by step, and whose environments are the CPU's.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Evaluation, Results};
use crate::decision::Decision;
use crate::env::{Ending, Environment};
use crate::episode::{EpisodeResult, Playing};
use crate::error::PilotError;
use crate::pilot::{Joint, Pilot, act_together};
use crate::settings::{DeviceInfo, Threads};
use crate::threads::Workers;

/// Pilots that decide together, and the threads that step their environments.
pub struct JointEpisodes {
    joint: Joint,
    workers: Workers,
}

/// An episode that is not over.
struct Player {
    /// Its number in the evaluation.
    index: u32,
    began: Instant,
    playing: Playing,
    env: Box<dyn Environment>,
}

impl JointEpisodes {
    /// Episodes by these pilots.
    ///
    /// # Errors
    /// [`PilotError`] where threads cannot be started.
    pub fn new(joint: Joint, threads: usize) -> Result<Self, PilotError> {
        Ok(Self { joint, workers: Workers::start(Threads::asked(threads))? })
    }

    /// The GPU.
    pub fn info(&self) -> DeviceInfo {
        self.joint.together.info()
    }

    /// Adds to `results` until they are all or `stop` is set; when the GPU fails, those that were over before are there. A pilot
    /// whose episode is over begins the next one.
    pub fn run(
        &mut self,
        evaluation: &Evaluation,
        stop: &Arc<AtomicBool>,
        observe: &impl Fn(&EpisodeResult),
        results: &mut Results,
    ) -> Result<(), PilotError> {
        let Joint { pilots, together } = &mut self.joint;
        let mut left = results.missing().into_iter();
        let mut players = Vec::with_capacity(pilots.len());
        for pilot in pilots.iter_mut() {
            pilot.set_interrupt(Arc::clone(stop));
            let next = left.next();
            players.push(next.map(|index| begin(evaluation, index, pilot)).transpose()?);
        }
        let rows = players.iter().flatten().count() as u32;
        Playing::require_memory(&evaluation.episode, rows)?;
        while players.iter().any(Option::is_some) && !stop.load(Ordering::Relaxed) {
            let asked = Instant::now();
            let states =
                players.iter().map(|player| player.as_ref().map(|player| player.playing.state()));
            let decisions = match act_together(together, pilots, states) {
                Err(PilotError::Interrupted) => break,
                decisions => decisions?,
            };
            let time = asked.elapsed();
            let pairs: Vec<_> = players.iter_mut().zip(decisions).collect();
            let step = |(): &mut (), (player, decision)| step(player, decision, time);
            let endings = self.workers.map(pairs, || (), step);
            for ((player, ending), pilot) in players.iter_mut().zip(endings).zip(&mut *pilots) {
                let Some((ending, over)) =
                    ending?.and_then(|ending| Some((ending, player.take()?)))
                else {
                    continue;
                };
                let wall = over.began.elapsed() / rows.max(1);
                let result = EpisodeResult { wall, ..over.playing.finish(ending) };
                observe(&result);
                results.put(over.index, result);
                let next = left.next();
                *player = next.map(|index| begin(evaluation, index, pilot)).transpose()?;
            }
        }
        Ok(())
    }
}

/// Begins episode `index` by this pilot.
fn begin(evaluation: &Evaluation, index: u32, pilot: &mut Pilot) -> Result<Player, PilotError> {
    let episode = evaluation.episode.later(index);
    pilot.reset(episode.first_seed());
    let (began, mut env) = (Instant::now(), evaluation.subject.environment(&episode)?);
    let playing = Playing::begin(&episode, &mut *env)?;
    Ok(Player { index, began, playing, env })
}

/// Takes a step in an episode that is not over; says why it now is, if it is.
fn step(
    player: &mut Option<Player>,
    decision: Option<Decision>,
    time: Duration,
) -> Result<Option<Ending>, PilotError> {
    match (player, decision) {
        (Some(Player { playing, env, .. }), Some(decision)) => {
            playing.step(&mut **env, decision, time, |_| ControlFlow::Continue(()))
        }
        _ => Ok(None),
    }
}
