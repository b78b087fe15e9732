//! Which decoder an instruction goes to, and what they share.

use super::builder::Builder;
use super::{Problem, control, float, integer, memory, problem};
use crate::instruction::Op;
use crate::syntax::tree::{Operand, Statement};
use crate::syntax::types::{Class, Type};

/// An instruction taken apart.
pub(crate) struct Parts<'s> {
    pub head: &'s str,
    /// Modifiers between the head and the type.
    pub modifiers: Vec<&'s str>,
    pub operands: &'s [Operand],
    pub statement: &'s Statement,
}

impl<'s> Parts<'s> {
    /// Takes the type, which is the last modifier, away.
    pub fn take_type(&mut self) -> Result<Type, Problem> {
        let last = self.modifiers.pop().ok_or(Problem::Unknown)?;
        let of = Type::named(last).ok_or(Problem::Unknown)?;
        if of.float() && of.bits == 16 {
            return Err(Problem::Unknown);
        }
        Ok(of)
    }

    /// Takes `modifier` away if it is there.
    pub fn take(&mut self, modifier: &str) -> bool {
        let found = self.modifiers.iter().position(|other| *other == modifier);
        found.map(|at| self.modifiers.remove(at)).is_some()
    }

    /// Takes the first modifier that `known` knows.
    pub fn take_known<T>(&mut self, known: impl Fn(&str) -> Option<T>) -> Result<T, Problem> {
        let found = self.modifiers.iter().enumerate();
        let found = found.filter_map(|(at, modifier)| Some((at, known(modifier)?))).next();
        let (at, value) = found.ok_or(Problem::Unknown)?;
        self.modifiers.remove(at);
        Ok(value)
    }

    /// Nothing may be left.
    pub fn no_more(&self) -> Result<(), Problem> {
        if self.modifiers.is_empty() { Ok(()) } else { Err(Problem::Unknown) }
    }

    /// Exactly so many operands.
    pub fn operands<const N: usize>(&self) -> Result<&'s [Operand; N], Problem> {
        self.operands.try_into().or_else(|_| {
            problem(format!("{} operands where there should be {N}", self.operands.len()))
        })
    }
}

/// Decodes one statement.
pub(crate) fn decode(builder: &mut Builder<'_>, statement: &Statement) -> Result<(), Problem> {
    let mut words = statement.opcode.split('.');
    let mut parts = Parts {
        head: words.next().unwrap_or_default(),
        modifiers: words.collect(),
        operands: &statement.operands,
        statement,
    };
    match parts.head {
        "add" | "sub" | "mul" | "mad" | "div" | "min" | "max" | "neg" | "abs" => {
            let of = parts.take_type()?;
            if of.float() {
                float::arithmetic(builder, parts, of)
            } else {
                integer::arithmetic(builder, parts, of)
            }
        }
        "addc" | "subc" | "madc" | "rem" | "popc" | "clz" | "brev" | "bfind" => {
            let of = parts.take_type()?;
            integer::arithmetic(builder, parts, of)
        }
        "fma" | "sqrt" | "rcp" | "copysign" => {
            let of = parts.take_type()?;
            if !of.float() {
                return Err(Problem::Unknown);
            }
            float::arithmetic(builder, parts, of)
        }
        "testp" => float::test(builder, parts),
        "and" | "or" | "xor" | "not" => integer::logic(builder, parts),
        "shl" | "shr" | "shf" | "bfe" | "bfi" | "prmt" | "lop3" => integer::bits(builder, parts),
        "selp" | "slct" => integer::select(builder, parts),
        "setp" | "set" => float::compare(builder, parts),
        "cvt" => float::convert(builder, parts),
        "mov" => memory::moves(builder, parts),
        "cvta" => memory::change_space(builder, parts),
        "ld" | "ldu" | "st" => memory::access(builder, parts),
        "atom" | "red" => memory::atomic(builder, parts),
        "bra" | "brx" | "call" | "ret" | "exit" | "trap" | "brkpt" => control::flow(builder, parts),
        "bar" | "barrier" | "shfl" | "vote" | "activemask" => control::together(builder, parts),
        "membar" | "fence" | "nanosleep" | "prefetch" | "prefetchu" | "pmevent" => {
            builder.push(Op::Nothing);
            Ok(())
        }
        _ => Err(Problem::Unknown),
    }
}

/// The class of integer operands, which have 16 bits or more.
pub(crate) fn integer_class(of: Type) -> Result<Class, Problem> {
    if of.bits >= 16 && !of.float() { Ok(Class::of(of)) } else { Err(Problem::Unknown) }
}
