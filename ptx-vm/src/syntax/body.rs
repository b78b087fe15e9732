//! Function bodies: declarations, labels and instructions.

use std::collections::HashMap;

use super::ParseError;
use super::lexer::Token;
use super::module::{Parser, space};
use super::tree::{CallLists, Function, Operand, Prototype, Space, Statement, Variable};
use super::types::{Class, Register, Type};

/// More registers of one bank than this are refused: slots are 16 bits, constants need some too.
const MOST_REGISTERS: usize = 40_000;

/// Registers of one block of braces: `%r` stands for `%r0`, `%r1`, ...
#[derive(Default)]
struct Scope<'a> {
    single: HashMap<&'a str, Register>,
    counted: HashMap<&'a str, (Class, usize, usize)>,
    /// `.param` variables, whose names come back in every call sequence: name to unique name.
    renamed: HashMap<String, String>,
}

struct Body<'p, 'a> {
    parser: &'p mut Parser<'a>,
    function: &'p mut Function,
    outer: &'p mut Vec<Variable>,
    scopes: Vec<Scope<'a>>,
}

/// Parses a body after its `{`, up to and with the matching `}`.
pub(super) fn parse(
    parser: &mut Parser<'_>,
    function: &mut Function,
    outer: &mut Vec<Variable>,
) -> Result<(), ParseError> {
    let mut body = Body { parser, function, outer, scopes: vec![Scope::default()] };
    while !body.scopes.is_empty() {
        body.item()?;
    }
    Ok(())
}

