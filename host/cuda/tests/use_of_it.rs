//! What works.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::super::devices;
use super::super::driver::{Context, Device, ForeignStream, Stream};
use super::*;

#[test]
fn a_kernel_adds_what_was_copied_to_it() {
    Scenario::new().run(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        assert_eq!(add_on(&gpu), Ok(vec![100.0; 70]));
    });
}

#[test]
fn gpus_are_described() {
    Scenario::new().set("PTX_VM_DEVICES", "2").set("PTX_VM_MEMORY_BYTES", "1048576").run(|| {
        let found = devices().unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].index, found[1].index), (0, 1));
        assert_eq!((&*found[1].name, found[1].memory_bytes), ("ptx-vm", 1 << 20));
        assert_eq!((found[1].compute_capability, found[1].driver_version), ((7, 5), (12, 8)));
        assert!(found[1].multiprocessors > 0 && found[1].clock_khz > 0);
        let json = serde_json::to_value(&found[1]).unwrap();
        assert_eq!(json["compute_capability"], serde_json::json!([7, 5]));
        let gpu = Gpu::open(1, PTX).unwrap();
        assert_eq!((gpu.info(), gpu.memory_bytes().unwrap().1), (&found[1], 1 << 20));
    });
}

#[test]
fn two_gpus_can_be_open_and_keep_apart() {
    Scenario::new().set("PTX_VM_DEVICES", "2").run(|| {
        let [one, two] = [0, 1].map(|index| Gpu::open(index, PTX).unwrap());
        let (of_one, mut of_two) = (one.pinned::<f32>(70).unwrap(), two.buffer::<f32>(70).unwrap());
        assert_eq!(add_on(&one), Ok(vec![100.0; 70]));
        assert_eq!(add_on(&two), Ok(vec![100.0; 70]));
        assert_says(&of_two.copy_from(&of_one).unwrap_err(), &["different GPUs"]);
        let numbers = Numbers::new(&two, 1).unwrap();
        // SAFETY: this is what `add` takes.
        let mixed = unsafe {
            two.launch(&one.kernel("add").unwrap(), Grid::new(1, 1), &numbers.argument())
        };
        assert_says(&mixed.unwrap_err(), &["`add` belongs to another GPU"]);
        drop(one);
        assert_eq!(add_on(&two), Ok(vec![100.0; 70]));
    });
}

#[test]
fn one_gpu_can_be_opened_twice() {
    Scenario::new().run(|| {
        let [one, two] = [0, 0].map(|index| Gpu::open(index, PTX).unwrap());
        drop(one);
        assert_eq!(add_on(&two), Ok(vec![100.0; 70]));
    });
}

/// How many modules the driver has loaded.
fn modules() -> usize {
    let report = std::fs::read_to_string(std::env::var_os("PTX_VM_REPORT").unwrap()).unwrap();
    let line = report.lines().find_map(|line| line.strip_prefix("modules "));
    line.unwrap().parse().unwrap()
}

#[test]
fn who_asks_for_the_same_kernels_shares_them() {
    Scenario::new().set("PTX_VM_DEVICES", "2").run(|| {
        let one = Gpu::open(0, PTX).unwrap();
        let two = Gpu::open(0, PTX).unwrap();
        assert_eq!(modules(), 1);
        let elsewhere = Gpu::open(1, PTX).unwrap();
        assert_eq!(modules(), 2, "another GPU");
        let other = Gpu::open(0, &format!("{PTX}\n// another text\n")).unwrap();
        assert_eq!(modules(), 3);
        drop(one);
        assert_eq!(modules(), 3);
        for gpu in [two, elsewhere, other] {
            assert_eq!(add_on(&gpu), Ok(vec![100.0; 70]));
        }
        assert_eq!(modules(), 0, "nobody has them any more");
        let again = Gpu::open(0, PTX).unwrap();
        assert_eq!((add_on(&again), modules()), (Ok(vec![100.0; 70]), 1));
    });
}

/// The context that is current on this thread, asked of the driver itself.
fn current() -> usize {
    let driver = std::env::var_os("PILOT_CUDA_DRIVER").unwrap();
    let mut context = std::ptr::null_mut::<()>();
    // SAFETY: it is loaded already, and the function has this signature.
    let result = unsafe {
        let driver = libloading::Library::new(driver).unwrap();
        let get: libloading::Symbol<'_, unsafe extern "C" fn(*mut *mut ()) -> u32> =
            driver.get("cuCtxGetCurrent").unwrap();
        get(&mut context)
    };
    assert_eq!(result, 0);
    context.addr()
}

#[test]
fn work_can_go_to_a_stream_of_somebody_elses_who_keeps_it() {
    Scenario::new().set("PTX_VM_DEVICES", "2").run(|| {
        assert_eq!(devices().unwrap().len(), 2); // which starts the driver
        let context = |index| Device::get(index).and_then(Context::primary).unwrap();
        let stream = |index| Arc::new(Stream::new(&context(index)).unwrap());
        let open = |stream: &Arc<Stream>| {
            // SAFETY: the stream lives as long as what is given as its owner.
            let foreign = unsafe { ForeignStream::new(stream.handle(), Box::new(stream.clone())) };
            Gpu::open_on(0, PTX, Some(foreign))
        };
        let (mine, others) = (stream(0), stream(1));
        let gpu = open(&mine).unwrap();
        assert_eq!(add_on(&gpu), Ok(vec![100.0; 70]));
        drop(gpu);
        // It still is one, and may be used again.
        mine.synchronize().unwrap();
        assert_eq!(add_on(&open(&mine).unwrap()), Ok(vec![100.0; 70]));
        assert_says(&open(&others).unwrap_err(), &["INVALID_CONTEXT", "taking its stream"]);
    });
}

