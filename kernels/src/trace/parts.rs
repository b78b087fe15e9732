//! Where kernels begin and end in their text.

use std::iter;

/// What begins a kernel, after the end of the line before it.
const ENTRY: &str = "\n.visible .entry ";

/// What ends a kernel, or any function: a brace that is a line.
const END: &str = "\n}\n";

/// A part of the text of kernels: a kernel, or what stands between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// What the kernel is called; `None` for what is not a kernel.
    pub name: Option<&'a str>,
    /// Whole lines.
    pub text: &'a str,
}

/// The parts of `ptx`, which together are all of it.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::trace::parts;
/// let ptx = ".target sm_75\n.visible .entry copy(\n)\n{\n\tret;\n}\n";
/// let kernels: Vec<&str> = parts(ptx).filter_map(|part| part.name).collect();
/// assert_eq!(kernels, ["copy"]);
/// ```
pub fn parts(ptx: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = ptx;
    iter::from_fn(move || {
        let head = rest.strip_prefix(ENTRY.trim_start());
        let name = head.and_then(|head| head.split(['(', ' ', '\n']).next());
        let end = match name {
            Some(_) => rest.find(END).map(|end| end + END.len()),
            None => rest.find(ENTRY).map(|line_end| line_end + 1),
        };
        let text;
        (text, rest) = rest.split_at(end.unwrap_or(rest.len()));
        (!text.is_empty()).then_some(Part { name, text })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_kernels_and_what_is_between_and_together_the_text() {
        let head = ".target sm_75\n// as in .visible .entry none\n.func f\n{\n}\n";
        let first = ".visible .entry a(\n\t.param .b64 p\n)\n{\n  {\n  }\n\tret;\n}\n";
        let second = ".visible .entry ab()\n{\n}\n";
        let ptx = [head, first, second, "\n", second, "tail"].concat();
        let found: Vec<_> = parts(&ptx).map(|part| (part.name, part.text)).collect();
        let [a, ab] = [(Some("a"), first), (Some("ab"), second)];
        assert_eq!(found, [(None, head), a, ab, (None, "\n"), ab, (None, "tail")]);
        let cut = &second[..second.len() - 1];
        assert_eq!(parts(cut).collect::<Vec<_>>(), [Part { name: Some("ab"), text: cut }]);
        assert_eq!(parts("").next(), None);
    }
}
