//! News that somebody's rights have changed: they reach every authenticator and every live subscription at once.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use cloudphone_cache::Engine;
use cloudphone_core::{ApiKeyId, EventId, SessionId, TenantId, UserId};
use cloudphone_events::DomainEvent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The channel on which the news travels between processes.
pub const CHANNEL: &str = "identity.access-changed";

/// News that wait for a slow listener before the oldest are dropped; a listener that fell behind must assume the worst.
const BACKLOG: usize = 1024;

/// Whose rights have changed. The narrowest id that is present tells; with the tenant alone, everybody's in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessChange {
    /// The organisation.
    pub tenant_id: TenantId,
    /// One person of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// One session of that person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// One key of that person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_id: Option<ApiKeyId>,
}

impl AccessChange {
    /// Everybody's rights in a tenant.
    pub fn of_tenant(tenant_id: TenantId) -> Self {
        Self { tenant_id, user_id: None, session_id: None, api_key_id: None }
    }

    /// All rights of one person.
    pub fn of_user(tenant_id: TenantId, user_id: UserId) -> Self {
        Self { user_id: Some(user_id), ..Self::of_tenant(tenant_id) }
    }

    /// The rights of one session.
    pub fn of_session(tenant_id: TenantId, user_id: UserId, session_id: SessionId) -> Self {
        Self { session_id: Some(session_id), ..Self::of_user(tenant_id, user_id) }
    }

    /// The rights of one key.
    pub fn of_api_key(tenant_id: TenantId, user_id: UserId, api_key_id: ApiKeyId) -> Self {
        Self { api_key_id: Some(api_key_id), ..Self::of_user(tenant_id, user_id) }
    }
}

impl DomainEvent for AccessChange {
    const TYPE: &'static str = "identity.access.changed";
    const VERSION: u16 = 1;

    fn aggregate_id(&self) -> Uuid {
        let narrow = self.session_id.map(|id| id.0).or(self.api_key_id.map(|id| id.0));
        narrow.or(self.user_id.map(|id| id.0)).unwrap_or(self.tenant_id.0)
    }
}

/// A change as it travels, under the id of the event that told of it, so that nobody hears it twice.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct News {
    #[serde(flatten)]
    pub change: AccessChange,
    pub event_id: EventId,
}

/// Spreads news within the process at once and to other processes by the cache's channel.
pub struct AccessFeed {
    generation: AtomicU64,
    heard: Mutex<VecDeque<EventId>>,
    listeners: broadcast::Sender<AccessChange>,
    outgoing: mpsc::Sender<News>,
}

impl AccessFeed {
    /// A feed, and the news that its courier has to carry to other processes.
    pub(crate) fn new() -> (Self, mpsc::Receiver<News>) {
        let (outgoing, letters) = mpsc::channel(BACKLOG);
        let (listeners, _) = broadcast::channel(BACKLOG);
        let heard = Mutex::new(VecDeque::with_capacity(BACKLOG));
        (Self { generation: AtomicU64::new(0), heard, listeners, outgoing }, letters)
    }

    /// Tells everybody, unless they have heard. Quick, so that it can follow a commit.
    pub(crate) fn announce(&self, news: News) {
        if self.hear(&news) && self.outgoing.try_send(news).is_err() {
            // The outbox carries the same news a little later, and no cache outlives a few seconds.
            tracing::warn!("an access change could not be sent to other processes at once");
        }
    }

    /// The changes from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<AccessChange> {
        self.listeners.subscribe()
    }

    /// Counts changes: what was remembered under an older number no longer holds.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Passes news on within the process; whether they were new.
    fn hear(&self, news: &News) -> bool {
        {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            if heard.contains(&news.event_id) {
                return false;
            }
            if heard.len() == BACKLOG {
                heard.pop_front();
            }
            heard.push_back(news.event_id);
        }
        self.generation.fetch_add(1, Ordering::AcqRel);
        // Nobody may be listening.
        let _ = self.listeners.send(news.change.clone());
        true
    }

    /// Carries news to other processes and brings theirs, until told to stop.
    pub(crate) async fn carry(
        &self,
        cache: &Engine,
        letters: &mut mpsc::Receiver<News>,
        stop: &CancellationToken,
    ) -> Result<(), cloudphone_cache::CacheError> {
        let mut signals = cache.subscribe(CHANNEL).await?;
        // News may have been missed while nobody was subscribed.
        self.generation.fetch_add(1, Ordering::AcqRel);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                Some(news) = letters.recv() => {
                    let message = serde_json::to_vec(&news).expect("a change is plain text");
                    cache.publish(CHANNEL, Bytes::from(message)).await?;
                }
                signal = signals.next() => match signal {
                    Some(message) => self.receive(&message),
                    None => return Ok(()),
                },
            }
        }
    }

    fn receive(&self, message: &[u8]) {
        match serde_json::from_slice::<News>(message) {
            Ok(news) => {
                self.hear(&news);
            }
            Err(error) => tracing::warn!(%error, "an access change of another process cannot be read"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn a_change_is_filed_under_its_narrowest_id() {
        let (tenant, user, session) = (TenantId::new(), UserId::new(), SessionId::new());
        assert_eq!(AccessChange::of_tenant(tenant).aggregate_id(), tenant.0);
        assert_eq!(AccessChange::of_user(tenant, user).aggregate_id(), user.0);
        assert_eq!(AccessChange::of_session(tenant, user, session).aggregate_id(), session.0);
    }

    #[tokio::test]
    async fn news_reaches_another_process_once_and_its_own_process_once() {
        let cache = Engine::in_process();
        let stop = CancellationToken::new();
        let mut listeners = Vec::new();
        let mut feeds = Vec::new();
        for _ in 0..2 {
            let (feed, mut letters) = AccessFeed::new();
            let feed = Arc::new(feed);
            listeners.push(feed.subscribe());
            let (carried, cache, stop) = (Arc::clone(&feed), cache.clone(), stop.clone());
            tokio::spawn(async move { carried.carry(&cache, &mut letters, &stop).await });
            feeds.push(feed);
        }
        let connected = async {
            while feeds.iter().any(|feed| feed.generation() == 0) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), connected).await.unwrap();
        let change = AccessChange::of_tenant(TenantId::new());
        let news = News { change: change.clone(), event_id: EventId::new() };
        feeds[0].announce(news.clone());
        for listener in &mut listeners {
            let heard = tokio::time::timeout(Duration::from_secs(5), listener.recv()).await.unwrap().unwrap();
            assert_eq!(heard, change);
        }
        // The durable telling comes later, in any process.
        feeds[1].announce(news);
        assert!(listeners.iter_mut().all(|listener| listener.try_recv().is_err()));
        stop.cancel();
    }
}
