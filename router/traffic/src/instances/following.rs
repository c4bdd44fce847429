//! A subscription that outlives the instance which streams it: when that is lost, another one goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudphone_execution::subgraphs::recovery::Outage;
use cloudphone_execution::{Loss, SubgraphError, SubgraphEvent, SubgraphRequest};
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use tokio::time::{sleep, timeout};

use super::instance::{Busy, Instance};
use super::set::Instances;
use crate::attempt::Events;

/// Bounds one try; its transport has a bound of its own, which is shorter.
const LONGEST_TRY: Duration = Duration::from_secs(30);

/// An instance that streams events of a subscription.
pub(super) struct Streaming {
    pub(super) instance: Arc<Instance>,
    pub(super) events: Events,
    /// Counted among what the instance has to do for as long as it streams.
    _busy: Busy,
}

impl Streaming {
    pub(super) fn new(instance: Arc<Instance>, events: Events) -> Self {
        let busy = Busy::new(&instance.streams);
        Self { instance, events, _busy: busy }
    }
}

/// The subscription and what it needs to go on elsewhere.
pub(super) struct Following {
    instances: Arc<Instances>,
    request: SubgraphRequest,
    source: Streaming,
    began: Instant,
    /// Whether the present source has brought an event.
    brought: bool,
    outage: Option<Outage>,
    over: bool,
}

impl Following {
    /// The events of a subscription, from the first instance on.
    pub(super) fn stream(
        instances: Arc<Instances>,
        request: SubgraphRequest,
        source: Streaming,
    ) -> BoxStream<'static, SubgraphEvent> {
        let following =
            Self { instances, request, source, began: Instant::now(), brought: false, outage: None, over: false };
        stream::unfold(following, Self::next).boxed()
    }

    async fn next(mut self) -> Option<(SubgraphEvent, Self)> {
        while !self.over {
            let event = match self.source.events.next().await? {
                SubgraphEvent::Lost(loss) => {
                    self.request.position.clone_from(&loss.position);
                    match self.recover(loss).await {
                        // The other side goes on after the last event that we have.
                        Ok(()) if self.request.position.is_some() => continue,
                        Ok(()) => SubgraphEvent::Resumed,
                        Err(error) => SubgraphEvent::Failed(error),
                    }
                }
                event => event,
            };
            self.brought |= matches!(event, SubgraphEvent::Next(_));
            self.over = matches!(event, SubgraphEvent::Failed(_));
            return Some((event, self));
        }
        None
    }

    /// Looks for an instance that goes on, at first among the others.
    async fn recover(&mut self, loss: Loss) -> Result<(), SubgraphError> {
        let recovery = self.instances.recovery();
        let mut outage = Outage::after(self.outage.take(), recovery, self.began.elapsed(), self.brought);
        outage.at_least(loss.pause.unwrap_or_default());
        let mut error = loss.error;
        let mut failed = self.source.instance.number;
        while let Some(pause) = outage.next_pause() {
            sleep(pause).await;
            let Ok(instance) = self.instances.choose(&[failed]) else {
                // Discovery may find one again.
                error = SubgraphError::Unavailable("no instance of it is known".to_owned());
                continue;
            };
            failed = instance.number;
            let subscribing = self.instances.subscribe_at(instance, self.request.clone());
            match timeout(LONGEST_TRY, subscribing).await.unwrap_or(Err(SubgraphError::Timeout)) {
                Ok(source) => {
                    self.source = source;
                    (self.began, self.brought) = (Instant::now(), false);
                    self.outage = Some(outage);
                    return Ok(());
                }
                Err(refusal) if is_final(&refusal) => return Err(refusal),
                Err(reason) => error = reason,
            }
        }
        Err(error)
    }
}

/// Whether no instance would answer otherwise.
fn is_final(error: &SubgraphError) -> bool {
    match error {
        SubgraphError::Refused(_) | SubgraphError::Cancelled => true,
        SubgraphError::Status { status, .. } => (400..500).contains(status) && *status != 429,
        _ => false,
    }
}
