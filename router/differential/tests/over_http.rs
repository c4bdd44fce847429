//! A sample of the cases as clients send them: over a socket, through the router's edge with all of its stages.

#![allow(clippy::unwrap_used)]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use cloudphone_differential::{
    case::Stage,
    compare::difference,
    generate::{federation, operation},
    live::LiveFederation,
    operation::Operation,
    random::mix,
};
use cloudphone_planning::PlannerOptions;
use cloudphone_router::{
    authentication::Anonymous,
    gateway::Gateway,
    live::Live,
    pipeline::Stages,
    protection::{CrossSite, Limits},
    server::{Edge, Pages, routes},
};
use reqwest::{Client, Method, RequestBuilder, StatusCode, header};
use serde_json::{Map, Value, json};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Federations that are tried.
const FEDERATIONS: u64 = 12;
/// Operations of each.
const OPERATIONS: u64 = 16;

/// A router over the parts of a federation.
struct Site {
    url: String,
    live: LiveFederation,
    /// Ends the server with the site.
    _server: JoinSet<()>,
}

impl Site {
    async fn open(stage: &Stage) -> Self {
        let live = stage.live();
        let executor = live.executor();
        let options = PlannerOptions { timeout: Duration::from_secs(2), ..PlannerOptions::default() };
        let timeout = Duration::from_secs(30);
        let gateway = Gateway::new(stage.supergraph_sdl(), executor, options, timeout).unwrap();
        let limits = Limits::default();
        let edge = Edge {
            gateway: gateway.clone(),
            authenticator: Arc::new(Anonymous::default()),
            cross_site: CrossSite::new(&[]),
            stages: Stages::default(),
            connections: Arc::new(Semaphore::new(limits.connections)),
            draining: CancellationToken::new(),
            limits,
        };
        let app = routes(edge, &Live::new(gateway), &Pages::default(), Router::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/graphql", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, live, _server: server }
    }
}

/// The ways by which clients send operations over HTTP.
#[derive(Clone, Copy, Debug)]
enum Way {
    Post,
    Get,
    Batch,
    EventStream,
}

impl Way {
    const ALL: [Self; 4] = [Self::Post, Self::Get, Self::Batch, Self::EventStream];

    fn request(self, client: &Client, url: &str, document: &str, variables: &Map<String, Value>) -> RequestBuilder {
        let whole = json!({ "query": document, "variables": variables });
        let post = client.post(url);
        match self {
            Self::Post => post.json(&whole),
            Self::Batch => post.json(&json!([whole])),
            Self::EventStream => post.json(&whole).header(header::ACCEPT, "text/event-stream"),
            Self::Get => {
                let variables = Value::Object(variables.clone()).to_string();
                let query = [("query", document), ("variables", &variables)];
                let url = reqwest::Url::parse_with_params(url, &query).unwrap();
                client.request(Method::GET, url).header("apollo-require-preflight", "1")
            }
        }
    }

    /// The GraphQL response in the body.
    fn read(self, body: &str) -> Value {
        match self {
            Self::Post | Self::Get => serde_json::from_str(body).unwrap(),
            Self::Batch => serde_json::from_str::<[Value; 1]>(body).unwrap()[0].take(),
            Self::EventStream => {
                // What is refused before it begins is answered as JSON.
                let event = body.lines().find_map(|line| line.strip_prefix("data:")).unwrap_or(body);
                serde_json::from_str(event).unwrap()
            }
        }
    }

    /// A way of an operation's own, that may change something only where that may be.
    fn of(number: u64, operation: &Operation) -> Self {
        match Self::ALL[usize::try_from(number % 4).unwrap()] {
            Self::Get if operation.is_mutation => Self::Post,
            way => way,
        }
    }
}

#[tokio::test]
async fn clients_get_over_http_what_the_monolith_would_answer() {
    let client = Client::new();
    let (mut compared, mut unplanned) = (0, 0);
    for seed in (0..FEDERATIONS).map(|number| mix(211, number)) {
        let Ok(stage) = Stage::new(federation(seed)) else { continue };
        let site = Site::open(&stage).await;
        for number in 0..OPERATIONS {
            let trial = operation(&stage.federation().monolith, mix(seed, number));
            let (document, variables) = (trial.operation.text(), &trial.variables[0]);
            let way = Way::of(number, &trial.operation);
            let monolith = stage.monolith();
            let expected = monolith.answer(&document, variables).unwrap();
            site.live.world().restore();
            let response = way.request(&client, &site.url, &document, variables).send().await.unwrap();
            let (status, body) = (response.status(), response.text().await.unwrap());
            let answer = way.read(&body);
            if answer["errors"][0]["extensions"]["code"] == "QUERY_PLANNING_FAILED" {
                unplanned += 1;
                continue;
            }
            let told = || format!("seed {seed}, {way:?}: {document} with {variables:?}\nis answered: {body}");
            assert_eq!(status, StatusCode::OK, "{}", told());
            if let Some(what) = difference(&expected, &answer) {
                panic!("{what}\n{}\nexpected: {}\nasked: {:#?}", told(), expected.to_json(), site.live.asked());
            }
            assert_eq!(site.live.world().changes(), monolith.changes(), "{}", told());
            compared += 1;
        }
    }
    assert!(compared >= 150, "only {compared} operations were compared");
    assert!(unplanned * 50 <= compared, "{unplanned} operations were not planned");
}
