//! Loads and stores.

use super::Context;
use super::fault::{FaultKind, LaneFault, MemorySpace};
use super::global::GlobalRange;
use super::lanes::LaneMemory;
use super::shadow::Touch;
use super::shared::Shared;
use super::space;
use super::warp::Warp;
use crate::alu::registers::{Doubles, LANES};
use crate::instruction::{Access, Address};
use crate::syntax::tree::Space;

/// The lanes of a mask, lowest first.
#[inline(always)]
pub(super) fn lanes(mut mask: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (lane < LANES).then_some(lane)
    })
}

/// Whether all lanes of a mask that is not empty have the same value.
#[inline(always)]
pub(super) fn uniform(values: &Doubles, mask: u32) -> bool {
    let first = values[mask.trailing_zeros() as usize % LANES];
    let mut differ = 0;
    for (lane, value) in values.iter().enumerate() {
        let counts = 0u64.wrapping_sub(u64::from(mask >> lane & 1));
        differ |= (value ^ first) & counts;
    }
    differ == 0
}

/// Whether all lanes take part and their addresses lie `stride` apart.
#[inline(always)]
pub(super) fn in_steps(addresses: &Doubles, mask: u32, stride: u32) -> bool {
    let mut differ = u64::from(!mask);
    let mut expected = addresses[0];
    for address in addresses {
        differ |= address ^ expected;
        expected = expected.wrapping_add(u64::from(stride));
    }
    differ == 0
}

impl Warp {
    /// The addresses that a memory operand stands for.
    #[inline(always)]
    pub(super) fn addresses(&self, frame: usize, address: &Address) -> Doubles {
        let mut addresses = match address.base {
            None => [0; LANES],
            Some(register) => self.frames[frame].registers.wide(register),
        };
        for address_of in &mut addresses {
            *address_of = address_of.wrapping_add(address.offset as u64);
        }
        addresses
    }

    /// Cuts an access into one for each state space that its addresses lie in.
    #[inline(always)]
    pub(super) fn by_space(
        &mut self,
        frame: usize,
        address: &Address,
        mask: u32,
        mut act: impl FnMut(&mut Self, Space, &Doubles, u32) -> Result<(), LaneFault>,
    ) -> Result<(), LaneFault> {
        if mask == 0 {
            return Ok(());
        }
        let addresses = self.addresses(frame, address);
        match address.space {
            Space::Generic => {}
            Space::Const => return act(self, Space::Global, &addresses, mask),
            named => return act(self, named, &addresses, mask),
        }
        let mut rest = mask;
        while rest != 0 {
            let (space, _) = space::resolve(addresses[rest.trailing_zeros() as usize]);
            let mut inner = addresses;
            let mut same = 0;
            for lane in 0..LANES {
                let (of, address) = space::resolve(addresses[lane]);
                inner[lane] = address;
                same |= u32::from(of == space) << lane;
            }
            act(self, space, &inner, rest & same)?;
            rest &= !same;
        }
        Ok(())
    }
}

/// `ld`.
pub(super) fn load(
    warp: &mut Warp,
    context: &Context<'_>,
    shared: &mut Shared,
    frame: usize,
    access: &Access,
    mask: u32,
) -> Result<(), LaneFault> {
    let index = warp.index;
    warp.by_space(frame, &access.address, mask, |warp, space, addresses, mask| {
        let checked = check(warp, context, shared, frame, access, space, addresses, mask)?;
        let unused = 64 - 8 * u32::from(access.size);
        for (part, register) in access.values.iter().enumerate() {
            let mut values = [0; LANES];
            let shift = part * usize::from(access.size);
            match (space, &checked) {
                (_, Some(range)) => range.load(access, addresses, mask, shift, &mut values)?,
                (Space::Shared, _) => {
                    load_shared(index, shared, access, addresses, mask, shift, &mut values)?;
                }
                (Space::Local, _) => {
                    load_lanes(&warp.local, access, addresses, mask, shift, true, &mut values)?;
                }
                _ => {
                    let area = &warp.frames[frame].area;
                    load_lanes(area, access, addresses, mask, shift, false, &mut values)?;
                }
            }
            let Some(register) = register else { continue };
            if access.signed {
                for value in &mut values {
                    *value = ((*value << unused) as i64 >> unused) as u64;
                }
            }
            warp.frames[frame].registers.set_wide(*register, &values, mask);
        }
        Ok(())
    })
}

