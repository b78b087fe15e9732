use super::*;

/// Miri runs a thousand times slower.
const ROUNDS: usize = if cfg!(miri) { 50 } else { 5000 };

#[test]
fn every_piece_of_many_tasks_is_done_once() {
    let spinners = Spinners::default();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| spinners.spin(&|| false));
        }
        for round in 0..ROUNDS {
            let count = round % 7;
            let pieces: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
            let next = AtomicUsize::new(0);
            spinners.run_on_all(&|| {
                while let Some(piece) = pieces.get(next.fetch_add(1, Relaxed)) {
                    piece.fetch_add(1, Relaxed);
                }
            });
            assert!(pieces.iter().all(|piece| piece.load(Relaxed) == 1));
        }
        spinners.stop();
    });
    assert!(!spinners.any());
}

#[test]
fn threads_that_spin_join_in() {
    let spinners = Spinners::default();
    thread::scope(|scope| {
        scope.spawn(|| spinners.spin(&|| false));
        for _ in 0..ROUNDS / 50 {
            let here = AtomicUsize::new(0);
            spinners.run_on_all(&|| {
                here.fetch_add(1, SeqCst);
                // The other may get a CPU late, but some time it does.
                while here.load(SeqCst) < 2 {
                    yield_now();
                }
            });
        }
        spinners.stop();
    });
}

#[test]
fn one_that_spins_finds_work_in_the_background_and_is_helped_with_it() {
    let spinners = Spinners::default();
    let (calls, pieces) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (next, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let background = || {
        if calls.fetch_add(1, SeqCst) > 0 {
            return false;
        }
        spinners.run_on_all(&|| {
            while next.fetch_add(1, Relaxed) < ROUNDS {
                pieces.fetch_add(1, Relaxed);
            }
        });
        done.store(true, Release);
        true
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| spinners.spin(&background));
        }
        spinners.help_until(|| done.load(Acquire));
        spinners.stop();
    });
    assert_eq!(pieces.load(Relaxed), ROUNDS);
}

#[test]
fn no_more_are_announced_than_are_enough_and_all_leave_by_themselves() {
    let spinners = Spinners::default();
    let announced: Vec<usize> = std::iter::from_fn(|| spinners.announce(2)).collect();
    assert_eq!(announced, [1, 2]);
    thread::scope(|scope| {
        for _ in announced {
            scope.spawn(|| spinners.spin_for_a_while());
        }
    });
    assert!(!spinners.any());
    assert_eq!(spinners.announce(1), Some(1));
}

#[test]
fn whoever_comes_after_the_stop_leaves_at_once() {
    let spinners = Spinners::default();
    spinners.stop();
    spinners.spin(&|| unreachable!());
    spinners.restart();
    let calls = AtomicUsize::new(0);
    spinners.spin(&|| {
        calls.fetch_add(1, Relaxed);
        spinners.stop();
        true
    });
    assert_eq!(calls.into_inner(), 1);
}
