//! Frames of the WebSocket protocol (RFC 6455 §5), as a server writes and reads them; no extension is spoken.

use bytes::{Buf as _, Bytes, BytesMut};

/// Largest message that a client may send, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// Largest payload of a control frame, in bytes (RFC 6455 §5.5).
const MAX_CONTROL_BYTES: usize = 125;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// A ping with nothing in it.
pub const EMPTY_PING: &[u8] = &[FIN | PING, 0];

/// The head of a frame that a server sends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head {
    bytes: [u8; 10],
    length: u8,
}

impl Head {
    /// Of a whole text message of so many bytes.
    pub fn of_text(payload: usize) -> Self {
        let mut head = Self::default();
        head.bytes[0] = FIN | TEXT;
        // The shortest of three forms (RFC 6455 §5.2).
        if let Ok(short @ ..=125) = u8::try_from(payload) {
            head.bytes[1] = short;
            head.length = 2;
        } else if let Ok(medium) = u16::try_from(payload) {
            head.bytes[1] = 126;
            head.bytes[2..4].copy_from_slice(&medium.to_be_bytes());
            head.length = 4;
        } else {
            head.bytes[1] = 127;
            head.bytes[2..10].copy_from_slice(&(payload as u64).to_be_bytes());
            head.length = 10;
        }
        head
    }

    /// Its bytes; none of the default.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// A close frame; of the reason as much as fits.
pub fn close(code: u16, reason: &str) -> Bytes {
    let mut reason = reason;
    while reason.len() + 2 > MAX_CONTROL_BYTES {
        let shorter = reason.char_indices().next_back().map_or(0, |(index, _)| index);
        reason = &reason[..shorter];
    }
    control(CLOSE, &[&code.to_be_bytes(), reason.as_bytes()])
}

/// The answer to a ping.
pub fn pong(payload: &[u8]) -> Bytes {
    control(PONG, &[payload])
}

fn control(opcode: u8, payload: &[&[u8]]) -> Bytes {
    let length: usize = payload.iter().map(|part| part.len()).sum();
    let mut frame = Vec::with_capacity(2 + length);
    frame.push(FIN | opcode);
    frame.push(u8::try_from(length).expect("a control frame is short"));
    for part in payload {
        frame.extend_from_slice(part);
    }
    Bytes::from(frame)
}

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A text message.
    Text(String),
    /// A binary message, which is not looked at.
    Binary,
    /// Asks for a pong with the same payload.
    Ping(Bytes),
    /// A sign of life.
    Pong,
    /// The client goes; with the code to answer, if it gave one.
    Close(Option<u16>),
}

/// How a client breaks the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// What came is no frame, or not where it may be.
    Malformed,
    /// A text message is not UTF-8.
    NotText,
    /// A message is larger than allowed.
    TooLarge,
}

/// Reads the frames of a client, however the network cuts them; holds nothing between two messages.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What came and is not read yet.
    input: BytesMut,
    /// The beginning of a message in several frames, and whether it is text.
    message: Option<(bool, Vec<u8>)>,
}

struct Header {
    fin: bool,
    opcode: u8,
    payload: usize,
    mask: [u8; 4],
    length: usize,
}

impl Decoder {
    /// Takes what the network brought.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// The next that is complete. After an error there is nothing more to be read.
    pub fn next(&mut self) -> Result<Option<Incoming>, Violation> {
        loop {
            let header = self.header()?;
            let Some(header) = header.filter(|header| self.input.len() >= header.length + header.payload) else {
                if self.input.is_empty() {
                    // A connection that says nothing keeps no buffer.
                    self.input = BytesMut::new();
                }
                return Ok(None);
            };
            self.input.advance(header.length);
            let mut payload = self.input.split_to(header.payload);
            unmask(&mut payload, header.mask);
            if let Some(incoming) = self.take(&header, &payload)? {
                return Ok(Some(incoming));
            }
        }
    }

