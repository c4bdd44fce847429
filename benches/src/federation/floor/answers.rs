//! Requests over HTTP with nothing in between: one read, one write, and as many small round trips as the router has fetches.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::task::JoinSet;

use crate::program::Program;

/// Bytes of the head of a request or an answer beside its body, about as many as the router's calls have.
const HEAD: u64 = 200;
/// The longest request that is read.
const LONGEST: usize = 64 * 1024;

/// What the process does.
#[derive(clap::Args)]
pub struct Options {
    /// The file whose bytes are the body of each answer.
    #[arg(long)]
    answer: PathBuf,
    /// Whom to ask before each answer.
    #[arg(long)]
    upstream: Option<SocketAddr>,
    /// How often.
    #[arg(long, default_value_t = 0)]
    times: usize,
    /// Bytes of each question.
    #[arg(long, default_value_t = 0)]
    sent: usize,
    /// Bytes of its answer.
    #[arg(long, default_value_t = 0)]
    received: usize,
}

/// The round trips before each answer.
#[derive(Clone, Copy, Debug)]
pub struct RoundTrips {
    /// How many.
    pub times: u64,
    /// Bytes of all questions' bodies.
    pub sent: u64,
    /// Bytes of all answers' bodies.
    pub received: u64,
}

/// The process, and whom it asks.
pub struct Bare {
    /// The process that answers.
    pub program: Program,
    /// Where.
    pub address: SocketAddr,
    _upstream: JoinSet<()>,
    _folder: TempDir,
}

impl Bare {
    /// Starts it with the body of its answers, and with round trips to this process before each of them.
    pub async fn start(answer: &Bytes, round_trips: Option<RoundTrips>) -> anyhow::Result<Self> {
        let folder = crate::folder::temporary()?;
        let file = folder.path().join("answer.json");
        tokio::fs::write(&file, answer).await?;
        let mut command = Command::new(std::env::current_exe().context("this program has no path")?);
        command.args(["floor", "answers", "--answer"]).arg(&file);
        let mut upstream = JoinSet::new();
        if let Some(RoundTrips { times, sent, received }) = round_trips.filter(|trips| trips.times > 0) {
            let (sent, received) = (HEAD + sent / times, HEAD + received / times);
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            command.args(["--upstream", &listener.local_addr()?.to_string(), "--times", &times.to_string()]);
            command.args(["--sent", &sent.to_string(), "--received", &received.to_string()]);
            upstream.spawn(reply(listener, usize::try_from(sent)?, usize::try_from(received)?));
        }
        let program = Program::start(command, "floor on").await?;
        let address = program.said.rsplit(' ').next().context("it says where")?.parse()?;
        Ok(Self { program, address, _upstream: upstream, _folder: folder })
    }
}

/// Answers every so many bytes by so many bytes.
async fn reply(listener: TcpListener, question: usize, answer: usize) {
    let answer: Arc<[u8]> = vec![b'.'; answer].into();
    let mut connections = JoinSet::new();
    loop {
        let Ok((mut stream, _)) = listener.accept().await else { continue };
        let answer = Arc::clone(&answer);
        connections.spawn(async move {
            // A failure only delays small answers.
            let _ = stream.set_nodelay(true);
            let mut read = vec![0; question];
            while stream.read_exact(&mut read).await.is_ok() && stream.write_all(&answer).await.is_ok() {}
        });
    }
}

/// Serves until it is ended.
pub async fn serve(options: Options) -> anyhow::Result<()> {
    let body = read(&options.answer).await?;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    let answer: Arc<[u8]> = [head.as_bytes(), &body].concat().into();
    let options = Arc::new(options);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("floor on {}", listener.local_addr()?);
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (options, answer) = (Arc::clone(&options), Arc::clone(&answer));
        connections.spawn(async move {
            // Clients leave as they like.
            let _ = answer_all(stream, &options, &answer).await;
        });
    }
}

async fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    tokio::fs::read(file).await.with_context(|| file.display().to_string())
}

async fn answer_all(mut stream: TcpStream, options: &Options, answer: &[u8]) -> anyhow::Result<()> {
    let mut upstream = match options.upstream {
        Some(address) => Some(TcpStream::connect(address).await?),
        None => None,
    };
    if let Some(upstream) = &upstream {
        upstream.set_nodelay(true)?;
    }
    let question = vec![b'?'; options.sent];
    let mut reply = vec![0; options.received];
    let mut request = vec![0; LONGEST];
    let mut length = 0;
    loop {
        let read = stream.read(&mut request[length..]).await?;
        if read == 0 {
            return Ok(());
        }
        length += read;
        match whole(&request[..length]) {
            Some(bytes) if bytes == length => length = 0,
            _ if length == LONGEST => bail!("a request is too long"),
            _ => continue,
        }
        if let Some(upstream) = &mut upstream {
            for _ in 0..options.times {
                upstream.write_all(&question).await?;
                upstream.read_exact(&mut reply).await?;
            }
        }
        stream.write_all(answer).await?;
    }
}

/// The length of a request with its body, once its head is there.
fn whole(request: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length: ";
    let head = request.windows(4).position(|four| four == b"\r\n\r\n")?;
    let from = request[..head].windows(NAME.len()).position(|part| part.eq_ignore_ascii_case(NAME))? + NAME.len();
    let digits = request[from..head].iter().take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    Some(head + 4 + body)
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn a_request_is_whole_with_its_last_byte() {
        let request = b"POST /graphql HTTP/1.1\r\nhost: a\r\nContent-Length: 12\r\n\r\n{\"query\":\"\"}";
        assert_eq!(whole(request), Some(request.len()));
        assert_eq!(whole(&request[..30]), None);
    }
}
