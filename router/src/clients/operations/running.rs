//! The operations of one connection: few, found one after the other.

use std::sync::Arc;

use tokio::task::AbortHandle;

use super::delivery::Delivery;
use crate::streams::Tie;

/// What runs on a connection. Most have one operation, for which a table would keep room for four; the limit of operations on
/// a connection keeps the search short.
#[derive(Default)]
pub(super) struct Running {
    started: u64,
    operations: Vec<Operation>,
}

/// An operation that has not ended.
pub(super) struct Operation {
    id: Box<str>,
    /// Tells operations apart that have the same id one after the other.
    number: u64,
    /// What is done about it at this moment; a subscription that runs needs no task.
    pub(super) task: Option<AbortHandle>,
    pub(super) streams: bool,
    /// Its stream, once it has one.
    pub(super) tie: Option<Arc<Tie>>,
    pub(super) delivery: Option<Arc<Delivery>>,
}

impl Running {
    /// Whether one runs under this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.operations.iter().any(|operation| &*operation.id == id)
    }

    pub(super) fn len(&self) -> usize {
        self.operations.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }

    /// Adds one under an id that is free. `begin` gets its number, and starts the task that is the first to work on it.
    pub(super) fn add(&mut self, id: String, begin: impl FnOnce(u64) -> AbortHandle) {
        self.started += 1;
        let (number, task) = (self.started, Some(begin(self.started)));
        if self.operations.is_empty() {
            // The usual growth begins with four.
            self.operations.reserve_exact(1);
        }
        let id = id.into_boxed_str();
        self.operations.push(Operation { id, number, task, streams: false, tie: None, delivery: None });
    }

    /// The one of this number, unless it has ended.
    pub(super) fn find(&mut self, number: u64) -> Option<&mut Operation> {
        self.operations.iter_mut().find(|operation| operation.number == number)
    }

    /// Takes out those that are chosen.
    pub(super) fn take(&mut self, mut chosen: impl FnMut(&Operation) -> bool) -> Vec<Operation> {
        self.operations.extract_if(.., |operation| chosen(operation)).collect()
    }
}

impl Operation {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Ends it, without a word to the client.
    pub(super) fn stop(self) {
        self.task.inspect(AbortHandle::abort);
        self.delivery.inspect(|delivery| delivery.stop());
    }
}
