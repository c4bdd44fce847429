//! Applications from a file to a running phone, also when the file is bad or the power goes in between.

use serde_json::{Value, json};

use crate::support::{Builder, Client, apps, codes, eventually, free_port, holds, ids, text};

const INSTALLED: &str = "query($id: ID!) { device(id: $id) { state installedApps { packageName versionName label } } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_is_uploaded_read_and_installed_across_a_power_cut() {
    // Addresses of packages outlive a restart only at the same place.
    let platform = Builder::new().set("storage.port", free_port()).start().await;
    let admin = platform.admin().await.client;
    let phones = admin.create_devices("phone", 3, true).await;
    bad_files_are_refused(&admin).await;

    // The power goes right after the order to read the package was acknowledged.
    let upload = apps::start(&admin, apps::LANTERN_1).await;
    apps::send(&admin, &upload, apps::LANTERN_1).await;
    apps::complete(&admin, &upload).await;
    let platform = platform.crash_and_restart().await;
    let admin = platform.client.with_token(admin.token.as_ref().unwrap());
    let settled = apps::settled(&admin, &upload["id"]).await;
    assert_eq!(settled["status"], "READY", "{settled}");
    let application = text(&settled["application"]["id"]).to_owned();
    let listed = admin.ask("{ applications { nodes { id packageName versionCode label } } }", json!({})).await;
    let lantern = &listed["applications"]["nodes"];
    assert_eq!(ids(lantern).join(" "), application, "it is in the catalogue once");
    assert_eq!((text(&lantern[0]["packageName"]), &lantern[0]["versionCode"]), ("com.cloudphone.lantern", &json!(1)));
    // The same file again is there at once.
    assert_eq!(apps::start(&admin, apps::LANTERN_1).await["status"], "READY");

    // The power goes while phones install.
    for phone in &phones {
        admin.reaches(phone, "RUNNING", 60).await;
    }
    let input = json!({ "applicationId": application, "deviceIds": phones });
    let made = admin.change("installApplication", &input, "installations { id }").await;
    let installations = ids(&made["installations"]);
    assert_eq!(installations.len(), phones.len());
    let platform = platform.crash_and_restart().await;
    let admin = platform.client.with_token(admin.token.as_ref().unwrap());
    for installation in &installations {
        apps::reaches(&admin, installation, "INSTALLED").await;
    }
    let all = admin.ask("{ installations { nodes { id } } }", json!({})).await;
    assert_eq!(ids(&all["installations"]["nodes"]).len(), phones.len(), "nothing is doubled");
    for phone in &phones {
        assert_eq!(installed(&admin, phone).await, json!(["1.0"]));
    }

    // A newer version takes the place of the old one; removal takes it away.
    let newer = apps::publish(&admin, apps::LANTERN_2).await;
    let input = json!({ "applicationId": newer, "deviceIds": [phones[0]] });
    let made = admin.change("installApplication", &input, "installations { id }").await;
    apps::reaches(&admin, &ids(&made["installations"])[0], "INSTALLED").await;
    eventually(20, "the phone has the newer version", async || {
        holds(installed(&admin, &phones[0]).await == json!(["2.0"]))
    })
    .await;
    let input = json!({ "deviceId": phones[0], "packageName": "com.cloudphone.lantern" });
    admin.change("uninstallApplication", &input, "installation { id }").await;
    eventually(40, "the phone has it no more", async || holds(installed(&admin, &phones[0]).await == json!([]))).await;
}

/// Each bad file comes to a clear end, and the catalogue stays empty.
async fn bad_files_are_refused(admin: &Client) {
    let declared = |size: u64| json!({ "fileName": "file.apk", "sizeBytes": size, "sha256": apps::sha256(b"x") });
    for (size, code) in [(0, "EMPTY_FILE"), (3 << 30, "FILE_TOO_LARGE")] {
        let refused = admin.attempt("startApplicationUpload", &declared(size), "upload { id }").await;
        assert_eq!(codes(&refused), [code]);
    }
    let other = json!({ "fileName": "notes.txt", "sizeBytes": 4, "sha256": apps::sha256(b"text") });
    let refused = admin.attempt("startApplicationUpload", &other, "upload { id }").await;
    assert_eq!(codes(&refused), ["UNSUPPORTED_FILE_TYPE"]);

    let truncated = &apps::LANTERN_1[..apps::LANTERN_1.len() / 2];
    let mut changed = apps::LANTERN_2.to_vec();
    // Inside the manifest, which every signature covers.
    changed[200] ^= 0xff;
    let files: [&[u8]; 3] = [b"this is not an archive at all, whatever its name says", truncated, &changed];
    for file in files {
        let upload = apps::start(admin, file).await;
        apps::send(admin, &upload, file).await;
        apps::complete(admin, &upload).await;
        let settled = apps::settled(admin, &upload["id"]).await;
        assert_eq!(settled["status"], "FAILED", "{settled}");
        let code = text(&settled["failure"]["code"]);
        assert!(
            ["NOT_AN_APK", "NOT_SIGNED", "CORRUPTED_PACKAGE", "SIGNATURE_INVALID", "FILE_UNREADABLE"].contains(&code),
            "{settled}"
        );
    }
    // Something else arrives than was announced.
    let announced = apps::start(admin, &vec![b'a'; apps::LANTERN_1.len()]).await;
    apps::send(admin, &announced, apps::LANTERN_1).await;
    apps::complete(admin, &announced).await;
    let settled = apps::settled(admin, &announced["id"]).await;
    assert_eq!((text(&settled["status"]), text(&settled["failure"]["code"])), ("FAILED", "HASH_MISMATCH"));
    let listed = admin.ask("{ applications { nodes { id } } }", json!({})).await;
    assert_eq!(listed["applications"]["nodes"], json!([]));
}

/// The versions of the apps that a phone has.
async fn installed(client: &Client, id: &str) -> Value {
    let device = client.ask(INSTALLED, json!({ "id": id })).await["device"].clone();
    device["installedApps"].as_array().unwrap().iter().map(|app| app["versionName"].clone()).collect()
}
