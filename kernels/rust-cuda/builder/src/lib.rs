//! The kernels as PTX; an alternative to `kernels/particle_pilot.ptx`, with the same entry points.

/// For `cuModuleLoadData` or an assembler.
pub const PTX: &str = include_str!(concat!(env!("OUT_DIR"), "/particle_pilot.ptx"));
