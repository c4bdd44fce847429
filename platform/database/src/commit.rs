//! Work that must happen only once a transaction has committed, such as waking a relay.

use std::cell::RefCell;

use crate::Database;

type Action = Box<dyn FnOnce(&Database) + Send>;

tokio::task_local! {
    static PENDING: Scope;
}

#[derive(Default)]
struct Scope {
    database_name: String,
    actions: RefCell<Vec<Action>>,
}

/// Runs `action` after the transaction that surrounds the call has committed, and never when it rolls back.
///
/// Answers whether there is a surrounding transaction; outside of one, nothing is kept. Actions must be quick: wake
/// somebody, send to a channel. They are lost when the process dies between commit and action, so they may only speed up
/// what happens anyway.
pub fn after_commit(action: impl FnOnce(&Database) + Send + 'static) -> bool {
    PENDING.try_with(|scope| scope.actions.borrow_mut().push(Box::new(action))).is_ok()
}

impl Database {
    /// The name of the database whose transaction surrounds the call.
    pub fn current_name() -> Option<String> {
        PENDING.try_with(|scope| scope.database_name.clone()).ok()
    }

    /// Runs the body of a transaction and hands back what it wants done after the commit.
    pub(crate) async fn collecting<T>(&self, body: impl Future<Output = T>) -> (T, Vec<Action>) {
        let scope = Scope { database_name: self.name().to_owned(), actions: RefCell::default() };
        PENDING
            .scope(scope, async {
                let outcome = body.await;
                (outcome, PENDING.with(|scope| scope.actions.take()))
            })
            .await
    }

    pub(crate) fn committed(&self, actions: Vec<Action>) {
        for action in actions {
            action(self);
        }
    }
}
