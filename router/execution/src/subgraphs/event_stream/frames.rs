//! Reads Server-Sent Events as they arrive, cut at any byte (WHATWG HTML §9.2, "Interpreting an event stream").

use std::time::Duration;

use bytes::{Bytes, BytesMut};

/// Something on the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its type, `message` unless it was named.
    pub event: String,
    /// Its data; lines are joined by line feeds.
    pub data: Bytes,
}

/// An event that is larger than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

/// The state between two chunks of bytes.
#[derive(Debug)]
pub struct Frames {
    limit: usize,
    line: BytesMut,
    /// The last byte was a carriage return, after which a line feed is no line of its own.
    after_return: bool,
    /// Nothing was read yet, so that a byte order mark may come.
    at_start: bool,
    event: BytesMut,
    data: BytesMut,
    /// Whether the event under way has data, which may be empty.
    has_data: bool,
    id: Option<String>,
    /// The identifier of the last event that was complete.
    last_id: Option<String>,
    retry: Option<Duration>,
}

impl Frames {
    /// A stream whose events hold at most so many bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            line: BytesMut::new(),
            after_return: false,
            at_start: true,
            event: BytesMut::new(),
            data: BytesMut::new(),
            has_data: false,
            id: None,
            last_id: None,
            retry: None,
        }
    }

    /// Where the stream could be resumed: the last identifier that came with a complete event. An empty one takes those before it back.
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// How long the other side wants to be left alone before it is called again.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Reads on, and hands over each event that is complete.
    pub fn read(&mut self, mut bytes: &[u8], mut complete: impl FnMut(Frame)) -> Result<(), TooLarge> {
        while let Some(&first) = bytes.first() {
            if std::mem::take(&mut self.after_return) && first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let piece = &bytes[..end.unwrap_or(bytes.len())];
            if self.line.len() + self.data.len() + piece.len() > self.limit {
                return Err(TooLarge);
            }
            self.line.extend_from_slice(piece);
            let Some(end) = end else { return Ok(()) };
            self.after_return = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            let line = self.line.split();
            if let Some(frame) = self.take_line(&line) {
                complete(frame);
            }
        }
        Ok(())
    }

    fn take_line(&mut self, line: &[u8]) -> Option<Frame> {
        let line = match line.strip_prefix("\u{feff}".as_bytes()) {
            Some(rest) if self.at_start => rest,
            _ => line,
        };
        self.at_start = false;
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            // A comment.
            Some(0) => return None,
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => self.event = BytesMut::from(value),
            b"data" => {
                if self.has_data {
                    self.data.extend_from_slice(b"\n");
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"id" if !value.contains(&0) => self.id = Some(String::from_utf8_lossy(value).into_owned()),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let milliseconds = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
                self.retry = milliseconds.map(Duration::from_millis);
            }
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<Frame> {
        if let Some(id) = self.id.take() {
            self.last_id = Some(id);
        }
        let (event, data) = (self.event.split(), self.data.split().freeze());
        if !std::mem::take(&mut self.has_data) && event.is_empty() {
            return None;
        }
        // The standard drops an event without data. `complete` of graphql-sse has none by its own protocol.
        let event = if event.is_empty() { "message".to_owned() } else { String::from_utf8_lossy(&event).into_owned() };
        Some(Frame { event, data })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(chunks: &[&[u8]]) -> (Vec<(String, String)>, Frames) {
        let mut frames = Frames::new(1024);
        let mut read = Vec::new();
        for chunk in chunks {
            frames
                .read(chunk, |frame| read.push((frame.event, String::from_utf8(frame.data.to_vec()).unwrap())))
                .unwrap();
        }
        (read, frames)
    }

    fn one(event: &str, data: &str) -> (String, String) {
        (event.to_owned(), data.to_owned())
    }

    const STREAM: &str = "\u{feff}: hello\r\nretry: 250\r\nid: 7\r\nevent: next\r\ndata: {\"a\":\r\ndata:1}\r\n\r\n:\n\n\
        event:next\rdata\rid\r\rdata: ünï\n\nevent: complete\n\nid: 9\nevent: next\ndata: cut";

    #[test]
    fn events_are_read_wherever_they_are_cut() {
        let expected = [one("next", "{\"a\":\n1}"), one("next", ""), one("message", "ünï"), one("complete", "")];
        let bytes = STREAM.as_bytes();
        let (whole, frames) = read(&[bytes]);
        assert_eq!(whole, expected);
        assert_eq!(frames.retry(), Some(Duration::from_millis(250)));
        assert_eq!(
            frames.last_id(),
            Some(""),
            "the second event took the identifier back, and the last one is not complete"
        );
        for first in 0..bytes.len() {
            for second in first..bytes.len() {
                let (cut, _) = read(&[&bytes[..first], &bytes[first..second], &bytes[second..]]);
                assert_eq!(cut, expected, "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn an_event_knows_where_it_stands() {
        let (_, frames) = read(&[b"id: a\ndata: 1\n\nid: b\ndata: 2\n"]);
        assert_eq!(frames.last_id(), Some("a"));
        let (_, frames) = read(&[b"id: a\ndata: 1\n\nid: b\0\nretry: x\nretry: -1\ndata: 2\n\n"]);
        assert_eq!((frames.last_id(), frames.retry()), (Some("a"), None));
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut frames = Frames::new(100);
        assert_eq!(frames.read(&[b'x'; 101], |_| panic!("it is not complete")), Err(TooLarge));
        let mut frames = Frames::new(100);
        let lines = "data: 12345678901\n".repeat(50);
        assert_eq!(frames.read(lines.as_bytes(), |_| panic!("it is not complete")), Err(TooLarge));
        let mut frames = Frames::new(100);
        let events = "data: 12345678901\n\n".repeat(50);
        let mut count = 0;
        frames.read(events.as_bytes(), |_| count += 1).unwrap();
        assert_eq!(count, 50);
    }
}
