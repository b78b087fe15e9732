//! Machine instructions and their loops, from the text that `nvdisasm -c` writes.

use std::collections::BTreeMap;

/// One function's instructions.
#[derive(Default, PartialEq)]
pub struct Function {
    /// Operations without guard and operands, such as `FSETP.LE.AND`; padding is left out.
    operations: Vec<String>,
    /// Instruction and label of each branch.
    branches: Vec<(usize, String)>,
    /// Instruction that follows each label.
    labels: BTreeMap<String, usize>,
}

/// What one pass through a loop executes, if every instruction in it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loop {
    /// Instructions, which a scheduler issues one at a time.
    pub issued: u32,
    /// Of these, those that the lanes for f32 multiplication and addition execute.
    pub multiply_add: u32,
    /// Of these, those that the lanes for comparison, selection and integers execute.
    pub logic: u32,
    /// Of these, the ones that mark a step.
    pub markers: u32,
}

/// Run on the FMA pipe of compute capability 7.5 to 9.0, whole multiplications included.
const MULTIPLY_ADD: [&str; 5] = ["FFMA", "FADD", "FMUL", "IMAD", "FFMA2"];

/// Run on the ALU pipe there.
const LOGIC: [&str; 20] = [
    "FSETP",
    "FSEL",
    "FMNMX",
    "FSET",
    "ISETP",
    "SEL",
    "IADD3",
    "IADD",
    "LOP3",
    "PLOP3",
    "SHF",
    "LEA",
    "MOV",
    "PRMT",
    "IMNMX",
    "VIMNMX",
    "VIADD",
    "VIADDMNMX",
    "IABS",
    "BMSK",
];

/// By name.
pub fn parse(listing: &str) -> BTreeMap<String, Function> {
    let mut functions = BTreeMap::<String, Function>::new();
    let mut name = String::new();
    for line in listing.lines().map(str::trim) {
        if let Some(label) = line.strip_suffix(':') {
            if let Some(function) = label.strip_prefix(".text.") {
                name = function.to_owned();
                functions.entry(name.clone()).or_default();
            } else if let Some(function) = functions.get_mut(&name) {
                function.labels.insert(label.to_owned(), function.operations.len());
            }
        } else if let (Some((_, text)), Some(function)) = (
            line.strip_prefix("/*").and_then(|rest| rest.split_once("*/")),
            functions.get_mut(&name),
        ) {
            function.push(text.trim());
        }
    }
    functions
}

impl Function {
    fn push(&mut self, text: &str) {
        let guarded = text.strip_prefix('@').and_then(|rest| rest.split_once(' '));
        let text = guarded.map_or(text, |(_, rest)| rest.trim_start());
        let operation = text.split([' ', ';']).next().unwrap_or_default();
        if operation.is_empty() || operation == "NOP" {
            return;
        }
        if base(operation) == "BRA"
            && let Some((_, label)) = text.split_once("`(")
        {
            let label = label.split(')').next().unwrap_or_default();
            self.branches.push((self.operations.len(), label.to_owned()));
        }
        self.operations.push(operation.to_owned());
    }

    /// How many instructions it has.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// The loop in which the work is done: of those without a loop inside, the one that holds most
    /// instructions that begin with `marker`, the first of equals. Where a loop was unrolled that
    /// is the unrolled part, not the one for what remains.
    pub fn hot_loop(&self, marker: &str) -> Option<Loop> {
        let loops = self.loops();
        let contains_another = |&(head, last): &(usize, usize)| {
            loops.iter().any(|&(h, l)| (h, l) != (head, last) && head <= h && l <= last)
        };
        let inmost = loops.iter().filter(|one| !contains_another(one));
        let counted = inmost.map(|&(head, last)| {
            let body = &self.operations[head..=last];
            let count = |is: &dyn Fn(&str) -> bool| body.iter().filter(|o| is(o)).count() as u32;
            Loop {
                issued: body.len() as u32,
                multiply_add: count(&|o| MULTIPLY_ADD.contains(&base(o))),
                logic: count(&|o| LOGIC.contains(&base(o))),
                markers: count(&|o| is_a(o, marker)),
            }
        });
        // Of equals, `max_by_key` takes the last.
        let all = counted.filter(|one| one.markers > 0).collect::<Vec<_>>();
        all.into_iter().rev().max_by_key(|one| one.markers)
    }

    /// First and last instruction of each loop: what lies between a branch and an earlier target. A
    /// head with several branches back to it is one loop.
    fn loops(&self) -> Vec<(usize, usize)> {
        let mut last_of = BTreeMap::new();
        for (from, label) in &self.branches {
            if let Some(&head) = self.labels.get(label)
                && head <= *from
            {
                let last = last_of.entry(head).or_insert(*from);
                *last = (*last).max(*from);
            }
        }
        last_of.into_iter().collect()
    }
}

/// Whether `FSETP.LE.AND` is a `FSETP.LE`: yes.
fn is_a(operation: &str, kind: &str) -> bool {
    operation.strip_prefix(kind).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `FSETP` of `FSETP.LE.AND`.
fn base(operation: &str) -> &str {
    operation.split('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of sm_75, shortened: a loop for the particles around one for the steps, and a loop that
    /// marks nothing.
    const LISTING: &str = include_str!("sample.sass");

    #[test]
    fn the_hot_loop_is_the_inmost_one_with_markers() {
        let functions = parse(LISTING);
        assert_eq!(functions.keys().collect::<Vec<_>>(), ["copy", "rollout"]);
        let rollout = &functions["rollout"];
        assert_eq!(rollout.len(), 29);
        assert_eq!(rollout.loops().len(), 4); // the last is the end of the function
        let expected = Loop { issued: 15, multiply_add: 8, logic: 6, markers: 4 };
        assert_eq!(rollout.hot_loop("FSETP.LE"), Some(expected));
        assert_eq!(rollout.hot_loop("FSETP.GT"), None);
        assert_eq!(rollout.hot_loop("MUFU"), None);
        assert_eq!(functions["copy"].hot_loop("FSETP"), None);
    }

    #[test]
    fn of_an_unrolled_loop_the_rest_does_not_count() {
        let copies = |label: &str, times: usize| {
            let body =
                "/*00*/ FFMA R0, R0, R0, R0 ;\n/*10*/ @P1 FSETP.LE.AND P0, PT, R0, R1, P0 ;\n";
            format!(".L_{label}:\n{}/*20*/ @!P2 BRA `(.L_{label}) ;\n", body.repeat(times))
        };
        let listing = format!(".text.k:\n{}{}", copies("rest", 1), copies("four", 4));
        let hot = parse(&listing)["k"].hot_loop("FSETP").unwrap();
        assert_eq!(hot, Loop { issued: 9, multiply_add: 4, logic: 4, markers: 4 });
    }
}
