//! What all exported functions have in common.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::codes::{Code, INVALID_VALUE, NOT_INITIALIZED, Outcome, SUCCESS, UNKNOWN};
use crate::report;
use crate::state::{State, state};

/// When a function refuses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Never.
    Nothing,
    /// Before `cuInit`.
    Driver,
    /// Without a current context, or with one that is lost.
    Context,
    /// As `Context`, but what it ends is ended also when the context is lost.
    ContextToEnd,
}

/// Runs the body of an exported function: fails if it is to, holds back panics.
pub fn call(
    function: &'static str,
    needs: Needs,
    body: impl FnOnce(&mut State) -> Outcome,
) -> Code {
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut state = state();
        let result = checked(&mut state, function, needs, body);
        report::write(&mut state);
        result
    }));
    match result {
        Ok(Ok(())) => SUCCESS,
        Ok(Err(code)) => code,
        Err(_) => UNKNOWN,
    }
}

fn checked(
    state: &mut State,
    function: &'static str,
    needs: Needs,
    body: impl FnOnce(&mut State) -> Outcome,
) -> Outcome {
    if let Some(code) = state.failures.next(function) {
        state.lose(code);
        return Err(code);
    }
    if needs != Needs::Nothing && !state.is_initialised {
        return Err(NOT_INITIALIZED);
    }
    if matches!(needs, Needs::Context | Needs::ContextToEnd) {
        state.current()?;
        if let Some(code) = state.lost() {
            if needs == Needs::ContextToEnd {
                let _ = body(state);
            }
            return Err(code);
        }
    }
    body(state)
}

/// Writes a result where the caller wants it.
///
/// # Safety
/// `to` is null, which is refused, or may be written to.
pub unsafe fn put<T>(to: *mut T, value: T) -> Outcome {
    if to.is_null() {
        return Err(INVALID_VALUE);
    }
    // SAFETY: the caller vouches for it.
    unsafe { to.write(value) };
    Ok(())
}
