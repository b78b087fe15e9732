//! Single instructions against values computed by hand or by Rust.

mod common;

use common::{Device, STORE, clean, doubles_of, words};

/// What 32-bit instructions leave in `%r9`, in one thread.
fn word(body: &str) -> u32 {
    words("", &format!("{body} {STORE}"), 1)[0]
}

/// What instructions leave in `%d9`.
fn double(body: &str) -> u64 {
    let device = Device::with_body("", &format!("{body} st.global.b64 [%d0], %d9;"));
    let out = device.upload(&[0; 8]);
    device.run("k", 1, 1, &[out]).unwrap_or_else(|fault| panic!("{fault}"));
    doubles_of(&device.download(out, 8))[0]
}

/// `instruction` of `%d9` and literals.
fn checked(cases: &[(&str, u64)]) {
    for (body, wanted) in cases {
        let got = if body.contains("%d9") { double(body) } else { word(body).into() };
        assert_eq!(got, *wanted, "{body}: {got:#x}");
    }
}

fn f(value: f32) -> String {
    format!("0f{:08X}", value.to_bits())
}

fn d(value: f64) -> String {
    format!("0d{:016X}", value.to_bits())
}

#[test]
fn integers() {
    checked(&[
        ("add.s32 %r9, -1, 3;", 2),
        ("sub.u64 %d9, 1, 3;", -2i64 as u64),
        ("mul.lo.s64 %d9, -3, 5;", -15i64 as u64),
        ("mul.hi.u32 %r9, 0x80000000, 6;", 3),
        ("mul.hi.s32 %r9, 0x80000000, 6;", -3i32 as u32 as u64),
        ("mul.hi.u64 %d9, -1, -1;", u64::MAX - 1),
        ("mul.hi.s64 %d9, -1, 5;", u64::MAX),
        ("mul.wide.s32 %d9, -3, 5;", -15i64 as u64),
        ("mul.wide.u32 %d9, -1, 2;", 0x1_ffff_fffe),
        ("mul.wide.s16 %r9, -3, 5;", -15i32 as u32 as u64),
        ("mul.wide.u16 %r9, -1, -1;", 0xfffe_0001),
        ("mad.lo.s32 %r9, 3, 5, -20;", -5i32 as u32 as u64),
        ("mad.hi.u32 %r9, 0x80000000, 6, 4;", 7),
        ("mad.wide.s32 %d9, -3, 5, 1;", -14i64 as u64),
        ("div.s32 %r9, -7, 2;", -3i32 as u32 as u64),
        ("div.s32 %r9, 0x80000000, -1;", 0x8000_0000),
        ("rem.s64 %d9, -7, 2;", -1i64 as u64),
        ("div.u64 %d9, -1, 2;", u64::MAX / 2),
        ("neg.s32 %r9, 5;", -5i32 as u32 as u64),
        ("abs.s64 %d9, -5;", 5),
        ("min.s32 %r9, -1, 1;", u32::MAX.into()),
        ("min.u32 %r9, -1, 1;", 1),
        ("max.s64 %d9, -1, 1;", 1),
        ("min.s16 %h9, -1, 1; cvt.u32.u16 %r9, %h9;", 0xffff),
        ("add.s16 %h9, -1, 3; cvt.u32.u16 %r9, %h9;", 2),
        ("shr.s16 %h9, -4, 1; cvt.s32.s16 %r9, %h9;", -2i32 as u32 as u64),
        ("mul.hi.s16 %h9, -2, 0x4000; cvt.u32.u16 %r9, %h9;", 0xffff),
    ]);
}

