//! Credentials as clients send them.

use std::fmt;

use axum::http::{HeaderMap, header};
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
    /// From `Authorization: Bearer …` or `X-API-Key: …`.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let bearer =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(Self::from_bearer);
        let key = || headers.get("x-api-key")?.to_str().ok().map(|key| Self::ApiKey(key.to_owned()));
        bearer.or_else(key)
    }

    /// From the payload of `connection_init` or of a renewing `ping`, in the spellings that clients use.
    pub fn from_payload(payload: &Value) -> Option<Self> {
        let text = |name: &str| payload.get(name).and_then(Value::as_str);
        let nested = payload.get("headers").and_then(Self::from_payload);
        text("authorization")
            .or_else(|| text("Authorization"))
            .and_then(Self::from_bearer)
            .or_else(|| text("authToken").or_else(|| text("token")).map(Self::from_bare))
            .or_else(|| text("x-api-key").or_else(|| text("apiKey")).map(|key| Self::ApiKey(key.to_owned())))
            .or(nested)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_and_keys_are_told_apart() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, "bearer abc".parse().unwrap());
        assert_eq!(Credential::from_headers(&headers), Some(Credential::Token("abc".into())));
        headers.insert(header::AUTHORIZATION, "Bearer cp_1_2".parse().unwrap());
        assert_eq!(Credential::from_headers(&headers), Some(Credential::ApiKey("cp_1_2".into())));
        headers.insert(header::AUTHORIZATION, "Basic abc".parse().unwrap());
        assert_eq!(Credential::from_headers(&headers), None);
    }

    #[test]
    fn sockets_may_send_it_in_several_spellings() {
        for payload in [
            json!({ "authorization": "Bearer abc" }),
            json!({ "headers": { "Authorization": "Bearer abc" } }),
            json!({ "authToken": "abc" }),
        ] {
            assert_eq!(Credential::from_payload(&payload), Some(Credential::Token("abc".into())), "{payload}");
        }
        assert_eq!(Credential::from_payload(&json!({})), None);
    }

    #[test]
    fn a_credential_is_never_printed() {
        assert!(!format!("{:?}", Credential::Token("secret".into())).contains("secret"));
    }
}
