//! A door before object storage that closes when a package is about to be read, so that a test can end the reader there.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The door; open at first for everything but the reading of packages.
pub struct Gate {
    pub endpoint: String,
    open: watch::Sender<bool>,
    reached: watch::Receiver<bool>,
}

impl Gate {
    pub async fn before(endpoint: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let storage: Arc<str> = endpoint.trim_start_matches("http://").into();
        let (open, opened) = watch::channel(false);
        let (reaches, reached) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, Arc::clone(&storage), opened.clone(), reaches.clone()));
            }
        });
        Self { endpoint: address, open, reached }
    }

    /// Waits until somebody wants to read a package.
    pub async fn reached(&self) {
        self.reached.clone().wait_for(|reached| *reached).await.unwrap();
    }

    pub fn open(&self) {
        self.open.send_replace(true);
    }
}

async fn pass(client: TcpStream, storage: Arc<str>, mut opened: watch::Receiver<bool>, reaches: watch::Sender<bool>) {
    let Ok(server) = TcpStream::connect(&*storage).await else { return };
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
        let line = String::from_utf8_lossy(&buffer[..count.min(1024)]).lines().next().unwrap_or_default().to_owned();
        if line.starts_with("GET ") && line.contains("/applications/") && !line.contains("uploadId") {
            reaches.send_replace(true);
            let _ = opened.wait_for(|open| *open).await;
        }
        if to_server.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
    back.abort();
}