#[test]
fn carries() {
    checked(&[
        ("add.cc.u32 %r1, -1, 1; addc.u32 %r9, 5, 6;", 12),
        ("add.cc.s64 %d1, -1, 0; addc.cc.s64 %d9, -1, 1; addc.s64 %d2, 0, 0;", 0),
        ("add.cc.s64 %d1, -1, 1; addc.cc.s64 %d2, -1, 0; addc.s64 %d9, 0, 0;", 1),
        ("sub.cc.u32 %r1, 1, 2; subc.u32 %r9, 5, 1;", 3),
        ("mad.lo.cc.u32 %r1, 0x10000, 0x10000, 0; madc.hi.u32 %r9, 0x10000, 0x10000, 7;", 8),
        ("mad.lo.cc.u32 %r1, -1, 1, 1; madc.lo.u32 %r9, 2, 3, 4;", 11),
    ]);
}

#[test]
fn bits() {
    checked(&[
        ("and.b32 %r9, 12, 10;", 8),
        ("or.b64 %d9, 12, 10;", 14),
        ("xor.b32 %r9, 12, 10;", 6),
        ("not.b64 %d9, 0;", u64::MAX),
        ("not.b16 %h9, 0; cvt.u32.u16 %r9, %h9;", 0xffff),
        ("shl.b32 %r9, 1, 32;", 0),
        ("shl.b64 %d9, 1, 63;", 1 << 63),
        ("shr.u32 %r9, 0x80000000, 31;", 1),
        ("shr.s32 %r9, 0x80000000, 99;", u32::MAX.into()),
        ("shr.u64 %d9, -1, 64;", 0),
        ("shf.l.wrap.b32 %r9, 0x80000000, 1, 33;", 3),
        ("shf.l.clamp.b32 %r9, 0x80000001, 1, 33;", 0x8000_0001),
        ("shf.r.wrap.b32 %r9, 0, 3, 33;", 0x8000_0000),
        ("shf.r.clamp.b32 %r9, 0, 3, 33;", 3),
        ("bfe.u32 %r9, 0xabcd1234, 8, 8;", 0x12),
        ("bfe.s32 %r9, 0xabcd1284, 0, 8;", 0xffff_ff84),
        ("bfe.s32 %r9, 0x80000000, 28, 8;", 0xffff_fff8),
        ("bfe.u32 %r9, -1, 40, 8;", 0),
        ("bfe.u64 %d9, 0xabcd123400000000, 40, 8;", 0x12),
        ("bfe.s64 %d9, 0x8000000000000000, 63, 4;", u64::MAX),
        ("bfe.u64 %d9, -1, 0, 64;", u64::MAX),
        ("bfi.b32 %r9, 0xff, 0, 4, 4;", 0xf0),
        ("bfi.b64 %d9, 0, -1, 60, 8;", u64::MAX >> 4),
        ("prmt.b32 %r9, 0x33221100, 0x77665544, 0x0246;", 0x0022_4466),
        ("prmt.b32 %r9, 0x00008000, 0, 0x9988;", 0xffff_0000),
        ("prmt.b32.f4e %r9, 0x33221100, 0x77665544, 1;", 0x4433_2211),
        ("prmt.b32.b4e %r9, 0x33221100, 0x77665544, 1;", 0x6677_0011),
        ("prmt.b32.rc16 %r9, 0x33221100, 0x77665544, 1;", 0x3322_3322),
        ("lop3.b32 %r9, 0xf0, 0xcc, 0xaa, 0x96;", 0xf0 ^ 0xcc ^ 0xaa),
        ("popc.b64 %r9, -1;", 64),
        ("clz.b64 %r9, 1;", 63),
        ("clz.b32 %r9, 0;", 32),
        ("brev.b32 %r9, 1;", 0x8000_0000),
        ("brev.b64 %d9, 1;", 1 << 63),
        ("bfind.u32 %r9, 0x1000;", 12),
        ("bfind.s32 %r9, -1;", u32::MAX.into()),
        ("bfind.shiftamt.u32 %r9, 0x1000;", 19),
        ("bfind.s64 %r9, -5;", 2),
    ]);
}

