//! Kernels that a GPU has loaded, shared by all who ask for the same: compiling them takes the driver far longer than all
//! else that opening a GPU does.

use std::ffi::CString;
use std::sync::{Arc, Mutex, Weak};

use super::driver::{Context, Module};
use super::error::GpuError;
use super::info::DeviceInfo;
use super::ptx::{self, Ptx};
use super::session::lock;

/// Kernels of one GPU, for as long as anybody has them.
pub struct Kernels {
    /// Of the GPU.
    index: u32,
    /// What they were compiled from.
    text: String,
    pub ptx: Ptx,
    pub module: Module,
}

/// What somebody may still have. They are compared by their whole text: a hash might be that of another.
static LOADED: Mutex<Vec<Weak<Kernels>>> = Mutex::new(Vec::new());

impl Kernels {
    /// Those of `text`: somebody else's, or else compiled by the driver.
    pub fn load(
        context: &Arc<Context>,
        text: &str,
        info: &DeviceInfo,
    ) -> Result<Arc<Self>, GpuError> {
        let same = |kernels: &Arc<Self>| kernels.index == info.index && kernels.text == text;
        // Nobody waits while the driver compiles. Two who ask at the same time for what is not there have it each for himself.
        if let Some(kernels) = lock(&LOADED).iter().filter_map(Weak::upgrade).find(same) {
            return Ok(kernels);
        }
        let ptx = Ptx::read(text)?;
        if ptx.target > info.compute_capability {
            let (name, has, needs) = (info.name.clone(), info.compute_capability, ptx.target);
            return Err(GpuError::GpuTooOld { name, has, needs });
        }
        let module = compile(context, text, &ptx, info)?;
        let kernels = Arc::new(Self { index: info.index, text: text.into(), ptx, module });
        let mut loaded = lock(&LOADED);
        loaded.retain(|kernels| kernels.strong_count() > 0);
        loaded.push(Arc::downgrade(&kernels));
        Ok(kernels)
    }
}

/// Has the driver compile the kernels.
fn compile(
    context: &Arc<Context>,
    text: &str,
    ptx: &Ptx,
    info: &DeviceInfo,
) -> Result<Module, GpuError> {
    let text = CString::new(text)
        .map_err(|_| GpuError::Misuse("the kernels' PTX has a zero byte in it".into()))?;
    Module::compile(context, &text).map_err(|(cause, log)| {
        let supported = ptx::newest_for(info.driver_version);
        match cause.code {
            // Drivers before CUDA 11.1 have no code of its own for PTX that is too new.
            218 | 222 if ptx.version > supported => {
                GpuError::DriverTooOld { driver: info.driver_version, supported, ptx: ptx.version }
            }
            200 | 209 | 218 | 221..=223 | 300 => {
                let silent = log.is_empty();
                let log = if silent { "its compiler does not say why".into() } else { log };
                GpuError::Compile { cause, log }
            }
            _ => GpuError::from_cause("compiling the kernels", None, cause),
        }
    })
}
