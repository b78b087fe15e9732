//! What must hold on a true GPU as it does on the stand-in.
//!
//! Run them with `cargo test hardware -- --ignored`.

use super::super::devices;
use super::*;

/// With the driver of this machine.
fn on_hardware(body: impl FnOnce()) {
    Scenario::with_driver("").run(body);
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn every_gpu_adds_and_measures_time() {
    on_hardware(|| {
        for info in devices().unwrap() {
            let gpu = Gpu::open(info.index, PTX).unwrap();
            assert_eq!(add_on(&gpu), Ok(vec![100.0; 70]));
            let numbers = Numbers::new(&gpu, 1 << 20).unwrap();
            let time = gpu.time(|gpu| numbers.add(gpu)).unwrap();
            assert!(time.as_secs_f64() > 0.0 && time.as_secs_f64() < 0.1, "{time:?}");
        }
    });
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn too_much_memory_is_refused_and_nothing_is_lost() {
    on_hardware(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        let error = gpu.buffer::<u8>(1 << 46).err().unwrap();
        assert!(error.is_out_of_memory() && !error.is_sticky(), "{error}");
        assert_eq!(add_on(&gpu), Ok(vec![100.0; 70]));
    });
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn a_wrong_address_loses_the_gpu() {
    on_hardware(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        let numbers = Numbers::new(&gpu, 8).unwrap();
        let argument = Add { sum: 8, ..numbers.argument() };
        // SAFETY: none: this is the mistake that must be found out.
        unsafe { gpu.launch(&gpu.kernel("add").unwrap(), Grid::new(1, 8), &argument) }.unwrap();
        let error = gpu.synchronize().unwrap_err();
        assert!(error.is_sticky(), "{error}");
        assert_says(&error, &["ILLEGAL_ADDRESS", "`add`"]);
    });
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn text_that_is_no_ptx_brings_the_compilers_words() {
    on_hardware(|| {
        let error = Gpu::open(0, &PTX.replace("mad.lo.s32", "mad.oh.s32")).unwrap_err();
        let GpuError::Compile { log, .. } = &error else { panic!("{error}") };
        assert!(log.contains("mad"), "{log}");
    });
}
