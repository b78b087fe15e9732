//! Directives outside of functions, and variables anywhere.

use super::ParseError;
use super::body;
use super::lexer::{Literal, Spanned, Token, literal, tokens};
use super::tree::{Function, Space, Tree, Value, Variable};
use super::types::Type;

/// Variables with more bytes are refused: no GPU has so much memory, and sums of sizes stay in range.
const MOST_BYTES: usize = 1 << 40;

/// Variables with a greater alignment, in bytes, are refused.
const MOST_ALIGNMENT: usize = 1 << 20;

/// Arrays of more dimensions are refused: so deep the braces of initialisers may nest.
const MOST_DIMENSIONS: usize = 16;

/// Parses a whole file.
pub(crate) fn parse(text: &str) -> Result<Tree, ParseError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let mut tree = Tree::default();
    while let Some(token) = parser.peek() {
        let Token::Word(word) = token else {
            return Err(parser.unexpected("a directive"));
        };
        match word {
            ".version" => {
                parser.next();
                tree.version = parser.version()?;
            }
            ".target" => {
                parser.next();
                parser.word()?;
                while parser.accept(',') {
                    parser.word()?;
                }
            }
            ".address_size" => {
                parser.next();
                if parser.integer()? != 64 {
                    return Err(parser.error("only 64-bit addresses are supported"));
                }
            }
            _ if parser.skip_note(word)? => {}
            _ => parser.declaration(&mut tree)?,
        }
    }
    if tree.version == (0, 0) {
        return Err(ParseError::new(1, "no `.version`: this is no PTX"));
    }
    Ok(tree)
}

/// A position in the tokens.
pub(super) struct Parser<'a> {
    tokens: Vec<Spanned<'a>>,
    at: usize,
}