#[test]
fn the_callers_context_is_current_again_after_every_call() {
    Scenario::new().set("PTX_VM_DEVICES", "2").run(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        assert_eq!(current(), 0);
        let other = Device::get(1).and_then(Context::primary).unwrap();
        let entered = other.enter().unwrap();
        let callers = current();
        assert_ne!(callers, 0);
        assert_eq!(add_on(&gpu), Ok(vec![100.0; 70]));
        gpu.time(|_| Ok(())).unwrap();
        gpu.memory_bytes().unwrap();
        assert!(Gpu::open(0, "no PTX").is_err() && gpu.kernel("none").is_err());
        drop(Gpu::open(0, PTX).unwrap());
        assert_eq!(current(), callers);
        drop(gpu);
        assert_eq!(current(), callers);
        drop(entered);
        assert_eq!(current(), 0);
    });
}

#[test]
fn any_thread_can_use_it_and_drop_it() {
    Scenario::new().set("PTX_VM_DEVICES", "2").run(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        let other = Gpu::open(1, PTX).unwrap();
        thread::scope(|scope| {
            for gpu in [&gpu, &other, &gpu, &other] {
                scope.spawn(move || assert_eq!(add_on(gpu), Ok(vec![100.0; 70])));
            }
        });
        let numbers = Numbers::new(&gpu, 9).unwrap();
        let kernel = gpu.kernel("add").unwrap();
        drop(gpu);
        thread::spawn(move || drop((numbers, kernel))).join().unwrap();
        thread::spawn(move || drop(other)).join().unwrap();
    });
}

#[test]
fn time_is_measured_also_inside_of_a_measurement() {
    Scenario::new().run(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        let pause = Duration::from_millis(20);
        let began = Instant::now();
        let outer = gpu.time(|gpu| {
            let inner = gpu.time(|_| {
                thread::sleep(pause);
                Ok(())
            })?;
            assert!(inner >= pause, "{inner:?}");
            Ok(())
        });
        // The driver tells times in `f32`.
        let most = began.elapsed() + Duration::from_millis(1);
        assert!((pause..most).contains(&outer.unwrap()));
        let error = GpuError::Misuse("no".into());
        assert_eq!(gpu.time(|_| Err(error.clone())), Err(error));
    });
}

#[test]
fn kernels_are_looked_up_and_their_parameter_is_checked() {
    Scenario::new().run(|| {
        let gpu = Gpu::open(0, PTX).unwrap();
        assert_eq!(gpu.kernel("add").unwrap().name(), "add");
        assert_says(&gpu.kernel("sub").unwrap_err(), &["no kernel `sub`"]);
        assert_says(&gpu.kernel("three_parameters").unwrap_err(), &["takes 3 parameters"]);
        let kernel = gpu.kernel("add").unwrap();
        // SAFETY: it is refused.
        let error = unsafe { gpu.launch(&kernel, Grid::new(1, 1), &[0u64; 3]) }.unwrap_err();
        assert_says(&error, &["takes 32 bytes, not 24"]);
        let kernel = gpu.kernel("two_parameters").unwrap();
        // SAFETY: it is refused.
        let error = unsafe { gpu.launch_with(&kernel, Grid::new(1, 1), &0u64, &[0.0; 2]) };
        assert_says(&error.unwrap_err(), &["takes 8 and 4 bytes, not 8 and 8"]);
    });
}

/// Whether `holds` holds in a process that is forked from this one.
fn holds_after_a_fork(holds: impl Fn() -> bool + Send + Sync + 'static) -> bool {
    let mut command = Command::new("true");
    let run = move || match holds() {
        true => Ok(()),
        false => Err(io::Error::other("it does not")),
    };
    // SAFETY: no other thread of a scenario's process holds a lock that this takes: they wait for the one that forks.
    unsafe { command.pre_exec(run) };
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn a_process_that_was_forked_from_one_with_a_gpu_is_told_how_to_start_it() {
    Scenario::new().run(|| {
        // A driver that nobody has started yet is the new process's own.
        assert!(holds_after_a_fork(|| devices().is_ok()));
        let gpu = Gpu::open(0, PTX).unwrap();
        assert!(holds_after_a_fork(|| devices() == Err(GpuError::Forked)));
        assert!(holds_after_a_fork(|| Gpu::open(0, PTX).err() == Some(GpuError::Forked)));
        assert_eq!(add_on(&gpu), Ok(vec![100.0; 70]));
    });
    Scenario::with_driver("/nowhere/libcuda.so.1").set("PTX_VM_DEVICES", "1").run(|| {
        let absence = devices().unwrap_err();
        assert!(holds_after_a_fork(move || devices() == Err(absence.clone())));
    });
    assert_says(&GpuError::Forked, &["forked", "set_start_method(\"spawn\")", "`cpu`"]);
}
