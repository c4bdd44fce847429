//! Where answers are kept: in this process, or in Redis for several.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cloudphone_cache::{CacheError, Engine};
use futures::future::{join, join_all};
use moka::Expiry;
use moka::sync::Cache;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::key::Key;

/// What an entry costs besides its key and body.
const OVERHEAD_BYTES: usize = 128;
/// Purges remembered one by one; more than that purge everything that is older.
const MAX_MARKS: usize = 10_000;
/// Entries on their way to Redis; beyond that new ones are not kept.
const WRITES_WAITING: usize = 1_024;
/// How long Redis is left alone after it failed.
const REST_MS: u64 = 1_000;
/// The first byte of an entry in Redis: the form of the rest.
const FORM: u8 = 1;

/// A kept answer. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub body: Bytes,
    /// When it was asked for: whatever was purged since then, it may have missed.
    pub asked_at: u64,
    pub ends_at: u64,
    pub public: bool,
}

/// What is looked for: the key for everybody and the requester's own, and what a purge may name it by.
pub(super) struct Wanted<'t> {
    pub keys: [Key; 2],
    pub tags: Vec<&'t str>,
}

pub(super) enum Storage {
    InProcess(InProcess),
    Redis(Redis),
}

impl Storage {
    /// The entries that are there, fresh at `now`, and not purged. Without an answer of the storage nothing is there.
    pub(super) async fn find(&self, wanted: &[Wanted<'_>], now: u64) -> Vec<Option<Entry>> {
        match self {
            Self::InProcess(storage) => wanted.iter().map(|wanted| storage.find(wanted, now)).collect(),
            Self::Redis(storage) => storage.find(wanted, now).await,
        }
    }

    pub(super) fn keep(&self, key: Key, entry: Entry) {
        match self {
            Self::InProcess(storage) => storage.entries.insert(key, entry),
            Self::Redis(storage) => storage.keep(key, entry),
        }
    }

    /// Whatever was asked for until `now` and has this tag is gone.
    pub(super) async fn purge(&self, tags: &[String], now: u64) -> Result<(), CacheError> {
        match self {
            Self::InProcess(storage) => storage.purge(tags, now),
            Self::Redis(storage) => storage.purge(tags, now).await?,
        }
        Ok(())
    }

    /// Bytes kept in this process.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::InProcess(storage) => storage.entries.weighted_size(),
            Self::Redis(_) => 0,
        }
    }
}

pub(super) struct InProcess {
    entries: Cache<Key, Entry>,
    marks: Mutex<HashMap<String, u64>>,
}

/// Lets entries go when they end, so that they take no room from fresh ones.
struct AtItsEnd;

impl Expiry<Key, Entry> for AtItsEnd {
    fn expire_after_create(&self, _: &Key, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(Duration::from_millis(entry.ends_at.saturating_sub(entry.asked_at)))
    }

    fn expire_after_update(&self, key: &Key, entry: &Entry, now: Instant, _: Option<Duration>) -> Option<Duration> {
        self.expire_after_create(key, entry, now)
    }
}

impl InProcess {
    pub(super) fn new(max_bytes: u64) -> Self {
        let weigh = |key: &Key, entry: &Entry| {
            u32::try_from(key.0.len() + entry.body.len() + OVERHEAD_BYTES).unwrap_or(u32::MAX)
        };
        let entries = Cache::builder().weigher(weigh).max_capacity(max_bytes).expire_after(AtItsEnd).build();
        Self { entries, marks: Mutex::default() }
    }

    fn find(&self, wanted: &Wanted<'_>, now: u64) -> Option<Entry> {
        let found = wanted.keys.iter().find_map(|key| self.entries.get(key))?;
        let marks = self.marks.lock();
        let purged = wanted.tags.iter().filter_map(|tag| marks.get(*tag)).max();
        (found.ends_at > now && purged.is_none_or(|purged| *purged < found.asked_at)).then_some(found)
    }

    fn purge(&self, tags: &[String], now: u64) {
        let mut marks = self.marks.lock();
        if marks.len() + tags.len() > MAX_MARKS {
            // Forgetting a purge would bring back what it removed, so all goes instead.
            marks.clear();
            marks.insert(String::new(), now);
        }
        marks.extend(tags.iter().map(|tag| (tag.clone(), now)));
    }
}

pub(super) struct Redis {
    engine: Engine,
    timeout: Duration,
    longest: Duration,
    rests_until: AtomicU64,
    writes: mpsc::Sender<(Key, Entry)>,
    writer: JoinHandle<()>,
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.writer.abort();
    }
}

impl Redis {
    /// Entries in `engine`, which may take `timeout` for each look; none lives longer than `longest`.
    pub(super) fn new(engine: Engine, timeout: Duration, longest: Duration) -> Self {
        let (writes, mut waiting) = mpsc::channel::<(Key, Entry)>(WRITES_WAITING);
        let target = engine.clone();
        let writer = tokio::spawn(async move {
            while let Some((key, entry)) = waiting.recv().await {
                let left = Duration::from_millis(entry.ends_at.saturating_sub(entry.asked_at));
                let name = name(&key);
                let written = target.set(&name, encode(&key, &entry), left);
                if !matches!(tokio::time::timeout(timeout, written).await, Ok(Ok(()))) {
                    failed();
                }
            }
        });
        Self { engine, timeout, longest, rests_until: AtomicU64::new(0), writes, writer }
    }

    fn keep(&self, key: Key, entry: Entry) {
        if self.writes.try_send((key, entry)).is_err() {
            failed();
        }
    }

