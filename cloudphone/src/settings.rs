//! Every setting of the platform with its meaning, unit and default.

mod router;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use cloudphone_config::Secret;

pub(crate) use router::override_labels;
pub use router::{
    AnswerHeaderRule, Authentication, AuthenticationMode, Authorization, Balancing, Begins, Consul, Cost, CostMode,
    DnsLookup, Documents, HttpVersion, Issuer, Overload, OverrideLabel, QueryPlanAccess, Quota, RateLimits,
    RequestHeaderRule, ResponseCache, ResponseCacheRule, ResponseCacheScope, ResponseCacheStorage, Router,
    SubgraphTraffic, SubscriptionRule, Traffic, TrustMode, Upload, WhenSlow, WhenUnreachable,
};

/// All settings of all parts.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `development` serves the explorer page and introspection to everybody; `production` does not.
    pub environment: Environment,
    /// Folder of the embedded engines' files and generated secrets.
    pub data_dir: DataDir,
    /// What only the platform's own parts know: signs identities between them and derives the keys that encrypt
    /// secrets at rest. At least 32 characters. `up` makes one and keeps it in the data folder.
    pub internal_secret: Secret,
    /// The public edge.
    pub http: Http,
    /// The federation router.
    pub router: Router,
    /// Where the subgraphs run in the distributed form.
    pub subgraphs: Subgraphs,
    /// Consul, where parts of the platform find each other.
    pub consul: Consul,
    /// PostgreSQL.
    pub database: Database,
    /// The MQTT broker.
    pub mqtt: Mqtt,
    /// Object storage.
    pub storage: Storage,
    /// Event bus, cache, locks and counters.
    pub engine: Engine,
    /// Accounts and sessions.
    pub identity: cloudphone_identity::Settings,
    /// Devices and telemetry.
    pub devices: Devices,
    /// The application catalogue.
    pub apps: Apps,
    /// The web console.
    pub console: Console,
    /// Logs, traces and metrics.
    pub observability: Observability,
}

/// Folder of the embedded engines' files; `.data` below the working folder unless set.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct DataDir(pub PathBuf);

impl Default for DataDir {
    fn default() -> Self {
        Self(PathBuf::from(".data"))
    }
}

/// The kind of installation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Comfortable: explorer page and introspection are on.
    #[default]
    Development,
    /// Guarded.
    Production,
}

/// The public edge.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Address to listen on.
    pub address: IpAddr,
    /// Port of the router; 0 takes any free one.
    pub port: u16,
    /// Origins that browsers may call from besides the console's own; `*` is refused.
    pub allowed_origins: Vec<String>,
    /// Networks of the proxies in front, such as `10.0.0.0/8`: only of them is believed who the client is. Absent: nobody is,
    /// and the client is whoever connects.
    pub trusted_proxies: Vec<String>,
    /// The header by which the trusted proxies name the client; they must not pass it on as the client sent it.
    pub proxy_header: ProxyHeader,
    /// For how long browsers that came by TLS may come by nothing else (`Strict-Transport-Security`), in seconds; 0 says nothing of it.
    /// Absent means a year in production, and 0 in development. Only told where a trusted proxy says that the client speaks TLS.
    pub hsts_seconds: Option<u64>,
    /// Whether that holds for all hosts below this one, too.
    pub hsts_include_subdomains: bool,
    /// Largest JSON request body in bytes.
    pub max_body_bytes: usize,
    /// The longest a query or mutation may take, in seconds.
    pub request_timeout_seconds: u64,
    /// How long a client may take to send the head of a request, and to begin on a new connection, in seconds.
    pub header_read_timeout_seconds: u64,
    /// How long a client may keep a connection that it does not use, in seconds; longer than a proxy in front keeps unused connections.
    pub keep_alive_seconds: u64,
    /// HTTP connections at once, but for WebSockets, which `router.max_connections` bounds. Where there are so many already, those that
    /// have asked for nothing for the longest time make room; where all are being answered, a new one gets 503. Absent means half of the
    /// file descriptors that the process may have.
    pub max_connections: Option<usize>,
    /// How long a client may take nothing of what is sent to it before it is disconnected, in seconds.
    pub write_timeout_seconds: u64,
    /// How long requests are still taken after SIGTERM, while `/health/readiness` answers 503 so that load balancers send
    /// nobody any more, in seconds. Absent means 5 in `router` and `serve`, and 0 in `up`. After SIGINT (Ctrl-C) it is 0.
    pub notice_seconds: Option<u64>,
    /// Requests under way on one HTTP/2 connection.
    pub max_concurrent_streams: u32,
    /// How long in-flight work may finish at shutdown, after that, in seconds.
    pub drain_seconds: u64,
}

