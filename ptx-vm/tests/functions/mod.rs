//! What each thread of the kernels in `lib.rs` computes. The tests run the same code on the CPU.

#[cfg(target_arch = "nvptx64")]
pub fn fma(a: f32, b: f32, c: f32) -> f32 {
    core::intrinsics::fmaf32(a, b, c)
}

#[cfg(not(target_arch = "nvptx64"))]
pub fn fma(a: f32, b: f32, c: f32) -> f32 {
    a.mul_add(b, c)
}

/// Philox4x32-10.
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let a = u64::from(counter[0]) * 0xD251_1F53;
        let b = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            (b >> 32) as u32 ^ counter[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ counter[3] ^ key[1],
            a as u32,
        ];
        key[0] = key[0].wrapping_add(0x9E37_79B9);
        key[1] = key[1].wrapping_add(0xBB67_AE85);
    }
    counter
}

/// A loop that threads leave at different times, with a branch in it.
pub fn escape(steps: u32, start: f32) -> (f32, u32) {
    let mut value = start;
    let mut step = 0;
    while step < steps {
        value = fma(value, value, 0.1);
        if value > 4.0 || value.is_nan() {
            break;
        }
        value = if value < 0.5 { value * 1.5 - 0.7 } else { value / 1.01 };
        step += 1;
    }
    (value, step)
}

/// Library functions in `f64`.
pub fn elementary(x: f64) -> f64 {
    let sum = libm::sin(x) + libm::cos(x * 1e10) * libm::exp(-x);
    sum + libm::log(x) + libm::sqrt(x) + libm::fma(x, x, 0.1)
}

/// A `match` that becomes a table of branches.
#[inline(never)]
pub fn choose(operation: u32, a: u32, b: u32) -> u32 {
    match operation {
        0 => a.wrapping_add(b),
        1 => a.wrapping_sub(b) ^ 77,
        2 => a.wrapping_mul(b),
        3 => a & b,
        4 => a | b,
        5 => a.rotate_left(b),
        6 => a.checked_div(b).unwrap_or(7),
        7 => a.leading_zeros() + b.trailing_zeros(),
        8 => a.count_ones(),
        9 => a.reverse_bits(),
        10 => a.swap_bytes(),
        11 => a.saturating_sub(b),
        12 => a.saturating_add(b),
        13 => (a as i32 >> (b & 31)) as u32,
        14 => (a as i32).wrapping_div(b as i32 | 1) as u32,
        15 => (a as i32).wrapping_rem(b as i32 | 1) as u32,
        _ => a % (b | 1),
    }
}

/// 128-bit integers.
pub fn wide(a: u128, b: u128, shift: u32) -> u128 {
    let sum = a.wrapping_add(b).wrapping_sub(a >> 3);
    a.wrapping_mul(b) ^ (a >> (shift & 127)) ^ sum
}

/// Tables and strings in constant memory, and an array of the thread's own.
pub fn table(k: u32) -> u32 {
    static DIGITS: [u32; 16] = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3];
    static NAMES: [&str; 4] = ["north", "south", "east", "west"];
    let mut own = [0u32; 32];
    for j in 0..32u32 {
        let name = NAMES[(k & 3) as usize].as_bytes();
        let digit = DIGITS[(j.wrapping_add(k) & 15) as usize];
        own[(j.wrapping_mul(7).wrapping_add(k) & 31) as usize] =
            digit + u32::from(name[(j & 3) as usize]);
    }
    let mut sum = 0u32;
    for j in 0..32 {
        sum = sum.wrapping_mul(31).wrapping_add(own[(k.wrapping_mul(j) & 31) as usize]);
    }
    sum
}

/// A function that calls itself, to a different depth in each thread.
#[inline(never)]
pub fn ackermann(m: u32, n: u32) -> u32 {
    match (m, n) {
        (0, n) => n + 1,
        (m, 0) => ackermann(m - 1, 1),
        (m, n) => ackermann(m - 1, ackermann(m, n - 1)),
    }
}

/// Conversions between all kinds of numbers.
pub fn casts(x: f32, d: f64, out: &mut [i64; 24]) {
    let bits = x.to_bits();
    *out = [
        x as i64,
        i64::from(x as u8),
        d as u64 as i64,
        i64::from(d as i32),
        i64::from((d as f32).to_bits()),
        f64::from(x).to_bits() as i64,
        f64::from(bits).to_bits() as i64,
        i64::from((bits as i32 as f32).to_bits()),
        i64::from(x.min(d as f32).to_bits()),
        i64::from(x.max(0.5).to_bits()),
        i64::from(x.abs().to_bits()),
        i64::from(libm::sqrtf(x.abs()).to_bits()),
        i64::from(bits as i8),
        i64::from(bits as i16),
        i64::from(bits as u16),
        i64::from(x as i16),
        i64::from(x as u32),
        (d.to_bits() as f64).to_bits() as i64,
        (d.to_bits() as i64 as f64).to_bits() as i64,
        i64::from((d.to_bits() as f32).to_bits()),
        i64::from(libm::floorf(x).to_bits()),
        libm::trunc(d).to_bits() as i64,
        libm::rint(d).to_bits() as i64,
        i64::from(x.copysign(d as f32).to_bits()),
    ];
}

/// Arithmetic on narrow integers.
pub fn narrow(a: u32, b: u32) -> [u16; 8] {
    let (x, y) = (a as u16, b as u16);
    let (s, t) = (a as i16, b as i16);
    let (p, q) = (a as u8, b as i8);
    [
        x.wrapping_add(y).wrapping_mul(x),
        x.rotate_left(u32::from(y & 15)) ^ (x >> (y & 15)),
        s.wrapping_sub(t).wrapping_shr(3) as u16,
        (s.max(t) / (t.min(s) | 1)) as u16,
        u16::from(p.saturating_add(b as u8)),
        i16::from(q.saturating_sub(a as i8)) as u16,
        x % (y | 1),
        s.wrapping_abs() as u16 ^ x.leading_zeros() as u16,
    ]
}
