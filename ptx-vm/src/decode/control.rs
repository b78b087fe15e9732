//! Branches, calls, and what the lanes of a warp do together.

use super::builder::Builder;
use super::statement::Parts;
use super::{Problem, problem};
use crate::instruction::{Call, Callee, Op, Shuffle, ShuffleKind, VoteKind};
use crate::syntax::tree::Operand;
use crate::syntax::types::{Class, Register};

pub(super) fn flow(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    let indexed = parts.head == "brx" && parts.take("idx");
    parts.take("uni");
    parts.no_more()?;
    match parts.head {
        "bra" => {
            let [Operand::Symbol { name, .. }] = parts.operands()? else {
                return problem("a target that is no label");
            };
            let target = builder.label(name)?;
            builder.push(Op::Branch { target });
        }
        "brx" if indexed => {
            let [index, Operand::Symbol { name, .. }] = parts.operands()? else {
                return problem("a table that is no label");
            };
            let index = builder.source(index, Class::B32)?;
            let Some(table) = builder.function.tables.get(name) else {
                return problem(format!("no table `{name}`"));
            };
            let targets =
                table.iter().map(|label| builder.label(label)).collect::<Result<Box<[_]>, _>>()?;
            builder.push_alone(Op::Table { index, targets });
        }
        "call" => call(builder, &parts)?,
        "ret" => builder.push_alone(Op::Return),
        "exit" => builder.push_alone(Op::Exit),
        "trap" | "brkpt" => builder.push_alone(Op::Trap),
        _ => return Err(Problem::Unknown),
    }
    Ok(())
}

fn call(builder: &mut Builder<'_>, parts: &Parts<'_>) -> Result<(), Problem> {
    let Some(lists) = &parts.statement.call else { return Err(Problem::Unknown) };
    let place = |builder: &Builder<'_>, name: &String| match builder.place(name) {
        Some(place) => Ok((place.offset, place.size)),
        None => problem(format!("no parameter `{name}`")),
    };
    let all = |builder: &Builder<'_>, names: &[String]| {
        names.iter().map(|name| place(builder, name)).collect::<Result<Vec<_>, _>>()
    };
    let results = all(builder, &lists.results)?;
    let arguments = all(builder, &lists.arguments)?;
    let sizes = |places: &[(u32, u32)]| -> Vec<usize> {
        places.iter().map(|(_, size)| *size as usize).collect()
    };
    let given = (sizes(&results), sizes(&arguments));
    let [callee] = parts.operands()?;
    let callee = match callee {
        Operand::Symbol { name, .. } => {
            let all = &builder.names.tree.functions;
            let Some(function) = all.iter().find(|function| function.name == *name) else {
                return problem(format!("no function `{name}`"));
            };
            let Some(&index) = builder.names.functions.get(&**name) else {
                return problem(format!("`{name}` is declared but not defined: it is called"));
            };
            let wanted = (
                function.results.iter().map(|variable| variable.bytes).collect::<Vec<_>>(),
                function.parameters.iter().map(|variable| variable.bytes).collect::<Vec<_>>(),
            );
            if function.entry || given != wanted {
                return problem(format!("arguments that do not fit `{name}`"));
            }
            builder.callees.push(index as u32);
            Callee::Direct(index)
        }
        register => {
            builder.indirect = true;
            Callee::Indirect(builder.source(register, Class::B64)?)
        }
    };
    builder.push_alone(Op::Call(Box::new(Call { callee, arguments, results })));
    Ok(())
}

pub(super) fn together(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    match parts.head {
        "bar" | "barrier" => {
            parts.take("cta");
            if !parts.take("sync") {
                return if parts.take("warp") {
                    warp_barrier(builder, parts)
                } else {
                    Err(Problem::Unknown)
                };
            }
            if parts.take("warp") {
                return warp_barrier(builder, parts);
            }
            parts.take("aligned");
            parts.take("all");
            parts.no_more()?;
            let (id, threads) = match parts.operands {
                [id] => (id, None),
                [id, threads] => (id, Some(builder.source(threads, Class::B32)?)),
                _ => return problem("the wrong number of operands"),
            };
            let id = builder.source(id, Class::B32)?;
            builder.push_alone(Op::Barrier { id, threads });
            Ok(())
        }
        "shfl" => shuffle(builder, parts),
        "vote" => vote(builder, parts),
        _ => {
            if parts.take_type()?.bits != 32 {
                return Err(Problem::Unknown);
            }
            parts.no_more()?;
            let [d] = parts.operands()?;
            let d = builder.target(d, Class::B32)?;
            builder.push_alone(Op::ActiveMask { d });
            Ok(())
        }
    }
}

fn warp_barrier(builder: &mut Builder<'_>, parts: Parts<'_>) -> Result<(), Problem> {
    parts.no_more()?;
    let [members] = parts.operands()?;
    let members = builder.source(members, Class::B32)?;
    builder.push_alone(Op::WarpBarrier { members });
    Ok(())
}

fn shuffle(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    if parts.take_type()?.bits != 32 || !parts.take("sync") {
        return Err(Problem::Unknown);
    }
    let kind = parts.take_known(|name| {
        Some(match name {
            "up" => ShuffleKind::Up,
            "down" => ShuffleKind::Down,
            "bfly" => ShuffleKind::Butterfly,
            "idx" => ShuffleKind::Index,
            _ => return None,
        })
    })?;
    parts.no_more()?;
    let word = Class::B32;
    let [target, source, lane, clamp, members] = parts.operands()?;
    let (target, in_range) = match target {
        Operand::Pair(target, in_range) => {
            let fits = |register: Option<Register>, class| {
                register.is_none_or(|register| register.class == class)
            };
            if !fits(*target, word) || !fits(*in_range, Class::Predicate) {
                return problem("a register of the wrong size");
            }
            (target.map(|register| register.slot), in_range.map(|register| register.slot))
        }
        target => (Some(builder.target(target, word)?), None),
    };
    let shuffle = Shuffle {
        kind,
        target,
        in_range,
        source: builder.source(source, word)?,
        lane: builder.source(lane, word)?,
        clamp: builder.source(clamp, word)?,
        members: builder.source(members, word)?,
    };
    builder.push_alone(Op::Shuffle(Box::new(shuffle)));
    Ok(())
}

fn vote(builder: &mut Builder<'_>, mut parts: Parts<'_>) -> Result<(), Problem> {
    let of = parts.take_type()?;
    if !parts.take("sync") {
        return Err(Problem::Unknown);
    }
    let kind = parts.take_known(|name| {
        Some(match name {
            "all" => VoteKind::All,
            "any" => VoteKind::Any,
            "uni" => VoteKind::Uniform,
            "ballot" => VoteKind::Ballot,
            _ => return None,
        })
    })?;
    parts.no_more()?;
    let class = if kind == VoteKind::Ballot { Class::B32 } else { Class::Predicate };
    if Class::of(of) != class {
        return Err(Problem::Unknown);
    }
    let [d, source, members] = parts.operands()?;
    let (source, negated) = match source {
        Operand::Negated(register) => (register.slot, true),
        source => (builder.source(source, Class::Predicate)?, false),
    };
    let members = builder.source(members, Class::B32)?;
    let d = builder.target(d, class)?;
    builder.push_alone(Op::Vote { kind, d, source, negated, members });
    Ok(())
}
