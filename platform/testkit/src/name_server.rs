//! A name server that answers as a test says, by datagram and over TCP; the numbers are those of RFC 1035 and RFC 2782.

#![allow(clippy::unwrap_used, reason = "it serves tests, which end by it")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};

/// IPv4 address.
pub const A: u16 = 1;
/// IPv6 address.
pub const AAAA: u16 = 28;
/// Service.
pub const SRV: u16 = 33;

/// The server cannot answer.
pub const SERVER_FAILURE: u8 = 2;
/// The name does not exist.
pub const NO_SUCH_NAME: u8 = 3;

/// What there is to say of a name and a kind.
#[derive(Clone, Default)]
pub struct Reply {
    /// The code of the answer; 0 is success.
    pub code: u8,
    /// Whether a datagram is too small for it.
    pub truncated: bool,
    /// How long it may be kept, in seconds.
    pub lifetime: u32,
    /// The data of each record.
    pub records: Vec<Vec<u8>>,
}

impl Reply {
    /// Records that live for a second.
    pub fn of(records: Vec<Vec<u8>>) -> Self {
        Self { records, lifetime: 1, ..Self::default() }
    }

    /// No records, and the code that says why.
    pub fn failed(code: u8) -> Self {
        Self { code, ..Self::default() }
    }
}

/// How a question came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// In a datagram.
    Datagram,
    /// Over TCP.
    Tcp,
}

#[derive(Default)]
struct State {
    replies: BTreeMap<(String, u16), Reply>,
    asked: Vec<(String, u16, By)>,
}

/// The server; names that it was not told of have no records.
pub struct NameServer {
    /// Where it listens, by datagram and over TCP.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl NameServer {
    /// Begins to answer on a port of its own.
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let (socket, listener) = at_one_port().await;
        let address = socket.local_addr().unwrap();
        let told = Arc::clone(&state);
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            loop {
                let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
                let answer = answer(&told, &buffer[..length], By::Datagram);
                socket.send_to(&answer, client).await.unwrap();
            }
        });
        let told = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let length = stream.read_u16().await.unwrap();
                let mut question = vec![0; usize::from(length)];
                stream.read_exact(&mut question).await.unwrap();
                let answer = answer(&told, &question, By::Tcp);
                stream.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
                stream.write_all(&answer).await.unwrap();
            }
        });
        Self { address, state }
    }

    /// What it answers from now on.
    pub fn tell(&self, name: &str, kind: u16, reply: Reply) {
        self.state.lock().replies.insert((name.to_owned(), kind), reply);
    }

    /// How often somebody has asked.
    pub fn asked(&self, name: &str, kind: u16, by: By) -> usize {
        let asked = &self.state.lock().asked;
        asked.iter().filter(|(about, of, how)| about == name && *of == kind && *how == by).count()
    }
}

/// Both kinds of sockets at one port, which is free for both.
async fn at_one_port() -> (UdpSocket, TcpListener) {
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(socket) = UdpSocket::bind(listener.local_addr().unwrap()).await {
            return (socket, listener);
        }
    }
}

fn answer(state: &Mutex<State>, question: &[u8], by: By) -> Vec<u8> {
    let (mut at, mut labels) = (12, Vec::new());
    while question[at] != 0 {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8(question[at + 1..end].to_vec()).unwrap());
        at = end;
    }
    let name = labels.join(".");
    let kind = u16::from_be_bytes([question[at + 1], question[at + 2]]);
    let mut state = state.lock();
    state.asked.push((name.clone(), kind, by));
    let reply = state.replies.get(&(name, kind)).cloned().unwrap_or_default();
    let cut = reply.truncated && by == By::Datagram;
    let mut answer = question.to_vec();
    answer[2..4].copy_from_slice(&[if cut { 0x83 } else { 0x81 }, 0x80 | reply.code]);
    if cut {
        return answer;
    }
    answer[7] = u8::try_from(reply.records.len()).unwrap();
    for record in reply.records {
        // The name of the question, the Internet.
        answer.extend_from_slice(&[0xc0, 12]);
        answer.extend_from_slice(&kind.to_be_bytes());
        answer.extend_from_slice(&[0, 1]);
        answer.extend_from_slice(&reply.lifetime.to_be_bytes());
        answer.extend_from_slice(&u16::try_from(record.len()).unwrap().to_be_bytes());
        answer.extend_from_slice(&record);
    }
    answer
}
