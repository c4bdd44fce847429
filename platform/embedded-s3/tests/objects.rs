//! Objects through the real S3 client: written, read, listed, copied, deleted, on good days and bad ones.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{ChecksumAlgorithm, ChecksumMode, Delete, MetadataDirective, ObjectIdentifier},
};
use common::{BUCKET, TestStore, code, eventually};

async fn content(client: &aws_sdk_s3::Client, key: &str) -> String {
    let object = client.get_object().bucket(BUCKET).key(key).send().await.unwrap();
    String::from_utf8(object.body.collect().await.unwrap().to_vec()).unwrap()
}

async fn put(client: &aws_sdk_s3::Client, key: &str, content: &str) {
    let body = ByteStream::from(content.as_bytes().to_vec());
    client.put_object().bucket(BUCKET).key(key).body(body).send().await.unwrap();
}

#[tokio::test]
async fn an_object_comes_back_with_all_that_was_said_about_it() {
    let store = TestStore::start().await;
    let client = store.client();
    let put = client
        .put_object()
        .bucket(BUCKET)
        .key("apps/one.apk")
        .body(ByteStream::from_static(b"hello world"))
        .content_type("application/vnd.android.package-archive")
        .content_disposition("attachment")
        .cache_control("no-store")
        .metadata("sha256", "abc")
        .send()
        .await
        .unwrap();
    assert_eq!(put.e_tag(), Some("\"5eb63bbbe01eeed093cb22bb8f5acdc3\""));
    let head = client.head_object().bucket(BUCKET).key("apps/one.apk").send().await.unwrap();
    assert_eq!(head.content_length(), Some(11));
    assert_eq!(head.content_type(), Some("application/vnd.android.package-archive"));
    assert_eq!(head.content_disposition(), Some("attachment"));
    assert_eq!(head.cache_control(), Some("no-store"));
    assert_eq!(head.metadata().unwrap()["sha256"], "abc");
    assert!(head.last_modified().is_some());
    assert_eq!(content(&client, "apps/one.apk").await, "hello world");
    put_empty_and_read_it(&client).await;
    assert_eq!(code(client.get_object().bucket(BUCKET).key("absent").send().await), "NoSuchKey");
    assert_eq!(code(client.get_object().bucket("no-such-bucket").key("absent").send().await), "NoSuchBucket");
    store.stop().await;
}

async fn put_empty_and_read_it(client: &aws_sdk_s3::Client) {
    put(client, "empty", "").await;
    assert_eq!(content(client, "empty").await, "");
}

#[tokio::test]
async fn ranges_give_the_bytes_they_name() {
    let store = TestStore::start().await;
    let client = store.client();
    put(&client, "digits", "0123456789").await;
    for (range, expected, content_range) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=8-100", "89", "bytes 8-9/10"),
    ] {
        let part = client.get_object().bucket(BUCKET).key("digits").range(range).send().await.unwrap();
        assert_eq!(part.content_range(), Some(content_range));
        assert_eq!(part.body.collect().await.unwrap().to_vec(), expected.as_bytes());
    }
    let beyond = client.get_object().bucket(BUCKET).key("digits").range("bytes=10-").send().await;
    assert_eq!(code(beyond), "InvalidRange");
    store.stop().await;
}

#[tokio::test]
async fn reads_heed_conditions_and_overridden_headers() {
    let store = TestStore::start().await;
    let client = store.client();
    put(&client, "key", "content").await;
    let e_tag = client.head_object().bucket(BUCKET).key("key").send().await.unwrap().e_tag().unwrap().to_owned();
    let get = || client.get_object().bucket(BUCKET).key("key");
    assert_eq!(get().if_match(&e_tag).send().await.unwrap().e_tag(), Some(e_tag.as_str()));
    assert_eq!(code(get().if_match("\"other\"").send().await), "PreconditionFailed");
    let unchanged = get().if_none_match(&e_tag).send().await.unwrap_err();
    let unchanged = unchanged.raw_response().unwrap();
    assert_eq!(unchanged.status().as_u16(), 304);
    assert_eq!(unchanged.headers().get("etag"), Some(e_tag.as_str()));
    let renamed = get().response_content_disposition("attachment; filename=a.apk").response_content_type("text/plain");
    let renamed = renamed.send().await.unwrap();
    assert_eq!(renamed.content_disposition(), Some("attachment; filename=a.apk"));
    assert_eq!(renamed.content_type(), Some("text/plain"));
    store.stop().await;
}

