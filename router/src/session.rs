//! The identity of one connection over time: renewed by the client, withdrawn by expiry or by a change of rights.

mod rights;

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use cloudphone_core::Origin;
use cloudphone_observability::continue_trace;
use cloudphone_traffic::headers::ClientHeaders;
use parking_lot::Mutex;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tracing::{Instrument as _, Span};

pub use rights::Entitled;
use rights::Rights;

use crate::authentication::{AccessChange, AuthenticationError, Authenticator, Credential, Principal};

/// How long to wait before asking again when identity does not answer.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Questions in a row without an answer before the session ends: rights that cannot be checked are not rights.
const UNANSWERED_LIMIT: u32 = 30;
/// A session without an end still looks up now and then.
const NO_END: Duration = Duration::from_hours(24);

/// Who the connection belongs to at this moment.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionState {
    /// Nobody signed in.
    Anonymous,
    /// Somebody who was verified.
    Valid(Arc<Principal>),
    /// The credential no longer holds.
    Ended(AuthenticationError),
}

impl SessionState {
    fn of(caller: Option<Principal>) -> Self {
        caller.map_or(Self::Anonymous, |caller| Self::Valid(Arc::new(caller)))
    }

    /// The caller for the next operation; an error once the session has ended.
    pub fn caller(&self) -> Result<Option<Principal>, AuthenticationError> {
        match self {
            Self::Anonymous => Ok(None),
            Self::Valid(caller) => Ok(Some((**caller).clone())),
            Self::Ended(error) => Err(*error),
        }
    }
}

struct Shared {
    authenticator: Arc<dyn Authenticator>,
    origin: Arc<Origin>,
    credential: Mutex<Option<Credential>>,
    rights: Rights,
    renewed: Notify,
}

/// A session with the task that watches over it; dropping it ends the watch.
pub struct Session {
    shared: Arc<Shared>,
    headers: ClientHeaders,
    /// Absent as long as nobody is signed in, whose rights neither end nor change.
    watcher: Mutex<Option<JoinHandle<()>>>,
}

/// Asks whom a credential stands for. A connection outlives the span of the request that it began with, so that what is logged
/// meanwhile needs one of its own to tell which request it is of.
async fn verify(
    authenticator: &dyn Authenticator,
    credential: &Credential,
    origin: &Origin,
) -> Result<Option<Principal>, AuthenticationError> {
    let asking = authenticator.authenticate(credential, origin);
    if !Span::current().is_none() {
        return asking.await;
    }
    let span = tracing::info_span!(parent: None, "session", correlation_id = %origin.correlation_id);
    if let Some(parent) = &origin.traceparent {
        continue_trace(&span, parent);
    }
    asking.instrument(span).await
}

impl Session {
    /// Verifies the credential and begins to watch it.
    pub async fn open(
        authenticator: Arc<dyn Authenticator>,
        credential: Option<Credential>,
        origin: Origin,
    ) -> Result<Self, AuthenticationError> {
        // Listen before asking, so that a change in between is not missed.
        let changes = authenticator.changes();
        let signed_in = credential.is_some();
        let state = if let Some(credential) = &credential {
            SessionState::of(verify(&*authenticator, credential, &origin).await?)
        } else {
            authenticator.admit_nobody()?;
            SessionState::Anonymous
        };
        let shared = Arc::new(Shared {
            authenticator,
            origin: Arc::new(origin),
            credential: Mutex::new(credential),
            rights: Rights::new(state),
            renewed: Notify::new(),
        });
        let session = Self { shared, headers: ClientHeaders::default(), watcher: Mutex::default() };
        if signed_in {
            session.watch(changes);
        }
        Ok(session)
    }

    /// What else of the client subgraphs are told.
    #[must_use]
    pub fn with_headers(mut self, headers: ClientHeaders) -> Self {
        self.headers = headers;
        self
    }

    /// What else of the client subgraphs are told.
    pub fn headers(&self) -> &ClientHeaders {
        &self.headers
    }

    /// Puts a fresh credential in place of the old one, for the same person.
    pub async fn renew(&self, credential: Credential) -> Result<(), AuthenticationError> {
        let changes = self.shared.authenticator.changes();
        let caller = verify(&*self.shared.authenticator, &credential, &self.shared.origin).await?;
        let same_person = match (&self.shared.rights.now(), &caller) {
            (SessionState::Valid(before), Some(caller)) => before.is_same_person(caller),
            (SessionState::Anonymous, _) => true,
            (SessionState::Valid(_) | SessionState::Ended(_), _) => false,
        };
        if !same_person {
            return Err(AuthenticationError::Invalid);
        }
        self.take_up(credential, caller);
        self.watch(changes);
        Ok(())
    }

