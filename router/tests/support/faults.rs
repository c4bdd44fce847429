//! A wire to a subgraph that breaks in the ways that wires and processes do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// What happens on the wire.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing.
    None,
    /// The subgraph dies within its answer, which breaks off after so many bytes.
    Killed { after: usize, by_reset: bool },
    /// So many bytes of the answer come, and then nothing more, while the connection stays.
    BlackHole { after: usize },
    /// Something else than the subgraph answers.
    Answers { bytes: Vec<u8>, then: Then },
}

/// What comes after the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The connection is closed.
    Close,
    /// Silence.
    Nothing,
    /// The last kilobyte of them again, without end.
    Again,
    /// The bytes come one by one from the beginning, ten in a second.
    Trickle,
}

/// Connections run over it; a change of fault breaks all that there are.
pub struct FaultyWire {
    pub address: SocketAddr,
    fault: Arc<Mutex<(Fault, CancellationToken)>>,
    passing: JoinHandle<()>,
}

impl FaultyWire {
    pub fn to(target: SocketAddr) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let address = listener.local_addr().unwrap();
        let fault = Arc::new(Mutex::new((Fault::None, CancellationToken::new())));
        let present = Arc::clone(&fault);
        let passing = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let (fault, over) = present.lock().clone();
                connections.spawn(over.run_until_cancelled_owned(pass(near, target, fault)));
            }
        });
        Self { address, fault, passing }
    }

    /// From now on this happens to all connections.
    pub fn set(&self, fault: Fault) {
        let mut present = self.fault.lock();
        present.1.cancel();
        *present = (fault, CancellationToken::new());
    }
}

impl Drop for FaultyWire {
    fn drop(&mut self) {
        self.passing.abort();
    }
}

async fn pass(mut near: TcpStream, target: SocketAddr, fault: Fault) {
    // Whatever goes wrong here is a broken wire, and that is what it is for.
    let _ = match fault {
        Fault::None => match TcpStream::connect(target).await {
            Ok(mut far) => copy_bidirectional(&mut near, &mut far).await.map(drop),
            Err(error) => Err(error),
        },
        Fault::Killed { after, by_reset } => {
            let passed = pass_some(&mut near, target, after).await;
            if by_reset {
                // Closing with unread time left to linger zero sends RST instead of FIN.
                near.set_zero_linger().unwrap();
            }
            passed
        }
        Fault::BlackHole { after } => {
            let _ = pass_some(&mut near, target, after).await;
            std::future::pending().await
        }
        Fault::Answers { bytes, then } => answer(&mut near, &bytes, then).await,
    };
}

/// Passes a request on, and so many bytes of its answer back.
async fn pass_some(near: &mut TcpStream, target: SocketAddr, count: usize) -> std::io::Result<()> {
    let mut far = TcpStream::connect(target).await?;
    let (mut near_reads, mut near_writes) = near.split();
    let (mut far_reads, mut far_writes) = far.split();
    let mut left = count;
    let back = async {
        let mut buffer = [0; 1024];
        while left > 0 {
            let read = far_reads.read(&mut buffer).await?;
            if read == 0 {
                break;
            }
            let passed = read.min(left);
            near_writes.write_all(&buffer[..passed]).await?;
            left -= passed;
        }
        std::io::Result::Ok(())
    };
    tokio::select! {
        done = back => done,
        // An answer may come before all of the request was taken.
        done = async { tokio::io::copy(&mut near_reads, &mut far_writes).await?; std::future::pending().await } => done,
    }
}

async fn answer(near: &mut TcpStream, bytes: &[u8], then: Then) -> std::io::Result<()> {
    let mut request = [0; 4096];
    if near.read(&mut request).await? == 0 {
        return Ok(());
    }
    if then == Then::Trickle {
        for byte in bytes {
            near.write_all(&[*byte]).await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        return Ok(());
    }
    near.write_all(bytes).await?;
    match then {
        Then::Close => near.shutdown().await,
        Then::Nothing | Then::Trickle => std::future::pending().await,
        Then::Again => {
            let last = &bytes[bytes.len().saturating_sub(1024)..];
            loop {
                near.write_all(last).await?;
            }
        }
    }
}
