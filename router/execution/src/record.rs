//! What is noted of an operation's fetches while it runs, for those who want to see it beside the plan.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::Instant,
};

use cloudphone_planning::ExecutedFetch;
use parking_lot::Mutex;

use crate::request::{SubgraphError, SubgraphRequest, SubgraphResponse};

/// How the fetches of one operation went. Put into the extensions of its [`RequestContext`](crate::RequestContext) it is filled; without it nothing is noted.
#[derive(Clone)]
pub struct PlanRecord {
    began: Instant,
    fetches: Arc<Mutex<BTreeMap<usize, ExecutedFetch>>>,
}

impl PlanRecord {
    /// The record of an operation that begins now.
    pub fn begin() -> Self {
        Self { began: Instant::now(), fetches: Arc::default() }
    }

    /// By the position of the fetches in the plan, of which there are so many.
    pub fn fetches(&self, count: usize) -> Vec<Option<ExecutedFetch>> {
        let fetches = self.fetches.lock();
        (0..count).map(|position| fetches.get(&position).cloned()).collect()
    }

    /// Begins to note how the fetch at a position goes.
    pub(crate) fn fetch(&self, position: usize, request: &mut SubgraphRequest) -> FetchNotes {
        let notes = CallNotes::default();
        // The notes are of this fetch alone, whereas the context is that of all.
        Arc::make_mut(&mut request.context).extensions.insert(notes.clone());
        FetchNotes { record: self.clone(), position, began: Instant::now(), sent_bytes: request.variables.len(), notes }
    }
}

/// One fetch on its way.
pub(crate) struct FetchNotes {
    record: PlanRecord,
    position: usize,
    began: Instant,
    sent_bytes: usize,
    notes: CallNotes,
}

impl FetchNotes {
    /// The fetch is over.
    pub(crate) fn end(self, answer: &Result<SubgraphResponse, SubgraphError>) {
        let Self { record, position, began, sent_bytes, notes } = self;
        let noted = &notes.0;
        let executed = ExecutedFetch {
            start: began.duration_since(record.began),
            duration: began.elapsed(),
            sent_bytes,
            received_bytes: answer.as_ref().map_or(0, |response| response.body.len()),
            status: answer.as_ref().ok().map(|response| response.status.as_u16()),
            error: answer.as_ref().err().map(SubgraphError::code),
            retries: noted.retries.load(Ordering::Relaxed),
            shared: noted.shared.load(Ordering::Relaxed),
            cached: noted.cached.load(Ordering::Relaxed),
            instance: noted.instance.lock().take(),
        };
        record.fetches.lock().insert(position, executed);
    }
}

/// What the layers between execution and a subgraph know of a call.
#[derive(Clone, Default)]
pub struct CallNotes(Arc<Noted>);

#[derive(Default)]
struct Noted {
    retries: AtomicU32,
    shared: AtomicBool,
    cached: AtomicUsize,
    instance: Mutex<Option<String>>,
}

impl CallNotes {
    /// The notes of a call, if any are taken.
    pub fn of(request: &SubgraphRequest) -> Option<&Self> {
        request.context.extensions.get()
    }

    /// It is tried once more.
    pub fn tried_again(&self) {
        self.0.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// It shares the call of an equal one.
    pub fn shared(&self) {
        self.0.shared.store(true, Ordering::Relaxed);
    }

    /// So many answers or entities came out of a cache.
    pub fn cached(&self, count: usize) {
        self.0.cached.fetch_add(count, Ordering::Relaxed);
    }

    /// It goes to this instance.
    pub fn goes_to(&self, instance: String) {
        *self.0.instance.lock() = Some(instance);
    }
}
