//! The text of kernels with a model's operations in it.
//!
//! Kernels are compiled with *places*: comments that stand where a model is called, and name registers. [`fill`] puts
//! instructions there. The states of the pair of particles that a thread rolls out are in registers that only these
//! instructions know; see `device::place`, whose functions are the places, with their operands in order.
//!
//! The model's numbers and the start come as a second parameter of each kernel that has places, in this order, so that
//! other numbers need no other text. Drivers take 4 KB of parameters: where that is too little, the numbers are in the text.
//! For models that have a reference or a grid, their addresses are before these.

use std::collections::HashMap;
use std::mem::offset_of;

use super::body::{Body, ROW};
use super::environment::is_step;
use super::{ParticlePart, Sizes, Structure, Trace, parts};
use crate::task::{Row, Task};

/// Begins the comment that is a place.
pub(super) const PLACE: &str = "//@pilot ";

/// The model's numbers and a start that fit beside the kernels' own parameter.
pub(super) const MOST_NUMBERS: usize = 800;

/// Where in the second parameter it is said how many bytes the reference of one row of blocks is behind that of the row before.
const STRIDE: u32 = 28;

/// How many numbers' room the second parameter has before all others, for a model that is given something: two for the address
/// of the reference of the first row of blocks, two for the grid's address, three for its extent, and one for how many bytes the
/// reference of each row of blocks is behind that of the row before.
#[must_use]
pub fn head_len(structure: &Structure) -> usize {
    match structure.sizes {
        Sizes { reference: 0, grid: false, .. } => 0,
        _ => 8,
    }
}

/// Kernels for a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The whole text.
    pub ptx: String,
    /// Whether the second parameter has the model's numbers before the start; the text has them otherwise.
    pub takes_numbers: bool,
}

/// Where kernels learn what the decision is about that a row of blocks works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// There is one decision: from the task.
    One,
    /// Decisions are made in step: from the task the number that all of them have, and the seed of the first, after which the
    /// others' follow; from its [`Row`](crate::task::Row) whether there is anything to do.
    InStep,
    /// From its [`Row`](crate::task::Row).
    Rows,
}

/// The kernels of `ptx` for a model and decisions that learn `asks` what they are about, but for one that steps episodes, which has a
/// place for [an environment](super::fill_environment).
///
/// # Panics
/// If `ptx` has places that are not in a kernel, or are none of those that are known: then it is not of this version.
#[must_use]
pub fn fill(ptx: &str, trace: &Trace, asks: Asks) -> Text {
    let others = trace.structure.state_len() as usize + head_len(&trace.structure);
    let takes_numbers = trace.parameters.len() + others <= MOST_NUMBERS;
    let mut text = Text { ptx: String::with_capacity(2 * ptx.len()), takes_numbers };
    let mut writer = Writer { trace, asks, takes_numbers, entry: "", to: &mut text.ptx };
    for part in parts(ptx) {
        if let Some(name) = part.name {
            writer.entry = name;
            if places(part.text).any(is_step) {
                writer.to.push_str(part.text);
            } else {
                writer.kernel(part.text);
            }
        } else {
            let place = places(part.text).next();
            assert!(place.is_none(), "a place outside of a kernel: {place:?}");
            writer.to.push_str(part.text);
        }
    }
    text
}

struct Writer<'a> {
    trace: &'a Trace,
    asks: Asks,
    takes_numbers: bool,
    entry: &'a str,
    to: &'a mut String,
}

impl<'a> Writer<'a> {
    fn line(&mut self, line: &str) {
        self.to.push_str(line);
        self.to.push('\n');
    }

    fn kernel(&mut self, text: &str) {
        // Of a model.
        let has_places = places(text).any(|place| !place.starts_with("row "));
        for line in text.lines() {
            match line.trim_start().strip_prefix(PLACE) {
                Some(place) => self.place(place),
                None if has_places && line == ")" => {
                    let entry = self.entry;
                    let numbers = self.start_at() / 4 + self.structure().state_len() as usize;
                    self.to.pop(); // the end of the line
                    self.line(&format!(
                        ",\n\t.param .align {} .b8 {entry}_param_1[{}]",
                        if head_len(self.structure()) > 0 { 8 } else { 4 },
                        4 * numbers
                    ));
                    self.line(line);
                }
                None if has_places && line == "{" => {
                    self.line(line);
                    self.registers();
                }
                None => self.line(line),
            }
        }
    }

