//! One instance of a subgraph.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use cloudphone_execution::{SubgraphError, SubgraphService};
use url::Url;

use crate::measures::InstanceMeters;

/// Where an instance is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Its URL; `unix:/run/part.sock` is a socket on this machine.
    pub url: Url,
    /// Its address, when the host of the URL has several.
    pub address: Option<IpAddr>,
}

impl Place {
    /// At a URL, whatever address its host has.
    pub fn new(url: Url) -> Self {
        Self { url, address: None }
    }

    /// Host and port, or the path of a socket: what tells instances of one subgraph apart.
    pub(crate) fn name(&self) -> String {
        let Some(host) = self.url.host_str() else { return self.url.path().to_owned() };
        let host = self.address.map_or_else(|| host.to_owned(), |address| address.to_string());
        self.url.port_or_known_default().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
    }
}

/// An instance as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighted {
    /// Where it is.
    pub place: Place,
    /// Its share of the work compared with others; at least 1.
    pub weight: u32,
    /// What the one who told of it says besides.
    pub metadata: BTreeMap<String, String>,
}

impl Weighted {
    /// One of equals, of which nothing else is known.
    pub fn new(place: Place) -> Self {
        Self { place, weight: 1, metadata: BTreeMap::new() }
    }
}

/// Makes the transport to an instance.
pub type Connect = Arc<dyn Fn(&Place) -> Result<Arc<dyn SubgraphService>, SubgraphError> + Send + Sync>;

/// An instance at work.
pub(crate) struct Instance {
    /// Tells instances apart that were at one place one after the other.
    pub(crate) number: u64,
    pub(crate) found: Weighted,
    pub(crate) service: Arc<dyn SubgraphService>,
    pub(crate) in_flight: Arc<AtomicUsize>,
    /// Subscriptions that it streams.
    pub(crate) streams: Arc<AtomicUsize>,
    pub(crate) calls: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) meters: Arc<InstanceMeters>,
    healthy: AtomicBool,
    /// Good or bad news in a row that speak against the present opinion.
    contrary: AtomicU32,
}

impl Instance {
    pub(crate) fn new(
        number: u64,
        found: Weighted,
        service: Arc<dyn SubgraphService>,
        meters: Arc<InstanceMeters>,
    ) -> Self {
        Self {
            number,
            found,
            service,
            in_flight: Arc::default(),
            streams: Arc::default(),
            calls: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            meters,
            healthy: AtomicBool::new(true),
            contrary: AtomicU32::new(0),
        }
    }

    /// The same instance, of which something else is said now.
    pub(crate) fn retold(&self, found: Weighted) -> Self {
        Self {
            number: self.number,
            found,
            service: Arc::clone(&self.service),
            in_flight: Arc::clone(&self.in_flight),
            streams: Arc::clone(&self.streams),
            calls: AtomicU64::new(self.calls.load(Ordering::Relaxed)),
            failures: AtomicU64::new(self.failures.load(Ordering::Relaxed)),
            meters: Arc::clone(&self.meters),
            healthy: AtomicBool::new(self.is_healthy()),
            contrary: AtomicU32::new(0),
        }
    }

    pub(crate) fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed)
    }

    /// Takes in news of it; after enough in a row the opinion changes. Answers whether it did.
    pub(crate) fn hear(&self, well: bool, to_fall: u32, to_rise: u32) -> bool {
        if well == self.is_healthy() {
            self.contrary.store(0, Ordering::Relaxed);
            return false;
        }
        let needed = if well { to_rise } else { to_fall };
        if self.contrary.fetch_add(1, Ordering::Relaxed) + 1 < needed {
            return false;
        }
        self.contrary.store(0, Ordering::Relaxed);
        self.healthy.swap(well, Ordering::Relaxed) != well
    }
}

/// Counts something that an instance does for as long as it does it.
pub(super) struct Busy(Arc<AtomicUsize>);

impl Busy {
    pub(super) fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
