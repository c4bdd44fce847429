//! Templates: made, changed, listed, removed, and what becomes of the devices made from them.

use serde_json::{Value, json};

use crate::support::{CREATE, Engines, Running, admin, codes};

const MAKE: &str = "mutation($input: CreateDeviceTemplateInput!) { answer: createDeviceTemplate(input: $input) {
    deviceTemplate { id name category description deviceCount specification { cpuCores } } userErrors { code path } } }";
const CHANGE: &str = "mutation($input: UpdateDeviceTemplateInput!) { answer: updateDeviceTemplate(input: $input) {
    deviceTemplate { id name specification { cpuCores } } userErrors { code } } }";
const REMOVE: &str =
    "mutation($id: ID!) { answer: deleteDeviceTemplate(input: { id: $id }) { deletedId userErrors { code } } }";

async fn make(domain: &Running, caller: &cloudphone_core::Caller, input: Value) -> Value {
    domain.ask(caller, MAKE, json!({ "input": input })).await["answer"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_makes_devices_and_leaves_them_alone_afterwards() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let rig = json!({ "name": " Rig ", "category": "GAMING", "specification": { "cpuCores": 8 } });
    let made = make(&domain, &me, rig.clone()).await;
    assert_eq!(made["deviceTemplate"]["name"], "Rig");
    let id = made["deviceTemplate"]["id"].as_str().unwrap();
    let again = make(&domain, &me, json!({ "name": "RIG", "category": "CUSTOM", "specification": {} })).await;
    assert_eq!(codes(&again["userErrors"]), ["TEMPLATE_NAME_TAKEN"]);

    let input = json!({ "name": "Rig", "templateId": id, "count": 3 });
    let devices = domain.ask(&me, CREATE, json!({ "input": input })).await;
    let device = devices["createDevice"]["devices"][0]["id"].as_str().unwrap().to_owned();
    let found = async || {
        let query = "query($id: ID!) { device(id: $id) { specification { cpuCores } template { name deviceCount } } }";
        domain.ask(&me, query, json!({ "id": device })).await["device"].clone()
    };
    let template = json!({ "name": "Rig", "deviceCount": 3 });
    assert_eq!(found().await, json!({ "specification": { "cpuCores": 8 }, "template": template }));

    let other = json!({ "id": id, "name": "Rig 2", "category": "GAMING", "specification": { "cpuCores": 4 } });
    let changed = domain.ask(&me, CHANGE, json!({ "input": other })).await;
    assert_eq!(changed["answer"]["deviceTemplate"]["specification"]["cpuCores"], 4);
    assert_eq!(found().await["specification"]["cpuCores"], 8, "a device stays what it was made of");

    assert_eq!(domain.ask(&me, REMOVE, json!({ "id": id })).await["answer"]["deletedId"], id);
    assert_eq!(found().await["template"], json!(null));
    assert_eq!(codes(&domain.ask(&me, REMOVE, json!({ "id": id })).await["answer"]["userErrors"]), ["NOT_FOUND"]);
    let orphan = domain.ask(&me, CREATE, json!({ "input": { "name": "x", "templateId": id } })).await;
    assert_eq!(codes(&orphan["createDevice"]["userErrors"]), ["NOT_FOUND"]);
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_listed_by_name_searched_and_paged() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    for (name, category) in [("Bench", "TESTING"), ("Arcade", "GAMING"), ("Cabinet", "GAMING")] {
        let made = make(&domain, &me, json!({ "name": name, "category": category, "specification": {} })).await;
        assert_eq!(made["userErrors"], json!([]));
    }
    let query = "query($search: String, $category: TemplateCategory, $after: String) {
        deviceTemplates(search: $search, category: $category, after: $after, first: 2) {
            totalCount nodes { name } pageInfo { hasNextPage endCursor } } }";
    let list = async |variables: Value| domain.ask(&me, query, variables).await["deviceTemplates"].clone();
    let page = list(json!({})).await;
    assert_eq!((&page["totalCount"], &page["nodes"]), (&json!(3), &json!([{ "name": "Arcade" }, { "name": "Bench" }])));
    let rest = list(json!({ "after": page["pageInfo"]["endCursor"] })).await;
    assert_eq!((&rest["nodes"], &rest["pageInfo"]["hasNextPage"]), (&json!([{ "name": "Cabinet" }]), &json!(false)));
    assert_eq!(list(json!({ "search": "CAB" })).await["nodes"], json!([{ "name": "Cabinet" }]));
    assert_eq!(list(json!({ "category": "TESTING" })).await["nodes"], json!([{ "name": "Bench" }]));

    let wrong =
        json!({ "name": "", "category": "GAMING", "specification": { "cpuCores": 0, "locale": "no such place" } });
    let refused = make(&domain, &me, wrong).await;
    let paths: Vec<_> = refused["userErrors"].as_array().unwrap().iter().map(|error| error["path"].clone()).collect();
    assert!(paths.contains(&json!(["name"])) && paths.contains(&json!(["specification", "cpuCores"])), "{paths:?}");
    domain.stop().await;
}
