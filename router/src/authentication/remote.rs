//! Authentication by an identity service in another process.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloudphone_cache::Engine;
use cloudphone_core::{Caller, Origin};
use cloudphone_graphql::RequestScope;
use cloudphone_graphql::identity_token::{self, InternalSecret};
use cloudphone_resilience::{BreakerSettings, CallError, Policy, Protected, Retry};
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use super::{AccessChange, AuthenticationError, Authenticator, Credential, Principal};

/// How long a verified credential is believed without asking again; changes are signalled at once besides.
const BELIEVED_FOR: Duration = Duration::from_secs(5);
/// Asking is harmless to repeat, and whoever waits for it has little patience.
const POLICY: Policy = Policy {
    timeout: Duration::from_secs(2),
    retry: Retry::BRIEFLY,
    breaker: BreakerSettings {
        failures_to_open: 5,
        minimum_volume: 10,
        // Nobody gets in meanwhile, and what identity believes is asked for anew after a restart.
        open_for: Duration::from_secs(2),
        successes_to_close: 1,
    },
    bulkhead: 512,
};
/// Verified credentials kept.
const CAPACITY: u64 = 50_000;
/// The channel on which identity signals changed rights.
const CHANGES: &str = "identity.access-changed";
/// Changes kept for a slow reader.
const CHANGE_BUFFER: usize = 1024;

/// Why the authenticator could not be made.
#[derive(Debug, Error)]
pub enum RemoteAuthenticatorError {
    /// The HTTP client could not be made.
    #[error("the HTTP client for identity could not be made: {0}")]
    Client(#[from] reqwest::Error),
    /// The engine that carries signals does not answer.
    #[error(transparent)]
    Signals(#[from] cloudphone_cache::CacheError),
}

/// Asks the identity service and remembers its answers for seconds.
pub struct RemoteAuthenticator {
    client: reqwest::Client,
    calls: Protected,
    url: String,
    secret: InternalSecret,
    verified: Cache<Credential, Caller>,
    changes: broadcast::Sender<AccessChange>,
    listener: JoinHandle<()>,
}

#[derive(Serialize)]
struct Question<'a> {
    credential: &'a str,
    origin: &'a Origin,
}

#[derive(Deserialize)]
struct Answer {
    caller: Caller,
}

impl RemoteAuthenticator {
    /// `base_url` is identity's, such as `http://identity:30001`; `signals` is the engine that all parts share.
    pub async fn connect(
        base_url: &str,
        secret: InternalSecret,
        signals: &Engine,
    ) -> Result<Self, RemoteAuthenticatorError> {
        let client = reqwest::Client::builder().timeout(POLICY.timeout).build()?;
        let verified = Cache::builder().max_capacity(CAPACITY).time_to_live(BELIEVED_FOR).build();
        let (changes, _) = broadcast::channel(CHANGE_BUFFER);
        let mut channel = signals.subscribe(CHANGES).await?;
        let (forget, forward) = (verified.clone(), changes.clone());
        let listener = tokio::spawn(async move {
            while let Some(message) = channel.next().await {
                // An unreadable change may concern anybody.
                let change: AccessChange = serde_json::from_slice(&message).unwrap_or_default();
                forget.invalidate_all();
                // An error only says that nobody listens.
                let _ = forward.send(change);
            }
        });
        let url = format!("{}/internal/authenticate", base_url.trim_end_matches('/'));
        Ok(Self { client, calls: Protected::new("identity", POLICY), url, secret, verified, changes, listener })
    }

    async fn ask(&self, credential: &Credential, origin: &Origin) -> Result<Caller, AuthenticationError> {
        let scope = RequestScope::anonymous(origin.clone());
        let asked = self.calls.call(Refusal::may_pass, || self.try_to_ask(&scope, credential, origin)).await;
        let (outcome, answer) = match asked {
            Ok(caller) => ("known", Ok(caller)),
            Err(CallError::Failed(Refusal::Unknown)) => ("unknown", Err(AuthenticationError::Invalid)),
            Err(error) => {
                tracing::warn!(%error, "identity cannot be asked");
                ("unavailable", Err(AuthenticationError::Unavailable))
            }
        };
        metrics::counter!("cloudphone_identity_calls_total", "outcome" => outcome).increment(1);
        answer
    }

    async fn try_to_ask(
        &self,
        scope: &RequestScope,
        credential: &Credential,
        origin: &Origin,
    ) -> Result<Caller, Refusal> {
        // Signed for each try, as a signature holds for seconds.
        let token = identity_token::sign(scope, "identity", &self.secret).map_err(Refusal::unclear)?;
        let request = self.client.post(&self.url).header(identity_token::HEADER, token);
        let question = Question { credential: credential.reveal(), origin };
        let response = request.json(&question).send().await.map_err(Refusal::unclear)?;
        match response.status().as_u16() {
            200 => response.json().await.map(|answer: Answer| answer.caller).map_err(Refusal::unclear),
            401 => Err(Refusal::Unknown),
            status => Err(Refusal::Unclear(format!("identity answered {status}"))),
        }
    }
}

/// Why identity names nobody.
#[derive(Debug, Error)]
enum Refusal {
    /// Nobody has this credential.
    #[error("identity knows nobody by this credential")]
    Unknown,
    /// It could not be asked, or did not say.
    #[error("{0}")]
    Unclear(String),
}

impl Refusal {
    fn unclear(cause: impl std::fmt::Display) -> Self {
        Self::Unclear(cause.to_string())
    }

    fn may_pass(&self) -> bool {
        matches!(self, Self::Unclear(_))
    }
}

impl Drop for RemoteAuthenticator {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

#[async_trait]
impl Authenticator for RemoteAuthenticator {
    async fn authenticate(
        &self,
        credential: &Credential,
        origin: &Origin,
    ) -> Result<Option<Principal>, AuthenticationError> {
        let asked = self.verified.try_get_with(credential.clone(), self.ask(credential, origin)).await;
        let mut caller = asked.map_err(|error: Arc<AuthenticationError>| *error)?;
        if caller.expires_at.is_some_and(|end| end <= chrono::Utc::now()) {
            return Err(AuthenticationError::Expired);
        }
        caller.origin = origin.clone();
        Ok(Some(caller.into()))
    }

    fn changes(&self) -> broadcast::Receiver<AccessChange> {
        self.changes.subscribe()
    }
}
