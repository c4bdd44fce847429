//! Starting and stopping: how quick, how clean, and what is said when it cannot be.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::support::{ADMIN, Builder, DEMO_PASSWORD, Folder, Incoming, Socket, alive, binary, ids, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_lets_go_of_everybody_and_the_next_start_is_quick() {
    let builder = Builder::new().arguments(&["--devices", "12"]);
    let mut platform = builder.start().await;
    let admin = platform.admin().await.client;
    let mut socket = Socket::open(&admin).await;
    socket
        .start("subscription { fleet(minIntervalMs: 200) { kind devices { id latestTelemetry { at } } } }", json!({}))
        .await;
    socket
        .event(60, "all demo devices are there and one of them measures", |data| {
            data["fleet"]["devices"].as_array()?.iter().any(|device| !device["latestTelemetry"].is_null()).then_some(())
        })
        .await;
    let owned = platform.program.descendants();
    assert!(owned.len() > 3, "PostgreSQL and its workers: {owned:?}");

    let health = run(health_of(&platform.client.base), 10).await;
    assert_eq!(health.code, Some(0), "{health:?}");
    assert!(health.stdout.contains("\"status\": \"up\""), "{health:?}");

    let (end, (status, took)) = tokio::join!(socket.end(20), platform.program.terminate(20));
    assert_eq!(status.code(), Some(0), "{}", platform.program.stderr());
    // PostgreSQL syncs some thousand new files after the very first start, at a few milliseconds each on slow disks.
    assert!(took.as_secs_f64() < 12.0, "the first stop took {took:?}");
    assert_eq!(end, Incoming::Closed(1001, "Server is going away".to_owned()));
    for pid in owned {
        assert!(!fs::exists(format!("/proc/{pid}")).unwrap(), "process {pid} outlives the platform");
    }
    let health = run(health_of(&platform.client.base), 10).await;
    assert_eq!(health.code, Some(1));
    assert!(health.stderr.contains("nothing answers at"), "{health:?}");

    let mut platform = platform.builder.clone().start().await;
    assert!(platform.seconds < 3.0, "the second start took {} s", platform.seconds);
    let kept = platform.admin().await.client.ask("{ devices(first: 100) { totalCount } }", json!({})).await;
    assert_eq!(kept["devices"]["totalCount"], 12, "the second start adds no devices");
    let (status, took) = platform.program.terminate(20).await;
    assert_eq!(status.code(), Some(0));
    assert!(took.as_secs_f64() < 3.0, "the second stop took {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_the_way_of_a_start_is_named_with_the_way_out() {
    let platform = Builder::new().arguments(&["--no-demo"]).start().await;
    let login = json!({ "input": { "email": ADMIN, "password": DEMO_PASSWORD } });
    let refused = platform
        .client
        .ask(
            "mutation($input: LoginInput!) { login(input: $input) { session { accessToken } userErrors { code } } }",
            login,
        )
        .await;
    assert_eq!(refused["login"]["userErrors"][0]["code"], "INVALID_CREDENTIALS", "there are no demo accounts");
    let founder = platform.client.register("founder").await.client;
    let devices = founder.ask("{ devices { nodes { id } } }", json!({})).await;
    assert_eq!(ids(&devices["devices"]["nodes"]).len(), 0);

    // A second start on the same folder harms neither itself nor the first.
    fails(platform.builder.command(), &["in use by another process", "choose another data directory"]).await;
    founder.ask("{ me { user { id } } }", json!({})).await;

    let taken = platform.client.base.rsplit(':').next().unwrap();
    let builder = Builder::new().set("http.port", taken);
    fails(builder.command(), &[taken, "free the port or choose another one by http.port"]).await;
    let engine = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = engine.local_addr().unwrap().port().to_string();
    fails(builder.clone().set("mqtt.port", &taken).command(), &[&taken, "mqtt.port"]).await;
    fails(builder.clone().set("storage.port", &taken).command(), &[&taken, "storage.port"]).await;
    // Failed starts leave nothing that would stand in the way of a good one.
    let mut good = builder.set("http.port", "0").start().await;
    let (status, _) = good.program.terminate(10).await;
    assert_eq!(status.code(), Some(0));

    let cluster = good.builder.data_dir().join("postgres/cluster");
    let version = fs::read_to_string(cluster.join("PG_VERSION")).unwrap();
    fs::write(cluster.join("PG_VERSION"), "11\n").unwrap();
    fails(good.builder.command(), &["was made by PostgreSQL 11", "apt-get install postgresql-11"]).await;
    fs::write(cluster.join("PG_VERSION"), version).unwrap();
    fs::rename(cluster.join("global/pg_control"), cluster.join("global/pg_control.away")).unwrap();
    fails(good.builder.command(), &["is damaged: global/pg_control is missing", "Restore it from a backup"]).await;
    fs::rename(cluster.join("global/pg_control.away"), cluster.join("global/pg_control")).unwrap();
    fs::write(cluster.join("global/pg_control"), "garbage").unwrap();
    fails(good.builder.command(), &["PostgreSQL did not start", "pg_control"]).await;

    let builder = Builder::new();
    let mut command = builder.command();
    command.env("CLOUDPHONE_POSTGRES_BIN", "/nowhere");
    fails(command, &["`initdb` and `postgres` were not found", "/nowhere", "apt-get install postgresql"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_configuration_is_checked_as_a_whole_and_shown_without_secrets() {
    let builder = Builder::new()
        .set("http.port", "many")
        .set("http.allowed_origins", "*")
        .set("internal_secret", "short")
        .set("database.url", "mysql://server")
        .set("devices.nonsense", "1");
    let all = [
        "The configuration has 5 problem(s)",
        "http.port",
        "http.allowed_origins: `*`",
        "internal_secret: needs at least 32 characters",
        "database.url: needs a URL that starts with postgres://",
        "nonsense",
    ];
    fails(builder.command(), &all).await;
    fails(with(builder.with_settings("config"), &["check"]), &all).await;

    let builder = Builder::new()
        .set("internal_secret", "the one that nobody may read, ever")
        .set("database.url", "postgres://cloudphone:hunter2@db.example.com")
        .set("mqtt.password", "swordfish")
        .set("storage.secret_key", "opensesame");
    let checked = run(with(builder.with_settings("config"), &["check"]), 10).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let shown = run(with(builder.with_settings("config"), &["show"]), 10).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.stdout.contains("region = \"us-east-1\""), "{shown:?}");
    for secret in ["nobody may read", "hunter2", "swordfish", "opensesame"] {
        assert!(!format!("{shown:?}").contains(secret), "{secret} is shown");
    }
    fails(with(builder.with_settings("serve"), &["devices"]), &["engine.redis_url", "mqtt.url", "storage.url"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schemas_and_databases_are_brought_up_to_date_by_command() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut check = with(binary(), &["schema", "check"]);
    check.current_dir(root);
    let checked = run(check, 20).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");

    let stale = Builder::new();
    let folder = stale.data_dir().join("schema");
    let path = folder.to_str().unwrap();
    let exported = run(with(binary(), &["schema", "export", "--folder", path]), 20).await;
    assert_eq!(exported.code, Some(0), "{exported:?}");
    let identity = folder.join("identity.graphql");
    let sdl = fs::read_to_string(&identity).unwrap();
    fs::write(&identity, sdl.replace("displayName: String!", "displayName: String")).unwrap();
    fails(with(binary(), &["schema", "check", "--folder", path]), &["identity.graphql"]).await;

    let composed = run(with(binary(), &["schema", "compose"]), 20).await;
    assert_eq!(composed.code, Some(0), "{composed:?}");
    assert!(composed.stdout.contains("@join__graph(name: \"devices\""), "a supergraph is printed");
    let subgraph = format!("identity=http://identity,{}", identity.display());
    let composed = run(with(binary(), &["schema", "compose", "--subgraph", &subgraph]), 20).await;
    assert_eq!(composed.code, Some(0), "{composed:?}");
    fs::write(&identity, "type Query { broken: Nothing }").unwrap();
    fails(
        with(binary(), &["schema", "compose", "--subgraph", &subgraph]),
        &["error: INVALID_GRAPHQL at Query.broken in identity: ", "Nothing"],
    )
    .await;

    let builder = Builder::new().set("data_dir", stale.data_dir().display());
    let migrated = run(builder.with_settings("migrate"), 60).await;
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    assert!(migrated.stdout.contains("identity: applied"), "{migrated:?}");
    let again = run(builder.with_settings("migrate"), 60).await;
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.stdout.lines().all(|line| line.ends_with("up to date")), "{again:?}");
}

#[tokio::test]
async fn a_schema_that_breaks_clients_of_the_release_is_refused() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let now = fs::read_to_string(format!("{root}/schema/api.graphql")).unwrap();
    let folder = Folder::new();
    let check = async |from: &str, to: &str| {
        let released = folder.join("released.graphql");
        assert!(now.contains(from), "the schema has {from}");
        fs::write(&released, now.replacen(from, to, 1)).unwrap();
        let mut command = with(binary(), &["schema", "check", "--released"]);
        command.arg(released).current_dir(root);
        run(command, 20).await
    };

    let same = check("type Query {", "type Query {").await;
    assert_eq!((same.code, same.stderr.as_str()), (Some(0), ""), "{same:?}");
    assert!(same.stdout.contains("0 changes since "), "{same:?}");

    let safe = check("  hasNextPage: Boolean!", "  hasNextPage: Boolean").await;
    assert_eq!(safe.code, Some(0), "{safe:?}");
    let told = "safe: PageInfo.hasNextPage: The type of the field changed from Boolean to Boolean!.\n";
    assert_eq!(safe.stderr, told, "{safe:?}");
    assert!(safe.stdout.contains("1 changes since ") && safe.stdout.ends_with(", 0 of them breaking\n"), "{safe:?}");

    let breaking = check("type Query {", "type Query {\n  gone: Int").await;
    assert_eq!(breaking.code, Some(1), "{breaking:?}");
    assert_eq!(breaking.stderr, "breaking: Query.gone: The field was removed without having been deprecated.\n");
    assert!(breaking.stdout.ends_with(", 1 of them breaking\n"), "{breaking:?}");
}

fn health_of(base: &str) -> Command {
    with(binary(), &["health", "--url", base])
}

fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    command
}

/// Runs what must fail, with these words, within seconds, and without leaving PostgreSQL behind.
async fn fails(command: Command, words: &[&str]) {
    let data_dir = command.get_args().skip_while(|argument| *argument != "--data-dir").nth(1).map(PathBuf::from);
    let before = data_dir.as_deref().and_then(postmaster);
    let finished = run(command, 20).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    for word in words {
        assert!(finished.stderr.contains(word), "no `{word}` in: {}", finished.stderr);
    }
    if let Some(folder) = data_dir {
        assert_eq!(postmaster(&folder), before, "PostgreSQL runs as before");
    }
}

/// The process id of the PostgreSQL server that runs on a data folder.
fn postmaster(data_dir: &Path) -> Option<u32> {
    let lines = fs::read_to_string(data_dir.join("postgres/cluster/postmaster.pid")).ok()?;
    lines.lines().next()?.trim().parse().ok().filter(|pid| alive(*pid))
}
