//! One subscription for one client, from its first event to its end, whatever the transport.

use bytes::Bytes;
use futures::StreamExt as _;
use tokio::sync::{mpsc, watch};

use crate::authentication::AuthenticationError;
use crate::gateway::{Gateway, Prepared, Scope};
use crate::session::SessionState;
use cloudphone_core::Origin;

/// How a subscription ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// The source has no more events.
    Completed,
    /// The client is gone.
    ClientGone,
    /// The caller's right to it ended.
    Denied(AuthenticationError),
}

/// Forwards events to `out` until something ends. A full queue holds back this stream alone: its source then
/// coalesces or drops by its own stated policy. When the caller's rights change, the subscription starts anew under the new ones.
pub async fn forward(
    gateway: &Gateway,
    prepared: Prepared,
    origin: &Origin,
    mut state: watch::Receiver<SessionState>,
    out: mpsc::Sender<Bytes>,
) -> StreamEnd {
    loop {
        let caller = match state.borrow_and_update().caller() {
            Ok(caller) => caller,
            Err(error) => return StreamEnd::Denied(error),
        };
        let mut events = gateway.subscribe(&prepared, Scope { caller, origin: origin.clone() }).await;
        loop {
            tokio::select! {
                changed = state.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return StreamEnd::ClientGone,
                },
                event = events.next() => {
                    let Some(event) = event else { return StreamEnd::Completed };
                    // Rights may end while the client is slow to take an event.
                    tokio::select! {
                        sent = out.send(event) => if sent.is_err() { return StreamEnd::ClientGone },
                        changed = state.changed() => match changed {
                            Ok(()) => break,
                            Err(_) => return StreamEnd::ClientGone,
                        },
                    }
                }
                () = out.closed() => return StreamEnd::ClientGone,
            }
        }
    }
}
