//! What handles stand for.
//!
//! A handle is a number that was never given out before. So one that is used after its object was
//! destroyed is found out, which hardware does not promise.

use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::time::Instant;

use ptx_vm::{Loaded, Module};

use crate::codes::{Code, INVALID_HANDLE, Outcome};

/// What C sees of an object.
pub type Handle = *mut c_void;

/// A kernel of a module.
#[derive(Clone)]
pub struct Function {
    /// The handle of its module.
    pub owner: usize,
    pub name: String,
    pub module: Arc<Module>,
    pub loaded: Arc<Loaded>,
    /// How much dynamic shared memory a launch may ask for.
    pub max_dynamic_shared: u32,
}

/// A thing that a handle stands for.
pub enum Object {
    Module {
        module: Arc<Module>,
        loaded: Arc<Loaded>,
    },
    Function(Function),
    /// Which device's context it is of.
    Stream(usize),
    /// When it was recorded.
    Event(Option<Instant>),
}

/// All objects that exist.
#[derive(Default)]
pub struct Objects {
    live: HashMap<usize, Object>,
    made: usize,
}

impl Objects {
    /// Makes a handle.
    pub fn add(&mut self, object: Object) -> Handle {
        self.made += 1;
        let handle = 0x1_0000 + 16 * self.made;
        self.live.insert(handle, object);
        ptr::without_provenance_mut(handle)
    }

    /// What a handle stands for.
    pub fn get(&mut self, handle: Handle) -> Outcome<&mut Object> {
        self.live.get_mut(&handle.addr()).ok_or(INVALID_HANDLE)
    }

    /// The kernel that a handle stands for.
    pub fn function(&mut self, handle: Handle) -> Outcome<&mut Function> {
        match self.get(handle)? {
            Object::Function(function) => Ok(function),
            _ => Err(INVALID_HANDLE),
        }
    }

    /// The event that a handle stands for.
    pub fn event(&mut self, handle: Handle) -> Outcome<&mut Option<Instant>> {
        match self.get(handle)? {
            Object::Event(time) => Ok(time),
            _ => Err(INVALID_HANDLE),
        }
    }

    /// Refuses what is no stream. The default stream is one.
    pub fn check_stream(&mut self, handle: Handle) -> Outcome {
        let is_stream = handle.is_null() || matches!(self.get(handle)?, Object::Stream(_));
        if is_stream { Ok(()) } else { Err(INVALID_HANDLE) }
    }

    /// The device whose context a stream is of; `None` for the default stream, which every context has.
    pub fn context_of_stream(&mut self, handle: Handle) -> Result<Option<usize>, Code> {
        self.check_stream(handle)?;
        Ok(match self.get(handle) {
            Ok(Object::Stream(context)) => Some(*context),
            _ => None,
        })
    }

    /// Ends an object of the kind that `is_kind` accepts.
    pub fn remove(&mut self, handle: Handle, is_kind: fn(&Object) -> bool) -> Outcome {
        if !is_kind(self.get(handle)?) {
            return Err(INVALID_HANDLE);
        }
        self.live.remove(&handle.addr());
        Ok(())
    }

    /// Ends the kernels of a module.
    pub fn remove_functions_of(&mut self, module: Handle) {
        self.live.retain(|_, object| match object {
            Object::Function(function) => function.owner != module.addr(),
            _ => true,
        });
    }

    /// How many there are that `is_kind` accepts.
    pub fn count(&self, is_kind: fn(&Object) -> bool) -> usize {
        self.live.values().filter(|object| is_kind(object)).count()
    }
}
