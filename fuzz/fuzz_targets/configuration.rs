//! Any text is read as a configuration file: all its options or a refusal, never a panic; and what is written of them
//! reads as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use particle_pilot_cli::formats::configuration;

fuzz_target!(|text: &str| {
    let Ok(all) = configuration(text) else { return };
    let again = configuration(&all).expect("what the program writes it reads");
    assert_eq!(again, all);
});
