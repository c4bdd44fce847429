//! What goes on while the edge before it is made anew from other settings: streams, shared event streams, connections.

use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::clients::reservations::Reservations;
use crate::gateway::Gateway;
use crate::protection::Shares;
use crate::server::OpenEdge;
use crate::streams::{StreamLimits, Streams};

/// What is live behind the doors of a router; cheap to clone.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    streams: Streams,
    reservations: Reservations,
    /// How many live connections each caller has.
    shares: Arc<Shares>,
    /// Connections that have left HTTP behind, which its server knows nothing of.
    sockets: TaskTracker,
    /// The newest edge, which old connections take their next operations to. Weak, as it knows what is live.
    newest: ArcSwap<Weak<OpenEdge>>,
}

impl Live {
    /// Nothing yet. All edges before it have this gateway.
    pub fn new(gateway: Gateway) -> Self {
        let streams = Streams::new(gateway, StreamLimits::default());
        let newest = ArcSwap::from_pointee(Weak::new());
        Self {
            inner: Arc::new(Inner {
                streams,
                reservations: Reservations::default(),
                shares: Arc::default(),
                sockets: TaskTracker::new(),
                newest,
            }),
        }
    }

    pub(crate) fn streams(&self) -> &Streams {
        &self.inner.streams
    }

    pub(crate) fn reservations(&self) -> &Reservations {
        &self.inner.reservations
    }

    pub(crate) fn shares(&self) -> &Arc<Shares> {
        &self.inner.shares
    }

    /// Held by a connection for as long as it is served.
    pub(crate) fn socket(&self) -> TaskTrackerToken {
        self.inner.sockets.token()
    }

    /// Waits until every WebSocket has been closed. None is opened any more by then.
    pub async fn settled(&self) {
        self.inner.sockets.close();
        self.inner.sockets.wait().await;
    }

    pub(crate) fn opened(&self, edge: &Arc<OpenEdge>) {
        self.inner.streams.change_limits(edge.limits.streams.clone());
        self.inner.newest.store(Arc::new(Arc::downgrade(edge)));
    }

    pub(crate) fn newest(&self) -> Option<Arc<OpenEdge>> {
        self.inner.newest.load().upgrade()
    }
}
