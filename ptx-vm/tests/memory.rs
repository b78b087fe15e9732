//! Memory of every space.

mod common;

use common::{Device, STORE, words};

#[test]
fn memory_of_every_space_by_generic_addresses() {
    let shared =
        ".shared .align 8 .b8 memory[64]; .global .align 8 .u64 pointer[2] = {generic(value)+4, 9};
        .global .align 4 .b8 value[8] = {1, 0, 0, 0, 2, 0, 0, 0}; .const .f32 pi = 0f40490FDB;";
    let run = |body: &str| words(shared, &format!("{body} {STORE}"), 1)[0];
    assert_eq!(
        run(
            "mov.b64 %d1, memory; cvta.shared.u64 %d2, %d1; st.b32 [%d2+8], 5; ld.shared.b32 %r9, [memory+8];"
        ),
        5
    );
    assert_eq!(run("ld.global.b64 %d1, [pointer]; ld.b32 %r9, [%d1];"), 2);
    assert_eq!(run("mov.b64 %d1, pointer; ld.b32 %r9, [%d1+8];"), 9);
    assert_eq!(run("ld.const.b32 %r9, [pi];"), 0x4049_0fdb);
    assert_eq!(
        run(
            ".local .align 4 .b8 own[8]; mov.b64 %d1, own; cvta.local.u64 %d2, %d1; st.b16 [%d2+4], 7; st.b16 [%d2+6], 1; ld.local.b32 %r9, [own+4];"
        ),
        0x1_0007
    );
    assert_eq!(
        run(
            "cvta.param.u64 %d1, out; ld.b64 %d2, [%d1]; setp.eq.b64 %p1, %d2, %d0; selp.b32 %r9, 1, 0, %p1;"
        ),
        1
    );
    // Half of the lanes to shared memory, half to global.
    let body = format!("mov.b64 %d1, memory; cvta.shared.u64 %d1, %d1; and.b32 %r1, %r0, 1; setp.eq.b32 %p1, %r1, 0;
        mul.wide.u32 %d3, %r0, 4; add.s64 %d1, %d1, %d3; add.s64 %d2, %d0, %d3; selp.b64 %d4, %d1, %d2, %p1;
        st.b32 [%d4], %r0; ld.b32 %r9, [%d4]; {STORE}");
    assert_eq!(words(shared, &body, 8), [0, 1, 2, 3, 4, 5, 6, 7]);
    let signed = "st.global.b8 [%d0], 0x80; ld.global.s8 %r9, [%d0];";
    assert_eq!(run(signed), 0xffff_ff80);
    assert_eq!(
        run("st.global.v4.b8 [%d0], {1, 2, 3, 4}; ld.global.v2.u16 {%r1, %r9}, [%d0];"),
        0x403
    );
    assert_eq!(
        run(
            "mov.b64 %d1, 0x1122334455667788; st.global.b32 [%d0], %d1; ld.global.b32 %d2, [%d0]; cvt.u32.u64 %r9, %d2;"
        ),
        0x5566_7788
    );
}

#[test]
fn dynamic_shared_memory_lies_behind_the_static() {
    let outside = ".shared .b8 fixed[5]; .extern .shared .align 16 .b8 dynamic[];";
    let body = format!(
        "mov.b64 %d1, dynamic; st.shared.b8 [fixed], 1; cvt.u32.u64 %r9, %d1;
        mov.u32 %r1, %dynamic_smem_size; add.s32 %r9, %r9, %r1; st.shared.b32 [%d1+28], 1; {STORE}"
    );
    let device = Device::with_body(outside, &body);
    assert_eq!(device.loaded.module().resources("k").unwrap().static_shared_bytes, 16);
    let out = device.upload(&[0; 4]);
    let mut launch = common::launch(1, 1);
    launch.dynamic_shared_bytes = 32;
    device.launch("k", &launch, &[out]).unwrap();
    assert_eq!(common::words_of(&device.download(out, 4)), [48]);
    launch.dynamic_shared_bytes = 31;
    device.launch("k", &launch, &[out]).unwrap_err();
}
