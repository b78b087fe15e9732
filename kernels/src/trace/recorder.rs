//! The record that a thread writes while a model runs on [`Traced`](super::Traced) lanes.

use std::cell::RefCell;
use std::collections::HashMap;

use super::operation::{Code, Operation};

/// Operations in the order in which they were first asked for, each once.
#[derive(Default)]
pub struct Recorder {
    pub operations: Vec<Operation>,
    known: HashMap<Operation, u32>,
    /// The model's numbers.
    pub parameters: Vec<f32>,
    /// Whether something was asked that a record does not know.
    pub lost: bool,
}

thread_local! {
    static RECORDER: RefCell<Recorder> = RefCell::default();
}

/// What `work` records.
pub fn recorded<R>(work: impl FnOnce() -> R) -> (R, Recorder) {
    RECORDER.take();
    let result = work();
    (result, RECORDER.take())
}

/// The number of the operation, which is recorded if it is new.
pub fn record(code: Code, args: [u32; 4]) -> u32 {
    RECORDER.with_borrow_mut(|recorder| {
        let operation = Operation { code, args };
        let next = recorder.operations.len() as u32;
        let number = *recorder.known.entry(operation).or_insert(next);
        if number == next {
            recorder.operations.push(operation);
        }
        number
    })
}

/// A new number of the model's.
///
/// Two that are equal stay apart: they may be fields of the model that will differ one day, and then the text is to be the
/// same.
pub fn parameter(value: f32) -> u32 {
    let index = RECORDER.with_borrow_mut(|recorder| {
        recorder.parameters.push(value);
        recorder.parameters.len() as u32 - 1
    });
    record(Code::Parameter, [index, 0, 0, 0])
}

/// Notes that something was asked whose answer depends on data, or on the device.
pub fn cannot_follow() {
    RECORDER.with_borrow_mut(|recorder| recorder.lost = true);
}
