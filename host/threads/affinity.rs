//! CPU affinity: which CPU a thread runs on.
//!
//! A thread that was just woken may find itself on the CPU of the one that woke it, and stay there for hundreds of
//! milliseconds while another CPU idles. Threads that are about to spin for each other are therefore sent apart
//! first. They are not pinned: the operating system may move them on.

/// The CPU that this thread runs on.
#[cfg(target_os = "linux")]
pub(super) fn current() -> usize {
    rustix::thread::sched_getcpu()
}

/// Unknown: all are the same.
#[cfg(not(target_os = "linux"))]
pub(super) fn current() -> usize {
    0
}

/// Sends this thread to the CPU that comes `distance` after `home`, of those that it may use.
#[cfg(target_os = "linux")]
pub(super) fn move_away(home: usize, distance: usize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let Ok(allowed) = sched_getaffinity(None) else { return };
    let cpus: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).collect();
    let Some(place) = cpus.iter().position(|cpu| *cpu == home) else { return };
    let mut there = CpuSet::new();
    there.set(cpus[(place + distance) % cpus.len()]);
    // Where the first is refused, the thread stays where it is; the second allows what was allowed before.
    let _ = sched_setaffinity(None, &there);
    let _ = sched_setaffinity(None, &allowed);
}

/// Does nothing: other systems do not tell, or do not let themselves be told.
#[cfg(not(target_os = "linux"))]
pub(super) fn move_away(_home: usize, _distance: usize) {}
