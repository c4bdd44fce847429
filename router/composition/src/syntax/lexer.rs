//! Cuts schema text into tokens (GraphQL specification §2.1, lexical tokens).

use thiserror::Error;

/// Why a text is not GraphQL, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// What was wrong.
    pub message: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
}

/// One lexical token; text of names and numbers is borrowed from the source.
#[derive(Debug, Clone, PartialEq)]
pub enum Token<'a> {
    Punctuator(char),
    Spread,
    Name(&'a str),
    Int(&'a str),
    Float(&'a str),
    String(String),
    EndOfText,
}

/// Reads tokens from a source text one after the other.
pub struct Lexer<'a> {
    source: &'a str,
    offset: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(source: &'a str) -> Self {
        Self { source, offset: 0 }
    }

    /// Skips insignificant text, then returns the next token and where it starts.
    pub fn next_token(&mut self) -> Result<(Token<'a>, usize), SyntaxError> {
        self.skip_ignored();
        let start = self.offset;
        let Some(first) = self.peek() else {
            return Ok((Token::EndOfText, start));
        };
        let token = match first {
            '!' | '$' | '&' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '|' | '}' => {
                self.offset += 1;
                Token::Punctuator(first)
            }
            '.' if self.rest().starts_with("...") => {
                self.offset += 3;
                Token::Spread
            }
            'A'..='Z' | 'a'..='z' | '_' => {
                self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_');
                Token::Name(&self.source[start..self.offset])
            }
            '-' | '0'..='9' => self.number(start)?,
            '"' if self.rest().starts_with("\"\"\"") => self.block_string(start)?,
            '"' => self.string(start)?,
            other => return Err(self.error_at(start, format!("unexpected character `{other}`"))),
        };
        Ok((token, start))
    }

    /// An error that names the line and column of a byte offset.
    pub fn error_at(&self, offset: usize, message: impl Into<String>) -> SyntaxError {
        let before = &self.source[..offset.min(self.source.len())];
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        SyntaxError {
            message: message.into(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    fn rest(&self) -> &'a str {
        &self.source[self.offset..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_while(&mut self, accept: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.offset += rest.find(|c| !accept(c)).unwrap_or(rest.len());
    }

    fn skip_ignored(&mut self) {
        loop {
            self.skip_while(|c| matches!(c, ' ' | '\t' | '\r' | '\n' | ',' | '\u{feff}'));
            if self.peek() != Some('#') {
                return;
            }
            self.skip_while(|c| !matches!(c, '\r' | '\n'));
        }
    }

    fn number(&mut self, start: usize) -> Result<Token<'a>, SyntaxError> {
        if self.peek() == Some('-') {
            self.offset += 1;
        }
        let whole = self.offset;
        self.digits(start)?;
        if self.offset - whole > 1 && self.source[whole..].starts_with('0') {
            return Err(self.error_at(start, "a number must not begin with a needless zero"));
        }
        let mut is_float = false;
        if self.peek() == Some('.') {
            self.offset += 1;
            self.digits(start)?;
            is_float = true;
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.offset += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.offset += 1;
            }
            self.digits(start)?;
            is_float = true;
        }
        if self.peek().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '.') {
            return Err(self.error_at(start, "a number must not be followed by a name"));
        }
        let text = &self.source[start..self.offset];
        if is_float {
            return Ok(Token::Float(text));
        }
        // No type of the language has more, and routers do not read more.
        if text.parse::<i64>().is_err() {
            return Err(self.error_at(start, "a whole number must fit into 64 bits"));
        }
        Ok(Token::Int(text))
    }

    fn digits(&mut self, start: usize) -> Result<(), SyntaxError> {
        let before = self.offset;
        self.skip_while(|c| c.is_ascii_digit());
        if self.offset == before {
            return Err(self.error_at(start, "expected a digit"));
        }
        Ok(())
    }

    fn string(&mut self, start: usize) -> Result<Token<'a>, SyntaxError> {
        self.offset += 1;
        let mut text = String::new();
        loop {
            let Some(next) = self.peek() else {
                return Err(self.error_at(start, "unterminated string"));
            };
            self.offset += next.len_utf8();
            match next {
                '"' => return Ok(Token::String(text)),
                '\n' | '\r' => return Err(self.error_at(start, "unterminated string")),
                '\\' => text.push(self.escape(start)?),
                other => text.push(other),
            }
        }
    }

    fn escape(&mut self, start: usize) -> Result<char, SyntaxError> {
        let Some(kind) = self.peek() else {
            return Err(self.error_at(start, "unterminated string"));
        };
        self.offset += kind.len_utf8();
        Ok(match kind {
            '"' | '\\' | '/' => kind,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => self.unicode_escape(start)?,
            other => return Err(self.error_at(start, format!("unknown escape `\\{other}`"))),
        })
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, SyntaxError> {
        let code = if self.peek() == Some('{') {
            let end = self.rest().find('}');
            let digits = end.map_or("", |end| &self.rest()[1..end]);
            let code = u32::from_str_radix(digits, 16).ok();
            self.offset += end.map_or(0, |end| end + 1);
            code
        } else {
            let leading = self.four_hex_digits();
            match leading {
                // A surrogate pair names one character outside the basic plane.
                Some(high @ 0xd800..=0xdbff) if self.rest().starts_with("\\u") => {
                    self.offset += 2;
                    self.four_hex_digits()
                        .filter(|low| (0xdc00..=0xdfff).contains(low))
                        .map(|low| 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
                }
                other => other,
            }
        };
        code.and_then(char::from_u32).ok_or_else(|| self.error_at(start, "invalid unicode escape"))
    }

    fn four_hex_digits(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        let code = digits
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then(|| u32::from_str_radix(digits, 16).ok())
            .flatten()?;
        self.offset += 4;
        Some(code)
    }

    fn block_string(&mut self, start: usize) -> Result<Token<'a>, SyntaxError> {
        self.offset += 3;
        let mut raw = String::new();
        loop {
            let rest = self.rest();
            if rest.starts_with("\"\"\"") {
                self.offset += 3;
                return Ok(Token::String(dedent(&raw)));
            }
            if rest.starts_with("\\\"\"\"") {
                self.offset += 4;
                raw.push_str("\"\"\"");
                continue;
            }
            let Some(next) = rest.chars().next() else {
                return Err(self.error_at(start, "unterminated block string"));
            };
            self.offset += next.len_utf8();
            raw.push(next);
        }
    }
}

/// GraphQL specification §2.9.4, `BlockStringValue`.
fn dedent(raw: &str) -> String {
    let normalised = raw.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = normalised.split('\n').collect();
    let blank = |line: &&str| line.trim_matches([' ', '\t']).is_empty();
    let indent = lines
        .iter()
        .skip(1)
        .filter(|line| !blank(line))
        .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or(0);
    let Some(first) = lines.iter().position(|line| !blank(line)) else {
        return String::new();
    };
    let last = lines.iter().rposition(|line| !blank(line)).unwrap_or(first);
    lines[first..=last]
        .iter()
        .enumerate()
        .map(|(index, line)| if first + index == 0 { line } else { line.get(indent..).unwrap_or_default() })
        .collect::<Vec<_>>()
        .join("\n")
}
