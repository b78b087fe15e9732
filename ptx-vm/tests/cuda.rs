//! Kernels compiled from CUDA C++ by NVIDIA's compiler give what the same sums give on the CPU, and lack no barrier
//! unless one is taken away.

mod common;

use common::{Device, bytes_of, launch, words_of};
use ptx_vm::{FaultKind, Launch};

const PTX: &str = include_str!("cuda.ptx");

fn upload(device: &Device, values: &[f32]) -> u64 {
    device.upload(&bytes_of(values, f32::to_le_bytes))
}

fn download(device: &Device, address: u64, count: usize) -> Vec<f32> {
    words_of(&device.download(address, 4 * count)).into_iter().map(f32::from_bits).collect()
}

fn count(to: usize) -> Vec<f32> {
    (0..to).map(|i| i as f32).collect()
}

#[test]
fn saxpy() {
    let device = Device::new(PTX);
    let (x, y) = (upload(&device, &count(100)), upload(&device, &[1.0; 100]));
    device.run("saxpy", 4, 32, &[100, u64::from(2f32.to_bits()), x, y]).unwrap();
    let wanted: Vec<f32> = (0..100).map(|i| 2.0 * i as f32 + 1.0).collect();
    assert_eq!(download(&device, y, 100), wanted);
}

#[test]
fn block_sum_with_and_without_barriers() {
    let sums = |ptx: &str| {
        let device = Device::new(ptx);
        let (x, out) = (upload(&device, &count(256)), device.memory.allocate(8).unwrap());
        device.run("block_sum", 2, 128, &[x, out]).map(|_| download(&device, out, 2))
    };
    assert_eq!(sums(PTX).unwrap(), [8128.0, 24512.0]);
    // The barrier of the last round: within a warp, where many a program goes without.
    let last = PTX.split(".visible .entry").find(|kernel| kernel.contains("block_sum(")).unwrap();
    let at = last.rfind("bar.sync").unwrap();
    let without = PTX.replace(last, &format!("{}//{}", &last[..at], &last[at..]));
    let fault = sums(&without).unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Race { .. }), "{fault}");
}

#[test]
fn warp_sum() {
    let device = Device::new(PTX);
    let x = device.upload(&bytes_of(&(0..64).collect::<Vec<i32>>(), i32::to_le_bytes));
    let out = device.upload(&[0; 4]);
    device.run("warp_sum", 1, 64, &[x, out]).unwrap();
    assert_eq!(words_of(&device.download(out, 4)), [2016]);
}

#[test]
fn histogram_in_dynamic_shared_memory() {
    let device = Device::new(PTX);
    let bytes: Vec<u8> = (0..1000u32).map(|i| (i * i % 251) as u8).collect();
    let (x, out) = (device.upload(&bytes), device.upload(&[0; 1024]));
    let launch = Launch { dynamic_shared_bytes: 1024, ..launch(3, 96) };
    device.launch("histogram", &launch, &[x, 1000, out]).unwrap();
    let mut wanted = vec![0; 256];
    bytes.iter().for_each(|&byte| wanted[usize::from(byte)] += 1);
    assert_eq!(words_of(&device.download(out, 1024)), wanted);
}

#[test]
fn matrix_product_by_tiles() {
    let device = Device::new(PTX);
    let (a, b) = (upload(&device, &count(32 * 32)), upload(&device, &count(32 * 32)));
    let c = device.memory.allocate(4 * 32 * 32).unwrap();
    device.launch("matmul", &Launch::new([2, 2, 1], [16, 16, 1]), &[a, b, c, 32]).unwrap();
    let wanted: Vec<f32> = (0..32 * 32)
        .map(|i| {
            let terms = (0..32).map(|k| ((i / 32 * 32 + k) as f32, (k * 32 + i % 32) as f32));
            terms.fold(0.0, |sum, (a, b)| a.mul_add(b, sum))
        })
        .collect();
    assert_eq!(download(&device, c, 32 * 32), wanted);
}
