//! Instances from Consul's catalogue, as soon as it changes.

use std::net::IpAddr;
use std::time::Duration;

use cloudphone_consul::{Consul, ServiceInstance};
use cloudphone_resilience::Backoff;
use tokio::time::sleep;
use url::Url;

use super::take;
use crate::instances::{Instances, Place, Weighted};

/// Pauses between questions that fail.
const PAUSES: Backoff = Backoff { initial: Duration::from_millis(500), limit: Duration::from_secs(15) };
/// A catalogue in turmoil is not asked more often than this.
const BREATH: Duration = Duration::from_millis(100);

pub(super) async fn follow(
    consul: &Consul,
    service: &str,
    tag: Option<&str>,
    template: &Url,
    instances: &Instances,
    subgraph: &str,
) {
    let (mut index, mut failures) = (0, 0);
    loop {
        match consul.passing(service, tag, index).await {
            Ok(catalogue) => {
                (index, failures) = (catalogue.index, 0);
                take(
                    catalogue.instances.iter().filter_map(|found| weighted(found, template)).collect(),
                    instances,
                    subgraph,
                );
                sleep(BREATH).await;
            }
            Err(error) => {
                // What was known last is better than nothing.
                if failures == 0 {
                    tracing::warn!(subgraph, service, %error, "the instances of a subgraph are not kept up to date");
                }
                instances.looked_up(false);
                instances.settled();
                // Jitter around the bound, so that a Consul that comes back is not overrun, nor waited for in vain.
                sleep(PAUSES.bound(failures) / 2 + PAUSES.wait(failures) / 2).await;
                failures = failures.saturating_add(1);
            }
        }
    }
}

fn weighted(found: &ServiceInstance, template: &Url) -> Option<Weighted> {
    let mut url = template.clone();
    match found.address.parse::<IpAddr>() {
        Ok(address) => url.set_ip_host(address).ok()?,
        Err(_) => url.set_host(Some(&found.address)).ok()?,
    }
    url.set_port(Some(found.port)).ok()?;
    let mut metadata = found.meta.clone();
    metadata.insert("consul.id".to_owned(), found.id.clone());
    if !found.tags.is_empty() {
        metadata.insert("consul.tags".to_owned(), found.tags.join(","));
    }
    Some(Weighted { place: Place::new(url), weight: found.weight, metadata })
}
