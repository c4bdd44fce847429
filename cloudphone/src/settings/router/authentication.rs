//! Settings of who may ask a router that stands alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cloudphone_config::Secret;
use cloudphone_router::authentication::foreign::{digest_of, is_algorithm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// Who may ask a router that stands alone. The platform's own router knows its callers from the identity domain instead.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Authentication {
    /// `optional` answers callers without a credential as nobody; `required` refuses them. A credential that does not hold is
    /// refused either way.
    pub mode: AuthenticationMode,
    /// Whose tokens are believed. Each has `name`, `issuer`, `audiences`, one of `jwks_url`, `jwks_file`, `secret` and
    /// `secret_file`, and more, as told in docs/router.md.
    pub issuers: Vec<Issuer>,
    /// API keys, each with `name`, `sha256` (of the key, in hexadecimal digits), `scopes`, `policies`, `tier` and `expires_at`.
    pub api_keys: Vec<ApiKey>,
    /// A file of further API keys: a JSON list, read anew when it changes.
    pub api_keys_file: Option<PathBuf>,
    /// The header of tokens. In `authorization` they stand behind `Bearer`.
    pub token_header: String,
    /// The cookie of tokens; unset: cookies are not looked at.
    pub token_cookie: Option<String>,
    /// The header of API keys.
    pub api_key_header: String,
    /// The longest token that is looked at, in bytes.
    pub max_token_bytes: usize,
    /// What subgraphs learn of the caller.
    pub pass_on: PassOn,
}

/// Whether a credential is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticationMode {
    /// Nobody in particular may ask, too.
    #[default]
    Optional,
    /// Only who can be verified may ask.
    Required,
}

/// An issuer of tokens.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Issuer {
    /// What it is called in metrics and logs; its `issuer` unless set.
    pub name: Option<String>,
    /// The claim `iss` of its tokens. May be left out when it is the only one.
    pub issuer: Option<String>,
    /// One of these must be in the claim `aud`; empty: not looked at.
    pub audiences: Vec<String>,
    /// Where its JSON Web Key Set is.
    pub jwks_url: Option<String>,
    /// A file with its JSON Web Key Set.
    pub jwks_file: Option<PathBuf>,
    /// A secret for HMAC of 32 characters or more.
    pub secret: Option<Secret>,
    /// A file with such a secret.
    pub secret_file: Option<PathBuf>,
    /// The algorithms that are taken; empty: EdDSA, ES, RS and PS with public keys, HS256 with a secret.
    pub algorithms: Vec<String>,
    /// How far clocks may differ, in seconds.
    pub leeway_seconds: u64,
    /// Claims that must be there besides `exp`.
    pub required_claims: Vec<String>,
    /// The claim with whom the token is about.
    pub subject_claim: String,
    /// The claims with scopes, as words or as a list; dots lead into objects.
    pub scope_claims: Vec<String>,
    /// The claim with the policies that are met.
    pub policies_claim: Option<String>,
    /// The claim with the rate limit tier.
    pub tier_claim: Option<String>,
    /// How often keys are fetched, in seconds.
    pub refresh_seconds: u64,
    /// The shortest time between fetches because of unknown keys, in seconds.
    pub refetch_after_seconds: u64,
    /// How long one fetch may take, in seconds.
    pub timeout_seconds: u64,
}

/// An API key that the operator gave to somebody.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ApiKey {
    /// Whose it is.
    pub name: String,
    /// The SHA-256 of the key in hexadecimal digits.
    pub sha256: String,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// The policies that are met.
    pub policies: Vec<String>,
    /// Its rate limit tier.
    pub tier: Option<String>,
    /// When it ends, as in `2027-01-31T00:00:00Z`; unset: it does not.
    pub expires_at: Option<String>,
}

/// What subgraphs learn of a verified caller.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PassOn {
    /// Whether the credential itself is passed on, so that subgraphs verify it once more.
    pub credential: bool,
    /// Headers by name, with the claim of the verified token that each carries.
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    #[serde(serialize_with = "or_unset")]
    pub headers: BTreeMap<String, String>,
    /// A token that the router signs for each call.
    pub signed: SignedIdentity,
}

