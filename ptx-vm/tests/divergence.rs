//! Lanes of a warp that go different ways come together again as early as they can.

mod common;

use common::{Device, STORE, clean, words};

/// Instructions that a warp executed in all.
fn executed(body: &str) -> u64 {
    let device = Device::with_body("", body);
    let out = device.upload(&[0; 128]);
    device.run("k", 1, 32, &[out]).unwrap_or_else(|fault| panic!("{fault}")).warp_instructions
}

#[test]
fn arms_of_a_branch_meet_behind_it() {
    let body = |limit| {
        format!(
            "setp.lt.u32 %p1, %r0, {limit}; @%p1 bra LOW; add.s32 %r9, %r0, 100; bra JOIN;
            LOW: add.s32 %r9, %r0, 200; JOIN: activemask.b32 %r1; setp.eq.b32 %p1, %r1, -1;
            @%p1 add.s32 %r9, %r9, 1; {STORE}"
        )
    };
    let got = words("", &body(7), 32);
    assert_eq!((got[6], got[7]), (207, 108));
    // Only the arms are executed twice.
    assert_eq!(executed(&body(7)) - executed(&body(0)), 1);
}

#[test]
fn lanes_that_leave_a_loop_wait_behind_it() {
    let body = format!(
        "mov.b32 %r9, 0; LOOP: add.s32 %r9, %r9, 1; setp.le.u32 %p1, %r9, %r0; @%p1 bra LOOP;
        activemask.b32 %r1; setp.eq.b32 %p1, %r1, -1; @%p1 add.s32 %r9, %r9, 1000; {STORE}"
    );
    assert_eq!(words("", &body, 32), (0..32).map(|lane| lane + 1001).collect::<Vec<_>>());
    assert_eq!(executed(&body), 2 + 1 + 32 * 3 + 3 + 3 + 1);
}

#[test]
fn rounds_of_a_loop_begin_together() {
    // Even lanes go straight to the next round, odd ones take a longer way in each.
    let body = format!("mov.b32 %r9, 0; mov.b32 %r2, 0; and.b32 %r1, %r0, 1; setp.eq.b32 %p1, %r1, 0;
        LOOP: activemask.b32 %r3; setp.eq.b32 %p3, %r3, -1; @%p3 add.s32 %r9, %r9, 1; add.s32 %r2, %r2, 1;
        setp.gt.u32 %p2, %r2, 9; @%p2 bra END; @%p1 bra LOOP; xor.b32 %r4, %r2, 1; bra LOOP; END: {STORE}");
    assert_eq!(words("", &body, 32), [10; 32]);
}

#[test]
fn nested_loops_and_breaks() {
    // for i in 0..=lane % 4 { for j in 0..=lane % 3 { if i + j == 4 break both; sum += 1 } }
    let body = format!(
        "rem.u32 %r1, %r0, 4; rem.u32 %r2, %r0, 3; mov.b32 %r9, 0; mov.b32 %r3, 0;
        OUTER: mov.b32 %r4, 0; INNER: add.s32 %r5, %r3, %r4; setp.eq.u32 %p1, %r5, 4; @%p1 bra END;
        add.s32 %r9, %r9, 1; add.s32 %r4, %r4, 1; setp.le.u32 %p2, %r4, %r2; @%p2 bra INNER;
        add.s32 %r3, %r3, 1; setp.le.u32 %p3, %r3, %r1; @%p3 bra OUTER;
        END: activemask.b32 %r6; setp.ne.b32 %p4, %r6, -1; @%p4 trap; {STORE}"
    );
    let wanted: Vec<u32> = (0..32)
        .map(|lane| {
            let mut sum = 0;
            'outer: for i in 0..=lane % 4 {
                for j in 0..=lane % 3 {
                    if i + j == 4 {
                        break 'outer;
                    }
                    sum += 1;
                }
            }
            sum
        })
        .collect();
    assert_eq!(words("", &body, 32), wanted);
}

#[test]
fn a_branch_to_a_trap_does_not_keep_lanes_apart() {
    // The barrier comes after a check that fails for nobody but could.
    let body =
        "and.b32 %r1, %r0, 1; setp.eq.b32 %p1, %r1, 0; @%p1 bra EVEN; setp.gt.u32 %p2, %r0, 99;
        @%p2 bra FAIL; add.s32 %r2, %r0, 1; bra JOIN; EVEN: setp.gt.u32 %p3, %r0, 77; @%p3 bra FAIL;
        add.s32 %r2, %r0, 2; JOIN: bar.sync 0; shfl.sync.idx.b32 %r3, %r2, 0, 31, -1; bra END;
        FAIL: trap; END:";
    clean("", body, 64);
}

