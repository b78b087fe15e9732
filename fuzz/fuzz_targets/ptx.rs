//! Any text is parsed and decoded: a module or an error, never a panic, and soon.
//!
//! What a module says about its kernels is asked too, since that follows calls and places variables.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ptx_vm::Module;

fuzz_target!(|text: &str| {
    let Ok(module) = Module::parse(text) else { return };
    for kernel in module.kernels() {
        assert!(module.parameters(kernel).is_some());
        assert!(module.resources(kernel).is_some());
    }
});
