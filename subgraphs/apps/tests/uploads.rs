//! How a package gets into the catalogue: in parts, resumed, deduplicated, given up, and through a crash.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use chrono::TimeDelta;
use cloudphone_apps::AppsStorage;
use cloudphone_database::{Database, Options};
use serde_json::{Value, json};
use support::gate::Gate;
use support::{Engines, LANTERN_1, LANTERN_2, World, admin, archive, codes, eventually, next, sha256};

#[tokio::test]
async fn a_package_is_uploaded_read_and_offered_for_download() {
    let world = World::start().await;
    let caller = admin();
    let started = world.start_upload(&caller, "lantern.apk", LANTERN_1).await;
    let upload = &started["upload"];
    assert_eq!(upload["status"], "UPLOADING");
    assert_eq!(upload["parts"], json!([{ "number": 1, "sizeBytes": LANTERN_1.len(), "uploaded": false }]));

    let early = world.complete(&caller, upload).await;
    assert_eq!(codes(&early), ["PARTS_MISSING"]);
    let query =
        format!("subscription($id: ID!) {{ applicationUploadProgress(id: $id) {{ {} }} }}", support::UPLOAD_FIELDS);
    let mut progress = world.subscribe(&caller, &query, json!({ "id": upload["id"] }));
    assert_eq!(next(&mut progress).await["applicationUploadProgress"]["status"], "UPLOADING");
    world.send_parts(&caller, upload, LANTERN_1, &[1]).await;
    assert_eq!(world.find_upload(&caller, &upload["id"]).await["parts"][0]["uploaded"], true);
    let completed = world.complete(&caller, upload).await;
    assert_eq!(completed["upload"]["status"], "VERIFYING", "{completed}");
    let ready = loop {
        let event = next(&mut progress).await["applicationUploadProgress"].clone();
        if event["status"] == "READY" {
            break event;
        }
    };
    assert_eq!(ready["progress"], 100);
    let end = futures::StreamExt::next(&mut progress).await;
    assert!(end.is_none(), "the subscription ends with the upload");
    assert_eq!(world.complete(&caller, upload).await["upload"]["status"], "READY", "completing again changes nothing");

    let query = "query($id: ID!) { application(id: $id) { packageName label versionName versionCode minSdk targetSdk
        permissions features abis mainActivity sizeBytes sha256 installCount iconUrl downloadUrl uploadedBy { id }
        signature { verified schemes certificates { subject sha256 notBefore notAfter } } } }";
    let found = world.ask(&caller, query, json!({ "id": ready["application"]["id"] })).await["application"].clone();
    let fetched = |url: &Value| reqwest::get(url.as_str().unwrap().to_owned());
    let package = fetched(&found["downloadUrl"]).await.unwrap();
    let name = package.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert_eq!(name, "attachment; filename=\"com.cloudphone.lantern-1.apk\"");
    assert_eq!(package.bytes().await.unwrap(), LANTERN_1);
    let icon = fetched(&found["iconUrl"]).await.unwrap();
    assert_eq!(icon.headers()["content-type"], "image/png");
    assert!(icon.bytes().await.unwrap().starts_with(b"\x89PNG"));
    let expected = json!({
        "packageName": "com.cloudphone.lantern", "label": "Lantern", "versionName": "1.0", "versionCode": 1,
        "minSdk": 24, "targetSdk": 34, "features": ["android.hardware.camera"], "abis": ["arm64-v8a"],
        "permissions": ["android.permission.CAMERA", "android.permission.INTERNET"],
        "mainActivity": "com.cloudphone.lantern.Main", "sizeBytes": LANTERN_1.len(), "sha256": sha256(LANTERN_1),
        "installCount": 0, "uploadedBy": { "id": caller.user_id().unwrap().to_string() },
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&found[field], value, "{field}");
    }
    assert_eq!(found["signature"]["verified"], true);
    assert!(found["signature"]["schemes"].as_array().unwrap().contains(&json!("V3")));
    let subject = found["signature"]["certificates"][0]["subject"].as_str().unwrap();
    assert!(subject.contains("CN=Lantern Tests"), "{subject}");

    assert_eq!(world.events("apps.application.parsed").await[0]["package"], "com.cloudphone.lantern");
    let audited = world.audited().await;
    let all = ["application-upload.start", "application-upload.presign", "application-upload.complete"];
    assert_eq!(audited, [&all[..], &["application.create"]].concat());
    world.stop().await;
}

