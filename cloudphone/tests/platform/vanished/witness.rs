//! Somebody on this machine who listens and asks all the time, and must not notice that others are gone.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::PAUSE_SECONDS;
use crate::support::{Client, Incoming, Socket};

/// How often a question is asked.
const PACE: Duration = Duration::from_millis(50);

/// The witness, for as long as it is not asked what it saw.
pub(super) struct Witness {
    listening: JoinHandle<Duration>,
    asking: JoinHandle<Duration>,
    over: CancellationToken,
}

impl Witness {
    pub(super) async fn begin(client: &Client) -> Self {
        let mut socket = Socket::open(client).await;
        socket.start("subscription { ticks(of: \"witness\", bytes: 10) }", json!({})).await;
        socket.event(10, "the first tick", number_of).await;
        let over = CancellationToken::new();
        let listening = tokio::spawn(listen(socket, over.clone()));
        let asking = tokio::spawn(ask(client.clone(), over.clone()));
        Self { listening, asking, over }
    }

    /// Ends with how little it noticed.
    pub(super) async fn noticed_nothing(self) {
        self.over.cancel();
        let (pause, answer) = (self.listening.await.unwrap(), self.asking.await.unwrap());
        eprintln!("longest pause between events {pause:?}, longest answer {answer:?}");
        let limit = Duration::from_secs(PAUSE_SECONDS);
        assert!(pause < limit, "events paused for {pause:?}");
        assert!(answer < limit, "an answer took {answer:?}");
    }
}

/// Listens to events of which none may be missing, and answers how long the longest pause was.
async fn listen(mut socket: Socket, over: CancellationToken) -> Duration {
    let (mut before, mut heard, mut longest) = (1, Instant::now(), Duration::ZERO);
    while !over.is_cancelled() {
        let Incoming::Next(event) = socket.next(30).await else { panic!("the witness lost its subscription") };
        assert!(event["extensions"].is_null(), "no event tells of a gap: {event}");
        let number = number_of(&event["data"]).unwrap();
        assert_eq!(number, before + 1, "every event comes");
        longest = longest.max(heard.elapsed());
        (before, heard) = (number, Instant::now());
    }
    longest
}

async fn ask(client: Client, over: CancellationToken) -> Duration {
    let (mut longest, mut pace) = (Duration::ZERO, tokio::time::interval(PACE));
    while !over.is_cancelled() {
        pace.tick().await;
        let asked = Instant::now();
        assert_eq!(client.ask("{ near }", json!({})).await["near"], 1);
        longest = longest.max(asked.elapsed());
    }
    longest
}

/// The number with which the only field of an event begins.
pub(super) fn number_of(data: &Value) -> Option<usize> {
    let event = data.as_object()?.values().next()?;
    event.as_str()?.split(' ').next()?.parse().ok()
}