#[test]
fn lanes_wait_for_each_other_at_a_shuffle_in_a_loop() {
    // Odd lanes come to the shuffle from another block of the loop than even ones.
    let body = format!("mov.b32 %r9, %r0; mov.b32 %r2, 0; and.b32 %r1, %r0, 1; setp.eq.b32 %p1, %r1, 0;
        LOOP: @%p1 bra NEXT; add.s32 %r9, %r9, 1; NEXT: shfl.sync.bfly.b32 %r3, %r9, 1, 31, -1;
        add.s32 %r9, %r9, %r3; add.s32 %r2, %r2, 1; setp.lt.u32 %p2, %r2, 3; @%p2 bra LOOP; {STORE}");
    let mut wanted: Vec<u32> = (0..32).collect();
    for _ in 0..3 {
        for lane in (1..32).step_by(2) {
            wanted[lane] += 1;
        }
        let before = wanted.clone();
        for lane in 0..32 {
            wanted[lane] += before[lane ^ 1];
        }
    }
    assert_eq!(words("", &body, 32), wanted);
}

const TWICE: &str = ".func (.param .b32 result) twice(.param .b32 x)
    { .reg .b32 %a<2>; ld.param.b32 %a0, [x]; add.s32 %a0, %a0, %a0; st.param.b32 [result], %a0; ret; }
    .func (.param .b32 result) down(.param .b32 x)
    { .reg .pred %q; .reg .b32 %a<3>; ld.param.b32 %a0, [x]; mov.b32 %a1, 0; setp.eq.b32 %q, %a0, 0; @%q bra END;
      { .param .b32 p; .param .b32 r; sub.s32 %a2, %a0, 1; st.param.b32 [p], %a2; call.uni (r), down, (p); ld.param.b32 %a1, [r]; }
      add.s32 %a1, %a1, %a0; END: st.param.b32 [result], %a1; ret; }";

#[test]
fn calls_within_one_arm_of_a_branch() {
    let body = format!(
        "setp.lt.u32 %p1, %r0, 5; mov.b32 %r9, %r0; @%p1 bra END; {{ .param .b32 p; .param .b32 r;
        st.param.b32 [p], %r0; call (r), twice, (p); ld.param.b32 %r9, [r]; }} END: {STORE}"
    );
    assert_eq!(words(TWICE, &body, 32)[3..7], [3, 4, 10, 12]);
    // A guarded call does the same.
    let body = format!("setp.ge.u32 %p1, %r0, 5; {{ .param .b32 p; .param .b32 r;
        st.param.b32 [p], %r0; st.param.b32 [r], %r0; @%p1 call (r), twice, (p); ld.param.b32 %r9, [r]; }} {STORE}");
    assert_eq!(words(TWICE, &body, 32)[3..7], [3, 4, 10, 12]);
}

#[test]
fn lanes_return_from_different_depths() {
    let body = format!("{{ .param .b32 p; .param .b32 r; st.param.b32 [p], %r0; call (r), down, (p); ld.param.b32 %r9, [r]; }}
        activemask.b32 %r1; setp.ne.b32 %p1, %r1, -1; @%p1 trap; {STORE}");
    assert_eq!(words(TWICE, &body, 32), (0..32).map(|n| n * (n + 1) / 2).collect::<Vec<_>>());
}

#[test]
fn calls_through_registers() {
    let body = format!("and.b32 %r1, %r0, 1; setp.eq.b32 %p1, %r1, 0; mov.b64 %d1, twice; mov.b64 %d2, down;
        selp.b64 %d3, %d1, %d2, %p1; prototype: .callprototype (.param .b32 _) _ (.param .b32 _);
        {{ .param .b32 p; .param .b32 r; st.param.b32 [p], %r0; call (r), %d3, (p), prototype; ld.param.b32 %r9, [r]; }}
        activemask.b32 %r1; setp.ne.b32 %p1, %r1, -1; @%p1 trap; {STORE}");
    let wanted: Vec<u32> =
        (0..32).map(|n| if n % 2 == 0 { 2 * n } else { n * (n + 1) / 2 }).collect();
    assert_eq!(words(TWICE, &body, 32), wanted);
}

#[test]
fn endless_recursion_is_a_fault() {
    let outside = ".func endless() { call.uni endless, (); ret; }";
    let fault = common::fault(outside, "call.uni endless;", 32);
    assert!(matches!(fault.kind, ptx_vm::FaultKind::TooDeep { .. }));
}

#[test]
fn threads_that_exit_within_a_function() {
    let outside = ".func maybe(.param .b32 x) { .reg .pred %q; .reg .b32 %a; ld.param.b32 %a, [x];
        setp.lt.u32 %q, %a, 5; @%q exit; ret; }";
    let body = format!(
        "mov.b32 %r9, 1; {{ .param .b32 p; st.param.b32 [p], %r0; call maybe, (p); }} bar.sync 0; {STORE}"
    );
    let mut wanted = [1; 64];
    wanted[..5].fill(0);
    assert_eq!(words(outside, &body, 64), wanted);
}

#[test]
fn indices_of_a_table_that_differ() {
    let body = format!(
        "and.b32 %r1, %r0, 3; mov.b32 %r9, 7; T: .branchtargets A, B, END, A; brx.idx %r1, T;
        A: add.s32 %r9, %r0, 100; bra END; B: add.s32 %r9, %r0, 200; END: {STORE}"
    );
    assert_eq!(words("", &body, 32)[8..12], [108, 209, 7, 111]);
    let fault = common::fault("", "T: .branchtargets A, A; brx.idx %r0, T; A:", 3);
    assert!(matches!(fault.kind, ptx_vm::FaultKind::BadBranch { index: 2, targets: 2 }));
    assert_eq!(fault.thread, [2, 0, 0]);
}
