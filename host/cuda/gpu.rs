//! An open GPU.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::driver::{Current, ForeignStream};
use super::error::GpuError;
use super::info::DeviceInfo;
use super::session::Session;

/// An open GPU with kernels loaded: a context, and a stream of work that is done in order.
///
/// Clones are the same GPU. Any thread may use it, and several at once; opened twice, it has two
/// streams of work. It is closed when the last clone, [`Buffer`](super::Buffer),
/// [`Pinned`](super::Pinned) and [`Kernel`](super::Kernel) of it is dropped.
#[derive(Clone)]
pub struct Gpu {
    pub(super) session: Arc<Session>,
}

impl Gpu {
    /// As [`Gpu::open_on`], with a stream of its own.
    #[cfg(test)]
    pub fn open(index: u32, ptx: &str) -> Result<Self, GpuError> {
        Self::open_on(index, ptx, None)
    }

    /// Opens the GPU of this number and compiles kernels for it.
    ///
    /// * `ptx`: the kernels, as a text in PTX.
    /// * `stream`: where work goes, if not to a stream of its own.
    ///
    /// # Errors
    /// Any [`GpuError`], also if the stream is not of the GPU's primary context; whatever was taken is given back.
    pub fn open_on(index: u32, ptx: &str, stream: Option<ForeignStream>) -> Result<Self, GpuError> {
        Ok(Self { session: Arc::new(Session::open(index, ptx, stream)?) })
    }

    /// What it is.
    pub fn info(&self) -> &DeviceInfo {
        &self.session.info
    }

    /// Bytes of memory that are free, and that there are.
    #[cfg(test)]
    pub fn memory_bytes(&self) -> Result<(u64, u64), GpuError> {
        super::driver::DeviceMemory::free_and_total(&self.session.context)
            .map_err(|error| self.session.error("asking for its free memory", error))
    }

    /// Has its context current on this thread until what is returned is dropped, so that each of several calls need not
    /// change it and change it back.
    ///
    /// # Errors
    /// Those of the driver.
    pub fn enter(&self) -> Result<Current<'_>, GpuError> {
        self.session.context.enter().map_err(|error| self.session.error("entering it", error))
    }

    /// Waits until all that was asked of it is done.
    ///
    /// # Errors
    /// Also those of kernels and copies that were started before.
    pub fn synchronize(&self) -> Result<(), GpuError> {
        self.session.synchronize()
    }

    /// Does some work and waits for it; returns how long the GPU took by its own clock.
    ///
    /// # Errors
    /// Those of the work, and those of [`Gpu::synchronize`].
    pub fn time(
        &self,
        work: impl FnOnce(&Self) -> Result<(), GpuError>,
    ) -> Result<Duration, GpuError> {
        let session = &self.session;
        let failed = |error| session.error("measuring time", error);
        let events = session.take_events().map_err(failed)?;
        let (start, end) = &events;
        let begun = || {
            start.record(&session.stream).map_err(failed)?;
            session.submitted();
            Ok(())
        };
        let result = begun()
            .and_then(|()| work(self))
            .and_then(|()| end.record(&session.stream).map_err(failed))
            .and_then(|()| session.synchronize())
            .and_then(|()| end.milliseconds_since(start).map_err(failed));
        session.put_events(events);
        Ok(Duration::from_secs_f64(f64::from(result?.max(0.0)) / 1e3))
    }
}

impl fmt::Debug for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gpu").field("info", self.info()).finish_non_exhaustive()
    }
}
