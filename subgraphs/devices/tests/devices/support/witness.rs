//! Listens to everything that the domain publishes, and to what it counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use cloudphone_events::{Advance, Bus, BusError, CloudEvent, Received, Sink, Subscription};
use dashmap::DashMap;
use metrics::{Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use parking_lot::Mutex;

use super::{Engines, eventually};

/// Every event that went over the bus.
#[derive(Default)]
pub struct Witness(Mutex<Vec<CloudEvent>>);

#[async_trait]
impl Sink for Witness {
    async fn receive(&self, events: &[&CloudEvent], _: Option<&Advance>) -> Result<Received, BusError> {
        self.0.lock().extend(events.iter().map(|event| (*event).clone()));
        Ok(Received::Stored)
    }

    async fn position(&self, _: &str) -> Result<Option<String>, BusError> {
        Ok(None)
    }
}

impl Witness {
    pub async fn attach(engines: &Engines) -> Arc<Self> {
        let witness = Arc::new(Self::default());
        let everything = Subscription { group: "witness".to_owned(), patterns: vec!["*".to_owned()] };
        engines.bus.attach(everything, Arc::clone(&witness) as Arc<dyn Sink>).await.unwrap();
        witness
    }

    /// The events of a type, in order of arrival.
    pub fn seen(&self, event_type: &str) -> Vec<CloudEvent> {
        self.0.lock().iter().filter(|event| event.event_type == event_type).cloned().collect()
    }

    pub async fn sees(&self, event_type: &str) -> CloudEvent {
        eventually(event_type, async || !self.seen(event_type).is_empty()).await;
        self.seen(event_type).remove(0)
    }

    /// The types of events about a device, without audit entries, in order.
    pub fn story_of(&self, device_id: &str) -> Vec<String> {
        let events = self.0.lock();
        let about =
            events.iter().filter(|event| event.subject == device_id && event.event_type.starts_with("devices."));
        about.map(|event| event.event_type.clone()).collect()
    }

    /// What was done, for the audit log.
    pub fn audited(&self) -> Vec<String> {
        let entries = self.seen("core.audit.recorded");
        entries.iter().filter_map(|event| event.data["action"].as_str().map(str::to_owned)).collect()
    }
}

/// Counters of this process by name and reason.
static COUNTERS: std::sync::LazyLock<DashMap<String, Arc<Count>>> = std::sync::LazyLock::new(DashMap::new);

#[derive(Default)]
struct Count(AtomicU64);

impl CounterFn for Count {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }
}

struct Meter;

impl Recorder for Meter {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let reason = key.labels().next().map(metrics::Label::value).unwrap_or_default();
        let name = format!("{} {reason}", key.name());
        Counter::from_arc(Arc::clone(&COUNTERS.entry(name.trim().to_owned()).or_default()))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// Begins to count, once per process.
pub fn count() {
    // An error says that another test of the process has begun already.
    let _ = metrics::set_global_recorder(Meter);
}

pub fn counted(name: &str) -> u64 {
    COUNTERS.get(name).map_or(0, |count| count.0.load(Ordering::Relaxed))
}
