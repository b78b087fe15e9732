//! What goes wrong, what is said about it, and that nothing is left behind.

use super::super::devices;
use super::*;

/// Every function that opening a GPU and adding on it calls, in order.
const CALLS: [&str; 24] = [
    "cuInit",
    "cuDeviceGetCount",
    "cuDeviceGet",
    "cuDeviceGetName",
    "cuDeviceTotalMem_v2",
    "cuDeviceGetAttribute",
    "cuDriverGetVersion",
    "cuDevicePrimaryCtxRetain",
    "cuCtxGetCurrent",
    "cuCtxPushCurrent_v2",
    "cuModuleLoadDataEx",
    "cuStreamCreateWithPriority",
    "cuEventCreate",
    "cuMemAlloc_v2",
    "cuMemAllocHost_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuStreamSynchronize",
    "cuMemsetD8Async",
    "cuModuleGetFunction",
    "cuLaunchKernel",
    "cuMemcpyDtoHAsync_v2",
    "cuEventRecord",
    "cuEventElapsedTime",
    "cuMemGetInfo_v2",
];

/// Opens, computes and measures.
fn everything() -> Result<(), GpuError> {
    let gpu = Gpu::open(0, PTX)?;
    gpu.time(|gpu| add_on(gpu).map(drop))?;
    gpu.memory_bytes().map(drop)
}

#[test]
fn whatever_fails_is_told_and_leaves_nothing_behind() {
    for function in CALLS {
        // Illegal value: an error without a class of its own. Device lost: sticky.
        for code in ["1", "719"] {
            Scenario::new().fail(&format!("{function}:1={code}")).run(|| {
                let error = everything().unwrap_err();
                let code = error.cause().unwrap_or_else(|| panic!("{error}")).code;
                assert!([1, 719].contains(&code), "{error}");
                assert_eq!(error.is_sticky(), code == 719, "{error}");
                assert!(!error.to_string().contains("UNKNOWN"), "{error}");
            });
        }
    }
}

#[test]
fn the_second_call_can_fail_as_well() {
    for call in
        ["cuEventCreate:2=2", "cuMemAlloc_v2:2=2", "cuMemAlloc_v2:3=2", "cuMemAllocHost_v2:2=2"]
    {
        Scenario::new().fail(call).run(|| {
            let error = everything().unwrap_err();
            assert!(error.is_out_of_memory(), "{error}");
        });
    }
}

#[test]
fn a_driver_that_cannot_be_loaded_is_named() {
    Scenario::with_driver("/nowhere/libcuda.so.1").run(|| {
        for error in [devices().unwrap_err(), everything().unwrap_err()] {
            let GpuError::NoDriver { looked_for, .. } = &error else { panic!("{error}") };
            assert_eq!(looked_for, "/nowhere/libcuda.so.1");
            assert_says(&error, &["PILOT_CUDA_DRIVER", "`cpu`"]);
            assert!(!error.is_sticky() && !error.is_out_of_memory());
        }
    });
}

#[test]
fn a_library_that_is_no_driver_is_found_out() {
    Scenario::with_driver("libc.so.6").run(|| {
        assert_says(&everything().unwrap_err(), &["`libc.so.6`", "not a CUDA driver"]);
    });
}

#[test]
fn a_machine_without_a_gpu_is_no_machine_without_a_driver() {
    Scenario::new().set("PTX_VM_DEVICES", "0").run(|| {
        for error in [devices().unwrap_err(), everything().unwrap_err()] {
            assert!(matches!(error, GpuError::NoDevice { .. }), "{error:?}");
            assert_says(&error, &["no GPU", "CUDA_ERROR_NO_DEVICE", "nvidia-smi"]);
        }
    });
}

#[test]
fn a_gpu_that_does_not_exist_is_counted_against_those_that_do() {
    Scenario::new().set("PTX_VM_DEVICES", "2").run(|| {
        let error = Gpu::open(2, PTX).unwrap_err();
        assert_eq!(error, GpuError::NoSuchDevice { index: 2, count: 2 });
        assert_says(&Gpu::open(u32::MAX, PTX).unwrap_err(), &["this machine has 2"]);
    });
}

#[test]
fn a_driver_that_is_too_old_is_told_with_both_versions() {
    Scenario::new().set("PTX_VM_DRIVER_VERSION", "11040").run(|| {
        let error = everything().unwrap_err();
        let expected = GpuError::DriverTooOld { driver: (11, 4), supported: (7, 4), ptx: (7, 5) };
        assert_eq!(error, expected);
        assert_says(&error, &["CUDA 11.4", "PTX up to 7.4", "kernels are PTX 7.5", "newer driver"]);
    });
}

