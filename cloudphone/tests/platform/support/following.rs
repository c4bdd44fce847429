//! A subscription that is taken up again whenever its connection ends, as a console does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::{Client, Incoming, Socket};

/// Events kept for a test that looks later.
const KEPT: usize = 10_000;

/// A followed subscription; dropping it ends it.
pub struct Following {
    events: mpsc::Receiver<Value>,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Following {
    /// Begins to follow.
    pub fn new(client: &Client, query: &str, variables: Value) -> Self {
        let (sender, events) = mpsc::channel(KEPT);
        let connections = Arc::new(AtomicUsize::new(0));
        let (client, query, counted) = (client.clone(), query.to_owned(), Arc::clone(&connections));
        let task = tokio::spawn(async move {
            loop {
                if let Ok(mut socket) = Socket::try_open(&client).await {
                    counted.fetch_add(1, Ordering::Relaxed);
                    socket.start(&query, variables.clone()).await;
                    while let Incoming::Next(payload) = socket.next(120).await {
                        if sender.send(payload).await.is_err() {
                            return;
                        }
                    }
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        Self { events, connections, task }
    }

    /// How often it had to connect.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Forgets events that have come already.
    pub fn forget(&mut self) {
        while self.events.try_recv().is_ok() {}
    }

    /// Waits for an event from whose whole payload something can be read.
    pub async fn event<T>(&mut self, seconds: u64, what: &str, mut read: impl FnMut(&Value) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        loop {
            let event = timeout_at(deadline, self.events.recv()).await;
            let payload = event.unwrap_or_else(|_| panic!("no such event within {seconds} s: {what}")).unwrap();
            if let Some(answer) = read(&payload) {
                return answer;
            }
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}
