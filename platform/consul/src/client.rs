//! Requests to a Consul agent.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use thiserror::Error;
use url::Url;

/// The longest that the agent may take for anything but a blocking query.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where the agent is, and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsulOptions {
    /// The agent, such as `http://127.0.0.1:8500`.
    pub url: Url,
    /// The ACL token; absent: the agent's own.
    pub token: Option<String>,
    /// The data centre that is asked about; absent: the agent's own.
    pub datacenter: Option<String>,
}

/// Why Consul gave no answer.
#[derive(Debug, Error)]
pub enum ConsulError {
    /// No connection, or no answer in time.
    #[error("Consul cannot be reached: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// It refuses the request.
    #[error("Consul answered with status {0}; see whether the token may do this")]
    Refused(StatusCode),
    /// An address that cannot be asked.
    #[error("`{0}` is no address of a Consul agent")]
    Address(Url),
}

/// A Consul agent; cheap to clone.
#[derive(Clone, Debug)]
pub struct Consul {
    client: reqwest::Client,
    pub(crate) options: ConsulOptions,
}

impl Consul {
    /// An agent; nothing is asked yet.
    pub fn new(options: ConsulOptions) -> Result<Self, ConsulError> {
        let client = reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).build()?;
        if options.url.cannot_be_a_base() {
            return Err(ConsulError::Address(options.url));
        }
        Ok(Self { client, options })
    }

    pub(crate) fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.query(method, path, &[])
    }

    pub(crate) fn query(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.options.url.clone();
        url.path_segments_mut().expect("it can be a base").pop_if_empty().extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.client.request(method, url).timeout(TIMEOUT);
        match &self.options.token {
            Some(token) => request.header("x-consul-token", token),
            None => request,
        }
    }
}

pub(crate) async fn answered(request: RequestBuilder) -> Result<Response, ConsulError> {
    let response = request.send().await?;
    if response.status().is_success() { Ok(response) } else { Err(ConsulError::Refused(response.status())) }
}