    /// The head of the next frame, when all of it is there and it is allowed where it is.
    fn header(&self) -> Result<Option<Header>, Violation> {
        let &[first, second, ref rest @ ..] = &self.input[..] else { return Ok(None) };
        let (fin, opcode) = (first & FIN != 0, first & 0x0F);
        // RFC 6455 §5.1 and §5.2: what a client sends is masked, and bits of extensions are set by nobody here.
        if first & 0x70 != 0 || second & MASKED == 0 {
            return Err(Violation::Malformed);
        }
        let (payload, extended) = match second & 0x7F {
            126 => match rest.first_chunk() {
                Some(length) => (u64::from(u16::from_be_bytes(*length)), 2),
                None => return Ok(None),
            },
            127 => match rest.first_chunk() {
                Some(length) => (u64::from_be_bytes(*length), 8),
                None => return Ok(None),
            },
            short => (u64::from(short), 0),
        };
        let payload = usize::try_from(payload).map_err(|_| Violation::TooLarge)?;
        match opcode {
            CLOSE | PING | PONG if fin && payload <= MAX_CONTROL_BYTES => {}
            TEXT | BINARY if self.message.is_none() => {}
            CONTINUATION if self.message.is_some() => {}
            _ => return Err(Violation::Malformed),
        }
        let before = self.message.as_ref().map_or(0, |(_, before)| before.len());
        // Told by the head, so that nothing of what is too large is gathered.
        if opcode < CLOSE && payload.saturating_add(before) > MAX_MESSAGE_BYTES {
            return Err(Violation::TooLarge);
        }
        let mask = rest.get(extended..).and_then(|rest| rest.first_chunk().copied());
        Ok(mask.map(|mask| Header { fin, opcode, payload, mask, length: 2 + extended + 4 }))
    }

