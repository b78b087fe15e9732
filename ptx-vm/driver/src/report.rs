//! Tells how many objects are live, so that tests can prove that none is left behind.

use std::env;
use std::fs;
use std::path::PathBuf;

use crate::objects::Object;
use crate::state::State;

/// Where to write.
pub fn path() -> Option<PathBuf> {
    env::var_os("PTX_VM_REPORT").map(PathBuf::from)
}

/// Writes what is live now, if anybody wants to know.
pub fn write(state: &mut State) {
    let Some(path) = &state.report else { return };
    let objects = &state.objects;
    let contexts: u32 = state.devices.iter().map(|device| device.retained).sum();
    let text = format!(
        "allocations {}\npinned {}\ncontexts {contexts}\nmodules {}\nstreams {}\nevents {}\n\
         launches {}\ncopies {}\n",
        state.devices.iter().map(|device| device.allocations.len()).sum::<usize>(),
        state.pinned.len(),
        objects.count(|object| matches!(object, Object::Module { .. })),
        objects.count(|object| matches!(object, Object::Stream(_))),
        objects.count(|object| matches!(object, Object::Event(_))),
        state.launches,
        state.copies,
    );
    if text == state.reported {
        return;
    }
    if let Err(error) = fs::write(path, &text) {
        eprintln!("ptx-vm: cannot write {}: {error}", path.display());
    }
    state.reported = text;
}