/// A token that the router signs for each call; off until it has a key.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SignedIdentity {
    /// The header that carries it.
    pub header: String,
    /// The secret that it is signed with (HS256), of 32 characters or more.
    pub secret: Option<Secret>,
    /// A file with an Ed25519 private key in PEM (EdDSA) instead.
    pub key_file: Option<PathBuf>,
    /// Its claim `iss`.
    pub issuer: String,
    /// How long it holds, in seconds.
    pub lifetime_seconds: u64,
    /// Claims of the verified token that are repeated in it besides `sub` and `scope`.
    pub claims: Vec<String>,
}

impl Default for Authentication {
    fn default() -> Self {
        Self {
            mode: AuthenticationMode::default(),
            issuers: Vec::new(),
            api_keys: Vec::new(),
            api_keys_file: None,
            token_header: "authorization".to_owned(),
            token_cookie: None,
            api_key_header: "x-api-key".to_owned(),
            max_token_bytes: 8 * 1024,
            pass_on: PassOn::default(),
        }
    }
}

impl Default for Issuer {
    fn default() -> Self {
        Self {
            name: None,
            issuer: None,
            audiences: Vec::new(),
            jwks_url: None,
            jwks_file: None,
            secret: None,
            secret_file: None,
            algorithms: Vec::new(),
            leeway_seconds: 30,
            required_claims: Vec::new(),
            subject_claim: "sub".to_owned(),
            scope_claims: vec!["scope".to_owned(), "scp".to_owned()],
            policies_claim: None,
            tier_claim: None,
            refresh_seconds: 300,
            refetch_after_seconds: 30,
            timeout_seconds: 5,
        }
    }
}

impl Default for SignedIdentity {
    fn default() -> Self {
        Self {
            header: "x-router-identity".to_owned(),
            secret: None,
            key_file: None,
            issuer: "router".to_owned(),
            lifetime_seconds: 60,
            claims: Vec::new(),
        }
    }
}

/// An empty map is told as a value, not as a section without settings.
pub(super) fn or_unset<V: Serialize, S: serde::Serializer>(
    map: &BTreeMap<String, V>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if map.is_empty() { serializer.serialize_none() } else { map.serialize(serializer) }
}

impl Authentication {
    /// Whether anybody is known at all.
    pub fn is_configured(&self) -> bool {
        !self.issuers.is_empty()
            || !self.api_keys.is_empty()
            || self.api_keys_file.is_some()
            || self.mode == AuthenticationMode::Required
    }

    /// One sentence for each broken rule.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |holds: bool, problem: String| {
            if !holds {
                problems.push(format!("router.authentication.{problem}"));
            }
        };
        for (name, header) in [("token_header", &self.token_header), ("api_key_header", &self.api_key_header)] {
            check(is_header(header), format!("{name}: `{header}` is no name of a header."));
        }
        check((256..=65_536).contains(&self.max_token_bytes), "max_token_bytes: choose 256 to 65536.".to_owned());
        let nobody = self.mode == AuthenticationMode::Required
            && self.issuers.is_empty()
            && self.api_keys.is_empty()
            && self.api_keys_file.is_none();
        check(!nobody, "mode: `required` needs issuers or API keys, or nobody could ask.".to_owned());
        for (position, issuer) in self.issuers.iter().enumerate() {
            let alone = self.issuers.len() == 1;
            for problem in issuer.problems(alone) {
                check(false, format!("issuers[{position}].{problem}"));
            }
        }
        for key in &self.api_keys {
            let fits = digest_of(&key.sha256).is_some();
            check(fits, format!("api_keys: `{}` needs `sha256` of 64 hexadecimal digits.", key.name));
            check(!key.name.is_empty(), "api_keys: each needs a `name`.".to_owned());
            let ends = key.expires_at.as_deref().is_none_or(|end| chrono::DateTime::parse_from_rfc3339(end).is_ok());
            check(ends, format!("api_keys: `{}` needs `expires_at` as in 2027-01-31T00:00:00Z.", key.name));
        }
        for header in self.pass_on.headers.keys() {
            check(is_header(header), format!("pass_on.headers: `{header}` is no name of a header."));
        }
        let signed = &self.pass_on.signed;
        check(is_header(&signed.header), format!("pass_on.signed.header: `{}` is no name of a header.", signed.header));
        let strong = signed.secret.as_ref().is_none_or(|secret| secret.reveal().len() >= 32);
        check(strong, "pass_on.signed.secret: needs at least 32 characters.".to_owned());
        let one = signed.secret.is_none() || signed.key_file.is_none();
        check(one, "pass_on.signed: set `secret` or `key_file`, not both.".to_owned());
        let brief = (1..=3600).contains(&signed.lifetime_seconds);
        check(brief, "pass_on.signed.lifetime_seconds: choose 1 to 3600 seconds.".to_owned());
        problems
    }
}

