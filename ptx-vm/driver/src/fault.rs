//! What a kernel's fault is called by the driver.

use ptx_vm::{Fault, FaultKind};

use crate::codes::{
    Code, HARDWARE_STACK_ERROR, ILLEGAL_ADDRESS, INVALID_PC, INVALID_VALUE, LAUNCH_FAILED,
    LAUNCH_TIMEOUT, MISALIGNED_ADDRESS,
};

/// The code that hardware would give. What hardware would not notice is a failure all the same.
pub fn code(fault: &Fault) -> Code {
    match fault.kind {
        FaultKind::OutOfBounds { .. } => ILLEGAL_ADDRESS,
        FaultKind::Misaligned { .. } => MISALIGNED_ADDRESS,
        FaultKind::BadBranch { .. } | FaultKind::BadCall { .. } => INVALID_PC,
        FaultKind::TooDeep { .. } | FaultKind::LocalMemory { .. } => HARDWARE_STACK_ERROR,
        FaultKind::InstructionLimit { .. } => LAUNCH_TIMEOUT,
        FaultKind::BadLaunch(_) => INVALID_VALUE,
        _ => LAUNCH_FAILED,
    }
}
