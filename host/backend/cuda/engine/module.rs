//! The kernels' text, and the part of it that a planner needs: the driver compiles what it is given, and
//! compiling all takes seconds.

/// The text that `cargo xtask kernels` made of `kernels/`.
const PTX: &str = include_str!(concat!(env!("OUT_DIR"), "/particle_pilot.ptx"));

/// What begins a kernel.
const ENTRY: &str = ".visible .entry ";

/// The text with only the kernels that are named, and what they may call.
pub fn with<'a>(names: impl Iterator<Item = &'a str> + Clone) -> String {
    keep(PTX, names)
}

/// `ptx` without the kernels that are not named. Kernels begin with [`ENTRY`] and end with a brace at the
/// beginning of a line; everything else is kept.
fn keep<'a>(ptx: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    let mut kept = String::new();
    let mut skips = false;
    for line in ptx.lines() {
        if let Some(head) = line.strip_prefix(ENTRY) {
            let name = head.split(['(', ' ']).next().unwrap_or_default();
            skips = !names.clone().any(|wanted| wanted == name);
        }
        if !skips {
            kept += line;
            kept.push('\n');
        }
        if line.starts_with('}') {
            skips = false;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_kernels_are_kept() {
        let ptx = "head\n.visible .entry a(\n)\n{\n  {\n  }\n}\n.func f\n{\n}\n.visible .entry ab()\n{\n}\n";
        assert_eq!(
            keep(ptx, ["ab"].into_iter()),
            "head\n.func f\n{\n}\n.visible .entry ab()\n{\n}\n"
        );
        assert_eq!(keep(ptx, ["a", "ab"].into_iter()), ptx);
    }
}
