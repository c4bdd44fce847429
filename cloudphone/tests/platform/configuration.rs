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
