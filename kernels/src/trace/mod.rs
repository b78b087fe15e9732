//! Tracing: a model's functions run once, on lanes that record what is computed with them. The record is written into the
//! text of GPU kernels, which are compiled without knowing any model: [`fill`].

mod body;
mod count;
mod environment;
mod lanes;
mod operation;
mod parts;
mod recorder;
mod results;
mod text;

pub use count::Counts;
pub use environment::{EnvironmentTrace, fill_environment};
pub use lanes::{Traced, TracedBits, TracedMask};
pub use parts::{Part, parts};
pub use text::{Asks, Text, fill, head_len};

use core::fmt;

use crate::lanes::Lanes;
use crate::model::{LaneModel, Vector};
use crate::rng::Stream;
use operation::{Code, Operation};
use recorder::{record, recorded};
use results::Results;

/// What kernels need to know of a model.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The same for all models of a type, unless its functions take other ways with other fields.
    pub structure: Structure,
    /// The model's numbers: fields, and what was computed from them beforehand.
    pub parameters: Vec<f32>,
}

/// The operations of a model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Structure {
    operations: Vec<Operation>,
    /// The numbers of a state, of a control and of what of it has a cost.
    sizes: Sizes,
    begin: ParticlePart,
    observe: ParticlePart,
    advance: ParticlePart,
    /// Cost and lifetime.
    finish: [u32; 2],
    /// Of the state: the terminal cost.
    score: u32,
    /// A step of a population: the state, then cost, lifetime and score.
    step: Vec<u32>,
    distance: u32,
}

/// Where a particle's numbers come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ParticlePart {
    state: Vec<u32>,
    effort: Vec<u32>,
    sums: [u32; 2],
    lifetime: u32,
    live: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Sizes {
    state: u32,
    control: u32,
    effort: u32,
    /// Of a row of the reference.
    reference: u32,
    /// Whether there is a grid.
    grid: bool,
}

/// The numbers of the inputs, in this order.
impl Sizes {
    fn of<M: LaneModel>() -> Self {
        Self {
            state: M::DIM as u32,
            control: M::Control::<Traced>::LEN as u32,
            effort: M::Effort::<Traced>::LEN as u32,
            reference: M::REFERENCE as u32,
            grid: M::GRID,
        }
    }
    fn effort_from(self) -> u32 {
        self.state
    }
    fn sums_from(self) -> u32 {
        self.state + self.effort
    }
    fn lifetime(self) -> u32 {
        self.sums_from() + 2
    }
    fn control_from(self) -> u32 {
        self.lifetime() + 1
    }
    fn horizon(self) -> u32 {
        self.control_from() + self.control
    }
    /// Cost, step, the cost of missing this and all later ones.
    fn of_step(self) -> [u32; 3] {
        [1, 2, 3].map(|n| self.horizon() + n)
    }
    fn other_from(self) -> u32 {
        self.horizon() + 4
    }
    /// Two rows: that of the step which a place is about, and the one after it.
    fn reference_from(self) -> u32 {
        self.other_from() + self.state
    }
    /// The grid's [extent](crate::model::Grid::extent).
    fn extent_from(self) -> u32 {
        self.reference_from() + 2 * self.reference
    }
    fn end(self) -> u32 {
        self.extent_from() + 3 * u32::from(self.grid)
    }
}

/// Why a model cannot be put into the kernels' text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceError {
    /// It asks for what depends on data or on the device.
    Lost,
    /// It does not compute the same every time.
    Differs,
    /// Its states have so many numbers, more than kernels take.
    TooLong(usize),
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => write!(
                f,
                "the model takes bundles of lanes apart, which a GPU's kernels cannot follow"
            ),
            Self::TooLong(numbers) => write!(
                f,
                "the model's states have {numbers} numbers, and a GPU's kernels take {} at most",
                text::MOST_NUMBERS
            ),
            Self::Differs => write!(
                f,
                "the model does not compute the same from the same numbers each time, which a GPU's \
                 kernels cannot follow"
            ),
        }
    }
}

impl core::error::Error for TraceError {}

