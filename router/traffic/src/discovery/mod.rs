//! Where the instances of a subgraph are: told once, or looked up again and again.

mod catalogue;
mod dns;

use std::sync::Arc;

use cloudphone_consul::Consul;
use url::Url;

pub use dns::{DnsOptions, DnsRecords};

use crate::instances::{Instances, Weighted};

/// Where the instances of a subgraph are.
pub enum Source {
    /// At these places.
    Fixed(Vec<Weighted>),
    /// Wherever DNS says.
    Dns(DnsOptions),
    /// Wherever Consul's catalogue says.
    Consul {
        /// The agent.
        consul: Consul,
        /// The service's name.
        service: String,
        /// Only instances with this tag.
        tag: Option<String>,
        /// Scheme and path of the instances' URLs; host and port come from the catalogue.
        template: Url,
    },
}

impl Source {
    /// What is known without asking anybody.
    pub(crate) fn at_first(&self) -> Vec<Weighted> {
        match self {
            Self::Fixed(places) => places.clone(),
            Self::Dns(_) | Self::Consul { .. } => Vec::new(),
        }
    }

    /// Whether somebody has to be asked.
    pub(crate) fn is_looked_up(&self) -> bool {
        !matches!(self, Self::Fixed(_))
    }

    /// Keeps the instances up to date for as long as it is polled.
    pub(crate) async fn follow(self, instances: Arc<Instances>, subgraph: Arc<str>) {
        match self {
            Self::Fixed(_) => {}
            Self::Dns(options) => dns::follow(&options, &instances, &subgraph).await,
            Self::Consul { consul, service, tag, template } => {
                catalogue::follow(&consul, &service, tag.as_deref(), &template, &instances, &subgraph).await;
            }
        }
    }
}

/// Takes what was found; whoever cannot be connected to by its very address leaves things as they were.
fn take(found: Vec<Weighted>, instances: &Instances, subgraph: &str) {
    if let Err(error) = instances.exchange(found) {
        tracing::error!(subgraph, %error, "the instances that were found cannot be used");
    }
    instances.looked_up(true);
    instances.settled();
}
