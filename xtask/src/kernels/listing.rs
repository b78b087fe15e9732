//! What can be told from the text of a PTX file.

use particle_pilot_kernels::trace::parts;

/// The names of its kernels, in order.
pub fn entries(ptx: &str) -> Vec<&str> {
    parts(ptx).filter_map(|part| part.name).collect()
}

/// Instructions whose results are not those of IEEE arithmetic without contraction, on which "the
/// same bits everywhere" rests.
///
/// Without `.rn` the assembler may fuse a multiplication with an addition.
pub fn inexact(ptx: &str) -> Vec<&str> {
    ptx.lines().map(str::trim).filter(|line| is_inexact(line)).collect()
}

fn is_inexact(line: &str) -> bool {
    let after_guard = line.strip_prefix('@').and_then(|line| line.split_once(' '));
    let instruction = after_guard.map_or(line, |(_, rest)| rest.trim_start());
    let mut parts = instruction.split_whitespace().next().unwrap_or_default().split('.');
    let operation = parts.next().unwrap_or_default();
    let suffixes: Vec<_> = parts.map(|part| part.trim_end_matches(';')).collect();
    let rounds = ["add", "sub", "mul", "fma", "mad", "div", "rcp", "sqrt"].contains(&operation)
        && suffixes.iter().any(|suffix| ["f32", "f64"].contains(suffix));
    suffixes.contains(&"approx")
        || suffixes.contains(&"ftz")
        || suffixes.contains(&"full")
        || rounds && !suffixes.contains(&"rn")
}

/// Where two files first differ, or nothing.
pub fn difference(old: &str, new: &str) -> Option<String> {
    if old == new {
        return None;
    }
    let same = old.lines().zip(new.lines()).take_while(|(old, new)| old == new).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(the end)").trim().to_owned();
    Some(format!("line {} is `{}` but should be `{}`", same + 1, line(old), line(new)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_found_in_order() {
        let ptx = ".visible .entry roll_out(\n)\n{\n\tret;\n}\n\n.visible .entry b()\n{\n}\n";
        assert_eq!(entries(ptx), ["roll_out", "b"]);
    }

    #[test]
    fn only_ieee_arithmetic_is_exact() {
        for exact in [
            "fma.rn.f32 %f1, %f2, %f3, %f4;",
            "@%p1 add.rn.f64 %d1, %d2, %d3;",
            "mul.lo.s32 %r1, %r2, %r3;",
            "mul.wide.u32 \t%rd1, %r1, 4;",
            "cvt.rn.f32.u32 %f1, %r1;",
            "ret;",
            "// add.f32 in a comment",
            "",
        ] {
            assert!(!is_inexact(exact), "{exact}");
        }
        for inexact in [
            "mul.f32 %f1, %f2, %f3;",
            "@!%p1 add.f32 \t%f1, %f2, %f3;",
            "fma.rn.ftz.f32 %f1, %f2, %f3, %f4;",
            "ex2.approx.f32 %f1, %f2;",
            "div.full.f32 %f1, %f2, %f3;",
            "sqrt.approx.f64 %d1, %d2;",
            "add.rz.f32 %f1, %f2, %f3;",
        ] {
            assert!(is_inexact(inexact), "{inexact}");
        }
    }

    #[test]
    fn a_difference_is_named_by_its_first_line() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        let said = difference("a\n  b\nc", "a\nx\nc").unwrap();
        assert_eq!(said, "line 2 is `b` but should be `x`");
        assert!(difference("a", "a\nb").unwrap().contains("(the end)"));
    }
}
