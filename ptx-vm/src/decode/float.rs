//! Floating-point instructions, comparisons and conversions.

use super::builder::Builder;
use super::statement::Parts;
use super::{Problem, problem};
use crate::instruction::{
    Compare, Compared, Comparison, Convert, Float1, Float2, Logic, Op, Rounding, Test, Width,
};
use crate::syntax::tree::Operand;
use crate::syntax::types::{Class, Kind, Register, Type};

pub(super) fn arithmetic(
    builder: &mut Builder<'_>,
    mut parts: Parts<'_>,
    of: Type,
) -> Result<(), Problem> {
    let class = Class::of(of);
    let double = of.bits == 64;
    let rounded = parts.take("rn");
    let nan = parts.take("NaN");
    parts.no_more()?;
    // Where PTX wants a rounding to be named, what comes without one is an approximation.
    if !rounded && matches!(parts.head, "div" | "fma" | "sqrt" | "rcp" | "mad") {
        return Err(Problem::Unknown);
    }
    if let Some(f) = Float1::named(parts.head).filter(|_| !nan) {
        let [d, a] = parts.operands()?;
        let a = builder.source(a, class)?;
        let d = builder.target(d, class)?;
        builder.push(Op::Float1 { f, double, d, a });
        return Ok(());
    }
    if matches!(parts.head, "fma" | "mad") && !nan {
        let [d, a, b, c] = parts.operands()?;
        let (a, b) = (builder.source(a, class)?, builder.source(b, class)?);
        let c = builder.source(c, class)?;
        let d = builder.target(d, class)?;
        builder.push(Op::FusedMulAdd { double, d, a, b, c });
        return Ok(());
    }
    let f = Float2::named(parts.head, nan).ok_or(Problem::Unknown)?;
    let [d, a, b] = parts.operands()?;
    let (a, b) = (builder.source(a, class)?, builder.source(b, class)?);
    let d = builder.target(d, class)?;
    builder.push(Op::Float2 { f, double, d, a, b });
    Ok(())
}

pub(super) fn test(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    let of = parts.take_type()?;
    let f = parts.take_known(Test::named)?;
    parts.no_more()?;
    if !of.float() {
        return Err(Problem::Unknown);
    }
    let [d, a] = parts.operands()?;
    let a = builder.source(a, Class::of(of))?;
    let d = builder.target(d, Class::Predicate)?;
    builder.push(Op::Test { f, double: of.bits == 64, d, a });
    Ok(())
}

/// `setp` and `set`.
pub(super) fn compare(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    let of = parts.take_type()?;
    let spread = if parts.head == "set" { Some(parts.take_type()?) } else { None };
    let (comparison, negated) = parts.take_known(|name| {
        let plain = Comparison::named(name, of.float()).map(|comparison| (comparison, false));
        plain.or_else(|| Some((Comparison::negated(name, of.float())?, true)))
    })?;
    let logic = parts.take_known(Logic::named).ok();
    parts.no_more()?;
    let class = Class::of(of);
    let compared = match (of.kind, class) {
        (Kind::Predicate, _) => return Err(Problem::Unknown),
        _ if of.bits == 8 => return Err(Problem::Unknown),
        (Kind::Float, Class::B32) => Compared::Single,
        (Kind::Float, _) => Compared::Double,
        (Kind::Signed, _) => Compared::Signed(Width::of(class)),
        _ => Compared::Unsigned(Width::of(class)),
    };
    let operands = parts.operands;
    if operands.len() != if logic.is_some() { 4 } else { 3 } {
        return problem("the wrong number of operands");
    }
    let (a, b) = (builder.source(&operands[1], class)?, builder.source(&operands[2], class)?);
    let with = match (logic, operands.get(3)) {
        (Some(logic), Some(Operand::Negated(p))) => Some((logic, p.slot, true)),
        (Some(logic), Some(p)) => Some((logic, builder.source(p, Class::Predicate)?, false)),
        _ => None,
    };
    let slot = |register: Option<Register>| match register {
        Some(register) if register.class != Class::Predicate => {
            problem("a target that is no predicate")
        }
        register => Ok(register.map(|register| register.slot)),
    };
    let (first, second) = match (&operands[0], spread) {
        (_, Some(_)) => (Some(builder.temporary(Class::Predicate)?), None),
        (Operand::Pair(first, second), _) => (slot(*first)?, slot(*second)?),
        (Operand::Sink, _) => (None, None),
        (target, _) => (Some(builder.target(target, Class::Predicate)?), None),
    };
    let compare = Compare { comparison, negated, compared, first, second, a, b, with };
    builder.push(Op::Compare(Box::new(compare)));
    if let (Some(spread), Some(p)) = (spread, first) {
        if spread.bits != 32 {
            return Err(Problem::Unknown);
        }
        let d = builder.target(&operands[0], Class::B32)?;
        builder.push(Op::Spread { float: spread.float(), d, p });
    }
    Ok(())
}

pub(super) fn convert(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    let from = parts.take_type()?;
    let to = parts.take_type()?;
    let rounding = parts.take_known(Rounding::named).ok();
    let saturate = parts.take("sat");
    parts.no_more()?;
    let integral =
        matches!(rounding, Some(Rounding::Even | Rounding::Zero | Rounding::Down | Rounding::Up));
    let fits = match (from.float(), to.float()) {
        (false, false) => rounding.is_none() && from.bits > 1 && to.bits > 1,
        (true, false) => integral && to.bits > 1,
        (false, true) => rounding == Some(Rounding::Nearest) && from.bits > 1,
        (true, true) if from.bits > to.bits => rounding == Some(Rounding::Nearest),
        (true, true) if from.bits < to.bits => rounding.is_none(),
        (true, true) => integral || rounding.is_none(),
    };
    if !fits {
        return Err(Problem::Unknown);
    }
    let [d, a] = parts.operands()?;
    let source = builder.any_source(a, Class::of(from))?;
    let target = match d {
        Operand::Register(register) => *register,
        Operand::Sink => Register { class: Class::of(to), slot: builder.temporary(Class::of(to))? },
        _ => return problem("a target that is no register"),
    };
    let enough = |register: Register, of: Type| match register.class {
        Class::Predicate => false,
        Class::B16 => of.bits <= 16,
        Class::B32 => of.bits <= 32,
        Class::B64 => true,
    };
    if !enough(source, from) || !enough(target, to) {
        return problem("a register of the wrong size");
    }
    let (d, a) = (target.slot, source.slot);
    let op = match (from.kind, from.bits, to.kind, to.bits, source.class, target.class) {
        _ if saturate || from.float() || to.float() => None,
        (Kind::Unsigned, 32, _, 64, Class::B32, _) => Some(Op::ZeroExtend { d, a }),
        (Kind::Signed, 32, _, 64, Class::B32, _) => Some(Op::SignExtend { d, a }),
        (_, 64, _, 32, Class::B64, Class::B32) => Some(Op::Truncate { d, a }),
        _ => None,
    };
    let rounding = rounding.unwrap_or(Rounding::Nearest);
    let convert = Convert { from, to, rounding, saturate, source, target };
    builder.push(op.unwrap_or_else(|| Op::Convert(Box::new(convert))));
    Ok(())
}
