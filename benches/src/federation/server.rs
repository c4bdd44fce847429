//! Serves the subgraphs over HTTP/1.1 and h2c, each on a port of its own, with events over WebSocket.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::events::{self, Events};
use super::memo::Memo;

/// Subgraphs that listen; dropping it ends them.
pub struct Served {
    /// Where each one is, in order.
    pub addresses: Vec<SocketAddr>,
    _listening: JoinSet<()>,
}

/// Begins to serve.
pub async fn serve(subgraphs: &[Arc<Memo>], events: &Events) -> anyhow::Result<Served> {
    let (mut addresses, mut listening) = (Vec::new(), JoinSet::new());
    for subgraph in subgraphs {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("a subgraph cannot listen")?;
        addresses.push(listener.local_addr()?);
        listening.spawn(accept(listener, Arc::clone(subgraph), events.clone()));
    }
    Ok(Served { addresses, _listening: listening })
}

async fn accept(listener: TcpListener, subgraph: Arc<Memo>, events: Events) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // A failure only delays small answers.
        let _ = stream.set_nodelay(true);
        let (subgraph, events) = (Arc::clone(&subgraph), events.clone());
        connections.spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&subgraph), events.clone(), request));
            let builder = Builder::new(TokioExecutor::new());
            // Clients leave as they like.
            let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(
    subgraph: Arc<Memo>,
    events: Events,
    mut request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if let Some(key) = request.headers().get(header::SEC_WEBSOCKET_KEY) {
        let accept = derive_accept_key(key.as_bytes());
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            if let Ok(upgraded) = upgrade.await {
                let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
                events::send_to(socket, events).await;
            }
        });
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("graphql-transport-ws"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, HeaderValue::try_from(accept).expect("base64 is a header value"));
        return Ok(response);
    }
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut response = Response::new(Full::new(subgraph.answer(body).await));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
