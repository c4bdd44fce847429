//! A strict JSON scanner (RFC 8259) that finds where values begin and end without building them.

use std::ops::Range;

/// Nesting beyond which a document is refused.
const MAX_DEPTH: usize = 256;

/// The bytes are not JSON, or not the JSON that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub(crate) struct Malformed {
    what: &'static str,
    at: usize,
}

/// That the bytes are malformed; the scanner knows where and why. Results that hold no more than this stay in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault;

/// Reads one document from front to back.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    position: usize,
    depth: usize,
    fault: Option<Malformed>,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, depth: 0, fault: None }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn slice(&self, start: usize) -> &'a [u8] {
        &self.bytes[start..self.position]
    }

    /// Notes what is wrong at the present position.
    pub(crate) fn malformed(&mut self, what: &'static str) -> Fault {
        self.malformed_at(what, self.position)
    }

    #[cold]
    fn malformed_at(&mut self, what: &'static str, at: usize) -> Fault {
        self.fault = Some(Malformed { what, at });
        Fault
    }

    /// What was wrong; none while nothing is.
    pub(crate) fn fault(&self) -> Option<Malformed> {
        self.fault
    }

    /// Whether this byte comes next, without white space before it.
    #[inline]
    pub(crate) fn is_next(&self, byte: u8) -> bool {
        self.bytes.get(self.position) == Some(&byte)
    }

    /// The next byte that is no white space; it stays.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<u8, Fault> {
        loop {
            match self.bytes.get(self.position) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.position += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(self.malformed("unexpected end")),
            }
        }
    }

    /// Takes the next byte that is no white space, which must be this one.
    pub(crate) fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Fault> {
        if self.peek()? == byte {
            self.position += 1;
            Ok(())
        } else {
            Err(self.malformed(what))
        }
    }

    /// Takes `{` or `[`.
    pub(crate) fn enter(&mut self) -> Result<(), Fault> {
        self.position += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.malformed("nested too deeply")) } else { Ok(()) }
    }

    /// After `{` or an entry: whether another entry follows. Takes the comma, or the closing byte.
    #[inline]
    pub(crate) fn another(&mut self, first: bool, close: u8) -> Result<bool, Fault> {
        match self.peek()? {
            byte if byte == close => {
                self.position += 1;
                self.depth -= 1;
                Ok(false)
            }
            b',' if !first => {
                self.position += 1;
                if self.peek()? == close { Err(self.malformed("a trailing comma")) } else { Ok(true) }
            }
            _ if first => Ok(true),
            _ => Err(self.malformed("expected a comma or an end")),
        }
    }

    /// Takes a key and its colon; the key comes without its quotes and as it is written.
    pub(crate) fn key(&mut self) -> Result<&'a [u8], Fault> {
        if self.peek()? != b'"' {
            return Err(self.malformed("expected a key"));
        }
        let start = self.position + 1;
        self.string()?;
        let key = &self.bytes[start..self.position - 1];
        self.expect(b':', "expected a colon")?;
        Ok(key)
    }

    /// Takes these bytes when they come next, without white space between.
    #[inline]
    pub(crate) fn take(&mut self, expected: &[u8]) -> bool {
        let comes = self.bytes.get(self.position..).is_some_and(|rest| rest.starts_with(expected));
        if comes {
            self.position += expected.len();
        }
        comes
    }

    /// Takes the rest of the object that was entered at `start` when it is written in full like the one at `place`.
    pub(crate) fn leave_alike(&mut self, start: usize, place: Range<usize>) -> bool {
        let alike = self.bytes[start..].starts_with(&self.bytes[place.clone()]);
        if alike {
            self.position = start + place.len();
            self.depth -= 1;
        }
        alike
    }

    /// Takes the end of the document.
    pub(crate) fn finish(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Ok(_) => Err(self.malformed("something follows the document")),
            Err(_) => Ok(()),
        }
    }

    /// Takes one value of any kind and gives where it begins.
    pub(crate) fn value(&mut self) -> Result<usize, Fault> {
        let first = self.peek()?;
        let start = self.position;
        match first {
            b'"' => self.string()?,
            b'{' => {
                self.enter()?;
                let mut first = true;
                while self.another(first, b'}')? {
                    first = false;
                    self.key()?;
                    self.value()?;
                }
            }
            b'[' => {
                self.enter()?;
                let mut first = true;
                while self.another(first, b']')? {
                    first = false;
                    self.value()?;
                }
            }
            b't' => self.word(b"true")?,
            b'f' => self.word(b"false")?,
            b'n' => self.word(b"null")?,
            _ => self.number()?,
        }
        Ok(start)
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Fault> {
        if self.bytes[self.position..].starts_with(word) {
            self.position += word.len();
            Ok(())
        } else {
            Err(self.malformed("expected a value"))
        }
    }

    /// Takes a string, which begins here.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<(), Fault> {
        let (mut at, mut seen) = (self.position + 1, 0);
        loop {
            at = skip_plain(self.bytes, at, &mut seen);
            match self.bytes.get(at) {
                Some(b'"') => {
                    // All bytes outside strings are ASCII, or the document is malformed.
                    if seen & HIGH != 0 && std::str::from_utf8(&self.bytes[self.position..at]).is_err() {
                        return Err(self.malformed("a string that is not UTF-8"));
                    }
                    self.position = at + 1;
                    return Ok(());
                }
                Some(b'\\') => at = self.escape(at)?,
                Some(0..=0x1f) => return Err(self.malformed_at("a control character in a string", at)),
                Some(byte) => {
                    seen |= u64::from(*byte);
                    at += 1;
                }
                None => return Err(self.malformed_at("a string without an end", at)),
            }
        }
    }

    fn escape(&mut self, at: usize) -> Result<usize, Fault> {
        match self.bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') if self.bytes.get(at + 2..at + 6).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => {
                Ok(at + 6)
            }
            _ => Err(self.malformed_at("an unknown escape", at)),
        }
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.position;
        while self.bytes.get(self.position).is_some_and(u8::is_ascii_digit) {
            self.position += 1;
        }
        if self.position == start { Err(self.malformed("expected a digit")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.bytes.get(self.position) == Some(&b'-') {
            self.position += 1;
        }
        match self.bytes.get(self.position) {
            Some(b'0') => self.position += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.malformed("expected a value")),
        }
        if self.bytes.get(self.position) == Some(&b'.') {
            self.position += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.position), Some(b'e' | b'E')) {
            self.position += 1;
            if matches!(self.bytes.get(self.position), Some(b'+' | b'-')) {
                self.position += 1;
            }
            self.digits()?;
        }
        Ok(())
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Skips eight bytes at a time what needs no look inside a string: all but quotes, backslashes and control characters. The bits
/// of all that was skipped are added to `seen`.
#[inline]
fn skip_plain(bytes: &[u8], mut at: usize, seen: &mut u64) -> usize {
    // The lowest byte that is flagged is flagged rightly; only bytes above it may be flagged by a borrow.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let special = control | zero(word ^ (ONES * u64::from(b'"'))) | zero(word ^ (ONES * u64::from(b'\\')));
        if special != 0 {
            // Of the last word, what lies before the special byte.
            *seen |= word & (special ^ special.wrapping_sub(1));
            return at + (special.trailing_zeros() / 8) as usize;
        }
        *seen |= word;
        at += 8;
    }
    at
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Scanner;

    fn is_json(text: &str) -> bool {
        let mut scanner = Scanner::new(text.as_bytes());
        scanner.value().and_then(|_| scanner.finish()).is_ok()
    }

    #[test]
    fn it_accepts_exactly_what_serde_accepts() {
        let documents = [
            "null",
            " true ",
            "[]",
            "{}",
            "[1,2]",
            "[1,]",
            "[,1]",
            "{\"a\":1}",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "-0",
            "-",
            "1.",
            "1.5e+3",
            "1e",
            ".5",
            "\"\\u12aF\"",
            "\"\\u12g\"",
            "\"\\x\"",
            "\"a\nb\"",
            "\"",
            "nul",
            "truefalse",
            "[1 2]",
            "{\"a\" 1}",
            "",
            " ",
            "[[[{\"a\":[null,false,\"x\\n\"]}]]]",
            "\"a long string with ünïcode, an escape \\\" and an end\"",
            "\"eight by\u{1}te\"",
            "\"twelve bytes\\q\"",
            "\"1234567\"",
            "\"12345678\"",
            "\"123456789 without an end",
            "{}{}",
            "{\"a\":}",
            "[\"\\\"\"]",
        ];
        for document in documents {
            assert_eq!(is_json(document), serde_json::from_str::<serde_json::Value>(document).is_ok(), "{document}");
        }
    }

    #[test]
    fn strings_that_are_not_utf_8_are_refused_wherever_the_fault_is() {
        for length in 0..20 {
            for fault in [&b"\xff"[..], b"\xc3", b"\xe2\x82", b"\xed\xa0\x80"] {
                for place in 0..=length {
                    let mut text = vec![b'a'; length];
                    text.splice(place..place, fault.iter().copied());
                    let document = [b"[\"", &text[..], b"\", \"\xc3\xa4\", 1]"].concat();
                    let mut scanner = Scanner::new(&document);
                    assert!(scanner.value().is_err(), "{document:?}");
                }
            }
        }
        assert!(is_json("[\"\u{e4}\u{20ac}\u{1f600} and more\", \"\u{e4}\"]"));
        assert!(Scanner::new(b"[1, \xc3\xa4]").value().is_err());
    }

    #[test]
    fn endless_nesting_is_refused_instead_of_overflowing_the_stack() {
        assert!(!is_json(&"[".repeat(1_000_000)));
    }

    #[test]
    fn a_value_is_found_with_its_bounds() {
        let text = br#" {"a" : [1, "x"] } "#;
        let mut scanner = Scanner::new(text);
        let start = scanner.value().unwrap();
        assert_eq!(scanner.slice(start), br#"{"a" : [1, "x"] }"#);
    }
}
