//! Live streams: one upstream for all subscriptions that are equal in operation, variables and entitlement.

mod event;
mod key;
mod listeners;
mod places;
mod reload;
mod rules;
mod shared;
mod statistics;
mod subscription;

use std::collections::HashMap;
use std::sync::{Arc, Once, Weak};

use arc_swap::ArcSwap;
use cloudphone_core::Origin;
use cloudphone_observability::{is_tracing, traceparent};
use cloudphone_traffic::headers::ClientHeaders;
use futures::{FutureExt as _, StreamExt as _};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::sleep_until;
use tracing::Span;

pub use event::Event;
use key::{Asked, Key, shared_scope};
pub use listeners::{Gathered, Listener, Round};
pub use places::Full;
use places::Places;
pub use reload::Tie;
use reload::{Course, follow};
pub use rules::{Beginning, FieldRule, Overrun, StreamLimits};
use shared::{Reader, Shared};
pub use subscription::{Next, Step, StreamEnd, Subscription};

use crate::gateway::{Gateway, Prepared, Scope, labels};
use crate::session::Entitled;

/// Events that wait for the only subscriber of a stream that is not to be shared.
const EVENTS_AHEAD: usize = 4;

/// The live streams of a router; cheap to clone.
#[derive(Clone)]
pub struct Streams {
    inner: Arc<Inner>,
}

struct Inner {
    gateway: Gateway,
    limits: ArcSwap<StreamLimits>,
    /// The stream that the next equal subscription would join, if it still can.
    live: Mutex<HashMap<Arc<Key>, Arc<Shared>>>,
    /// All streams, by their addresses.
    running: Mutex<HashMap<usize, Arc<Shared>>>,
    /// Held while streams are ended by a change of the supergraph.
    ending: Mutex<()>,
    /// A stream began by a plan of before the last change.
    late: Arc<Notify>,
    following: Once,
    places: Arc<Places>,
    statistics: statistics::Operations,
}

