//! Buffers and copies.

use super::*;

#[test]
fn copies_take_the_first_values_and_wait_for_each_other() {
    Scenario::new().run(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        let mut buffer = gpu.zeroed::<u32>(5).unwrap();
        let mut pinned = gpu.pinned::<u32>(3).unwrap();
        assert_eq!(pinned.slice().unwrap(), [0; 3]);
        pinned.slice_mut().unwrap().copy_from_slice(&[7, 8, 9]);
        buffer.copy_from(&pinned).unwrap();
        pinned.slice_mut().unwrap().fill(0);
        assert_eq!(buffer.download(), Ok(vec![7, 8, 9, 0, 0]));
        buffer.copy_to(&mut pinned).unwrap();
        assert_eq!(pinned.slice().unwrap(), [7, 8, 9]);
        buffer.fill_zero().unwrap();
        assert_eq!(buffer.download(), Ok(vec![0; 5]));
        assert_eq!((buffer.len(), pinned.len()), (5, 3));
        assert_ne!(buffer.address(), 0);
    });
}

#[test]
fn a_copy_of_more_than_there_is_is_refused() {
    Scenario::new().run(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        let mut buffer = gpu.zeroed::<u32>(2).unwrap();
        let mut pinned = gpu.pinned::<u32>(3).unwrap();
        for error in [buffer.copy_from(&pinned), buffer.copy_to(&mut pinned)] {
            assert_says(&error.unwrap_err(), &["3 values where there are 2"]);
        }
    });
}

#[test]
fn nothing_can_be_copied_too() {
    Scenario::new().run(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        let mut buffer = gpu.zeroed::<f64>(0).unwrap();
        let mut pinned = gpu.pinned::<f64>(0).unwrap();
        buffer.copy_from(&pinned).unwrap();
        buffer.copy_to(&mut pinned).unwrap();
        assert_eq!((buffer.len(), pinned.len(), pinned.slice().unwrap().len()), (0, 0, 0));
        assert_eq!((buffer.address(), buffer.download()), (0, Ok(vec![])));
    });
}

#[test]
fn memory_that_is_freed_is_there_again() {
    Scenario::new().set("PTX_VM_MEMORY_BYTES", "1000000").run(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        for _ in 0..10 {
            gpu.buffer::<u8>(900_000).unwrap();
        }
    });
}

#[test]
fn too_little_memory_is_told_in_bytes() {
    Scenario::new().set("PTX_VM_MEMORY_BYTES", "1000000").run(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        let held = gpu.buffer::<u8>(600_000).unwrap();
        let (free, _) = gpu.memory_bytes().unwrap();
        let error = gpu.zeroed::<f32>(200_000).err().unwrap();
        assert!(error.is_out_of_memory() && !error.is_sticky());
        let free = format!("{free} free");
        assert_says(&error, &["GPU memory", "800000 bytes asked for", &free, "fewer particles"]);
        drop(held);
        gpu.zeroed::<f32>(200_000).unwrap();
        for error in [gpu.buffer::<u64>(usize::MAX).err(), gpu.pinned::<u64>(usize::MAX).err()] {
            assert!(error.unwrap().is_out_of_memory());
        }
        assert_eq!(add_on(&gpu), Ok(vec![100.0; 70]));
    });
}
