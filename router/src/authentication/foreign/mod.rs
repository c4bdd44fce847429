//! Authentication by tokens of others' issuers (RFC 7519) and by keys of the operator's own, without asking anybody per request.

mod api_keys;
mod claims;
mod issuer;
mod key_set;
mod key_source;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use cloudphone_core::Origin;
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use self::api_keys::ApiKeys;
pub use self::api_keys::{ApiKey, ApiKeyError, digest_of};
pub use self::claims::ClaimNames;
use self::issuer::{Claimed, Issuer};
pub use self::key_set::is_algorithm;
use super::{
    AccessChange, AuthenticationError, Authenticator, Credential, CredentialPlaces, ForeignCaller, ForeignIdentity,
    IssuerKeys, Principal,
};

/// Verified tokens are kept up to so many bytes of tokens.
const VERIFIED_BYTES: u64 = 32 * 1024 * 1024;
/// Changes kept for a slow reader.
const CHANGE_BUFFER: usize = 64;

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// A JSON Web Key Set (RFC 7517 §5) at a URL, fetched now and then and when a token names a key that is not known.
    Url(String),
    /// A JSON Web Key Set in a file, read anew when it changes.
    File(PathBuf),
    /// A shared secret for HMAC.
    Secret(String),
}

/// An issuer of tokens whom the router believes.
#[derive(Clone, Debug)]
pub struct IssuerOptions {
    /// What it is called in metrics, logs and identities.
    pub name: String,
    /// The claim `iss` of its tokens; none accepts any, which suits a single issuer with keys of its own only.
    pub issuer: Option<String>,
    /// Who its tokens must be for: one of these has to be in `aud`. Empty: not looked at.
    pub audiences: Vec<String>,
    /// Where its keys are.
    pub keys: Keys,
    /// The algorithms that are taken (RFC 7518 §3.1), by name; a key takes only those of its own kind.
    pub algorithms: Vec<String>,
    /// How far clocks may differ.
    pub leeway: Duration,
    /// Claims that must be there besides `exp`.
    pub required_claims: Vec<String>,
    /// Which claims mean what.
    pub claims: ClaimNames,
    /// How often keys are fetched anew.
    pub refresh_every: Duration,
    /// The shortest time between fetches for keys that are not known, however many tokens name such keys.
    pub refetch_after: Duration,
    /// How long one fetch may take.
    pub timeout: Duration,
}

impl Default for IssuerOptions {
    fn default() -> Self {
        Self {
            name: String::new(),
            issuer: None,
            audiences: Vec::new(),
            keys: Keys::Secret(String::new()),
            algorithms: Vec::new(),
            leeway: Duration::from_secs(30),
            required_claims: Vec::new(),
            claims: ClaimNames::default(),
            refresh_every: Duration::from_mins(5),
            refetch_after: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
        }
    }
}

/// Whom to believe, and where to look.
#[derive(Clone, Debug, Default)]
pub struct ForeignOptions {
    /// Issuers of tokens.
    pub issuers: Vec<IssuerOptions>,
    /// Keys that are known by their hashes.
    pub api_keys: Vec<ApiKey>,
    /// A file of further ones, a JSON list, read anew when it changes.
    pub api_key_file: Option<PathBuf>,
    /// Whether nobody may ask without a credential.
    pub required: bool,
    /// Where clients put their credentials.
    pub places: CredentialPlaces,
    /// The longest token that is looked at, in bytes.
    pub max_token_bytes: usize,
    /// The claims that are kept to be passed on to subgraphs.
    pub passed_on: Vec<String>,
    /// Whether the credential itself is kept to be passed on.
    pub keep_credential: bool,
}

