//! A service's own entry in the catalogue, from its start to its end.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use url::Url;

use crate::client::{Consul, ConsulError, answered};

/// How often to see whether the agent still knows the service, and to try again when it does not answer.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// The longest that leaving may hold up a shutdown.
const FAREWELL: Duration = Duration::from_secs(3);

/// How Consul finds out whether a service is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// What it asks by GET; any status of success is well.
    pub url: Url,
    /// How often.
    pub interval: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// How long a service may be unwell before it is forgotten; for those that could not say good-bye.
    pub forget_after: Duration,
}

/// What the catalogue is to know of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Tells this instance apart from others.
    pub id: String,
    /// The service's name.
    pub name: String,
    /// Host name or address at which others reach it.
    pub address: String,
    /// Its port.
    pub port: u16,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whatever else is worth knowing.
    pub meta: BTreeMap<String, String>,
    /// How to see whether it is well.
    pub check: HealthCheck,
}

impl Consul {
    /// Adds a service to the catalogue, or changes it.
    pub async fn register(&self, service: &Registration) -> Result<(), ConsulError> {
        let seconds = |duration: Duration| format!("{}s", duration.as_secs().max(1));
        let body = json!({
            "ID": service.id,
            "Name": service.name,
            "Address": service.address,
            "Port": service.port,
            "Tags": service.tags,
            "Meta": service.meta,
            "Check": {
                "HTTP": service.check.url.as_str(),
                "Method": "GET",
                "Interval": seconds(service.check.interval),
                "Timeout": seconds(service.check.timeout),
                "DeregisterCriticalServiceAfter": seconds(service.check.forget_after),
            },
        });
        answered(self.request(Method::PUT, &["v1", "agent", "service", "register"]).json(&body)).await.map(|_| ())
    }

    /// Takes a service out of the catalogue; one that is not there is as good.
    pub async fn deregister(&self, id: &str) -> Result<(), ConsulError> {
        match answered(self.request(Method::PUT, &["v1", "agent", "service", "deregister", id])).await {
            Ok(_) | Err(ConsulError::Refused(StatusCode::NOT_FOUND)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn knows(&self, id: &str) -> Result<bool, ConsulError> {
        match answered(self.request(Method::GET, &["v1", "agent", "service", id])).await {
            Ok(_) => Ok(true),
            Err(ConsulError::Refused(StatusCode::NOT_FOUND)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Keeps a service in the catalogue until it leaves. That Consul does not answer holds nobody up: it is tried again.
    pub fn keep_registered(&self, service: Registration) -> Registered {
        let (leave, mut left) = oneshot::channel::<()>();
        let consul = self.clone();
        let task = tokio::spawn(async move {
            tokio::select! {
                () = consul.stay(&service) => {}
                // An error says that nobody waits for the farewell.
                _ = &mut left => {}
            }
            match timeout(FAREWELL, consul.deregister(&service.id)).await {
                Ok(Ok(())) => tracing::info!(service = service.id, "left Consul's catalogue"),
                Ok(Err(error)) => tracing::warn!(service = service.id, %error, "Consul keeps a service that has ended"),
                Err(_) => tracing::warn!(service = service.id, "Consul keeps a service that has ended"),
            }
        });
        Registered { leave, task }
    }

    async fn stay(&self, service: &Registration) {
        let mut complained = false;
        loop {
            let known = match self.knows(&service.id).await {
                Ok(true) => Ok(false),
                Ok(false) => self.register(service).await.map(|()| true),
                Err(error) => Err(error),
            };
            match &known {
                Ok(true) => tracing::info!(service = service.id, "in Consul's catalogue"),
                Err(error) if !complained => {
                    tracing::warn!(service = service.id, %error, "not in Consul's catalogue yet");
                }
                Ok(false) | Err(_) => {}
            }
            complained = known.is_err();
            sleep(if complained { LOOK_EVERY / 5 } else { LOOK_EVERY }).await;
        }
    }
}

/// A service in the catalogue.
#[derive(Debug)]
pub struct Registered {
    leave: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Registered {
    /// Takes it out.
    pub async fn leave(self) {
        drop(self.leave);
        // An error says that the runtime is ending, and the task with it.
        let _ = self.task.await;
    }
}
