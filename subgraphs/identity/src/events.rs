//! What identity publishes, and how a change of rights is told.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, SessionId, TenantId, UserId};
use cloudphone_database::{AsyncPgConnection, after_commit};
use cloudphone_events::{Catalogue, DomainEvent, outbox};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::{AccessChange, News};
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::user::model::User;

macro_rules! events {
    ($($(#[$meta:meta])* $name:ident $kind:literal of $aggregate:ident { $($(#[$of_field:meta])* $field:ident: $type:ty),* $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($(#[$of_field])* pub $field: $type),* }

        impl DomainEvent for $name {
            const TYPE: &'static str = $kind;
            const VERSION: u16 = 1;

            fn aggregate_id(&self) -> Uuid {
                self.$aggregate.0
            }
        }
    )+

        /// All events of the domain.
        pub fn catalogue() -> Catalogue {
            Catalogue::new()$(.with::<$name>())+.with::<AccessChange>()
        }
    };
}

events! {
    /// An organisation came into being.
    TenantCreated "identity.tenant.created" of tenant_id {
        /// The organisation.
        tenant_id: TenantId,
        /// The name that people see.
        name: String,
        /// The short name.
        slug: String,
    }
    /// An organisation may not use the platform for now.
    TenantSuspended "identity.tenant.suspended" of tenant_id {
        /// The organisation.
        tenant_id: TenantId,
    }
    /// A suspended organisation may use the platform again.
    TenantResumed "identity.tenant.resumed" of tenant_id {
        /// The organisation.
        tenant_id: TenantId,
    }
    /// An account came into being.
    UserCreated "identity.user.created" of user_id {
        /// The account.
        user_id: UserId,
        /// The name that others see.
        display_name: String,
    }
    /// An account's name or roles changed.
    UserUpdated "identity.user.updated" of user_id {
        /// The account.
        user_id: UserId,
        /// The name that others see.
        display_name: String,
    }
    /// An account was closed.
    UserDeactivated "identity.user.deactivated" of user_id {
        /// The account.
        user_id: UserId,
    }
    /// A closed account was opened again.
    UserActivated "identity.user.activated" of user_id {
        /// The account.
        user_id: UserId,
    }
    /// An account was deleted.
    UserDeleted "identity.user.deleted" of user_id {
        /// The account.
        user_id: UserId,
    }
    /// A session ended before its time.
    SessionRevoked "identity.session.revoked" of session_id {
        /// The session.
        session_id: SessionId,
        /// Whose session it was.
        user_id: UserId,
        /// Why: `LOGOUT`, `REVOKED`, `REFRESH_TOKEN_REUSE`, `PASSWORD_CHANGED` or `ACCOUNT_CLOSED`.
        reason: String,
    }
    /// Somebody signed in from a place and client that the account has not seen before.
    SuspiciousLogin "identity.auth.suspicious-login" of user_id {
        /// The account.
        user_id: UserId,
        /// The session that began.
        session_id: SessionId,
        /// The client's network address.
        address: Option<String>,
        /// The client's `User-Agent`.
        user_agent: Option<String>,
    }
    /// Too many failed sign-ins locked an account.
    AccountLocked "identity.auth.locked" of user_id {
        /// The account.
        user_id: UserId,
        /// When the lock ends.
        until: DateTime<Utc>,
    }
    /// A person changed their password.
    PasswordChanged "identity.auth.password-changed" of user_id {
        /// The account.
        user_id: UserId,
    }
}

impl UserCreated {
    /// The event of a new account.
    pub fn of(user: &User) -> Self {
        Self { user_id: user.id, display_name: user.display_name.clone() }
    }
}

impl UserUpdated {
    /// The event of a changed account.
    pub fn of(user: &User) -> Self {
        Self { user_id: user.id, display_name: user.display_name.clone() }
    }
}

/// Tells of changed rights: durably with the transaction, and at once when it has committed.
pub async fn access_changed(
    connection: &mut AsyncPgConnection,
    domain: &IdentityDomain,
    caller: &Caller,
    change: AccessChange,
) -> Result<(), IdentityError> {
    let event_id = outbox::append(connection, caller, &change).await?;
    let feed = Arc::clone(&domain.access);
    after_commit(move |_| feed.announce(News { change, event_id }));
    Ok(())
}