/// How proxies name the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProxyHeader {
    /// By `X-Forwarded-For` and `X-Forwarded-Proto`.
    #[default]
    XForwardedFor,
    /// By `Forwarded`, as RFC 7239 has it.
    Forwarded,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 30000,
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            proxy_header: ProxyHeader::default(),
            hsts_seconds: None,
            hsts_include_subdomains: false,
            max_body_bytes: 10 * 1024 * 1024,
            request_timeout_seconds: 30,
            header_read_timeout_seconds: 15,
            keep_alive_seconds: 75,
            max_connections: None,
            write_timeout_seconds: 30,
            notice_seconds: None,
            max_concurrent_streams: 200,
            drain_seconds: 30,
        }
    }
}

/// Where the subgraphs run in the distributed form.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Subgraphs {
    /// Base URL of the identity subgraph, such as `http://identity:30001`; absent: it runs in the router's process.
    pub identity: Option<String>,
    /// Base URL of the devices subgraph.
    pub devices: Option<String>,
    /// Base URL of the apps subgraph.
    pub apps: Option<String>,
    /// Port on which `serve identity` listens; 0 takes any free one.
    pub identity_port: u16,
    /// Port on which `serve devices` listens.
    pub devices_port: u16,
    /// Port on which `serve apps` listens.
    pub apps_port: u16,
}

impl Default for Subgraphs {
    fn default() -> Self {
        Self { identity: None, devices: None, apps: None, identity_port: 30001, devices_port: 30002, apps_port: 30003 }
    }
}

impl Subgraphs {
    /// Where a subgraph is; absent for one that this process serves or that this version does not know.
    pub fn url_of(&self, name: &str) -> Option<&str> {
        match name {
            "identity" => self.identity.as_deref(),
            "devices" => self.devices.as_deref(),
            "apps" => self.apps.as_deref(),
            _ => None,
        }
    }

    /// The port on which a subgraph is served; 0 for one that this version does not know.
    pub fn port_of(&self, name: &str) -> u16 {
        match name {
            "identity" => self.identity_port,
            "devices" => self.devices_port,
            "apps" => self.apps_port,
            _ => 0,
        }
    }
}

/// PostgreSQL.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// Server URL without a database name, such as `postgres://user:password@host:5432`. Absent: an embedded private cluster.
    pub url: Option<Secret>,
    /// Connections of each domain's pool.
    pub max_connections: usize,
    /// Longest time of a statement, in seconds.
    pub statement_timeout_seconds: u64,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: None, max_connections: 20, statement_timeout_seconds: 30 }
    }
}

/// The MQTT broker.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mqtt {
    /// Broker URL such as `mqtt://host:1883`. Absent: an embedded broker.
    pub url: Option<String>,
    /// Account of the platform at an external broker.
    pub username: String,
    /// Its password.
    pub password: Secret,
    /// Begins the id of the session in which an external broker keeps the devices' telemetry while the devices part is away. The
    /// same at every start; another one for each installation and each devices process at the same broker.
    pub client_id: String,
    /// Port of the embedded broker for MQTT over TCP; 0 takes any free one.
    pub port: u16,
    /// Port of the embedded broker for MQTT over WebSocket; absent: none.
    pub websocket_port: Option<u16>,
    /// Messages a device may send in a second before it is slowed down.
    pub messages_per_second: u32,
}

impl Default for Mqtt {
    fn default() -> Self {
        Self {
            url: None,
            username: "cloudphone".to_owned(),
            password: Secret::default(),
            client_id: "cloudphone".to_owned(),
            port: 31883,
            websocket_port: Some(31884),
            messages_per_second: 100,
        }
    }
}

