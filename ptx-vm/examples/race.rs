//! A race, found: a sum of numbers in shared memory that lacks a barrier, and the same with it.
//!
//! A GPU may well give the right sums for both: this one, today.
//!
//! ```text
//! cargo run -p ptx-vm --example race
//! ```

use std::error::Error;
use std::sync::Arc;

use ptx_vm::{Launch, Loaded, Memory, Module};

const RACY: &str = include_str!("race.ptx");

/// Where the barrier belongs.
const MISSING: &str = "// A barrier is missing here.";

const BLOCKS: usize = 4;
const THREADS: usize = 128;

fn main() -> Result<(), Box<dyn Error>> {
    match sums(RACY) {
        Ok(sums) => println!("without the barrier: {sums:?}"),
        Err(fault) => println!("without the barrier: {fault}"),
    }
    println!("with the barrier: {:?}", sums(&mended())?);
    Ok(())
}

fn mended() -> String {
    RACY.replace(MISSING, "bar.sync 0;")
}

/// Sums 0, 1, 2, ... by blocks, with the kernel `block_sum` of a module.
fn sums(ptx: &str) -> Result<Vec<u32>, Box<dyn Error>> {
    let module = Arc::new(Module::parse(ptx)?);
    let memory = Arc::new(Memory::new(1 << 20));
    let loaded = Loaded::new(module.clone(), memory.clone())?;

    let numbers: Vec<u8> = (0..(BLOCKS * THREADS) as u32).flat_map(u32::to_le_bytes).collect();
    let numbers_at = memory.allocate(numbers.len() as u64)?;
    memory.write(numbers_at, &numbers)?;
    let out_at = memory.allocate(4 * BLOCKS as u64)?;

    let launch = Launch::new([BLOCKS as u32, 1, 1], [THREADS as u32, 1, 1]);
    let parameters =
        module.pack("block_sum", &[&numbers_at.to_le_bytes(), &out_at.to_le_bytes()])?;
    loaded.run("block_sum", &launch, &parameters)?;

    let mut out = [0; 4 * BLOCKS];
    memory.read(out_at, &mut out)?;
    Ok(out.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ptx_vm::{Fault, FaultKind};

    #[test]
    fn without_the_barrier_there_is_a_race() {
        let error = sums(RACY).unwrap_err();
        let fault = error.downcast_ref::<Fault>().unwrap();
        let race =
            FaultKind::Race { address: 64, writes: false, other: [16, 0, 0], other_wrote: true };
        assert_eq!((&fault.kind, fault.block), (&race, [0, 0, 0]));
        assert_eq!(fault.text, "ld.shared.u32 %r6, [%rd5];");
    }

    #[test]
    fn with_the_barrier_the_sums_are_right() {
        let sum = |block: u32| (block * 128..(block + 1) * 128).sum::<u32>();
        assert_eq!(sums(&mended()).unwrap(), [sum(0), sum(1), sum(2), sum(3)]);
    }
}
