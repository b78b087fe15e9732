//! How generic addresses tell the state spaces apart.

use crate::syntax::tree::Space;

/// The tag of a generic address: global memory has 0.
const TAG: u32 = 48;

/// Generic addresses of shared memory start here.
pub(crate) const SHARED_BASE: u64 = 1 << TAG;
/// Generic addresses of local memory start here.
pub(crate) const LOCAL_BASE: u64 = 2 << TAG;
/// Generic addresses of kernel parameters start here.
pub(crate) const PARAM_BASE: u64 = 3 << TAG;
/// Addresses of functions start here and are this far apart.
pub(crate) const FUNCTION_BASE: u64 = 4 << TAG;
pub(crate) const FUNCTION_STEP: u64 = 16;

/// Local memory that a thread can have at most, in bytes, by NVIDIA's tables of compute capabilities.
pub(crate) const MOST_LOCAL_BYTES: u32 = 512 << 10;

/// The space of a generic address and the address in it.
#[inline(always)]
pub(crate) fn resolve(address: u64) -> (Space, u64) {
    let offset = address & ((1 << TAG) - 1);
    match address >> TAG {
        1 => (Space::Shared, offset),
        2 => (Space::Local, offset),
        3 => (Space::Param, offset),
        _ => (Space::Global, address),
    }
}
