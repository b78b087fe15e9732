//! Kernels compiled from Rust give what the same Rust gives on the CPU, to the last bit.

mod common;
mod functions;

use common::{Device, bytes_of, doubles_of, launch, words_of};
use ptx_vm::{Fault, Launch};

const PTX: &str = include_str!("kernels.ptx");

const THREADS: usize = 5 * 96;

/// Numbers without a pattern, and some that are special.
fn numbers() -> Vec<u64> {
    let special =
        [0, 1, 1 << 63, u64::MAX, 0x7fff_ffff_ffff_ffff, 0x7ff0_0000_7f80_0000, 0x8000_0000];
    let mut state = 1u64;
    let random = std::iter::repeat_with(|| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state ^ state >> 29
    });
    special.into_iter().chain(random).take(THREADS + 1).collect()
}

fn upload64(device: &Device, values: &[u64]) -> u64 {
    device.upload(&bytes_of(values, u64::to_le_bytes))
}

fn upload32(device: &Device, values: &[u32]) -> u64 {
    device.upload(&bytes_of(values, u32::to_le_bytes))
}

fn run(device: &Device, kernel: &str, parameters: &[u64]) {
    device.run(kernel, 5, 96, parameters).unwrap_or_else(|fault| panic!("{fault}"));
}

#[test]
fn philox_mixes_the_same() {
    let device = Device::new(PTX);
    let out = device.memory.allocate(16 * THREADS as u64).unwrap();
    let seed = 0x1234_5678_9abc_def0u64;
    run(&device, "philox", &[seed, out]);
    let key = [seed as u32, (seed >> 32) as u32];
    let wanted: Vec<u32> =
        (0..THREADS as u32).flat_map(|i| functions::philox([0, i, 2, 3], key)).collect();
    assert_eq!(words_of(&device.download(out, 16 * THREADS)), wanted);
}