/// Checks bounds and alignment of an access to one space. Gives the allocations of global memory.
#[allow(clippy::too_many_arguments)]
#[inline(always)]
fn check<'a>(
    warp: &mut Warp,
    context: &'a Context<'_>,
    shared: &Shared,
    frame: usize,
    access: &Access,
    space: Space,
    addresses: &Doubles,
    mask: u32,
) -> Result<Option<GlobalRange<'a>>, LaneFault> {
    let (space, end) = match space {
        Space::Shared => (MemorySpace::Shared, shared.size() as u64),
        Space::Local => (MemorySpace::Local, warp.frames[frame].local[1].into()),
        Space::Param => (MemorySpace::Param, warp.frames[frame].area.bytes() as u64),
        _ => {
            let range = GlobalRange::check(warp, context, addresses, mask, total(access))?;
            return Ok(Some(range));
        }
    };
    Bounds { space, end }.check(addresses, mask, total(access))?;
    Ok(None)
}

/// `st`.
pub(super) fn store(
    warp: &mut Warp,
    context: &Context<'_>,
    shared: &mut Shared,
    frame: usize,
    access: &Access,
    mask: u32,
) -> Result<(), LaneFault> {
    let index = warp.index;
    warp.by_space(frame, &access.address, mask, |warp, space, addresses, mask| {
        let checked = check(warp, context, shared, frame, access, space, addresses, mask)?;
        if space == Space::Shared {
            shared.shadow.next_store();
        }
        for (part, register) in access.values.iter().enumerate() {
            let Some(register) = register else { continue };
            let values = warp.frames[frame].registers.wide(*register);
            let shift = part * usize::from(access.size);
            match (space, &checked) {
                (_, Some(range)) => range.store(access, addresses, mask, shift, &values),
                (Space::Shared, _) => {
                    store_shared(index, shared, access, addresses, mask, shift, &values)?;
                }
                (Space::Local, _) => {
                    store_lanes(&mut warp.local, access, addresses, mask, shift, &values);
                }
                _ => {
                    let area = &mut warp.frames[frame].area;
                    store_lanes(area, access, addresses, mask, shift, &values);
                }
            }
        }
        Ok(())
    })
}

/// The end of a space that starts at 0.
pub(super) struct Bounds {
    pub space: MemorySpace,
    pub end: u64,
}

impl Bounds {
    /// Checks the addresses of an access of `size` bytes, which is also its alignment.
    #[inline(always)]
    pub fn check(&self, addresses: &Doubles, mask: u32, size: u32) -> Result<(), LaneFault> {
        let first = addresses[0];
        let room = u64::from(size) * LANES as u64;
        if in_steps(addresses, mask, size)
            && first & u64::from(size - 1) == 0
            && first <= self.end
            && self.end - first >= room
        {
            return Ok(());
        }
        let mut bad = 0;
        for (lane, &address) in addresses.iter().enumerate() {
            let misaligned = address & u64::from(size - 1) != 0;
            let beyond = address > self.end || self.end - address < u64::from(size);
            bad |= u32::from(misaligned | beyond) << lane;
        }
        if bad & mask == 0 {
            return Ok(());
        }
        let lane = (bad & mask).trailing_zeros() as usize;
        let (space, address) = (self.space, addresses[lane]);
        Err(LaneFault {
            lane,
            kind: if address > self.end || self.end - address < u64::from(size) {
                FaultKind::OutOfBounds { space, address, size }
            } else {
                FaultKind::Misaligned { space, address, size }
            },
        })
    }
}

/// Bytes that an access moves in each lane.
#[inline(always)]
fn total(access: &Access) -> u32 {
    u32::from(access.size) * access.values.len() as u32
}