#[test]
fn a_gpu_that_is_too_old_is_told_with_both_versions() {
    Scenario::new().run(|| {
        let error = Gpu::open(0, &PTX.replace("sm_75", "sm_90a")).unwrap_err();
        assert_says(&error, &["ptx-vm has compute capability 7.5", "need 9.0"]);
    });
}

#[test]
fn what_the_compiler_says_is_passed_on() {
    Scenario::new().run(|| {
        let error = Gpu::open(0, &PTX.replace("mad.lo.s32", "syntax error")).unwrap_err();
        let GpuError::Compile { cause, log } = &error else { panic!("{error}") };
        assert_eq!(cause.name, "CUDA_ERROR_INVALID_PTX");
        assert!(!log.contains("does not say"), "{log}");
        for (text, needle) in
            [("", "no version"), (".version 7.5\n.target x\n", "no target"), ("\0", "no version")]
        {
            assert_says(&Gpu::open(0, text).unwrap_err(), &[needle]);
        }
        assert_says(&Gpu::open(0, &format!("{PTX}\0")).unwrap_err(), &["zero byte"]);
    });
}

#[test]
fn a_kernel_at_a_wrong_address_loses_the_gpu_and_is_named() {
    let printed = Scenario::new().run(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        let numbers = Numbers::new(&gpu, 8).unwrap();
        let kernel = gpu.kernel("add").unwrap();
        let argument = Add { b: 8, ..numbers.argument() };
        // SAFETY: none: this is the mistake that must be found out.
        unsafe { gpu.launch(&kernel, Grid::new(1, 8), &argument) }.unwrap();
        for _ in 0..2 {
            let error = gpu.synchronize().unwrap_err();
            assert!(error.is_sticky() && !error.is_out_of_memory(), "{error}");
            assert_says(&error, &["ILLEGAL_ADDRESS", "`add`", "start the program again"]);
        }
        for error in [numbers.sum.download().err(), gpu.pinned::<u8>(1).err()] {
            assert!(error.unwrap().is_sticky());
        }
        assert!(numbers.add(&gpu).unwrap_err().is_sticky());
        assert!(Gpu::open(0, PTX).unwrap_err().is_sticky());
    });
    assert!(printed.matches("ptx-vm: ").count() <= 1, "{printed}");
}

#[test]
fn a_lost_device_does_not_drag_down_another() {
    Scenario::new().set("PTX_VM_DEVICES", "2").run(|| {
        let [one, two] = [0, 1].map(|index| Gpu::open(index, PTX).unwrap());
        let numbers = Numbers::new(&one, 8).unwrap();
        // SAFETY: none: this is the mistake that must be found out.
        unsafe {
            let argument = Add { sum: 8, ..numbers.argument() };
            one.launch(&one.kernel("add").unwrap(), Grid::new(1, 8), &argument).unwrap();
        }
        assert!(one.synchronize().unwrap_err().is_sticky());
        assert_eq!(add_on(&two), Ok(vec![100.0; 70]));
    });
}

#[test]
fn a_launch_that_is_refused_says_how_it_was_meant() {
    Scenario::new().run(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        let numbers = Numbers::new(&gpu, 8).unwrap();
        let kernel = gpu.kernel("add").unwrap();
        for (grid, block) in [(0, 32), (1, 0), (1, 2048)] {
            // SAFETY: it is refused.
            let result =
                unsafe { gpu.launch(&kernel, Grid::new(grid, block), &numbers.argument()) };
            let error = result.unwrap_err();
            let shape = format!("{grid} blocks of {block} threads");
            assert_says(&error, &["cannot launch `add`", &shape, "CUDA_ERROR_INVALID_VALUE"]);
            assert!(!error.is_sticky());
        }
        numbers.add(&gpu).unwrap();
        assert_eq!(numbers.sum.download(), Ok(vec![100.0; 8]));
    });
}

#[test]
fn codes_that_the_driver_does_not_describe_keep_their_number() {
    Scenario::new().fail("cuMemAlloc_v2:1=46,cuStreamSynchronize:1=12345").run(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        let odd = gpu.synchronize().unwrap_err();
        assert_says(&odd, &["CUDA error 12345"]);
        let lost = gpu.buffer::<u8>(1).err().unwrap();
        assert_says(&lost, &["CUDA_ERROR_DEVICE_UNAVAILABLE"]);
        assert!(lost.is_sticky() && !odd.is_sticky());
    });
}

#[test]
fn failing_to_free_is_survived() {
    let calls = "cuMemFree_v2:1=1,cuMemFreeHost:1=1,cuStreamDestroy_v2:1=1,cuEventDestroy_v2:1=1,\
                 cuModuleUnload:1=1,cuDevicePrimaryCtxRelease_v2:1=1";
    Scenario::new().fail(calls).may_leave().run(|| everything().unwrap());
}