#[tokio::test]
async fn an_interrupted_upload_goes_on_with_the_missing_parts_only() {
    let world = World::start().await;
    let caller = admin();
    // Never read as a package, since the rest of the story is about its parts.
    let content: Vec<u8> = (0..11 * 1024 * 1024_u32).map(|number| number.to_le_bytes()[1]).collect();
    let first = world.start_upload(&caller, "big.apk", &content).await["upload"].clone();
    assert_eq!(first["parts"].as_array().unwrap().len(), 3);
    world.send_parts(&caller, &first, &content, &[1, 3]).await;

    let again = world.start_upload(&caller, "big.apk", &content).await["upload"].clone();
    assert_eq!(again["id"], first["id"], "the same file by the same person goes on");
    let arrived: Vec<_> = again["parts"].as_array().unwrap().iter().map(|part| part["uploaded"].clone()).collect();
    assert_eq!(arrived, [json!(true), json!(false), json!(true)]);
    let somebody_else = support::person(caller.tenant_id, &["app:*"]);
    let other = world.start_upload(&somebody_else, "big.apk", &content).await["upload"].clone();
    assert_ne!(other["id"], first["id"]);
    assert_eq!(codes(&world.complete(&caller, &again).await), ["PARTS_MISSING"]);
    world.send_parts(&caller, &again, &content, &[2]).await;
    assert_eq!(world.complete(&caller, &again).await["userErrors"], json!([]));
    let settled = world.settled(&caller, &again["id"]).await;
    assert_eq!(settled["failure"]["code"], "NOT_AN_APK", "{settled}");

    let wrong = json!({ "uploadId": other["id"], "partNumbers": [0, 4] });
    assert_eq!(codes(&world.change(&caller, "presignUploadParts", wrong, "").await), ["OUT_OF_RANGE"]);
    let given_up = json!({ "uploadId": other["id"] });
    let cancelled = world.change(&caller, "cancelApplicationUpload", given_up.clone(), "upload { status }").await;
    assert_eq!(cancelled["upload"]["status"], "CANCELLED");
    assert_eq!(codes(&world.complete(&caller, &other).await), ["UPLOAD_STATE_CONFLICT"]);
    let late = json!({ "uploadId": other["id"], "partNumbers": [1] });
    assert_eq!(codes(&world.change(&caller, "presignUploadParts", late, "").await), ["UPLOAD_STATE_CONFLICT"]);
    let empty = async || (world.stored_objects() == 0).then_some(());
    eventually("nothing is left of refused and cancelled uploads", empty).await;
    world.stop().await;
}

#[tokio::test]
async fn the_same_content_is_kept_once_and_can_come_back_after_deletion() {
    let world = World::start().await;
    let caller = admin();
    let first = world.application(&caller, LANTERN_1).await;
    let again = world.start_upload(&caller, "renamed.apk", LANTERN_1).await["upload"].clone();
    assert_eq!((again["status"].as_str(), again["application"]["id"].as_str()), (Some("READY"), Some(&*first)));
    let elsewhere = admin();
    let other = world.start_upload(&elsewhere, "lantern.apk", LANTERN_1).await["upload"].clone();
    assert_eq!(other["status"], "UPLOADING", "other organisations' content is not told of");
    let second = world.application(&caller, LANTERN_2).await;

    let query = "query($search: String, $first: Int, $after: String) {
        applications(search: $search, first: $first, after: $after, orderBy: { field: CREATED_AT, direction: DESC }) {
            totalCount nodes { id versionCode } pageInfo { hasNextPage endCursor } } }";
    let list = async |variables: Value| world.ask(&caller, query, variables).await["applications"].clone();
    let page = list(json!({ "first": 1 })).await;
    assert_eq!((&page["totalCount"], &page["nodes"][0]["id"]), (&json!(2), &json!(second)));
    let rest = list(json!({ "first": 1, "after": page["pageInfo"]["endCursor"] })).await;
    assert_eq!((&rest["nodes"][0]["id"], &rest["pageInfo"]["hasNextPage"]), (&json!(first), &json!(false)));
    assert_eq!(list(json!({ "search": "LANT" })).await["totalCount"], 2);
    assert_eq!(list(json!({ "search": "%" })).await["totalCount"], 0);

    let deleted = world.change(&caller, "deleteApplication", json!({ "id": first }), "deletedId").await;
    assert_eq!(deleted, json!({ "deletedId": first, "userErrors": [] }));
    assert_eq!(list(json!({})).await["totalCount"], 1);
    let gone = world.change(&caller, "deleteApplication", json!({ "id": first }), "deletedId").await;
    assert_eq!(codes(&gone), ["NOT_FOUND"]);
    let back = world.application(&caller, LANTERN_1).await;
    assert_ne!(back, first);
    let objects = async || (world.stored_objects() == 4).then_some(());
    eventually("two packages with their icons are in storage", objects).await;
    world.stop().await;
}

