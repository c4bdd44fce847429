//! How a connection to a subgraph is made, whatever is spoken over it: by TCP or a Unix socket, openly or over TLS.

use std::{
    error::Error,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use bytes::Bytes;
use url::Url;

use super::broken::network_error;
use crate::request::SubgraphError;

/// How to get to the host of a URL.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Connect to this address, whatever the host of the URL resolves to; the host is still what is asked for by name.
    pub address: Option<IpAddr>,
    /// Connect to this Unix socket; the URL then only names host and path.
    pub unix_socket: Option<PathBuf>,
    /// Whom to believe, and who to be, over TLS.
    pub tls: Tls,
}

/// Trust and identity over TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// PEM certificates of authorities that are believed instead of the system's.
    pub authorities: Option<Bytes>,
    /// PEM certificate chain and private key that are presented to the other side.
    pub identity: Option<Bytes>,
}

impl Reach {
    /// A client for a URL; fails when the certificates or the key cannot be read.
    pub(crate) fn client(&self, url: &Url, builder: reqwest::ClientBuilder) -> Result<reqwest::Client, SubgraphError> {
        let wrong = |error: reqwest::Error| SubgraphError::Unavailable(innermost(&error));
        let mut builder = builder.tcp_nodelay(true).redirect(reqwest::redirect::Policy::none());
        if let (Some(address), Some(host)) = (self.address, url.host_str()) {
            // The port of the URL counts.
            builder = builder.resolve(host, SocketAddr::new(address, 0));
        }
        if let Some(socket) = &self.unix_socket {
            builder = builder.unix_socket(socket.as_path());
        }
        if let Some(authorities) = &self.tls.authorities {
            builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(authorities).map_err(wrong)?);
        } else if matches!(url.scheme(), "http" | "ws") {
            // Nothing here is ever encrypted, so that the system's authorities need not be read.
            builder = builder.tls_certs_only([]);
        }
        if let Some(identity) = &self.tls.identity {
            builder = builder.identity(reqwest::Identity::from_pem(identity).map_err(wrong)?);
        }
        builder.build().map_err(wrong)
    }
}

/// Why a call by such a client brought nothing.
pub(crate) fn failure(error: &reqwest::Error) -> SubgraphError {
    // A connection that the kernel gave up as lost has taken a part of the call's time only.
    if error.is_timeout() && (error.is_connect() || network_error(error).is_none()) {
        return SubgraphError::Timeout;
    }
    SubgraphError::Unreachable(innermost(error))
}

/// The outermost text only repeats the URL; the innermost says what happened.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
