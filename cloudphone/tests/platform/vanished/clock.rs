//! A subgraph that says at short intervals that it is there, and knows who listens.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{EmptyMutation, Object, Schema, Subscription};
use async_graphql_axum::{GraphQLRequest, GraphQLSubscription};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get_service, post};
use bytes::Bytes;
use futures::{FutureExt as _, Stream, StreamExt as _, stream};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval};

const TICK: Duration = Duration::from_millis(50);
/// More than kernel and router keep for somebody who takes nothing.
const LARGE: usize = 6 * 1024 * 1024;

type Graph = Schema<Answers, EmptyMutation, Events>;

/// The subgraph, as the test sees it.
#[derive(Clone)]
pub(super) struct Clock {
    followers: Arc<Mutex<BTreeMap<String, usize>>>,
    /// Answers of which only a half was sent.
    halves: Arc<Semaphore>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { followers: Arc::default(), halves: Arc::new(Semaphore::new(0)) }
    }

    /// Those who listen to something by this name.
    pub(super) fn followers(&self, of: &str) -> usize {
        self.followers.lock().get(of).copied().unwrap_or_default()
    }

    /// Waits until half of an answer was sent.
    pub(super) async fn half_sent(&self) {
        self.halves.acquire().await.unwrap().forget();
    }

    /// Queries and, over WebSockets, subscriptions at `/graphql`; subscriptions as event streams at `/events`.
    pub(super) fn routes(&self) -> Router {
        let graph = Schema::build(Answers, EmptyMutation, Events(self.clone())).finish();
        let sockets = get_service(GraphQLSubscription::new(graph.clone()));
        Router::new()
            .route("/graphql", sockets.merge(post(answer)))
            .route("/events", post(events))
            .with_state((self.clone(), graph))
    }

    fn follow(&self, of: String) -> Follower {
        *self.followers.lock().entry(of.clone()).or_default() += 1;
        Follower { of, clock: self.clone() }
    }

    fn ticks(&self, of: String, bytes: usize) -> impl Stream<Item = String> + use<> {
        let (follower, padding) = (self.follow(of), "x".repeat(bytes));
        let mut clock = interval(TICK);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        stream::unfold((clock, 1_usize, follower), move |(mut clock, number, follower)| {
            let event = format!("{number} {padding}");
            async move {
                clock.tick().await;
                Some((event, (clock, number + 1, follower)))
            }
        })
    }
}

/// Somebody who listens.
struct Follower {
    of: String,
    clock: Clock,
}

impl Drop for Follower {
    fn drop(&mut self) {
        *self.clock.followers.lock().get_mut(&self.of).unwrap() -= 1;
    }
}

struct Answers;

#[Object(name = "Query")]
impl Answers {
    async fn near(&self) -> usize {
        1
    }

    async fn large(&self) -> String {
        "x".repeat(LARGE)
    }

    async fn far(&self) -> usize {
        2
    }

    /// Of this answer only a half is ever sent.
    async fn half(&self) -> usize {
        3
    }
}

struct Events(Clock);

#[Subscription(name = "Subscription")]
impl Events {
    async fn ticks(&self, of: String, bytes: usize) -> impl Stream<Item = String> + use<> {
        self.0.ticks(of, bytes)
    }

    async fn silence(&self, of: String) -> impl Stream<Item = String> + use<> {
        let follower = self.0.follow(of);
        stream::pending().inspect(move |_| _ = &follower)
    }

    async fn far_ticks(&self, of: String) -> impl Stream<Item = String> + use<> {
        self.0.ticks(of, 0)
    }
}

async fn answer(State((clock, graph)): State<(Clock, Graph)>, request: GraphQLRequest) -> Response {
    let request = request.into_inner();
    let is_half = request.query.contains("half");
    let mut body = Bytes::from(serde_json::to_vec(&graph.execute(request).await).unwrap());
    if is_half {
        let first = body.split_to(body.len() / 2);
        let never = async move {
            clock.halves.add_permits(1);
            std::future::pending().await
        };
        let pieces = stream::once(async { first }).chain(never.into_stream());
        return json(Body::from_stream(pieces.map(Ok::<_, Infallible>)));
    }
    json(Body::from(body))
}

fn json(body: Body) -> Response {
    ([("content-type", "application/json")], body).into_response()
}

async fn events(State((_, graph)): State<(Clock, Graph)>, request: GraphQLRequest) -> Response {
    let frames = graph.execute_stream(request.into_inner()).map(|event| {
        let event = serde_json::to_string(&event).unwrap();
        Ok::<_, Infallible>(format!("event: next\ndata: {event}\n\n"))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(frames)).into_response()
}
