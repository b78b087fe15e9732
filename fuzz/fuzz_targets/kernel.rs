//! Kernels of any text are run: each ends or commits a fault, never a panic, and soon.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ptx_vm::{Launch, Loaded, Memory, Module};

/// Warp instructions of a block: enough for what a short text can do, and soon over.
const LIMIT: u64 = 2_000;

/// Bytes of memory that each parameter of 8 bytes points to.
const BYTES: u64 = 1 << 12;

fuzz_target!(|text: &str| {
    let Ok(module) = Module::parse(text) else { return };
    let memory = Arc::new(Memory::new(1 << 20));
    let Ok(address) = memory.allocate(BYTES) else { return };
    memory.fill(address, 1, BYTES).expect("the range was just allocated");
    let Ok(mut loaded) = Loaded::new(Arc::new(module), memory) else { return };
    loaded.set_limit(LIMIT);
    let module = loaded.module();
    for kernel in module.kernels() {
        let places = module.parameters(kernel).expect("the module names its kernels");
        let value = address.to_le_bytes();
        let values: Vec<Vec<u8>> = places
            .iter()
            .map(|place| if place.size == 8 { value.to_vec() } else { vec![0; place.size] })
            .collect();
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let block = module.pack(kernel, &values).expect("values as the kernel declares them");
        let alone = Launch::new([1; 3], [40, 1, 1]);
        let together = Launch { cooperative: true, ..Launch::new([2, 1, 1], [32, 1, 1]) };
        for launch in [alone, together] {
            let _ = loaded.run(kernel, &launch, &block);
        }
    }
});
