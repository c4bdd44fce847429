//! Requests of HTTP/2 that are malformed (RFC 9113 §8.1.1, §8.2, §8.3): none of them becomes a request.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{PATIENCE, Platform, Transport};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// RFC 9113 §7.
const PROTOCOL_ERROR: u32 = 1;

const BODY: &str = r#"{"query":"{ trail }"}"#;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// Literal fields without indexing and without Huffman's code (RFC 7541 §6.2.2).
fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    fields.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

/// How the router takes a request.
#[derive(Debug, PartialEq)]
enum Taken {
    /// By an answer; whether its status is 200.
    Answered { well: bool },
    /// By ending the stream or the connection with an error.
    Refused { code: u32 },
}

async fn taken(platform: &Platform, head: &[(&str, &str)], body: &str) -> Taken {
    let mut stream = TcpStream::connect(platform.address).await.unwrap();
    let mut request = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    request.extend(frame(SETTINGS, 0, 0, &[]));
    request.extend(frame(HEADERS, END_HEADERS, 1, &fields(head)));
    request.extend(frame(DATA, END_STREAM, 1, body.as_bytes()));
    stream.write_all(&request).await.unwrap();
    let reading = async {
        loop {
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.unwrap();
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            stream.read_exact(&mut payload).await.unwrap();
            let number = |at: usize| u32::from_be_bytes(payload[at..at + 4].try_into().unwrap());
            match head[3] {
                // The status comes first; 0x88 is `:status: 200` (RFC 7541, appendix A). The table may have been resized before.
                HEADERS => {
                    let status = payload.iter().find(|byte| **byte & 0xe0 != 0x20).unwrap();
                    return Taken::Answered { well: *status == 0x88 };
                }
                RST_STREAM => return Taken::Refused { code: number(0) },
                GOAWAY => return Taken::Refused { code: number(4) },
                _ => {}
            }
        }
    };
    timeout(PATIENCE, reading).await.expect("it is taken in some way in time")
}

const USUAL: [(&str, &str); 5] = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/graphql"),
    (":authority", "a"),
    ("content-type", "application/json"),
];

#[tokio::test]
async fn malformed_requests_of_http_2_are_refused() {
    let platform = Platform::start(Transport::InProcess).await;
    assert_eq!(taken(&platform, &USUAL, BODY).await, Taken::Answered { well: true }, "one that is well formed");

    let with = |more: &[(&'static str, &'static str)]| [&USUAL, more].concat();
    let without = |name: &str| USUAL.into_iter().filter(|(known, _)| *known != name).collect::<Vec<_>>();
    for (what, head) in [
        ("two methods", [&[(":method", "GET")], &USUAL[..]].concat()),
        ("two paths", [&[(":path", "/health")], &USUAL[..]].concat()),
        ("no method", without(":method")),
        ("no scheme", without(":scheme")),
        ("no path", without(":path")),
        ("a pseudo-header after the others", with(&[(":path", "/graphql")])),
        ("a pseudo-header of an answer", [&[(":status", "200")], &USUAL[..]].concat()),
        ("a pseudo-header that nobody knows", [&[(":evil", "1")], &USUAL[..]].concat()),
        ("a name in capital letters", with(&[("X-One", "a")])),
        ("a header of one connection", with(&[("connection", "keep-alive")])),
        ("a coding of HTTP/1.1", with(&[("transfer-encoding", "chunked")])),
        ("an upgrade", with(&[("upgrade", "websocket")])),
        ("trailers that nobody understands", with(&[("te", "gzip")])),
        ("a second request in a value", with(&[("x-one", "a\r\n\r\nGET / HTTP/1.1")])),
        ("a zero in a value", with(&[("x-one", "a\0b")])),
        ("a colon in a name", with(&[("x:one", "a")])),
        ("a length that is less than the body", with(&[("content-length", "4")])),
        ("a length that is more than the body", with(&[("content-length", "400")])),
        ("two lengths", with(&[("content-length", "21"), ("content-length", "22")])),
    ] {
        match taken(&platform, &head, BODY).await {
            Taken::Refused { code } => assert_eq!(code, PROTOCOL_ERROR, "{what}"),
            Taken::Answered { well } => assert!(!well, "{what} was answered as if it were a request"),
        }
    }
    assert!(platform.ask("{ trail }").await["data"]["trail"].is_string());
}