#[test]
fn selections_and_predicates() {
    checked(&[
        ("setp.lt.s32 %p1, -1, 1; selp.b32 %r9, 5, 6, %p1;", 5),
        ("setp.lt.u32 %p1, -1, 1; selp.b64 %d9, 5, 6, %p1;", 6),
        ("setp.lo.u32 %p1, 1, 2; selp.b32 %r9, 5, 6, %p1;", 5),
        ("setp.lt.s32 %p1|%p2, 1, 2; selp.b32 %r9, 5, 6, %p2;", 6),
        ("setp.eq.s32 %p3, 1, 1; setp.lt.and.s32 %p1|%p2, 1, 2, !%p3; selp.b32 %r9, 5, 6, %p1;", 6),
        ("setp.eq.s32 %p3, 1, 1; setp.gt.or.s32 %p1, 1, 2, %p3; selp.b32 %r9, 5, 6, %p1;", 5),
        (
            "mov.pred %p1, -1; not.pred %p2, %p1; xor.pred %p3, %p1, %p2; selp.b32 %r9, 5, 6, %p3;",
            5,
        ),
        ("slct.u32.s32 %r9, 5, 6, -1;", 6),
        ("slct.b64.f32 %d9, 5, 6, 0f80000000;", 5),
        ("set.lt.u32.s32 %r9, -1, 1;", u32::MAX.into()),
        ("set.lt.f32.s32 %r9, -1, 1;", 0x3f80_0000),
        (
            "mov.b32 %r9, 1; setp.ne.s32 %p1, 1, 1; @%p1 mov.b32 %r9, 2; @!%p1 add.s32 %r9, %r9, 5;",
            6,
        ),
        ("mov.b64 %d9, {3, 4};", 3 | 4 << 32),
        ("mov.b64 {%r1, %r9}, 0x500000006;", 5),
        ("mov.b64 {_, %r9}, 0x500000006;", 5),
        ("mov.b32 %r9, {1, 2};", 0x2_0001),
        ("mov.b64 {%h1, %h2, %h3, %h4}, 0x4000300020001; cvt.u32.u16 %r9, %h3;", 3),
        ("{ .reg .b32 tmp; mov.b64 {tmp, %r9}, 0x700000000; }", 7),
    ]);
}

