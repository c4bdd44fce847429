//! What becomes of live streams when the gateway gets another supergraph: those that would be planned the same go on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use cloudphone_execution::{ExecutionResult, LivePlan};
use cloudphone_planning::GraphQlError;
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::key::Asked;
use super::shared::Shared;
use super::{Inner, Streams};
use crate::gateway::{Gateway, Prepared, Scope};

/// Streams whose plans are made anew at once; the planner has its own limit besides.
const AT_ONCE: usize = 8;

/// The plan of a stream, and what it was made from.
pub(super) struct Course {
    pub(super) asked: Arc<Asked>,
    /// What events are completed by: what the caller may see of it.
    pub(super) plan: Arc<LivePlan>,
    /// The operation as it was asked for.
    whole: LivePlan,
    scope: Scope,
    /// The version of the gateway under which the plan was last found to hold.
    version: AtomicU64,
}

impl Course {
    pub(super) fn new(prepared: &Prepared, asked: Arc<Asked>, scope: Scope) -> Self {
        let version = AtomicU64::new(prepared.version());
        let planned = || LivePlan::new(prepared.planned(&asked.variables));
        Self { plan: Arc::new(planned()), whole: planned(), scope, asked, version }
    }

    /// Takes out of the plan what the caller may not see, before anything of it runs; the errors say why nothing may.
    async fn enforce(&self, gateway: &Gateway) -> Result<(), Vec<GraphQlError>> {
        loop {
            let whole = self.whole.current();
            let permitted = gateway.permitted(whole.operation(), &self.scope).await?;
            if !Arc::ptr_eq(&permitted, whole.operation()) {
                self.plan.replace(whole.by(permitted));
            }
            // Another plan may have come meanwhile, with other rules.
            if Arc::ptr_eq(&whole, &self.whole.current()) {
                return Ok(());
            }
        }
    }

    /// The events of what the caller may see.
    pub(super) async fn begin(&self, gateway: &Gateway) -> BoxStream<'static, ExecutionResult> {
        match self.enforce(gateway).await {
            Ok(()) => gateway.subscribe(Arc::clone(&self.plan), self.scope.clone()).await,
            Err(errors) => stream::once(async { ExecutionResult::refused(errors) }).boxed(),
        }
    }

    /// Whether who asks for `prepared` would get the same as by this plan.
    pub(super) fn fits(&self, prepared: &Prepared) -> bool {
        self.whole.current().goes_on_as(&prepared.planned(&self.asked.variables))
    }

    /// Goes on by the plan of now; false when that is another one, or when there is none any more.
    async fn renew(&self, gateway: &Gateway) -> bool {
        let Some(prepared) = gateway.prepare_again(&self.asked.source, &self.asked.variables).await else {
            return false;
        };
        let whole = prepared.planned(&self.asked.variables);
        let Ok(permitted) = gateway.permitted(whole.operation(), &self.scope).await else { return false };
        let planned = whole.by(permitted);
        let holds = self.whole.current().goes_on_as(&whole) && self.plan.current().goes_on_as(&planned);
        if holds {
            self.plan.replace(planned);
            self.whole.replace(whole);
            self.version.store(prepared.version(), Ordering::Relaxed);
        }
        holds
    }

    pub(super) fn is_of(&self, version: u64) -> bool {
        self.version.load(Ordering::Relaxed) == version
    }
}

/// Waits for changes of the gateway, for as long as there are streams or may be some.
pub(super) async fn follow(streams: Weak<Inner>, mut changes: watch::Receiver<u64>, late: Arc<Notify>) {
    loop {
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            // Begun by a plan of before the last change.
            () = late.notified() => {}
        }
        let Some(inner) = streams.upgrade() else { return };
        Streams { inner }.settle().await;
    }
}

impl Streams {
    /// Lets each stream go on by the plan of now, or ends it.
    async fn settle(&self) {
        let gateway = &self.inner.gateway;
        let version = gateway.version();
        let running: Vec<Arc<Shared>> = self.inner.running.lock().values().cloned().collect();
        let stale = running.into_iter().filter(|shared| !shared.course.is_of(version));
        let ended = Mutex::new(Vec::new());
        let kept = AtomicU64::new(0);
        stream::iter(stale)
            .for_each_concurrent(AT_ONCE, async |shared| {
                if shared.course.renew(gateway).await {
                    kept.fetch_add(1, Ordering::Relaxed);
                } else {
                    ended.lock().push(shared);
                }
                // Other tasks of this thread have clients that wait.
                tokio::task::yield_now().await;
            })
            .await;
        let ended = ended.into_inner();
        let (kept, lost) = (kept.into_inner(), ended.len());
        {
            // All at once, so that whoever sees one of them ended can tell what is left.
            let _ending = self.inner.ending.lock();
            for shared in &ended {
                shared.supersede();
            }
        }
        if kept > 0 || lost > 0 {
            metrics::counter!("cloudphone_graphql_subscription_streams_kept_total").increment(kept);
            metrics::counter!("cloudphone_graphql_subscription_streams_superseded_total").increment(lost as u64);
            tracing::info!(kept, ended = lost, "live streams follow the change");
        }
    }
}

/// The stream that a subscription has a place in, as seen from beside.
#[derive(Default)]
pub struct Tie {
    stream: Mutex<Weak<Shared>>,
    streams: Mutex<Weak<Inner>>,
}

impl Tie {
    pub(super) fn bind(&self, streams: &Streams, shared: &Arc<Shared>) {
        *self.streams.lock() = Arc::downgrade(&streams.inner);
        *self.stream.lock() = Arc::downgrade(shared);
    }

    /// Whether the stream ended because the supergraph changed, or is gone. Told of one stream, it is right about all that
    /// the same change ends.
    pub fn is_superseded(&self) -> bool {
        if let Some(streams) = self.streams.lock().upgrade() {
            drop(streams.ending.lock());
        }
        self.stream.lock().upgrade().is_none_or(|shared| shared.is_superseded())
    }
}
