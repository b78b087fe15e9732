//! Kernels, and how they are started.
//!
//! # Safety model
//! Every kernel takes a structure of plain data by value, and some take numbers besides. [`Gpu::launch`]
//! compares their sizes with what the kernel's text says, so that the driver never reads past them, and
//! refuses kernels of another GPU. What it cannot check is its `# Safety` section: what the
//! addresses in the structure mean, and what the kernel does with them. Memory that a kernel uses
//! is not freed under it: buffers wait for the stream before they are.

use std::ffi::CString;
use std::fmt;
use std::ptr;
use std::sync::Arc;

use bytemuck::NoUninit;

use super::error::GpuError;
use super::gpu::Gpu;
use super::session::{Entry, Session, lock};

/// A kernel of one GPU, ready to be launched.
#[derive(Clone)]
pub struct Kernel {
    entry: Arc<Entry>,
    session: Arc<Session>,
}

/// How many threads a launch has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Blocks of a row.
    pub blocks: u32,
    /// Rows.
    pub rows: u32,
    /// Threads of a block.
    pub threads: u32,
}

impl Grid {
    /// One row of blocks.
    pub fn new(blocks: u32, threads: u32) -> Self {
        Self { blocks, rows: 1, threads }
    }
}

impl Gpu {
    /// The kernel of this name; cheap when asked for again.
    ///
    /// # Errors
    /// [`GpuError::Misuse`] when there is none, or it takes more than [`Gpu::launch_with`] gives.
    pub fn kernel(&self, name: &str) -> Result<Kernel, GpuError> {
        let session = self.session.clone();
        let mut entries = lock(&session.entries);
        if let Some(entry) = entries.iter().find(|entry| entry.name == name) {
            let entry = entry.clone();
            drop(entries);
            return Ok(Kernel { entry, session });
        }
        let declared = session.kernels.ptx.kernels.iter().find(|(declared, _)| declared == name);
        let parameter_bytes = match declared.map(|(_, sizes)| sizes.as_slice()) {
            Some(sizes @ ([_] | [_, _])) => sizes.to_vec(),
            Some(sizes) => {
                let text = format!("kernel `{name}` takes {} parameters, not 1 or 2", sizes.len());
                return Err(GpuError::Misuse(text));
            }
            None => return Err(GpuError::Misuse(format!("there is no kernel `{name}`"))),
        };
        let c_name = CString::new(name).unwrap_or_default(); // it stands in the text, without a zero
        let function = match session.kernels.module.function(&c_name) {
            Ok(function) => function,
            Err(error) => {
                drop(entries); // which naming the error asks for
                return Err(session.error("looking up a kernel", error));
            }
        };
        let number = entries.len();
        let entry = Arc::new(Entry { name: name.into(), number, parameter_bytes, function });
        entries.push(entry.clone());
        drop(entries);
        Ok(Kernel { entry, session })
    }

    /// As [`Gpu::launch_with`], of a kernel that takes no numbers.
    ///
    /// # Errors
    /// As [`Gpu::launch_with`].
    ///
    /// # Safety
    /// As [`Gpu::launch_with`].
    pub unsafe fn launch<A: NoUninit>(
        &self,
        kernel: &Kernel,
        grid: Grid,
        argument: &A,
    ) -> Result<(), GpuError> {
        // SAFETY: the caller's duty.
        unsafe { self.launch_with(kernel, grid, argument, &[]) }
    }

    /// Starts a kernel, whose first parameter is `argument`. If it has a second one, that is `numbers`.
    ///
    /// # Errors
    /// [`GpuError::Launch`] when the driver refuses. What goes wrong while the kernel runs is told by whatever waits for it.
    ///
    /// # Safety
    /// `argument` must be what the kernel expects in layout and meaning. Each address in it must be
    /// that of a [`Buffer`](super::Buffer) of this GPU with room for all that the kernel reads or
    /// writes there, and buffers that it writes to must not be ones that it takes for constant.
    /// Blocks must not wait for each other.
    pub unsafe fn launch_with<A: NoUninit>(
        &self,
        kernel: &Kernel,
        grid: Grid,
        argument: &A,
        numbers: &[f32],
    ) -> Result<(), GpuError> {
        self.check_owner(kernel)?;
        let Entry { name, parameter_bytes, function, .. } = &*kernel.entry;
        let given = [size_of::<A>(), size_of_val(numbers)];
        if given[..parameter_bytes.len()] != parameter_bytes[..] {
            let bytes = |sizes: &[usize]| {
                sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(" and ")
            };
            let (takes, given) = (bytes(parameter_bytes), bytes(&given[..parameter_bytes.len()]));
            let text = format!("kernel `{name}` takes {takes} bytes, not {given}");
            return Err(GpuError::Misuse(text));
        }
        let Grid { blocks, rows, threads } = grid;
        let parameters = [ptr::from_ref(argument).cast(), numbers.as_ptr().cast()];
        // SAFETY: the function is one of this session's module, which lives in the stream's context, and its
        // parameters have that size. The caller vouches for the rest.
        let result =
            unsafe { self.session.stream.launch(function, [blocks, rows, threads], parameters) };
        self.session.launched(&kernel.entry);
        result.map_err(|cause| {
            if cause.is_sticky() {
                self.session.error("launching a kernel", cause)
            } else {
                let blocks = blocks.saturating_mul(rows);
                GpuError::Launch { kernel: name.clone(), blocks, threads, cause }
            }
        })
    }

    fn check_owner(&self, kernel: &Kernel) -> Result<(), GpuError> {
        if Arc::ptr_eq(&self.session, &kernel.session) {
            return Ok(());
        }
        Err(GpuError::Misuse(format!("kernel `{}` belongs to another GPU", kernel.entry.name)))
    }
}

impl Kernel {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.entry.name
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernel").field("name", &self.name()).finish_non_exhaustive()
    }
}
