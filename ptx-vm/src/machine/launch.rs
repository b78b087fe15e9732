//! A module in a device's memory, ready to be launched.

use std::collections::HashMap;
use std::sync::Arc;

use super::fault::{Fault, FaultKind};
use super::space::{FUNCTION_BASE, FUNCTION_STEP, SHARED_BASE};
use super::{Context, grid};
use crate::alu;
use crate::memory::{Memory, OutOfMemory};
use crate::module::Module;
use crate::syntax::lexer::Literal;
use crate::syntax::tree::{Space, Value, Variable};

/// Warp instructions that a block may execute, unless told otherwise.
const DEFAULT_LIMIT: u64 = 10_000_000_000;

/// Threads that a block can have at most.
const MOST_THREADS: u64 = 1024;

/// Blocks that a cooperative launch can have at most: more than any GPU holds at once.
const MOST_RESIDENT_BLOCKS: u64 = 8192;

/// Shared memory that a block can have at most, in bytes.
const MOST_SHARED_BYTES: usize = 228 * 1024;

/// A launch: the grid, its blocks, and what they get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Blocks along x, y and z.
    pub grid: [u32; 3],
    /// Threads of a block along x, y and z; at most 1024 in all.
    pub block: [u32; 3],
    /// Shared memory of a block in bytes, on top of what the kernel declares.
    pub dynamic_shared_bytes: u32,
    /// All blocks are resident at once, so that they can wait for each other. They then take turns
    /// on one CPU thread.
    pub cooperative: bool,
}

impl Launch {
    /// A launch without dynamic shared memory, whose blocks do not wait for each other.
    ///
    /// * `grid`: blocks along x, y and z.
    /// * `block`: threads of a block along x, y and z; at most 1024 in all.
    #[must_use]
    pub fn new(grid: [u32; 3], block: [u32; 3]) -> Self {
        Self { grid, block, dynamic_shared_bytes: 0, cooperative: false }
    }
}

/// Counts of the instructions that a launch executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Instructions, counted once for each warp or part of a warp that executed them.
    pub warp_instructions: u64,
    /// Instructions, counted once for each thread that executed them.
    pub thread_instructions: u64,
}

/// A module loaded into a device's memory: its global variables stand there until this is dropped.
#[derive(Debug)]
pub struct Loaded {
    module: Arc<Module>,
    memory: Arc<Memory>,
    /// The address of each global variable; 0 for those of other spaces.
    addresses: Vec<u64>,
    limit: u64,
    alu: alu::Run,
}

impl Loaded {
    /// Allocates the global variables of `module` in `memory` and initialises them.
    ///
    /// # Errors
    /// If they do not fit.
    pub fn new(module: Arc<Module>, memory: Arc<Memory>) -> Result<Self, OutOfMemory> {
        let mut addresses = vec![0; module.variables.len()];
        for index in 0..module.variables.len() {
            let variable = &module.variables[index];
            if !matches!(variable.space, Space::Global | Space::Const) {
                continue;
            }
            match memory.allocate_aligned(variable.bytes as u64, variable.align as u64) {
                Ok(address) => addresses[index] = address,
                Err(error) => {
                    free(&memory, &addresses);
                    return Err(error);
                }
            }
        }
        let loaded = Self { module, memory, addresses, limit: DEFAULT_LIMIT, alu: alu::select() };
        for (variable, address) in loaded.module.variables.iter().zip(&loaded.addresses) {
            if *address != 0 {
                // The allocation was just made with the variable's size, so this cannot fail.
                let _ = loaded.memory.write(*address, &loaded.image(variable));
            }
        }
        Ok(loaded)
    }

    /// The initial bytes of a variable.
    fn image(&self, variable: &Variable) -> Vec<u8> {
        let names: HashMap<&str, usize> = self.module.names();
        let size = variable.of.bytes();
        let mut image = vec![0; variable.bytes];
        for (value, bytes) in variable.values.iter().zip(image.chunks_mut(size)) {
            let value = match value {
                Value::Literal(Literal::Integer(value) | Literal::Double(value)) => *value,
                Value::Literal(Literal::Single(bits)) => u64::from(*bits),
                Value::Symbol { name, offset, generic } => {
                    let function = self.module.codes.iter().position(|code| code.name == *name);
                    let base = match (names.get(&**name), function) {
                        (Some(&index), _) => {
                            let shared = self.module.variables[index].space == Space::Shared;
                            self.addresses[index] + if shared && *generic { SHARED_BASE } else { 0 }
                        }
                        (None, Some(code)) => FUNCTION_BASE + FUNCTION_STEP * code as u64,
                        (None, None) => 0,
                    };
                    base.wrapping_add(*offset as u64)
                }
            };
            let length = bytes.len().min(8);
            bytes[..length].copy_from_slice(&value.to_le_bytes()[..length]);
        }
        image
    }

    /// The module.
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The address and size of a `.global` or `.const` variable.
    #[must_use]
    pub fn global(&self, name: &str) -> Option<(u64, usize)> {
        let index = *self.module.names().get(name)?;
        let address = self.addresses[index];
        (address != 0).then(|| (address, self.module.variables[index].bytes))
    }

    /// Sets how many warp instructions a block (of a cooperative launch: the whole grid) may
    /// execute before that is a fault; ten billion unless set. The check is made now and then, so
    /// that somewhat more may be executed.
    pub fn set_limit(&mut self, warp_instructions: u64) {
        self.limit = warp_instructions;
    }

