//! The bus within one process: publishing stores events in every interested inbox before it answers.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::try_join_all;
use parking_lot::RwLock;

use super::{Bus, BusError, Sink, Subscription};
use crate::CloudEvent;

type Attachment = (Arc<Subscription>, Arc<dyn Sink>);

/// Hands events directly to the inboxes of this process. It keeps nothing itself: an event stays in its outbox until every
/// inbox has stored it, so a consumer whose database is down delays events but loses none.
#[derive(Default)]
pub struct InProcessBus {
    attachments: RwLock<Vec<Attachment>>,
}

impl InProcessBus {
    /// A bus without consumers.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Bus for InProcessBus {
    fn name(&self) -> &'static str {
        "in-process"
    }

    async fn publish(&self, events: &[CloudEvent]) -> Result<Option<String>, BusError> {
        let attachments = self.attachments.read().clone();
        try_join_all(attachments.iter().map(async |(subscription, sink)| {
            let wanted: Vec<_> = events.iter().filter(|event| subscription.wants(&event.event_type)).collect();
            if wanted.is_empty() { Ok(()) } else { sink.receive(&wanted, None).await.map(drop) }
        }))
        .await?;
        Ok(None)
    }

    async fn remembers(&self, _receipt: &str) -> Result<bool, BusError> {
        Ok(true)
    }

    async fn attach(&self, subscription: Subscription, sink: Arc<dyn Sink>) -> Result<(), BusError> {
        self.attachments.write().push((Arc::new(subscription), sink));
        Ok(())
    }

    async fn close(&self) {
        self.attachments.write().clear();
    }
}
