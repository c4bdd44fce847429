//! Events that a consumer gave up on, seen and mended by an operator at the command line.

use std::process::Command;

use cloudphone_embedded_postgres::EmbeddedPostgres;
use serde_json::{Value, json};
use tokio_postgres::NoTls;

use crate::support::{Builder, Client, Platform, Postgres, eventually, holds, run, text};

/// Identity cannot write down that somebody made a template.
const BREAK: &str =
    "ALTER TABLE audit_entries ADD CONSTRAINT broken CHECK (action <> 'device-template.create') NOT VALID";
const MEND: &str = "ALTER TABLE audit_entries DROP CONSTRAINT broken";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_replays_what_failed_beside_a_running_platform() {
    let builder = Builder::new();
    let folder = builder.data_dir();
    let builder = builder.set("data_dir", folder.display());
    let platform = builder.start().await;
    let cluster = EmbeddedPostgres::running(folder.join("postgres")).await.unwrap();
    replay(platform, &cluster.url("cloudphone_identity")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_replays_what_failed_over_an_external_database() {
    let postgres = Postgres::start().await;
    let platform = Builder::new().set("database.url", postgres.url()).start().await;
    replay(platform, &format!("{}/cloudphone_identity", postgres.url().trim_end_matches('/'))).await;
    postgres.stop().await;
}

async fn replay(mut platform: Platform, identity: &str) {
    let admin = platform.admin().await.client;
    execute(identity, BREAK).await;
    let [first, second, third] =
        [template(&admin, "first").await, template(&admin, "second").await, template(&admin, "third").await];
    let builder = platform.builder.clone();
    let found = eventually(90, "identity gives up", async || {
        let found = json_of(command(&builder, &["list", "--json"])).await;
        holds(found.as_array().unwrap().len() == 3).map(|()| found)
    })
    .await;
    let event_of = |target: &str| {
        let letter = found.as_array().unwrap().iter().find(|letter| letter["event"]["data"]["targetId"] == target);
        let letter = letter.unwrap_or_else(|| panic!("{target} is not in {found}"));
        assert_eq!((&letter["group"], &letter["attempts"]), (&json!("identity"), &json!(8)));
        assert!(text(&letter["error"]).contains("broken"), "{letter}");
        text(&letter["event"]["id"]).to_owned()
    };
    let (one, two, three) = (event_of(&first), event_of(&second), event_of(&third));
    looking_around(&builder, &[&one, &two, &three]).await;
    let made = [first.as_str(), &second, &third];
    assert_eq!(entries(&admin, &made).await, Vec::<String>::new());
    told_to_who_watches(&platform).await;

    execute(identity, MEND).await;
    let replayed = says(command(&builder, &["replay", &one]), 0).await;
    assert!(replayed.contains(&format!("replayed {one} (identity)")), "{replayed}");
    eventually(20, "the first is handled", async || holds(entries(&admin, &made).await == [first.clone()])).await;
    let again = run(command(&builder, &["replay", &one]), 20).await;
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.stderr.contains(&format!("{one} is no dead letter")), "{again:?}");

    let nothing = json_of(command(&builder, &["replay", "--all", "--consumer", "devices", "--json"])).await;
    assert_eq!(nothing, json!([]), "filters narrow what `--all` means");
    let discarded = says(command(&builder, &["discard", &three]), 0).await;
    assert!(discarded.contains("1 discarded"), "{discarded}");
    let all = ["replay", "--all", "--type", "core.audit.*", "--json"];
    let (left, right) = tokio::join!(json_of(command(&builder, &all)), json_of(command(&builder, &all)));
    let both: Vec<&Value> = left.as_array().unwrap().iter().chain(right.as_array().unwrap()).collect();
    assert_eq!(both, [&json!({ "group": "identity", "eventId": two })], "of two operators one replays it");
    eventually(20, "the second is handled", async || holds(entries(&admin, &made).await.contains(&second))).await;
    let handled = entries(&admin, &made).await;
    assert_eq!(handled.len(), 2, "each once, and what was discarded never: {handled:?}");
    assert!(says(command(&builder, &["list"]), 0).await.contains("No dead letters."));

    let (status, _) = platform.program.terminate(20).await;
    assert!(status.success());
    let stopped = says(command(&builder, &["list"]), 0).await;
    assert!(stopped.contains("No dead letters."), "also while the platform is stopped: {stopped}");
}

/// What `list` and `show` say, and how they refuse.
async fn looking_around(builder: &Builder, events: &[&str; 3]) {
    let table = says(command(builder, &["list"]), 0).await;
    assert!(table.starts_with("CONSUMER  EVENT"), "{table}");
    assert!(events.iter().all(|event| table.contains(event)), "{table}");
    for (filters, count) in [
        (&["--consumer", "identity", "--type", "core.audit.recorded"][..], 3),
        (&["--consumer", "devices"], 0),
        (&["--type", "devices.*"], 0),
        (&["--older-than", "1h"], 0),
        (&["--newer-than", "1h", "--limit", "2"], 2),
    ] {
        let found = json_of(command(builder, &[&["list", "--json"], filters].concat())).await;
        assert_eq!(found.as_array().unwrap().len(), count, "{filters:?}: {found}");
    }
    let cut = says(command(builder, &["list", "--limit", "1"]), 0).await;
    assert!(cut.contains("and 2 more"), "{cut}");
    let shown = says(command(builder, &["show", events[0]]), 0).await;
    assert!(shown.contains("device-template.create") && shown.contains("consumer     identity"), "{shown}");

    let unknown = "0190a0a0-0000-7000-8000-000000000000";
    let refused = run(command(builder, &["show", unknown]), 20).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("is no dead letter"), "{refused:?}");
    for wrong in [&["replay"][..], &["replay", "--all", events[0]], &["list", "--older-than", "soon"], &["show", "x"]] {
        let refused = run(command(builder, wrong), 20).await;
        assert_eq!(refused.code, Some(2), "{wrong:?}: {refused:?}");
    }
}

