//! The `Session` type, and what a client gets by signing in.

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use cloudphone_core::SessionId;

use super::domain;
use super::user::UserNode;
use crate::session::model::Session;
use crate::session::open;

/// A session, and which one the question came from.
pub struct SessionNode {
    session: Session,
    current: Option<SessionId>,
}

impl SessionNode {
    /// A session as seen from another, or from itself.
    pub fn new(session: Session, current: Option<SessionId>) -> Self {
        Self { session, current }
    }
}

/// A place where a person is signed in.
#[Object(name = "Session")]
impl SessionNode {
    /// The session's id.
    async fn id(&self) -> ID {
        self.session.id.to_string().into()
    }

    /// The client's `User-Agent`; absent when it sent none.
    async fn user_agent(&self) -> Option<&str> {
        self.session.user_agent.as_deref()
    }

    /// The client's network address; absent when it was not known.
    async fn address(&self) -> Option<&str> {
        self.session.address.as_deref()
    }

    /// When the person signed in.
    async fn created_at(&self) -> DateTime<Utc> {
        self.session.created_at
    }

    /// When the client was last seen, to within a minute.
    async fn last_used_at(&self) -> DateTime<Utc> {
        self.session.last_used_at
    }

    /// When the session ends unless it is used before.
    async fn expires_at(&self, context: &Context<'_>) -> DateTime<Utc> {
        self.session.ends_at(&domain(context).settings.session)
    }

    /// Whether the question came from this session.
    async fn current(&self) -> bool {
        self.current == Some(self.session.id)
    }
}

/// What a client holds after signing in.
#[derive(SimpleObject)]
pub struct AuthenticatedSession {
    /// Goes with every request as `Authorization: Bearer …`.
    access_token: String,
    /// Is traded for the next pair of tokens; each is good once.
    refresh_token: String,
    /// When the access token ends.
    expires_at: DateTime<Utc>,
    /// Who signed in.
    user: UserNode,
}

impl From<open::AuthenticatedSession> for AuthenticatedSession {
    fn from(session: open::AuthenticatedSession) -> Self {
        Self {
            access_token: session.access_token,
            refresh_token: session.refresh_token,
            expires_at: session.expires_at,
            user: UserNode::own(session.user),
        }
    }
}