#[test]
fn floats() {
    let nan = f32::NAN;
    let cases = [
        (format!("add.rn.f32 %r9, {}, {};", f(1.0), f(f32::EPSILON / 2.0)), 1f32.to_bits()),
        (format!("sub.f32 %r9, {}, {};", f(1.0), f(3.0)), (-2f32).to_bits()),
        (
            format!("fma.rn.f32 %r9, {0}, {0}, {1};", f(1.0 + f32::EPSILON), f(-1.0)),
            (1f32 + f32::EPSILON).mul_add(1.0 + f32::EPSILON, -1.0).to_bits(),
        ),
        (format!("div.rn.f32 %r9, {}, {};", f(1.0), f(3.0)), (1f32 / 3.0).to_bits()),
        (format!("rcp.rn.f32 %r9, {};", f(0.0)), f32::INFINITY.to_bits()),
        (format!("sqrt.rn.f32 %r9, {};", f(2.0)), 2f32.sqrt().to_bits()),
        (format!("sqrt.rn.f32 %r9, {};", f(-2.0)), 0x7fff_ffff),
        (format!("min.f32 %r9, {}, {};", f(nan), f(2.0)), 2f32.to_bits()),
        (format!("max.f32 %r9, {}, {};", f(nan), f(nan)), 0x7fff_ffff),
        (format!("min.f32 %r9, {}, {};", f(0.0), f(-0.0)), (-0f32).to_bits()),
        (format!("max.f32 %r9, {}, {};", f(-0.0), f(0.0)), 0),
        (format!("min.NaN.f32 %r9, {}, {};", f(nan), f(2.0)), 0x7fff_ffff),
        (format!("neg.f32 %r9, {};", f(2.0)), (-2f32).to_bits()),
        (format!("abs.f32 %r9, {};", f(-2.0)), 2f32.to_bits()),
        (format!("copysign.f32 %r9, {}, {};", f(-1.0), f(2.0)), (-2f32).to_bits()),
        // What touches the sign alone leaves NaN as it is.
        ("neg.f32 %r9, 0f7F812345;".to_owned(), 0xff81_2345),
        ("abs.f32 %r9, 0fFF812345;".to_owned(), 0x7f81_2345),
        ("copysign.f32 %r9, 0f80000000, 0f7F812345;".to_owned(), 0xff81_2345),
        (format!("testp.subnormal.f32 %p1, {}; selp.b32 %r9, 1, 0, %p1;", f(1e-40)), 1),
        (format!("testp.normal.f32 %p1, {}; selp.b32 %r9, 1, 0, %p1;", f(0.0)), 1),
        (format!("testp.finite.f64 %p1, {}; selp.b32 %r9, 1, 0, %p1;", d(f64::INFINITY)), 0),
    ];
    for (body, wanted) in cases {
        assert_eq!(word(&body), wanted, "{body}");
    }
    let doubles = [
        (format!("mul.rn.f64 %d9, {}, {};", d(1.1), d(3.3)), 1.1f64 * 3.3),
        (
            format!("fma.rn.f64 %d9, {}, {}, {};", d(1.1), d(3.3), d(-3.63)),
            1.1f64.mul_add(3.3, -3.63),
        ),
        (format!("div.rn.f64 %d9, {}, {};", d(1.1), d(3.3)), 1.1f64 / 3.3),
        (format!("rcp.rn.f64 %d9, {};", d(3.3)), 1.0 / 3.3),
        (format!("sqrt.rn.f64 %d9, {};", d(3.3)), 3.3f64.sqrt()),
        (format!("max.f64 %d9, {}, {};", d(f64::NAN), d(-3.0)), -3.0),
        (format!("neg.f64 %d9, {};", d(3.3)), -3.3),
        (format!("cvt.f64.f32 %d9, {};", f(0.1)), f64::from(0.1f32)),
        (format!("cvt.rni.f64.f64 %d9, {};", d(2.5)), 2.0),
        (format!("cvt.rmi.f64.f64 %d9, {};", d(-2.5)), -3.0),
        (format!("cvt.rn.f64.s64 %d9, {};", i64::MIN), i64::MIN as f64),
        (format!("cvt.rn.f64.u64 %d9, {};", u64::MAX), u64::MAX as f64),
    ];
    for (body, wanted) in doubles {
        assert_eq!(double(&body), wanted.to_bits(), "{body}");
    }
}

