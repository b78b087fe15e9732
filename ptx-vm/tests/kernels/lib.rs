//! Kernels that `ptx-vm` is tested with.
//!
//! `../kernels.ptx` is made from this crate, with a `rustc` whose sources are at hand:
//!
//! ```text
//! RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Ctarget-cpu=sm_75 --emit=asm -Clinker=/bin/true" \
//!     cargo build --release -Zbuild-std=core --target nvptx64-nvidia-cuda
//! cp target/nvptx64-nvidia-cuda/release/deps/vm_kernels.s ../kernels.ptx
//! ```
//!
//! The first two lines of `kernels.ptx`, which say where it comes from, are put there by hand.

#![no_std]
#![feature(abi_ptx, asm_experimental_arch, core_intrinsics, stdarch_nvptx)]
#![allow(internal_features, clippy::missing_safety_doc, clippy::undocumented_unsafe_blocks)]

#[path = "../functions/mod.rs"]
mod functions;

use core::arch::asm;
use core::arch::nvptx::{
    _block_dim_x, _block_idx_x, _grid_dim_x, _syncthreads, _thread_idx_x, trap,
};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unsafe { trap() }
}

fn id() -> usize {
    unsafe { (_block_idx_x() * _block_dim_x() + _thread_idx_x()) as usize }
}

macro_rules! kernel {
    ($name:ident($($argument:ident: $of:ty),*) $body:block) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "ptx-kernel" fn $name($($argument: $of),*) {
            unsafe { $body }
        }
    };
}

kernel!(philox(seed: u64, out: *mut [u32; 4]) {
    let key = [seed as u32, (seed >> 32) as u32];
    *out.add(id()) = functions::philox([0, id() as u32, 2, 3], key);
});

kernel!(escape(steps: u32, x: *const f32, out: *mut f32, count: *mut u32) {
    let (value, steps) = functions::escape(steps, *x.add(id()));
    *out.add(id()) = value;
    *count.add(id()) = steps;
});

kernel!(elementary(x: *const f64, out: *mut f64) {
    *out.add(id()) = functions::elementary(*x.add(id()));
});

kernel!(choose(a: *const u32, b: *const u32, out: *mut u32) {
    let i = id();
    *out.add(i) = functions::choose(i as u32 % 17, *a.add(i), *b.add(i));
});

kernel!(wide(a: *const [u64; 2], out: *mut [u64; 2]) {
    let [low, high] = *a.add(id());
    let [bow, bigh] = *a.add(id() + 1);
    let a = u128::from(low) | u128::from(high) << 64;
    let b = u128::from(bow) | u128::from(bigh) << 64;
    let value = functions::wide(a, b, id() as u32);
    *out.add(id()) = [value as u64, (value >> 64) as u64];
});

kernel!(table(a: *const u32, out: *mut u32) {
    *out.add(id()) = functions::table(*a.add(id()));
});

kernel!(ackermann(out: *mut u32) {
    let i = id() as u32;
    *out.add(id()) = if i % 5 == 4 { 7 } else { functions::ackermann(i % 3, i / 3 % 6) };
});

kernel!(casts(x: *const f32, d: *const f64, out: *mut [i64; 24]) {
    functions::casts(*x.add(id()), *d.add(id()), &mut *out.add(id()));
});

kernel!(narrow(a: *const u32, b: *const u32, out: *mut [u16; 8]) {
    *out.add(id()) = functions::narrow(*a.add(id()), *b.add(id()));
});

fn shuffle_down(value: u32, by: u32) -> u32 {
    let out: u32;
    unsafe {
        asm!("shfl.sync.down.b32 {}, {}, {}, 31, -1;", out(reg32) out, in(reg32) value, in(reg32) by);
    }
    out
}

fn scratch() -> *mut f64 {
    let out: u64;
    unsafe {
        asm!(
            "{{ .shared .align 16 .b8 scratch_space[256]; cvta.shared.u64 {}, scratch_space; }}",
            out(reg64) out
        );
    }
    out as *mut f64
}

