//! The router before subgraphs that know nothing of the platform.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use async_graphql::{
    EmptyMutation, EmptySubscription, ID, Object, ObjectType, Schema, SimpleObject, Subscription, SubscriptionType,
};
use async_graphql_axum::{GraphQL, GraphQLSubscription};
use axum::routing::get_service;
use futures::Stream;
use futures::stream::{StreamExt as _, iter};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::support::{Client, Folder, Program, Socket, binary, eventually, holds, run};

#[derive(SimpleObject)]
#[graphql(name = "Book")]
struct CataloguedBook {
    id: ID,
    title: String,
}

impl CataloguedBook {
    fn new(number: usize) -> Self {
        Self { id: number.to_string().into(), title: format!("Volume {number}") }
    }
}

struct Catalogue;

#[Object(name = "Query")]
impl Catalogue {
    async fn books(&self) -> Vec<CataloguedBook> {
        (1..=3).map(CataloguedBook::new).collect()
    }

    #[graphql(entity)]
    async fn find_book(&self, id: ID) -> Option<CataloguedBook> {
        id.parse().ok().map(CataloguedBook::new)
    }
}

struct Sales;

#[Subscription(name = "Subscription")]
impl Sales {
    async fn sold(&self, count: usize) -> impl Stream<Item = CataloguedBook> + use<> {
        iter(1..=count).then(async |number| {
            tokio::time::sleep(Duration::from_millis(5)).await;
            CataloguedBook::new(number)
        })
    }
}

struct RatedBook(ID);

#[Object(name = "Book")]
impl RatedBook {
    async fn id(&self) -> &ID {
        &self.0
    }

    async fn stars(&self) -> usize {
        self.0.len()
    }
}

struct Ratings;

#[Object(name = "Query")]
impl Ratings {
    async fn ratings(&self) -> usize {
        3
    }

    #[graphql(entity)]
    async fn find_book(&self, id: ID) -> RatedBook {
        RatedBook(id)
    }
}

/// A subgraph on a port of its own.
pub(crate) struct Subgraph {
    address: SocketAddr,
    sdl: String,
    server: JoinHandle<()>,
}

impl Subgraph {
    pub async fn serve<Q, S>(schema: Schema<Q, EmptyMutation, S>) -> Self
    where
        Q: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let sdl = schema.sdl_with_options(async_graphql::SDLExportOptions::new().federation());
        // Subscriptions and queries are at one URL, told apart by the upgrade.
        let socket = GraphQLSubscription::new(schema.clone());
        let routes = axum::Router::new().route("/graphql", get_service(socket).post_service(GraphQL::new(schema)));
        Self::behind(TcpListener::bind("127.0.0.1:0").await.unwrap(), routes, &sdl)
    }

    /// What answers `/graphql` at a listener, and its schema as it is told to the composition.
    pub fn behind(listener: TcpListener, routes: axum::Router, sdl: &str) -> Self {
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { address, sdl: sdl.to_owned(), server }
    }

    /// The same with another schema told to the composition.
    pub fn with_sdl(mut self, change: impl FnOnce(&str) -> String) -> Self {
        self.sdl = change(&self.sdl);
        self
    }
}