/// A comparison's name and meaning.
type Meaning = (&'static str, fn(f64, f64) -> bool);

#[test]
#[allow(clippy::neg_cmp_op_on_partial_ord, clippy::double_comparisons)] // As PTX defines them.
fn comparisons_of_floats_know_nan() {
    let values = [0f64, -0.0, 1.0, -1.0, f64::INFINITY, f64::NAN];
    let comparisons: [Meaning; 14] = [
        ("eq", |a, b| a == b),
        ("ne", |a, b| a < b || a > b),
        ("lt", |a, b| a < b),
        ("le", |a, b| a <= b),
        ("gt", |a, b| a > b),
        ("ge", |a, b| a >= b),
        ("equ", |a, b| !(a < b || a > b)),
        ("neu", |a, b| a != b),
        ("ltu", |a, b| !(a >= b)),
        ("leu", |a, b| !(a > b)),
        ("gtu", |a, b| !(a <= b)),
        ("geu", |a, b| !(a < b)),
        ("num", |a, b| !a.is_nan() && !b.is_nan()),
        ("nan", |a, b| a.is_nan() || b.is_nan()),
    ];
    for (name, holds) in comparisons {
        for (a, b) in values.iter().flat_map(|a| values.map(|b| (*a, b))) {
            let wanted = u32::from(holds(a, b));
            let (x, y) = (a as f32, b as f32);
            let single =
                format!("setp.{name}.f32 %p1, {}, {}; selp.b32 %r9, 1, 0, %p1;", f(x), f(y));
            assert_eq!(word(&single), wanted, "{a} {name} {b}");
            let wide = format!("setp.{name}.f64 %p1, {}, {}; selp.b32 %r9, 1, 0, %p1;", d(a), d(b));
            assert_eq!(word(&wide), wanted, "{a} {name} {b}");
        }
    }
}

#[test]
fn conversions() {
    checked(&[
        ("cvt.s32.s8 %r9, 0x180;", 0xffff_ff80),
        ("cvt.u32.u8 %r9, 0x180;", 0x80),
        ("cvt.s16.s8 %h9, 0x80; cvt.u32.u16 %r9, %h9;", 0xff80),
        ("cvt.s8.s32 %r9, 0x180;", 0xffff_ff80),
        ("cvt.u64.u32 %d9, -1;", u32::MAX.into()),
        ("cvt.s64.s32 %d9, -1;", u64::MAX),
        ("cvt.u32.u64 %r9, 0x123456789;", 0x2345_6789),
        ("cvt.u16.u64 %h9, 0x123456789; cvt.u32.u16 %r9, %h9;", 0x6789),
        ("cvt.s64.s16 %d9, 0x8000;", 0xffff_ffff_ffff_8000),
        ("cvt.sat.u8.s32 %r9, -5;", 0),
        ("cvt.sat.u8.s32 %r9, 500;", 255),
        ("cvt.sat.s16.u32 %r9, 50000;", 32767),
        ("cvt.sat.s32.s64 %r9, -5000000000;", 0x8000_0000),
        ("cvt.rzi.s32.f32 %r9, 0fC0200000;", -2i32 as u32 as u64),
        ("cvt.rni.s32.f32 %r9, 0f40200000;", 2),
        ("cvt.rpi.s32.f32 %r9, 0f40200000;", 3),
        ("cvt.rmi.s32.f32 %r9, 0fC0200000;", -3i32 as u32 as u64),
        ("cvt.rzi.u32.f32 %r9, 0fC0200000;", 0),
        ("cvt.rzi.s32.f32 %r9, 0f7FC00000;", 0),
        ("cvt.rzi.u16.f32 %h9, 0f4B000000; cvt.u32.u16 %r9, %h9;", 0xffff),
        ("cvt.rzi.s64.f64 %d9, 0dC3F0000000000000;", 1 << 63),
        ("cvt.rn.f32.u32 %r9, 0xffffffff;", 0x4f80_0000),
        ("cvt.rn.f32.s32 %r9, 0xffffffff;", 0xbf80_0000),
        ("cvt.rn.f32.s64 %r9, 0x8000000000000001;", 0xdf00_0000),
        ("cvt.rn.f32.f64 %r9, 0d3FB999999999999A;", u64::from(0.1f32.to_bits())),
        ("cvt.rni.f32.f32 %r9, 0f40600000;", u64::from(4f32.to_bits())),
        ("cvt.sat.f32.f32 %r9, 0f40600000;", u64::from(1f32.to_bits())),
        ("cvt.sat.f32.f32 %r9, 0f7FC00000;", 0),
    ]);
}

#[test]
fn special_registers() {
    let body = |name: &str| format!("mov.u32 %r9, {name}; {STORE}");
    assert_eq!(words("", &body("%laneid"), 40)[33], 1);
    assert_eq!(words("", &body("%warpid"), 40)[33], 1);
    assert_eq!(words("", &body("%ntid.x"), 40)[33], 40);
    assert_eq!(words("", &body("%nctaid.z"), 40)[33], 1);
    assert_eq!(words("", &body("%lanemask_lt"), 40)[33], 1);
    assert_eq!(words("", &body("%lanemask_ge"), 40)[31], 1 << 31);
    let clock = format!(
        "mov.u64 %d1, %clock64; mov.u64 %d2, %clock64; setp.lt.u64 %p1, %d1, %d2;
        selp.b32 %r9, 1, 0, %p1; mov.u32 %r1, %clock; mov.u64 %d3, %globaltimer; {STORE}"
    );
    assert_eq!(words("", &clock, 1), [1]);
    let active = format!(
        "activemask.b32 %r9; setp.lt.u32 %p1, %r0, 3; @!%p1 bra END; activemask.b32 %r9; END: {STORE}"
    );
    assert_eq!(words("", &active, 5), [7, 7, 7, 31, 31]);
}

#[test]
fn shuffles() {
    let shuffled = |kind: &str, by: u32, clamp: u32| {
        words(
            "",
            &format!(
                "add.s32 %r1, %r0, 100; shfl.sync.{kind}.b32 %r9|%p1, %r1, {by}, {clamp}, -1;
            @%p1 add.s32 %r9, %r9, 1000; {STORE}"
            ),
            32,
        )
    };
    for lane in 0..32u32 {
        let at = lane as usize;
        let expect = |from: u32, inside: bool| 100 + from + if inside { 1000 } else { 0 };
        let wanted = expect(if lane < 3 { lane } else { lane - 3 }, lane >= 3);
        assert_eq!(shuffled("up", 3, 0)[at], wanted);
        let wanted = expect(if lane > 28 { lane } else { lane + 3 }, lane <= 28);
        assert_eq!(shuffled("down", 3, 31)[at], wanted);
        assert_eq!(shuffled("bfly", 5, 31)[at], expect(lane ^ 5, true));
        assert_eq!(shuffled("idx", 7, 31)[at], expect(7, true));
        // Segments of 8 lanes.
        assert_eq!(shuffled("idx", 11, 0x181f)[at], expect(lane & 24 | 3, true));
        let inside = lane % 8 < 5;
        let wanted = expect(if inside { lane + 3 } else { lane }, inside);
        assert_eq!(shuffled("down", 3, 0x181f)[at], wanted);
        let inside = lane % 8 >= 3;
        let wanted = expect(if inside { lane - 3 } else { lane }, inside);
        assert_eq!(shuffled("up", 3, 0x1800)[at], wanted);
    }
}

#[test]
fn votes() {
    let vote = |kind: &str, limit: u32| {
        let body = format!(
            "setp.lt.u32 %p1, %r0, {limit}; vote.sync.{kind}.pred %p2, %p1, -1; selp.b32 %r9, 1, 0, %p2; {STORE}"
        );
        words("", &body, 20)[7]
    };
    assert_eq!([vote("all", 20), vote("all", 19), vote("any", 1), vote("any", 0)], [1, 0, 1, 0]);
    assert_eq!([vote("uni", 20), vote("uni", 0), vote("uni", 5)], [1, 1, 0]);
    let ballot = format!("setp.lt.u32 %p1, %r0, 5; vote.sync.ballot.b32 %r9, !%p1, -1; {STORE}");
    assert_eq!(words("", &ballot, 20)[19], 0xf_ffe0);
}

#[test]
fn atomics() {
    for (operation, start, wanted) in [
        ("add.u32", 5u32, 5 + 496),
        ("min.s32", 5, 0),
        ("min.u32", 0xffff_ffff, 0),
        ("max.s32", -5i32 as u32, 31),
        ("max.u32", 5, 31),
        ("and.b32", 0xff, 0),
        ("or.b32", 0x100, 0x11f),
        ("xor.b32", 0x100, 0x100),
        ("exch.b32", 5, 31),
        ("inc.u32", 0, 1),
        ("dec.u32", 3, 4),
    ] {
        let memory = ".shared .b32 cell;";
        for (space, address, cell) in [("shared", "cell", true), ("global", "%d0+128", false)] {
            let set = format!(
                "setp.eq.u32 %p1, %r0, 0; @%p1 st.{space}.b32 [{address}], {start}; bar.sync 0;"
            );
            let read = format!("bar.sync 0; ld.{space}.b32 %r9, [{address}]; {STORE}");
            for form in ["atom", "red"] {
                let old = if form == "atom" { "%r1, " } else { "" };
                let body =
                    format!("{set} {form}.{space}.{operation} {old}[{address}], %r0; {read}");
                let device = Device::with_body(memory, &body);
                let out = device.upload(&[0; 132]);
                device.run("k", 1, 32, &[out]).unwrap_or_else(|fault| panic!("{fault}"));
                let got = common::words_of(&device.download(out, 4))[0];
                let wanted = match operation {
                    "inc.u32" => (0..32).fold(start, |v, t| if v >= t { 0 } else { v + 1 }),
                    "dec.u32" => {
                        (0..32).fold(start, |v, t| if v == 0 || v > t { t } else { v - 1 })
                    }
                    _ => wanted,
                };
                assert_eq!(got, wanted, "{form}.{space}.{operation} {cell}");
            }
        }
    }
    let body = "st.global.b64 [%d0], 0; atom.global.add.f64 %d1, [%d0], 0d3FF8000000000000;
        atom.global.add.f64 %d1, [%d0], 0d3FF8000000000000; atom.add.f32 %r1, [%d0+8], 0f3F800000;";
    let device = Device::with_body("", body);
    let out = device.upload(&[0; 16]);
    device.run("k", 1, 1, &[out]).unwrap();
    assert_eq!(doubles_of(&device.download(out, 16)), [3f64.to_bits(), 1f32.to_bits().into()]);
    let body = "mov.b64 %d8, 7; atom.global.cas.b64 %d9, [%d0], 5, %d8; atom.global.exch.b64 %d9, [%d0], %d9;";
    assert_eq!(double(body), 0);
}

#[test]
fn three_dimensions() {
    let body = "mov.u32 %r1, %tid.y; mov.u32 %r2, %tid.z; mov.u32 %r3, %ctaid.y; mov.u32 %r4, %ctaid.z;
        mad.lo.s32 %r5, %r1, 10, %r0; mad.lo.s32 %r5, %r2, 100, %r5; mad.lo.s32 %r5, %r3, 1000, %r5; mad.lo.s32 %r5, %r4, 10000, %r5;
        mad.lo.s32 %r6, %r2, 3, %r1; mad.lo.s32 %r6, %r6, 2, %r0; mad.lo.s32 %r7, %r4, 2, %r3; mad.lo.s32 %r6, %r7, 12, %r6;
        mul.wide.u32 %d1, %r6, 4; add.s64 %d1, %d1, %d0; st.global.b32 [%d1], %r5;";
    let device = Device::with_body("", body);
    let out = device.upload(&[0; 4 * 12 * 4]);
    let launch = ptx_vm::Launch {
        grid: [1, 2, 2],
        block: [2, 3, 2],
        dynamic_shared_bytes: 0,
        cooperative: false,
    };
    device.launch("k", &launch, &[out]).unwrap();
    let got = common::words_of(&device.download(out, 4 * 12 * 4));
    assert_eq!(got[..3], [0, 1, 10]);
    assert_eq!(got[11], 121);
    assert_eq!(got[47], 11121);
}

#[test]
fn notes_are_passed_over() {
    let outside = ".file 1 \"a.rs\"\n.section .debug_loc { .b8 1\n .b64 x }\n.global .align 4 .u32 unused[2] = {1};";
    clean(
        outside,
        ".pragma \"nounroll\";\n.loc 1 2 3, function_name $L1, inlined_at 1 2 3\nmembar.gl; fence.acq_rel.gpu; fence.sc.sys;",
        1,
    );
}
