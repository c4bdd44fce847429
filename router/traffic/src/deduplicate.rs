//! Lets equal queries that are under way at the same time share one call.
//!
//! Equal means everything that the subgraph learns: the query, the variables, the forwarded headers and the caller, each compared
//! in full. Who asks after a mutation ended never gets an answer that was begun before it.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use ahash::AHashMap;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, Origin, PermissionSet, Subject, TenantId};
use cloudphone_execution::subgraphs::http::RequestDecorator;
use cloudphone_execution::{CallNotes, SubgraphError, SubgraphRequest};
use cloudphone_graphql::RequestScope;
use cloudphone_planning::OperationKind;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, WeakShared};
use http::{HeaderMap, header::HeaderName};
use parking_lot::Mutex;

use crate::attempt::{Answer, Attempt, Events, Layer};
use crate::measures::Measures;

/// Counts the mutations that ended, over all subgraphs.
pub(crate) type Changes = Arc<AtomicU64>;

type Call = BoxFuture<'static, Answer>;

pub(crate) struct Deduplicate<L> {
    inner: Arc<L>,
    decorator: Arc<dyn RequestDecorator>,
    enabled: bool,
    changes: Changes,
    under_way: Arc<Mutex<AHashMap<Arc<Key>, WeakShared<Call>>>>,
    measures: Arc<Measures>,
}

impl<L: Layer> Deduplicate<L> {
    pub(crate) fn new(
        inner: L,
        decorator: Arc<dyn RequestDecorator>,
        enabled: bool,
        changes: Changes,
        measures: Arc<Measures>,
    ) -> Self {
        Self { inner: Arc::new(inner), decorator, enabled, changes, under_way: Arc::default(), measures }
    }

    pub(crate) fn inner(&self) -> &Arc<L> {
        &self.inner
    }

    /// The call that an equal query has begun, or a new one.
    fn join(&self, request: &SubgraphRequest) -> Shared<Call> {
        let key = Arc::new(Key::new(request, &*self.decorator, self.changes.load(Ordering::Acquire)));
        let mut under_way = self.under_way.lock();
        if let Some(call) = under_way.get(&key).and_then(WeakShared::upgrade) {
            self.measures.shared.increment(1);
            if let Some(notes) = CallNotes::of(request) {
                notes.shared();
            }
            return call;
        }
        let (inner, attempt) = (Arc::clone(&self.inner), Attempt::new(request.clone()));
        let finished = Finished { key: Arc::clone(&key), under_way: Arc::downgrade(&self.under_way) };
        let call = async move {
            let _finished = finished;
            inner.call(&attempt).await
        };
        let call = call.boxed().shared();
        if let Some(weak) = call.downgrade() {
            under_way.insert(key, weak);
        }
        call
    }
}

impl<L: Layer> Layer for Deduplicate<L> {
    async fn call(&self, attempt: &Attempt) -> Answer {
        if attempt.request.kind == OperationKind::Mutation {
            // Also when nobody waits for its end: it may have taken effect all the same.
            let _ended = Ended(&self.changes);
            return self.inner.call(attempt).await;
        }
        if !self.enabled {
            return self.inner.call(attempt).await;
        }
        // Outlives the one that began it, as long as anybody waits for the answer.
        self.join(&attempt.request).await
    }

    async fn subscribe(&self, attempt: &Attempt) -> Result<Events, SubgraphError> {
        self.inner.subscribe(attempt).await
    }
}

/// Whatever a subgraph learns of a query that may change its answer.
#[derive(PartialEq, Eq)]
struct Key {
    query: Arc<str>,
    operation_name: Option<Arc<str>>,
    variables: Bytes,
    /// Who asks, as the decorator has it.
    who: Option<Bytes>,
    /// The headers that the decorator adds, where they alone tell who asks.
    told: HeaderMap,
    /// Headers that the router itself adds, without those of one request's trace.
    added: HeaderMap,
    identity: Option<Identity>,
    changes: u64,
}

#[derive(PartialEq, Eq)]
struct Entitlement {
    subject: Subject,
    tenant_id: TenantId,
    permissions: Arc<PermissionSet>,
    expires_at: Option<DateTime<Utc>>,
}

#[derive(PartialEq, Eq)]
struct Identity {
    caller: Option<Entitlement>,
    address: Option<String>,
    user_agent: Option<String>,
}

impl Identity {
    fn of(scope: &RequestScope) -> Self {
        // Taken apart by name, so that whatever a scope has besides one day is thought of here.
        let RequestScope { caller, origin } = scope;
        let Origin { correlation_id: _, address, user_agent, traceparent: _ } = origin;
        let caller = caller.as_ref().map(|caller| {
            let Caller { subject, tenant_id, permissions, expires_at, origin: _ } = caller;
            Entitlement {
                subject: subject.clone(),
                tenant_id: *tenant_id,
                permissions: Arc::clone(permissions),
                expires_at: *expires_at,
            }
        });
        Self { caller, address: address.clone(), user_agent: user_agent.clone() }
    }
}

impl Key {
    fn new(request: &SubgraphRequest, decorator: &dyn RequestDecorator, changes: u64) -> Self {
        let context = &request.context;
        let who = decorator.identity(request);
        let mut told = HeaderMap::new();
        if who.is_none() {
            decorator.decorate(request, &mut told);
        }
        let mut added = context.headers.clone();
        for name in ["traceparent", "tracestate", "baggage"].map(HeaderName::from_static) {
            added.remove(name);
        }
        Self {
            query: Arc::clone(&request.query),
            operation_name: request.operation_name.clone(),
            variables: request.variables.clone(),
            who,
            told,
            added,
            identity: context.extensions.get().map(Identity::of),
            changes,
        }
    }
}

impl Hash for Key {
    /// Only finds candidates.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.query.hash(state);
        self.variables.hash(state);
        self.changes.hash(state);
    }
}

struct Finished {
    key: Arc<Key>,
    under_way: Weak<Mutex<AHashMap<Arc<Key>, WeakShared<Call>>>>,
}

impl Drop for Finished {
    fn drop(&mut self) {
        let Some(under_way) = self.under_way.upgrade() else { return };
        let mut under_way = under_way.lock();
        // An equal query may have begun its own call since; only what has ended is taken out.
        if under_way.get_key_value(&self.key).is_some_and(|(key, _)| Arc::ptr_eq(key, &self.key)) {
            under_way.remove(&self.key);
        }
    }
}

struct Ended<'a>(&'a Changes);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}