/// Why the authenticator could not be made.
#[derive(Debug, Error)]
pub enum ForeignAuthenticatorError {
    /// The HTTP client could not be made.
    #[error("the HTTP client for keys could not be made: {0}")]
    Client(#[from] reqwest::Error),
    /// An algorithm that is not known, or not for such keys.
    #[error("the issuer `{issuer}` cannot use the algorithm `{algorithm}`")]
    Algorithm {
        /// The issuer.
        issuer: String,
        /// The algorithm.
        algorithm: String,
    },
    /// The keys of an issuer cannot be read from their file.
    #[error("the keys of the issuer `{issuer}` cannot be read: {cause}")]
    KeyFile {
        /// The issuer.
        issuer: String,
        /// What is wrong.
        cause: String,
    },
    /// The API keys cannot be read.
    #[error(transparent)]
    ApiKeys(#[from] ApiKeyError),
}

/// A token that was verified, for as long as its issuer's keys stay the same.
#[derive(Clone)]
struct Verified {
    caller: ForeignCaller,
    issuer: usize,
    generation: u64,
    bytes: u32,
}

/// What is kept of a credential: its SHA-256 in full, so that no two are taken for one and none can be read from memory.
type CredentialDigest = [u8; 32];

/// Verifies tokens of others' issuers and API keys.
pub struct ForeignAuthenticator {
    issuers: Vec<Arc<Issuer>>,
    api_keys: Arc<ApiKeys>,
    required: bool,
    places: CredentialPlaces,
    max_token_bytes: usize,
    keep_credential: bool,
    verified: Cache<CredentialDigest, Verified>,
    changes: broadcast::Sender<AccessChange>,
    upkeep: Vec<JoinHandle<()>>,
}

impl ForeignAuthenticator {
    /// Reads keys from files at once, and begins to fetch those that are elsewhere; that these cannot be reached now is no
    /// error, for their tokens are refused until they can.
    pub fn start(options: ForeignOptions) -> Result<Self, ForeignAuthenticatorError> {
        let (changes, _) = broadcast::channel(CHANGE_BUFFER);
        let mut upkeep = Vec::new();
        let mut issuers = Vec::with_capacity(options.issuers.len());
        for issuer in options.issuers {
            let issuer = Arc::new(Issuer::new(issuer, &options.passed_on)?);
            if let Some(task) = issuer.keys().upkeep(changes.clone()) {
                upkeep.push(tokio::spawn(task));
            }
            issuers.push(issuer);
        }
        let api_keys = Arc::new(ApiKeys::read(&options.api_keys, options.api_key_file, &options.passed_on)?);
        if let Some(task) = Arc::clone(&api_keys).upkeep(changes.clone()) {
            upkeep.push(tokio::spawn(task));
        }
        let verified = Cache::builder()
            .max_capacity(VERIFIED_BYTES)
            .weigher(|_: &CredentialDigest, verified: &Verified| verified.bytes)
            .build();
        Ok(Self {
            issuers,
            api_keys,
            required: options.required,
            places: options.places,
            max_token_bytes: options.max_token_bytes,
            keep_credential: options.keep_credential,
            verified,
            changes,
            upkeep,
        })
    }

    async fn verify(&self, credential: &Credential) -> Result<ForeignCaller, AuthenticationError> {
        let text = credential.reveal();
        // A hash of a long text costs, too.
        if text.len() > self.max_token_bytes {
            return Err(AuthenticationError::Invalid);
        }
        let digest: CredentialDigest = Sha256::digest(text.as_bytes()).into();
        let is_token =
            matches!(credential, Credential::Token(_)) && text.bytes().filter(|byte| *byte == b'.').count() == 2;
        if !is_token {
            return self.api_keys.find(&digest).ok_or(AuthenticationError::Invalid).and_then(holds);
        }
        if let Some(known) = self.verified.get(&digest)
            && self.issuers[known.issuer].keys().generation() == known.generation
        {
            return holds(known.caller);
        }
        let (caller, issuer, generation) = self.verify_token(text).await?;
        // What a cached token takes besides its claims is about this much.
        let bytes = u32::try_from(text.len() + 256).unwrap_or(u32::MAX);
        self.verified.insert(digest, Verified { caller: caller.clone(), issuer, generation, bytes });
        holds(caller)
    }

    /// Asks every issuer whose token it may be; the one that knows most says why it does not hold.
    async fn verify_token(&self, token: &str) -> Result<(ForeignCaller, usize, u64), AuthenticationError> {
        let claimed = Claimed::read(token).ok_or(AuthenticationError::Invalid)?;
        let mut refusal = AuthenticationError::Invalid;
        for (position, issuer) in self.issuers.iter().enumerate() {
            if !issuer.may_have_issued(&claimed) {
                continue;
            }
            match issuer.verify(token).await {
                Ok((caller, generation)) => return Ok((caller, position, generation)),
                Err(AuthenticationError::Invalid) => {}
                Err(other) => refusal = other,
            }
        }
        Err(refusal)
    }
}

/// A credential within its time.
fn holds(caller: ForeignCaller) -> Result<ForeignCaller, AuthenticationError> {
    let now: DateTime<Utc> = Utc::now();
    if caller.expires_at.is_some_and(|end| end <= now) { Err(AuthenticationError::Expired) } else { Ok(caller) }
}

impl Drop for ForeignAuthenticator {
    fn drop(&mut self) {
        for task in &self.upkeep {
            task.abort();
        }
    }
}

#[async_trait]
impl Authenticator for ForeignAuthenticator {
    async fn authenticate(
        &self,
        credential: &Credential,
        _: &Origin,
    ) -> Result<Option<Principal>, AuthenticationError> {
        let outcome = self.verify(credential).await;
        let told = match &outcome {
            Ok(_) => "verified",
            Err(AuthenticationError::Expired) => "expired",
            Err(AuthenticationError::Unavailable) => "unavailable",
            Err(_) => "refused",
        };
        metrics::counter!("cloudphone_authentication_total", "outcome" => told).increment(1);
        let mut caller = outcome?;
        if self.keep_credential {
            let identity = ForeignIdentity { credential: Some(credential.clone()), ..(*caller.identity).clone() };
            caller.identity = Arc::new(identity);
        }
        Ok(Some(caller.into()))
    }

    fn changes(&self) -> broadcast::Receiver<AccessChange> {
        self.changes.subscribe()
    }

    fn admit_nobody(&self) -> Result<(), AuthenticationError> {
        if self.required { Err(AuthenticationError::Missing) } else { Ok(()) }
    }

    fn issuers(&self) -> Vec<IssuerKeys> {
        self.issuers.iter().map(|issuer| issuer.keys().health()).collect()
    }

    fn places(&self) -> &CredentialPlaces {
        &self.places
    }
}
