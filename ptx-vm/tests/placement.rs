//! Parameters and variables lie where PTX says.

mod common;

use common::{STORE, words};

#[test]
fn parameters_smaller_than_a_word_reach_functions() {
    let function = ".func (.param .b32 result) f(.param .b8 a, .param .b8 b) {
        .reg .b16 %h<3>; .reg .b32 %r<3>;
        ld.param.u8 %h1, [a]; ld.param.u8 %h2, [b]; cvt.u32.u16 %r1, %h1; cvt.u32.u16 %r2, %h2;
        mad.lo.u32 %r1, %r1, 256, %r2; st.param.b32 [result], %r1; ret; }";
    let body = "{ .param .b8 other; .param .b8 a; .param .b8 b; .param .b32 result;
        st.param.b8 [other], 9; st.param.b8 [a], 1; st.param.b8 [b], 2;
        call.uni (result), f, (a, b); ld.param.b32 %r9, [result]; }";
    assert_eq!(words(function, &format!("{body} {STORE}"), 1), [258]);
}

#[test]
fn variables_lie_at_multiples_of_their_alignment() {
    let outside = ".global .align 1024 .b8 a[4]; .global .align 1024 .b8 b[4];
        .shared .b8 c; .shared .align 1024 .b8 d[4];
        .func (.param .b64 result) f { .local .align 64 .b8 own[64]; .reg .b64 %d<2>;
        mov.b64 %d1, own; and.b64 %d1, %d1, 63; st.param.b64 [result], %d1; ret; }";
    let body = ".local .b8 own[4]; .param .b64 result; call.uni (result), f;
        ld.param.b64 %d9, [result]; mov.b64 %d1, a; or.b64 %d9, %d9, %d1;
        mov.b64 %d1, b; or.b64 %d9, %d9, %d1; mov.b64 %d1, d; or.b64 %d9, %d9, %d1;
        mov.b64 %d1, c; mov.b64 %d1, own; and.b64 %d9, %d9, 1023; cvt.u32.u64 %r9, %d9;";
    assert_eq!(words(outside, &format!("{body} {STORE}"), 1), [0]);
}

#[test]
fn initial_values_of_arrays() {
    let outside = ".global .b32 a[2][2] = {{1, 2}, {3, 4}}; .global .b32 b[] = {5, 6};
        .global .b32 c[2][2] = {7, 8, 9};";
    let load = |from: &str| format!("ld.global.b32 %r9, [{from}]; {STORE}");
    for (from, value) in [("a+4", 2), ("a+8", 3), ("a+12", 4), ("b+4", 6), ("c+8", 9), ("c+12", 0)]
    {
        assert_eq!(words(outside, &load(from), 1), [value], "{from}");
    }
}