impl Trace {
    /// Runs the functions of `model` once, and compares with what they give for random numbers.
    ///
    /// # Errors
    /// [`TraceError`] for a model whose functions are not straight lines from numbers to numbers.
    pub fn of<M: LaneModel>(model: &M) -> Result<Self, TraceError> {
        if M::DIM > text::MOST_NUMBERS {
            return Err(TraceError::TooLong(M::DIM));
        }
        let zeros = vec![0.0; M::DIM];
        // Before the record begins: a start is the caller's state, not the model's.
        let like = recorded(|| model.start::<Traced>((), &zeros)).0;
        let (results, recorder) = recorded(|| {
            let input = |number| Traced(record(Code::Input, [number, 0, 0, 0]));
            let live = TracedMask(record(Code::InputMask, [0; 4]));
            // What is given is known by its place among the inputs.
            let given: Vec<f32> = (0..Sizes::of::<M>().end()).map(|number| number as f32).collect();
            Results::of(model, like, input, live, [&given, &[0.0]])
        });
        if recorder.lost {
            return Err(TraceError::Lost);
        }
        let structure = results.structure(recorder.operations);
        let trace = Self { structure, parameters: recorder.parameters };
        match trace.agrees_with(model) {
            true => Ok(trace),
            false => Err(TraceError::Differs),
        }
    }

    /// Whether the record gives the model's bits for random states and controls.
    fn agrees_with<M: LaneModel>(&self, model: &M) -> bool {
        let sizes = self.structure.sizes;
        let like = model.start::<f32>((), &vec![0.0; M::DIM]);
        (0..64).all(|round| {
            let mut inputs: Vec<f32> =
                (0..sizes.end()).map(|index| random_number(round, index)).collect();
            let step = (round % 5) as f32;
            let [_, now, _] = sizes.of_step();
            inputs[sizes.lifetime() as usize] = if round % 3 == 0 { step - 1.0 } else { step };
            inputs[sizes.horizon() as usize] = 20.0;
            inputs[now as usize] = step;
            let live = round % 4 > 0;
            let cells: Vec<f32> =
                (0..20).map(|cell| random_number(round, sizes.end() + cell)).collect();
            if sizes.grid {
                // Five columns and four rows.
                inputs[sizes.extent_from() as usize..].copy_from_slice(&[4.0, 3.0, 5.0]);
            }
            let operations = &self.structure.operations;
            let values = evaluate(operations, &inputs, live, &self.parameters, &cells);
            let input = |number| inputs[number as usize];
            let given = [inputs.as_slice(), &cells];
            Results::of(model, like, input, live, given).agree_with(&self.structure, &values)
        })
    }
}

/// A number to compare records with functions by. Sizes go from small to large, so that branches of functions by parts are
/// all taken.
fn random_number(round: u32, index: u32) -> f32 {
    let [a, b, ..] = Stream::new(0x7261_6365, 0, 0).block((), index, round);
    let unit = (a as i32 as f32) / 2_147_483_648.0;
    unit * [1.0, 0.01, 10.0, 1000.0][(b % 4) as usize]
}

/// Whether a result has the bits that are expected; all that are no number are alike.
fn is_same(result: u32, expected: f32) -> bool {
    result == expected.to_bits() || f32::from_bits(result).is_nan() && expected.is_nan()
}

/// The results of all operations.
fn evaluate(
    operations: &[Operation],
    inputs: &[f32],
    live: bool,
    parameters: &[f32],
    cells: &[f32],
) -> Vec<u32> {
    let mut values: Vec<u32> = Vec::with_capacity(operations.len());
    for Operation { code, args } in operations {
        let mut given = *args;
        for arg in &mut given[..code.arity()] {
            *arg = values[*arg as usize];
        }
        match code {
            Code::Input => given[0] = inputs[args[0] as usize].to_bits(),
            Code::InputMask => given[0] = live.into(),
            Code::Parameter => given[0] = parameters[args[0] as usize].to_bits(),
            Code::Cell => given[0] = f32::from_bits(given[0]).gather(cells).to_bits(),
            _ => {}
        }
        values.push(code.evaluate(given));
    }
    values
}

impl Structure {
    /// How many numbers a state has.
    #[must_use]
    pub fn state_len(&self) -> u32 {
        self.sizes.state
    }

    /// How many numbers a row of the reference has.
    #[must_use]
    pub fn reference_len(&self) -> u32 {
        self.sizes.reference
    }

    /// In how many dimensions planners draw.
    #[must_use]
    pub fn dimensions(&self) -> u32 {
        self.sizes.control
    }
}
