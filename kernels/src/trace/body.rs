//! Operations as instructions.

use std::collections::HashMap;
use std::fmt::Write;

use super::Sizes;
use super::operation::{Code, Operation};

/// The register that points to the row of the reference that the next place is about.
pub(super) const ROW: &str = "%pilot_row";

/// Where in the second parameter the grid's address is, and its extent; the reference's is at the beginning.
const GRID: u32 = 8;
const EXTENT: u32 = 16;

/// A record to be written, into a kernel.
pub(super) struct Body<'a> {
    pub operations: &'a [Operation],
    /// The model's numbers.
    pub parameters: &'a [f32],
    /// Where in the kernel's second parameter these are, in bytes; `None` where they are in the text.
    pub parameters_at: Option<u32>,
    pub sizes: Sizes,
    /// The kernel's name.
    pub entry: &'a str,
}

impl Body<'_> {
    /// Writes what leads to `outputs`: registers and the numbers of the operations whose results they get.
    ///
    /// * `inputs`: the registers of inputs, by their numbers.
    /// * `live`: that of the one input that is a mask.
    pub fn write(
        &self,
        to: &mut String,
        outputs: &[(String, u32)],
        inputs: &HashMap<u32, String>,
        live: &str,
    ) {
        let needed = needed(self.operations, outputs.iter().map(|(_, number)| *number));
        let mut names: HashMap<u32, String> = HashMap::new();
        let (mut numbers, mut masks) = (0, 0);
        let mut body = String::new();
        for number in needed {
            let Operation { code, args } = self.operations[number as usize];
            let name = match code {
                Code::Input if inputs.contains_key(&args[0]) => inputs[&args[0]].clone(),
                Code::InputMask => live.to_owned(),
                Code::Literal => continue,
                Code::Parameter if self.parameters_at.is_none() => continue,
                _ => {
                    let (count, letter) =
                        if code.is_mask() { (&mut masks, 'q') } else { (&mut numbers, 't') };
                    *count += 1;
                    let name = format!("%{letter}{}", *count - 1);
                    let instruction = match code {
                        Code::Parameter => {
                            let at = self.parameters_at.unwrap_or(0) + 4 * args[0];
                            format!("ld.param.b32 {name}, [{}_param_1+{at}];", self.entry)
                        }
                        Code::Input => self.given(&name, args[0]),
                        Code::Cell => {
                            let index = self.operand(args[0], &names, false);
                            self.cell(&name, &index)
                        }
                        _ => {
                            let given: Vec<String> = args[..code.arity()]
                                .iter()
                                .map(|arg| self.operand(*arg, &names, code.is_of_bits()))
                                .collect();
                            code.instruction(&name, &given)
                        }
                    };
                    let _ = writeln!(body, "\t{instruction}");
                    name
                }
            };
            names.insert(number, name);
        }
        // What is written may be read by what is written later.
        let written: Vec<&String> = outputs.iter().map(|(to, _)| to).collect();
        let mut moves = String::new();
        for (to, number) in outputs {
            let Operation { code, .. } = self.operations[*number as usize];
            let mut from = self.operand(*number, &names, true);
            if from == *to {
                continue;
            }
            if written.contains(&&from) {
                let copy = format!("%t{numbers}");
                let _ = writeln!(body, "\tmov.b32 {copy}, {from};");
                (numbers, from) = (numbers + 1, copy);
            }
            let kind = if code.is_mask() { "pred" } else { "b32" };
            let _ = writeln!(moves, "\tmov.{kind} {to}, {from};");
        }
        if numbers > 0 {
            let _ = writeln!(to, "\t.reg .b32 %t<{numbers}>;");
        }
        if masks > 0 {
            let _ = writeln!(to, "\t.reg .pred %q<{masks}>;");
        }
        to.push_str(&body);
        to.push_str(&moves);
    }

    /// Loads what is given as the input of this number.
    fn given(&self, name: &str, number: u32) -> String {
        let sizes = self.sizes;
        if number < sizes.extent_from() {
            let at = 4 * (number - sizes.reference_from());
            return format!("ld.global.b32 {name}, [{ROW}+{at}];");
        }
        let at = EXTENT + 4 * (number - sizes.extent_from());
        format!("ld.param.b32 {name}, [{}_param_1+{at}];", self.entry)
    }

    /// Loads a cell of the grid, whose index is in bounds, or is no number: that counts as 0 here.
    fn cell(&self, name: &str, index: &str) -> String {
        let entry = self.entry;
        format!(
            "{{ .reg .b32 %cell; .reg .b64 %grid; cvt.rzi.u32.f32 %cell, {index}; \
             ld.param.b64 %grid, [{entry}_param_1+{GRID}]; cvta.to.global.u64 %grid, %grid; \
             mad.wide.u32 %grid, %cell, 4, %grid; ld.global.b32 {name}, [%grid]; }}"
        )
    }

    /// How the result of operation `number` is written, as bits or as a number.
    fn operand(&self, number: u32, names: &HashMap<u32, String>, as_bits: bool) -> String {
        let Operation { code, args } = self.operations[number as usize];
        let bits = match code {
            Code::Literal => args[0],
            Code::Parameter if self.parameters_at.is_none() => {
                self.parameters[args[0] as usize].to_bits()
            }
            _ => return names[&number].clone(),
        };
        if as_bits { format!("0x{bits:X}") } else { format!("0f{bits:08X}") }
    }
}

/// The operations that lead to `outputs`, in order.
fn needed(operations: &[Operation], outputs: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut is_needed = vec![false; operations.len()];
    outputs.for_each(|number| is_needed[number as usize] = true);
    for number in (0..operations.len()).rev() {
        if is_needed[number] {
            let Operation { code, args } = operations[number];
            args[..code.arity()].iter().for_each(|arg| is_needed[*arg as usize] = true);
        }
    }
    (0..operations.len() as u32).filter(|number| is_needed[*number as usize]).collect()
}
