//! HTTP/2 without TLS, and Unix sockets.

use axum::http::Version;
use cloudphone_execution::subgraphs::http::HttpVersion;
use cloudphone_traffic::{Place, Source, Weighted};
use tokio::net::UnixListener;

use crate::support::{Instance, Routed, Script, Setup};

#[tokio::test]
async fn http_2_is_spoken_at_once_where_it_is_known() {
    let instance = Instance::start("one").await;
    let mut setup = Setup::of(&[&instance]);
    setup.options.version = HttpVersion::Http2PriorKnowledge;
    let routed = Routed::start(setup).await;
    assert_eq!(routed.ask("{ name }").await["data"]["name"], "one");
    assert_eq!(instance.script.last().version, Version::HTTP_2);

    let routed = Routed::start(Setup::of(&[&instance])).await;
    assert_eq!(routed.ask("{ name }").await["data"]["name"], "one");
    assert_eq!(instance.script.last().version, Version::HTTP_11);
}

#[tokio::test]
async fn a_subgraph_on_this_machine_is_reached_by_a_unix_socket() {
    let folder = std::env::temp_dir().join(format!("cloudphone-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("things.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let script = Script::new("one");
    let routes = script.routes();
    let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let place = Place::new(format!("unix:{}?path=/graphql", path.display()).parse().unwrap());
    let routed = Routed::start(Setup::new(Source::Fixed(vec![Weighted::new(place)]))).await;
    assert_eq!(routed.ask("{ name }").await["data"]["name"], "one");
    assert_eq!(script.seen().len(), 1);
    server.abort();
    std::fs::remove_dir_all(&folder).unwrap();
}
