//! A broadcast: one thread lends a closure to all others for the duration of a call.
//!
//! # Safety model
//! The closure is borrowed, and its lifetime is erased while it is lent. One atomic word, the gate, says whether a task is lent,
//! which one, and how many threads are inside. Whoever wants in adds itself first, and the word before tells
//! whether the gate was open. Whoever lends closes the gate and then waits until nobody is inside. Both change the same
//! word in one operation each, so one comes before the other: a thread that came first is waited for, and one that came
//! later has seen that the gate is closed and touches nothing.

use crate::sync::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::sync::{AtomicPtr, AtomicU64, spin_loop, yield_now};

/// What each thread runs.
pub(crate) type Task<'a> = &'a (dyn Fn() + Sync);

/// The bit of the gate that says that a task is lent.
const OPEN: u64 = 1 << 63;

/// One more task in the gate. Below it, threads are counted; two tasks a microsecond make it overflow in two years.
const TASK: u64 = 1 << 16;

/// After how many looks a thread that spins does something else in between.
pub(crate) const LOOKS: u32 = 256;

/// A task on loan, if there is one.
#[derive(Default)]
pub(crate) struct Broadcast {
    /// A `*mut Task<'_>` with its type erased. Valid while the gate is open.
    task: AtomicPtr<()>,
    /// [`OPEN`], the number of the task, and how many are inside.
    gate: AtomicU64,
}

/// The task that a thread has run last, so that it runs none twice.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) struct Last(u64);

impl Last {
    /// That of a gate; tells closed gates from open ones as well.
    fn of(gate: u64) -> Self {
        Self(gate / TASK)
    }
}

impl Broadcast {
    /// Runs `task` here and on every thread that [joins](Broadcast::join) meanwhile, and returns when all have returned from
    /// it.
    ///
    /// # Panics
    /// If another thread's call is under way.
    pub fn run(&self, task: Task<'_>) {
        let mut task = task;
        assert!(self.gate.load(Relaxed) & OPEN == 0, "a task is lent while another one is");
        self.task.store((&raw mut task).cast(), Relaxed);
        // Publishes the task.
        self.gate.fetch_add(OPEN + TASK, Release);
        let _close = Close(&self.gate);
        task();
    }

    /// Runs the task that is lent, unless it is the `last` one. Returns whether there was one.
    pub fn join(&self, last: &mut Last) -> bool {
        // A look costs no more than a read of memory that is seldom written.
        let gate = self.gate.load(Relaxed);
        if gate & OPEN == 0 || Last::of(gate) == *last {
            return false;
        }
        let inside = Inside::enter(&self.gate);
        let is_open = inside.before & OPEN != 0;
        if is_open {
            *last = Last::of(inside.before);
            let task = self.task.load(Relaxed);
            // SAFETY: `run` put it there, and has not returned: this thread entered before the gate was closed, and so `run`
            // waits until it has left. See the module's safety model.
            let task: Task<'_> = unsafe { *task.cast::<Task<'_>>() };
            task();
        }
        is_open
    }
}

/// Closes the gate, also when the task panics, and waits until everybody has left.
struct Close<'a>(&'a AtomicU64);

impl Drop for Close<'_> {
    fn drop(&mut self) {
        self.0.fetch_and(!OPEN, AcqRel);
        wait_until(|| self.0.load(Acquire).is_multiple_of(TASK));
    }
}

/// One more inside, as long as it lives.
struct Inside<'a> {
    gate: &'a AtomicU64,
    /// The gate, before it entered.
    before: u64,
}

impl<'a> Inside<'a> {
    fn enter(gate: &'a AtomicU64) -> Self {
        Self { gate, before: gate.fetch_add(1, Acquire) }
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.gate.fetch_sub(1, Release);
    }
}

/// Waits for what mostly takes microseconds; longer where a thread has lost its core to another.
pub(crate) fn wait_until(mut condition: impl FnMut() -> bool) {
    let mut spins = 0u32;
    while !condition() {
        spin_loop();
        spins = spins.wrapping_add(1);
        if cfg!(loom) || spins.is_multiple_of(LOOKS) {
            yield_now();
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::sync::AtomicUsize;

    #[test]
    fn the_gate_is_closed_after_a_task_that_panics() {
        let broadcast = Broadcast::default();
        let run = || broadcast.run(&|| panic!("as intended"));
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
        assert!(!broadcast.join(&mut Last::default()));
    }

    #[test]
    fn a_task_is_run_once_by_whoever_joins_and_asks_again() {
        let broadcast = Broadcast::default();
        let runs = AtomicUsize::new(0);
        broadcast.run(&|| {
            // The first to run it joins it as well.
            if runs.fetch_add(1, Relaxed) == 0 {
                let mut last = Last::default();
                assert!(broadcast.join(&mut last));
                assert!(!broadcast.join(&mut last));
            }
        });
        assert_eq!(runs.into_inner(), 2);
    }
}

/// Every order of events of small programs; the cells tell when a read and a write are not in order.
#[cfg(all(test, loom))]
mod every_order {
    use loom::cell::UnsafeCell;
    use loom::sync::Arc;
    use loom::thread;

    use super::*;
    use crate::sync::AtomicUsize;

    /// Memory of the lending thread that is written again as soon as the loan is over.
    struct Borrowed(UnsafeCell<usize>);

    // SAFETY: loom checks each access.
    unsafe impl Sync for Borrowed {}

    impl Borrowed {
        fn read(&self) -> usize {
            // SAFETY: loom checks that nobody writes meanwhile.
            self.0.with(|value| unsafe { *value })
        }

        fn write(&self, value: usize) {
            // SAFETY: loom checks that nobody else reads or writes meanwhile.
            self.0.with_mut(|old| unsafe { *old = value });
        }
    }

    /// One thread lends `tasks` tasks, `joiners` others ask for one `asks` times each.
    /// No thread is interrupted more than three times, which keeps the orders below a million.
    fn lend(tasks: usize, joiners: usize, asks: usize) {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(move || {
            let broadcast = Arc::new(Broadcast::default());
            let others: Vec<_> = (0..joiners)
                .map(|_| {
                    let broadcast = Arc::clone(&broadcast);
                    thread::spawn(move || {
                        let mut last = Last::default();
                        (0..asks).filter(|_| broadcast.join(&mut last)).count()
                    })
                })
                .collect();
            let borrowed = Borrowed(UnsafeCell::new(0));
            let runs = AtomicUsize::new(0);
            for number in 1..=tasks {
                borrowed.write(number);
                broadcast.run(&|| {
                    assert_eq!(borrowed.read(), number);
                    runs.fetch_add(1, Relaxed);
                });
                borrowed.write(0);
            }
            let joined: usize = others.into_iter().map(|other| other.join().unwrap()).sum();
            assert_eq!(runs.load(Relaxed), tasks + joined);
        });
    }

    #[test]
    fn no_thread_is_inside_a_task_that_has_been_taken_back() {
        lend(1, 2, 1);
    }

    #[test]
    fn a_thread_that_comes_late_for_one_task_may_run_the_next() {
        lend(2, 1, 2);
    }
}
