//! Models beside the cart-pole that decisions are about.

use std::fmt;

use anyhow::Result;
use particle_pilot::kernels::model::{LaneModel, Visitor, lift};
use particle_pilot::kernels::problems::{DiffDrive, Pendulum};
use particle_pilot::kernels::trace::{Counts, Trace};
use particle_pilot::{Pilot, PilotConfig, Simd};

/// Cells in a row and in a column of the map, of 0.1 m.
pub const CELLS: usize = 110;
/// The deviation of controls as a share of their range's half: 0.17 m/s and 0.2 rad/s.
pub const DRIVE_NOISE: f64 = 0.4;

/// A model of `kernels::problems`, as it is by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// A rod to be swung up.
    Pendulum,
    /// A robot with two driven wheels on a map with a wall.
    DiffDrive,
}

impl Model {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pendulum => "pendulum",
            Self::DiffDrive => "diff-drive",
        }
    }

    /// Where decisions are made: hanging, nearly at rest; before the wall.
    pub fn state(self) -> &'static [f64] {
        match self {
            Self::Pendulum => &[3.1, 0.1],
            Self::DiffDrive => &[4.2, 5.5, 0.0],
        }
    }

    /// A pilot that has all that it needs. The vector instructions are the CPU's.
    pub fn pilot(self, config: PilotConfig, simd: Simd) -> Result<Pilot> {
        Ok(match self {
            Self::Pendulum => Pilot::with_model_and_simd(config, Pendulum::default(), simd)?,
            Self::DiffDrive => {
                let mut pilot = Pilot::with_model_and_simd(config, DiffDrive::default(), simd)?;
                pilot.set_grid(CELLS, CELLS, &map())?;
                pilot
            }
        })
    }

    /// The operations of a step.
    pub fn step_counts(self) -> Option<Counts> {
        match self {
            Self::Pendulum => lift(Pendulum::default(), Traced).ok()?,
            Self::DiffDrive => lift(DiffDrive::default(), Traced).ok()?,
        }
    }

    /// In how many dimensions planners draw for it.
    pub fn dimensions(self) -> u32 {
        match self {
            Self::Pendulum => 1,
            Self::DiffDrive => 2,
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

struct Traced;

impl Visitor for Traced {
    type Output = Option<Counts>;

    fn visit<M: LaneModel>(self, model: M) -> Option<Counts> {
        Some(Trace::of(&model).ok()?.step_counts())
    }
}

/// A wall across the way to the goal: 1 where it is, row after row.
pub fn map() -> Vec<f32> {
    let is_wall = |cell: usize| {
        let (column, row) = (cell % CELLS, cell / CELLS);
        (47..50).contains(&column) && (54..62).contains(&row)
    };
    (0..CELLS * CELLS).map(|cell| f32::from(u8::from(is_wall(cell)))).collect()
}
