//! Functions that `cust` refers to in code that this crate never runs.
//!
//! Linkers drop such code and do not miss what it calls, unless told to keep it
//! (`-C link-dead-code`, some kinds of coverage). So that they find it then, the names are defined.

use super::{NOT_SUPPORTED, remembered};

macro_rules! unused {
    ($($name:ident)*) => {
        $(
            /// Not forwarded: fails.
            #[unsafe(no_mangle)]
            extern "C" fn $name() -> u32 {
                remembered(NOT_SUPPORTED)
            }
        )*

        /// See `LINKED` in `forward`.
        #[used]
        static LINKED: &[extern "C" fn() -> u32] = &[$($name),*];
    };
}

unused! {
    cuArray3DCreate_v2
    cuArray3DGetDescriptor_v2
    cuArrayDestroy
    cuCtxCreate_v2
    cuCtxDestroy_v2
    cuCtxGetApiVersion
    cuCtxGetCacheConfig
    cuCtxGetDevice
    cuCtxGetFlags
    cuCtxGetLimit
    cuCtxGetSharedMemConfig
    cuCtxGetStreamPriorityRange
    cuCtxPopCurrent_v2
    cuCtxSetCacheConfig
    cuCtxSetLimit
    cuCtxSetSharedMemConfig
    cuDestroyExternalMemory
    cuDevicePrimaryCtxReset_v2
    cuDevicePrimaryCtxSetFlags_v2
    cuFuncSetCacheConfig
    cuFuncSetSharedMemConfig
    cuGraphDestroy
    cuImportExternalMemory
    cuLinkComplete
    cuLinkCreate_v2
    cuLinkDestroy
    cuModuleLoadData
    cuOccupancyAvailableDynamicSMemPerBlock
    cuOccupancyMaxPotentialBlockSize
    cuStreamGetFlags
    cuStreamGetPriority
    cuStreamWaitEvent
    cuSurfObjectCreate
    cuSurfObjectDestroy
    cuSurfObjectGetResourceDesc
    cuTexObjectCreate
    cuTexObjectDestroy
    cuTexObjectGetResourceDesc
}
