//! Recordings of episodes, as files: one line of CSV for every step, and what is needed to do it again.
//!
//! A [`Recorder`] writes one while an episode runs, a [`Recording`] reads it row by row, and a [`Replay`] tells whether every
//! bit comes again. States and actions have any number of numbers, whatever the model; the columns say how many.
//!
//! ```text
//! # particle-pilot trace 2
//! # ...                                       notes: any text, such as how to make the pilot again
//! step,state_0,state_1,action,reward,decision_us,best,mean,ess,spread,dead_share
//! 0,0.0136,...                                the state before the action; shortest decimals
//! 200,0.0211,-0.31,,,,,,,,                    the state that the last action led to, and nothing else
//! # outcome: survived                         an Ending by name
//! # digest: 0123456789abcdef                  of states and actions, as EpisodeResult has it
//! # lines: 0123456789abcdef                   of all lines above, each with a line feed
//! ```
//!
//! * Numbers of a state go by the [names](crate::Problem::state_names) of a known problem, else by `state_0` and so on.
//! * `action` is the index of a choice or the one number of a box; where a box has several, there are `action_0`, `action_1`
//!   and so on.
//! * `decision_us` is the time that the decision took, in microseconds: the only column that does not come again.
//! * `best` to `dead_share` are what [`Diagnostics`](crate::Diagnostics) has under these names; `ess` is the effective number
//!   of samples.
//!
//! Units are the model's, times aside. A recording is in no way about the device or the threads: any machine
//! replays it.
//!
//! # Examples
//! ```
//! use std::ops::ControlFlow;
//!
//! use particle_pilot::env::ModelEnvironment;
//! use particle_pilot::kernels::model::{Actions, Model};
//! use particle_pilot::kernels::real::Real;
//! use particle_pilot::recording::{Recorder, Recording, Replay};
//! use particle_pilot::{Episode, Pilot, PilotConfig};
//!
//! /// A boat on a lake, to be brought to the middle by two speeds, east and north.
//! #[derive(Clone, Copy)]
//! struct Boat;
//!
//! impl Model<2, 2> for Boat {
//!     fn actions(&self) -> Actions<2> {
//!         Actions::within([-1.0; 2], [1.0; 2])
//!     }
//!     fn advance<R: Real>(&self, [x, y]: [R; 2], [east, north]: [R; 2]) -> [R; 2] {
//!         [x + east * 0.1, y + north * 0.1]
//!     }
//!     fn cost<R: Real>(&self, [x, y]: [R; 2], _: [R; 2]) -> R {
//!         x.square() + y.square()
//!     }
//! }
//!
//! let config = PilotConfig { particles: 64, horizon: 10, ..PilotConfig::default() };
//! let mut pilot = Pilot::with_model(config, Boat)?;
//! let mut lake = ModelEnvironment::new(Boat, [-1.0; 2], [1.0; 2])?;
//! let episode = Episode::new().seed(7).steps(20);
//!
//! let mut recorder = Recorder::begin(Vec::new(), "a boat, 64 particles", &pilot)?;
//! let mut written = Ok(());
//! let result = episode.run_in_with(&mut pilot, &mut lake, |record| {
//!     written = recorder.step(record);
//!     if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
//! })?;
//! written?;
//! let file: Vec<u8> = recorder.end(&result)?;
//!
//! let mut recording = Recording::read(&file[..])?;
//! assert_eq!(recording.notes(), "a boat, 64 particles\n");
//! assert_eq!(recording.state_names(), ["state_0", "state_1"]);
//! let replay = Replay::of(&mut recording, &episode, &mut pilot, &mut lake)?;
//! assert!(replay.agrees, "{replay:?}");
//! assert_eq!((replay.steps, replay.digest), (20, result.digest));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod columns;
mod error;
mod lines;
mod reader;
mod replay;
mod row;
mod writer;

pub use check::{Check, Disagreement};
pub use error::{RecordingError, ReplayError};
pub use reader::{End, Recording};
pub use replay::Replay;
pub use row::Row;
pub use writer::Recorder;

/// What a recording begins with, before the number of its format.
const MAGIC: &str = "# particle-pilot trace ";

/// The number of the format that this version writes and reads. Until 1, there was no final state.
pub const FORMAT: u32 = 2;
