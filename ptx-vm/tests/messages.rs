//! What faults say, as the README shows it.

mod common;

use common::{Device, fault, launch};
use ptx_vm::Launch;

const README: &str = include_str!("../README.md");

const SHARED: &str = ".shared .align 8 .b8 memory[256];";

/// Checks what the fault that a body commits says behind its place, and that the README shows it.
#[track_caller]
fn says(outside: &str, body: &str, threads: u32, message: &str) {
    let fault = fault(outside, body, threads);
    let text = fault.to_string();
    let place = format!("PTX line {} `{}`: ", fault.line, fault.text);
    assert_eq!(text.split_once(&place).map(|(_, message)| message), Some(message), "{text}");
    assert!(README.contains(message), "the README does not show: {message}");
}

#[test]
fn the_readme_shows_what_every_fault_says() {
    says(
        "",
        "mul.wide.u32 %d1, %r0, 32; add.s64 %d1, %d1, %d0;\nld.global.u32 %r1, [%d1];",
        64,
        "4 bytes at global address 0x100000400 are out of bounds",
    );
    says(
        "",
        "ld.global.u32 %r1, [%d0+2];",
        1,
        "global address 0x100000002 is not aligned to 4 bytes",
    );
    says(
        SHARED,
        "ld.shared.u32 %r1, [memory];",
        1,
        "some of 4 bytes at shared address 0x0 are read but were never written",
    );
    says(
        SHARED,
        "setp.eq.u32 %p1, %r0, 0; setp.eq.u32 %p2, %r0, 40;\n\
         @%p1 st.shared.u32 [memory], 7;\n@%p2 ld.shared.u32 %r1, [memory];",
        64,
        "shared address 0x0 is read here and was written by thread [0, 0, 0] with no barrier between",
    );
    says(
        "",
        "setp.lt.u32 %p1, %r0, 16; @%p1 bra PAST;\nbar.sync 0;\nPAST: st.global.u32 [%d0], 1;",
        32,
        "only lanes 0xffff0000 of the warp's live lanes 0xffffffff reach the barrier",
    );
    says(
        "",
        "setp.lt.u32 %p1, %r0, 32; @%p1 bra ELSE;\nbar.sync 1;\nbra PAST;\nELSE:\nbar.sync 0;\nPAST:",
        64,
        "threads wait at barrier 0 for ever: thread [32, 0, 0] never comes, it waits at barrier 1",
    );
    says(
        "",
        "bar.sync 16;",
        32,
        "barrier 16 cannot be: barriers are numbered 0 to 15, and for whole warps of the block",
    );
    says(
        "",
        "setp.lt.u32 %p1, %r0, 16; @%p1 bra PAST;\nshfl.sync.bfly.b32 %r1, %r0, 1, 31, -1;\n\
         bra END;\nPAST:\nbar.warp.sync 0xffff;\nst.global.u32 [%d0], 1;\nshfl.sync.bfly.b32 %r1, %r0, 1, 31, -1;\nEND:",
        32,
        "lanes 0xffffffff are to take part but only lanes 0x0000ffff are here",
    );
    says(
        "",
        "shfl.sync.bfly.b32 %r1, %r0, 1, 31, 0xff;",
        32,
        "the lane is not in the mask 0x000000ff or its mask differs from another lane's",
    );
    says(
        "",
        "shfl.sync.down.b32 %r1, %r0, 8, 31, -1;",
        48,
        "the value is read from lane 16, which is not active",
    );
    says("", "div.u32 %r1, 5, %r0;", 32, "an integer is divided by zero");
    says("", "trap;", 32, "the kernel traps");
    says(
        "",
        "T: .branchtargets A, B;\nbrx.idx %r0, T;\nA:\nB:",
        32,
        "index 2 is beyond the 2 targets of the branch",
    );
    says(
        "",
        "mov.b64 %d1, 42;\ncall %d1;",
        32,
        "the call goes to 0x2a, where no function with these parameters is",
    );
    let endless = ".func f {\ncall f;\nret; }";
    says(endless, "call f;", 32, "calls are nested 1025 deep");
    let endless =
        ".func f {\n.local .b8 own[100000]; .reg .b64 %d<2>; mov.b64 %d1, own;\ncall f;\nret; }";
    says(endless, "call f;", 32, "calls nested 6 deep need more than 524288 bytes of local memory");
}

#[test]
fn the_readme_shows_what_launches_that_do_not_end_or_cannot_be_say() {
    let mut device = Device::with_body("", "LOOP:\nbra LOOP;");
    device.loaded.set_limit(1_000_000);
    let out = device.upload(&[0; 4]);
    let endless = device.run("k", 1, 32, &[out]).unwrap_err().to_string();
    let cannot = device.launch("k", &Launch::new([1; 3], [2000, 1, 1]), &[out]).unwrap_err();
    assert_eq!(cannot.to_string(), "kernel `k`: a block of [2000, 1, 1] threads");
    let other = device.loaded.run("other", &launch(1, 32), &[]).unwrap_err().to_string();
    assert_eq!(other, "kernel `other`: no such kernel: the module has `k`");
    for message in [
        "the limit of 1000000 warp instructions is exceeded: an endless loop?",
        "a block of [2000, 1, 1] threads",
        "no such kernel: the module has `k`",
    ] {
        assert!([&endless, &cannot.to_string(), &other].iter().any(|text| text.ends_with(message)));
        assert!(README.contains(message), "the README does not show: {message}");
    }
}
