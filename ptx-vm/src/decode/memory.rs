//! Moves, loads, stores and atomic operations.

use super::builder::Builder;
use super::statement::Parts;
use super::{Problem, problem};
use crate::instruction::{Access, Atomic, AtomicKind, Constant, Int2, Op, Width};
use crate::machine::space::{LOCAL_BASE, PARAM_BASE, SHARED_BASE};
use crate::syntax::tree::{Operand, Space};
use crate::syntax::types::{Class, Kind, Register, Type};

pub(super) fn moves(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    let of = parts.take_type()?;
    parts.no_more()?;
    let class = Class::of(of);
    let w = Width::of(class);
    let [d, a] = parts.operands()?;
    match (d, a) {
        (_, Operand::Special(name))
            if name.starts_with("%clock") || name.starts_with("%global") =>
        {
            if !matches!(&**name, "%clock" | "%clock64" | "%globaltimer" | "%globaltimer_lo") {
                return problem(format!("unknown special register `{name}`"));
            }
            let d = builder.target(d, class)?;
            builder.push(Op::Clock { w, d });
        }
        (Operand::Vector(targets), _) => {
            let part = part_class(of, targets.len())?;
            let parts = targets
                .iter()
                .map(|target| match target {
                    Operand::Sink => Ok(None),
                    target => {
                        Ok(Some(Register { class: part, slot: builder.target(target, part)? }))
                    }
                })
                .collect::<Result<Box<[_]>, Problem>>()?;
            let a = builder.source(a, class)?;
            builder.push(Op::Split { w, a, parts });
        }
        (_, Operand::Vector(sources)) => {
            let part = part_class(of, sources.len())?;
            let parts = sources
                .iter()
                .map(|source| Ok(Register { class: part, slot: builder.source(source, part)? }))
                .collect::<Result<Box<[_]>, Problem>>()?;
            let d = builder.target(d, class)?;
            builder.push(Op::Join { w, d, parts });
        }
        _ if of.kind == Kind::Predicate => {
            let a = builder.source(a, class)?;
            let d = builder.target(d, class)?;
            builder.push(Op::MovePredicate { negate: false, d, a });
        }
        _ => {
            let a = builder.source(a, class)?;
            let d = builder.target(d, class)?;
            builder.push(Op::Move { w, d, a });
        }
    }
    Ok(())
}

/// The registers of a vector that holds a value of type `of` in so many parts.
fn part_class(of: Type, parts: usize) -> Result<Class, Problem> {
    match (of.bits, parts) {
        (32, 2) | (64, 4) => Ok(Class::B16),
        (64, 2) => Ok(Class::B32),
        _ => problem("a vector of the wrong length"),
    }
}

/// `cvta`: between the addresses of a space and generic ones.
pub(super) fn change_space(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    if parts.take_type()?.bits != 64 {
        return Err(Problem::Unknown);
    }
    let to = parts.take("to");
    let space = parts.take_known(state_space)?;
    parts.no_more()?;
    let [d, a] = parts.operands()?;
    let a = builder.source(a, Class::B64)?;
    let d = builder.target(d, Class::B64)?;
    let base = match space {
        Space::Shared => SHARED_BASE,
        Space::Local => LOCAL_BASE,
        Space::Param => PARAM_BASE,
        _ => {
            builder.push(Op::Move { w: Width::W64, d, a });
            return Ok(());
        }
    };
    let b = builder.constant(Class::B64, Constant::Bits(base))?;
    let f = if to { Int2::Sub } else { Int2::Add };
    builder.push(Op::Int2 { f, w: Width::W64, d, a, b });
    Ok(())
}

fn state_space(name: &str) -> Option<Space> {
    Some(match name {
        "global" => Space::Global,
        "shared" | "shared::cta" => Space::Shared,
        "local" => Space::Local,
        "const" => Space::Const,
        "param" | "param::entry" | "param::func" => Space::Param,
        _ => return None,
    })
}

/// Takes away what orders and caches accesses; whether the access is strong.
fn take_order(parts: &mut Parts<'_>) -> bool {
    let mut strong = false;
    parts.modifiers.retain(|name| match *name {
        "relaxed" | "acquire" | "release" | "acq_rel" | "seq_cst" | "mmio" => {
            strong = true;
            false
        }
        "weak" | "volatile" | "nc" | "cta" | "gpu" | "sys" | "cluster" => false,
        "ca" | "cg" | "cs" | "cv" | "lu" | "wb" | "wt" => false,
        _ => !(name.starts_with("L1::") || name.starts_with("L2::")),
    });
    strong
}

