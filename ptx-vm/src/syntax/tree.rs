//! What a module says, before names are resolved and instructions understood.

use std::collections::HashMap;

use super::lexer::Literal;
use super::types::{Register, Type};

/// A state space that variables are declared in or accesses name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Space {
    Generic,
    Global,
    Shared,
    Local,
    Param,
    Const,
}

/// One value of an initialiser.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Literal(Literal),
    /// The address of a variable or function, plus an offset.
    Symbol {
        name: String,
        offset: i64,
        generic: bool,
    },
}

/// A variable of any space.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub name: String,
    pub space: Space,
    pub of: Type,
    pub align: usize,
    /// Size of the whole variable; 0 for `extern` arrays without one.
    pub bytes: usize,
    pub external: bool,
    pub values: Vec<Value>,
    pub line: usize,
}

/// An operand as written.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Register(Register),
    /// `!%p1`.
    Negated(Register),
    /// `%p1|%p2`.
    Pair(Option<Register>, Option<Register>),
    Literal(Literal),
    /// `%tid.x` and its like.
    Special(String),
    /// The address of a variable, or a label.
    Symbol {
        name: String,
        offset: i64,
    },
    /// `[base+offset]`; the base is a register, symbol or literal.
    Address(Box<Operand>, i64),
    /// `{%r1, %r2}`.
    Vector(Vec<Operand>),
    /// `_`.
    Sink,
}

/// One instruction as written.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub line: usize,
    /// The predicate of `@%p` and whether it is `@!%p`.
    pub guard: Option<(Register, bool)>,
    /// The opcode with its modifiers, such as `ld.global.b32`.
    pub opcode: String,
    pub operands: Vec<Operand>,
    /// For calls: where results go and arguments come from.
    pub call: Option<CallLists>,
}

/// The parameter lists of a call, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallLists {
    pub results: Vec<String>,
    pub arguments: Vec<String>,
    pub prototype: Option<String>,
}

/// The types that an indirect call expects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prototype {
    pub results: Vec<Variable>,
    pub parameters: Vec<Variable>,
}

/// An `.entry` or `.func`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Function {
    pub name: String,
    pub entry: bool,
    pub parameters: Vec<Variable>,
    pub results: Vec<Variable>,
    /// Declarations only have no body.
    pub defined: bool,
    pub body: Vec<Statement>,
    /// Label to index of the statement that it stands before.
    pub labels: HashMap<String, usize>,
    /// Targets of `brx.idx`.
    pub tables: HashMap<String, Vec<String>>,
    pub prototypes: HashMap<String, Prototype>,
    /// `.param` and `.local` variables of the body.
    pub variables: Vec<Variable>,
    /// Registers of 16 and 32 bits, of 64 bits, and predicates.
    pub registers: [usize; 3],
}

/// A whole file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    pub version: (u32, u32),
    pub functions: Vec<Function>,
    /// Variables of the module, and `.shared` and `.global` variables of functions.
    pub variables: Vec<Variable>,
}
