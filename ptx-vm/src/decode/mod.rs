//! From syntax tree to instructions.

mod builder;
mod control;
mod float;
mod integer;
mod memory;
mod statement;
mod values;

use std::collections::HashMap;

use crate::instruction::{Code, Place};
use crate::syntax::ParseError;
use crate::syntax::tree::{Function, Tree, Variable};

use builder::Builder;

/// Names of a module, to indices.
pub(crate) struct Names<'t> {
    pub tree: &'t Tree,
    pub variables: HashMap<&'t str, usize>,
    /// Functions with a body, by their index among those.
    pub functions: HashMap<&'t str, usize>,
}

/// Decodes all functions that have a body, in order.
pub(crate) fn decode(tree: &Tree) -> Result<Vec<Code>, ParseError> {
    let variables = tree.variables.iter().enumerate();
    let defined = tree.functions.iter().filter(|function| function.defined);
    let names = Names {
        tree,
        variables: variables.map(|(index, variable)| (&*variable.name, index)).collect(),
        functions: defined
            .clone()
            .enumerate()
            .map(|(index, function)| (&*function.name, index))
            .collect(),
    };
    defined.map(|function| function_code(&names, function)).collect()
}

fn function_code(names: &Names<'_>, function: &Function) -> Result<Code, ParseError> {
    let mut builder = Builder::new(names, function);
    for (index, statement) in function.body.iter().enumerate() {
        builder.begin(index, statement);
        statement::decode(&mut builder, statement).map_err(|problem| {
            ParseError::new(statement.line, problem.message(&statement.opcode))
        })?;
    }
    builder.finish()
}

/// Places variables one after the other at multiples of `unit`; the places and the end.
pub(crate) fn places<'a>(
    variables: impl Iterator<Item = &'a Variable>,
    start: usize,
    unit: usize,
) -> (Vec<Place>, usize) {
    let mut end = start;
    let places = variables
        .map(|variable| {
            let align = variable.align.max(unit);
            let offset = end.next_multiple_of(align);
            end = offset + variable.bytes;
            Place { offset: offset as u32, size: variable.bytes as u32, align: align as u32 }
        })
        .collect();
    (places, end)
}

/// Why a statement cannot be decoded.
pub(crate) enum Problem {
    /// The instruction, or one of its modifiers, is not known.
    Unknown,
    Other(String),
}

impl Problem {
    fn message(self, opcode: &str) -> String {
        match self {
            Self::Unknown => format!("unknown instruction `{opcode}`"),
            Self::Other(message) => format!("{message} in `{opcode}`"),
        }
    }
}

pub(crate) fn problem<T>(message: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::Other(message.into()))
}
