//! Knows tokens, and forgets them at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, Origin, Permission, SessionId, Subject, TenantId, UserId};
use cloudphone_router::authentication::{AccessChange, AuthenticationError, Authenticator, Credential, Principal};
use parking_lot::Mutex;
use tokio::sync::broadcast;

#[derive(Clone)]
struct Admission {
    user_id: UserId,
    session_id: SessionId,
    permissions: Vec<&'static str>,
    expires_at: Option<DateTime<Utc>>,
    revoked: bool,
}

pub struct Doorman {
    tenant_id: TenantId,
    admitted: Mutex<HashMap<String, Admission>>,
    changes: broadcast::Sender<AccessChange>,
    /// Whether nobody can be asked.
    pub absent: AtomicBool,
}

impl Doorman {
    pub fn new() -> Self {
        Self {
            tenant_id: TenantId::new(),
            admitted: Mutex::default(),
            changes: broadcast::channel(64).0,
            absent: AtomicBool::new(false),
        }
    }

    /// A token of a new person, with what it may do.
    pub fn admit(&self, token: &str, permissions: &[&'static str], lifetime: Option<Duration>) -> UserId {
        let user_id = UserId::new();
        self.admit_again(token, user_id, permissions, lifetime);
        user_id
    }

    /// Another token of a known person.
    pub fn admit_again(&self, token: &str, user_id: UserId, permissions: &[&'static str], lifetime: Option<Duration>) {
        let admission = Admission {
            user_id,
            session_id: SessionId::new(),
            permissions: permissions.to_vec(),
            expires_at: lifetime.map(|lifetime| Utc::now() + lifetime),
            revoked: false,
        };
        self.admitted.lock().insert(token.to_owned(), admission);
    }

    /// Another token of the session of a known one, as after a refresh.
    pub fn refresh(&self, token: &str, fresh: &str, lifetime: Option<Duration>) {
        let mut admitted = self.admitted.lock();
        let mut admission = admitted[token].clone();
        admission.expires_at = lifetime.map(|lifetime| Utc::now() + lifetime);
        admitted.insert(fresh.to_owned(), admission);
    }

    /// Ends the session of a token and says so.
    pub fn revoke(&self, token: &str) -> bool {
        self.change(token, |admission| admission.revoked = true)
    }

    /// Changes what a token may do and says so.
    pub fn permit(&self, token: &str, permissions: &[&'static str]) -> bool {
        self.change(token, |admission| admission.permissions = permissions.to_vec())
    }

    fn change(&self, token: &str, change: impl FnOnce(&mut Admission)) -> bool {
        let session_id = {
            let mut admitted = self.admitted.lock();
            let Some(admission) = admitted.get_mut(token) else { return false };
            change(admission);
            admission.session_id
        };
        let change = AccessChange { session_id: Some(session_id), ..AccessChange::default() };
        // An error only says that nobody listens.
        let _ = self.changes.send(change);
        true
    }
}

#[async_trait]
impl Authenticator for Doorman {
    async fn authenticate(
        &self,
        credential: &Credential,
        origin: &Origin,
    ) -> Result<Option<Principal>, AuthenticationError> {
        if self.absent.load(Ordering::SeqCst) {
            return Err(AuthenticationError::Unavailable);
        }
        let admission = self.admitted.lock().get(credential.reveal()).cloned();
        let admission = admission.ok_or(AuthenticationError::Invalid)?;
        if admission.revoked {
            return Err(AuthenticationError::Revoked);
        }
        if admission.expires_at.is_some_and(|end| end <= Utc::now()) {
            return Err(AuthenticationError::Expired);
        }
        let permissions = admission.permissions.into_iter().map(Permission::new).collect();
        Ok(Some(Principal::Platform(Caller {
            subject: Subject::User { user_id: admission.user_id, session_id: admission.session_id },
            tenant_id: self.tenant_id,
            permissions: Arc::new(permissions),
            expires_at: admission.expires_at,
            origin: origin.clone(),
        })))
    }

    fn changes(&self) -> broadcast::Receiver<AccessChange> {
        self.changes.subscribe()
    }
}