#[tokio::test]
async fn what_is_no_sound_package_is_refused_with_the_reason() {
    let world = World::start().await;
    let caller = admin();
    let refused = |name: &str, size: i64| json!({ "fileName": name, "sizeBytes": size, "sha256": "0".repeat(64) });
    for (input, code) in [
        (refused("empty.apk", 0), "EMPTY_FILE"),
        (refused("huge.apk", 3 * 1024 * 1024 * 1024), "FILE_TOO_LARGE"),
        (refused("notes.txt", 10), "UNSUPPORTED_FILE_TYPE"),
    ] {
        assert_eq!(codes(&world.change(&caller, "startApplicationUpload", input, "").await), [code]);
    }
    let zeros = vec![0; 32 * 1024 * 1024];
    let mut changed = LANTERN_1.to_vec();
    let place = changed.windows(13).position(|window| window == b"not a library").unwrap();
    changed[place] = b'N';
    let bad: [(&str, Vec<u8>, &str); 6] = [
        ("text", b"this is no archive".to_vec(), "NOT_AN_APK"),
        ("truncated", LANTERN_1[..LANTERN_1.len() / 2].to_vec(), "CORRUPTED_PACKAGE"),
        ("bomb", archive(&[("AndroidManifest.xml", b"x"), ("assets/zeros", &zeros)]), "ZIP_BOMB"),
        ("plain archive", archive(&[("readme.txt", b"hello")]), "MANIFEST_MISSING"),
        ("unsigned", archive(&[("AndroidManifest.xml", b"x")]), "NOT_SIGNED"),
        ("changed after signing", changed, "SIGNATURE_INVALID"),
    ];
    for (what, content, code) in bad {
        let upload = world.upload(&caller, "bad.apk", &content).await;
        assert_eq!(upload["failure"]["code"], code, "{what}: {upload}");
        assert!(upload["failure"]["message"].as_str().unwrap().len() > 20);
    }
    let input = json!({ "fileName": "a.apk", "sizeBytes": LANTERN_1.len(), "sha256": sha256(LANTERN_2) });
    let upload =
        world.change(&caller, "startApplicationUpload", input, "upload { id partSizeBytes }").await["upload"].clone();
    world.send_parts(&caller, &upload, LANTERN_1, &[1]).await;
    world.complete(&caller, &upload).await;
    assert_eq!(world.settled(&caller, &upload["id"]).await["failure"]["code"], "HASH_MISMATCH");

    assert_eq!(world.events("apps.application.parse-failed").await.len(), 7);
    let empty = async || (world.stored_objects() == 0).then_some(());
    eventually("nothing of them stays in storage", empty).await;
    world.stop().await;
}

#[tokio::test]
async fn an_upload_that_rests_for_a_day_is_given_up() {
    let world = World::over(Engines::start().await).await;
    let caller = admin();
    let upload = world.start_upload(&caller, "lantern.apk", LANTERN_1).await["upload"].clone();
    world.send_parts(&caller, &upload, LANTERN_1, &[1]).await;
    world.engines.clock.advance(TimeDelta::hours(23));
    let engines = world.stop().await;
    // Jobs run at the start as well.
    let world = World::over(engines).await;
    assert_eq!(world.find_upload(&caller, &upload["id"]).await["status"], "UPLOADING");
    world.engines.clock.advance(TimeDelta::hours(2));
    let engines = world.stop().await;
    let world = World::over(engines).await;
    assert_eq!(world.settled(&caller, &upload["id"]).await["status"], "CANCELLED");
    let empty = async || (world.stored_objects() == 0).then_some(());
    eventually("its parts are gone", empty).await;
    world.stop().await;
}

/// The process that reads a package dies in the middle: its runtime ends with everything that ran on it, and nothing gets
/// the chance to tidy up.
#[test]
fn a_package_is_read_although_the_reader_dies_in_the_middle() {
    let lasting = tokio::runtime::Runtime::new().unwrap();
    let engines = lasting.block_on(Engines::start());
    let gate = lasting.block_on(Gate::before(&engines.storage.endpoint));
    let caller = admin();

    let dying = tokio::runtime::Runtime::new().unwrap();
    let upload = dying.block_on(async {
        let database = Database::connect(Options::new("apps", engines.postgres.url("apps"))).await.unwrap();
        let storage = AppsStorage { endpoint: gate.endpoint.clone(), ..engines.storage.clone() };
        let first = cloudphone_apps::build(cloudphone_apps::AppsEngines { database, storage, ..engines.domain() });
        let first = Box::leak(Box::new(first.await.unwrap()));
        let world = support::Face { subgraph: first.subgraph().clone() };
        let upload = world.begin(&caller, "lantern.apk", LANTERN_1).await;
        gate.reached().await;
        upload
    });
    dying.shutdown_background();

    lasting.block_on(async {
        let world = World::over(engines).await;
        let held = world.find_upload(&caller, &upload["id"]).await;
        assert_eq!(held["status"], "VERIFYING", "the dead reader holds it: {held}");
        world.engines.clock.advance(TimeDelta::minutes(2));
        let settled = world.settled(&caller, &upload["id"]).await;
        assert_eq!(settled["status"], "READY", "{settled}");
        assert_eq!(world.events("apps.application.parsed").await.len(), 1);
        gate.open();
        let engines = Arc::new(world.stop().await);
        drop(engines);
    });
}
