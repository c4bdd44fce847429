//! MQTT: the embedded broker, or one of the operator's.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use async_trait::async_trait;
use cloudphone_embedded_mqtt::{Authority, ConnectRequest, EmbeddedMqtt, Options, Principal, Refusal};
use rand::RngCore as _;

use crate::settings::Settings;

/// How the platform reaches the broker.
#[derive(Clone)]
pub(crate) struct Access {
    /// `mqtt://host:port` for the platform's own parts.
    pub(crate) url: String,
    /// Where devices connect.
    pub(crate) device_url: String,
    pub(crate) username: String,
    pub(crate) password: String,
}

/// A running or reached broker.
pub(crate) struct Broker {
    pub(crate) access: Access,
    /// The embedded broker, which also takes orders.
    pub(crate) embedded: Option<Arc<EmbeddedMqtt>>,
    /// Where whoever knows devices says so; only the embedded broker asks.
    pub(crate) authority: Arc<LateAuthority>,
}

impl Broker {
    pub(crate) async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let configured = &settings.mqtt;
        let mut access = Access {
            url: configured.url.clone().unwrap_or_default(),
            device_url: configured.url.clone().unwrap_or_default(),
            username: configured.username.clone(),
            password: configured.password.reveal().to_owned(),
        };
        let mut embedded = None;
        if configured.url.is_none() && access.password.is_empty() {
            access.password = random_password();
        }
        let authority = Arc::new(LateAuthority::new(&access.username, &access.password));
        if configured.url.is_none() {
            let on = |port| SocketAddr::new(settings.http.address, port);
            let options = Options {
                tcp: on(configured.port),
                websocket: configured.websocket_port.map(on),
                ..Options::default()
            };
            let asked: Arc<dyn Authority> = Arc::<LateAuthority>::clone(&authority);
            let broker = EmbeddedMqtt::start(options, asked)
                .await
                .context("choose other ports by mqtt.port and mqtt.websocket_port, or free these")?;
            access.url = format!("mqtt://{}", broker.service_addr());
            access.device_url = format!("mqtt://{}", broker.tcp_addr());
            embedded = Some(Arc::new(broker));
        }
        Ok(Self { access, embedded, authority })
    }

    pub(crate) async fn stop(self) {
        if let Some(broker) = self.embedded.and_then(Arc::into_inner) {
            broker.stop().await;
        }
    }
}

/// The password lives as long as the process: only the process itself uses it.
fn random_password() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}

/// Knows the platform's own account from the start, and devices once the devices domain is there.
pub(crate) struct LateAuthority {
    username: String,
    password: String,
    devices: OnceLock<Arc<dyn Authority>>,
}

impl LateAuthority {
    fn new(username: &str, password: &str) -> Self {
        Self { username: username.to_owned(), password: password.to_owned(), devices: OnceLock::new() }
    }

    /// Asks `devices` about everybody but the platform from now on; the first call counts.
    pub(crate) fn ask(&self, devices: Arc<dyn Authority>) {
        let _ = self.devices.set(devices);
    }
}

#[async_trait]
impl Authority for LateAuthority {
    async fn authenticate(&self, request: ConnectRequest<'_>) -> Result<Principal, Refusal> {
        if request.username == Some(&self.username) {
            let right = request.password.is_some_and(|given| same(given, self.password.as_bytes()));
            return if right { Ok(Principal::service(&self.username)) } else { Err(Refusal::BadCredentials) };
        }
        match self.devices.get() {
            Some(devices) => devices.authenticate(request).await,
            None => Err(Refusal::NotAuthorized),
        }
    }
}

/// Compares in a time that does not tell where the difference is.
fn same(given: &[u8], expected: &[u8]) -> bool {
    use subtle::ConstantTimeEq as _;
    given.ct_eq(expected).into()
}
