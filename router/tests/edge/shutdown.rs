//! How clients are let go when the router stops.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::over_both_transports;
use crate::support::socket::Socket;
use crate::support::wire::{Events, Frame};
use crate::support::{PATIENCE, Platform, Transport, subscribed, until};

over_both_transports!(a_router_that_stops_lets_its_clients_go);

async fn a_router_that_stops_lets_its_clients_go(transport: Transport) {
    let mut platform = Platform::start(transport).await;
    let document = "subscription { noteAdded { text } }";
    let mut uninitialised = Socket::open(&platform).await;
    let mut idle = Socket::session(&platform, None).await;
    let mut listening = Socket::session(&platform, None).await;
    listening.subscribe("1", document).await;
    let mut busy = Socket::session(&platform, None).await;
    busy.subscribe("1", "{ held }").await;
    let mut events = Events::of(platform.get(document)).await;
    let asking = platform.post(&json!({ "query": "{ held }" })).send();
    let asking = tokio::spawn(asking);
    subscribed(2).await;
    until("both questions wait", || platform.accounts.waiting.load(Ordering::SeqCst) == 2).await;

    platform.draining.cancel();
    let going_away = (1001, "Server is going away".to_owned());
    assert_eq!(uninitialised.closed().await, going_away);
    assert_eq!(idle.closed().await, going_away);
    assert_eq!(listening.closed().await, going_away, "without `complete`, so that it is taken up again elsewhere");
    assert_eq!(events.next().await, Frame::End, "without `complete` as well");
    assert!(busy.is_quiet_for(Duration::from_millis(100)).await, "a question under way is still answered");

    platform.accounts.gate.add_permits(2);
    assert_eq!(busy.next().await["payload"]["data"]["held"], "released");
    assert_eq!(busy.next().await["type"], "complete");
    assert_eq!(busy.closed().await, going_away);
    let answer: Value = asking.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer, json!({ "data": { "held": "released" } }));
    drop((uninitialised, idle, listening, busy, events));
    timeout(PATIENCE, &mut platform.server).await.expect("the server stops").unwrap();
}
