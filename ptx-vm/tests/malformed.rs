//! Text that is no PTX is an error, never a panic.

use ptx_vm::Module;

const PTX: &str = include_str!("kernels.ptx");

/// Numbers without a pattern.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((self.0 >> 33) as usize) % end
    }
}

#[test]
fn mutilated_modules_are_refused_without_panic() {
    let mut random = Random(7);
    let functions: Vec<&str> = PTX.split("// .globl").collect();
    let words: Vec<&str> = PTX.split_whitespace().collect();
    let mut refused = 0;
    for round in 0..2000 {
        let function = functions[1 + round % (functions.len() - 1)];
        let mut text = format!(".version 6.3\n.target sm_75\n.address_size 64\n//{function}");
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
        refused += usize::from(Module::parse(&text).is_err());
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn truncated_modules_are_refused_without_panic() {
    for end in (0..PTX.len()).step_by(997) {
        let _ = Module::parse(&PTX[..end]);
    }
}
