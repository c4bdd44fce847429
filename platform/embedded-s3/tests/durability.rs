//! What survives: restarts, kills, damage; and how much memory a large upload takes. The store runs in a process of its own.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use aws_sdk_s3::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    presigning::PresigningConfig,
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use bytes::Bytes;
use cloudphone_embedded_s3::{EmbeddedS3, Error, Options};
use common::{ACCESS_KEY, BUCKET, SECRET_KEY, TestStore};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const FOLDER: &str = "EMBEDDED_S3_TEST_FOLDER";
const MEBIBYTE: usize = 1024 * 1024;

/// Runs in the other process; started by `ServerProcess`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the server of the other tests"]
async fn serve_until_killed() {
    let Ok(folder) = env::var(FOLDER) else { return };
    let s3 = EmbeddedS3::open(Options::new(folder, ACCESS_KEY, SECRET_KEY)).await.unwrap();
    s3.ensure_bucket(BUCKET).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\nlistening on {}", listener.local_addr().unwrap());
    s3.serve(listener, CancellationToken::new()).await;
}

struct ServerProcess {
    child: Child,
    endpoint: String,
}

impl ServerProcess {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "serve_until_killed", "--ignored", "--nocapture"])
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let endpoint = lines
            .map(Result::unwrap)
            .find_map(|line| line.strip_prefix("listening on ").map(|address| format!("http://{address}")))
            .unwrap();
        Self { child, endpoint }
    }

    fn client(&self) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test"))
            .region(Region::new("us-east-1"))
            .endpoint_url(&self.endpoint)
            .force_path_style(true)
            .retry_config(RetryConfig::disabled());
        Client::from_conf(config.build())
    }

    /// The most memory the process ever had.
    fn peak_mebibytes(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn minutes(minutes: u64) -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_mins(minutes)).unwrap()
}