    /// Takes a frame whose payload is no longer masked.
    fn take(&mut self, header: &Header, payload: &[u8]) -> Result<Option<Incoming>, Violation> {
        let (text, whole) = match header.opcode {
            PING => return Ok(Some(Incoming::Ping(Bytes::copy_from_slice(payload)))),
            PONG => return Ok(Some(Incoming::Pong)),
            CLOSE => return close_code(payload).map(|code| Some(Incoming::Close(code))),
            CONTINUATION => {
                let (text, mut whole) = self.message.take().expect("the head was checked");
                whole.extend_from_slice(payload);
                (text, whole)
            }
            opcode => (opcode == TEXT, payload.to_vec()),
        };
        if !header.fin {
            self.message = Some((text, whole));
            return Ok(None);
        }
        if !text {
            return Ok(Some(Incoming::Binary));
        }
        String::from_utf8(whole).map(|text| Some(Incoming::Text(text))).map_err(|_| Violation::NotText)
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    for chunk in payload.chunks_mut(4) {
        for (byte, mask) in chunk.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
}

/// RFC 6455 §5.5.1 and §7.4: a code that may be on the wire, and a reason in UTF-8.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(None) } else { Err(Violation::Malformed) };
    };
    let code = u16::from_be_bytes(*code);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Violation::Malformed);
    }
    std::str::from_utf8(reason).map(|_| Some(code)).map_err(|_| Violation::NotText)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A frame as a client sends it.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [0x12, 0x34, 0x56, 0x78];
        let mut bytes = Head::of_text(payload.len()).as_slice().to_vec();
        bytes[0] = first;
        bytes[1] |= MASKED;
        bytes.extend_from_slice(&mask);
        let mut payload = payload.to_vec();
        unmask(&mut payload, mask);
        bytes.extend_from_slice(&payload);
        bytes
    }

    fn read(bytes: &[u8], chunk: usize) -> Result<Vec<Incoming>, Violation> {
        let (mut decoder, mut read) = (Decoder::default(), Vec::new());
        for chunk in bytes.chunks(chunk) {
            decoder.feed(chunk);
            while let Some(incoming) = decoder.next()? {
                read.push(incoming);
            }
        }
        Ok(read)
    }

    #[test]
    fn messages_are_read_however_they_are_cut_and_whatever_comes_between() {
        let long = "ö".repeat(40_000);
        let (first, second) = long.as_bytes().split_at(33_333);
        let frames = [
            frame(FIN | TEXT, b"one"),
            // A character may be cut in two.
            frame(TEXT, first),
            frame(FIN | PING, b"are you there"),
            frame(CONTINUATION, b""),
            frame(FIN | CONTINUATION, second),
            frame(FIN | BINARY, &[0xFF]),
            frame(FIN | PONG, b""),
            frame(FIN | CLOSE, &[0x03, 0xE8, b'b', b'y', b'e']),
        ]
        .concat();
        let expected = [
            Incoming::Text("one".to_owned()),
            Incoming::Ping(Bytes::from_static(b"are you there")),
            Incoming::Text(long),
            Incoming::Binary,
            Incoming::Pong,
            Incoming::Close(Some(1000)),
        ];
        for chunk in [1, 2, 7, 4096, usize::MAX] {
            assert_eq!(read(&frames, chunk).as_deref(), Ok(&expected[..]), "{chunk}");
        }
    }

    #[test]
    fn nothing_is_kept_between_messages() {
        let mut decoder = Decoder::default();
        decoder.feed(&frame(FIN | TEXT, &[b'a'; 5000]));
        assert!(decoder.next().unwrap().is_some());
        assert_eq!(decoder.next(), Ok(None));
        assert_eq!(decoder.input.capacity(), 0);
    }

    #[test]
    fn what_breaks_the_protocol_is_named() {
        use Violation::{Malformed, NotText, TooLarge};
        let unmasked = [FIN | TEXT, 1, b'a'].to_vec();
        let too_large = [&[FIN | BINARY, MASKED | 127][..], &(1_u64 << 40).to_be_bytes(), &[0; 4]].concat();
        let in_parts = [frame(TEXT, &vec![b'a'; MAX_MESSAGE_BYTES]), frame(CONTINUATION, b"a")].concat();
        for (violation, bytes) in [
            (Malformed, unmasked),
            (Malformed, frame(FIN | 0x40 | TEXT, b"compressed")),
            (Malformed, frame(FIN | 0x3, b"of no known kind")),
            (Malformed, frame(FIN | CONTINUATION, b"of nothing")),
            (Malformed, [frame(TEXT, b"a"), frame(FIN | TEXT, b"within another")].concat()),
            (Malformed, frame(PING, b"in parts")),
            (Malformed, frame(FIN | PING, &[0; 126])),
            (Malformed, frame(FIN | CLOSE, &[3])),
            (Malformed, frame(FIN | CLOSE, &1005_u16.to_be_bytes())),
            (NotText, frame(FIN | CLOSE, &[3, 0xE8, 0xFF])),
            (NotText, frame(FIN | TEXT, &[0xFF])),
            (TooLarge, too_large),
            (TooLarge, in_parts),
        ] {
            assert_eq!(read(&bytes, usize::MAX), Err(violation), "{:?}", &bytes[..bytes.len().min(20)]);
        }
    }

    #[test]
    fn lengths_have_the_shortest_of_three_forms() {
        for (payload, head) in [
            (0, &[0x81, 0][..]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (65_535, &[0x81, 126, 0xFF, 0xFF]),
            (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            assert_eq!(Head::of_text(payload).as_slice(), head);
        }
    }

    #[test]
    fn a_close_says_as_much_as_fits() {
        assert_eq!(&close(1001, "bye")[..], [0x88, 5, 0x03, 0xE9, b'b', b'y', b'e']);
        let long = close(4409, &"ö".repeat(100));
        assert_eq!((long.len(), long[1]), (126, 124), "no character is cut");
    }
}
