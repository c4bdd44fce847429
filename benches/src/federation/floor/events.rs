//! Events with nothing in between: one nonblocking write for each connection, and readers that do nothing but read.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::latency::Latencies;
use crate::process::CpuMeter;
use crate::program::Program;

/// How long readers may take to be connected, and events to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the process does.
#[derive(clap::Args)]
pub struct Options {
    /// Connections that get every event.
    #[arg(long)]
    connections: usize,
    /// Bytes of an event, the first eight of which tell when it was sent.
    #[arg(long)]
    bytes: usize,
}

/// Writes to everybody whatever its first connection says.
pub fn serve(options: &Options) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("floor on {}", listener.local_addr()?);
    let (mut source, _) = listener.accept()?;
    let mut readers = Vec::with_capacity(options.connections);
    for _ in 0..options.connections {
        let (reader, _) = listener.accept()?;
        reader.set_nodelay(true)?;
        reader.set_nonblocking(true)?;
        readers.push(reader);
    }
    source.write_all(b"!")?;
    let mut event = vec![b'.'; options.bytes.max(8)];
    while source.read_exact(&mut event[..8]).is_ok() {
        for reader in &mut readers {
            let written = reader.write(&event)?;
            ensure!(written == event.len(), "a reader is too slow");
        }
    }
    Ok(())
}

/// What a run has shown.
pub struct Outcome {
    /// Events written in each second, over all connections.
    pub per_second: f64,
    /// Processor time of the writer for each of them.
    pub cpu_each: Duration,
    /// From the source until the whole event was read.
    pub latencies: Latencies,
}

/// Sends events of so many bytes to so many connections, so often for so long.
pub async fn measure(connections: usize, bytes: usize, per_second: u32, during: Duration) -> anyhow::Result<Outcome> {
    let mut command = Command::new(std::env::current_exe().context("this program has no path")?);
    command.args(["floor", "events", "--connections", &connections.to_string(), "--bytes", &bytes.to_string()]);
    let writer = Program::start(command, "floor on").await?;
    let address: SocketAddr = writer.said.rsplit(' ').next().context("it says where")?.parse()?;
    let mut source = TcpStream::connect(address).await?;
    source.set_nodelay(true)?;
    let (received, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut readers = JoinSet::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(address).await?;
        readers.spawn(read(stream, bytes, began, Arc::clone(&received)));
    }
    let mut all_here = [0];
    timeout(PATIENCE, source.read_exact(&mut all_here)).await.context("the readers were not connected in time")??;

    let cpu = CpuMeter::start(&[writer.pid]);
    let mut ticks = interval(Duration::from_secs(1) / per_second);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sent = 0;
    while cpu.elapsed() < during {
        ticks.tick().await;
        source.write_all(&micros(began).to_be_bytes()).await?;
        sent += connections as u64;
    }
    let elapsed = cpu.elapsed();
    let until = Instant::now() + PATIENCE;
    while received.load(Ordering::Relaxed) < sent {
        ensure!(Instant::now() < until, "{} of {sent} events were read", received.load(Ordering::Relaxed));
        sleep(Duration::from_millis(20)).await;
    }
    let used = cpu.read().own;
    // The readers come to their end with the writer.
    drop(writer);
    let mut latencies = Latencies::default();
    while let Some(of_one) = readers.join_next().await {
        latencies.merge(of_one?);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
    let per_second = sent as f64 / elapsed.as_secs_f64();
    Ok(Outcome { per_second, cpu_each: used / u32::try_from(sent.max(1))?, latencies })
}

async fn read(mut stream: TcpStream, bytes: usize, began: Instant, received: Arc<AtomicU64>) -> Latencies {
    let (mut event, mut latencies) = (vec![0; bytes.max(8)], Latencies::default());
    while stream.read_exact(&mut event).await.is_ok() {
        let sent_at = event.first_chunk().copied().map_or(0, u64::from_be_bytes);
        latencies.add(Duration::from_micros(micros(began).saturating_sub(sent_at)));
        received.fetch_add(1, Ordering::Relaxed);
    }
    latencies
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
