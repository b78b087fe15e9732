//! Every fault is reported, with its thread and line, and the same kernel without it passes.

mod common;

use common::{Device, clean, fault, launch, module};
use ptx_vm::{FaultKind, Launch, MemorySpace, Module};

/// The text between the body's line of a fault and its first `;`.
#[track_caller]
fn check(outside: &str, body: &str, threads: u32, thread: u32, text: &str) -> FaultKind {
    let fault = fault(outside, body, threads);
    assert_eq!(fault.thread, [thread, 0, 0], "{fault}");
    assert_eq!(fault.text, text, "{fault}");
    let module = module(outside, body);
    assert_eq!(module.lines().nth(fault.line - 1).map(str::trim), Some(text));
    fault.kind
}

const SHARED: &str = ".shared .align 8 .b8 memory[256];";

/// `%d1` is this thread's word of shared memory, `%d2` that of the next thread of 64.
const WORDS: &str = "mov.b64 %d3, memory; mul.wide.u32 %d1, %r0, 4; add.s64 %d1, %d1, %d3;
    add.s32 %r1, %r0, 1; and.b32 %r1, %r1, 63; mul.wide.u32 %d2, %r1, 4; add.s64 %d2, %d2, %d3;";

#[test]
fn global_memory_out_of_bounds() {
    let body = |offset: i32| {
        format!(
            "mul.wide.u32 %d1, %r0, 8; add.s64 %d1, %d1, %d0;\n\
             ld.global.b64 %d2, [%d1+{offset}];"
        )
    };
    clean("", &body(0), 128);
    let kind = check("", &body(8), 128, 127, "ld.global.b64 %d2, [%d1+8];");
    assert!(matches!(kind, FaultKind::OutOfBounds { space: MemorySpace::Global, size: 8, .. }));
    check("", &body(-8), 128, 0, "ld.global.b64 %d2, [%d1+-8];");
    check("", "mov.b64 %d1, 0;\nst.b32 [%d1], 1;", 1, 0, "st.b32 [%d1], 1;");
}

#[test]
fn memory_that_was_freed() {
    let device = Device::with_body("", "ld.global.b32 %r1, [%d0];");
    let out = device.upload(&[0; 4]);
    device.run("k", 1, 1, &[out]).unwrap();
    device.memory.free(out).unwrap();
    device.upload(&[0; 4]);
    let fault = device.run("k", 1, 1, &[out]).unwrap_err();
    assert!(matches!(fault.kind, FaultKind::OutOfBounds { .. }));
}

#[test]
fn shared_memory_out_of_bounds() {
    let body = |offset| {
        format!(
            "mov.b64 %d1, memory; mul.wide.u32 %d2, %r0, 4; add.s64 %d1, %d1, %d2;\n\
                 st.shared.b32 [%d1+{offset}], %r0;"
        )
    };
    clean(SHARED, &body(0), 64);
    let kind = check(SHARED, &body(4), 64, 63, "st.shared.b32 [%d1+4], %r0;");
    let space = MemorySpace::Shared;
    assert_eq!(kind, FaultKind::OutOfBounds { space, address: 256, size: 4 });
}

#[test]
fn local_memory_out_of_bounds() {
    let body =
        |at| format!(".local .align 8 .b8 own[16]; mov.b64 %d1, own;\nst.local.b64 [%d1+{at}], 1;");
    clean("", &body(8), 32);
    let kind = check("", &body(16), 32, 0, "st.local.b64 [%d1+16], 1;");
    assert!(matches!(kind, FaultKind::OutOfBounds { space: MemorySpace::Local, .. }));
}

#[test]
fn parameters_out_of_bounds() {
    clean("", "ld.param.b32 %r1, [out+4];", 1);
    let error = Module::parse(&module("", "ld.param.b32 %r1, [out+8];")).unwrap_err();
    assert!(error.message.contains("beyond"), "{error}");
    let kind = check(
        "",
        "mov.b64 %d1, out;\nld.param.b64 %d2, [%d1+8];",
        1,
        0,
        "ld.param.b64 %d2, [%d1+8];",
    );
    assert!(matches!(kind, FaultKind::OutOfBounds { space: MemorySpace::Param, .. }));
}