#[tokio::test]
async fn writes_heed_conditions_even_when_they_race() {
    let store = TestStore::start().await;
    let client = store.client();
    let create = |content: &str| {
        let body = ByteStream::from(content.as_bytes().to_vec());
        client.put_object().bucket(BUCKET).key("once").body(body).if_none_match("*").send()
    };
    let results = futures::future::join_all(["a", "b", "c", "d", "e", "f"].map(create)).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for failed in results.into_iter().filter(Result::is_err) {
        assert_eq!(code(failed), "PreconditionFailed");
    }
    let e_tag = client.head_object().bucket(BUCKET).key("once").send().await.unwrap().e_tag().unwrap().to_owned();
    let replace = |e_tag: &str| {
        let body = ByteStream::from_static(b"new");
        client.put_object().bucket(BUCKET).key("once").body(body).if_match(e_tag).send()
    };
    assert_eq!(code(replace("\"stale\"").await), "PreconditionFailed");
    replace(&e_tag).await.unwrap();
    assert_eq!(content(&client, "once").await, "new");
    eventually("the removal of refused and replaced content", || store.blobs() == 1).await;
    assert_eq!(store.drafts(), 0);
    store.stop().await;
}

#[tokio::test]
async fn a_wrong_checksum_leaves_the_old_object() {
    let store = TestStore::start().await;
    let client = store.plain_client();
    put(&client, "key", "old").await;
    let attempt = || client.put_object().bucket(BUCKET).key("key").body(ByteStream::from_static(b"new"));
    assert_eq!(code(attempt().content_md5("XUFAKrxLKna5cZ2REBfFkg==").send().await), "BadDigest");
    assert_eq!(code(attempt().content_md5("no digest").send().await), "InvalidDigest");
    assert_eq!(code(attempt().checksum_crc32("AAAAAA==").send().await), "BadDigest");
    assert_eq!(code(attempt().checksum_crc32_c("AAAAAA==").send().await), "BadDigest");
    assert_eq!(code(attempt().checksum_sha1("AAAAAAAAAAAAAAAAAAAAAAAAAAA=").send().await), "BadDigest");
    let sha256 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert_eq!(code(attempt().checksum_sha256(sha256).send().await), "BadDigest");
    assert_eq!(content(&client, "key").await, "old");
    assert_eq!((store.blobs(), store.drafts()), (1, 0));
    store.stop().await;
}

#[tokio::test]
async fn right_checksums_are_kept_and_told() {
    let store = TestStore::start().await;
    let client = store.client();
    for algorithm in
        [ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Crc32C, ChecksumAlgorithm::Sha1, ChecksumAlgorithm::Sha256]
    {
        let body = ByteStream::from_static(b"hello world");
        let put = client.put_object().bucket(BUCKET).key("sum").body(body).checksum_algorithm(algorithm);
        put.send().await.unwrap();
    }
    let head = client.head_object().bucket(BUCKET).key("sum").checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.unwrap();
    assert_eq!(head.checksum_sha256(), Some("uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="));
    store.stop().await;
}

#[tokio::test]
async fn a_stream_with_trailing_checksums_arrives_whole() {
    let store = TestStore::start().await;
    let client = store.client();
    let source = store.folder.path().join("source");
    let bytes: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(&source, &bytes).unwrap();
    let body = ByteStream::from_path(&source).await.unwrap();
    let put = client.put_object().bucket(BUCKET).key("streamed").body(body);
    put.checksum_algorithm(ChecksumAlgorithm::Crc32C).send().await.unwrap();
    let object = client.get_object().bucket(BUCKET).key("streamed").send().await.unwrap();
    assert_eq!(object.body.collect().await.unwrap().to_vec(), bytes);
    store.stop().await;
}

