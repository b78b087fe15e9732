//! A model as the environment of episodes: its step, put into the kernel that steps them.

use std::collections::HashMap;
use std::fmt::Write;

use super::body::Body;
use super::operation::{Code, Operation};
use super::recorder::{record, recorded};
use super::text::{MOST_NUMBERS, PLACE, places};
use super::{Sizes, Text, TraceError, Traced, evaluate, is_same, parts, random_number};
use crate::lanes::Lanes;
use crate::model::Model;
use crate::real::Num;

/// The record of a step of a model that is an environment.
#[derive(Clone, Debug)]
pub struct EnvironmentTrace {
    operations: Vec<Operation>,
    /// The model's numbers.
    pub parameters: Vec<f32>,
    sizes: Sizes,
    /// The state that the step leads to.
    next: Vec<u32>,
    /// The step's cost, and 1 where the episode goes on.
    judged: [u32; 2],
}

/// What a step comes to: the state, the cost, and 1 where the episode goes on.
fn step<T, L, const N: usize, const M: usize>(
    model: &T,
    state: [L; N],
    control: [L; M],
) -> ([L; N], [L; 2])
where
    T: Model<N, M>,
    L: Lanes<Proof = ()>,
{
    let control = control.map(Num);
    let next = model.advance(state.map(Num), control);
    let [one, zero] = [1.0, 0.0].map(|value| L::literal((), value));
    let goes_on = L::select(model.goes_on(next), one, zero);
    (next.map(|number| number.0), [model.cost(next, control).0, goes_on])
}

impl EnvironmentTrace {
    /// Runs the functions of `model` once, and compares with what they give for random numbers.
    ///
    /// # Errors
    /// As [`Trace::of`](super::Trace::of).
    pub fn of<T: Model<N, M>, const N: usize, const M: usize>(
        model: &T,
    ) -> Result<Self, TraceError> {
        if N > MOST_NUMBERS {
            return Err(TraceError::TooLong(N));
        }
        let sizes =
            Sizes { state: N as u32, control: M as u32, effort: 0, reference: 0, grid: false };
        let input = |number: u32| Traced(record(Code::Input, [number, 0, 0, 0]));
        let ((next, judged), recorder) = recorded(|| {
            let state = std::array::from_fn(|n| input(n as u32));
            let control = std::array::from_fn(|m| input((N + m) as u32));
            step::<T, Traced, N, M>(model, state, control)
        });
        if recorder.lost {
            return Err(TraceError::Lost);
        }
        let trace = Self {
            operations: recorder.operations,
            parameters: recorder.parameters,
            sizes,
            next: next.map(|number| number.0).to_vec(),
            judged: judged.map(|number| number.0),
        };
        let agrees = (0..64).all(|round| {
            let inputs: Vec<f32> =
                (0..(N + M) as u32).map(|index| random_number(round, index)).collect();
            let state = std::array::from_fn(|n| inputs[n]);
            let control = std::array::from_fn(|m| inputs[N + m]);
            let (next, judged) = step::<T, f32, N, M>(model, state, control);
            let values = evaluate(&trace.operations, &inputs, true, &trace.parameters, &[]);
            let recorded = trace.next.iter().chain(&trace.judged);
            recorded
                .zip(next.iter().chain(&judged))
                .all(|(number, expected)| is_same(values[*number as usize], *expected))
        });
        if agrees { Ok(trace) } else { Err(TraceError::Differs) }
    }
}

/// The kernels of `ptx`, of which the one that steps episodes has the environment of `trace` in it; it takes the environment's
/// numbers as a second parameter. All others stay as they are.
///
/// # Panics
/// If `ptx` is not of this version.
#[must_use]
pub fn fill_environment(ptx: &str, trace: &EnvironmentTrace) -> Text {
    let takes_numbers = (1..=MOST_NUMBERS).contains(&trace.parameters.len());
    let mut text = Text { ptx: String::with_capacity(2 * ptx.len()), takes_numbers };
    for part in parts(ptx) {
        match part.name {
            Some(entry) if places(part.text).any(is_step) => {
                kernel(part.text, entry, trace, takes_numbers, &mut text.ptx);
            }
            _ => text.ptx.push_str(part.text),
        }
    }
    text
}

/// Whether a place is an environment's.
pub(super) fn is_step(place: &str) -> bool {
    place.starts_with("act ")
}

fn kernel(text: &str, entry: &str, trace: &EnvironmentTrace, takes_numbers: bool, to: &mut String) {
    for line in text.lines() {
        if let Some(place) = line.trim_start().strip_prefix(PLACE) {
            act(&place.split_whitespace().collect::<Vec<_>>(), entry, trace, takes_numbers, to);
        } else {
            if takes_numbers && line == ")" {
                to.pop(); // the end of the line
                let bytes = 4 * trace.parameters.len();
                let _ = writeln!(to, ",\n\t.param .align 4 .b8 {entry}_param_1[{bytes}]");
            }
            let _ = writeln!(to, "{line}");
        }
    }
}

/// Writes the place whose operands are `words`: `act COST GOES_ON STATE CONTROL..`.
fn act(
    words: &[&str],
    entry: &str,
    trace: &EnvironmentTrace,
    takes_numbers: bool,
    to: &mut String,
) {
    let Sizes { state, control, .. } = trace.sizes;
    let _ = writeln!(to, "\t{{\n\t.reg .b64 %at; cvta.to.global.u64 %at, {};", words[3]);
    let _ = writeln!(to, "\t.reg .b32 %s<{state}>;");
    for n in 0..state {
        let _ = writeln!(to, "\tld.global.b32 %s{n}, [%at+{}];", 4 * n);
    }
    let states = (0..state).map(|n| (n, format!("%s{n}")));
    let controls = (0..control).map(|m| (state + m, words[4 + m as usize].to_owned()));
    let inputs: HashMap<u32, String> = states.clone().chain(controls).collect();
    let next = states.map(|(_, name)| name).zip(trace.next.iter().copied());
    let judged = words[1..3].iter().map(|word| (*word).to_owned()).zip(trace.judged);
    let body = Body {
        operations: &trace.operations,
        parameters: &trace.parameters,
        parameters_at: takes_numbers.then_some(0),
        sizes: trace.sizes,
        entry,
    };
    body.write(to, &next.chain(judged).collect::<Vec<_>>(), &inputs, "");
    for n in 0..state {
        let _ = writeln!(to, "\tst.global.b32 [%at+{}], %s{n};", 4 * n);
    }
    let _ = writeln!(to, "\t}}");
}
