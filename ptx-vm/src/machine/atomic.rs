//! Atomic operations, lane after lane.

use super::Context;
use super::access::{Bounds, lanes, race};
use super::fault::{FaultKind, LaneFault, MemorySpace};
use super::global::GlobalRange;
use super::shadow::Touch;
use super::shared::Shared;
use super::warp::Warp;
use crate::alu::registers::LANES;
use crate::instruction::{Atomic, AtomicKind};
use crate::syntax::tree::Space;

/// `atom` and `red`.
pub(super) fn update(
    warp: &mut Warp,
    context: &Context<'_>,
    shared: &mut Shared,
    frame: usize,
    atomic: &Atomic,
    mask: u32,
) -> Result<(), LaneFault> {
    let size = atomic.size;
    warp.by_space(frame, &atomic.address, mask, |warp, space, addresses, mask| {
        let registers = &warp.frames[frame].registers;
        let values = registers.wide(atomic.value);
        let others = atomic.other.map_or([0; LANES], |other| registers.wide(other));
        let mut old = [0; LANES];
        let uninitialised = |lane: usize, space, address| LaneFault {
            lane,
            kind: FaultKind::Uninitialised { space, address, size: size.into() },
        };
        match space {
            Space::Global => {
                let range = GlobalRange::check(warp, context, addresses, mask, size.into())?;
                for lane in lanes(mask) {
                    let address = addresses[lane];
                    let Some(allocation) = range.allocation(address) else { continue };
                    let at = (address - allocation.address()) as usize;
                    if atomic.kind != AtomicKind::Exchange
                        && !allocation.is_whole()
                        && !allocation.is_written(at, size)
                    {
                        return Err(uninitialised(lane, MemorySpace::Global, address));
                    }
                    old[lane] = allocation.update(at, size, |old| {
                        result(atomic.kind, size, old, values[lane], others[lane])
                    });
                    allocation.note(at, size);
                }
            }
            Space::Shared => {
                let end = shared.size() as u64;
                let bounds = Bounds { space: MemorySpace::Shared, end };
                bounds.check(addresses, mask, size.into())?;
                shared.shadow.next_store();
                for lane in lanes(mask) {
                    let at = addresses[lane] as usize;
                    if atomic.kind != AtomicKind::Exchange && !shared.is_written(at, size) {
                        return Err(uninitialised(lane, MemorySpace::Shared, at as u64));
                    }
                    let thread = warp.index * LANES as u32 + lane as u32;
                    if let Some(earlier) = shared.touch(thread, at, size, Touch::Strong, 0) {
                        return Err(race(lane, at, true, earlier));
                    }
                    old[lane] = shared.load(at, size);
                    let new = result(atomic.kind, size, old[lane], values[lane], others[lane]);
                    shared.store(at, size, new);
                }
            }
            _ => {
                let lane = mask.trailing_zeros() as usize;
                let (space, address) = (MemorySpace::Local, addresses[lane]);
                let kind = FaultKind::OutOfBounds { space, address, size: size.into() };
                return Err(LaneFault { lane, kind });
            }
        }
        if let Some(target) = atomic.old {
            warp.frames[frame].registers.set_wide(target, &old, mask);
        }
        Ok(())
    })
}

/// What is stored in place of `old`.
fn result(kind: AtomicKind, size: u8, old: u64, value: u64, other: u64) -> u64 {
    let signed = |value: u64| if size == 4 { i64::from(value as i32) } else { value as i64 };
    match kind {
        AtomicKind::Add => old.wrapping_add(value),
        AtomicKind::AddSingle => {
            let sum = f32::from_bits(old as u32) + f32::from_bits(value as u32);
            if sum.is_nan() { 0x7fff_ffff } else { sum.to_bits().into() }
        }
        AtomicKind::AddDouble => (f64::from_bits(old) + f64::from_bits(value)).to_bits(),
        AtomicKind::MinUnsigned => old.min(value),
        AtomicKind::MaxUnsigned => old.max(value),
        AtomicKind::MinSigned => signed(old).min(signed(value)) as u64,
        AtomicKind::MaxSigned => signed(old).max(signed(value)) as u64,
        AtomicKind::And => old & value,
        AtomicKind::Or => old | value,
        AtomicKind::Xor => old ^ value,
        AtomicKind::Exchange => value,
        AtomicKind::CompareAndSwap if old == value => other,
        AtomicKind::CompareAndSwap => old,
        AtomicKind::Increment if old >= value => 0,
        AtomicKind::Increment => old + 1,
        AtomicKind::Decrement if old == 0 || old > value => value,
        AtomicKind::Decrement => old - 1,
    }
}
