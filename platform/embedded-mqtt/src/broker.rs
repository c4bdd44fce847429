//! The broker's life: its listeners, its limits, and its end.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use rmqtt::context::ServerContext;
use rmqtt::net::{Builder, Listener};
use rmqtt::server::MqttServer;
use thiserror::Error;
use tokio::task::JoinHandle;

use crate::Statistics;
use crate::authority::Authority;
use crate::hooks::Gate;
use crate::retain::Retained;
use crate::shared::RoundRobin;
use crate::tap::{Tap, Tapped};

/// How the broker listens and what it allows.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where devices connect by TCP; port 0 takes any free one.
    pub tcp: SocketAddr,
    /// Where they connect by WebSocket; absent: nowhere.
    pub websocket: Option<SocketAddr>,
    /// Largest packet, in bytes.
    pub max_packet_bytes: u32,
    /// Messages that wait for a slow client.
    pub queue: usize,
    /// Messages that wait for a part of the platform, which takes those of all devices.
    pub service_queue: usize,
    /// Topics with a retained message.
    pub retained_topics: usize,
    /// The longest that a session outlives its connection.
    pub session_expiry: Duration,
    /// How long the sender of a tapped message may wait for its acknowledgement before it is disconnected. As long as the broker
    /// itself waits for an old connection to make room for a new one of the same client.
    pub keeping: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tcp: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            websocket: None,
            max_packet_bytes: 256 * 1024,
            queue: 1_000,
            service_queue: 200_000,
            retained_topics: 200_000,
            session_expiry: Duration::from_hours(2),
            keeping: Duration::from_secs(5),
        }
    }
}

/// Why the broker did not start.
#[derive(Debug, Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("the MQTT broker cannot listen on {address}: {cause}; free the port or choose another one")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        cause: String,
    },
}

/// A running broker.
pub struct EmbeddedMqtt {
    context: ServerContext,
    gate: Arc<Gate>,
    tcp: SocketAddr,
    service: SocketAddr,
    websocket: Option<SocketAddr>,
    listening: JoinHandle<()>,
}

impl EmbeddedMqtt {
    /// Listens, and asks the authority about everybody who connects.
    pub async fn start(options: Options, authority: Arc<dyn Authority>) -> Result<Self, Error> {
        let context = ServerContext::new().mqtt_max_sessions(-1).build().await;
        *context.extends.retain_mut().await = Box::new(Retained::new(options.retained_topics));
        *context.extends.shared_subscription_mut().await = Box::new(RoundRobin::default());
        let gate = Gate::new(authority, options.keeping);
        gate.install(&context).await;

        let devices = bind("devices", options.tcp, &options, options.queue)?;
        // Parts of the platform have a listener of their own, for the sake of its longer queues.
        let loopback = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let services = bind("services", loopback, &options, options.service_queue)?;
        let (devices, tcp) = by_tcp(devices, options.tcp)?;
        let (services, service) = by_tcp(services, loopback)?;
        let mut server = MqttServer::new(context.clone()).listener_by_id(devices, 1).listener_by_id(services, 2);
        let mut websocket = None;
        if let Some(address) = options.websocket {
            let listener = bind("websocket", address, &options, options.queue)?;
            let listener = listener.ws().map_err(|cause| refused(address, &cause))?;
            websocket = Some(listener.local_addr().map_err(|cause| refused(address, &cause))?);
            server = server.listener_by_id(listener, 3);
        }
        let server = server.build();
        let listening = tokio::spawn(async move {
            if let Err(error) = server.run().await {
                tracing::error!(%error, "the MQTT broker stopped listening");
            }
        });
        Ok(Self { context, gate, tcp, service, websocket, listening })
    }

    /// Hands messages whose topics match a filter to a tap from now on, besides to whoever has subscribed. The first call counts.
    pub fn tap(&self, filter: &str, tap: Arc<dyn Tap>) {
        let _ = self.gate.tapped.set(Tapped { filter: filter.to_owned(), tap });
    }

    /// Where devices connect by TCP.
    pub fn tcp_addr(&self) -> SocketAddr {
        self.tcp
    }

    /// Where parts of the platform connect; on the loopback interface, with longer queues.
    pub fn service_addr(&self) -> SocketAddr {
        self.service
    }

    /// Where devices connect by WebSocket.
    pub fn websocket_addr(&self) -> Option<SocketAddr> {
        self.websocket
    }

    /// Disconnects every client of a principal, for instance because its credentials changed.
    pub async fn disconnect(&self, principal: &str) {
        let of_principal = |client: &Arc<crate::hooks::Client>| *client.principal.name == *principal;
        let ids: Vec<_> = self.gate.clients.iter().filter(|one| of_principal(one)).map(|one| one.id.clone()).collect();
        for id in ids {
            let mut entry = self.context.extends.shared().await.entry(id);
            if let Err(error) = entry.kick(true, true, true).await {
                tracing::warn!(%error, principal, "a client could not be disconnected");
            }
        }
    }

    /// What the broker has seen; also brings its metrics up to date.
    pub fn statistics(&self) -> Statistics {
        self.gate.counters.read(self.gate.clients.len() as u64)
    }

    /// Stops listening and disconnects everybody.
    pub async fn stop(self) {
        self.listening.abort();
        let _ = self.listening.await;
        let ids: Vec<_> = self.gate.clients.iter().map(|client| client.id.clone()).collect();
        for id in ids {
            let mut entry = self.context.extends.shared().await.entry(id);
            // A client that left by itself meanwhile is as good.
            let _ = entry.kick(false, false, true).await;
        }
    }
}

fn bind(name: &str, address: SocketAddr, options: &Options, queue: usize) -> Result<Listener, Error> {
    Builder::new()
        .name(name)
        .laddr(address)
        .nodelay(true)
        .reuseaddr(Some(true))
        .allow_anonymous(false)
        .max_packet_size(options.max_packet_bytes)
        .max_inflight(NonZeroU16::new(512).expect("it is not zero"))
        .max_mqueue_len(queue)
        .max_clientid_len(128)
        .max_topic_levels(16)
        .session_expiry_interval(options.session_expiry)
        .max_session_expiry_interval(options.session_expiry)
        .max_subscriptions(64)
        .handshake_timeout(Duration::from_secs(10))
        .bind()
        .map_err(|cause| refused(address, &cause))
}

fn by_tcp(listener: Listener, address: SocketAddr) -> Result<(Listener, SocketAddr), Error> {
    let listener = listener.tcp().map_err(|cause| refused(address, &cause))?;
    let actual = listener.local_addr().map_err(|cause| refused(address, &cause))?;
    Ok((listener, actual))
}

fn refused(address: SocketAddr, cause: &rmqtt::Error) -> Error {
    Error::Listen { address, cause: cause.to_string() }
}