    async fn find(&self, wanted: &[Wanted<'_>], now: u64) -> Vec<Option<Entry>> {
        let nothing = || wanted.iter().map(|_| None).collect();
        if self.rests_until.load(Ordering::Relaxed) > now {
            return nothing();
        }
        if let Ok(Ok(found)) = tokio::time::timeout(self.timeout, self.look(wanted, now)).await {
            return found;
        }
        self.rests_until.store(now + REST_MS, Ordering::Relaxed);
        failed();
        nothing()
    }

    async fn look(&self, wanted: &[Wanted<'_>], now: u64) -> Result<Vec<Option<Entry>>, CacheError> {
        let mut tags: Vec<&str> = wanted.iter().flat_map(|wanted| wanted.tags.iter().copied()).collect();
        tags.sort_unstable();
        tags.dedup();
        let keys: Vec<&Key> = wanted.iter().flat_map(|wanted| &wanted.keys).collect();
        let names: Vec<String> = keys.iter().map(|key| name(key)).collect();
        let mark_names: Vec<String> = tags.iter().map(|tag| mark_name(tag)).collect();
        // Commands that are under way together travel together.
        let (values, marks) = join(
            join_all(names.iter().map(|name| self.engine.get(name))),
            join_all(mark_names.iter().map(|name| self.engine.get(name))),
        )
        .await;
        let mut purged: HashMap<&str, u64> = HashMap::new();
        for (tag, mark) in tags.into_iter().zip(marks) {
            if let Some(mark) = mark?.and_then(|mark| std::str::from_utf8(&mark).ok()?.parse().ok()) {
                purged.insert(tag, mark);
            }
        }
        let entries: Vec<Option<Entry>> = keys
            .into_iter()
            .zip(values)
            .map(|(key, value)| Ok(value?.and_then(|value| decode(key, &value))))
            .collect::<Result<_, CacheError>>()?;
        let found = wanted.iter().zip(entries.chunks(2)).map(|(wanted, entries)| {
            let last = wanted.tags.iter().filter_map(|tag| purged.get(tag)).max();
            let is_good = |entry: &&Entry| entry.ends_at > now && last.is_none_or(|last| *last < entry.asked_at);
            entries.iter().flatten().find(is_good).cloned()
        });
        Ok(found.collect())
    }

    async fn purge(&self, tags: &[String], now: u64) -> Result<(), CacheError> {
        for tag in tags {
            self.engine.set(&mark_name(tag), now.to_string().into(), self.longest).await?;
        }
        Ok(())
    }
}

fn failed() {
    metrics::counter!("cloudphone_response_cache_storage_failures_total").increment(1);
}

/// Redis wants short names. What is found by one is compared with the whole key.
fn name(key: &Key) -> String {
    format!("response-cache:entry:{}", hex(&Sha256::digest(&key.0)))
}

fn mark_name(tag: &str) -> String {
    format!("response-cache:purged:{}", hex(&Sha256::digest(tag)))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text grows in memory");
        text
    })
}

fn encode(key: &Key, entry: &Entry) -> Bytes {
    let mut out = Vec::with_capacity(26 + key.0.len() + entry.body.len());
    out.push(FORM);
    out.extend_from_slice(&entry.asked_at.to_le_bytes());
    out.extend_from_slice(&entry.ends_at.to_le_bytes());
    out.push(u8::from(entry.public));
    out.extend_from_slice(&(key.0.len() as u64).to_le_bytes());
    out.extend_from_slice(&key.0);
    out.extend_from_slice(&entry.body);
    out.into()
}

fn decode(key: &Key, value: &Bytes) -> Option<Entry> {
    let number = |at: usize| Some(u64::from_le_bytes(*value.get(at..)?.first_chunk()?));
    if value.first() != Some(&FORM) {
        return None;
    }
    let (asked_at, ends_at, public) = (number(1)?, number(9)?, *value.get(17)? == 1);
    let length = usize::try_from(number(18)?).ok()?;
    let end = length.checked_add(26)?;
    (value.get(26..end)? == &key.0[..]).then(|| Entry { body: value.slice(end..), asked_at, ends_at, public })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &'static str) -> Key {
        Key(Bytes::from_static(text.as_bytes()))
    }

    fn entry(asked_at: u64) -> Entry {
        Entry { body: Bytes::from_static(b"{}"), asked_at, ends_at: asked_at + 60_000, public: true }
    }

    #[test]
    fn an_entry_is_found_by_its_whole_key_only() {
        let written = encode(&key("one"), &entry(5));
        assert_eq!(decode(&key("one"), &written), Some(entry(5)));
        assert_eq!(decode(&key("two"), &written), None, "as if two keys had one digest");
        assert_eq!(decode(&key("on"), &written), None);
        for cut in 0..29 {
            assert_eq!(decode(&key("one"), &written.slice(..cut)), None);
        }
    }

    #[test]
    fn too_many_purges_purge_everything() {
        let storage = InProcess::new(1_000_000);
        storage.entries.insert(key("own"), entry(50));
        let wanted = Wanted { keys: [key("none"), key("own")], tags: vec!["", "mine"] };
        for number in 0..MAX_MARKS {
            storage.purge(&[format!("tag {number}")], 60);
        }
        assert!(storage.find(&wanted, 100).is_some());
        storage.purge(&["one more".to_owned()], 70);
        assert_eq!(storage.find(&wanted, 100), None);
        assert!(storage.marks.lock().len() < 10);
    }
}
