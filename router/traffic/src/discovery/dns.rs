//! Instances from DNS: the addresses of a host, or the targets of a service; looked up again when their time to live is over.

mod client;
mod message;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::{sleep, timeout};
use url::Url;

use super::take;
use crate::instances::{Instances, Place, Weighted};
use client::Client;

/// Names are not looked up more often than this, however short they live.
const AT_MOST_EVERY: Duration = Duration::from_secs(1);
/// The longest that the system may take to look a name up.
const SYSTEM_TIMEOUT: Duration = Duration::from_secs(10);

/// Which records tell of instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsRecords {
    /// A and AAAA: each address is an instance, at the port of the URL.
    Addresses,
    /// SRV (RFC 2782): each target of the best priority is an instance, with its port and weight.
    Service,
}

/// How instances are looked up.
#[derive(Clone, Debug)]
pub struct DnsOptions {
    /// The name that is looked up.
    pub name: String,
    /// The instances' URL; its host counts for addresses, and is replaced by the target of a service.
    pub template: Url,
    /// Which records tell of instances.
    pub records: DnsRecords,
    /// The longest until the next look; a shorter time to live counts.
    pub interval: Duration,
    /// Who is asked instead of the system's servers.
    pub servers: Vec<SocketAddr>,
}

/// What was found, and for how long it counts.
type Found<T> = io::Result<(Vec<T>, Duration)>;

pub(super) async fn follow(options: &DnsOptions, instances: &Instances, subgraph: &str) {
    let resolver = Resolver::new(options);
    let mut complained = false;
    loop {
        let looked_up = match options.records {
            DnsRecords::Addresses => resolver.instances_of_host(options).await,
            DnsRecords::Service => resolver.instances_of_service(options).await,
        };
        let pause = match looked_up {
            Ok((found, lifetime)) => {
                take(found, instances, subgraph);
                complained = false;
                lifetime.min(options.interval)
            }
            Err(error) => {
                // What was known last is better than nothing.
                if !complained {
                    tracing::warn!(subgraph, name = options.name, %error, "a name was looked up in vain");
                }
                complained = true;
                instances.looked_up(false);
                instances.settled();
                options.interval / 6
            }
        };
        sleep(pause.max(AT_MOST_EVERY)).await;
    }
}

/// Asks the servers of the settings; without any, the system about hosts, and its servers about services, of which it knows nothing.
struct Resolver {
    client: Client,
    asks_system: bool,
    interval: Duration,
}

impl Resolver {
    fn new(options: &DnsOptions) -> Self {
        Self {
            client: Client::new(&options.servers),
            asks_system: options.servers.is_empty(),
            interval: options.interval,
        }
    }

    async fn instances_of_host(&self, options: &DnsOptions) -> Found<Weighted> {
        let (mut addresses, lifetime) = self.addresses(&options.name).await?;
        // Servers turn the order with each answer, which changes nothing.
        addresses.sort_unstable();
        let place = |address| Place { url: options.template.clone(), address: Some(address) };
        Ok((addresses.into_iter().map(place).map(Weighted::new).collect(), lifetime))
    }

    async fn instances_of_service(&self, options: &DnsOptions) -> Found<Weighted> {
        let (services, mut lifetime) = self.client.services(&options.name).await?;
        let best = services.iter().map(|service| service.priority).min();
        let mut found = Vec::new();
        for service in services.into_iter().filter(|service| Some(service.priority) == best) {
            let mut url = options.template.clone();
            if url.set_host(Some(&service.target)).is_err() || url.set_port(Some(service.port)).is_err() {
                continue;
            }
            let (addresses, host_lifetime) = self.addresses(&service.target).await?;
            lifetime = lifetime.min(host_lifetime);
            let metadata = BTreeMap::from([("srv.priority".to_owned(), service.priority.to_string())]);
            found.extend(addresses.into_iter().map(|address| Weighted {
                place: Place { url: url.clone(), address: Some(address) },
                weight: u32::from(service.weight).max(1),
                metadata: metadata.clone(),
            }));
        }
        found.sort_by(|one, other| (&one.place.url, one.place.address).cmp(&(&other.place.url, other.place.address)));
        Ok((found, lifetime))
    }

    async fn addresses(&self, host: &str) -> Found<IpAddr> {
        if !self.asks_system {
            return self.client.addresses(host).await;
        }
        // The system does not tell how long its answer counts.
        let addresses = timeout(SYSTEM_TIMEOUT, lookup_host((host, 0))).await.map_err(io::Error::from)??;
        let mut addresses: Vec<IpAddr> = addresses.map(|address| address.ip()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        Ok((addresses, self.interval))
    }
}
