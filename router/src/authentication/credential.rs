//! Credentials as clients send them.

use std::fmt;
use std::sync::OnceLock;

use axum::http::{HeaderMap, HeaderName, header};
use serde_json::Value;

/// What API keys begin with, so that they can be told from tokens in an `Authorization` header.
const API_KEY_PREFIX: &str = "cp_";

/// A credential, not yet verified.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Credential {
    /// An access token.
    Token(String),
    /// An API key.
    ApiKey(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Token(_) => "Token(***)",
            Self::ApiKey(_) => "ApiKey(***)",
        })
    }
}

impl Credential {
    /// From a subprotocol `bearer.TOKEN` that a browser offers beside the real one, as it can set no header on a socket.
    pub fn in_subprotocols(headers: &HeaderMap) -> Option<Self> {
        let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
        let mut offered = offered.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        offered.find_map(|protocol| protocol.trim().strip_prefix("bearer.")).and_then(Self::from_query)
    }

    /// From a query parameter, for clients that can set nothing else.
    pub fn from_query(token: &str) -> Option<Self> {
        (!token.is_empty()).then(|| Self::from_bare(token))
    }

    /// The text itself, for whoever verifies it.
    pub fn reveal(&self) -> &str {
        match self {
            Self::Token(text) | Self::ApiKey(text) => text,
        }
    }

    fn from_bearer(value: &str) -> Option<Self> {
        let (scheme, token) = value.trim().split_once(' ')?;
        (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| Self::from_bare(token.trim()))
    }

    fn from_bare(token: &str) -> Self {
        if token.starts_with(API_KEY_PREFIX) { Self::ApiKey(token.to_owned()) } else { Self::Token(token.to_owned()) }
    }
}

/// Where clients put their credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialPlaces {
    /// The header of tokens. In `Authorization` they stand behind `Bearer`, in any other header they need not.
    pub token_header: HeaderName,
    /// The header of API keys.
    pub api_key_header: HeaderName,
    /// The cookie of tokens; none when cookies are not looked at.
    pub cookie: Option<String>,
}

impl Default for CredentialPlaces {
    fn default() -> Self {
        Self { token_header: header::AUTHORIZATION, api_key_header: HeaderName::from_static("x-api-key"), cookie: None }
    }
}

impl CredentialPlaces {
    /// `Authorization: Bearer …` and `X-API-Key: …`.
    pub fn usual() -> &'static Self {
        static USUAL: OnceLock<CredentialPlaces> = OnceLock::new();
        USUAL.get_or_init(Self::default)
    }

    /// The credential of an HTTP request; the header of tokens counts more than that of keys, and both more than a cookie.
    pub fn in_headers(&self, headers: &HeaderMap) -> Option<Credential> {
        let text = |name: &HeaderName| headers.get(name)?.to_str().ok();
        let token = text(&self.token_header).and_then(|value| self.token(value));
        let key = || text(&self.api_key_header).map(|key| Credential::ApiKey(key.to_owned()));
        token.or_else(key).or_else(|| self.in_cookies(headers))
    }

    /// The credential in the payload of `connection_init` or of a renewing `ping`, in the spellings that clients use.
    pub fn in_payload(&self, payload: &Value) -> Option<Credential> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str);
        let nested = payload.get("headers").and_then(|headers| self.in_payload(headers));
        text("authorization")
            .or_else(|| text("Authorization"))
            .and_then(Credential::from_bearer)
            .or_else(|| text(self.token_header.as_str()).and_then(|value| self.token(value)))
            .or_else(|| text("authToken").or_else(|| text("token")).map(Credential::from_bare))
            .or_else(|| {
                let key = text(self.api_key_header.as_str()).or_else(|| text("x-api-key")).or_else(|| text("apiKey"));
                key.map(|key| Credential::ApiKey(key.to_owned()))
            })
            .or(nested)
    }

    fn token(&self, value: &str) -> Option<Credential> {
        let bearer = Credential::from_bearer(value);
        if self.token_header == header::AUTHORIZATION {
            bearer
        } else {
            bearer.or_else(|| Credential::from_query(value.trim()))
        }
    }

    fn in_cookies(&self, headers: &HeaderMap) -> Option<Credential> {
        let wanted = self.cookie.as_deref()?;
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == wanted).and_then(|(_, value)| Credential::from_query(value))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_and_keys_are_told_apart() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, "bearer abc".parse().unwrap());
        assert_eq!(CredentialPlaces::usual().in_headers(&headers), Some(Credential::Token("abc".into())));
        headers.insert(header::AUTHORIZATION, "Bearer cp_1_2".parse().unwrap());
        assert_eq!(CredentialPlaces::usual().in_headers(&headers), Some(Credential::ApiKey("cp_1_2".into())));
        headers.insert(header::AUTHORIZATION, "Basic abc".parse().unwrap());
        assert_eq!(CredentialPlaces::usual().in_headers(&headers), None);
    }

    #[test]
    fn sockets_may_send_it_in_several_spellings() {
        for payload in [
            json!({ "authorization": "Bearer abc" }),
            json!({ "headers": { "Authorization": "Bearer abc" } }),
            json!({ "authToken": "abc" }),
        ] {
            assert_eq!(
                CredentialPlaces::usual().in_payload(&payload),
                Some(Credential::Token("abc".into())),
                "{payload}"
            );
        }
        assert_eq!(CredentialPlaces::usual().in_payload(&json!({})), None);
    }

    #[test]
    fn a_token_may_come_by_a_header_of_its_own_a_cookie_or_a_subprotocol() {
        let places = CredentialPlaces {
            token_header: HeaderName::from_static("x-access-token"),
            cookie: Some("session".into()),
            ..CredentialPlaces::default()
        };
        let found = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            places.in_headers(&headers).or_else(|| Credential::in_subprotocols(&headers))
        };
        let token = Some(Credential::Token("abc".into()));
        assert_eq!(found("x-access-token", "abc"), token);
        assert_eq!(found("x-access-token", "Bearer abc"), token);
        assert_eq!(found("authorization", "Bearer abc"), None, "it is to come elsewhere");
        assert_eq!(found("cookie", "a=b; session=abc; c=d"), token);
        assert_eq!(found("cookie", "sessions=abc; session="), None);
        assert_eq!(found("sec-websocket-protocol", "graphql-transport-ws, bearer.abc"), token);
        assert_eq!(found("sec-websocket-protocol", "graphql-transport-ws"), None);
        assert_eq!(places.in_payload(&json!({ "x-access-token": "abc" })), token);
    }

    #[test]
    fn a_credential_is_never_printed() {
        assert!(!format!("{:?}", Credential::Token("secret".into())).contains("secret"));
    }
}