/// Health and metrics tell of them, and the platform stays ready.
async fn told_to_who_watches(platform: &Platform) {
    eventually(10, "health tells", async || {
        let (status, report) = platform.client.get("/health/detailed").await;
        assert_eq!(status, 200);
        let report: Value = serde_json::from_str(&report).unwrap();
        let letters = &report["components"]["dead-letters-identity"];
        holds(letters["status"] == "degraded" && text(&letters["detail"]).contains("cloudphone dead-letters list"))
    })
    .await;
    eventually(45, "metrics tell", async || {
        let waiting = platform.client.metric("cloudphone_events_dead_letters_waiting", "group=\"identity\"").await;
        holds((waiting - 3.0).abs() < 0.5)
    })
    .await;
}

async fn template(admin: &Client, name: &str) -> String {
    let input = json!({ "name": name, "category": "TESTING", "specification": {} });
    let made = admin.change("createDeviceTemplate", &input, "deviceTemplate { id }").await;
    text(&made["deviceTemplate"]["id"]).to_owned()
}

/// Those of the templates whose making is in the audit log, one for each entry.
async fn entries(admin: &Client, made: &[&str; 3]) -> Vec<String> {
    let query = "{ auditLog(filter: { action: \"device-template.create\" }, first: 100) { nodes { targetId } } }";
    let nodes = admin.ask(query, json!({})).await["auditLog"]["nodes"].clone();
    let targets = nodes.as_array().unwrap().iter().map(|node| text(&node["targetId"]).to_owned());
    targets.filter(|target| made.contains(&target.as_str())).collect()
}

async fn execute(url: &str, statement: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let (done, _) = tokio::join!(async move { client.batch_execute(statement).await }, connection);
    done.unwrap();
}

fn command(builder: &Builder, arguments: &[&str]) -> Command {
    let mut command = builder.with_settings("dead-letters");
    command.args(arguments);
    command
}

async fn says(command: Command, code: i32) -> String {
    let finished = run(command, 40).await;
    assert_eq!(finished.code, Some(code), "{finished:?}");
    finished.stdout
}

async fn json_of(command: Command) -> Value {
    serde_json::from_str(&says(command, 0).await).unwrap()
}