/// Object storage.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// Endpoint of an S3-compatible service. Absent: an embedded one.
    pub url: Option<String>,
    /// Endpoint as clients outside reach it, for presigned URLs; absent: the same.
    pub public_url: Option<String>,
    /// Region named in signatures.
    pub region: String,
    /// Access key.
    pub access_key: String,
    /// Secret key.
    pub secret_key: Secret,
    /// Bucket of application packages.
    pub bucket: String,
    /// Port of the embedded service; 0 takes any free one, and the same again at the next start.
    pub port: u16,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            url: None,
            public_url: None,
            region: "us-east-1".to_owned(),
            access_key: "cloudphone".to_owned(),
            secret_key: Secret::default(),
            bucket: "cloudphone-apps".to_owned(),
            port: 31900,
        }
    }
}

/// Event bus, cache, locks and counters.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Engine {
    /// Redis URL. Absent: in process, which serves one process only.
    pub redis_url: Option<Secret>,
}

/// Devices and telemetry.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Devices {
    /// Whether this process plays the simulated devices; off when `cloudphone device simulate` does.
    pub play_simulated: bool,
    /// Time between two telemetry messages of a simulated device, in milliseconds.
    pub simulated_interval_ms: u64,
    /// Telemetry messages a second that a device may send before further ones are dropped and counted.
    pub messages_per_second: f32,
    /// Days that raw telemetry is kept.
    pub raw_retention_days: u64,
    /// Days that minute roll-ups are kept.
    pub minute_retention_days: u64,
    /// Days that hour roll-ups are kept.
    pub hour_retention_days: u64,
    /// Time a device has to start, stop, reboot, pause or resume, in seconds.
    pub lifecycle_timeout_seconds: u64,
}

impl Default for Devices {
    fn default() -> Self {
        Self {
            play_simulated: true,
            simulated_interval_ms: 1000,
            messages_per_second: 50.0,
            raw_retention_days: 7,
            minute_retention_days: 30,
            hour_retention_days: 730,
            lifecycle_timeout_seconds: 60,
        }
    }
}

/// The application catalogue.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Apps {
    /// Largest package, in bytes.
    pub max_package_bytes: u64,
    /// Packages read at the same time.
    pub parse_concurrency: usize,
    /// The longest that reading a package may take, in seconds.
    pub parse_timeout_seconds: u64,
    /// How long an installation or removal may go without news of its device before it counts as failed, in seconds.
    pub installation_timeout_seconds: u64,
    /// How long an unfinished upload may rest before it is cancelled, in seconds.
    pub upload_lifetime_seconds: u64,
}

impl Default for Apps {
    fn default() -> Self {
        Self {
            max_package_bytes: 2 * 1024 * 1024 * 1024,
            parse_concurrency: 2,
            parse_timeout_seconds: 120,
            installation_timeout_seconds: 1800,
            upload_lifetime_seconds: 86_400,
        }
    }
}

/// The web console.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Console {
    /// Folder with the built console. Absent: `web-console/dist` beside the working folder, if it is there.
    pub folder: Option<PathBuf>,
}

/// Logs, traces and metrics.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Observability {
    /// Form of log lines.
    pub log_format: LogFormat,
    /// Filter in the syntax of `tracing-subscriber`'s `EnvFilter`, such as `info,cloudphone_router=debug`.
    pub log_filter: String,
    /// OTLP/HTTP endpoint for traces, such as `http://collector:4318/v1/traces`. Absent: none are sent.
    pub otlp_endpoint: Option<String>,
    /// Share of traces recorded, 0 to 1.
    pub trace_ratio: f64,
}

impl Default for Observability {
    fn default() -> Self {
        Self {
            log_format: LogFormat::Pretty,
            log_filter: "info,rmqtt=warn,rmqtt_net=warn,s3s::service=off".to_owned(),
            otlp_endpoint: None,
            trace_ratio: 1.0,
        }
    }
}

/// Form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Pretty,
    /// For machines, one object a line.
    Json,
}