#[test]
fn constants_out_of_bounds() {
    let table = ".const .align 4 .b8 table[8] = {1, 2, 3, 4, 5, 6, 7, 8};";
    let body = |at| format!("mov.b64 %d1, table;\nld.const.b32 %r1, [%d1+{at}];");
    clean(table, &body(4), 1);
    let kind = check(table, &body(8), 1, 0, "ld.const.b32 %r1, [%d1+8];");
    assert!(matches!(kind, FaultKind::OutOfBounds { .. }));
}

#[test]
fn misaligned_addresses() {
    for (outside, set, access) in [
        ("", "add.s64 %d1, %d0, ", "ld.global.b32 %r1, [%d1];"),
        ("", "add.s64 %d1, %d0, ", "ld.global.v2.b16 {%h1, %h2}, [%d1];"),
        ("", "add.s64 %d1, %d0, ", "st.global.v4.b32 [%d1], {%r1, %r1, %r1, %r1};"),
        ("", "add.s64 %d1, %d0, ", "atom.global.add.u32 %r1, [%d1], 1;"),
        (SHARED, "mov.b64 %d1, memory+", "st.shared.b32 [%d1], %r0;"),
        ("", ".local .align 8 .b8 own[32]; mov.b64 %d1, own+", "st.local.b32 [%d1], %r0;"),
    ] {
        let aligned = format!("{set} 16;\n{access}");
        clean(outside, &aligned, 1);
        let kind = check(outside, &format!("{set} 2;\n{access}"), 1, 0, access);
        assert!(matches!(kind, FaultKind::Misaligned { .. }), "{access}");
    }
}