impl<'a> Parser<'a> {
    pub fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).map(|spanned| spanned.token)
    }

    pub fn peek_second(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at + 1).map(|spanned| spanned.token)
    }

    pub fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek();
        self.at += 1;
        token
    }

    pub fn line(&self) -> usize {
        let last = self.tokens.last();
        self.tokens.get(self.at).or(last).map_or(1, |spanned| spanned.line)
    }

    pub fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError::new(self.line(), message)
    }

    pub fn unexpected(&self, wanted: &str) -> ParseError {
        let found = match self.peek() {
            Some(Token::Word(word) | Token::Number(word)) => format!("`{word}`"),
            Some(Token::Text(_)) => "a string".to_owned(),
            Some(Token::Mark(mark)) => format!("`{mark}`"),
            None => "the end of the file".to_owned(),
        };
        self.error(format!("expected {wanted}, found {found}"))
    }

    pub fn accept(&mut self, mark: char) -> bool {
        let found = self.peek() == Some(Token::Mark(mark));
        self.at += usize::from(found);
        found
    }

    pub fn expect(&mut self, mark: char) -> Result<(), ParseError> {
        if self.accept(mark) { Ok(()) } else { Err(self.unexpected(&format!("`{mark}`"))) }
    }

    pub fn accept_word(&mut self, wanted: &str) -> bool {
        let found = self.peek() == Some(Token::Word(wanted));
        self.at += usize::from(found);
        found
    }

    pub fn word(&mut self) -> Result<&'a str, ParseError> {
        match self.peek() {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    /// A literal with its sign.
    pub fn literal(&mut self) -> Result<Literal, ParseError> {
        let negative = self.accept('-');
        if !negative {
            self.accept('+');
        }
        let Some(Token::Number(text)) = self.peek() else {
            return Err(self.unexpected("a number"));
        };
        let value = literal(text).ok_or_else(|| self.unexpected("a number"))?;
        self.at += 1;
        Ok(match value {
            _ if !negative => value,
            Literal::Integer(value) => Literal::Integer(value.wrapping_neg()),
            Literal::Single(bits) => Literal::Single(bits ^ 1 << 31),
            Literal::Double(bits) => Literal::Double(bits ^ 1 << 63),
        })
    }

    pub fn integer(&mut self) -> Result<u64, ParseError> {
        match self.literal()? {
            Literal::Integer(value) => Ok(value),
            _ => Err(self.error("expected an integer")),
        }
    }

    fn size(&mut self) -> Result<usize, ParseError> {
        let value = self.integer()?;
        if value > 1 << 40 {
            return Err(self.error("a size beyond all reason"));
        }
        Ok(value as usize)
    }

    fn version(&mut self) -> Result<(u32, u32), ParseError> {
        let version = match self.next() {
            Some(Token::Number(text)) => text.split_once('.').unwrap_or((text, "0")),
            _ => return Err(self.unexpected("a version")),
        };
        match (version.0.parse(), version.1.parse()) {
            (Ok(major), Ok(minor)) => Ok((major, minor)),
            _ => Err(self.error("expected a version such as 7.0")),
        }
    }

    /// Skips what only debuggers and the assembler want to know. `word` is the next token.
    pub fn skip_note(&mut self, word: &str) -> Result<bool, ParseError> {
        match word {
            ".file" | ".loc" => {
                let line = self.line();
                while self.tokens.get(self.at).is_some_and(|spanned| spanned.line == line) {
                    self.at += 1;
                }
            }
            ".section" => {
                while !self.accept('{') {
                    self.next().ok_or_else(|| self.unexpected("`{`"))?;
                }
                while !self.accept('}') {
                    self.next().ok_or_else(|| self.unexpected("`}`"))?;
                }
            }
            ".pragma" => {
                while !self.accept(';') {
                    self.next().ok_or_else(|| self.unexpected("`;`"))?;
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn declaration(&mut self, tree: &mut Tree) -> Result<(), ParseError> {
        let mut external = false;
        loop {
            let line = self.line();
            let word = self.word()?;
            match word {
                ".visible" | ".weak" | ".common" => {}
                ".extern" => external = true,
                ".entry" | ".func" => return self.function(tree, word == ".entry", line),
                ".alias" => {
                    return Err(ParseError::new(line, "unknown directive `.alias`"));
                }
                _ => {
                    let space = space(word).filter(|space| *space != Space::Param);
                    let Some(space) = space else {
                        let message = format!("unknown directive `{word}`");
                        return Err(ParseError::new(line, message));
                    };
                    let variables = self.variables(space, external)?;
                    tree.variables.extend(variables);
                    return Ok(());
                }
            }
        }
    }

    fn function(&mut self, tree: &mut Tree, entry: bool, line: usize) -> Result<(), ParseError> {
        let mut function = Function { entry, ..Function::default() };
        if self.peek() == Some(Token::Mark('(')) {
            function.results = self.parameters()?;
        }
        function.name = self.word()?.to_owned();
        if self.peek() == Some(Token::Mark('(')) {
            function.parameters = self.parameters()?;
        }
        loop {
            if self.accept(';') {
                break;
            }
            if self.accept('{') {
                function.defined = true;
                body::parse(self, &mut function, &mut tree.variables)?;
                break;
            }
            let line = self.line();
            let word = self.word()?;
            match word {
                ".noreturn" => {}
                ".maxntid" | ".reqntid" | ".minnctapersm" | ".maxnreg" | ".maxnctapersm" => {
                    self.integer()?;
                    while self.accept(',') {
                        self.integer()?;
                    }
                }
                _ if self.skip_note(word)? => {}
                _ => return Err(ParseError::new(line, format!("unknown directive `{word}`"))),
            }
        }
        let declared = tree.functions.iter_mut().find(|other| other.name == function.name);
        match declared {
            None => tree.functions.push(function),
            Some(other) if !other.defined => *other = function,
            Some(_) if !function.defined => {}
            Some(_) => {
                return Err(ParseError::new(line, format!("`{}` defined twice", function.name)));
            }
        }
        Ok(())
    }

    /// `(.param .b32 a, .param .align 8 .b8 b[16])`.
    pub fn parameters(&mut self) -> Result<Vec<Variable>, ParseError> {
        let mut parameters = Vec::new();
        self.expect('(')?;
        while !self.accept(')') {
            if !self.accept_word(".param") {
                return Err(self.unexpected("`.param`"));
            }
            parameters.push(self.variable(Space::Param, None, false)?.0);
            if self.peek() != Some(Token::Mark(')')) {
                self.expect(',')?;
            }
        }
        Ok(parameters)
    }

    /// The rest of a variable directive, after the state space and up to and with `;`.
    pub fn variables(&mut self, space: Space, external: bool) -> Result<Vec<Variable>, ParseError> {
        let mut variables = Vec::new();
        let mut like = None;
        loop {
            let (variable, attributes) = self.variable(space, like, external)?;
            variables.push(variable);
            like = Some(attributes);
            if self.accept(';') {
                return Ok(variables);
            }
            self.expect(',')?;
        }
    }

    /// One variable; `like` has the attributes of the one before the comma.
    fn variable(
        &mut self,
        space: Space,
        like: Option<(Type, usize)>,
        external: bool,
    ) -> Result<(Variable, (Type, usize)), ParseError> {
        let line = self.line();
        let (mut of, mut unit, mut align) =
            like.map_or((None, 0, 0), |(of, align)| (Some(of), of.bytes(), align));
        let mut wide = 1;
        while let Some(Token::Word(word)) = self.peek() {
            let Some(name) = word.strip_prefix('.') else { break };
            self.next();
            match name {
                "align" => align = self.size()?,
                "ptr" | "global" | "shared" | "const" | "local" | "managed" => {
                    // Of a pointer parameter: what it points to, which binds nothing here.
                    if name == "ptr" {
                        self.pointee()?;
                        break;
                    }
                }
                "attribute" => {
                    self.expect('(')?;
                    while !self.accept(')') {
                        self.next().ok_or_else(|| self.unexpected("`)`"))?;
                    }
                }
                "v2" => wide = 2,
                "v4" => wide = 4,
                _ => {
                    let named = Type::named(name).filter(|named| named.bits > 1);
                    of = Some(named.ok_or_else(|| self.error(format!("unknown type `{word}`")))?);
                    unit = of.map_or(0, Type::bytes);
                }
            }
        }
        let of = of.ok_or_else(|| self.unexpected("a type"))?;
        let name = self.word()?.to_owned();
        let mut bytes = unit * wide;
        let mut extents = Vec::new();
        while self.accept('[') {
            let count = if self.peek() == Some(Token::Mark(']')) { 0 } else { self.size()? };
            bytes = bytes
                .checked_mul(count)
                .filter(|&bytes| bytes <= MOST_BYTES)
                .filter(|_| extents.len() < MOST_DIMENSIONS)
                .ok_or_else(|| self.error("an array beyond all reason"))?;
            extents.push(count);
            self.expect(']')?;
        }
        let given = align.max(1);
        if !given.is_power_of_two() || given > MOST_ALIGNMENT {
            let message = "an alignment that is no power of two, or beyond all reason";
            return Err(self.error(message));
        }
        let mut values = Vec::new();
        if self.accept('=') {
            self.initialiser(&mut values, &extents)?;
            if extents == [0] {
                bytes = values.len() * unit; // `[]`: as many as there are values
            }
            if values.len() * unit > bytes {
                return Err(self.error(format!("more values than `{name}` has room for")));
            }
        }
        let align = given.max(unit * wide);
        let variable = Variable { name, space, of, align, bytes, external, values, line };
        Ok((variable, (of, given)))
    }

    /// `.ptr .global .align 4`, after `.ptr`.
    fn pointee(&mut self) -> Result<(), ParseError> {
        while let Some(Token::Word(word)) = self.peek() {
            match word {
                ".global" | ".shared" | ".const" | ".local" => self.next(),
                ".align" => {
                    self.next();
                    self.size()?;
                    continue;
                }
                _ => break,
            };
        }
        Ok(())
    }

    /// A value, or values in braces, for an array of these extents. Rows in braces are complete.
    fn initialiser(
        &mut self,
        values: &mut Vec<Value>,
        extents: &[usize],
    ) -> Result<(), ParseError> {
        if !self.accept('{') {
            values.push(self.value()?);
            return Ok(());
        }
        let row = extents.split_first().map_or(&[][..], |(_, row)| row);
        while !self.accept('}') {
            let before = values.len();
            if self.peek() == Some(Token::Mark('{')) {
                if row.is_empty() {
                    return Err(self.error("braces within those of a row"));
                }
                self.initialiser(values, row)?;
                if values.len() - before != row.iter().product() {
                    return Err(self.error("a row with too few values or too many"));
                }
            } else {
                values.push(self.value()?);
            }
            if self.peek() != Some(Token::Mark('}')) {
                self.expect(',')?;
            }
        }
        Ok(())
    }

    fn value(&mut self) -> Result<Value, ParseError> {
        let Some(Token::Word(word)) = self.peek() else {
            return self.literal().map(Value::Literal);
        };
        self.next();
        let generic = word == "generic" && self.accept('(');
        let name = if generic { self.word()? } else { word }.to_owned();
        if generic {
            self.expect(')')?;
        }
        let signed = matches!(self.peek(), Some(Token::Mark('+' | '-')));
        let offset = if signed { self.offset()? } else { 0 };
        Ok(Value::Symbol { name, offset, generic })
    }

    /// `+8`, `-8` or `+-8`.
    pub fn offset(&mut self) -> Result<i64, ParseError> {
        self.accept('+');
        self.integer().map(|value| value as i64)
    }
}

/// The state space of a variable directive.
pub(super) fn space(word: &str) -> Option<Space> {
    Some(match word {
        ".global" => Space::Global,
        ".shared" => Space::Shared,
        ".local" => Space::Local,
        ".const" => Space::Const,
        ".param" => Space::Param,
        _ => return None,
    })
}
