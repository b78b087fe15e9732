//! A grid: its blocks run on several threads, or take turns on one.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::Context;
use super::block::Block;
use super::fault::Fault;
use super::launch::Statistics;

/// Warp instructions after which another warp of the block may run.
const SLICE: u64 = 20_000;

/// Warp instructions after which another block of a cooperative launch may run.
const COOPERATIVE_SLICE: u64 = 2_000;

/// Runs all blocks.
pub(super) fn run(context: &Context<'_>) -> Result<Statistics, Fault> {
    let blocks = context.launch.grid.iter().map(|&count| u64::from(count)).product();
    if context.launch.cooperative { together(context, blocks) } else { apart(context, blocks) }
}

/// Every block on its own. Of several faults, that of the first block counts.
fn apart(context: &Context<'_>, blocks: u64) -> Result<Statistics, Fault> {
    let first_fault = AtomicU64::new(u64::MAX);
    let run = |block: &mut Block, index: u64| -> Result<(u64, u64), Box<(u64, Fault)>> {
        if first_fault.load(Ordering::Relaxed) < index {
            return Ok((0, 0));
        }
        let before = block.executed();
        block.start(context, index);
        loop {
            let done = block.turn(context, SLICE).map_err(|fault| {
                first_fault.fetch_min(index, Ordering::Relaxed);
                Box::new((index, fault))
            })?;
            let now = block.executed();
            let executed = (now.0 - before.0, now.1 - before.1);
            if done {
                return Ok(executed);
            }
            if executed.0 > context.limit {
                first_fault.fetch_min(index, Ordering::Relaxed);
                return Err(Box::new((index, block.endless(context))));
            }
        }
    };
    let result = if blocks == 1 {
        run(&mut Block::default(), 0)
    } else {
        (0..blocks).into_par_iter().map_init(Block::default, run).reduce(
            || Ok((0, 0)),
            |one, other| match (one, other) {
                (Ok(one), Ok(other)) => Ok((one.0 + other.0, one.1 + other.1)),
                (Err(one), Err(other)) => Err(if one.0 < other.0 { one } else { other }),
                (Err(fault), Ok(_)) | (Ok(_), Err(fault)) => Err(fault),
            },
        )
    };
    match result {
        Ok((warp_instructions, thread_instructions)) => {
            Ok(Statistics { warp_instructions, thread_instructions })
        }
        Err(fault) => Err(fault.1),
    }
}

/// All blocks at once, each for a while in turn: the same order every time.
fn together(context: &Context<'_>, blocks: u64) -> Result<Statistics, Fault> {
    let mut running: Vec<Block> = (0..blocks)
        .map(|index| {
            let mut block = Block::default();
            block.start(context, index);
            block
        })
        .collect();
    let mut statistics = Statistics::default();
    while !running.is_empty() {
        let mut executed = statistics.warp_instructions;
        let mut at = 0;
        while at < running.len() {
            if running[at].turn(context, COOPERATIVE_SLICE)? {
                let (warp_instructions, thread_instructions) = running[at].executed();
                statistics.warp_instructions += warp_instructions;
                statistics.thread_instructions += thread_instructions;
                executed += warp_instructions;
                running.remove(at);
            } else {
                executed += running[at].executed().0;
                at += 1;
            }
        }
        if let Some(block) = running.first().filter(|_| executed > context.limit) {
            return Err(block.endless(context));
        }
    }
    Ok(statistics)
}
