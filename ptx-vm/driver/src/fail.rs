//! Calls that fail because a test wants them to.

use std::collections::HashMap;
use std::env;

use crate::codes::Code;

/// Which calls fail, and how often each function was called.
#[derive(Default)]
pub struct Failures {
    planned: Vec<Failure>,
    calls: HashMap<&'static str, u64>,
}

struct Failure {
    function: String,
    call: u64,
    code: Code,
}

impl Failures {
    /// Those of `PTX_VM_FAIL`. What cannot be understood is told, and fails nothing.
    pub fn from_environment() -> Self {
        let text = env::var("PTX_VM_FAIL").unwrap_or_default();
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let planned = entries
            .filter_map(|entry| {
                let failure = parse(entry);
                if failure.is_none() {
                    eprintln!("ptx-vm: PTX_VM_FAIL: `{entry}` is not `FUNCTION:CALL=CODE`");
                }
                failure
            })
            .collect();
        Self { planned, ..Self::default() }
    }

    /// Counts a call, and says with what it must fail.
    pub fn next(&mut self, function: &'static str) -> Option<Code> {
        if self.planned.is_empty() {
            return None;
        }
        let calls = self.calls.entry(function).or_default();
        *calls += 1;
        let call = *calls;
        let is_this = |failure: &&Failure| failure.function == function && failure.call == call;
        self.planned.iter().find(is_this).map(|failure| failure.code)
    }
}

fn parse(entry: &str) -> Option<Failure> {
    let (call, code) = entry.split_once('=')?;
    let (function, call) = call.split_once(':')?;
    Some(Failure { function: function.into(), call: call.parse().ok()?, code: code.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_planned_call_fails_and_no_other() {
        let planned = vec![parse("cuInit:2=100").unwrap(), parse("cuMemFree_v2:1=700").unwrap()];
        let mut failures = Failures { planned, ..Failures::default() };
        let results = [(); 3].map(|()| failures.next("cuInit"));
        assert_eq!(results, [None, Some(100), None]);
        assert_eq!(failures.next("cuMemFree_v2"), Some(700));
        assert_eq!(failures.next("cuMemAlloc_v2"), None);
    }

    #[test]
    fn nonsense_is_not_understood() {
        for entry in ["cuInit", "cuInit:1", "cuInit=1", "cuInit:x=1", "cuInit:1=x"] {
            assert!(parse(entry).is_none(), "{entry}");
        }
    }
}