impl<'a> Body<'_, 'a> {
    fn item(&mut self) -> Result<(), ParseError> {
        if self.parser.accept('{') {
            self.scopes.push(Scope::default());
            return Ok(());
        }
        if self.parser.accept('}') {
            self.scopes.pop();
            return Ok(());
        }
        if self.parser.accept(';') {
            return Ok(());
        }
        if self.parser.peek() == Some(Token::Mark('@')) {
            return self.instruction();
        }
        let Some(Token::Word(word)) = self.parser.peek() else {
            return Err(self.parser.unexpected("an instruction"));
        };
        if self.parser.peek_second() == Some(Token::Mark(':')) {
            self.parser.next();
            self.parser.next();
            return self.label(word);
        }
        if !word.starts_with('.') {
            return self.instruction();
        }
        if self.parser.skip_note(word)? {
            return Ok(());
        }
        self.parser.next();
        if word == ".reg" {
            return self.registers();
        }
        let space =
            space(word).ok_or_else(|| self.parser.error(format!("unknown directive `{word}`")))?;
        for mut variable in self.parser.variables(space, false)? {
            if matches!(space, Space::Param | Space::Local) {
                let taken = |name: &str| {
                    let function = &self.function;
                    let all = function.variables.iter();
                    all.chain(&function.parameters).chain(&function.results).any(|v| v.name == name)
                };
                if taken(&variable.name) {
                    let unique = format!("{} #{}", variable.name, self.function.variables.len());
                    self.rename(&variable.name, unique.clone());
                    variable.name = unique;
                }
                self.function.variables.push(variable);
            } else {
                if self.outer.iter().any(|other| other.name == variable.name) {
                    let unique = format!("{} #{}", variable.name, self.outer.len());
                    self.rename(&variable.name, unique.clone());
                    variable.name = unique;
                }
                self.outer.push(variable);
            }
        }
        Ok(())
    }

    /// Lets `name` mean `unique` to the end of the scope.
    fn rename(&mut self, name: &str, unique: String) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.renamed.insert(name.to_owned(), unique);
        }
    }

    fn label(&mut self, name: &'a str) -> Result<(), ParseError> {
        if self.parser.accept_word(".branchtargets") {
            let targets = self.names(';')?;
            self.function.tables.insert(name.to_owned(), targets);
            return Ok(());
        }
        if self.parser.accept_word(".callprototype") {
            let mut prototype = Prototype::default();
            if self.parser.peek() == Some(Token::Mark('(')) {
                prototype.results = self.parser.parameters()?;
            }
            self.parser.word()?;
            if self.parser.peek() == Some(Token::Mark('(')) {
                prototype.parameters = self.parser.parameters()?;
            }
            self.parser.accept_word(".noreturn");
            self.parser.expect(';')?;
            self.function.prototypes.insert(name.to_owned(), prototype);
            return Ok(());
        }
        let line = self.parser.line();
        let before = self.function.labels.insert(name.to_owned(), self.function.body.len());
        if before.is_some() {
            return Err(ParseError::new(line, format!("label `{name}` defined twice")));
        }
        Ok(())
    }

    /// Names with commas between them, up to and with `end`.
    fn names(&mut self, end: char) -> Result<Vec<String>, ParseError> {
        let mut names = Vec::new();
        while !self.parser.accept(end) {
            let name = self.parser.word()?;
            names.push(self.unique(name));
            if self.parser.peek() != Some(Token::Mark(end)) {
                self.parser.expect(',')?;
            }
        }
        Ok(names)
    }

    /// What `name` means here.
    fn unique(&self, name: &str) -> String {
        let scopes = self.scopes.iter().rev();
        let renamed = scopes.filter_map(|scope| scope.renamed.get(name)).next();
        renamed.map_or_else(|| name.to_owned(), String::clone)
    }

    /// `.reg .b32 %r<16>, tmp;` after `.reg`.
    fn registers(&mut self) -> Result<(), ParseError> {
        let name = self.parser.word()?;
        let of = name
            .strip_prefix('.')
            .and_then(Type::named)
            .ok_or_else(|| self.parser.error(format!("unknown type `{name}`")))?;
        let class = Class::of(of);
        loop {
            let name = self.parser.word()?;
            let counted = self.parser.accept('<');
            let count = if counted { self.parser.integer()? } else { 1 };
            let bank = match class {
                Class::B16 | Class::B32 => 0,
                Class::B64 => 1,
                Class::Predicate => 2,
            };
            let first = self.function.registers[bank];
            let end = (count as usize).checked_add(first).filter(|&end| end <= MOST_REGISTERS);
            self.function.registers[bank] =
                end.ok_or_else(|| self.parser.error("too many registers"))?;
            let scope = self.scopes.last_mut();
            if let Some(scope) = scope {
                if counted {
                    scope.counted.insert(name, (class, first, count as usize));
                } else {
                    scope.single.insert(name, Register { class, slot: first as u16 });
                }
            }
            if counted {
                self.parser.expect('>')?;
            }
            if self.parser.accept(';') {
                return Ok(());
            }
            self.parser.expect(',')?;
        }
    }

    /// The register called `name`, if there is one.
    fn register(&self, name: &str) -> Option<Register> {
        let stem = name.trim_end_matches(|character: char| character.is_ascii_digit());
        let index = name[stem.len()..].parse::<usize>().ok();
        self.scopes.iter().rev().find_map(|scope| {
            if let Some(register) = scope.single.get(name) {
                return Some(*register);
            }
            let (class, first, count) = *scope.counted.get(stem)?;
            let index = index.filter(|&index| index < count)?;
            Some(Register { class, slot: (first + index) as u16 })
        })
    }

    fn predicate(&mut self) -> Result<Register, ParseError> {
        let line = self.parser.line();
        let name = self.parser.word()?;
        self.register(name)
            .filter(|register| register.class == Class::Predicate)
            .ok_or_else(|| ParseError::new(line, format!("`{name}` is no predicate")))
    }

    fn instruction(&mut self) -> Result<(), ParseError> {
        let guard = if self.parser.accept('@') {
            let negated = self.parser.accept('!');
            Some((self.predicate()?, negated))
        } else {
            None
        };
        let line = self.parser.line();
        let opcode = self.parser.word()?.to_owned();
        let mut operands = Vec::new();
        let mut call = None;
        if opcode.split('.').next() == Some("call") {
            let mut lists = CallLists::default();
            if self.parser.accept('(') {
                lists.results = self.names(')')?;
                self.parser.expect(',')?;
            }
            operands.push(self.operand()?);
            if self.parser.accept(',') {
                if self.parser.accept('(') {
                    lists.arguments = self.names(')')?;
                    if self.parser.accept(',') {
                        lists.prototype = Some(self.parser.word()?.to_owned());
                    }
                } else {
                    lists.prototype = Some(self.parser.word()?.to_owned());
                }
            }
            self.parser.expect(';')?;
            call = Some(lists);
        } else if !self.parser.accept(';') {
            loop {
                operands.push(self.operand()?);
                if self.parser.accept(';') {
                    break;
                }
                self.parser.expect(',')?;
            }
        }
        self.function.body.push(Statement { line, guard, opcode, operands, call });
        Ok(())
    }

    fn operand(&mut self) -> Result<Operand, ParseError> {
        if self.parser.accept('[') {
            let base = self.plain()?;
            let signed = matches!(self.parser.peek(), Some(Token::Mark('+' | '-')));
            let offset = if signed { self.parser.offset()? } else { 0 };
            self.parser.expect(']')?;
            return Ok(Operand::Address(Box::new(base), offset));
        }
        if self.parser.accept('{') {
            let mut items = Vec::new();
            while !self.parser.accept('}') {
                items.push(self.plain()?);
                if self.parser.peek() != Some(Token::Mark('}')) {
                    self.parser.expect(',')?;
                }
            }
            return Ok(Operand::Vector(items));
        }
        if self.parser.accept('!') {
            return self.predicate().map(Operand::Negated);
        }
        let first = self.plain()?;
        if self.parser.accept('|') {
            let second = self.plain()?;
            return Ok(Operand::Pair(self.one_of_pair(&first)?, self.one_of_pair(&second)?));
        }
        if let Operand::Symbol { name, .. } = &first
            && matches!(self.parser.peek(), Some(Token::Mark('+' | '-')))
        {
            let offset = self.parser.offset()?;
            return Ok(Operand::Symbol { name: name.clone(), offset });
        }
        Ok(first)
    }

    fn one_of_pair(&self, operand: &Operand) -> Result<Option<Register>, ParseError> {
        match operand {
            Operand::Sink => Ok(None),
            Operand::Register(register) => Ok(Some(*register)),
            _ => Err(self.parser.error("expected two registers")),
        }
    }

    fn plain(&mut self) -> Result<Operand, ParseError> {
        let Some(Token::Word(word)) = self.parser.peek() else {
            return self.parser.literal().map(Operand::Literal);
        };
        if let Some(register) = self.register(word) {
            self.parser.next();
            return Ok(Operand::Register(register));
        }
        let operand = match word {
            "_" => Operand::Sink,
            _ if word.starts_with('.') => return Err(self.parser.unexpected("an operand")),
            _ if word.starts_with('%') || word == "WARP_SZ" => Operand::Special(word.to_owned()),
            _ => Operand::Symbol { name: self.unique(word), offset: 0 },
        };
        self.parser.next();
        Ok(operand)
    }
}