    /// Watches over the rights, unless somebody does already.
    fn watch(&self, changes: broadcast::Receiver<AccessChange>) {
        self.watcher.lock().get_or_insert_with(|| tokio::spawn(watch_over(Arc::clone(&self.shared), changes)));
    }

    /// Whether a request beside the connection is of the same person; a credential that holds for longer renews the session.
    pub async fn admits(&self, credential: Option<Credential>) -> Result<bool, AuthenticationError> {
        let before = match (self.shared.rights.now(), &credential) {
            (SessionState::Ended(error), _) => return Err(error),
            // Where the router knows no accounts, the credential itself is all there is to compare.
            (SessionState::Anonymous, given) => return Ok(*given == *self.shared.credential.lock()),
            (SessionState::Valid(_), None) => return Ok(false),
            (SessionState::Valid(before), Some(_)) => before,
        };
        let Some(credential) = credential else { return Ok(false) };
        let caller = verify(&*self.shared.authenticator, &credential, &self.shared.origin).await?;
        let Some(caller) = caller.filter(|caller| before.is_same_person(caller)) else { return Ok(false) };
        let longer = before.expires_at().is_some_and(|end| caller.expires_at().is_none_or(|other| other > end));
        if longer {
            self.take_up(credential, Some(caller));
        }
        Ok(true)
    }

    fn take_up(&self, credential: Credential, caller: Option<Principal>) {
        *self.shared.credential.lock() = Some(credential);
        self.shared.put(caller);
        self.shared.renewed.notify_one();
    }

    /// The state now and as it changes.
    pub fn entitled(&self) -> Entitled {
        self.shared.rights.follow()
    }

    /// Where the connection comes from.
    pub fn origin(&self) -> &Arc<Origin> {
        &self.shared.origin
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(watcher) = self.watcher.get_mut() {
            watcher.abort();
        }
        // Whatever still goes by its rights must not do so unwatched.
        self.shared.end(AuthenticationError::Unavailable);
    }
}

impl Shared {
    /// Running operations hear of it only when the rights are others than before.
    fn put(&self, caller: Option<Principal>) {
        self.rights.put(SessionState::of(caller), |before, now| match (before, now) {
            (SessionState::Valid(before), SessionState::Valid(caller)) => !before.has_rights_of(caller),
            (before, now) => before != now,
        });
    }

    fn end(&self, error: AuthenticationError) {
        self.rights.put(SessionState::Ended(error), |_, _| true);
    }

    /// Asks again who the credential stands for.
    async fn recheck(&self) {
        for _ in 0..UNANSWERED_LIMIT {
            let Some(credential) = self.credential.lock().clone() else { return };
            let answer = verify(&*self.authenticator, &credential, &self.origin).await;
            if self.credential.lock().as_ref() != Some(&credential) {
                // Renewed meanwhile: the answer was about the credential before.
                continue;
            }
            match answer {
                Ok(caller) => return self.put(caller),
                Err(AuthenticationError::Unavailable) => sleep(ASK_AGAIN_AFTER).await,
                Err(error) => return self.end(error),
            }
        }
        self.end(AuthenticationError::Unavailable);
    }

    fn time_left(&self) -> Duration {
        match self.rights.now() {
            SessionState::Valid(caller) => {
                caller.expires_at().map_or(NO_END, |end| (end - Utc::now()).to_std().unwrap_or_default())
            }
            _ => NO_END,
        }
    }

    fn concerned(&self, change: &AccessChange) -> bool {
        matches!(self.rights.now(), SessionState::Valid(caller) if change.concerns(&caller))
    }

    fn expired(&self) -> bool {
        let now = Utc::now();
        matches!(self.rights.now(), SessionState::Valid(caller) if caller.expires_at().is_some_and(|end| end <= now))
    }
}

/// Whether and why the session has ended, once its state as it is now is seen.
pub fn ended(entitled: &mut Entitled) -> Option<AuthenticationError> {
    match entitled.see() {
        SessionState::Ended(error) => Some(error),
        SessionState::Anonymous | SessionState::Valid(_) => None,
    }
}

async fn watch_over(shared: Arc<Shared>, mut changes: broadcast::Receiver<AccessChange>) {
    loop {
        tokio::select! {
            change = changes.recv() => match change {
                Ok(change) if shared.concerned(&change) => shared.recheck().await,
                Ok(_) => {}
                // Missed changes may have concerned this session.
                Err(RecvError::Lagged(_)) => shared.recheck().await,
                Err(RecvError::Closed) => return shared.end(AuthenticationError::Unavailable),
            },
            () = sleep(shared.time_left()) => if shared.expired() {
                shared.end(AuthenticationError::Expired);
            },
            () = shared.renewed.notified() => {}
        }
    }
}
