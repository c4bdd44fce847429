//! Lists of devices: filters, orders, pages, counts, and orders that are refused.

use serde_json::{Value, json};

use crate::support::{CREATE, Engines, admin, codes, eventually};

const LIST: &str = "query($filter: DeviceFilter, $order: DeviceOrder, $first: Int, $after: String) {
    devices(filter: $filter, orderBy: $order, first: $first, after: $after) {
        totalCount nodes { id name } pageInfo { hasNextPage hasPreviousPage endCursor } } }";

fn names(answer: &Value) -> Vec<String> {
    let nodes = answer["devices"]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_cut_down_by_every_filter() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let colleague = crate::support::person(me.tenant_id, &["*:*"]);
    let make = async |caller, input: Value| {
        let made = domain.ask(caller, CREATE, json!({ "input": input })).await;
        assert_eq!(made["createDevice"]["userErrors"], json!([]));
    };
    make(&me, json!({ "name": "Alpha_1%", "specification": {}, "tags": ["ci", "gpu"], "group": "Lab" })).await;
    make(&me, json!({ "name": "Beta", "specification": {}, "tags": ["ci"], "group": "Lab" })).await;
    make(&colleague, json!({ "name": "gamma", "specification": {}, "group": "Field" })).await;
    eventually("all are set up", async || {
        let counts = domain.ask(&me, "{ deviceStateCounts { state count } }", json!({})).await;
        counts["deviceStateCounts"] == json!([{ "state": "STOPPED", "count": 3 }])
    })
    .await;
    engines.sql("UPDATE devices SET online = true, state = 'ERROR' WHERE name = 'Beta'").await;

    let owner = me.user_id().unwrap().to_string();
    let by_name = json!({ "field": "NAME", "direction": "ASC" });
    for (filter, expected) in [
        (json!({}), vec!["Alpha_1%", "Beta", "gamma"]),
        (json!({ "tags": ["ci"] }), vec!["Alpha_1%", "Beta"]),
        (json!({ "tags": ["ci", "gpu"] }), vec!["Alpha_1%"]),
        (json!({ "group": "Lab" }), vec!["Alpha_1%", "Beta"]),
        (json!({ "group": "lab" }), vec![]),
        (json!({ "search": "GAM" }), vec!["gamma"]),
        (json!({ "search": "_1%" }), vec!["Alpha_1%"]),
        (json!({ "search": "%a" }), vec![]),
        (json!({ "states": ["ERROR", "RUNNING"] }), vec!["Beta"]),
        (json!({ "states": [] }), vec![]),
        (json!({ "online": true }), vec!["Beta"]),
        (json!({ "online": false, "group": "Lab" }), vec!["Alpha_1%"]),
        (json!({ "ownerId": owner }), vec!["Alpha_1%", "Beta"]),
        (json!({ "ownerId": "nobody" }), vec![]),
        (json!({ "templateId": uuid::Uuid::new_v4() }), vec![]),
        (json!({ "provider": "SIMULATED" }), vec!["Alpha_1%", "Beta", "gamma"]),
        (json!({ "provider": "DOCKER" }), vec![]),
    ] {
        let answer = domain.ask(&me, LIST, json!({ "filter": filter, "order": by_name })).await;
        assert_eq!(names(&answer), expected, "{filter}");
        assert_eq!(answer["devices"]["totalCount"], expected.len(), "{filter}");
    }
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_in_every_order_hold_each_device_once() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    domain.create(&me, "Rig", 12, false).await;
    domain.create(&me, "Ant", 1, false).await;
    eventually("all are set up", async || {
        let counts = domain.ask(&me, "{ deviceStateCounts { state count } }", json!({})).await;
        counts["deviceStateCounts"] == json!([{ "state": "STOPPED", "count": 13 }])
    })
    .await;
    engines.sql("UPDATE devices SET state = 'ERROR' WHERE name IN ('Rig-03', 'Ant')").await;

    let every = async |field: &str, direction: &str| {
        let (mut all, mut after) = (Vec::new(), json!(null));
        loop {
            let order = json!({ "field": field, "direction": direction });
            let page = domain.ask(&me, LIST, json!({ "order": order, "first": 5, "after": after })).await;
            assert_eq!(page["devices"]["totalCount"], 13);
            assert_eq!(page["devices"]["pageInfo"]["hasPreviousPage"], json!(!after.is_null()));
            all.extend(names(&page));
            after = page["devices"]["pageInfo"]["endCursor"].clone();
            if page["devices"]["pageInfo"]["hasNextPage"] == json!(false) {
                return all;
            }
        }
    };
    let numbered: Vec<String> = (1..=12).map(|number| format!("Rig-{number:02}")).collect();
    let by_name: Vec<String> = std::iter::once("Ant".to_owned()).chain(numbered).collect();
    assert_eq!(every("NAME", "ASC").await, by_name);
    assert_eq!(every("NAME", "DESC").await, by_name.iter().rev().cloned().collect::<Vec<_>>());
    for field in ["CREATED_AT", "STATE"] {
        let (rising, falling) = (every(field, "ASC").await, every(field, "DESC").await);
        assert_eq!(rising, falling.into_iter().rev().collect::<Vec<_>>(), "{field}");
        let mut sorted = rising.clone();
        sorted.sort();
        assert_eq!(sorted, by_name, "{field}");
    }
    assert_eq!(every("CREATED_AT", "ASC").await.last().unwrap(), "Ant");
    assert!(every("STATE", "ASC").await[..2].contains(&"Ant".to_owned()), "ERROR comes before STOPPED");

    for (variables, code) in [
        (json!({ "after": "forged" }), "VALIDATION_FAILED"),
        (json!({ "first": 0 }), "VALIDATION_FAILED"),
        (json!({ "first": 201 }), "VALIDATION_FAILED"),
    ] {
        assert_eq!(domain.refusal(&me, LIST, variables.clone()).await, code, "{variables}");
    }
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_orders_name_every_field_at_fault() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.settings()).await;
    let me = admin();
    let input = json!({
        "name": " ", "count": 101, "tags": [""], "expiresAt": "2020-01-01T00:00:00Z",
        "specification": { "cpuCores": 17, "memoryMb": 40000, "storageGb": 2000, "density": 700 }
    });
    let answer = domain.ask(&me, CREATE, json!({ "input": input })).await;
    let paths: Vec<String> = answer["createDevice"]["userErrors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            error["path"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect::<Vec<_>>().join(".")
        })
        .collect();
    assert_eq!(
        paths,
        [
            "name",
            "tags",
            "specification.cpuCores",
            "specification.memoryMb",
            "specification.storageGb",
            "specification.density",
            "count",
            "expiresAt"
        ]
    );
    let both = json!({ "name": "x", "templateId": "x", "specification": {} });
    let answer = domain.ask(&me, CREATE, json!({ "input": both })).await;
    assert_eq!(codes(&answer["createDevice"]["userErrors"]), ["EXACTLY_ONE"]);

    let id = domain.create(&me, "Pixel", 1, false).await.remove(0);
    domain.reaches(&me, &id, "STOPPED").await;
    let update = "mutation($id: ID!, $version: Long) { updateDevice(input: { id: $id, name: \"New\", expectedVersion: $version }) {
        device { name version } userErrors { code } } }";
    let stale = domain.ask(&me, update, json!({ "id": id, "version": 1 })).await;
    assert_eq!(codes(&stale["updateDevice"]["userErrors"]), ["CONFLICT"]);
    let renamed = domain.ask(&me, update, json!({ "id": id, "version": null })).await;
    assert_eq!(renamed["updateDevice"]["device"]["name"], "New");
    domain.stop().await;
}