    fn operations(&mut self, outputs: &[(String, u32)], inputs: &HashMap<u32, String>, live: &str) {
        let structure = self.structure();
        let body = Body {
            operations: &structure.operations,
            parameters: &self.trace.parameters,
            parameters_at: self.takes_numbers.then(|| 4 * head_len(structure) as u32),
            sizes: structure.sizes,
            entry: self.entry,
        };
        body.write(self.to, outputs, inputs, live);
    }

    fn structure(&self) -> &'a Structure {
        &self.trace.structure
    }

    /// Where in the second parameter the start is.
    fn start_at(&self) -> usize {
        let numbers = if self.takes_numbers { self.trace.parameters.len() } else { 0 };
        4 * (head_len(self.structure()) + numbers)
    }

    /// Declares what both sides of a pair need.
    fn registers(&mut self) {
        let sizes = self.structure().sizes;
        for side in [Side(0), Side(1)] {
            let mut numbers = vec![format!("{}<{}>", side.state(), sizes.state)];
            if sizes.effort > 0 {
                numbers.push(format!("{}<{}>", side.effort(), sizes.effort));
            }
            numbers.extend([format!("{}<2>", side.sums()), side.lifetime()]);
            let (numbers, live) = (numbers.join(", "), side.live());
            self.line(&format!("\t.reg .b32 {numbers}; .reg .pred {live};"));
        }
        if sizes.reference > 0 {
            self.line(&format!("\t.reg .b64 {ROW};"));
        }
    }

    /// Has `register` point to the first row of the reference for this row of blocks.
    fn first_row(&mut self, register: &str) {
        let entry = self.entry;
        self.line(&format!("\tld.param.b64 {register}, [{entry}_param_1+0];"));
        self.line(&format!("\tcvta.to.global.u64 {register}, {register};"));
        self.line(&format!(
            "\t{{ .reg .b32 %index, %stride; mov.u32 %index, %ctaid.y; \
             ld.param.b32 %stride, [{entry}_param_1+{STRIDE}]; \
             mad.wide.u32 {register}, %index, %stride, {register}; }}"
        ));
    }

    fn place(&mut self, place: &str) {
        let words: Vec<&str> = place.split_whitespace().collect();
        let side = || Side(words[1].parse().expect("a side"));
        let structure = self.structure();
        let sizes = structure.sizes;
        self.line("\t{");
        match words[0] {
            "row" => self.row(words[1], words[2], words[3], words[4]),
            "dimensions" => self.line(&format!("\tmov.u32 {}, {};", words[1], sizes.control)),
            "begin" => {
                // The sides take their steps side by side, and have one row.
                if sizes.reference > 0 && words[1] == "0" {
                    self.first_row(ROW);
                }
                self.load_start(&side().state(), words[2]);
                self.particle(side(), &structure.begin, &[]);
            }
            "observe" => self.particle(side(), &structure.observe, &[]),
            "advance" => {
                self.particle(side(), &structure.advance, &words[2..]);
                if sizes.reference > 0 && words[1] == "1" {
                    self.line(&format!("\tadd.s64 {ROW}, {ROW}, {};", 4 * sizes.reference));
                }
            }
            "finish" => {
                let [cost, lifetime] = structure.finish;
                let outputs = [(words[2].to_owned(), cost), (words[3].to_owned(), lifetime)];
                let horizon = (sizes.horizon(), words[4].to_owned());
                let inputs = self.inputs(side(), &[], [horizon]);
                self.operations(&outputs, &inputs, &side().live());
            }
            "start" => {
                self.line(&format!("\t.reg .b32 %s<{}>;", sizes.state));
                self.load_start("%s", words[4]);
                self.rows("st.global.b32", "%s", [words[2], words[3]]);
                self.row_of_step(None);
                let inputs = counted(0, sizes.state, "%s").collect();
                self.operations(&[(words[1].to_owned(), structure.score)], &inputs, "");
            }
            "step" => {
                self.line(&format!("\t.reg .b32 %s<{}>;", sizes.state));
                self.rows("ld.global.b32", "%s", [words[4], words[5]]);
                self.row_of_step(Some(words[8]));
                let mut inputs: HashMap<_, _> = counted(0, sizes.state, "%s").collect();
                let controls = words[10..].iter().take(sizes.control as usize);
                let controls = controls.map(|name| (*name).to_owned());
                inputs.extend((sizes.control_from()..).zip(controls));
                let [cost, now, missed] = sizes.of_step();
                let given = [(cost, 6), (sizes.lifetime(), 7), (now, 8), (missed, 9)];
                inputs.extend(given.map(|(number, word)| (number, words[word].to_owned())));
                let state = (0..sizes.state).map(|n| format!("%s{n}"));
                let record = words[1..4].iter().map(|word| (*word).to_owned());
                let outputs: Vec<_> =
                    state.chain(record).zip(structure.step.iter().copied()).collect();
                self.operations(&outputs, &inputs, "");
                self.rows("st.global.b32", "%s", [words[4], words[5]]);
            }
            "distance" => {
                let count = sizes.state;
                self.line(&format!("\t.reg .b32 %s<{count}>, %o<{count}>;"));
                self.rows("ld.global.b32", "%s", [words[2], words[4]]);
                self.line("\t{");
                self.rows("ld.global.b32", "%o", [words[3], words[4]]);
                self.line("\t}");
                let other = counted(sizes.other_from(), count, "%o");
                let inputs = counted(0, count, "%s").chain(other).collect();
                self.operations(&[(words[1].to_owned(), structure.distance)], &inputs, "");
            }
            other => panic!("a place of another version: {other}"),
        }
        self.line("\t}");
    }

    /// Has registers say what this row of blocks is about, whose row is at `address`.
    fn row(&mut self, seed: &str, decision: &str, state: &str, address: &str) {
        let entry = self.entry;
        let [seed_at, decision_at] = [offset_of!(Task, seed), offset_of!(Task, decision)];
        if self.asks == Asks::Rows {
            self.global("%at", address);
            let at = offset_of!(Row, decision);
            self.line(&format!(
                "\t.reg .b32 %high; ld.global.v2.b32 {{{decision}, %high}}, [%at];"
            ));
            self.line(&format!("\tshfl.sync.idx.b32 {decision}, {decision}, 0, 31, -1;"));
            self.line("\tshfl.sync.idx.b32 %high, %high, 0, 31, -1;");
            self.line(&format!("\tmov.b64 {seed}, {{{decision}, %high}};"));
            self.line(&format!("\tld.global.v2.b32 {{{decision}, {state}}}, [%at+{at}];"));
            self.line(&format!("\tshfl.sync.idx.b32 {decision}, {decision}, 0, 31, -1;"));
            return;
        }
        self.line(&format!("\tld.param.b64 {seed}, [{entry}_param_0+{seed_at}];"));
        self.line(&format!("\tld.param.b32 {decision}, [{entry}_param_0+{decision_at}];"));
        // Of a single decision nothing: but the assembler then takes up to 18 registers fewer, and fewer instructions.
        self.line("\t.reg .b32 %index; .reg .b64 %more;");
        self.line("\tmov.u32 %index, %ctaid.y; cvt.u64.u32 %more, %index;");
        self.line(&format!("\tadd.s64 {seed}, {seed}, %more;"));
        if self.asks == Asks::One {
            self.line(&format!("\tmov.b32 {state}, {};", Row::BEGINS));
            return;
        }
        let at = offset_of!(Row, state);
        self.global("%at", address);
        self.line(&format!("\tld.global.b32 {state}, [%at+{at}];"));
    }

    /// Has the row be that of the step whose number is in the register `step`, or the first.
    fn row_of_step(&mut self, step: Option<&str>) {
        let reference = self.structure().sizes.reference;
        if reference == 0 {
            return;
        }
        self.first_row(ROW);
        if let Some(step) = step {
            self.line(&format!("\t.reg .b32 %n; cvt.rzi.u32.f32 %n, {step};"));
            self.line(&format!("\tmad.wide.u32 {ROW}, %n, {}, {ROW};", 4 * reference));
        }
    }

    /// Declares `register` with the global address of `generic`.
    fn global(&mut self, register: &str, generic: &str) {
        self.line(&format!("\t.reg .b64 {register}; cvta.to.global.u64 {register}, {generic};"));
    }

    /// Loads the start: the one at `address`, or the kernel's own where that is 0.
    fn load_start(&mut self, registers: &str, address: &str) {
        self.global("%at", address);
        self.line(&format!("\t.reg .pred %there; setp.ne.u64 %there, {address}, 0;"));
        let own = format!("{}_param_1", self.entry);
        for n in 0..self.structure().state_len() as usize {
            let (first, to) = (self.start_at(), format!("{registers}{n}"));
            self.line(&format!("\t@%there ld.global.b32 {to}, [%at+{}];", 4 * n));
            self.line(&format!("\t@!%there ld.param.b32 {to}, [{own}+{}];", first + 4 * n));
        }
    }

    /// Loads or stores a state whose numbers are `stride` bytes apart.
    fn rows(&mut self, instruction: &str, registers: &str, [address, stride]: [&str; 2]) {
        self.line("\t{");
        self.global("%row", address);
        for n in 0..self.structure().state_len() {
            if n > 0 {
                self.line(&format!("\tadd.s64 %row, %row, {stride};"));
            }
            self.line(&match instruction.starts_with("ld") {
                true => format!("\t{instruction} {registers}{n}, [%row];"),
                false => format!("\t{instruction} [%row], {registers}{n};"),
            });
        }
        self.line("\t}");
    }

    /// Everything of a particle anew.
    fn particle(&mut self, side: Side, part: &ParticlePart, controls: &[&str]) {
        let inputs = self.inputs(side, controls, []);
        let mut outputs = Vec::new();
        let mut add = |name: String, numbers: &[u32]| {
            outputs.extend(
                numbers.iter().enumerate().map(|(n, number)| (format!("{name}{n}"), *number)),
            );
        };
        add(side.state(), &part.state);
        add(side.effort(), &part.effort);
        add(side.sums(), &part.sums);
        outputs.push((side.lifetime(), part.lifetime));
        outputs.push((side.live(), part.live));
        self.operations(&outputs, &inputs, &side.live());
    }

    /// The registers of a particle's numbers, by the numbers of the inputs.
    fn inputs<const N: usize>(
        &self,
        side: Side,
        controls: &[&str],
        more: [(u32, String); N],
    ) -> HashMap<u32, String> {
        let sizes = self.structure().sizes;
        let mut inputs: HashMap<u32, String> = more.into();
        inputs.extend(counted(0, sizes.state, &side.state()));
        inputs.extend(counted(sizes.effort_from(), sizes.effort, &side.effort()));
        inputs.extend(counted(sizes.sums_from(), 2, &side.sums()));
        inputs.insert(sizes.lifetime(), side.lifetime());
        let controls = controls.iter().take(sizes.control as usize).map(|name| (*name).to_owned());
        inputs.extend((sizes.control_from()..).zip(controls));
        inputs
    }
}

/// The places of a kernel: their names and operands.
pub(super) fn places(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.trim_start().strip_prefix(PLACE))
}

/// Inputs from number `first` on, in registers that are counted from 0.
fn counted(first: u32, count: u32, registers: &str) -> impl Iterator<Item = (u32, String)> {
    (0..count).map(move |n| (first + n, format!("{registers}{n}")))
}

/// One side of the pair that a thread rolls out: the names of its registers.
#[derive(Clone, Copy)]
struct Side(u32);

impl Side {
    fn state(self) -> String {
        format!("%pilot{}_s", self.0)
    }
    fn effort(self) -> String {
        format!("%pilot{}_e", self.0)
    }
    fn sums(self) -> String {
        format!("%pilot{}_a", self.0)
    }
    fn lifetime(self) -> String {
        format!("%pilot{}_l", self.0)
    }
    fn live(self) -> String {
        format!("%pilot{}_live", self.0)
    }
}
