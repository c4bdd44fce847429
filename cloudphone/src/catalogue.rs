//! The entries of this process's parts in Consul's catalogue.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use cloudphone_consul::{HealthCheck, Registered, Registration};
use url::Url;

use crate::platform::Started;
use crate::settings::Settings;
use crate::traffic;

/// How often Consul asks a part whether it is well, and how long the answer may take.
const CHECK: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(5));
/// How long a part may be unwell before it is forgotten.
const FORGET_AFTER: Duration = Duration::from_mins(10);

/// Enters what was started, if Consul is configured; each entry stays until it leaves.
pub(crate) fn enter(settings: &Settings, started: &Started) -> anyhow::Result<Vec<Registered>> {
    let Some(consul) = traffic::consul(settings)?.filter(|_| settings.consul.register) else { return Ok(Vec::new()) };
    let subgraphs = started.subgraphs.iter().map(|(name, address)| (name.as_str(), *address));
    let parts = started.router.map(|address| ("router", address)).into_iter().chain(subgraphs);
    parts.map(|(name, address)| Ok(consul.keep_registered(entry(settings, name, address)?))).collect()
}

fn entry(settings: &Settings, name: &str, listens: SocketAddr) -> anyhow::Result<Registration> {
    let told = &settings.consul;
    let address = told.address.clone().unwrap_or_else(|| listens.ip().to_string());
    let host = if address.contains(':') { format!("[{address}]") } else { address.clone() };
    let url = format!("http://{host}:{}/health/readiness", listens.port());
    let url = Url::parse(&url).with_context(|| format!("consul.address: `{address}` is no host"))?;
    let own = ["cloudphone", "graphql"].map(str::to_owned);
    let service = format!("{}{name}", told.service_prefix);
    Ok(Registration {
        id: format!("{service}-{address}-{}", listens.port()),
        name: service,
        address,
        port: listens.port(),
        tags: own.into_iter().chain(told.tags.iter().cloned()).collect(),
        meta: BTreeMap::from([
            ("part".to_owned(), name.to_owned()),
            ("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ]),
        check: HealthCheck { url, interval: CHECK.0, timeout: CHECK.1, forget_after: FORGET_AFTER },
    })
}