#[tokio::test]
async fn hostile_keys_stay_inside_their_bucket() {
    let store = TestStore::start().await;
    let client = store.client();
    let long = "k".repeat(1_024);
    let keys = [
        "../../escaped",
        "../lock",
        "a//b",
        "/leading",
        "..",
        ".",
        "a/../b",
        "späß/🦀 key+plus%2F?&=#",
        "con\\nul",
        &long,
    ];
    let outside = |store: &TestStore| std::fs::read_dir(store.folder.path()).unwrap().count();
    let before = outside(&store);
    for key in keys {
        put(&client, key, key).await;
    }
    for key in keys {
        assert_eq!(content(&client, key).await, key);
    }
    assert_eq!(outside(&store), before);
    let listed = client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    let mut listed: Vec<String> = listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect();
    let mut expected: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    listed.sort();
    expected.sort();
    assert_eq!(listed, expected);
    let attempt = |key: &str| client.put_object().bucket(BUCKET).key(key).body(ByteStream::from_static(b"x")).send();
    assert_eq!(code(attempt("nul\0byte").await), "InvalidArgument");
    assert!(code(attempt(&"k".repeat(1_025)).await).starts_with("KeyTooLong"));
    store.stop().await;
}

#[tokio::test]
async fn hostile_bucket_names_are_refused() {
    let store = TestStore::start().await;
    for name in ["..", "../x", "UPPER", "a", "x..y", "192.168.0.1", "nul\0", "a/b"] {
        assert!(store.s3.ensure_bucket(name).await.is_err(), "{name:?}");
    }
    store.stop().await;
}

#[tokio::test]
async fn listings_group_page_and_resume() {
    let store = TestStore::start().await;
    let client = store.client();
    for key in ["a/1", "a/2", "b/1", "c", "d", "e/1"] {
        put(&client, key, key).await;
    }
    let (mut keys, mut prefixes, mut token) = (Vec::new(), Vec::new(), None);
    loop {
        let list = client.list_objects_v2().bucket(BUCKET).delimiter("/").max_keys(2).set_continuation_token(token);
        let page = list.send().await.unwrap();
        assert!(page.key_count().unwrap() <= 2);
        keys.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
        prefixes.extend(page.common_prefixes().iter().map(|prefix| prefix.prefix().unwrap().to_owned()));
        token = page.next_continuation_token().map(str::to_owned);
        if !page.is_truncated().unwrap() {
            break;
        }
    }
    assert_eq!(keys, ["c", "d"]);
    assert_eq!(prefixes, ["a/", "b/", "e/"]);
    let below = client.list_objects_v2().bucket(BUCKET).prefix("a/").start_after("a/1").send().await.unwrap();
    assert_eq!(below.contents().iter().map(|object| object.key().unwrap()).collect::<Vec<_>>(), ["a/2"]);
    let old_style = client.list_objects().bucket(BUCKET).marker("b/1").send().await.unwrap();
    assert_eq!(old_style.contents().iter().map(|object| object.key().unwrap()).collect::<Vec<_>>(), ["c", "d", "e/1"]);
    store.stop().await;
}

