//! Asks identity who a caller is: in this process, or over the network.

use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use cloudphone_core::Origin;
use cloudphone_identity::AuthenticationError as IdentityRefusal;
use cloudphone_router::authentication::{
    AccessChange, AuthenticationError, Authenticator, Credential, Principal, RemoteAuthenticator,
};
use tokio::sync::broadcast;

use crate::domains::Domains;
use crate::engines::Engines;
use crate::settings::Settings;

/// Whoever tells who is asking.
pub(super) async fn authenticator(
    settings: &Settings,
    engines: &Engines,
    domains: &Domains,
) -> anyhow::Result<Arc<dyn Authenticator>> {
    if let Some(identity) = &domains.identity {
        return Ok(Arc::new(LocalAuthenticator::new(identity.authenticator.clone())));
    }
    let url = settings.subgraphs.identity.as_deref().context("subgraphs.identity: say where identity is")?;
    Ok(Arc::new(RemoteAuthenticator::connect(url, engines.secret.clone(), &engines.cache).await?))
}

/// Changes that wait for a slow listener.
const CHANGE_BUFFER: usize = 1024;

/// Asks the identity domain of this process.
struct LocalAuthenticator {
    identity: cloudphone_identity::Authenticator,
    changes: broadcast::Sender<AccessChange>,
    forwarding: tokio::task::JoinHandle<()>,
}

impl LocalAuthenticator {
    fn new(identity: cloudphone_identity::Authenticator) -> Self {
        let (changes, _) = broadcast::channel(CHANGE_BUFFER);
        let mut source = identity.changes();
        let target = changes.clone();
        let forwarding = tokio::spawn(async move {
            loop {
                let change = match source.recv().await {
                    Ok(change) => AccessChange {
                        tenant_id: Some(change.tenant_id),
                        user_id: change.user_id,
                        session_id: change.session_id,
                        api_key_id: change.api_key_id,
                    },
                    // Missed changes may concern anybody.
                    Err(broadcast::error::RecvError::Lagged(_)) => AccessChange::default(),
                    Err(broadcast::error::RecvError::Closed) => return,
                };
                // An error only says that nobody listens.
                let _ = target.send(change);
            }
        });
        Self { identity, changes, forwarding }
    }
}

impl Drop for LocalAuthenticator {
    fn drop(&mut self) {
        self.forwarding.abort();
    }
}

#[async_trait]
impl Authenticator for LocalAuthenticator {
    async fn authenticate(
        &self,
        credential: &Credential,
        origin: &Origin,
    ) -> Result<Option<Principal>, AuthenticationError> {
        let known = self.identity.authenticate(credential.reveal(), origin.clone()).await;
        known.map(|caller| Some(caller.into())).map_err(|refusal| match refusal {
            IdentityRefusal::Invalid => AuthenticationError::Invalid,
            IdentityRefusal::Unavailable(_) => AuthenticationError::Unavailable,
        })
    }

    fn changes(&self) -> broadcast::Receiver<AccessChange> {
        self.changes.subscribe()
    }
}
