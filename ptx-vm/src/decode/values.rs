//! Operands to registers.

use super::builder::Builder;
use super::{Problem, problem};
use crate::instruction::{Address, Constant, LaneMask, Slot};
use crate::syntax::lexer::Literal;
use crate::syntax::tree::{Operand, Space};
use crate::syntax::types::{Class, Register};

impl Builder<'_> {
    /// The register that `operand` is read from.
    pub fn source(&mut self, operand: &Operand, class: Class) -> Result<Slot, Problem> {
        match operand {
            Operand::Register(register) if register.class == class => Ok(register.slot),
            Operand::Register(_) => problem("a register of the wrong size"),
            Operand::Literal(literal) => self.literal(*literal, class),
            Operand::Special(name) => {
                let constant = special(name)
                    .ok_or_else(|| Problem::Other(format!("unknown special register `{name}`")))?;
                self.constant(class, constant)
            }
            Operand::Symbol { name, offset } => {
                let constant = self.symbol(name, *offset)?;
                self.constant(class, constant)
            }
            _ => problem("an operand of the wrong form"),
        }
    }

    /// The register that `operand` is read from, of any class; constants get `class`.
    pub fn any_source(&mut self, operand: &Operand, class: Class) -> Result<Register, Problem> {
        match operand {
            Operand::Register(register) => Ok(*register),
            _ => Ok(Register { class, slot: self.source(operand, class)? }),
        }
    }

    /// The register that `operand` is written to.
    pub fn target(&mut self, operand: &Operand, class: Class) -> Result<Slot, Problem> {
        match operand {
            Operand::Register(register) if register.class == class => Ok(register.slot),
            Operand::Register(_) => problem("a register of the wrong size"),
            Operand::Sink => self.temporary(class),
            _ => problem("a target that is no register"),
        }
    }

    fn literal(&mut self, literal: Literal, class: Class) -> Result<Slot, Problem> {
        let bits = match (literal, class) {
            (Literal::Integer(value), Class::B16) => value & 0xffff,
            (Literal::Integer(value), Class::B32) => value & 0xffff_ffff,
            (Literal::Integer(value), Class::B64) => value,
            (Literal::Integer(value), Class::Predicate) => u64::from(value != 0),
            (Literal::Single(bits), Class::B32) => u64::from(bits),
            (Literal::Double(bits), Class::B64) => bits,
            // PTX reads a decimal fraction as f64 and rounds it to the type of the instruction.
            (Literal::Double(bits), Class::B32) => {
                u64::from((f64::from_bits(bits) as f32).to_bits())
            }
            (Literal::Single(bits), Class::B64) => f64::from(f32::from_bits(bits)).to_bits(),
            _ => return problem("a literal of the wrong type"),
        };
        self.constant(class, Constant::Bits(bits))
    }

    /// The address of a variable or a function.
    pub fn symbol(&mut self, name: &str, offset: i64) -> Result<Constant, Problem> {
        if let Some(place) = self.place(name) {
            let local =
                self.function.variables.iter().any(|v| v.name == name && v.space == Space::Local);
            let at = i64::from(place.offset).checked_add(offset);
            let Some(at) = at.and_then(|at| u32::try_from(at).ok()) else {
                return problem(format!("offset {offset} leads far away from `{name}`"));
            };
            return Ok(if local { Constant::Local(at) } else { Constant::Bits(at.into()) });
        }
        if let Some(&index) = self.names.variables.get(name) {
            self.variables.push(index as u32);
            return Ok(Constant::Variable(index as u32, offset));
        }
        if let Some(&index) = self.names.functions.get(name) {
            self.callees.push(index as u32);
            return Ok(Constant::Function(index as u32));
        }
        problem(format!("nothing is called `{name}`"))
    }

    /// The address of a memory operand.
    pub fn address(&mut self, operand: &Operand, space: Space) -> Result<Address, Problem> {
        let Operand::Address(base, offset) = operand else {
            return problem("an operand that is no address");
        };
        match &**base {
            Operand::Register(register) => match register.class {
                Class::B32 | Class::B64 => {
                    Ok(Address { space, base: Some(*register), offset: *offset })
                }
                _ => problem("an address in a register of the wrong size"),
            },
            Operand::Literal(Literal::Integer(value)) => {
                Ok(Address { space, base: None, offset: offset.wrapping_add(*value as i64) })
            }
            Operand::Symbol { name, .. } => {
                if self.names.variables.get(&**name).is_some_and(|&index| {
                    let of = self.names.tree.variables[index].space;
                    let same = of == space || space == Space::Generic && of != Space::Shared;
                    !same && !matches!((of, space), (Space::Const, Space::Global))
                }) {
                    return problem(format!(
                        "`{name}` lies in another state space than is accessed"
                    ));
                }
                match self.symbol(name, 0)? {
                    Constant::Bits(at) => {
                        Ok(Address { space, base: None, offset: offset.wrapping_add(at as i64) })
                    }
                    constant => {
                        let slot = self.constant(Class::B64, constant)?;
                        let base = Some(Register { class: Class::B64, slot });
                        Ok(Address { space, base, offset: *offset })
                    }
                }
            }
            _ => problem("an address of the wrong form"),
        }
    }
}

/// What a special register holds all the time.
fn special(name: &str) -> Option<Constant> {
    let (stem, axis) = match name.rsplit_once('.') {
        Some((stem, "x")) => (stem, 0),
        Some((stem, "y")) => (stem, 1),
        Some((stem, "z")) => (stem, 2),
        Some(_) => return None,
        None => (name, u8::MAX),
    };
    Some(match (stem, axis) {
        ("%tid", 0..3) => Constant::Thread(axis),
        ("%ntid", 0..3) => Constant::Threads(axis),
        ("%ctaid", 0..3) => Constant::Block(axis),
        ("%nctaid", 0..3) => Constant::Blocks(axis),
        ("%laneid", _) => Constant::Lane,
        ("%warpid", _) => Constant::Warp,
        ("%nwarpid", _) => Constant::Warps,
        ("WARP_SZ", _) => Constant::Bits(32),
        ("%lanemask_eq", _) => Constant::LaneMask(LaneMask::Equal),
        ("%lanemask_lt", _) => Constant::LaneMask(LaneMask::Less),
        ("%lanemask_le", _) => Constant::LaneMask(LaneMask::LessEqual),
        ("%lanemask_gt", _) => Constant::LaneMask(LaneMask::Greater),
        ("%lanemask_ge", _) => Constant::LaneMask(LaneMask::GreaterEqual),
        ("%dynamic_smem_size", _) => Constant::DynamicSharedBytes,
        ("%total_smem_size", _) => Constant::TotalSharedBytes,
        _ => return None,
    })
}