#[tokio::test]
async fn a_bucket_is_deleted_only_when_empty() {
    let store = TestStore::start().await;
    let client = store.client();
    client.create_bucket().bucket("second").send().await.unwrap();
    assert_eq!(code(client.create_bucket().bucket("second").send().await), "BucketAlreadyOwnedByYou");
    client.head_bucket().bucket("second").send().await.unwrap();
    let buckets = client.list_buckets().send().await.unwrap();
    assert_eq!(buckets.buckets().iter().map(|bucket| bucket.name().unwrap()).collect::<Vec<_>>(), [BUCKET, "second"]);
    put(&client, "key", "content").await;
    assert_eq!(code(client.delete_bucket().bucket(BUCKET).send().await), "BucketNotEmpty");
    assert_eq!(content(&client, "key").await, "content");
    client.delete_object().bucket(BUCKET).key("key").send().await.unwrap();
    client.delete_object().bucket(BUCKET).key("key").send().await.unwrap();
    client.delete_bucket().bucket(BUCKET).send().await.unwrap();
    let folder = store.stop().await;
    let store = TestStore::start_in(folder).await;
    let buckets = store.client().list_buckets().send().await.unwrap();
    assert_eq!(buckets.buckets().iter().map(|bucket| bucket.name().unwrap()).collect::<Vec<_>>(), ["second"]);
    store.stop().await;
}

#[tokio::test]
async fn many_objects_are_deleted_at_once() {
    let store = TestStore::start().await;
    let client = store.client();
    for key in ["a", "b", "c"] {
        put(&client, key, key).await;
    }
    let identifiers = ["a", "b", "absent"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(identifiers.to_vec())).build().unwrap();
    let answer = client.delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
    assert_eq!(answer.deleted().len(), 3);
    assert!(answer.errors().is_empty());
    let left = client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    assert_eq!(left.key_count(), Some(1));
    eventually("the removal of deleted content", || store.blobs() == 1).await;
    store.stop().await;
}

#[tokio::test]
async fn a_copy_outlives_its_source() {
    let store = TestStore::start().await;
    let client = store.client();
    let put = client.put_object().bucket(BUCKET).key("source").body(ByteStream::from_static(b"content"));
    put.content_type("text/plain").metadata("kept", "yes").send().await.unwrap();
    let source = format!("{BUCKET}/source");
    client.copy_object().bucket(BUCKET).key("copy").copy_source(&source).send().await.unwrap();
    let replaced = client.copy_object().bucket(BUCKET).key("other").copy_source(&source);
    replaced.metadata_directive(MetadataDirective::Replace).content_type("text/html").send().await.unwrap();
    let itself = client.copy_object().bucket(BUCKET).key("source").copy_source(&source).send().await;
    assert_eq!(code(itself), "InvalidRequest");
    client.delete_object().bucket(BUCKET).key("source").send().await.unwrap();
    assert_eq!(content(&client, "copy").await, "content");
    let head = client.head_object().bucket(BUCKET).key("copy").send().await.unwrap();
    assert_eq!((head.content_type(), head.metadata().unwrap().len()), (Some("text/plain"), 1));
    let head = client.head_object().bucket(BUCKET).key("other").send().await.unwrap();
    assert_eq!((head.content_type(), head.metadata().unwrap().len()), (Some("text/html"), 0));
    let folder = store.stop().await;
    let store = TestStore::start_in(folder).await;
    let client = store.client();
    assert_eq!(content(&client, "other").await, "content");
    client.delete_object().bucket(BUCKET).key("copy").send().await.unwrap();
    assert_eq!(content(&client, "other").await, "content");
    client.delete_object().bucket(BUCKET).key("other").send().await.unwrap();
    eventually("the removal of the shared content", || store.blobs() == 0).await;
    store.stop().await;
}

#[tokio::test]
async fn strangers_are_refused() {
    let store = TestStore::start().await;
    put(&store.client(), "key", "content").await;
    let wrong_secret = store.client_as(common::ACCESS_KEY, "guess");
    let attempt = wrong_secret.get_object().bucket(BUCKET).key("key").send().await;
    assert_eq!(code(attempt), "SignatureDoesNotMatch");
    let nobody = store.client_as("nobody", "guess").get_object().bucket(BUCKET).key("key").send().await;
    assert_eq!(nobody.unwrap_err().raw_response().unwrap().status().as_u16(), 403);
    let unsigned = reqwest::get(format!("{}/{BUCKET}/key", store.endpoint)).await.unwrap();
    assert_eq!(unsigned.status(), 403);
    store.stop().await;
}
