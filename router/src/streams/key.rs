//! What two subscriptions must have in common to share a stream: operation, variables and all that may change the answer.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use cloudphone_core::{Caller, Origin, PermissionSet, Subject, TenantId};
use cloudphone_planning::OperationSource;
use cloudphone_traffic::headers::ClientHeaders;
use serde_json::{Map, Value};

use crate::authentication::{ForeignCaller, ForeignIdentity, Principal};
use crate::gateway::{Prepared, Scope};

/// What a subscriber asks for, whatever supergraph answers it.
#[derive(PartialEq)]
pub(super) struct Asked {
    pub(super) source: Arc<OperationSource>,
    pub(super) variables: Map<String, Value>,
}

impl Asked {
    pub(super) fn new(prepared: &Prepared) -> Self {
        Self { source: Arc::clone(prepared.operation.source()), variables: prepared.variables.clone() }
    }
}

/// Compared in full; the hash only finds candidates.
pub(super) struct Key {
    asked: Arc<Asked>,
    entitlement: Entitlement,
    headers: ClientHeaders,
}

/// Whatever subgraphs learn of a caller that may change what they answer.
#[derive(PartialEq, Eq)]
enum Entitlement {
    Anonymous,
    Caller { subject: Subject, tenant_id: TenantId, permissions: Arc<PermissionSet> },
    Foreign(Arc<ForeignIdentity>),
}

impl Key {
    pub(super) fn new(asked: &Arc<Asked>, scope: &Scope) -> Self {
        // Taken apart by name, so that whatever a scope has besides one day is thought of here.
        let Scope { caller, origin: _, headers } = scope;
        let entitlement = match caller {
            None => Entitlement::Anonymous,
            Some(Principal::Platform(Caller { subject, tenant_id, permissions, expires_at: _, origin: _ })) => {
                Entitlement::Caller {
                    subject: subject.clone(),
                    tenant_id: *tenant_id,
                    permissions: Arc::clone(permissions),
                }
            }
            Some(Principal::Foreign(ForeignCaller { identity, expires_at: _ })) => {
                Entitlement::Foreign(Arc::clone(identity))
            }
        };
        Self { asked: Arc::clone(asked), entitlement, headers: headers.clone() }
    }
}

/// The scope of a stream that several subscribers share. It does not end, for each subscriber's own session is watched
/// by the router and the stream ends with the last of them; and it comes from no address, for that is each one's own.
pub(super) fn shared_scope(scope: Scope) -> Scope {
    let origin = Origin { address: None, user_agent: None, ..scope.origin };
    let caller = scope.caller.map(|caller| match caller {
        Principal::Platform(caller) => {
            Principal::Platform(Caller { expires_at: None, origin: origin.clone(), ..caller })
        }
        Principal::Foreign(caller) => Principal::Foreign(ForeignCaller { expires_at: None, ..caller }),
    });
    Scope { caller, origin, headers: scope.headers }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        // The planner mostly hands out the same source for equal documents, which is found equal at once.
        self.asked == other.asked && self.entitlement == other.entitlement && self.headers == other.headers
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.asked.source.document.hash(state);
        self.asked.variables.hash(state);
        match &self.entitlement {
            Entitlement::Anonymous => 0_u8.hash(state),
            Entitlement::Foreign(identity) => identity.hash(state),
            Entitlement::Caller { subject, tenant_id, .. } => {
                tenant_id.hash(state);
                match subject {
                    Subject::User { session_id, .. } => session_id.hash(state),
                    Subject::ApiKey { api_key_id, .. } => api_key_id.hash(state),
                    Subject::Service { name } => name.hash(state),
                }
            }
        }
    }
}
