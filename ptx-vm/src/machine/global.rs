//! Accesses to global memory.

use std::sync::Arc;

use super::Context;
use super::access::{in_steps, lanes, uniform, uninitialised};
use super::fault::{FaultKind, LaneFault, MemorySpace};
use super::warp::Warp;
use crate::alu::registers::{Doubles, LANES};
use crate::instruction::Access;
use crate::memory::allocation::Allocation;

/// The allocation that all lanes access, or the list to look each of them up in.
pub(super) struct GlobalRange<'a> {
    memory: &'a [Arc<Allocation>],
    common: Option<&'a Allocation>,
    /// The lanes access one place after the other.
    steps: bool,
}

impl<'a> GlobalRange<'a> {
    /// Checks bounds and alignment of an access of `size` bytes.
    #[inline(always)]
    pub fn check(
        warp: &mut Warp,
        context: &'a Context<'_>,
        addresses: &Doubles,
        mask: u32,
        size: u32,
    ) -> Result<Self, LaneFault> {
        let memory = &*context.memory;
        let anchor = addresses[mask.trailing_zeros() as usize];
        let (mut low, mut high, mut bits) = (anchor, anchor, anchor);
        let steps = in_steps(addresses, mask, size);
        if steps && anchor < u64::MAX / 2 {
            high = addresses[LANES - 1];
        } else {
            for (lane, &address) in addresses.iter().enumerate() {
                let address = if mask >> lane & 1 != 0 { address } else { anchor };
                low = low.min(address);
                high = high.max(address);
                bits |= address;
            }
        }
        let holds = |allocation: &Allocation| {
            let start = allocation.address();
            let end = start + allocation.bytes();
            low >= start && high < end && end - high >= u64::from(size)
        };
        let mut common = memory.get(warp.hint).filter(|allocation| holds(allocation));
        if common.is_none() {
            let after = memory.partition_point(|allocation| allocation.address() <= low);
            warp.hint = after.saturating_sub(1);
            common = memory.get(warp.hint).filter(|allocation| holds(allocation));
        }
        let range = Self { memory, common: common.map(|allocation| &**allocation), steps };
        if range.common.is_some() && bits & u64::from(size - 1) == 0 {
            return Ok(range);
        }
        for lane in lanes(mask) {
            let (space, address) = (MemorySpace::Global, addresses[lane]);
            let fits = range.allocation(address).is_some_and(|allocation| {
                allocation.address() + allocation.bytes() - address >= u64::from(size)
            });
            let kind = if !fits {
                FaultKind::OutOfBounds { space, address, size }
            } else if address & u64::from(size - 1) != 0 {
                FaultKind::Misaligned { space, address, size }
            } else {
                continue;
            };
            return Err(LaneFault { lane, kind });
        }
        Ok(range)
    }

    /// The allocation that an address lies in.
    #[inline(always)]
    pub fn allocation(&self, address: u64) -> Option<&'a Allocation> {
        if let Some(common) = self.common {
            return Some(common);
        }
        let after = self.memory.partition_point(|allocation| allocation.address() <= address);
        let allocation = &**self.memory.get(after.checked_sub(1)?)?;
        (address - allocation.address() < allocation.bytes()).then_some(allocation)
    }

    /// Loads one part of a vector, `shift` bytes behind the addresses that were checked.
    #[inline(always)]
    pub fn load(
        &self,
        access: &Access,
        addresses: &Doubles,
        mask: u32,
        shift: usize,
        values: &mut Doubles,
    ) -> Result<(), LaneFault> {
        let size = access.size;
        let whole = self.common.filter(|allocation| allocation.is_whole());
        if let Some(allocation) = whole {
            let first = addresses[mask.trailing_zeros() as usize] + shift as u64;
            let at = (first - allocation.address()) as usize;
            if self.steps && size == 4 && access.values.len() == 1 {
                allocation.load_words(at, values);
                return Ok(());
            }
            if uniform(addresses, mask) {
                *values = [allocation.load(at, size); LANES];
                return Ok(());
            }
        }
        for lane in lanes(mask) {
            let address = addresses[lane] + shift as u64;
            let Some(allocation) = self.allocation(address) else { continue };
            let at = (address - allocation.address()) as usize;
            if whole.is_none() && !allocation.is_written(at, size) && !allocation.is_whole() {
                return Err(uninitialised(lane, MemorySpace::Global, address, size));
            }
            values[lane] = allocation.load(at, size);
        }
        Ok(())
    }

    /// Stores one part of a vector, `shift` bytes behind the addresses that were checked.
    #[inline(always)]
    pub fn store(
        &self,
        access: &Access,
        addresses: &Doubles,
        mask: u32,
        shift: usize,
        values: &Doubles,
    ) {
        let size = access.size;
        if let Some(allocation) = self.common
            && self.steps
            && size == 4
            && access.values.len() == 1
        {
            let at = (addresses[0] - allocation.address()) as usize;
            allocation.store_words(at, values);
            if !allocation.is_whole() {
                (0..LANES).for_each(|lane| allocation.note(at + 4 * lane, 4));
            }
            return;
        }
        for lane in lanes(mask) {
            let address = addresses[lane] + shift as u64;
            let Some(allocation) = self.allocation(address) else { continue };
            let at = (address - allocation.address()) as usize;
            allocation.store(at, size, values[lane]);
            if !allocation.is_whole() {
                allocation.note(at, size);
            }
        }
    }
}
