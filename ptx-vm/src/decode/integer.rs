//! Integer, bit and predicate instructions.

use super::builder::Builder;
use super::statement::{Parts, integer_class};
use super::{Problem, problem};
use crate::instruction::{Divide, Int1, Int2, Logic, Op, Shift, Slot, Width};
use crate::syntax::tree::Operand;
use crate::syntax::types::{Class, Kind, Type};

pub(super) fn arithmetic(
    builder: &mut Builder<'_>,
    mut parts: Parts<'_>,
    of: Type,
) -> Result<(), Problem> {
    let class = integer_class(of)?;
    let w = Width::of(class);
    let signed = of.signed();
    let sum = matches!(parts.head, "add" | "sub" | "addc" | "subc");
    let produce = sum && parts.take("cc");
    match parts.head {
        _ if sum && (produce || parts.head.len() == 4) => {
            let subtract = parts.head.starts_with("sub");
            let consume = parts.head.len() == 4;
            parts.no_more()?;
            let [d, a, b] = parts.operands()?;
            let (a, b) = (builder.source(a, class)?, builder.source(b, class)?);
            let d = builder.target(d, class)?;
            builder.push(Op::Carry { subtract, consume, produce, w, d, a, b });
        }
        "mul" | "mad" | "madc" => return multiply(builder, parts, of),
        _ => {
            let shift = parts.take("shiftamt");
            parts.no_more()?;
            if let Some(f) = Int1::named(parts.head, signed, shift) {
                one(builder, &parts, f, class)?;
            } else if let Some(f) = Divide::named(parts.head, signed) {
                let [d, a, b] = two(builder, &parts, class)?;
                builder.push(Op::Divide { f, w, d, a, b });
            } else {
                let f = Int2::named(parts.head, signed).filter(|_| !shift);
                let f = f.ok_or(Problem::Unknown)?;
                let [d, a, b] = two(builder, &parts, class)?;
                builder.push(Op::Int2 { f, w, d, a, b });
            }
        }
    }
    Ok(())
}

/// An operation of one operand. Those on bits have 32 of them or 64.
fn one(builder: &mut Builder<'_>, parts: &Parts<'_>, f: Int1, class: Class) -> Result<(), Problem> {
    if class == Class::B16 && !matches!(f, Int1::Neg | Int1::Abs | Int1::Not) {
        return Err(Problem::Unknown);
    }
    let [d, a] = parts.operands()?;
    let a = builder.source(a, class)?;
    let d = builder.target(d, if f.counts() { Class::B32 } else { class })?;
    builder.push(Op::Int1 { f, w: Width::of(class), d, a });
    Ok(())
}

/// Target and sources of an operation of two operands.
fn two(builder: &mut Builder<'_>, parts: &Parts<'_>, class: Class) -> Result<[Slot; 3], Problem> {
    let [d, a, b] = parts.operands()?;
    let (a, b) = (builder.source(a, class)?, builder.source(b, class)?);
    Ok([builder.target(d, class)?, a, b])
}

/// `mul`, `mad` and `madc`: the product, then the sum.
fn multiply(builder: &mut Builder<'_>, mut parts: Parts<'_>, of: Type) -> Result<(), Problem> {
    let class = integer_class(of)?;
    let w = Width::of(class);
    let signed = of.signed();
    // The wide product is no operation of equal widths.
    let wide = parts.take("wide");
    let part = if wide {
        None
    } else {
        let half = |name: &str| Int2::named(&format!("mul.{name}"), signed);
        Some(parts.take_known(half)?)
    };
    let produce = parts.take("cc");
    parts.no_more()?;
    let sum = match (wide, w) {
        (false, _) => class,
        (true, Width::W16) => Class::B32,
        (true, Width::W32) => Class::B64,
        (true, Width::W64) => return Err(Problem::Unknown),
    };
    let adds = parts.head != "mul";
    if parts.operands.len() != if adds { 4 } else { 3 } {
        return problem("the wrong number of operands");
    }
    let a = builder.source(&parts.operands[1], class)?;
    let b = builder.source(&parts.operands[2], class)?;
    let target = builder.target(&parts.operands[0], sum)?;
    let consume = parts.head == "madc";
    let plain = adds && !consume && !produce;
    if plain && part == Some(Int2::MulLow) {
        let c = builder.source(&parts.operands[3], class)?;
        builder.push(Op::MulAdd { w, d: target, a, b, c });
        return Ok(());
    }
    let d = if adds { builder.temporary(sum)? } else { target };
    builder.push(match part {
        None => Op::MulWide { signed, w, d, a, b },
        Some(f) => Op::Int2 { f, w, d, a, b },
    });
    if adds {
        let c = builder.source(&parts.operands[3], sum)?;
        let w = Width::of(sum);
        builder.push(if plain {
            Op::Int2 { f: Int2::Add, w, d: target, a: d, b: c }
        } else {
            Op::Carry { subtract: false, consume, produce, w, d: target, a: d, b: c }
        });
    }
    Ok(())
}

