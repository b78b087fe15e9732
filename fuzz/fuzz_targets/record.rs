//! Any bytes are read as a record of `bench`, and shown in every form: never a panic, whatever its figures are.

#![no_main]

use libfuzzer_sys::fuzz_target;
use particle_pilot_bench::formats::record;

fuzz_target!(|bytes: &[u8]| {
    let Ok(shown) = record(bytes) else { return };
    assert!(!shown.is_empty());
});
