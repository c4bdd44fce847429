//! What a client sent that subgraphs may be told.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::Value;

use super::names::{HeaderPattern, is_forwardable};
use super::request::RequestRules;

/// Largest value of `tracestate` that is carried on (W3C Trace Context §3.3.1.5 asks for at least 512 characters).
const TRACE_STATE_BYTES: usize = 1024;

/// A client's headers, reduced to those that some rule sends on or the router itself asks for; cheap to clone. Equal when subgraphs
/// are told the same.
#[derive(Clone, Debug, Default)]
pub struct ClientHeaders {
    headers: Option<Arc<HeaderMap>>,
    /// What the router itself goes by, and no subgraph is told for that.
    own: Option<Arc<HeaderMap>>,
    /// Belongs to one request's trace and changes no answer.
    trace_state: Option<HeaderValue>,
}

impl ClientHeaders {
    /// The headers.
    pub fn get(&self) -> Option<&HeaderMap> {
        self.headers.as_deref()
    }

    /// The values of a header that the router itself goes by.
    pub fn own<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a HeaderValue> + use<'a> {
        self.own.as_ref().map(|own| own.get_all(name).into_iter()).into_iter().flatten()
    }

    /// What other tracing systems have to say of the request's trace (W3C Trace Context §3.3).
    pub fn trace_state(&self) -> Option<&HeaderValue> {
        self.trace_state.as_ref()
    }

    /// The same without what belongs to one request alone.
    #[must_use]
    pub fn untraced(self) -> Self {
        Self { trace_state: None, ..self }
    }
}

impl PartialEq for ClientHeaders {
    fn eq(&self, other: &Self) -> bool {
        self.headers == other.headers
    }
}

impl Eq for ClientHeaders {}

/// Which headers of clients are kept for the subgraphs.
#[derive(Clone, Debug, Default)]
pub struct Forwarding {
    wanted: Vec<HeaderPattern>,
    /// What the router itself goes by.
    own: Vec<HeaderName>,
    fields: Vec<(String, HeaderName)>,
}

impl Forwarding {
    /// What the rules of any subgraph read.
    pub fn new<'a>(rules: impl IntoIterator<Item = &'a RequestRules>) -> Self {
        let mut wanted: Vec<HeaderPattern> = Vec::new();
        for pattern in rules.into_iter().flat_map(RequestRules::reads) {
            if !wanted.contains(pattern) {
                wanted.push(pattern.clone());
            }
        }
        Self { wanted, ..Self::default() }
    }

    /// Besides, takes texts of a `connection_init` payload as headers, for browsers, which cannot set headers of a WebSocket.
    #[must_use]
    pub fn with_payload_fields(mut self, fields: impl IntoIterator<Item = (String, HeaderName)>) -> Self {
        self.fields = fields.into_iter().collect();
        self
    }

    /// Besides, keeps these for the router itself.
    #[must_use]
    pub fn with_own(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.own = names.into_iter().collect();
        self
    }

    /// Keeps what is wanted of a request's headers.
    pub fn select(&self, headers: &HeaderMap) -> ClientHeaders {
        let trace_state = headers.get("tracestate").filter(|value| value.len() <= TRACE_STATE_BYTES).cloned();
        let mut own = HeaderMap::new();
        for name in &self.own {
            for value in headers.get_all(name) {
                own.append(name.clone(), value.clone());
            }
        }
        let own = some(own);
        if self.wanted.is_empty() {
            return ClientHeaders { headers: None, own, trace_state };
        }
        let mut kept = HeaderMap::new();
        for (name, value) in headers {
            let wanted = self.wanted.iter().any(|pattern| pattern.matches(name));
            if wanted && is_forwardable(name) && !is_named_by_connection(headers, name) {
                kept.append(name.clone(), value.clone());
            }
        }
        ClientHeaders { headers: some(kept), own, trace_state }
    }

    /// The same for a WebSocket: what its upgrade had, completed by the payload of `connection_init`. A proxy in front may
    /// have set headers of the upgrade, which the payload therefore does not replace.
    pub fn select_socket(&self, upgrade: ClientHeaders, payload: &Value) -> ClientHeaders {
        let mut kept = upgrade.get().cloned().unwrap_or_default();
        let mut own = upgrade.own.as_deref().cloned().unwrap_or_default();
        for (field, name) in &self.fields {
            let value = payload.get(field).and_then(Value::as_str).and_then(|text| HeaderValue::from_str(text).ok());
            let wanted = self.wanted.iter().any(|pattern| pattern.matches(name)) && is_forwardable(name);
            let Some(value) = value else { continue };
            if self.own.contains(name) && !own.contains_key(name) {
                own.insert(name.clone(), value.clone());
            }
            if wanted && !kept.contains_key(name) {
                kept.insert(name.clone(), value);
            }
        }
        ClientHeaders { headers: some(kept), own: some(own), ..upgrade }
    }
}

fn some(headers: HeaderMap) -> Option<Arc<HeaderMap>> {
    (!headers.is_empty()).then(|| Arc::new(headers))
}

/// A client may name further headers that end with its connection (RFC 9110 §7.6.1).
fn is_named_by_connection(headers: &HeaderMap, name: &HeaderName) -> bool {
    let values = headers.get_all(header::CONNECTION).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|option| option.trim().eq_ignore_ascii_case(name.as_str()))
}
