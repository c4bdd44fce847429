//! Where live connections are opened, by which credentials, and how many each caller may have.

use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::support::socket::Socket;
use crate::support::wire::{Events, Frame};
use crate::support::{Platform, Settings, Transport, until};

const PRIVATE: &str = "subscription { privateNotes { text } }";
const ADDED: &str = "subscription { noteAdded { text } }";

#[tokio::test]
async fn a_socket_opens_at_the_address_of_the_graph_itself() {
    let platform = Platform::start(Transport::InProcess).await;
    let mut socket = Socket::try_open_at(&platform, "/graphql", &[]).await.unwrap();
    socket.initialise(None).await;
    assert_eq!(socket.next().await["type"], "connection_ack");
    socket.subscribe("1", ADDED).await;
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("live", "1");
    assert_eq!(socket.next().await["payload"]["data"]["noteAdded"]["text"], "live");
    // The same address answers queries.
    assert_eq!(platform.ask("{ account(id: 1) { name } }").await["data"]["account"]["name"], "ada");
}

#[tokio::test]
async fn a_credential_may_come_with_the_upgrade() {
    let platform = Platform::start(Transport::InProcess).await;
    platform.doorman.admit("mine", &["note:read"], None);
    let ways: [(&str, &[(&'static str, &str)]); 4] = [
        ("/graphql/ws?token=mine", &[]),
        ("/graphql?token=mine", &[]),
        ("/graphql/ws", &[("authorization", "Bearer mine")]),
        ("/graphql", &[("x-api-key", "mine")]),
    ];
    for (path, headers) in ways {
        let mut socket = Socket::try_open_at(&platform, path, headers).await.unwrap();
        socket.initialise(None).await;
        assert_eq!(socket.next().await["type"], "connection_ack", "{path} {headers:?}");
        socket.subscribe("1", PRIVATE).await;
        platform.notes.listened_to_by(1).await;
        platform.notes.announce("yours", "1");
        assert_eq!(socket.next().await["payload"]["data"]["privateNotes"]["text"], "yours");
        drop(socket);
        platform.notes.listened_to_by(0).await;
    }
    for (path, headers) in
        [("/graphql/ws?token=forged", &[][..]), ("/graphql/ws", &[("authorization", "Bearer forged")])]
    {
        let mut socket = Socket::try_open_at(&platform, path, headers).await.unwrap();
        socket.initialise(None).await;
        assert_eq!(socket.closed().await.0, 4403, "{path} {headers:?}");
    }
}

#[tokio::test]
async fn a_reservation_may_be_named_in_the_query_as_event_sources_do() {
    let platform = Platform::start(Transport::InProcess).await;
    let client = Client::new();
    let token = client.put(platform.url()).send().await.unwrap().text().await.unwrap();
    let with = |more: &str| format!("{}?token={token}{more}", platform.url());
    let mut events = Events::of(client.get(with(""))).await;
    let body = json!({ "query": ADDED, "extensions": { "operationId": "a" } });
    assert_eq!(client.post(with("")).json(&body).send().await.unwrap().status(), 202);
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("live", "1");
    let payload = json!({ "data": { "noteAdded": { "text": "live" } } });
    assert_eq!(events.next().await, Frame::Next(json!({ "id": "a", "payload": payload })));
    assert_eq!(client.delete(with("&operationId=a")).send().await.unwrap().status(), 200);
    platform.notes.listened_to_by(0).await;
    let unknown = client.get(format!("{}?token=another", platform.url())).header("accept", "text/event-stream");
    assert_eq!(unknown.send().await.unwrap().status(), 404);
}

async fn refused(response: Response) {
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"5".parse().unwrap()));
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TOO_MANY_OWN_CONNECTIONS");
}

#[tokio::test]
async fn nobody_has_more_live_connections_than_a_share() {
    let few = |limits: &mut cloudphone_router::protection::Limits| limits.connections_per_user = 3;
    let platform = Platform::start_with(Settings::new(Transport::InProcess).limits(few)).await;
    let ada = platform.doorman.admit("ada", &["note:read"], None);
    platform.doorman.admit_again("ada-again", ada, &["note:read"], None);
    platform.doorman.admit("bob", &["note:read"], None);
    let ask = |token: &str, document: &str| {
        let request = platform.post(&json!({ "query": document })).header("accept", "text/event-stream");
        if token.is_empty() { request } else { request.bearer_auth(token) }
    };
    // By one credential or another, by one protocol or another.
    let mut ada_first = Socket::session(&platform, Some("ada")).await;
    let _ada_second = Socket::session(&platform, Some("ada-again")).await;
    let ada_third = Events::of(ask("ada", PRIVATE)).await;
    let mut socket = Socket::open(&platform).await;
    socket.initialise(Some("ada")).await;
    assert_eq!(socket.closed().await, (4429, "Too many connections".to_owned()));
    refused(ask("ada-again", PRIVATE).send().await.unwrap()).await;
    refused(Client::new().put(platform.url()).bearer_auth("ada").send().await.unwrap()).await;

    // Others have their own. Those who were refused hold none.
    drop(socket);
    until("the refused one is gone", || platform.connections.available_permits() == 10_000 - 3).await;
    let _bob = Socket::session(&platform, Some("bob")).await;
    let anonymous = [Socket::session(&platform, None).await, Socket::session(&platform, None).await];
    let third = Events::of(ask("", ADDED)).await;
    assert_eq!(Socket::try_open(&platform, &[]).await.err(), Some(429));
    refused(ask("", ADDED).send().await.unwrap()).await;
    assert_eq!(platform.ask("{ account(id: 1) { name } }").await["data"]["account"]["name"], "ada", "queries are none");

    drop((anonymous, third, ada_third));
    until("places are free", || platform.connections.available_permits() == 10_000 - 3).await;
    platform.notes.listened_to_by(0).await;
    let mut again = Events::of(ask("ada", PRIVATE)).await;
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("free", "1");
    assert!(matches!(again.next().await, Frame::Next(_)));
    assert_eq!(ada_first.leave().await, 1000);
}
