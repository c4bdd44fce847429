//! Object storage: the embedded S3 service, or an S3-compatible one of the operator's.

use std::fs;
use std::net::SocketAddr;

use anyhow::Context as _;
use cloudphone_embedded_s3::{EmbeddedS3, Options};
use cloudphone_graphql::identity_token::InternalSecret;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::secrets;
use crate::settings::Settings;

/// The file in the data folder that keeps the port of the first start.
const PORT_NOTE: &str = "storage-port";

/// How object storage is reached.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    /// Where clients outside reach it.
    pub(crate) public_url: String,
    pub(crate) region: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) bucket: String,
}

/// Running or reached object storage.
pub(crate) struct Storage {
    pub(crate) endpoint: Endpoint,
    embedded: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Storage {
    pub(crate) async fn start(settings: &Settings, secret: &InternalSecret) -> anyhow::Result<Self> {
        let configured = &settings.storage;
        let mut endpoint = Endpoint {
            url: configured.url.clone().unwrap_or_default(),
            public_url: String::new(),
            region: configured.region.clone(),
            access_key: configured.access_key.clone(),
            secret_key: configured.secret_key.reveal().to_owned(),
            bucket: configured.bucket.clone(),
        };
        let mut embedded = None;
        if configured.url.is_none() {
            if endpoint.secret_key.is_empty() {
                endpoint.secret_key = secrets::derive(std::str::from_utf8(secret.as_bytes())?, "storage");
            }
            let root = settings.data_dir.0.join("storage");
            let options = Options::new(root, endpoint.access_key.clone(), endpoint.secret_key.clone());
            let store = EmbeddedS3::open(options).await.context("object storage")?;
            let listener = listen(settings).await?;
            endpoint.url = format!("http://{}", listener.local_addr()?);
            let stop = CancellationToken::new();
            let token = stop.clone();
            embedded = Some((stop, tokio::spawn(async move { store.serve(listener, token).await })));
        }
        endpoint.public_url = configured.public_url.clone().unwrap_or_else(|| endpoint.url.clone());
        Ok(Self { endpoint, embedded })
    }

    pub(crate) async fn stop(self) {
        if let Some((stop, task)) = self.embedded {
            stop.cancel();
            let _ = task.await;
        }
    }
}

/// On the port of the settings; where these leave it open, on the one of the first start, for presigned addresses outlive
/// a restart.
async fn listen(settings: &Settings) -> anyhow::Result<TcpListener> {
    let at = |port| SocketAddr::new(settings.http.address, port);
    let configured = at(settings.storage.port);
    if configured.port() != 0 {
        return TcpListener::bind(configured).await.with_context(|| {
            format!("object storage cannot listen on {configured}; free the port or set storage.port")
        });
    }
    let note = settings.data_dir.0.join(PORT_NOTE);
    let first: Option<u16> = fs::read_to_string(&note).ok().and_then(|text| text.trim().parse().ok());
    if let Some(port) = first {
        match TcpListener::bind(at(port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => tracing::warn!(
                port,
                %error,
                "object storage takes another port than at its first start, so presigned addresses of before lead nowhere; \
                 free the port and start again, or set storage.port"
            ),
        }
    }
    let listener = TcpListener::bind(configured).await.context("object storage finds no free port")?;
    if first.is_none() {
        let port = listener.local_addr()?.port();
        fs::write(&note, port.to_string()).with_context(|| format!("{} cannot be written", note.display()))?;
    }
    Ok(listener)
}
