//! Work that waits does so in a task of its own.
//!
//! A request is served by a stack of layers, from the connection down to the operation, and each wake of its task goes through all
//! of them. An operation wakes up several times for every call of a subgraph; in a task of its own that stack rests meanwhile.

use std::future::pending;
use std::panic::resume_unwind;
use std::task::Poll;

use futures::poll;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

/// Does the work; whoever stops waiting for it ends it, and its panic is theirs. What never has to wait gets no task.
pub(super) async fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let mut work = Box::pin(work);
    if let Poll::Ready(done) = poll!(&mut work) {
        return done;
    }
    match AbortOnDropHandle::new(tokio::spawn(work.in_current_span())).await {
        Ok(done) => done,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // Only the end of the runtime aborts it, which is the end of whoever waits here too.
            Err(_) => pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;
    use std::time::Duration;

    use futures::FutureExt as _;
    use tokio::sync::{Notify, oneshot};
    use tokio::task::yield_now;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn what_is_done_at_once_stays_in_the_task_that_asked() {
        assert_eq!(apart(async { tokio::task::try_id() }).await, None, "a test's own future is no task");
        let waited = apart(async {
            yield_now().await;
            tokio::task::try_id()
        });
        assert!(waited.await.is_some());
    }

    #[tokio::test]
    async fn who_stops_waiting_ends_the_work() {
        let (held, dropped) = oneshot::channel::<()>();
        let began = Arc::new(Notify::new());
        let told = Arc::clone(&began);
        let work = apart(async move {
            let _held = held;
            yield_now().await;
            told.notify_one();
            pending::<()>().await;
        });
        let mut waiting = Box::pin(work);
        tokio::select! {
            () = &mut waiting => unreachable!("it never ends"),
            () = began.notified() => {}
        }
        drop(waiting);
        assert!(timeout(Duration::from_secs(10), dropped).await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_panic_reaches_who_waits() {
        let work = apart(async {
            yield_now().await;
            panic!("of a resolver");
        });
        let panic = std::panic::AssertUnwindSafe(work).catch_unwind().await.unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"of a resolver"));
    }
}
