//! Where an issuer's keys come from, kept fresh: fetched now and then, and once more when a token names an unknown key.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use futures::StreamExt as _;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::{Instant, sleep, timeout};

use super::key_set::KeySet;
use super::{IssuerOptions, Keys};
use crate::authentication::{AccessChange, IssuerKeys};

/// The largest key set, in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// How often a file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The first pause after a fetch that failed; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// What upkeep is.
pub(super) type Upkeep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The keys of an issuer, as they are now.
pub(super) struct KeySource {
    name: String,
    place: Place,
    keys: ArcSwap<KeySet>,
    /// Counts the changes of keys, so that what was verified before is verified again.
    generation: AtomicU64,
    attempts: watch::Sender<Attempts>,
    wanted: Notify,
    refresh_every: Duration,
    refetch_after: Duration,
    timeout: Duration,
}

enum Place {
    Fixed,
    File(PathBuf),
    Url { client: reqwest::Client, url: String },
}

/// How fetching has gone.
#[derive(Clone, Copy, Default)]
struct Attempts {
    ended: u64,
    last: Option<Instant>,
    ever_succeeded: bool,
    last_failed: bool,
}

impl KeySource {
    pub(super) fn new(options: &IssuerOptions) -> Result<Self, super::ForeignAuthenticatorError> {
        let (place, keys) = match &options.keys {
            Keys::Secret(secret) => (Place::Fixed, KeySet::of_secret(secret)),
            Keys::File(path) => {
                let wrong = |cause: String| super::ForeignAuthenticatorError::KeyFile {
                    issuer: options.name.clone(),
                    cause: format!("{}: {cause}", path.display()),
                };
                let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
                (Place::File(path.clone()), KeySet::parse(&text).map_err(wrong)?)
            }
            Keys::Url(url) => {
                // Keys are where they are said to be; whoever could redirect could give keys of his own.
                let client = reqwest::Client::builder()
                    .timeout(options.timeout)
                    .redirect(reqwest::redirect::Policy::none())
                    .build()?;
                (Place::Url { client, url: url.clone() }, KeySet::default())
            }
        };
        let attempts = Attempts { ever_succeeded: !matches!(place, Place::Url { .. }), ..Attempts::default() };
        Ok(Self {
            name: options.name.clone(),
            place,
            keys: ArcSwap::from_pointee(keys),
            generation: AtomicU64::new(0),
            attempts: watch::channel(attempts).0,
            wanted: Notify::new(),
            refresh_every: options.refresh_every.max(Duration::from_secs(1)),
            refetch_after: options.refetch_after,
            timeout: options.timeout,
        })
    }

    /// The keys with their number.
    pub(super) fn current(&self) -> (Arc<KeySet>, u64) {
        // Read before the keys: keys that are newer than their number are only verified by once more.
        let generation = self.generation();
        (self.keys.load_full(), generation)
    }

    /// The number of the keys that count now.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Whether keys were ever there.
    pub(super) fn has_keys(&self) -> bool {
        self.attempts.borrow().ever_succeeded
    }

    /// How it stands with them.
    pub(super) fn health(&self) -> IssuerKeys {
        let attempts = *self.attempts.borrow();
        IssuerKeys { issuer: self.name.clone(), present: attempts.ever_succeeded, fresh: !attempts.last_failed }
    }

    /// Fetches the keys anew, unless that was done a moment ago; all who ask meanwhile wait for the same fetch. Whether
    /// there was a fetch.
    pub(super) async fn refetch(&self) -> bool {
        if !matches!(self.place, Place::Url { .. }) {
            return false;
        }
        let mut attempts = self.attempts.subscribe();
        let before = *attempts.borrow_and_update();
        if before.last.is_some_and(|last| last.elapsed() < self.refetch_after) {
            return false;
        }
        self.wanted.notify_one();
        let limit = self.timeout + Duration::from_secs(1);
        matches!(timeout(limit, attempts.wait_for(|now| now.ended > before.ended)).await, Ok(Ok(_)))
    }