#[test]
fn loops_that_threads_leave_at_different_times() {
    let device = Device::new(PTX);
    let mut x: Vec<f32> = (0..THREADS).map(|i| i as f32 * 0.01 - 2.0).collect();
    x[17] = f32::NAN;
    let start = upload32(&device, &x.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
    let values = device.memory.allocate(4 * THREADS as u64).unwrap();
    let counts = device.memory.allocate(4 * THREADS as u64).unwrap();
    run(&device, "escape", &[100, start, values, counts]);
    let values = words_of(&device.download(values, 4 * THREADS));
    let counts = words_of(&device.download(counts, 4 * THREADS));
    for (i, x) in x.into_iter().enumerate() {
        let (value, count) = functions::escape(100, x);
        // NVIDIA's NaN has a pattern of its own.
        let same = value.to_bits() == values[i] || value.is_nan() && values[i] == 0x7fff_ffff;
        assert!(same && count == counts[i], "{i}: {x} {value} {count}");
    }
}

#[test]
fn elementary_functions_in_f64() {
    let device = Device::new(PTX);
    let x: Vec<f64> = (0..THREADS).map(|i| 0.01 + i as f64 * 1.37).collect();
    let start = upload64(&device, &x.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
    let out = device.memory.allocate(8 * THREADS as u64).unwrap();
    run(&device, "elementary", &[start, out]);
    let wanted: Vec<u64> = x.iter().map(|&x| functions::elementary(x).to_bits()).collect();
    assert_eq!(doubles_of(&device.download(out, 8 * THREADS)), wanted);
}

#[test]
fn branches_by_table_within_a_function() {
    let device = Device::new(PTX);
    let a: Vec<u32> = numbers().iter().map(|n| *n as u32).collect();
    let b: Vec<u32> = numbers().iter().map(|n| (n >> 40) as u32 % 67).collect();
    let (pa, pb) = (upload32(&device, &a), upload32(&device, &b));
    let out = device.memory.allocate(4 * THREADS as u64).unwrap();
    run(&device, "choose", &[pa, pb, out]);
    let wanted: Vec<u32> =
        (0..THREADS).map(|i| functions::choose(i as u32 % 17, a[i], b[i])).collect();
    assert_eq!(words_of(&device.download(out, 4 * THREADS)), wanted);
}

#[test]
fn integers_of_128_bits() {
    let device = Device::new(PTX);
    let halves = [numbers(), numbers(), vec![7, 8]].concat();
    let a = upload64(&device, &halves);
    let out = device.memory.allocate(16 * THREADS as u64).unwrap();
    run(&device, "wide", &[a, out]);
    let of = |i: usize| u128::from(halves[2 * i]) | u128::from(halves[2 * i + 1]) << 64;
    let wanted: Vec<u64> = (0..THREADS)
        .map(|i| functions::wide(of(i), of(i + 1), i as u32))
        .flat_map(|value| [value as u64, (value >> 64) as u64])
        .collect();
    assert_eq!(doubles_of(&device.download(out, 16 * THREADS)), wanted);
}

#[test]
fn tables_strings_and_local_arrays() {
    let device = Device::new(PTX);
    let a: Vec<u32> = numbers().iter().map(|n| (n >> 32) as u32).collect();
    let pa = upload32(&device, &a);
    let out = device.memory.allocate(4 * THREADS as u64).unwrap();
    run(&device, "table", &[pa, out]);
    let wanted: Vec<u32> = (0..THREADS).map(|i| functions::table(a[i])).collect();
    assert_eq!(words_of(&device.download(out, 4 * THREADS)), wanted);
}

#[test]
fn recursion_to_different_depths() {
    let device = Device::new(PTX);
    let out = device.memory.allocate(4 * THREADS as u64).unwrap();
    run(&device, "ackermann", &[out]);
    let wanted: Vec<u32> = (0..THREADS as u32)
        .map(|i| if i % 5 == 4 { 7 } else { functions::ackermann(i % 3, i / 3 % 6) })
        .collect();
    assert_eq!(words_of(&device.download(out, 4 * THREADS)), wanted);
}

#[test]
fn casts_between_all_kinds_of_numbers() {
    let device = Device::new(PTX);
    let special = [
        0f64,
        -0.0,
        0.5,
        1.5,
        2.5,
        -0.5,
        -1.5,
        1e9,
        -1e9,
        1e20,
        -1e20,
        255.5,
        -128.7,
        1e-40,
        4.2e9,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        9.3e18,
        1.9e19,
        f64::MIN_POSITIVE,
        65535.5,
    ];
    let mut d: Vec<f64> = special.into_iter().collect();
    d.extend(numbers().iter().map(|n| f64::from_bits(n & !(0x3f0 << 52) | 0x380 << 52)));
    d.truncate(THREADS);
    let x: Vec<f32> = d.iter().rev().map(|d| *d as f32).collect();
    let px = upload32(&device, &x.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
    let pd = upload64(&device, &d.iter().map(|d| d.to_bits()).collect::<Vec<_>>());
    let out = device.memory.allocate(8 * 24 * THREADS as u64).unwrap();
    run(&device, "casts", &[px, pd, out]);
    let got = doubles_of(&device.download(out, 8 * 24 * THREADS));
    for i in 0..THREADS {
        let mut wanted = [0; 24];
        functions::casts(x[i], d[i], &mut wanted);
        for (k, wanted) in wanted.into_iter().enumerate() {
            let got = got[24 * i + k];
            let nan = |bits: u64| f32::from_bits(bits as u32).is_nan() && bits >> 32 == 0;
            let same = got == wanted as u64 || nan(got) && nan(wanted as u64);
            assert!(same, "cast {k} of {} and {}: {got:x} {wanted:x}", x[i], d[i]);
        }
    }
}

#[test]
fn narrow_integers() {
    let device = Device::new(PTX);
    let a: Vec<u32> = numbers().iter().map(|n| *n as u32).collect();
    let b: Vec<u32> = numbers().iter().map(|n| (n >> 30) as u32).collect();
    let (pa, pb) = (upload32(&device, &a), upload32(&device, &b));
    let out = device.memory.allocate(16 * THREADS as u64).unwrap();
    run(&device, "narrow", &[pa, pb, out]);
    let wanted: Vec<u8> = (0..THREADS)
        .flat_map(|i| bytes_of(&functions::narrow(a[i], b[i]), u16::to_le_bytes))
        .collect();
    assert_eq!(device.download(out, 16 * THREADS), wanted);
}

#[test]
fn sums_of_blocks_through_shuffles_and_shared_memory() {
    let device = Device::new(PTX);
    let x: Vec<f64> = numbers().iter().map(|n| *n as f64).collect();
    let start = upload64(&device, &x.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
    let out = device.memory.allocate(8 * 5).unwrap();
    run(&device, "sum", &[start, out]);
    let sums = doubles_of(&device.download(out, 40));
    for (block, sum) in x[..THREADS].chunks(96).zip(sums) {
        let warp = |warp: &[f64]| {
            let mut values = warp.to_vec();
            for distance in [16, 8, 4, 2, 1] {
                for lane in 0..distance {
                    values[lane] += values[lane + distance];
                }
            }
            values[0]
        };
        let wanted = block.chunks(32).fold(0.0, |sum, lanes| sum + warp(lanes));
        assert_eq!(f64::from_bits(sum), wanted);
    }
}

#[test]
fn atomics_count_every_thread() {
    let device = Device::new(PTX);
    let a: Vec<u32> = numbers().iter().map(|n| *n as u32).collect();
    let pa = upload32(&device, &a);
    let mut bins = vec![0u32; 20];
    bins[17] = u32::MAX;
    let pb = upload32(&device, &bins);
    let total = upload64(&device, &[0]);
    run(&device, "histogram", &[pa, pb, total]);
    for value in &a[..THREADS] {
        bins[(value % 16) as usize] += 1;
        bins[16] = bins[16].max(*value);
        bins[17] = bins[17].min(*value);
        bins[19] ^= value;
    }
    let got = words_of(&device.download(pb, 80));
    bins[18] = got[18];
    assert_eq!(got, bins);
    assert!(a.contains(&got[18]));
    let sum: u64 = a[..THREADS].iter().map(|value| u64::from(*value)).sum();
    assert_eq!(doubles_of(&device.download(total, 8)), [sum]);
}

#[test]
fn blocks_wait_for_each_other_in_a_cooperative_launch() {
    let device = Device::new(PTX);
    let go = || -> Result<(Vec<u8>, ptx_vm::Statistics), Fault> {
        let counter = upload32(&device, &[0, 0]);
        let out = upload32(&device, &[0; 6 * 64]);
        let launch = Launch { cooperative: true, ..launch(6, 64) };
        let statistics = device.launch("grid_barrier", &launch, &[counter, 10, out])?;
        Ok((device.download(out, 4 * 6 * 64), statistics))
    };
    let (out, statistics) = go().unwrap();
    assert_eq!(words_of(&out), [10; 6 * 64]);
    // Blocks take turns in the same way every time.
    assert_eq!(go().unwrap().1, statistics);
}

#[test]
fn the_order_of_blocks_changes_nothing() {
    let device = Device::new(PTX);
    let out = device.memory.allocate(16 * 96 * 64).unwrap();
    let first = device.run("philox", 64, 96, &[5, out]).unwrap();
    let bytes = device.download(out, 16 * 96 * 64);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let second = pool.install(|| device.run("philox", 64, 96, &[5, out]).unwrap());
    assert_eq!(first, second);
    assert_eq!(bytes, device.download(out, 16 * 96 * 64));
}