impl Drop for Subgraph {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub(crate) async fn catalogue() -> Subgraph {
    Subgraph::serve(
        Schema::build(Catalogue, EmptyMutation, Sales).enable_federation().enable_subscription_in_federation().finish(),
    )
    .await
}

pub(crate) async fn ratings() -> Subgraph {
    Subgraph::serve(Schema::build(Ratings, EmptyMutation, EmptySubscription).enable_federation().finish()).await
}

pub(crate) async fn compose(folder: &Folder, subgraphs: &[(&str, &Subgraph)]) -> String {
    let mut command = binary();
    command.args(["schema", "compose"]);
    for (name, subgraph) in subgraphs {
        let file = folder.join(&format!("{name}.graphql"));
        fs::write(&file, &subgraph.sdl).unwrap();
        let place = format!("{name}=http://{}/graphql,{}", subgraph.address, file.display());
        command.arg("--subgraph").arg(place);
    }
    let finished = run(command, 20).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.stdout
}

pub(crate) async fn start(folder: &Folder, supergraph: &str) -> (Program, Client) {
    start_by(binary(), folder, supergraph).await
}

/// The same by a configuration, if there is one.
pub(crate) async fn start_with(folder: &Folder, supergraph: &str, configuration: Option<&Path>) -> (Program, Client) {
    let mut command = binary();
    if let Some(configuration) = configuration {
        command.arg("--config").arg(configuration);
    }
    start_by(command, folder, supergraph).await
}

/// The same by a command that has arguments already.
pub(crate) async fn start_by(command: Command, folder: &Folder, supergraph: &str) -> (Program, Client) {
    start_at("127.0.0.1:0", command, folder, supergraph).await
}

/// The same at an address.
pub(crate) async fn start_at(
    listen: &str,
    mut command: Command,
    folder: &Folder,
    supergraph: &str,
) -> (Program, Client) {
    let file = folder.join("supergraph.graphql");
    fs::write(&file, supergraph).unwrap();
    command.args(["router", "--listen", listen, "--supergraph"]).arg(file);
    let mut program = Program::spawn("router", command, folder.path());
    let base = program.says(20, "where it listens", |said| {
        let line = said.lines().find_map(|line| line.strip_prefix("router on "))?;
        Some(line.trim_end_matches("/graphql").to_owned())
    });
    let client = Client::new(&base.await);
    (program, client)
}

#[tokio::test]
async fn anybodys_supergraph_is_served_without_the_platform() {
    let (folder, catalogue, ratings) = (Folder::new(), catalogue().await, ratings().await);
    let supergraph = compose(&folder, &[("catalogue", &catalogue), ("ratings", &ratings)]).await;
    let (mut program, client) = start(&folder, &supergraph).await;

    let ready = reqwest::get(format!("{}/health/readiness", client.base)).await.unwrap();
    assert_eq!(ready.status(), 200);

    let books = client.ask("{ books { title stars } }", json!({})).await["books"].clone();
    assert_eq!(books[0], json!({ "title": "Volume 1", "stars": 1 }));
    // It knows no accounts, so that a credential is none of its business.
    let stranger = client.with_token("of-somebody-else");
    assert_eq!(stranger.ask("{ books { title stars } }", json!({})).await["books"], books);

    // Each event of one subgraph is joined with what another one knows.
    let mut socket = Socket::open(&stranger).await;
    socket.start("subscription { sold(count: 12) { title stars } }", json!({})).await;
    for number in 1..=12_usize {
        let event = socket.event(10, "a sale", |data| Some(data["sold"].clone())).await;
        let stars = number.to_string().len();
        assert_eq!(event, json!({ "title": format!("Volume {number}"), "stars": stars }));
    }

    let (status, _) = program.terminate(10).await;
    assert!(status.success(), "{}", program.stderr());
}

#[tokio::test]
async fn a_changed_supergraph_is_served_and_a_broken_one_is_not() {
    let (folder, catalogue, ratings) = (Folder::new(), catalogue().await, ratings().await);
    let alone = compose(&folder, &[("catalogue", &catalogue)]).await;
    let (program, client) = start(&folder, &alone).await;
    let query = "{ books { title stars } }";
    assert!(client.answer(query, json!({})).await["data"].is_null());

    let both = compose(&folder, &[("catalogue", &catalogue), ("ratings", &ratings)]).await;
    fs::write(folder.join("supergraph.graphql"), &both).unwrap();
    eventually(15, "the new field is answered", async || {
        holds(client.answer(query, json!({})).await["errors"].is_null())
    })
    .await;

    fs::write(folder.join("supergraph.graphql"), "type Query { half: ").unwrap();
    eventually(15, "the log tells of it", async || holds(program.stderr().contains("the supergraph stays as it was")))
        .await;
    assert_eq!(client.ask(query, json!({})).await["books"][2]["stars"], 1);
    program.signal(Signal::TERM);
}

#[tokio::test]
async fn a_file_that_is_no_supergraph_is_told_in_one_line() {
    let folder = Folder::new();
    for (text, complaint) in [("type Query { a: Int }", "cannot be planned on"), ("nonsense {", "not a GraphQL schema")]
    {
        let file = folder.join("wrong.graphql");
        fs::write(&file, text).unwrap();
        let mut command = binary();
        command.args(["router", "--supergraph"]).arg(&file);
        let finished = run(command, 20).await;
        assert_eq!(finished.code, Some(1));
        let complaint_line = finished.stderr.lines().find(|line| line.starts_with("error: ")).unwrap();
        assert!(complaint_line.contains(complaint) && complaint_line.contains("wrong.graphql"), "{complaint_line}");
    }
    let mut command = binary();
    command.args(["router", "--supergraph", "/nowhere.graphql"]);
    assert!(run(command, 20).await.stderr.contains("/nowhere.graphql cannot be read"));
}

#[tokio::test]
async fn a_subgraph_that_is_away_costs_only_its_own_fields() {
    let (folder, catalogue, ratings) = (Folder::new(), catalogue().await, ratings().await);
    let supergraph = compose(&folder, &[("catalogue", &catalogue), ("ratings", &ratings)]).await;
    drop(ratings);
    let (_program, client) = start(&folder, &supergraph).await;
    let answer = client.answer("{ __typename books { title } ratings }", json!({})).await;
    assert_eq!(answer["data"], Value::Null, "`ratings` cannot be null: {answer}");
    assert_eq!(answer["errors"][0]["path"], json!(["ratings"]), "{answer}");
    let books = client.answer("{ books { title } }", json!({})).await;
    assert_eq!(books["data"]["books"].as_array().unwrap().len(), 3, "{books}");
}

struct OldRatings;

#[Object(name = "Query")]
impl OldRatings {
    async fn book(&self) -> RatedBook {
        RatedBook(ID::from("1"))
    }

