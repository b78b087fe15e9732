//! Tracing: a model's functions run once, on lanes that record what is computed with them. The record is written into the
//! text of GPU kernels, which are compiled without knowing any model: [`fill`].

mod lanes;
mod operation;
mod parts;
mod recorder;
mod text;

pub use lanes::{Traced, TracedBits, TracedMask};
pub use parts::{Part, parts};
pub use text::{Text, fill};

use core::fmt;

use crate::lanes::Lanes;
use crate::model::{LaneModel, Vector};
use crate::plant::live_on;
use crate::rng::Stream;
use crate::rollout::{Particle, bounded};
use operation::{Code, Operation};
use recorder::{record, recorded};

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
}

/// The numbers of the inputs, in this order.
impl Sizes {
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
    fn end(self) -> u32 {
        self.other_from() + self.state
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
        let start = recorded(|| model.start::<Traced>((), &zeros)).0;
        let (structure, recorder) = recorded(|| run(model, start));
        if recorder.lost {
            return Err(TraceError::Lost);
        }
        let structure = Structure { operations: recorder.operations, ..structure };
        let trace = Self { structure, parameters: recorder.parameters };
        match trace.agrees_with(model) {
            true => Ok(trace),
            false => Err(TraceError::Differs),
        }
    }

    /// Whether the record gives the model's bits for random states and controls.
    fn agrees_with<M: LaneModel>(&self, model: &M) -> bool {
        let sizes = self.structure.sizes;
        let constants = model.constants::<f32>(());
        let like = model.start::<f32>((), &vec![0.0; M::DIM]);
        let stream = Stream::new(0x7261_6365, 0, 0);
        // Sizes from small to large, so that branches of functions by parts are all taken.
        let number = |round: u32, index: u32| {
            let [a, b, ..] = stream.block((), index, round);
            let unit = (a as i32 as f32) / 2_147_483_648.0;
            unit * [1.0, 0.01, 10.0, 1000.0][(b % 4) as usize]
        };
        (0..64).all(|round| {
            let mut inputs: Vec<f32> = (0..sizes.end()).map(|index| number(round, index)).collect();
            let of = |from: u32, count: u32| from as usize..(from + count) as usize;
            let step = (round % 5) as f32;
            let [cost, now, missed] = sizes.of_step();
            inputs[sizes.lifetime() as usize] = if round % 3 == 0 { step - 1.0 } else { step };
            inputs[sizes.horizon() as usize] = 20.0;
            inputs[now as usize] = step;
            let state = |from| {
                let mut state = like;
                state.as_mut().copy_from_slice(&inputs[of(from, sizes.state)]);
                state
            };
            let mut control = M::Control::<f32>::all(0.0);
            control.as_mut().copy_from_slice(&inputs[of(sizes.control_from(), sizes.control)]);
            let mut particle = Particle::<M, f32>::new((), state(0));
            let effort = &inputs[of(sizes.effort_from(), sizes.effort)];
            particle.effort.as_mut().copy_from_slice(effort);
            let sums = sizes.sums_from() as usize;
            particle.sums = [inputs[sums], inputs[sums + 1]];
            (particle.live, particle.lifetime) = (round % 4 > 0, inputs[sizes.lifetime() as usize]);
            let live = particle.live;

            let values = self.structure.evaluate(&inputs, live, &self.parameters);
            let same = |number: u32, expected: f32| {
                let value = f32::from_bits(values[number as usize]);
                value.to_bits() == expected.to_bits() || value.is_nan() && expected.is_nan()
            };
            let all = |numbers: &[u32], expected: &[f32]| {
                numbers.iter().zip(expected).all(|(number, expected)| same(*number, *expected))
            };
            let (s, mut observed, mut advanced) = (&self.structure, particle, particle);
            observed.observe(&constants, 1.0);
            advanced.advance(&constants, control);
            let end_cost = model.end_cost();
            let finished = particle.finish((), &constants, 20.0, end_cost);
            let so_far = [inputs[cost as usize], inputs[sizes.lifetime() as usize]];
            let (next, record) = live_on::<M, f32>(
                (),
                &constants,
                state(0),
                control,
                so_far,
                [inputs[now as usize], inputs[missed as usize]],
            );
            let apart = M::distance_squared(&constants, &state(0), &state(sizes.other_from()));
            let score = bounded((), M::terminal_cost(&constants, &state(0)));
            let (next_state, next_record) = s.step.split_at(sizes.state as usize);
            all(&s.observe.sums, &observed.sums)
                && same(s.observe.lifetime, observed.lifetime)
                && values[s.observe.live as usize] == u32::from(observed.live)
                && all(&s.advance.state, advanced.state.as_ref())
                && all(&s.advance.effort, advanced.effort.as_ref())
                && all(&s.finish, &finished)
                && same(s.score, score)
                && all(next_state, next.as_ref())
                && all(next_record, &record)
                && same(s.distance, apart)
        })
    }
}