// The sum of a block's numbers: in pairs at distance 16, 8, 4, 2, 1, then warp by warp.
kernel!(sum(x: *const f64, out: *mut f64) {
    let thread = _thread_idx_x() as usize;
    let mut value = *x.add(id());
    let mut distance = 16;
    while distance > 0 {
        let bits = value.to_bits();
        let low = shuffle_down(bits as u32, distance);
        let high = shuffle_down((bits >> 32) as u32, distance);
        value += f64::from_bits(u64::from(low) | u64::from(high) << 32);
        distance /= 2;
    }
    let scratch = scratch();
    if thread % 32 == 0 {
        scratch.add(thread / 32).write_volatile(value);
    }
    _syncthreads();
    if thread == 0 {
        let mut total = 0.0;
        for warp in 0.._block_dim_x() as usize / 32 {
            total += scratch.add(warp).read_volatile();
        }
        *out.add(_block_idx_x() as usize) = total;
    }
});

kernel!(histogram(a: *const u32, bins: *const AtomicU32, total: *const AtomicU64) {
    let value = *a.add(id());
    (*bins.add((value % 16) as usize)).fetch_add(1, Ordering::Relaxed);
    (*total).fetch_add(u64::from(value), Ordering::Relaxed);
    (*bins.add(16)).fetch_max(value, Ordering::AcqRel);
    (*bins.add(17)).fetch_min(value, Ordering::SeqCst);
    let _ = (*bins.add(18)).compare_exchange(0, value, Ordering::SeqCst, Ordering::Relaxed);
    (*bins.add(19)).fetch_xor(value, Ordering::Relaxed);
});

// Rounds of: every block adds to a counter, and waits for all others to have done so.
kernel!(grid_barrier(counter: *const AtomicU32, rounds: u32, out: *mut u32) {
    for round in 0..rounds {
        if _thread_idx_x() == 0 {
            (*counter).fetch_add(1, Ordering::AcqRel);
            while (*counter).load(Ordering::Acquire) < (round + 1) * _grid_dim_x() {}
        }
        _syncthreads();
        let before = *out.add((id() + 1) % (_grid_dim_x() * _block_dim_x()) as usize);
        if _thread_idx_x() == 0 {
            (*counter.add(1)).fetch_add(1, Ordering::AcqRel);
            while (*counter.add(1)).load(Ordering::Acquire) < (round + 1) * _grid_dim_x() {}
        }
        _syncthreads();
        *out.add(id()) = before + 1;
    }
});

// How fast plain arithmetic runs: 32 chains of fused multiply-adds.
kernel!(speed_float(steps: u32, out: *mut f32) {
    let mut values = [0.5f32; 8];
    for _ in 0..steps {
        for (index, value) in values.iter_mut().enumerate() {
            *value = functions::fma(*value, 0.75, index as f32 * 0.125);
            *value = functions::fma(*value, -0.5, 1.0);
        }
    }
    *out.add(id()) = values.iter().sum();
});

kernel!(speed_integer(steps: u32, out: *mut u32) {
    let mut counter = [id() as u32, 1, 2, 3];
    for _ in 0..steps {
        counter = functions::philox(counter, [7, 8]);
    }
    *out.add(id()) = counter[0];
});

// Reads and writes of global and shared memory, one word after the other.
kernel!(speed_memory(steps: u32, x: *mut u32) {
    let scratch = scratch().cast::<u32>();
    let thread = _thread_idx_x() as usize;
    for step in 0..steps {
        let value = *x.add(id());
        scratch.add(thread % 64).write_volatile(value ^ step);
        _syncthreads();
        let other = scratch.add((thread + 1) % 64).read_volatile();
        _syncthreads();
        x.add(id()).write_volatile(other.wrapping_add(1));
    }
});
