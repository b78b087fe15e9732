//! The driver is not linked: programs that use this crate start on machines without one, whichever
//! linker made them.
#![cfg(all(feature = "cuda", target_os = "linux"))]

mod elf;
mod linking;

use std::path::Path;
use std::process::Command;

use linking::{Linker, link};

#[test]
fn the_program_needs_no_cuda_library() {
    let needed = elf::needed_libraries(Path::new(env!("CARGO_BIN_EXE_pilot")));
    assert!(!needed.is_empty());
    assert!(!needed.iter().any(|library| library.contains("cuda")), "{needed:?}");
}

#[test]
fn neither_the_program_nor_the_library_defines_a_function_of_the_driver() {
    let program = Path::new(env!("CARGO_BIN_EXE_pilot"));
    let library = linking::newest_library(std::env::current_exe().unwrap().parent().unwrap());
    for file in [program, &library] {
        let symbols = elf::defined_symbols(file);
        assert!(symbols.len() > 1000, "{}: symbols are there", file.display());
        let of_the_driver: Vec<_> = symbols.iter().filter(|name| is_of_the_driver(name)).collect();
        assert!(of_the_driver.is_empty(), "{}: {of_the_driver:?}", file.display());
    }
    assert!(
        elf::defined_symbols(&test_support::virtual_driver())
            .iter()
            .any(|name| is_of_the_driver(name))
    );
}

/// Whether a symbol's name is `cu` and a word that begins with a capital.
fn is_of_the_driver(name: &str) -> bool {
    name.strip_prefix("cu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

#[test]
fn the_program_survives_a_missing_driver() {
    for driver in ["/nowhere/libcuda.so.1", "libc.so.6"] {
        let output = Command::new(env!("CARGO_BIN_EXE_pilot"))
            .args(["--device", "cuda", "-n", "1", "-k", "8"])
            .env("PILOT_CUDA_DRIVER", driver)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("`cpu`") && !text.contains("panicked"), "{text}");
    }
}

#[test]
fn dependents_link_with_gnu_ld() {
    check(Linker::Bfd);
}

#[test]
fn dependents_link_with_lld() {
    check(Linker::Lld);
}

/// A program that depends on this crate links, also where it links a toolkit's `libcuda.so` itself, and runs with and
/// without a driver.
fn check(linker: Linker) {
    if let Some(reason) = linker.missing() {
        eprintln!("skipped: {reason}");
        return;
    }
    for toolkit in [None, Some(test_support::virtual_driver())] {
        let program = link(linker, toolkit.as_deref());
        let needed = elf::needed_libraries(program.path());
        let needs_cuda = needed.iter().any(|library| library.contains("cuda"));
        assert_eq!(needs_cuda, toolkit.is_some(), "{needed:?}");
        assert_eq!(elf::is_made_by_lld(program.path()), linker == Linker::Lld);
        for (driver, expected) in
            [(Path::new("/nowhere"), "0 GPUs"), (&test_support::virtual_driver(), "1 GPUs")]
        {
            let output = Command::new(program.path())
                .env("PILOT_CUDA_DRIVER", driver)
                .env("LD_LIBRARY_PATH", program.folder())
                .output()
                .unwrap();
            let text = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{text}");
            assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{text}");
        }
    }
}
