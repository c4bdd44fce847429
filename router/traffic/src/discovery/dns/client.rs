//! Asks name servers: by datagram, and over TCP what does not fit into one (RFC 7766).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use rand::Rng as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::Found;
use super::message::{self, A, AAAA, Answer, Record, SRV, Service};

/// How long one server may take before the next one is asked.
const PATIENCE: Duration = Duration::from_secs(2);
/// Rounds through all servers.
const ROUNDS: usize = 2;
/// Larger datagrams are not asked for (RFC 1035 §4.2.1), but some servers send them.
const DATAGRAM_BYTES: usize = 4096;
/// The name does not exist (RFC 1035 §4.1.1).
const NO_SUCH_NAME: u8 = 3;
/// An answer without records counts for this long.
const NOTHING_LASTS: u32 = 5;

pub(super) struct Client {
    servers: Vec<SocketAddr>,
}

impl Client {
    /// Asks these servers; without any, those of `/etc/resolv.conf`.
    pub(super) fn new(servers: &[SocketAddr]) -> Self {
        let servers = if servers.is_empty() { of_system() } else { servers.to_vec() };
        Self { servers }
    }

    pub(super) async fn services(&self, name: &str) -> Found<Service> {
        let answer = self.ask(name, SRV).await?;
        Ok(found(answer, |record| match record {
            // A single dot says that there is decidedly no such service (RFC 2782).
            Record::Service(service) if !service.target.is_empty() => Some(service),
            _ => None,
        }))
    }

    pub(super) async fn addresses(&self, host: &str) -> Found<IpAddr> {
        let address = |record| match record {
            Record::Address(address) => Some(address),
            _ => None,
        };
        let (four, six) = tokio::join!(self.ask(host, A), self.ask(host, AAAA));
        match (four, six) {
            (Ok(four), Ok(six)) => {
                let ((mut all, lifetime), (six, six_lifetime)) = (found(four, address), found(six, address));
                // Nothing of one kind must not make the other kind short-lived.
                let lifetime = match (all.is_empty(), six.is_empty()) {
                    (false, true) => lifetime,
                    (true, false) => six_lifetime,
                    _ => lifetime.min(six_lifetime),
                };
                all.extend(six);
                Ok((all, lifetime))
            }
            (Ok(one), Err(error)) | (Err(error), Ok(one)) => match found(one, address) {
                // That there is none of one kind says nothing of the other.
                (nothing, _) if nothing.is_empty() => Err(error),
                some => Ok(some),
            },
            (Err(error), Err(_)) => Err(error),
        }
    }

    async fn ask(&self, name: &str, kind: u16) -> io::Result<Answer> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "no name server is known");
        for server in self.servers.iter().cycle().take(self.servers.len() * ROUNDS) {
            let question = message::question(rand::rng().random(), name, kind);
            let question = question.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no name of a host"))?;
            let answer = match timeout(PATIENCE, by_datagram(*server, &question)).await {
                Ok(Ok(answer)) if answer.truncated => timeout(PATIENCE, over_tcp(*server, &question)).await,
                other => other,
            };
            match answer.unwrap_or_else(|late| Err(late.into())) {
                Ok(answer) if answer.code == 0 || answer.code == NO_SUCH_NAME => return Ok(answer),
                Ok(answer) => last = io::Error::other(format!("the name server refuses with code {}", answer.code)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

async fn by_datagram(server: SocketAddr, question: &[u8]) -> io::Result<Answer> {
    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    // A port of its own, chosen by the system, for each question: answers are hard to forge (RFC 5452 §9.2).
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(question).await?;
    let mut buffer = vec![0; DATAGRAM_BYTES];
    loop {
        let length = socket.recv(&mut buffer).await?;
        // Whatever else arrives is somebody else's.
        if let Some(answer) = message::answer(question, &buffer[..length]) {
            return Ok(answer);
        }
    }
}

async fn over_tcp(server: SocketAddr, question: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(question.len()).expect("a question is short");
    stream.write_all(&[&length.to_be_bytes(), question].concat()).await?;
    let length = stream.read_u16().await?;
    let mut buffer = vec![0; usize::from(length)];
    stream.read_exact(&mut buffer).await?;
    message::answer(question, &buffer).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a broken answer"))
}

fn found<T>(answer: Answer, wanted: impl Fn(Record) -> Option<T>) -> (Vec<T>, Duration) {
    let lifetime = answer.records.iter().map(|(_, lifetime)| *lifetime).min().unwrap_or(NOTHING_LASTS);
    let found = answer.records.into_iter().filter_map(|(record, _)| wanted(record)).collect();
    (found, Duration::from_secs(lifetime.into()))
}

/// resolv.conf(5).
fn of_system() -> Vec<SocketAddr> {
    let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let servers = text.lines().filter_map(|line| line.strip_prefix("nameserver"));
    servers.filter_map(|address| address.trim().parse().ok()).map(|address: IpAddr| (address, 53).into()).collect()
}
