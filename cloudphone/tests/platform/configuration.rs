//! The configuration as a product: its schema, its examples, and what is told of a wrong one.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Folder, binary, run};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

async fn schema() -> Value {
    let mut command = binary();
    command.args(["config", "schema"]);
    let finished = run(command, 20).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    serde_json::from_str(&finished.stdout).unwrap()
}

/// The TOML in the guides, with where it is.
fn examples() -> Vec<(String, String)> {
    let root = Path::new(ROOT);
    let guides = fs::read_dir(root.join("docs")).unwrap().flatten().map(|entry| entry.path());
    let guides = guides.chain([root.join("README.md")]).filter(|path| path.extension().is_some_and(|end| end == "md"));
    let mut found = Vec::new();
    for guide in guides {
        let text = fs::read_to_string(&guide).unwrap();
        for example in text.split("```toml\n").skip(1) {
            found.push((guide.display().to_string(), example.split("```").next().unwrap().to_owned()));
        }
    }
    found
}

#[tokio::test]
async fn every_example_in_the_guides_fits_the_schema() {
    let schema = schema().await;
    let validator = jsonschema::validator_for(&schema).unwrap();
    let examples = examples();
    assert!(!examples.is_empty());
    for (place, example) in examples {
        let value: Value = toml::from_str(&example).unwrap_or_else(|error| panic!("{place}: {error}\n{example}"));
        let problems: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{place}: {problems:?}\n{example}");
    }
    let stranger = serde_json::json!({ "router": { "max_detph": 1 } });
    assert!(!validator.is_valid(&stranger), "what is no setting has no place");
}

#[tokio::test]
async fn a_check_tells_everything_at_once() {
    let folder = Folder::new();
    let file = folder.join("wrong.toml");
    fs::write(
        &file,
        "[router]\nmax_detph = 1\nheartbeat_seconds = \"often\"\n[observability]\nlog_filter = \"info,=\"\n",
    )
    .unwrap();
    let mut command = binary();
    command.args(["config", "check", "--config"]).arg(&file);
    let finished = run(command, 20).await;
    assert_eq!(finished.code, Some(1));
    for told in ["router.max_detph", "`max_depth` may be meant", "router.heartbeat_seconds", "observability.log_filter"]
    {
        assert!(finished.stderr.contains(told), "{told}: {}", finished.stderr);
    }
}

#[tokio::test]
async fn settings_under_which_nothing_works_or_that_contradict_each_other_are_refused() {
    let wrong = [
        ("[router]\nheartbeat_seconds = 0", "router.heartbeat_seconds: choose 1 to 3600 seconds"),
        ("[router]\nmax_connections = 9223372036854775807", "router.max_connections: choose at most"),
        ("[router]\nmax_depth = 0", "router.max_depth: needs at least 1"),
        ("[router]\nmax_tokens = 0", "router.max_tokens: needs at least 1"),
        ("[router]\nmax_batch = 1001", "router.max_batch: choose at most 1000"),
        ("[router]\nmax_subscriptions = 5\nmax_subscriptions_per_user = 6", "router.max_subscriptions_per_user"),
        ("[router]\nplan_cache_entries = 0", "router.plan_cache_entries"),
        ("[router.overload]\nwait_ms = 60001", "router.overload.wait_ms"),
        ("[router.documents]\nautomatic_max_bytes = 0", "router.documents.automatic_max_bytes"),
        ("[router.traffic]\ntimeout_seconds = 9223372036854775807", "router.traffic.timeout_seconds"),
        ("[router.traffic]\nretry_initial_ms = 3000", "router.traffic.retry_initial_ms: is beyond `retry_limit_ms`"),
        ("[router.subgraphs.a]\nhealth_check_failures = 0", "router.subgraphs.a.health_check_failures"),
        (
            "[router.subgraphs.a.subscriptions]\noperations_per_connection = 9223372036854775807",
            "router.subgraphs.a.subscriptions.operations_per_connection",
        ),
        ("[http]\ndrain_seconds = 9223372036854775807", "http.drain_seconds"),
        ("[identity.session]\nidle_seconds = 90000", "identity.session.idle_seconds: is beyond `absolute_seconds`"),
        ("[identity.hashing]\npasses = 0", "identity.hashing"),
    ];
    let folder = Folder::new();
    let file = folder.join("wrong.toml");
    for (settings, told) in wrong {
        fs::write(&file, settings).unwrap();
        let mut command = binary();
        command.args(["config", "check", "--config"]).arg(&file);
        let finished = run(command, 20).await;
        assert_eq!(finished.code, Some(1), "{settings}");
        assert!(finished.stderr.contains(told), "{settings}: {}", finished.stderr);
    }
}
