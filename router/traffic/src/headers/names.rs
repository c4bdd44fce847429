//! Names of headers, patterns for them, and those that never travel.

use std::str::FromStr;

use http::{HeaderMap, HeaderName, header};

/// A name, or the beginning of names, spelled `x-feature-*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderPattern {
    /// One name.
    Name(HeaderName),
    /// All names that begin so, in lower case. Credentials (`authorization`, `cookie`, `set-cookie`) are never meant: they have to be named.
    Prefix(String),
}

impl FromStr for HeaderPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is neither the name of a header nor the beginning of one, such as `x-feature-*`");
        match text.strip_suffix('*') {
            None => text.parse().map(Self::Name).map_err(|_| wrong()),
            Some("") => Ok(Self::Prefix(String::new())),
            // What begins a name is a name itself by its letters.
            Some(prefix) => {
                HeaderName::from_str(prefix).map(|prefix| Self::Prefix(prefix.as_str().to_owned())).map_err(|_| wrong())
            }
        }
    }
}

impl HeaderPattern {
    /// Whether a name is meant.
    pub fn matches(&self, name: &HeaderName) -> bool {
        match self {
            Self::Name(wanted) => wanted == name,
            Self::Prefix(prefix) => name.as_str().starts_with(prefix.as_str()) && !is_credential(name),
        }
    }

    /// The one name that is meant, if it is one.
    pub fn name(&self) -> Option<&HeaderName> {
        match self {
            Self::Name(name) => Some(name),
            Self::Prefix(_) => None,
        }
    }

    /// The headers that are meant, in the order of `headers`.
    pub(super) fn of<'a>(
        &self,
        headers: &'a HeaderMap,
    ) -> impl Iterator<Item = (&'a HeaderName, &'a http::HeaderValue)> {
        headers.iter().filter(|(name, _)| self.matches(name))
    }
}

fn is_credential(name: &HeaderName) -> bool {
    [header::AUTHORIZATION, header::COOKIE, header::SET_COOKIE].contains(name)
}

/// Whether rules may send a header to subgraphs. Not those of one connection (RFC 9110 §7.6.1), of the body and of negotiation,
/// which the router writes itself; and not those by which subgraphs know the router.
pub fn is_forwardable(name: &HeaderName) -> bool {
    const OURS: [&str; 6] = [
        "x-cloudphone-identity",
        "x-request-id",
        "x-correlation-id",
        "traceparent",
        "tracestate",
        "x-graphql-event-stream-token",
    ];
    let text = name.as_str();
    let own = [header::HOST, header::ACCEPT, header::ACCEPT_ENCODING, header::EXPECT, header::RANGE, header::UPGRADE];
    let families = ["sec-websocket-", "if-", "access-control-"];
    let is_ours = own.contains(name) || OURS.contains(&text) || families.iter().any(|start| text.starts_with(start));
    !(is_of_one_connection(name) || is_of_the_body(text) || is_ours)
}

/// Whether rules may send a header of a subgraph to clients. Not those of one connection and of the body, and not those by which the
/// router protects browsers or names the request.
pub fn is_answerable(name: &HeaderName) -> bool {
    const OURS: [&str; 8] = [
        "x-correlation-id",
        "x-cloudphone-identity",
        "strict-transport-security",
        "content-security-policy",
        "x-frame-options",
        "date",
        "server",
        "vary",
    ];
    let text = name.as_str();
    let families = ["sec-websocket-", "access-control-", "cross-origin-"];
    let is_ours = OURS.contains(&text) || families.iter().any(|start| text.starts_with(start));
    !(is_of_one_connection(name) || is_of_the_body(text) || is_ours)
}

/// RFC 9110 §7.6.1; besides, what older software sends.
fn is_of_one_connection(name: &HeaderName) -> bool {
    const NAMES: [&str; 10] = [
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-authentication-info",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES.contains(&name.as_str())
}

fn is_of_the_body(name: &str) -> bool {
    // The policy of a page is none of its body's.
    name.starts_with("content-")
}