    /// The work of keeping the keys fresh; none when they never change.
    pub(super) fn upkeep(self: &Arc<Self>, changes: broadcast::Sender<AccessChange>) -> Option<Upkeep> {
        let source = Arc::clone(self);
        match &self.place {
            Place::Fixed => None,
            Place::File(_) => Some(Box::pin(async move { source.watch_file(&changes).await })),
            Place::Url { .. } => Some(Box::pin(async move { source.keep_fetching(&changes).await })),
        }
    }

    async fn keep_fetching(&self, changes: &broadcast::Sender<AccessChange>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let fetched = self.fetch().await;
            let outcome = if fetched.is_ok() { "success" } else { "failure" };
            metrics::counter!("cloudphone_key_fetches_total", "issuer" => self.name.clone(), "outcome" => outcome)
                .increment(1);
            let succeeded = fetched.is_ok();
            let wait = match fetched {
                Ok(keys) => {
                    pause = FIRST_PAUSE;
                    self.put(keys, changes);
                    self.refresh_every
                }
                Err(cause) => {
                    tracing::warn!(issuer = self.name, %cause, "keys cannot be fetched; the last ones stay");
                    pause = (pause * 2).min(self.refresh_every);
                    pause
                }
            };
            self.attempts.send_modify(|attempts| {
                attempts.ended += 1;
                attempts.last = Some(Instant::now());
                attempts.ever_succeeded |= succeeded;
                attempts.last_failed = !succeeded;
            });
            tokio::select! {
                () = sleep(wait) => {}
                () = self.is_wanted() => {}
            }
        }
    }

    /// Waits until somebody wants a fetch at a time when there may be one.
    async fn is_wanted(&self) {
        loop {
            self.wanted.notified().await;
            if self.attempts.borrow().last.is_none_or(|last| last.elapsed() >= self.refetch_after) {
                return;
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, String> {
        let Place::Url { client, url } = &self.place else { return Err("keys are not fetched".to_owned()) };
        let request = client.get(url).header("accept", "application/jwk-set+json, application/json");
        let response = request.send().await.map_err(|error| error.without_url().to_string())?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(format!("the status is {}", response.status().as_u16()));
        }
        let (mut body, mut chunks) = (Vec::new(), response.bytes_stream());
        while let Some(chunk) = chunks.next().await {
            body.extend_from_slice(&chunk.map_err(|error| error.without_url().to_string())?);
            if body.len() > MAX_BYTES {
                return Err(format!("the key set exceeds {MAX_BYTES} bytes"));
            }
        }
        KeySet::parse(&body)
    }

    async fn watch_file(&self, changes: &broadcast::Sender<AccessChange>) {
        let Place::File(path) = &self.place else { return };
        let mut last = None;
        loop {
            sleep(LOOK_EVERY).await;
            // A file that is away for a moment is being replaced.
            let Ok(text) = tokio::fs::read(path).await else { continue };
            if last.as_ref() == Some(&text) {
                continue;
            }
            match KeySet::parse(&text) {
                Ok(keys) => self.put(keys, changes),
                Err(cause) => tracing::error!(issuer = self.name, %cause, "the key file is wrong; the last keys stay"),
            }
            last = Some(text);
        }
    }

    fn put(&self, keys: KeySet, changes: &broadcast::Sender<AccessChange>) {
        let before = self.keys.load_full();
        if keys.equals(&before) {
            return;
        }
        let lost = !keys.includes(&before);
        self.keys.store(Arc::new(keys));
        self.generation.fetch_add(1, Ordering::Release);
        tracing::info!(issuer = self.name, "the keys have changed");
        if lost {
            // Tokens by a key that is gone hold no longer. An error only says that nobody listens.
            let _ = changes.send(AccessChange::default());
        }
    }
}
