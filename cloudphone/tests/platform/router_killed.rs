//! A router that is killed while people watch, and a client from npm that comes back to the next one by itself.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema, SimpleObject, Subscription};
use futures::{Stream, stream};

use crate::router_alone::{Subgraph, compose};
use crate::support::{Folder, Program, binary, eventually, free_port, holds, run};

#[derive(SimpleObject)]
#[graphql(name = "Tick")]
struct Tick {
    number: usize,
}

struct Clock;

#[Object(name = "Query")]
impl Clock {
    async fn now(&self) -> usize {
        0
    }
}

struct Ticking;

#[Subscription(name = "Subscription")]
impl Ticking {
    async fn ticked(&self) -> impl Stream<Item = Tick> + use<> {
        stream::unfold(1, async |number| {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Tick { number }, number + 1))
        })
    }
}

struct StarredTick(usize);

#[Object(name = "Tick")]
impl StarredTick {
    async fn number(&self) -> usize {
        self.0
    }

    async fn stars(&self) -> usize {
        self.0 * 2
    }
}

struct Stars;

#[Object(name = "Query")]
impl Stars {
    async fn sky(&self) -> usize {
        1
    }

    #[graphql(entity)]
    async fn find_tick(&self, number: usize) -> StarredTick {
        StarredTick(number)
    }
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../router/tests/clients")
}

/// Installs the clients unless they are; the router's own tests do so under the same lock.
async fn install() {
    let lock = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("npm-install.lock")).unwrap();
    let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await.unwrap().unwrap();
    let modified = |path: &str| fs::metadata(clients().join(path)).and_then(|file| file.modified()).ok();
    let installed = modified("node_modules/.package-lock.json");
    if installed.is_none() || installed < modified("package-lock.json") {
        let mut npm = Command::new("npm");
        npm.current_dir(clients()).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        let finished = run(npm, 120).await;
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    }
    drop(lock);
}

async fn start(folder: &Folder, name: &str, port: u16) -> Program {
    let mut command = binary();
    command.args(["router", "--listen", &format!("127.0.0.1:{port}"), "--supergraph"]);
    command.arg(folder.join("supergraph.graphql"));
    let mut router = Program::spawn(name, command, folder.path());
    router.says(30, "that it listens", |said| holds(said.contains("router on "))).await;
    router
}

#[tokio::test]
async fn a_client_comes_back_to_the_next_router_and_goes_on() {
    install().await;
    let folder = Folder::new();
    let clock = Schema::build(Clock, EmptyMutation, Ticking).enable_federation().enable_subscription_in_federation();
    let stars = Schema::build(Stars, EmptyMutation, EmptySubscription).enable_federation();
    let (clock, stars) = (Subgraph::serve(clock.finish()).await, Subgraph::serve(stars.finish()).await);
    // async-graphql gives a type a key only where it has a resolver for its references.
    let clock = clock.with_sdl(|sdl| sdl.replace("type Tick {", "type Tick @key(fields: \"number\") {"));
    let supergraph = compose(&folder, &[("clock", &clock), ("stars", &stars)]).await;
    fs::write(folder.join("supergraph.graphql"), supergraph).unwrap();
    let port = free_port();
    let mut router = start(&folder, "first", port).await;

    let mut node = Command::new("node");
    node.current_dir(clients()).arg("killed.mjs").env("ROUTER_URL", format!("http://127.0.0.1:{port}/graphql"));
    let mut client = Program::spawn("client", node, folder.path());
    let events = |said: &str| said.matches("event {\"number\":").count();
    client.says(60, "that events came", |said| holds(events(said) >= 3)).await;

    router.kill_tree();
    client.says(30, "that the connection broke", |said| holds(said.contains("closed 1006"))).await;
    let before = events(&client.stdout());
    let _next = start(&folder, "second", port).await;
    let said =
        client.says(60, "that events came again", |said| (events(said) >= before + 3).then(|| said.to_owned())).await;
    assert_eq!(said.matches("connected").count(), 2, "{said}");
    assert!(said.contains("event {\"number\":2,\"stars\":4}"), "events are joined: {said}");
    assert!(!said.contains("failed") && !said.contains("completed"), "the subscription itself never fails: {said}");
    eventually(10, "the first router is gone", async || holds(!crate::support::alive(router.pid()))).await;
}