    /// Launches a kernel and runs it to its end, or to its first fault.
    ///
    /// * `kernel`: its name, mangled as in the text.
    /// * `parameters`: laid out as [`Module::parameters`] says; [`Module::pack`] does it.
    ///
    /// What was written to memory before a fault stays.
    ///
    /// # Errors
    /// What the kernel did wrong, or why it cannot be launched so.
    pub fn run(
        &self,
        kernel: &str,
        launch: &Launch,
        parameters: &[u8],
    ) -> Result<Statistics, Fault> {
        let refuse = |reason: String| Fault {
            kind: FaultKind::BadLaunch(reason),
            kernel: kernel.to_owned(),
            block: [0; 3],
            thread: [0; 3],
            line: 0,
            text: String::new(),
        };
        let codes = &self.module.codes;
        let index = codes
            .iter()
            .position(|code| code.entry && code.name == kernel)
            .ok_or_else(|| refuse(format!("no such kernel: {}", self.module.kernels_in_words())))?;
        let wanted = codes[index].parameters.last().map_or(0, |last| last.offset + last.size);
        if parameters.len() != wanted as usize {
            let given = parameters.len();
            return Err(refuse(format!("{given} bytes of parameters given, {wanted} wanted")));
        }
        let product = |extent: [u32; 3]| -> Option<u64> {
            extent.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent.into()))
        };
        let (grid, block) = (product(launch.grid), product(launch.block));
        if !matches!(block, Some(1..=MOST_THREADS)) {
            return Err(refuse(format!("a block of {:?} threads", launch.block)));
        }
        if !matches!(grid, Some(1..=0xffff_ffff)) {
            return Err(refuse(format!("a grid of {:?} blocks", launch.grid)));
        }
        if launch.cooperative && grid.is_some_and(|blocks| blocks > MOST_RESIDENT_BLOCKS) {
            return Err(refuse(format!(
                "{:?} blocks, not all of which can be resident",
                launch.grid
            )));
        }
        let (places, fixed) = self.module.shared_places(index);
        let shared_bytes = fixed + launch.dynamic_shared_bytes as usize;
        if shared_bytes > MOST_SHARED_BYTES {
            return Err(refuse(format!("{shared_bytes} bytes of shared memory")));
        }
        let mut addresses = self.addresses.clone();
        for (variable, offset) in places {
            addresses[variable as usize] = offset as u64;
        }
        let context = Context {
            codes,
            kernel: index,
            launch,
            parameters,
            memory: self.memory.snapshot(),
            addresses,
            shared_bytes,
            alu: self.alu,
            limit: self.limit,
        };
        grid::run(&context).map_err(|mut fault| {
            fault.text = self.module.line(fault.line).to_owned();
            fault
        })
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        free(&self.memory, &self.addresses);
    }
}

/// Gives back the global variables of a module.
fn free(memory: &Memory, addresses: &[u64]) {
    for &address in addresses.iter().filter(|&&address| address != 0) {
        // Somebody may have freed it by its address: then there is nothing to do.
        let _ = memory.free(address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a kernel leaves in memory with the given arithmetic.
    fn output(kernel: &str, inputs: &[Vec<u8>], parameters: &str, alu: alu::Run) -> Vec<u8> {
        let memory = Arc::new(Memory::new(1 << 24));
        let module = Module::parse(include_str!("../../tests/kernels.ptx")).unwrap();
        let mut loaded = Loaded::new(Arc::new(module), memory.clone()).unwrap();
        loaded.alu = alu;
        let out = memory.allocate(1 << 16).unwrap();
        let mut inputs = inputs.iter();
        let mut block = Vec::new();
        for parameter in parameters.chars() {
            let address = match parameter {
                'i' => {
                    let input = inputs.next().unwrap();
                    let address = memory.allocate(input.len() as u64).unwrap();
                    memory.write(address, input).unwrap();
                    address
                }
                'n' => {
                    block.extend(40u64.to_le_bytes());
                    continue;
                }
                _ => out,
            };
            block.extend(address.to_le_bytes());
        }
        let launch = Launch {
            grid: [3, 1, 1],
            block: [80, 1, 1],
            dynamic_shared_bytes: 0,
            cooperative: false,
        };
        loaded.run(kernel, &launch, &block).unwrap_or_else(|fault| panic!("{fault}"));
        let mut bytes = vec![0; 1 << 16];
        memory.read(out, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn all_vector_instructions_give_the_same_bits() {
        let mut state = 3u64;
        let mut random = |count: usize| -> Vec<u8> {
            std::iter::repeat_with(|| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) as u8
            })
            .take(count)
            .collect()
        };
        let inputs = [random(8192), random(8192)];
        let reals: Vec<u8> = (1..300).flat_map(|i| (f64::from(i) * 0.7).to_le_bytes()).collect();
        for (kernel, parameters, inputs) in [
            ("philox", "no", &inputs[..]),
            ("elementary", "io", &[reals]),
            ("choose", "iio", &inputs),
            ("wide", "io", &inputs),
            ("table", "io", &inputs),
            ("ackermann", "o", &[]),
            ("casts", "iio", &inputs),
            ("narrow", "iio", &inputs),
        ] {
            let runs = alu::available();
            let wanted = output(kernel, inputs, parameters, runs[0]);
            for run in &runs[1..] {
                assert!(output(kernel, inputs, parameters, *run) == wanted, "{kernel}");
            }
        }
    }
}
