//! All that the driver remembers.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::env;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ptx_vm::Memory;

use crate::codes::{
    CONTEXT_IS_DESTROYED, Code, INVALID_CONTEXT, INVALID_DEVICE, Outcome, is_sticky,
};
use crate::fail::Failures;
use crate::objects::Objects;
use crate::report;

/// How much memory a GPU has unless `PTX_VM_MEMORY_BYTES` says otherwise.
const MEMORY_BYTES: u64 = 4 << 30;

/// One pretended GPU, with its primary context.
pub struct Device {
    pub memory: Arc<Memory>,
    /// Addresses that were given out and not taken back.
    pub allocations: HashSet<u64>,
    /// How many hold the primary context.
    pub retained: u32,
    /// What lost the context, if anything has.
    pub lost: Option<Code>,
}

/// The driver.
pub struct State {
    pub is_initialised: bool,
    pub devices: Vec<Device>,
    pub objects: Objects,
    /// Page-locked memory that was given out: address and bytes.
    pub pinned: HashMap<usize, usize>,
    pub launches: u64,
    /// Copies from and to the host.
    pub copies: u64,
    pub failures: Failures,
    pub report: Option<PathBuf>,
    /// What was reported last.
    pub reported: String,
}

thread_local! {
    /// The device whose context is current on this thread.
    static CURRENT: Cell<Option<usize>> = const { Cell::new(None) };
    /// Those that were current before others were pushed.
    static COVERED: RefCell<Vec<Option<usize>>> = const { RefCell::new(Vec::new()) };
}

/// The driver, for one at a time.
pub fn state() -> MutexGuard<'static, State> {
    static STATE: OnceLock<Mutex<State>> = OnceLock::new();
    STATE.get_or_init(|| Mutex::new(State::new())).lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number in a variable.
pub fn variable(name: &str, otherwise: u64) -> u64 {
    match env::var(name) {
        Ok(text) => text.trim().parse().unwrap_or_else(|_| {
            eprintln!("ptx-vm: {name}: `{text}` is no number");
            otherwise
        }),
        Err(_) => otherwise,
    }
}

impl State {
    fn new() -> Self {
        let bytes = variable("PTX_VM_MEMORY_BYTES", MEMORY_BYTES);
        let device = |_| Device {
            memory: Arc::new(Memory::new(bytes)),
            allocations: HashSet::new(),
            retained: 0,
            lost: None,
        };
        let mut state = Self {
            is_initialised: false,
            devices: (0..variable("PTX_VM_DEVICES", 1)).map(device).collect(),
            objects: Objects::default(),
            pinned: HashMap::new(),
            launches: 0,
            copies: 0,
            failures: Failures::from_environment(),
            report: report::path(),
            reported: String::new(),
        };
        report::write(&mut state);
        state
    }

    /// The device of this number.
    pub fn device(&mut self, ordinal: i32) -> Outcome<&mut Device> {
        let index = usize::try_from(ordinal).map_err(|_| INVALID_DEVICE)?;
        self.devices.get_mut(index).ok_or(INVALID_DEVICE)
    }

    /// The device whose context is current, as long as somebody holds that.
    pub fn current(&mut self) -> Outcome<&mut Device> {
        let index = CURRENT.get().ok_or(INVALID_CONTEXT)?;
        let device = self.devices.get_mut(index).ok_or(INVALID_CONTEXT)?;
        if device.retained == 0 { Err(CONTEXT_IS_DESTROYED) } else { Ok(device) }
    }

    /// What lost the current context, if anything has.
    pub fn lost(&self) -> Option<Code> {
        self.devices.get(CURRENT.get()?)?.lost
    }

    /// Loses the current context; without one, all.
    pub fn lose(&mut self, code: Code) {
        if is_sticky(code) {
            for (index, device) in self.devices.iter_mut().enumerate() {
                if CURRENT.get().is_none_or(|current| current == index) {
                    device.lost.get_or_insert(code);
                }
            }
        }
    }
}

/// Which device's context is current on this thread.
pub fn current_index() -> Option<usize> {
    CURRENT.get()
}

/// Makes a device's context current on this thread.
pub fn set_current(index: Option<usize>) {
    CURRENT.set(index);
}

/// As [`set_current`], and remembers which was current before.
pub fn push_current(index: usize) {
    COVERED.with_borrow_mut(|covered| covered.push(CURRENT.replace(Some(index))));
}

/// Makes the context current again that was so before the last [`push_current`]; returns the one that was current now.
pub fn pop_current() -> Option<usize> {
    let before = COVERED.with_borrow_mut(Vec::pop).flatten();
    CURRENT.replace(before)
}