impl Issuer {
    fn problems(&self, alone: bool) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |holds: bool, problem: String| {
            if !holds {
                problems.push(problem);
            }
        };
        check(self.issuer.is_some() || alone, "issuer: say it, as there are several.".to_owned());
        let sources =
            [self.jwks_url.is_some(), self.jwks_file.is_some(), self.secret.is_some(), self.secret_file.is_some()];
        let given = sources.iter().filter(|given| **given).count();
        check(given == 1, "set one of jwks_url, jwks_file, secret and secret_file.".to_owned());
        let strong = self.secret.as_ref().is_none_or(|secret| secret.reveal().len() >= 32);
        check(strong, "secret: needs at least 32 characters.".to_owned());
        if let Some(url) = &self.jwks_url {
            let fits = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            check(fits, "jwks_url: needs a URL that starts with http:// or https://.".to_owned());
        }
        let shares_secret = self.secret.is_some() || self.secret_file.is_some();
        for algorithm in &self.algorithms {
            let fits = is_algorithm(algorithm, shares_secret);
            check(fits, format!("algorithms: `{algorithm}` is none for keys of this kind."));
        }
        check(self.leeway_seconds <= 600, "leeway_seconds: choose at most 600 seconds.".to_owned());
        check((1..=86_400).contains(&self.refresh_seconds), "refresh_seconds: choose 1 to 86400 seconds.".to_owned());
        check((1..=60).contains(&self.timeout_seconds), "timeout_seconds: choose 1 to 60 seconds.".to_owned());
        check(!self.subject_claim.is_empty(), "subject_claim: name a claim.".to_owned());
        problems
    }
}

fn is_header(name: &str) -> bool {
    axum::http::HeaderName::try_from(name).is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        toml::from_str::<Authentication>(text).unwrap().problems()
    }

    #[test]
    fn what_would_let_strangers_in_is_refused() {
        let told = problems(
            r#"
            [[issuers]]
            secret = "short"
            algorithms = ["HS256", "RS256", "none"]
            [[issuers]]
            issuer = "https://id.example.com"
            jwks_url = "file:///etc/passwd"
            jwks_file = "keys.json"
            algorithms = ["HS256"]
            "#,
        );
        for wanted in [
            "issuers[0].issuer: say it",
            "issuers[0].secret: needs at least 32",
            "issuers[0].algorithms: `RS256`",
            "issuers[0].algorithms: `none`",
            "issuers[1].set one of",
            "issuers[1].jwks_url",
            "issuers[1].algorithms: `HS256`",
        ] {
            let found = told.iter().any(|problem| problem.contains(wanted));
            assert!(found, "{wanted} in {told:#?}");
        }
        assert_eq!(told.len(), 7, "{told:#?}");
        assert_eq!(problems("mode = \"required\"").len(), 1);
        assert_eq!(problems("api_keys = [{ name = \"a\", sha256 = \"12\" }]").len(), 1);
    }

    #[test]
    fn a_usual_configuration_has_no_problems() {
        let told = problems(
            r#"
            mode = "required"
            token_cookie = "session"
            [[issuers]]
            issuer = "https://id.example.com"
            audiences = ["api"]
            jwks_url = "https://id.example.com/keys"
            algorithms = ["RS256", "EdDSA", "ES256"]
            [pass_on.headers]
            x-user = "sub"
            [pass_on.signed]
            secret = "a-secret-of-thirty-two-characters!"
            "#,
        );
        assert_eq!(told, Vec::<String>::new());
    }
}
