//! Any bytes are read as a trace, to its end: steps or a refusal, never a panic, and soon.

#![no_main]

use libfuzzer_sys::fuzz_target;
use particle_pilot_cli::formats::trace;

fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.split(|byte| *byte == b'\n').count();
    let Ok(steps) = trace(bytes.to_vec()) else { return };
    assert!(steps < lines, "every step has a line");
});
