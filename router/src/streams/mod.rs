//! Live streams: one upstream for all subscriptions that are equal in operation, variables and entitlement.

mod event;
mod key;
mod places;
mod rules;
mod shared;
mod statistics;
mod subscription;

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use cloudphone_core::Origin;
use futures::StreamExt as _;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::sleep_until;

pub use event::Event;
use key::{Key, shared_scope};
pub use places::Full;
use places::Places;
pub use rules::{Beginning, FieldRule, Overrun, StreamLimits};
use shared::{Reader, Shared};
pub use subscription::{Next, StreamEnd, Subscription};

use crate::gateway::{Gateway, Prepared, Scope, bounded_name};
use crate::session::SessionState;

/// Events that wait for the only subscriber of a stream that is not to be shared.
const EVENTS_AHEAD: usize = 4;

/// The live streams of a router; cheap to clone.
#[derive(Clone)]
pub struct Streams {
    inner: Arc<Inner>,
}

struct Inner {
    gateway: Gateway,
    limits: StreamLimits,
    /// The stream that the next equal subscription would join, if it still can.
    live: Mutex<HashMap<Arc<Key>, Arc<Shared>>>,
    places: Arc<Places>,
    statistics: statistics::Operations,
}

impl Streams {
    /// None yet.
    pub fn new(gateway: Gateway, limits: StreamLimits) -> Self {
        let inner = Inner {
            gateway,
            limits,
            live: Mutex::default(),
            places: Arc::default(),
            statistics: statistics::Operations::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// A subscription for one client, which lasts as long as its session allows.
    pub fn subscribe(
        &self,
        prepared: Prepared,
        origin: &Origin,
        state: watch::Receiver<SessionState>,
    ) -> Result<Subscription, Full> {
        // Whose session has ended needs no place: it is told so by its first event.
        let caller = state.borrow().caller();
        let scope = caller.ok().map(|caller| Scope { caller, origin: origin.clone() });
        let place = scope.map(|scope| self.inner.places.take(&scope, &self.inner.limits)).transpose()?;
        let mut subscription = Subscription::new(self.clone(), prepared, origin.clone(), state, place);
        // At once, so that a client that sees the head of its answer misses nothing from then on.
        let _ = subscription.open();
        Ok(subscription)
    }

    /// Joins the stream of an equal subscription, or begins one.
    fn open(&self, prepared: &Prepared, scope: Scope) -> Reader {
        let key = Key::new(prepared, &scope);
        let mut live = self.inner.live.lock();
        if let Some(reader) = live.get(&key).and_then(Shared::join) {
            return reader;
        }
        let key = Arc::new(key);
        let (shared, reader) = self.begin(prepared, scope, self.inner.limits.events_behind, Some(Arc::clone(&key)));
        live.insert(key, shared);
        reader
    }

    /// Begins a stream that nobody else joins.
    fn open_alone(&self, prepared: &Prepared, scope: Scope) -> Reader {
        self.begin(prepared, scope, EVENTS_AHEAD, None).1
    }

    fn begin(&self, prepared: &Prepared, scope: Scope, ahead: usize, key: Option<Arc<Key>>) -> (Arc<Shared>, Reader) {
        let variables = prepared.operation.coerce(&prepared.variables).unwrap_or_default();
        let (field, arguments) = prepared.operation.root_call(&variables).unwrap_or_default();
        let rule = self.inner.limits.rule(field, &arguments);
        let statistics = self.inner.statistics.of(&bounded_name(prepared));
        let (shared, reader) = Shared::new(rule, ahead, statistics);
        let run = Run { shared: Arc::clone(&shared), streams: Arc::downgrade(&self.inner), key };
        // Ends when its last subscriber leaves.
        tokio::spawn(run.run(self.inner.gateway.clone(), prepared.clone(), shared_scope(scope)));
        (shared, reader)
    }
}

/// A stream at work: takes events from its source and hands them to its subscribers.
struct Run {
    shared: Arc<Shared>,
    streams: Weak<Inner>,
    /// Under which others find it.
    key: Option<Arc<Key>>,
}

impl Run {
    async fn run(self, gateway: Gateway, prepared: Prepared, scope: Scope) {
        let shared = &self.shared;
        shared.statistics.began();
        let work = async move {
            // Boxed, as a quiet stream must not keep the room that its beginning took.
            let mut events = Box::pin(gateway.subscribe(&prepared, scope)).await;
            drop(prepared);
            loop {
                shared.room().await;
                let start_ends = shared.start_kept_until();
                tokio::select! {
                    event = events.next() => match event {
                        Some(event) => shared.publish(Event::new(event)),
                        None => return,
                    },
                    () = async { sleep_until(start_ends.expect("there is a start")).await }, if start_ends.is_some() => {
                        shared.close_start();
                    }
                }
            }
        };
        tokio::select! {
            biased;
            () = shared.deserted.cancelled() => {}
            () = work => {}
        }
    }
}

/// Whatever ended the work, its subscribers must not wait for more.
impl Drop for Run {
    fn drop(&mut self) {
        self.shared.end();
        self.shared.statistics.ended();
        let (Some(streams), Some(key)) = (self.streams.upgrade(), &self.key) else { return };
        let mut live = streams.live.lock();
        if live.get(key).is_some_and(|known| Arc::ptr_eq(known, &self.shared)) {
            live.remove(key);
        }
    }
}