impl Structure {
    /// The results of all operations.
    fn evaluate(&self, inputs: &[f32], live: bool, parameters: &[f32]) -> Vec<u32> {
        let mut values: Vec<u32> = Vec::with_capacity(self.operations.len());
        for Operation { code, args } in &self.operations {
            let mut given = *args;
            for arg in &mut given[..code.arity()] {
                *arg = values[*arg as usize];
            }
            match code {
                Code::Input => given[0] = inputs[args[0] as usize].to_bits(),
                Code::InputMask => given[0] = live.into(),
                Code::Parameter => given[0] = parameters[args[0] as usize].to_bits(),
                _ => {}
            }
            values.push(code.evaluate(given));
        }
        values
    }

    /// How many numbers a state has.
    #[must_use]
    pub fn state_len(&self) -> u32 {
        self.sizes.state
    }

    /// In how many dimensions planners draw.
    #[must_use]
    pub fn dimensions(&self) -> u32 {
        self.sizes.control
    }
}

fn input(number: u32) -> Traced {
    Traced(record(Code::Input, [number, 0, 0, 0]))
}

fn numbers(lanes: &[Traced]) -> Vec<u32> {
    lanes.iter().map(|lane| lane.0).collect()
}

impl ParticlePart {
    fn of<M: LaneModel>(particle: &Particle<M, Traced>) -> Self {
        Self {
            state: numbers(particle.state.as_ref()),
            effort: numbers(particle.effort.as_ref()),
            sums: particle.sums.map(|sum| sum.0),
            lifetime: particle.lifetime.0,
            live: particle.live.0,
        }
    }
}

/// Runs all functions of `model`; `like` is any state.
fn run<M: LaneModel>(model: &M, like: M::State<Traced>) -> Structure {
    let sizes = Sizes {
        state: M::DIM as u32,
        control: M::Control::<Traced>::LEN as u32,
        effort: M::Effort::<Traced>::LEN as u32,
    };
    let constants = model.constants::<Traced>(());
    let fill = |places: &mut [Traced], from: u32| {
        places.iter_mut().zip(from..).for_each(|(place, number)| *place = input(number));
    };
    let state = |from| {
        let mut state = like;
        fill(state.as_mut(), from);
        state
    };
    let mut control = M::Control::<Traced>::all(input(sizes.control_from()));
    fill(control.as_mut(), sizes.control_from());
    let new = Particle::<M, Traced>::new((), state(0));
    let mut particle = new;
    fill(particle.effort.as_mut(), sizes.effort_from());
    fill(&mut particle.sums, sizes.sums_from());
    particle.lifetime = input(sizes.lifetime());
    particle.live = TracedMask(record(Code::InputMask, [0; 4]));
    let (mut observed, mut advanced) = (particle, particle);
    observed.observe(&constants, Traced::literal((), 1.0));
    advanced.advance(&constants, control);
    let end_cost = model.end_cost();
    let finish = particle.finish((), &constants, input(sizes.horizon()), end_cost);
    let [cost, now, missed] = sizes.of_step().map(input);
    let so_far = [cost, input(sizes.lifetime())];
    let (next, [cost, lifetime, score]) =
        live_on::<M, _>((), &constants, state(0), control, so_far, [now, missed]);
    let mut step = numbers(next.as_ref());
    step.extend([cost.0, lifetime.0, score.0]);
    let (own, other) = (state(0), state(sizes.other_from()));
    Structure {
        operations: Vec::new(),
        sizes,
        begin: ParticlePart::of(&new),
        observe: ParticlePart::of(&observed),
        advance: ParticlePart::of(&advanced),
        finish: finish.map(|lane| lane.0),
        score: bounded((), M::terminal_cost(&constants, &own)).0,
        step,
        distance: M::distance_squared(&constants, &own, &other).0,
    }
}
