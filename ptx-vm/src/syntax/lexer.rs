//! Cuts PTX text into words, numbers, strings and punctuation.

use super::ParseError;

/// One piece of PTX text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token<'a> {
    /// A name, a directive or an opcode with its modifiers: `%r1`, `.reg`, `ld.global.b32`.
    Word(&'a str),
    /// A literal that begins with a digit, as written.
    Number(&'a str),
    /// The inside of a string.
    Text(&'a str),
    /// Any other character.
    Mark(char),
}

/// A token and the line it stands in, counted from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spanned<'a> {
    pub token: Token<'a>,
    pub line: usize,
}

/// The tokens of `text`, without comments.
pub(crate) fn tokens(text: &str) -> Result<Vec<Spanned<'_>>, ParseError> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::with_capacity(bytes.len() / 4);
    let mut line = 1;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        match rest[0] {
            b'\n' => {
                line += 1;
                at += 1;
            }
            space if space.is_ascii_whitespace() => at += 1,
            b'/' if rest.starts_with(b"//") => {
                at += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
            }
            b'/' if rest.starts_with(b"/*") => {
                let length = rest[2..]
                    .windows(2)
                    .position(|pair| pair == b"*/")
                    .ok_or_else(|| ParseError::new(line, "a comment without an end"))?
                    + 4;
                line += rest[..length].iter().filter(|&&byte| byte == b'\n').count();
                at += length;
            }
            b'"' => {
                let length = rest[1..]
                    .iter()
                    .position(|&byte| byte == b'"' || byte == b'\n')
                    .filter(|&length| rest[1 + length] == b'"')
                    .ok_or_else(|| ParseError::new(line, "a string without an end"))?;
                tokens.push(Spanned { token: Token::Text(&text[at + 1..at + 1 + length]), line });
                at += length + 2;
            }
            first => {
                let length = word_length(rest);
                let token = if length == 0 {
                    if !first.is_ascii() {
                        return Err(ParseError::new(line, "a character that PTX does not know"));
                    }
                    Token::Mark(char::from(first))
                } else if first.is_ascii_digit() {
                    Token::Number(&text[at..at + length])
                } else {
                    Token::Word(&text[at..at + length])
                };
                tokens.push(Spanned { token, line });
                at += length.max(1);
            }
        }
    }
    Ok(tokens)
}

/// How long the word at the start of `bytes` is. `::` may stand in a word, as in `shared::cta`.
fn word_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    loop {
        length += bytes[length..].iter().take_while(|&&byte| in_word(byte)).count();
        match bytes[length..] {
            [b':', b':', after, ..] if length > 0 && in_word(after) => length += 2,
            _ => return length,
        }
    }
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'%' | b'.')
}

/// A numeric literal: the bits, and whether they are a float of 32 or 64 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Literal {
    Integer(u64),
    Single(u32),
    Double(u64),
}

/// The value of a number as written, `None` if it is none.
pub(crate) fn literal(text: &str) -> Option<Literal> {
    let digits = text.trim_end_matches('U');
    let radix = |prefix: usize, radix| u64::from_str_radix(&digits[prefix..], radix).ok();
    match digits.get(..2) {
        Some("0f" | "0F") => {
            return u32::from_str_radix(&text[2..], 16).ok().map(Literal::Single);
        }
        Some("0d" | "0D") => return radix(2, 16).map(Literal::Double),
        Some("0x" | "0X") => return radix(2, 16).map(Literal::Integer),
        Some("0b" | "0B") => return radix(2, 2).map(Literal::Integer),
        _ => {}
    }
    if text.contains('.') {
        return text.parse::<f64>().ok().map(|value| Literal::Double(value.to_bits()));
    }
    if digits.len() > 1 && digits.starts_with('0') {
        return radix(1, 8).map(Literal::Integer);
    }
    digits.parse().ok().map(Literal::Integer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_told_from_words() {
        let text = "ld.b32 %r1, [a+4]; // x\n/* y\n */ .file 1 \"a b\"";
        let tokens: Vec<_> = tokens(text).unwrap().into_iter().map(|t| (t.token, t.line)).collect();
        let word = Token::Word;
        assert_eq!(tokens[0], (word("ld.b32"), 1));
        assert_eq!(tokens[1], (word("%r1"), 1));
        assert_eq!(tokens[4], (word("a"), 1));
        assert_eq!(tokens[9], (word(".file"), 3));
        assert_eq!(tokens[11], (Token::Text("a b"), 3));
    }

    #[test]
    fn every_notation_of_a_number_is_read() {
        for (text, value) in [
            ("0", Literal::Integer(0)),
            ("0x123U", Literal::Integer(0x123)),
            ("18446744073709551615", Literal::Integer(u64::MAX)),
            ("0f3F800000", Literal::Single(0x3f80_0000)),
            ("0dC1E0000000000000", Literal::Double(0xc1e0_0000_0000_0000)),
            ("010", Literal::Integer(8)),
            ("6.5", Literal::Double(6.5f64.to_bits())),
        ] {
            assert_eq!(literal(text), Some(value), "{text}");
        }
        assert_eq!(literal("12x"), None);
    }
}
