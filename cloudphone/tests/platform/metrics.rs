//! Names of metrics: Prometheus' rules, kept by every one, and every one explained to operators.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::{Builder, Socket, eventually, holds};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_metrics_keeps_the_rules_and_every_metric_is_documented() {
    let platform = Builder::new().arguments(&["--devices", "2"]).start().await;
    let admin = platform.admin().await.client;
    let mut socket = Socket::open(&admin).await;
    socket.start("subscription { fleet { kind } }", json!({})).await;
    socket.event(20, "the wall answers", |data| data["fleet"]["kind"].as_str().map(str::to_owned)).await;
    let page = eventually(60, "devices are heard and events are handled", async || {
        let page = admin.get("/metrics").await.1;
        holds(
            ["devices_messages_accepted_total", "events_handled_total", "events_dead_letters_waiting"]
                .iter()
                .all(|name| page.contains(&format!("# TYPE cloudphone_{name} "))),
        )
        .map(|()| page)
    })
    .await;
    for told in [
        "process_resident_memory_bytes ",
        "process_cpu_seconds_total ",
        "cloudphone_graphql_plan_cache_lookups_total{cache=\"whole\",outcome=\"miss\"} ",
        "cloudphone_graphql_planning_duration_seconds_count{outcome=\"planned\"} ",
        "cloudphone_subgraph_call_duration_seconds_count{subgraph=\"identity\"} ",
        "http_server_request_duration_seconds_count{http_request_method=\"POST\",http_route=\"/graphql\",http_response_status_code=\"200\"} ",
    ] {
        let value = page.lines().find_map(|line| line.strip_prefix(told));
        assert!(value.is_some_and(|value| value.parse::<f64>().unwrap() > 0.0), "{told}: {page}");
    }
    let served: BTreeMap<&str, &str> =
        page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    assert!(served.len() > 15, "{served:?}");
    for line in page.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let name = line.split(['{', ' ']).next().unwrap();
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let known = |name: &str| served.contains_key(name);
        assert!(known(name) || family.is_some_and(known), "{name} has no type");
    }
    // What did not happen here is found in the code.
    let mut all = written();
    // The page itself measures the process.
    let recorded = served.keys().filter(|name| !name.starts_with("process_"));
    let strangers: Vec<_> = recorded.filter(|name| !all.contains_key(**name)).collect();
    assert!(strangers.is_empty(), "the reading of the code overlooks {strangers:?}");
    all.extend(served.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())));

    let broken: Vec<String> =
        all.iter().filter_map(|(name, kind)| Some(format!("{name}: {}", fault(name, kind)?))).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let documented = documented();
    let names: BTreeSet<String> = all.into_keys().collect();
    let missing: Vec<_> = names.difference(&documented).collect();
    assert!(missing.is_empty(), "docs/operations.md does not explain {missing:?}");
    let gone: Vec<_> = documented.difference(&names).collect();
    assert!(gone.is_empty(), "docs/operations.md explains what is no more: {gone:?}");
}

#[test]
fn the_dashboard_shows_metrics_that_there_are() {
    let text = fs::read_to_string(Path::new(ROOT).join("deploy/grafana/cloudphone-router.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let expressions: Vec<&str> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    assert!(expressions.len() > 50);
    let documented = documented();
    for expression in expressions {
        let words = expression.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let names: Vec<&str> = words.filter(|word| is_ours(word)).collect();
        assert!(!names.is_empty(), "{expression}");
        for name in names {
            let family = ["_bucket", "_count", "_sum"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(documented.contains(family), "{name} of {expression} is no metric");
        }
    }
}

#[test]
fn the_rules_tell_good_names_from_bad_ones() {
    for (name, kind) in [
        ("cloudphone_calls_total", "counter"),
        ("cloudphone_sent_bytes_total", "counter"),
        ("cloudphone_call_duration_seconds", "histogram"),
        ("cloudphone_connections", "gauge"),
    ] {
        assert_eq!(fault(name, kind), None, "{name}");
    }
    for (name, kind) in [
        ("calls_total", "counter"),
        ("cloudphone_calls", "counter"),
        ("cloudphone_connections_total", "gauge"),
        ("cloudphone.calls_total", "counter"),
        ("cloudphone_Calls_total", "counter"),
        ("cloudphone_call_duration_ms", "histogram"),
        ("cloudphone_call_duration", "histogram"),
        ("cloudphone_lag_milliseconds", "gauge"),
        ("cloudphone_calls_count", "gauge"),
    ] {
        assert!(fault(name, kind).is_some(), "{name}");
    }
}

/// Whether a name is of the platform, or one of those that everybody has: of a process (Prometheus, "Writing client libraries") and
/// of HTTP servers (OpenTelemetry, "Semantic conventions for HTTP metrics").
fn is_ours(name: &str) -> bool {
    ["cloudphone_", "process_", "http_server_"].iter().any(|part| name.starts_with(part))
}

/// What is wrong with a name (Prometheus, "Metric and label naming").
fn fault(name: &str, kind: &str) -> Option<&'static str> {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if !plain || name.contains("__") {
        Some("has other characters than lower-case letters, digits and single underscores")
    } else if !is_ours(name) {
        Some("does not begin with cloudphone_")
    } else if ends(&["_ms", "_millis", "_milliseconds", "_micros", "_minutes", "_kb", "_mb", "_mib", "_percent"]) {
        Some("is in no base unit")
    } else if ends(&["_count", "_sum", "_bucket"]) {
        Some("ends like a part of a histogram")
    } else if (kind == "counter") != name.ends_with("_total") {
        Some("ends in _total without being a counter, or the other way round")
    } else if kind == "histogram" && !ends(&["_seconds", "_bytes", "_points"]) {
        Some("is a distribution without a unit")
    } else {
        None
    }
}

/// The metrics that the code names, with their kinds.
fn written() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for folder in ["cloudphone/src", "platform", "router", "subgraphs"] {
        for file in sources(&Path::new(ROOT).join(folder)) {
            let text = fs::read_to_string(file).unwrap();
            for kind in ["counter", "gauge", "histogram"] {
                for rest in text.split(&format!("{kind}!(")).skip(1) {
                    let name = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                    found.extend(name.map(|name| (name.to_owned(), kind.to_owned())));
                }
            }
        }
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "tests" && name != "target") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The metrics in the tables of the guide for operators.
fn documented() -> BTreeSet<String> {
    let guide = fs::read_to_string(Path::new(ROOT).join("docs/operations.md")).unwrap();
    let section = guide.split("\n## Metrics\n").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`')).filter(|name| is_ours(name));
    names.map(|name| name.split('{').next().unwrap().to_owned()).collect()
}