pub(super) fn logic(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    let of = parts.take_type()?;
    parts.no_more()?;
    if of.kind == Kind::Predicate {
        if parts.head == "not" {
            let [d, a] = parts.operands()?;
            let a = builder.source(a, Class::Predicate)?;
            let d = builder.target(d, Class::Predicate)?;
            builder.push(Op::MovePredicate { negate: true, d, a });
            return Ok(());
        }
        let f = Logic::named(parts.head).ok_or(Problem::Unknown)?;
        let [d, a, b] = two(builder, &parts, Class::Predicate)?;
        builder.push(Op::Logic { f, d, a, b });
        return Ok(());
    }
    let class = integer_class(of)?;
    if let Some(f) = Int1::named(parts.head, false, false) {
        return one(builder, &parts, f, class);
    }
    let f = Int2::named(parts.head, false).ok_or(Problem::Unknown)?;
    let [d, a, b] = two(builder, &parts, class)?;
    builder.push(Op::Int2 { f, w: Width::of(class), d, a, b });
    Ok(())
}

pub(super) fn bits(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    let word = Class::B32;
    match parts.head {
        "prmt" => {
            let modes = ["", "f4e", "b4e", "rc8", "ecl", "ecr", "rc16"];
            let mode = match parts.modifiers.pop().ok_or(Problem::Unknown)? {
                "b32" => 0,
                named => modes.iter().position(|mode| *mode == named).ok_or(Problem::Unknown)?,
            };
            if mode != 0 && !parts.take("b32") {
                return Err(Problem::Unknown);
            }
            parts.no_more()?;
            let [d, a, b, c] = parts.operands()?;
            let (a, b) = (builder.source(a, word)?, builder.source(b, word)?);
            let c = builder.source(c, word)?;
            let d = builder.target(d, word)?;
            builder.push(Op::Permute { mode: mode as u8, d, a, b, c });
            return Ok(());
        }
        "lop3" => {
            if parts.take_type()?.bits != 32 {
                return Err(Problem::Unknown);
            }
            parts.take("lut");
            parts.no_more()?;
            let [d, a, b, c, table] = parts.operands()?;
            let (a, b) = (builder.source(a, word)?, builder.source(b, word)?);
            let c = builder.source(c, word)?;
            let d = builder.target(d, word)?;
            let Operand::Literal(crate::syntax::lexer::Literal::Integer(table)) = table else {
                return problem("a table that is no literal");
            };
            builder.push(Op::Lookup { table: *table as u8, d, a, b, c });
            return Ok(());
        }
        _ => {}
    }
    let of = parts.take_type()?;
    let class = integer_class(of)?;
    let w = Width::of(class);
    match parts.head {
        "shl" | "shr" => {
            parts.no_more()?;
            let f = Shift::named(parts.head, of.signed()).ok_or(Problem::Unknown)?;
            let [d, a, b] = parts.operands()?;
            let (a, b) = (builder.source(a, class)?, builder.source(b, word)?);
            let d = builder.target(d, class)?;
            builder.push(Op::Shift { f, w, d, a, b });
        }
        "shf" => {
            let left = parts.take_known(|name| match name {
                "l" => Some(true),
                "r" => Some(false),
                _ => None,
            })?;
            let wrap = parts.take_known(|name| match name {
                "wrap" => Some(true),
                "clamp" => Some(false),
                _ => None,
            })?;
            parts.no_more()?;
            if class != word {
                return Err(Problem::Unknown);
            }
            let [d, a, b, c] = parts.operands()?;
            let (a, b) = (builder.source(a, word)?, builder.source(b, word)?);
            let c = builder.source(c, word)?;
            let d = builder.target(d, word)?;
            builder.push(Op::Funnel { left, wrap, d, a, b, c });
        }
        _ => {
            parts.no_more()?;
            if class == Class::B16 {
                return Err(Problem::Unknown);
            }
            if parts.head == "bfe" {
                let [d, a, b, c] = parts.operands()?;
                let (a, b) = (builder.source(a, class)?, builder.source(b, word)?);
                let c = builder.source(c, word)?;
                let d = builder.target(d, class)?;
                builder.push(Op::Extract { signed: of.signed(), w, d, a, b, c });
            } else {
                let [d, a, b, c, e] = parts.operands()?;
                let (a, b) = (builder.source(a, class)?, builder.source(b, class)?);
                let (c, e) = (builder.source(c, word)?, builder.source(e, word)?);
                let d = builder.target(d, class)?;
                builder.push(Op::Insert { w, d, a, b, c, e });
            }
        }
    }
    Ok(())
}

pub(super) fn select(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    if parts.head == "slct" {
        let by = parts.take_type()?;
        let of = parts.take_type()?;
        parts.no_more()?;
        let class = Class::of(of);
        if by.bits != 32 || of.bits < 16 {
            return Err(Problem::Unknown);
        }
        let [d, a, b, c] = parts.operands()?;
        let (a, b) = (builder.source(a, class)?, builder.source(b, class)?);
        let c = builder.source(c, Class::B32)?;
        let d = builder.target(d, class)?;
        builder.push(Op::SelectSign { w: Width::of(class), float: by.float(), d, a, b, c });
        return Ok(());
    }
    let of = parts.take_type()?;
    parts.no_more()?;
    let class = Class::of(of);
    let [d, a, b, p] = parts.operands()?;
    let (a, b) = (builder.source(a, class)?, builder.source(b, class)?);
    let p = builder.source(p, Class::Predicate)?;
    let d = builder.target(d, class)?;
    builder.push(if class == Class::Predicate {
        Op::SelectPredicate { d, a, b, p }
    } else {
        Op::Select { w: Width::of(class), d, a, b, p }
    });
    Ok(())
}
