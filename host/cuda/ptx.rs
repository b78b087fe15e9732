//! What the host must know of the kernels' text.

use super::error::GpuError;

/// The header of a text in PTX, and its kernels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ptx {
    /// The version of the language.
    pub version: (u32, u32),
    /// The least compute capability that is enough.
    pub target: (u32, u32),
    /// Name of each kernel, and the sizes in bytes of what it takes.
    pub kernels: Vec<(String, Vec<usize>)>,
}

/// Which version of PTX came with which version of CUDA, where they do not go together as 7.x and
/// 11.x do.
const VERSIONS: [((u32, u32), (u32, u32)); 13] = [
    ((9, 0), (6, 0)),
    ((9, 1), (6, 1)),
    ((9, 2), (6, 2)),
    ((10, 0), (6, 3)),
    ((10, 1), (6, 4)),
    ((10, 2), (6, 5)),
    ((11, 0), (7, 0)),
    ((12, 0), (8, 0)),
    ((12, 6), (8, 5)),
    ((12, 7), (8, 6)),
    ((12, 8), (8, 7)),
    ((12, 9), (8, 8)),
    ((13, 0), (9, 0)),
];

/// The newest PTX that a driver understands which supports this version of CUDA.
pub fn newest_for(cuda: (u32, u32)) -> (u32, u32) {
    let last = VERSIONS.iter().rev().find(|(from, _)| *from <= cuda);
    match last {
        Some((from, ptx)) if from.0 == cuda.0 => {
            let minor = ptx.1 + cuda.1 - from.1;
            (ptx.0, minor)
        }
        // A CUDA that is not known yet understands all PTX that is.
        Some((_, ptx)) => (ptx.0, u32::MAX),
        None => (0, 0),
    }
}

impl Ptx {
    /// Reads version, target and the heads of the kernels.
    pub fn read(text: &str) -> Result<Self, GpuError> {
        let text = &without_comments(text);
        let misuse = |what: &str| GpuError::Misuse(format!("the kernels' PTX has no {what}"));
        let version = directive(text, ".version")
            .and_then(|version| version.split_once('.'))
            .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)))
            .ok_or_else(|| misuse("version"))?;
        let target = directive(text, ".target")
            .and_then(|target| target.strip_prefix("sm_"))
            .and_then(|target| {
                let digits = target.trim_end_matches(|c: char| !c.is_ascii_digit());
                digits.parse::<u32>().ok()
            })
            .map(|target| (target / 10, target % 10))
            .ok_or_else(|| misuse("target"))?;
        Ok(Self { version, target, kernels: kernels(text) })
    }
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The first word after a directive at the start of a line.
fn directive<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.trim_start().strip_prefix(name)?.split([' ', '\t', ',']).nth(1))
        .map(|word| word.trim_end_matches([';', '\r']))
}

fn kernels(text: &str) -> Vec<(String, Vec<usize>)> {
    let mut rest = text;
    let mut kernels = Vec::new();
    while let Some((_, after)) = rest.split_once(".entry") {
        rest = after;
        let Some(end) = after.find(['{', ';']) else { break };
        let head = &after[..end];
        let head = head.trim_start();
        let name_end = head.find(|c: char| c == '(' || c.is_whitespace()).unwrap_or(head.len());
        let (name, parameters) = head.split_at(name_end);
        let sizes = parameters.split(".param").skip(1).map(size_of_parameter).collect();
        kernels.push((name.to_owned(), sizes));
    }
    kernels
}

/// The size of `.align 8 .b8 name[40]` or `.u64 name`.
fn size_of_parameter(declaration: &str) -> usize {
    let declaration = declaration.split([',', ')']).next().unwrap_or_default();
    let bits: usize = declaration
        .split_whitespace()
        .filter_map(|word| {
            word.strip_prefix(['.'])?.strip_prefix(['b', 'u', 's', 'f'])?.parse().ok()
        })
        .next()
        .unwrap_or(0);
    let count = declaration
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']')?.0.trim().parse().ok())
        .unwrap_or(1);
    bits / 8 * count
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
// A comment that speaks of an .entry and of .version 1.0
.version 7.8
.target sm_75, debug
.address_size 64
.extern .func trap(.param .b64 x);
.visible .entry a( // .param
\t.param .align 8 .b8 a_param_0[40]
)
.maxntid 256, 1, 1
{
\tret;
}
.entry b(.param .u64 .ptr .align 1 b_param_0, .param .f32 b_param_1) { ret; }
.visible .entry c()
{
}
";

    #[test]
    fn heads_of_kernels_are_understood() {
        let ptx = Ptx::read(TEXT).unwrap();
        assert_eq!((ptx.version, ptx.target), ((7, 8), (7, 5)));
        let expected = [("a", vec![40]), ("b", vec![8, 4]), ("c", vec![])];
        assert_eq!(ptx.kernels, expected.map(|(name, sizes)| (name.to_owned(), sizes)));
    }

    #[test]
    fn targets_have_two_or_three_digits_and_perhaps_a_letter() {
        for (target, expected) in [("sm_90a", (9, 0)), ("sm_120", (12, 0)), ("sm_75", (7, 5))] {
            let ptx = Ptx::read(&format!(".version 8.0\n.target {target}\n")).unwrap();
            assert_eq!(ptx.target, expected);
        }
    }

    #[test]
    fn versions_follow_the_table_and_what_lies_between() {
        for (cuda, ptx) in [
            ((9, 2), (6, 2)),
            ((10, 2), (6, 5)),
            ((11, 4), (7, 4)),
            ((11, 8), (7, 8)),
            ((12, 4), (8, 4)),
            ((12, 6), (8, 5)),
            ((12, 9), (8, 8)),
            ((13, 1), (9, 1)),
        ] {
            assert_eq!(newest_for(cuda), ptx);
        }
        assert!(newest_for((8, 0)) < (1, 0));
        assert!(newest_for((14, 0)) > (9, 9));
    }
}
