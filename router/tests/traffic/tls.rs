//! Queries and subscriptions over TLS, with authorities and client certificates of one's own.

use cloudphone_core::CorrelationId;
use cloudphone_execution::subgraphs::http::HttpOptions;
use cloudphone_execution::subgraphs::reach::Tls;
use cloudphone_execution::{RequestContext, SubgraphError, SubgraphRequest};
use cloudphone_planning::OperationKind;
use cloudphone_router::subgraphs::connect_foreign;
use cloudphone_traffic::Source;
use cloudphone_traffic::headers::RequestRules;
use std::sync::Arc;

use crate::streamer::{Streamer, protocols};
use crate::streams::Watcher;
use crate::support::{Routed, Setup};
use cloudphone_testkit::certificates::{Age, Authority};

#[tokio::test]
async fn queries_and_streams_are_told_apart_from_strangers_by_certificates() {
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    for subscriptions in protocols() {
        let streamer = Streamer::with_tls(servers.server("localhost", Age::Valid, Some(&clients))).await;
        let mut setup = Setup::new(Source::Fixed(vec![streamer.weighted()]));
        setup.subscriptions = subscriptions;
        setup.options.reach.tls = Tls { authorities: Some(servers.pem()), identity: Some(clients.client()) };
        let routed = Routed::start(setup).await;
        assert_eq!(routed.ask("{ name }").await["data"]["name"], "streamer");
        let mut watcher = Watcher::start(&routed, "subscription { ticked }").await;
        streamer.is_watched_by(1).await;
        streamer.say(1);
        watcher.hears(1).await;
    }
}

/// Why a query and a subscription by each protocol were refused; all three must be.
async fn refusals(streamer: &Streamer, tls: Tls) -> Vec<String> {
    let mut refusals = Vec::new();
    let mut options = HttpOptions::new("http://localhost/".parse().unwrap());
    options.reach.tls = tls;
    let request = |kind, query: &str| SubgraphRequest {
        subgraph: "things".into(),
        query: query.into(),
        operation_name: None,
        variables: "{}".into(),
        kind,
        position: None,
        context: Arc::new(RequestContext::new(CorrelationId::new().to_string())),
    };
    for subscriptions in protocols() {
        let rules = Arc::new(RequestRules::default());
        let service = connect_foreign(options.clone(), rules, subscriptions)(&streamer.place).unwrap();
        let subscription = request(OperationKind::Subscription, "subscription { ticked }");
        let refused = service.subscribe(subscription).await.err().expect("it is not let in");
        refusals.push(refused);
        refusals.push(service.execute(request(OperationKind::Query, "{ name }")).await.unwrap_err());
    }
    assert_eq!(streamer.starts().len(), 0);
    let text = |refused: SubgraphError| {
        assert!(matches!(refused, SubgraphError::Unreachable(_)), "{refused}");
        refused.to_string()
    };
    refusals.into_iter().map(text).collect()
}

async fn are_refused(streamer: &Streamer, tls: Tls, words: &str) {
    for told in refusals(streamer, tls).await {
        assert!(told.contains(words), "`{told}` does not say `{words}`");
    }
}

fn believing(authority: &Authority) -> Tls {
    Tls { authorities: Some(authority.pem()), identity: None }
}

#[tokio::test]
async fn a_subgraph_that_cannot_prove_itself_is_sent_nothing() {
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let stranger = Streamer::with_tls(other.server("localhost", Age::Valid, None)).await;
    are_refused(&stranger, believing(&ours), "UnknownIssuer").await;
    are_refused(&stranger, Tls::default(), "certificate").await;
    let old = Streamer::with_tls(ours.server("localhost", Age::Expired, None)).await;
    are_refused(&old, believing(&ours), "expired").await;
    let renamed = Streamer::with_tls(ours.server("elsewhere.example", Age::Valid, None)).await;
    are_refused(&renamed, believing(&ours), "not valid for name").await;
}

#[tokio::test]
async fn a_subgraph_that_wants_certificates_lets_nobody_in_without_one() {
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let streamer = Streamer::with_tls(servers.server("localhost", Age::Valid, Some(&clients))).await;
    are_refused(&streamer, believing(&servers), "CertificateRequired").await;
    let forged = Authority::new("forger").client();
    let tls = Tls { identity: Some(forged), ..believing(&servers) };
    are_refused(&streamer, tls, "alert").await;
}

#[test]
fn settings_of_tls_that_cannot_be_read_are_refused_at_the_start() {
    let place = cloudphone_traffic::Place::new("https://localhost/graphql".parse().unwrap());
    for tls in [
        Tls { authorities: Some("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----".into()), identity: None },
        Tls { authorities: None, identity: Some("no key at all".into()) },
    ] {
        let mut options = HttpOptions::new("http://localhost/".parse().unwrap());
        options.reach.tls = tls;
        let [subscriptions, _] = protocols();
        assert!(connect_foreign(options, Arc::new(RequestRules::default()), subscriptions)(&place).is_err());
    }
}