pub(super) fn uninitialised(lane: usize, space: MemorySpace, address: u64, size: u8) -> LaneFault {
    LaneFault { lane, kind: FaultKind::Uninitialised { space, address, size: size.into() } }
}

fn load_lanes(
    memory: &LaneMemory,
    access: &Access,
    addresses: &Doubles,
    mask: u32,
    shift: usize,
    checked: bool,
    values: &mut Doubles,
) -> Result<(), LaneFault> {
    let size = access.size;
    if size >= 4 && uniform(addresses, mask) {
        let at = addresses[mask.trailing_zeros() as usize] as usize + shift;
        let written =
            memory.row_written(at, mask) && (size == 4 || memory.row_written(at + 4, mask));
        if written || !checked {
            let low = memory.row(at);
            for lane in 0..LANES {
                values[lane] = u64::from(low[lane]);
            }
            if size == 8 {
                let high = memory.row(at + 4);
                for lane in 0..LANES {
                    values[lane] |= u64::from(high[lane]) << 32;
                }
            }
            return Ok(());
        }
    }
    for lane in lanes(mask) {
        let at = addresses[lane] as usize + shift;
        if checked && !memory.is_written(lane, at, size) {
            return Err(uninitialised(lane, MemorySpace::Local, at as u64, size));
        }
        values[lane] = memory.load(lane, at, size);
    }
    Ok(())
}

fn store_lanes(
    memory: &mut LaneMemory,
    access: &Access,
    addresses: &Doubles,
    mask: u32,
    shift: usize,
    values: &Doubles,
) {
    if access.size >= 4 && uniform(addresses, mask) {
        let at = addresses[mask.trailing_zeros() as usize] as usize + shift;
        let mut words = [0; LANES];
        for lane in 0..LANES {
            words[lane] = values[lane] as u32;
        }
        memory.set_row(at, &words, mask);
        if access.size == 8 {
            for lane in 0..LANES {
                words[lane] = (values[lane] >> 32) as u32;
            }
            memory.set_row(at + 4, &words, mask);
        }
        return;
    }
    for lane in lanes(mask) {
        memory.store(lane, addresses[lane] as usize + shift, access.size, values[lane]);
    }
}

fn load_shared(
    warp: u32,
    shared: &mut Shared,
    access: &Access,
    addresses: &Doubles,
    mask: u32,
    shift: usize,
    values: &mut Doubles,
) -> Result<(), LaneFault> {
    let touch = if access.strong { Touch::StrongRead } else { Touch::Read };
    let size = access.size;
    for lane in lanes(mask) {
        let at = addresses[lane] as usize + shift;
        if !shared.is_written(at, size) {
            return Err(uninitialised(lane, MemorySpace::Shared, at as u64, size));
        }
        let thread = warp * LANES as u32 + lane as u32;
        if let Some(earlier) = shared.touch(thread, at, size, touch, 0) {
            return Err(race(lane, at, false, earlier));
        }
        values[lane] = shared.load(at, size);
    }
    Ok(())
}

fn store_shared(
    warp: u32,
    shared: &mut Shared,
    access: &Access,
    addresses: &Doubles,
    mask: u32,
    shift: usize,
    values: &Doubles,
) -> Result<(), LaneFault> {
    let touch = if access.strong { Touch::Strong } else { Touch::Write };
    let size = access.size;
    for lane in lanes(mask) {
        let at = addresses[lane] as usize + shift;
        let thread = warp * LANES as u32 + lane as u32;
        if let Some(earlier) = shared.touch(thread, at, size, touch, values[lane]) {
            return Err(race(lane, at, true, earlier));
        }
        shared.store(at, size, values[lane]);
    }
    Ok(())
}

/// A race; the other thread is known by its index until the fault leaves the block.
pub(super) fn race(
    lane: usize,
    at: usize,
    writes: bool,
    earlier: super::shadow::Earlier,
) -> LaneFault {
    let (other, other_wrote) = ([earlier.thread, u32::MAX, 0], earlier.wrote);
    LaneFault { lane, kind: FaultKind::Race { address: at as u64, writes, other, other_wrote } }
}
