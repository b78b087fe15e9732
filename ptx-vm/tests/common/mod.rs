//! A device with one module, for tests.

#![allow(dead_code)] // Each test uses a part.

use std::sync::Arc;

use ptx_vm::{Fault, Launch, Loaded, Memory, Module, Statistics};

/// A device with one module.
pub struct Device {
    pub memory: Arc<Memory>,
    pub loaded: Loaded,
}

impl Device {
    pub fn new(ptx: &str) -> Self {
        let memory = Arc::new(Memory::new(1 << 30));
        let module = Arc::new(Module::parse(ptx).unwrap_or_else(|error| panic!("{error}")));
        let loaded = Loaded::new(module, memory.clone()).unwrap();
        Self { memory, loaded }
    }

    /// A device with a module of one kernel `k` with a pointer parameter `out`, from its body.
    /// There are 10 registers of each kind: `%p`, `%h` (16 bits), `%r`, `%d` (64 bits).
    /// `%d0` holds `out` and `%r0` the thread; `outside` are variables of the module.
    pub fn with_body(outside: &str, body: &str) -> Self {
        Self::new(&module(outside, body))
    }

    pub fn upload(&self, bytes: &[u8]) -> u64 {
        let address = self.memory.allocate(bytes.len() as u64).unwrap();
        self.memory.write(address, bytes).unwrap();
        address
    }

    pub fn download(&self, address: u64, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.memory.read(address, &mut bytes).unwrap();
        bytes
    }

    /// Runs a kernel whose parameters have 8 bytes each, or as many as are declared.
    pub fn run(
        &self,
        kernel: &str,
        grid: u32,
        block: u32,
        parameters: &[u64],
    ) -> Result<Statistics, Fault> {
        self.launch(kernel, &launch(grid, block), parameters)
    }

    pub fn launch(
        &self,
        kernel: &str,
        launch: &Launch,
        parameters: &[u64],
    ) -> Result<Statistics, Fault> {
        let module = self.loaded.module();
        let values: Vec<[u8; 8]> = parameters.iter().map(|value| value.to_le_bytes()).collect();
        let places = module.parameters(kernel).unwrap().iter();
        let values: Vec<&[u8]> =
            places.zip(&values).map(|(place, value)| &value[..place.size]).collect();
        self.loaded.run(kernel, launch, &module.pack(kernel, &values).unwrap())
    }
}

pub fn launch(grid: u32, block: u32) -> Launch {
    Launch::new([grid, 1, 1], [block, 1, 1])
}

/// The module of [`Device::with_body`].
pub fn module(outside: &str, body: &str) -> String {
    format!(
        ".version 6.3\n.target sm_75\n.address_size 64\n{outside}\n\
         .visible .entry k(.param .u64 out)\n{{\n.reg .pred %p<10>;\n.reg .b16 %h<10>;\n\
         .reg .b32 %r<10>;\n.reg .b64 %d<10>;\nld.param.b64 %d0, [out];\nmov.u32 %r0, %tid.x;\n\
         {body}\nret;\n}}\n"
    )
}

/// Runs a body as one block and gives what it left in 4 bytes for each thread.
pub fn words(outside: &str, body: &str, threads: u32) -> Vec<u32> {
    let device = Device::with_body(outside, body);
    let out = device.upload(&vec![0; 4 * threads as usize]);
    device.run("k", 1, threads, &[out]).unwrap_or_else(|fault| panic!("{fault}"));
    words_of(&device.download(out, 4 * threads as usize))
}

/// The fault that a body commits as one block, with 1024 bytes at `out`.
pub fn fault(outside: &str, body: &str, threads: u32) -> Fault {
    let device = Device::with_body(outside, body);
    let out = device.upload(&[0; 1024]);
    device.run("k", 1, threads, &[out]).expect_err("a fault")
}

/// Checks that a body commits no fault, with 1024 bytes at `out`.
pub fn clean(outside: &str, body: &str, threads: u32) {
    let device = Device::with_body(outside, body);
    let out = device.upload(&[0; 1024]);
    device.run("k", 1, threads, &[out]).unwrap_or_else(|fault| panic!("{fault}"));
}

/// Stores `%r9` to `out[thread]`.
pub const STORE: &str =
    "mul.wide.u32 %d9, %r0, 4; add.s64 %d9, %d9, %d0; st.global.b32 [%d9], %r9;";

pub fn bytes_of<T: Copy, const N: usize>(values: &[T], bytes: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(|value| bytes(*value)).collect()
}

pub fn words_of(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

pub fn doubles_of(bytes: &[u8]) -> Vec<u64> {
    bytes.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect()
}