impl Streams {
    /// None yet.
    pub fn new(gateway: Gateway, limits: StreamLimits) -> Self {
        let inner = Inner {
            gateway,
            limits: ArcSwap::from_pointee(limits),
            live: Mutex::default(),
            running: Mutex::default(),
            ending: Mutex::default(),
            late: Arc::default(),
            following: Once::new(),
            places: Arc::default(),
            statistics: statistics::Operations::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Other limits and rules from now on; streams that run keep the rules that they began with.
    pub fn change_limits(&self, limits: StreamLimits) {
        self.inner.limits.store(Arc::new(limits));
    }

    /// A subscription for one client, which lasts as long as its session allows.
    pub fn subscribe(
        &self,
        prepared: Prepared,
        origin: &Arc<Origin>,
        headers: &ClientHeaders,
        entitled: Entitled,
    ) -> Result<Subscription, Full> {
        // Whose session has ended needs no place: it is told so by its first event.
        let caller = entitled.now().caller();
        let scope = caller.ok().map(|caller| Scope { caller, origin: Origin::clone(origin), headers: headers.clone() });
        let place = scope.map(|scope| self.inner.places.take(&scope, &self.inner.limits.load())).transpose()?;
        let asked = Arc::new(Asked::new(&prepared));
        let mut subscription =
            Subscription::new(self.clone(), asked, (Arc::clone(origin), headers.clone()), entitled, place);
        // At once, so that a client that sees the head of its answer misses nothing from then on.
        let _ = subscription.open(&prepared);
        // From here on the stream's own plan counts, which may be replaced.
        drop(prepared);
        Ok(subscription)
    }

    /// Joins the stream of an equal subscription, or begins one.
    fn open(&self, prepared: &Prepared, asked: &Arc<Asked>, scope: Scope) -> Reader {
        let key = Key::new(asked, &scope);
        let mut live = self.inner.live.lock();
        // One that a change of the supergraph is about to end must not be joined.
        let known = live.get(&key).filter(|shared| shared.course.fits(prepared));
        if let Some(reader) = known.and_then(Shared::join) {
            return reader;
        }
        let key = Arc::new(key);
        let (shared, reader) = self.begin(prepared, asked, scope, None, Some(Arc::clone(&key)));
        live.insert(key, shared);
        reader
    }

    /// Begins a stream that nobody else joins.
    fn open_alone(&self, prepared: &Prepared, asked: &Arc<Asked>, scope: Scope) -> Reader {
        self.begin(prepared, asked, scope, Some(EVENTS_AHEAD), None).1
    }

    fn begin(
        &self,
        prepared: &Prepared,
        asked: &Arc<Asked>,
        scope: Scope,
        ahead: Option<usize>,
        key: Option<Arc<Key>>,
    ) -> (Arc<Shared>, Reader) {
        let variables = prepared.operation.coerce(&asked.variables).unwrap_or_default();
        let (field, arguments) = prepared.operation.root_call(&variables).unwrap_or_default();
        let rule = self.inner.limits.load().rule(field, &arguments);
        let statistics = self.inner.statistics.of(&labels::operation(prepared));
        let mut scope = shared_scope(scope);
        // Its source is a part of the request that began it, which is over long before.
        scope.origin.traceparent = request_trace().or(scope.origin.traceparent);
        let course = Course::new(prepared, Arc::clone(asked), scope);
        let (shared, reader) = Shared::new(course, rule, ahead.unwrap_or(rule.events_behind), statistics);
        self.inner.running.lock().insert(Arc::as_ptr(&shared).addr(), Arc::clone(&shared));
        self.follow();
        if !shared.course.is_of(self.inner.gateway.version()) {
            self.inner.late.notify_one();
        }
        let run = Run { shared: Arc::clone(&shared), streams: Arc::downgrade(&self.inner), key };
        // Ends when its last subscriber leaves.
        tokio::spawn(run.run(self.inner.gateway.clone()));
        (shared, reader)
    }

    /// Begins to follow the gateway's changes; ends with the gateway, or with the first change after the streams are gone.
    fn follow(&self) {
        self.inner.following.call_once(|| {
            let changes = self.inner.gateway.changes();
            tokio::spawn(follow(Arc::downgrade(&self.inner), changes, Arc::clone(&self.inner.late)));
        });
    }
}

/// The trace of the request that this is done for, when traces are sent.
fn request_trace() -> Option<String> {
    is_tracing().then(|| traceparent(&Span::current())).flatten()
}

/// A stream at work: takes events from its source and hands them to its subscribers.
struct Run {
    shared: Arc<Shared>,
    streams: Weak<Inner>,
    /// Under which others find it.
    key: Option<Arc<Key>>,
}

impl Run {
    async fn run(self, gateway: Gateway) {
        let shared = &self.shared;
        shared.statistics.began();
        let work = async move {
            // Boxed, as a quiet stream must not keep the room that its beginning took.
            let mut events = Box::pin(shared.course.begin(&gateway)).await;
            loop {
                shared.room().await;
                let start_ends = shared.start_kept_until();
                tokio::select! {
                    event = events.next() => match event {
                        Some(event) => {
                            shared.publish(Event::new(event));
                            // What came together is told together.
                            while shared.has_room()
                                && let Some(Some(event)) = events.next().now_or_never()
                            {
                                shared.publish(Event::new(event));
                            }
                            shared.tell().await;
                        }
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
            () = shared.superseded.cancelled() => {}
            () = work => {}
        }
    }
}

/// Whatever ended the work, its subscribers must not wait for more.
impl Drop for Run {
    fn drop(&mut self) {
        self.shared.end();
        self.shared.statistics.ended();
        let Some(streams) = self.streams.upgrade() else { return };
        streams.running.lock().remove(&Arc::as_ptr(&self.shared).addr());
        let Some(key) = &self.key else { return };
        let mut live = streams.live.lock();
        if live.get(key).is_some_and(|known| Arc::ptr_eq(known, &self.shared)) {
            live.remove(key);
        }
    }
}