    #[graphql(entity)]
    async fn find_book(&self, id: ID) -> RatedBook {
        RatedBook(id)
    }
}

struct NewBook(ID);

#[Object(name = "Book")]
impl NewBook {
    async fn id(&self) -> &ID {
        &self.0
    }

    async fn stars(&self) -> usize {
        500
    }
}

struct NewRatings;

#[Object(name = "Query")]
impl NewRatings {
    #[graphql(entity)]
    async fn find_book(&self, id: ID) -> NewBook {
        NewBook(id)
    }
}

#[tokio::test]
async fn a_field_moves_to_another_subgraph_as_the_settings_say() {
    let old = Subgraph::serve(Schema::build(OldRatings, EmptyMutation, EmptySubscription).enable_federation().finish());
    let new = Subgraph::serve(Schema::build(NewRatings, EmptyMutation, EmptySubscription).enable_federation().finish());
    let sdl = |_: &str| {
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.7\", import: [\"@key\", \"@override\"])
         type Book @key(fields: \"id\") { id: ID! stars: Int! @override(from: \"old\", label: \"beta\") }"
            .to_owned()
    };
    let (folder, old, new) = (Folder::new(), old.await, new.await.with_sdl(sdl));
    let supergraph = compose(&folder, &[("old", &old), ("new", &new)]).await;
    let configuration = folder.join("router.toml");
    let decide = |rule: &str| fs::write(&configuration, format!("[router.override_labels]\nbeta = {rule}\n")).unwrap();
    decide("{ header = \"x-beta\" }");
    let (program, client) = start_with(&folder, &supergraph, Some(&configuration)).await;
    let stars = async |header: Option<&'static str>| {
        let request = reqwest::Client::new().post(format!("{}/graphql", client.base));
        let request = header.into_iter().fold(request, |request, header| request.header(header, "1"));
        let answer: Value =
            request.json(&json!({ "query": "{ book { stars } }" })).send().await.unwrap().json().await.unwrap();
        answer["data"]["book"]["stars"].as_u64().unwrap_or_else(|| panic!("{answer}"))
    };
    assert_eq!((stars(None).await, stars(Some("x-beta")).await), (1, 500));

    decide("{ on = true }");
    eventually(20, "the label is on for everybody", async || holds(stars(None).await == 500)).await;
    decide("{ percent = 0, on = true }");
    eventually(20, "the log tells what is wrong", async || {
        holds(program.stderr().contains("router.override_labels.beta"))
    })
    .await;
    assert_eq!(stars(None).await, 500, "the last good configuration stays");
    decide("{ percent = 0 }");
    eventually(20, "the label is off for everybody", async || holds(stars(Some("x-beta")).await == 1)).await;
    program.signal(Signal::TERM);
}