/// `ld` and `st`.
pub(super) fn access(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    let of = parts.take_type()?;
    let strong = take_order(&mut parts);
    let space = parts.take_known(state_space).unwrap_or(Space::Generic);
    let count = parts.take_known(|name| match name {
        "v2" => Some(2),
        "v4" => Some(4),
        _ => None,
    });
    let count = count.unwrap_or(1);
    parts.no_more()?;
    if of.kind == Kind::Predicate {
        return Err(Problem::Unknown);
    }
    let load = parts.head != "st";
    let [first, second] = parts.operands()?;
    let (value, address) = if load { (first, second) } else { (second, first) };
    let values = match value {
        Operand::Vector(values) => values.as_slice(),
        value => std::slice::from_ref(value),
    };
    if values.len() != count {
        return problem("a vector of the wrong length");
    }
    let values = values
        .iter()
        .map(|value| register(builder, value, of, load))
        .collect::<Result<Vec<_>, Problem>>()?;
    let size = of.bytes() as u8;
    within_parameter(builder, address, usize::from(size) * count)?;
    let address = builder.address(address, space)?;
    if space == Space::Const && !load {
        return Err(Problem::Unknown);
    }
    let access = Access { address, size, signed: of.signed(), strong, values };
    builder.push(if load { Op::Load(Box::new(access)) } else { Op::Store(Box::new(access)) });
    Ok(())
}

/// Refuses an access that names a parameter or local variable but lies beyond it.
fn within_parameter(builder: &Builder<'_>, address: &Operand, size: usize) -> Result<(), Problem> {
    let Operand::Address(base, offset) = address else { return Ok(()) };
    let Operand::Symbol { name, .. } = &**base else { return Ok(()) };
    let Some(place) = builder.place(name) else { return Ok(()) };
    let end = offset.checked_add(size as i64);
    if *offset >= 0 && end.is_some_and(|end| end <= i64::from(place.size)) {
        return Ok(());
    }
    problem(format!("{size} bytes at offset {offset} lie beyond `{name}`"))
}

/// A value of a load or store, whose register may be wider than what is moved.
fn register(
    builder: &mut Builder<'_>,
    value: &Operand,
    of: Type,
    load: bool,
) -> Result<Option<Register>, Problem> {
    let class = Class::of(of);
    match value {
        Operand::Register(register) => {
            let fits = match register.class {
                Class::Predicate => false,
                Class::B16 => of.bits <= 16,
                Class::B32 => of.bits <= 32,
                Class::B64 => true,
            };
            if fits { Ok(Some(*register)) } else { problem("a register of the wrong size") }
        }
        Operand::Sink if load => Ok(None),
        value if !load => Ok(Some(Register { class, slot: builder.source(value, class)? })),
        _ => problem("a target that is no register"),
    }
}

/// `atom` and `red`.
pub(super) fn atomic(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    let of = parts.take_type()?;
    take_order(&mut parts);
    let space = parts.take_known(state_space).unwrap_or(Space::Generic);
    let kind = parts.take_known(|name| {
        Some(match (name, of.kind) {
            ("add", Kind::Float) if of.bits == 32 => AtomicKind::AddSingle,
            ("add", Kind::Float) => AtomicKind::AddDouble,
            (_, Kind::Float) => return None,
            ("add", _) => AtomicKind::Add,
            ("min", Kind::Signed) => AtomicKind::MinSigned,
            ("min", _) => AtomicKind::MinUnsigned,
            ("max", Kind::Signed) => AtomicKind::MaxSigned,
            ("max", _) => AtomicKind::MaxUnsigned,
            ("and", _) => AtomicKind::And,
            ("or", _) => AtomicKind::Or,
            ("xor", _) => AtomicKind::Xor,
            ("exch", _) => AtomicKind::Exchange,
            ("cas", _) => AtomicKind::CompareAndSwap,
            ("inc", _) if of.bits == 32 => AtomicKind::Increment,
            ("dec", _) if of.bits == 32 => AtomicKind::Decrement,
            _ => return None,
        })
    })?;
    parts.no_more()?;
    if !matches!(of.bits, 32 | 64)
        || !matches!(space, Space::Generic | Space::Global | Space::Shared)
    {
        return Err(Problem::Unknown);
    }
    let class = Class::of(of);
    let operands = parts.operands;
    let (old, operands) = match (parts.head, operands) {
        ("red", operands) => (None, operands),
        (_, [Operand::Sink, rest @ ..]) => (None, rest),
        (_, [old, rest @ ..]) => {
            (Some(Register { class, slot: builder.target(old, class)? }), rest)
        }
        _ => return problem("too few operands"),
    };
    let swaps = kind == AtomicKind::CompareAndSwap;
    let (address, value, other) = match operands {
        [address, value] if !swaps => (address, value, None),
        [address, value, other] if swaps => (address, value, Some(other)),
        _ => return problem("the wrong number of operands"),
    };
    let value = Register { class, slot: builder.source(value, class)? };
    let other = match other {
        Some(other) => Some(Register { class, slot: builder.source(other, class)? }),
        None => None,
    };
    let address = builder.address(address, space)?;
    let size = of.bytes() as u8;
    let atomic = Atomic { kind, address, size, old, value, other };
    builder.push(Op::Atomic(Box::new(atomic)));
    Ok(())
}