/// A body of `mebibytes` made while it is sent.
fn streamed(mebibytes: usize) -> reqwest::Body {
    let chunk = Bytes::from(vec![b'x'; MEBIBYTE]);
    reqwest::Body::wrap_stream(futures::stream::iter(
        (0..mebibytes).map(move |_| Ok::<_, std::io::Error>(chunk.clone())),
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_upload_and_download_take_little_memory() {
    const SIZE: usize = 300;
    let folder = tempfile::tempdir().unwrap();
    let server = ServerProcess::start(folder.path());
    let (client, http) = (server.client(), reqwest::Client::new());
    // The first request warms what every request needs.
    client.list_buckets().send().await.unwrap();
    let before = server.peak_mebibytes();
    let put = client.put_object().bucket(BUCKET).key("large").presigned(minutes(5)).await.unwrap();
    let put = http.put(put.uri()).header("content-length", SIZE * MEBIBYTE).body(streamed(SIZE));
    put.send().await.unwrap().error_for_status().unwrap();
    let mut body = client.get_object().bucket(BUCKET).key("large").send().await.unwrap().body;
    let mut received = 0;
    while let Some(chunk) = body.try_next().await.unwrap() {
        received += chunk.len();
    }
    assert_eq!(received, SIZE * MEBIBYTE);
    let growth = server.peak_mebibytes() - before;
    println!("grew by {growth} MiB");
    assert!(growth < 48, "memory grew by {growth} MiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_multipart_upload_is_completed_without_copying_or_loading_it() {
    const PART: usize = 50;
    let folder = tempfile::tempdir().unwrap();
    let server = ServerProcess::start(folder.path());
    let (client, http) = (server.client(), reqwest::Client::new());
    let upload = client.create_multipart_upload().bucket(BUCKET).key("large").send().await.unwrap();
    let id = upload.upload_id().unwrap();
    let mut parts = Vec::new();
    for number in 1..=4 {
        let part = client.upload_part().bucket(BUCKET).key("large").upload_id(id).part_number(number);
        let part = part.presigned(minutes(5)).await.unwrap();
        let request = http.put(part.uri()).header("content-length", PART * MEBIBYTE).body(streamed(PART));
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let e_tag = answer.headers()["etag"].to_str().unwrap();
        parts.push(CompletedPart::builder().part_number(number).e_tag(e_tag).build());
    }
    let before = server.peak_mebibytes();
    let inodes = || common::files_below(&folder.path().join("blobs")).len();
    assert_eq!(inodes(), 4);
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("large").upload_id(id);
    let started = Instant::now();
    complete.multipart_upload(parts).send().await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "took {:?}", started.elapsed());
    assert!(server.peak_mebibytes() - before < 8);
    assert_eq!(inodes(), 4);
    let head = client.head_object().bucket(BUCKET).key("large").send().await.unwrap();
    assert_eq!(head.content_length(), Some(i64::try_from(4 * PART * MEBIBYTE).unwrap()));
}

/// The content of one version of one key; a mixture of two versions is recognisable.
fn version(key: usize, version: usize) -> Vec<u8> {
    format!("{key}:{version};").repeat(20_000).into_bytes()
}

fn version_of(key: usize, content: &[u8]) -> usize {
    let text = std::str::from_utf8(content).unwrap();
    let (first, _) = text.split_once(';').unwrap();
    let number = first.strip_prefix(&format!("{key}:")).unwrap().parse().unwrap();
    assert!(content == version(key, number), "the object of key {key} is not whole");
    number
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_leaves_each_object_old_or_new_and_whole() {
    const KEYS: usize = 4;
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = [0; KEYS];
    for round in 1..=6 {
        let server = ServerProcess::start(folder.path());
        let written = Arc::new(AtomicUsize::new(0));
        let writers = (0..KEYS).map(|key| {
            let (client, written) = (server.client(), Arc::clone(&written));
            let mut current = acknowledged[key];
            tokio::spawn(async move {
                loop {
                    let body = ByteStream::from(version(key, current + 1));
                    if client.put_object().bucket(BUCKET).key(key.to_string()).body(body).send().await.is_err() {
                        return current;
                    }
                    current += 1;
                    written.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        let writers: Vec<_> = writers.collect();
        // Writers never rest, so the kill hits whatever is under way then.
        common::eventually("some writing", || written.load(Ordering::Relaxed) >= 3 + 2 * round).await;
        server.kill();
        for (key, writer) in writers.into_iter().enumerate() {
            acknowledged[key] = writer.await.unwrap();
        }
        let server = ServerProcess::start(folder.path());
        assert!(common::files_below(&folder.path().join("temporary")).is_empty());
        let client = server.client();
        for (key, acknowledged) in acknowledged.iter_mut().enumerate() {
            let object = match client.get_object().bucket(BUCKET).key(key.to_string()).send().await {
                Ok(object) => object.body.collect().await.unwrap().to_vec(),
                Err(error) => {
                    assert_eq!(*acknowledged, 0, "an acknowledged object is gone: {error:?}");
                    continue;
                }
            };
            let found = version_of(key, &object);
            // The write that was under way may or may not have happened.
            assert!(found == *acknowledged || found == *acknowledged + 1, "{found} after {acknowledged}");
            *acknowledged = found;
        }
        let objects = client.list_objects_v2().bucket(BUCKET).send().await.unwrap().key_count().unwrap();
        let blobs = common::files_below(&folder.path().join("blobs")).len();
        assert_eq!(blobs, usize::try_from(objects).unwrap(), "content that nothing refers to was left");
        server.kill();
    }
    assert!(acknowledged.iter().all(|version| *version > 0), "nothing was ever written: {acknowledged:?}");
}

#[tokio::test]
async fn objects_survive_a_restart_with_all_their_attributes() {
    let store = TestStore::start().await;
    let put = store.client().put_object().bucket(BUCKET).key("kept").body(ByteStream::from_static(b"content"));
    let put = put.content_type("text/plain").metadata("name", "value").send().await.unwrap();
    let folder = store.stop().await;
    let store = TestStore::start_in(folder).await;
    let object = store.client().get_object().bucket(BUCKET).key("kept").send().await.unwrap();
    assert_eq!(object.e_tag(), put.e_tag());
    assert_eq!(object.content_type(), Some("text/plain"));
    assert_eq!(object.metadata().unwrap()["name"], "value");
    assert_eq!(object.body.collect().await.unwrap().to_vec(), b"content");
    store.stop().await;
}

#[tokio::test]
async fn a_second_opening_and_a_foreign_format_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = || EmbeddedS3::open(Options::new(folder.path(), ACCESS_KEY, SECRET_KEY));
    let first = open().await.unwrap();
    let error = open().await.unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    drop(first);
    fs::write(folder.path().join("format"), "99").unwrap();
    let error = open().await.unwrap_err();
    assert!(matches!(error, Error::UnknownFormat { .. }), "{error}");
}

#[tokio::test]
async fn a_damaged_record_costs_only_its_own_object() {
    let store = TestStore::start().await;
    let client = store.client();
    for key in ["good", "bad"] {
        client.put_object().bucket(BUCKET).key(key).body(ByteStream::from_static(b"content")).send().await.unwrap();
    }
    let folder = store.stop().await;
    let records = common::files_below(&folder.path().join(format!("s3/buckets/{BUCKET}/objects")));
    let bad = records.iter().find(|path| fs::read_to_string(path).unwrap().contains("\"bad\"")).unwrap();
    fs::write(bad, "{").unwrap();
    let store = TestStore::start_in(folder).await;
    let client = store.client();
    assert!(client.head_object().bucket(BUCKET).key("good").send().await.is_ok());
    assert!(client.head_object().bucket(BUCKET).key("bad").send().await.is_err());
    // The content may still be needed to repair the record.
    assert_eq!(store.blobs(), 2);
    store.stop().await;
}
