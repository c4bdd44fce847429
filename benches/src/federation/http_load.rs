//! Load over HTTP: some connections, each asking again as soon as it has its answer, and every answer checked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::latency::Latencies;
use crate::process::{CpuMeter, Memory, memory_of_tree};

/// What is asked of whom.
#[derive(Clone)]
pub struct Load {
    /// Who answers.
    pub address: SocketAddr,
    /// Its process, whose processor time counts; with those of its children, as some peers have workers.
    pub pid: u32,
    /// The operations: each connection goes through them in turn.
    pub operations: Arc<Vec<Operation>>,
    /// Requests under way at once.
    pub connections: usize,
    /// For how long.
    pub during: Duration,
    /// At most so many requests in all.
    pub at_most: usize,
    /// Whether every request has an `Authorization` of its own, so that nobody may answer two of them together.
    pub distinct: bool,
}

/// An operation with the answer that it must have.
pub struct Operation {
    body: Bytes,
    expected: Value,
}

impl Operation {
    /// An operation whose answer is known.
    pub fn new(query: &str, expected: Value) -> Self {
        Self { body: request(query), expected }
    }
}

fn request(query: &str) -> Bytes {
    json!({ "query": query }).to_string().into()
}

/// What a run has shown.
pub struct Outcome {
    /// In each second.
    pub per_second: f64,
    /// From the request until the whole answer is there.
    pub latencies: Latencies,
    /// Processor time for each request.
    pub cpu_per_request: Duration,
    /// Memory of the process and its children after it.
    pub memory: Memory,
    /// Bytes of the largest answer.
    pub answer_bytes: usize,
}

/// A connection that is asked one thing at a time.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Client {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("{address} takes no connection"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // Whoever waits for an answer hears of it.
            let _ = connection.await;
        });
        Ok(Self { sender, host: address.to_string() })
    }

    /// Asks and waits for the whole answer.
    pub async fn ask(&mut self, body: Bytes, authorization: &str) -> anyhow::Result<Bytes> {
        let request = Request::post("/graphql")
            .header(header::HOST, &self.host)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, authorization)
            .body(Full::new(body))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body[..body.len().min(2000)]));
        Ok(body)
    }
}

/// The answer to a query, once, as JSON.
pub async fn answer(address: SocketAddr, query: &str) -> anyhow::Result<(Bytes, Value)> {
    let body = Client::connect(address).await?.ask(request(query), "Bearer first").await?;
    let value: Value = serde_json::from_slice(&body).with_context(|| String::from_utf8_lossy(&body).into_owned())?;
    if value.get("errors").is_some() || value.get("data").is_none_or(Value::is_null) {
        bail!("an answer without data or with errors: {}", String::from_utf8_lossy(&body[..body.len().min(2000)]));
    }
    Ok((body, value))
}

/// Runs it.
pub async fn run(load: Load) -> anyhow::Result<Outcome> {
    let cpu = CpuMeter::start(&[load.pid]);
    let end = Instant::now() + load.during;
    let number = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..load.connections {
        tasks.spawn(one(load.clone(), end, Arc::clone(&number)));
    }
    let (mut latencies, mut answer_bytes) = (Latencies::default(), 0);
    while let Some(of_one) = tasks.join_next().await {
        let (of_one, bytes) = of_one??;
        latencies.merge(of_one);
        answer_bytes = answer_bytes.max(bytes);
    }
    let used = cpu.read();
    let requests = latencies.count();
    let divisor = u32::try_from(requests.max(1))?;
    Ok(Outcome {
        per_second: f64::from(divisor) / used.elapsed.as_secs_f64(),
        latencies,
        cpu_per_request: (used.own + used.children) / divisor,
        memory: memory_of_tree(load.pid),
        answer_bytes,
    })
}

async fn one(load: Load, end: Instant, number: Arc<AtomicUsize>) -> anyhow::Result<(Latencies, usize)> {
    let mut client = Client::connect(load.address).await?;
    let mut latencies = Latencies::default();
    // Bytes that were found equal to what is expected need no second look.
    let mut known: Vec<Option<Bytes>> = vec![None; load.operations.len()];
    let mut largest = 0;
    while Instant::now() < end {
        let number = number.fetch_add(1, Ordering::Relaxed);
        if number >= load.at_most {
            break;
        }
        let position = number % load.operations.len();
        let operation = &load.operations[position];
        let authorization = if load.distinct { format!("Bearer caller-{number}") } else { "Bearer one".to_owned() };
        let began = Instant::now();
        let body = client.ask(operation.body.clone(), &authorization).await?;
        latencies.add(began.elapsed());
        largest = largest.max(body.len());
        if known[position].as_ref() == Some(&body) {
            continue;
        }
        let value: Value = serde_json::from_slice(&body)?;
        ensure!(value["data"] == operation.expected["data"], "another answer: {}", String::from_utf8_lossy(&body));
        ensure!(value.get("errors").is_none(), "errors: {}", String::from_utf8_lossy(&body));
        known[position] = Some(body);
    }
    Ok((latencies, largest))
}