#[test]
fn reads_of_what_was_never_written() {
    let device = Device::with_body("", "ld.global.b32 %r1, [%d0+4];");
    let out = device.memory.allocate(8).unwrap();
    device.memory.write(out, &[0; 7]).unwrap();
    let fault = device.run("k", 1, 40, &[out]).unwrap_err();
    let space = MemorySpace::Global;
    assert_eq!(fault.kind, FaultKind::Uninitialised { space, address: out + 4, size: 4 });
    device.memory.write(out + 7, &[0]).unwrap();
    device.run("k", 1, 40, &[out]).unwrap();

    let shared = |count| {
        format!("mov.b64 %d1, memory; setp.lt.u32 %p1, %r0, {count}; add.s64 %d2, %d1, 8;
        @%p1 st.shared.b8 [%d1+8], 1; @%p1 st.shared.b8 [%d1+9], 1;\n@%p1 st.shared.b16 [%d1+10], 1;\n\
        ld.shared.b32 %r1, [%d2];")
    };
    clean(SHARED, &shared(1), 1);
    let kind = check(SHARED, &shared(0), 1, 0, "ld.shared.b32 %r1, [%d2];");
    assert!(matches!(kind, FaultKind::Uninitialised { space: MemorySpace::Shared, .. }));

    let local = |bytes| {
        format!(
            ".local .align 8 .b8 own[16]; mov.b64 %d1, own; setp.ne.u32 %p1, %r0, 3;
        st.local.b32 [%d1], 1; @%p1 st.local.b32 [%d1+4], 1;\nld.local.b{bytes} %d2, [%d1];"
        )
    };
    clean("", &local(32), 32);
    let kind = check("", &local(64), 32, 3, "ld.local.b64 %d2, [%d1];");
    assert!(matches!(kind, FaultKind::Uninitialised { space: MemorySpace::Local, .. }));
}

#[test]
fn copies_of_what_was_never_written_count_as_such() {
    let device = Device::with_body("", "ld.global.b32 %r1, [%d0];");
    let (from, to) = (device.memory.allocate(8).unwrap(), device.upload(&[0; 8]));
    device.memory.write(from + 4, &[0; 4]).unwrap();
    device.memory.copy(from, to, 8).unwrap();
    assert!(device.run("k", 1, 1, &[to]).is_err());
    device.run("k", 1, 1, &[to + 4]).unwrap();
}

#[test]
fn races_between_warps() {
    let body = |barrier| {
        format!("{WORDS} st.shared.b32 [%d1], %r0;\n{barrier}\nld.shared.b32 %r2, [%d2];")
    };
    clean(SHARED, &body("bar.sync 0;"), 64);
    clean(SHARED, &body("barrier.sync.aligned 0;"), 64);
    // The other way round: a write after a read.
    let all = "st.shared.b32 [%d1], %r0; bar.sync 0;";
    let body = |barrier| {
        format!("{WORDS} {all} ld.shared.b32 %r2, [%d2];\n{barrier}\nst.shared.b32 [%d1], 1;")
    };
    clean(SHARED, &body("bar.sync 0;"), 64);
    let kind = check(SHARED, &body(""), 64, 1, "st.shared.b32 [%d1], 1;");
    let race = FaultKind::Race { address: 4, writes: true, other: [0; 3], other_wrote: false };
    assert_eq!(kind, race);
}

#[test]
fn a_race_names_both_threads() {
    // Thread 0 writes what thread 40 reads.
    let body = |barrier| {
        format!(
            "mov.b64 %d1, memory; setp.eq.u32 %p1, %r0, 0; setp.eq.u32 %p2, %r0, 40;\n\
        @%p1 st.shared.b32 [%d1], 7;\n{barrier}\n@%p2 ld.shared.b32 %r1, [%d1];"
        )
    };
    clean(SHARED, &body("bar.sync 0;"), 64);
    let kind = check(SHARED, &body("bar.warp.sync -1;"), 64, 40, "@%p2 ld.shared.b32 %r1, [%d1];");
    let race = FaultKind::Race { address: 0, writes: false, other: [0; 3], other_wrote: true };
    assert_eq!(kind, race);
}

#[test]
fn races_within_a_warp() {
    let body = |barrier| {
        format!(
            "{WORDS} and.b32 %r1, %r1, 31; mul.wide.u32 %d2, %r1, 4; add.s64 %d2, %d2, %d3;
        st.shared.b32 [%d1], %r0;\n{barrier}\nld.shared.b32 %r2, [%d2];"
        )
    };
    clean(SHARED, &body("bar.warp.sync -1;"), 32);
    clean(SHARED, &body("bar.sync 0;"), 32);
    let kind = check(SHARED, &body(""), 32, 0, "ld.shared.b32 %r2, [%d2];");
    assert!(matches!(kind, FaultKind::Race { other: [1, 0, 0], other_wrote: true, .. }));
}

#[test]
fn lanes_that_store_different_values_to_one_place() {
    let body = |value| format!("mov.b64 %d1, memory;\nst.shared.b32 [%d1], {value};");
    clean(SHARED, &body("7"), 32);
    let kind = check(SHARED, &body("%r0"), 32, 1, "st.shared.b32 [%d1], %r0;");
    assert!(matches!(
        kind,
        FaultKind::Race { writes: true, other: [0, 0, 0], other_wrote: true, .. }
    ));
}

#[test]
fn atomics_race_only_with_plain_accesses() {
    let start = "mov.b64 %d1, memory; st.shared.b32 [%d1], 0; bar.sync 0; bar.sync 0;";
    let start = start.replacen("st.", "setp.eq.u32 %p1, %r0, 0; @%p1 st.", 1);
    clean(SHARED, &format!("{start} atom.shared.add.u32 %r1, [%d1], 1;"), 64);
    let body = format!("{start} red.shared.add.u32 [%d1], 1;\nld.shared.b32 %r1, [%d1];");
    let kind = check(SHARED, &body, 64, 0, "ld.shared.b32 %r1, [%d1];");
    assert!(matches!(kind, FaultKind::Race { writes: false, other: [31, 0, 0], .. }));
}

#[test]
fn barriers_that_lanes_pass_by() {
    // Half of the warp goes around the barrier and does something else.
    let body = |limit| {
        format!(
            "setp.ge.u32 %p1, %r0, {limit}; @%p1 bra PAST;\nbar.sync 0;\nPAST: st.global.b32 [%d0], 1;"
        )
    };
    clean("", &body(32), 32);
    clean("", &body(0), 32);
    let kind = check("", &body(16), 32, 0, "bar.sync 0;");
    assert_eq!(kind, FaultKind::DivergentBarrier { arrived: 0xffff, live: u32::MAX });
    // Two barriers, one for each half.
    let body =
        "setp.ge.u32 %p1, %r0, 16; @%p1 bra ELSE;\nbar.sync 0;\nbra END; ELSE:\nbar.sync 0;\nEND:";
    let kind = check("", body, 32, 0, "bar.sync 0;");
    assert!(matches!(kind, FaultKind::DivergentBarrier { .. }));
}

#[test]
fn lanes_that_exit_first_do_not_count_for_barriers() {
    let body = "setp.ge.u32 %p1, %r0, 40; @%p1 bra END; bar.sync 0; st.global.b32 [%d0], 1; END:";
    clean("", body, 64);
    clean("", "setp.ge.u32 %p1, %r0, 40; @%p1 exit; bar.sync 0; st.global.b32 [%d0], 1;", 64);
    clean("", "setp.lt.u32 %p1, %r0, 40; @%p1 ret; bar.sync 0; st.global.b32 [%d0], 1;", 96);
}

#[test]
fn barriers_that_warps_never_reach() {
    // The second warp waits at another barrier.
    let body = |id| {
        format!(
            "setp.ge.u32 %p1, %r0, 32; @%p1 bra ELSE;\nbar.sync 0;\nbra END; ELSE:\nbar.sync {id};\nEND:"
        )
    };
    clean("", &body(0), 64);
    let kind = check("", &body(1), 64, 0, "bar.sync 0;");
    assert!(matches!(kind, FaultKind::BarrierNotReached { barrier: 0, missing: [32, 0, 0], .. }));
    // Only one warp comes where two are wanted.
    let body =
        |count| format!("setp.ge.u32 %p1, %r0, 32; @%p1 bra END;\nbar.sync 1, {count};\nEND:");
    clean("", &body(32), 64);
    let kind = check("", &body(64), 64, 0, "bar.sync 1, 64;");
    assert!(matches!(kind, FaultKind::BarrierNotReached { barrier: 1, missing: [32, 0, 0], .. }));
}

#[test]
fn barriers_that_cannot_be() {
    clean("", "bar.sync 15;\nbar.sync 1, 64;", 64);
    let kind = check("", "\nbar.sync 16;", 64, 0, "bar.sync 16;");
    assert_eq!(kind, FaultKind::BadBarrier { barrier: 16, threads: None });
    let kind = check("", "\nbar.sync 1, 33;", 64, 0, "bar.sync 1, 33;");
    assert_eq!(kind, FaultKind::BadBarrier { barrier: 1, threads: Some(33) });
}

#[test]
fn shuffles_from_lanes_that_are_not_there() {
    let body = "shfl.sync.down.b32 %r1, %r0, 8, 31, -1;";
    clean("", body, 32);
    let kind = check("", &format!("\n{body}"), 48, 40, body);
    assert_eq!(kind, FaultKind::InactiveLane { lane: 16 });
    let branch = |mask| {
        format!(
            "setp.lt.u32 %p1, %r0, 16; @!%p1 bra END;\nshfl.sync.bfly.b32 %r1, %r0, 1, 31, {mask};\nEND: st.global.b32 [%d0], 1;"
        )
    };
    clean("", &branch("0xffff"), 32);
    let kind = check("", &branch("0xff"), 32, 8, "shfl.sync.bfly.b32 %r1, %r0, 1, 31, 0xff;");
    assert_eq!(kind, FaultKind::NotMember { members: 0xff });
}

#[test]
fn lanes_that_never_come_to_a_shuffle_or_vote() {
    for instruction in [
        "shfl.sync.bfly.b32 %r1, %r0, 1, 31, MASK;",
        "vote.sync.any.pred %p2, %p1, MASK;",
        "bar.warp.sync MASK;",
    ] {
        let body = |low, high| {
            let [low, high] = [low, high].map(|mask| instruction.replace("MASK", mask));
            format!("setp.lt.u32 %p1, %r0, 16; @%p1 bra LOW;\n{high}\nbra END; LOW:\n{low}\nEND:")
        };
        clean("", &body("0xffff", "0xffff0000"), 32);
        let all = instruction.replace("MASK", "-1");
        let kind = check("", &body("-1", "-1"), 32, 0, &all);
        assert_eq!(kind, FaultKind::MissingLanes { members: u32::MAX, active: 0xffff });
    }
}

#[test]
fn divisions_by_zero() {
    for (instruction, set) in [
        ("div.u32 %r2, 5, %r1;", "sub.s32 %r1, %r0, "),
        ("rem.s32 %r2, 5, %r1;", "sub.s32 %r1, %r0, "),
        ("div.s64 %d2, 5, %d1;", "cvt.u64.u32 %d1, %r0; sub.s64 %d1, %d1, "),
        ("rem.u16 %h2, 5, %h1;", "cvt.u16.u32 %h1, %r0; sub.s16 %h1, %h1, "),
    ] {
        clean("", &format!("{set} 32;\n{instruction}"), 32);
        let kind = check("", &format!("{set} 31;\n{instruction}"), 32, 31, instruction);
        assert_eq!(kind, FaultKind::DivisionByZero);
        // Lanes that do not execute the division do not divide.
        clean("", &format!("{set} 31; setp.ne.u32 %p1, %r0, 31; @%p1 {instruction}"), 32);
    }
}

#[test]
fn traps() {
    let body = |thread| {
        format!("setp.eq.u32 %p1, %r0, {thread}; @!%p1 bra FINE;\ntrap;\nFINE:\n bar.sync 0;")
    };
    clean("", &body(64), 64);
    assert_eq!(check("", &body(40), 64, 40, "trap;"), FaultKind::Trap);
}

#[test]
fn recursion_without_end() {
    let function = |bytes: u32| {
        format!(
            ".func f {{ .local .b8 own[{bytes}]; .reg .b64 %d<2>; mov.b64 %d1, own;\ncall f;\nret; }}"
        )
    };
    let kind = check(&function(16), "call f;", 32, 0, "call f;");
    assert_eq!(kind, FaultKind::TooDeep { depth: 1025 });
    let kind = check(&function(100_000), "call f;", 32, 0, "call f;");
    assert_eq!(kind, FaultKind::LocalMemory { depth: 6, most: 524_288 });
}

#[test]
fn endless_loops() {
    let mut device = Device::with_body(
        "",
        "LOOP: add.s32 %r1, %r1, 1; setp.ne.u32 %p1, %r1, 1000;\n@%p1 bra LOOP;",
    );
    device.loaded.set_limit(1_000_000);
    let out = device.upload(&[0; 4]);
    device.run("k", 2, 32, &[out]).unwrap();
    let mut device = Device::with_body("", "LOOP:\nbra LOOP;");
    for cooperative in [false, true] {
        device.loaded.set_limit(1_000_000);
        let fault =
            device.launch("k", &Launch { cooperative, ..launch(2, 32) }, &[out]).unwrap_err();
        assert_eq!(fault.kind, FaultKind::InstructionLimit { limit: 1_000_000 });
        assert_eq!(fault.text, "bra LOOP;");
    }
}

#[test]
fn unknown_instructions_and_directives() {
    for (outside, body, message) in [
        ("", "frob.b32 %r1, %r2;", "unknown instruction `frob.b32`"),
        ("", "add.ftz.f32 %r1, %r2, %r3;", "unknown instruction `add.ftz.f32`"),
        ("", "add.rz.f32 %r1, %r2, %r3;", "unknown instruction `add.rz.f32`"),
        ("", "neg.NaN.f32 %r1, %r2;", "unknown instruction `neg.NaN.f32`"),
        ("", "fma.rn.NaN.f32 %r1, %r2, %r3, %r4;", "unknown instruction `fma.rn.NaN.f32`"),
        ("", "add.NaN.f32 %r1, %r2, %r3;", "unknown instruction `add.NaN.f32`"),
        ("", "mul.add.s32 %r1, %r2, %r3;", "unknown instruction `mul.add.s32`"),
        ("", "mul.wide.lo.s32 %d1, %r2, %r3;", "unknown instruction `mul.wide.lo.s32`"),
        ("", "setp.rn.s32 %p1, %r2, %r3;", "unknown instruction `setp.rn.s32`"),
        ("", "div.approx.f32 %r1, %r2, %r3;", "unknown instruction `div.approx.f32`"),
        ("", "popc.b16 %h1, %h2;", "unknown instruction `popc.b16`"),
        ("", "neg.shiftamt.s32 %r1, %r2;", "unknown instruction `neg.shiftamt.s32`"),
        ("", "add.NaN.f32 %r1, %r2, %r3;", "unknown instruction `add.NaN.f32`"),
        ("", "setp.ltu.s32 %p1, %r2, %r3;", "unknown instruction `setp.ltu.s32`"),
        ("", "setp.lo.f32 %p1, %r2, %r3;", "unknown instruction `setp.lo.f32`"),
        ("", "add.s32 %r1, %d2, %r3;", "a register of the wrong size in `add.s32`"),
        ("", "add.s32 %r1, %r2;", "2 operands where there should be 3 in `add.s32`"),
        ("", "bra NOWHERE;", "no label `NOWHERE` in `bra`"),
        ("", "mov.u32 %r1, %smid;", "unknown special register `%smid` in `mov.u32`"),
        (".strange;", "", "unknown directive `.strange`"),
        ("", ".strange;", "unknown directive `.strange`"),
    ] {
        let text = module(outside, &format!("\n{body}"));
        let error = Module::parse(&text).unwrap_err();
        assert_eq!(error.message, message);
        let word = body.split(' ').next().filter(|word| !word.is_empty()).unwrap_or(outside);
        assert!(text.lines().nth(error.line - 1).unwrap().contains(word), "{error}");
    }
}

#[test]
fn launches_that_cannot_be() {
    let device = Device::with_body(SHARED, "st.shared.b8 [memory], 1;");
    let run = |launch: &Launch, bytes: &[u8]| device.loaded.run("k", launch, bytes).unwrap_err();
    let cases = [
        run(&launch(1, 0), &[0; 8]),
        run(&launch(1, 1025), &[0; 8]),
        run(&launch(0, 32), &[0; 8]),
        run(&launch(1, 32), &[0; 7]),
        run(&Launch { dynamic_shared_bytes: 1 << 30, ..launch(1, 32) }, &[0; 8]),
        device.loaded.run("other", &launch(1, 32), &[0; 8]).unwrap_err(),
        run(&Launch { cooperative: true, ..launch(1 << 31, 32) }, &[0; 8]),
    ];
    for fault in cases {
        assert!(matches!(fault.kind, FaultKind::BadLaunch(_)), "{fault}");
    }
}

#[test]
fn parameters_that_do_not_fit() {
    let device = Device::with_body("", "");
    let message = |kernel: &str, values: &[&[u8]]| {
        device.loaded.module().pack(kernel, values).unwrap_err().to_string()
    };
    assert_eq!(message("other", &[]), "no kernel `other`: the module has `k`");
    assert_eq!(message("k", &[]), "kernel `k` has 1 parameters, not 0");
    assert_eq!(message("k", &[&[0; 4]]), "parameter 0 of kernel `k` has 8 bytes, not 4");
}

#[test]
fn the_fault_of_the_first_block_is_reported() {
    let device =
        Device::with_body("", "mov.u32 %r1, %ctaid.x; setp.gt.u32 %p1, %r1, 20;\n@%p1 trap;");
    let out = device.upload(&[0; 4]);
    for _ in 0..20 {
        let fault = device.run("k", 200, 32, &[out]).unwrap_err();
        assert_eq!(fault.block, [21, 0, 0]);
        assert_eq!(
            fault.to_string(),
            "kernel `k`, block [21, 0, 0], thread [0, 0, 0], PTX line 14 `@%p1 trap;`: the kernel traps"
        );
    }
}
