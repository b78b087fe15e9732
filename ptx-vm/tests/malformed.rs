//! Text that is no PTX is an error and a kernel that makes no sense a fault, never a panic.

mod common;

use std::sync::Arc;

use common::{launch, module};
use ptx_vm::{FaultKind, Launch, Loaded, Memory, Module};

const PTX: &str = include_str!("kernels.ptx");

/// Numbers without a pattern.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((self.0 >> 33) as usize) % end
    }
}

/// The functions and variables of the module, each a module of its own.
fn pieces() -> Vec<String> {
    const HEADER: &str = ".version 6.3\n.target sm_75\n.address_size 64\n";
    PTX.split("// .globl").skip(1).map(|piece| format!("{HEADER}//{piece}")).collect()
}

/// Runs all kernels of a module, with each parameter the address of some memory: no panic.
fn run(module: Module) {
    let memory = Arc::new(Memory::new(1 << 20));
    let address = memory.allocate(1 << 16).unwrap();
    memory.fill(address, 1, 1 << 16).unwrap();
    let kernels: Vec<String> = module.kernels().map(str::to_owned).collect();
    let Ok(mut loaded) = Loaded::new(Arc::new(module), memory) else { return };
    loaded.set_limit(2_000);
    for kernel in kernels {
        let parameters = loaded.module().parameters(&kernel).unwrap();
        let mut bytes = vec![0; parameters.last().map_or(0, |last| last.offset + last.size)];
        for parameter in parameters.iter().filter(|parameter| parameter.size == 8) {
            bytes[parameter.offset..][..8].copy_from_slice(&address.to_le_bytes());
        }
        assert!(loaded.module().resources(&kernel).is_some());
        for launch in [launch(1, 40), Launch { cooperative: true, ..launch(2, 32) }] {
            let _ = loaded.run(&kernel, &launch, &bytes);
        }
    }
}

#[test]
fn mutilated_modules_are_refused_without_panic() {
    let mut random = Random(7);
    let pieces = pieces();
    let words: Vec<&str> = PTX.split_whitespace().collect();
    let mut refused = 0;
    for round in 0..2000 {
        let mut text = pieces[round % pieces.len()].clone();
        for _ in 0..=random.below(3) {
            let at = random.below(text.len() - 12);
            let end = at + random.below(12);
            let insert = match random.below(3) {
                0 => "",
                1 => words[random.below(words.len())],
                _ => [";", "{", "}", "[", "-1", ",", "0f", ":", "%rd0", ".b8 x[99999999999]"]
                    [random.below(10)],
            };
            text.replace_range(at..end, insert);
        }
        refused += usize::from(Module::parse(&text).map(run).is_err());
    }
    assert!(refused > 1000, "{refused}");
}

/// `parts` with some of them left out, exchanged, said twice or said in place of others.
fn shuffled<'t>(random: &mut Random, parts: &[&'t str]) -> Vec<&'t str> {
    let mut parts = parts.to_vec();
    for _ in 0..=random.below(3) {
        let (one, other) = (random.below(parts.len()), random.below(parts.len()));
        match random.below(4) {
            0 => drop(parts.remove(one)),
            1 => parts.swap(one, other),
            2 => parts.insert(one, parts[one]),
            _ => parts[one] = parts[other],
        }
    }
    parts
}

#[test]
fn modules_with_lines_or_words_out_of_place_neither_parse_nor_run_to_a_panic() {
    let mut random = Random(11);
    let pieces = pieces();
    let mut parsed = 0;
    for round in 0..2000 {
        let piece = &pieces[round % pieces.len()];
        let text = if round % 2 == 0 {
            let lines: Vec<&str> = piece.lines().collect();
            shuffled(&mut random, &lines).join("\n")
        } else {
            let words: Vec<&str> = piece.split_inclusive([' ', '\t', ',', '.', '%']).collect();
            shuffled(&mut random, &words).concat()
        };
        if let Ok(module) = Module::parse(&text) {
            parsed += 1;
            run(module);
        }
    }
    assert!(parsed > 200, "{parsed}");
}

#[test]
fn truncated_modules_are_refused_without_panic() {
    for end in (0..PTX.len()).step_by(997) {
        let _ = Module::parse(&PTX[..end]);
    }
}

#[test]
fn what_is_no_ptx_is_told() {
    let message = |text: &str| Module::parse(text).unwrap_err().to_string();
    assert_eq!(message(""), "PTX line 1: no `.version`: this is no PTX");
    assert_eq!(message("fn main() {}"), "PTX line 1: unknown directive `fn`");
    assert_eq!(message("\u{7f}ELF"), "PTX line 1: expected a directive, found `\u{7f}`");
}

#[test]
fn sizes_beyond_all_reason_are_refused() {
    let refuse = |outside: &str, body: &str| Module::parse(&module(outside, body)).unwrap_err();
    let huge = ".shared .b8 a[1099511627776][8388607];";
    assert_eq!(refuse(huge, "").to_string(), "PTX line 4: an array beyond all reason");
    for (outside, body) in [
        ("", ".local .b8 a[524289];"),
        ("", ".local .align 1099511627776 .b8 a[8];"),
        (".global .align 3 .b8 a[8];", ""),
        (".global .b32 a[2] = {1, 2, 3};", ""),
        (".global .b32 a[2][2] = {{1}, {2, 3}};", ""),
        (".global .b32 a[2] = {{1, 2}};", ""),
        ("", ".reg .b32 %z<18446744073709551615>;"),
        ("", "mov.b32 {}, %r1;"),
        ("", "mov.b32 %r1, {};"),
        ("", "mov.b64 %d1, {%r1, %r2, %r3};"),
    ] {
        refuse(outside, body);
    }
}

#[test]
fn what_is_nested_deeply_is_no_recursion() {
    let braces = format!(".global .b8 a[1] = {} 1;", "{".repeat(1 << 20));
    assert!(Module::parse(&module(&braces, "")).is_err());

    let loops = 2000;
    let heads: String = (0..loops).map(|i| format!("L{i}: add.s32 %r1, %r1, 1;\n")).collect();
    let ends: String = (0..loops).rev().map(|i| format!("@%p1 bra L{i};\n")).collect();
    run(Module::parse(&module("", &format!("{heads}{ends}"))).unwrap());

    // Each function calls the next two: as many ways through them as Fibonacci's numbers say.
    let functions: String = (0..2000)
        .rev()
        .map(|i| match i {
            1998.. => format!(".func f{i} {{ .local .b8 own[16]; ret; }}\n"),
            _ => format!(".func f{i} {{ call f{}; call f{}; ret; }}\n", i + 1, i + 2),
        })
        .collect();
    let module = Module::parse(&module(&functions, "call f0;")).unwrap();
    assert_eq!(module.resources("k").unwrap().local_bytes, 16);
}

#[test]
fn offsets_beyond_all_reason_are_refused_or_out_of_bounds() {
    let two = ".local .b64 a; .local .b64 b;";
    for body in ["mov.b64 %d1, b+9223372036854775807;", "mov.b64 %d1, b+4294967296;"] {
        assert!(Module::parse(&module("", &format!("{two} {body}"))).is_err(), "{body}");
    }
    // The called function's variables lie behind the kernel's.
    let inner = ".func f { .local .b64 b; .reg .b64 %d<2>;
        mov.b64 %d1, b+4294967295; ld.local.b8 %d1, [%d1]; ret; }";
    let fault = common::fault(inner, ".local .b64 a; call f;", 1);
    assert!(matches!(fault.kind, FaultKind::OutOfBounds { size: 1, .. }), "{fault}");
}
