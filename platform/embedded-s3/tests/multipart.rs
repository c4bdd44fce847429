//! Multipart uploads through the real S3 client.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::time::Duration;

use aws_sdk_s3::{
    Client,
    primitives::ByteStream,
    types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart},
};
use common::{BUCKET, TestStore, code, eventually};

const LEAST: usize = 5 * 1024 * 1024;

async fn begin(client: &Client, key: &str) -> String {
    let upload = client.create_multipart_upload().bucket(BUCKET).key(key).content_type("text/plain");
    upload.send().await.unwrap().upload_id().unwrap().to_owned()
}

async fn upload(client: &Client, key: &str, id: &str, number: i32, content: Vec<u8>) -> CompletedPart {
    let part = client.upload_part().bucket(BUCKET).key(key).upload_id(id).part_number(number);
    let part = part.body(ByteStream::from(content)).send().await.unwrap();
    CompletedPart::builder().part_number(number).set_e_tag(part.e_tag().map(str::to_owned)).build()
}

fn list(parts: &[&CompletedPart]) -> CompletedMultipartUpload {
    CompletedMultipartUpload::builder().set_parts(Some(parts.iter().map(|part| (*part).clone()).collect())).build()
}

async fn read(client: &Client, key: &str) -> Vec<u8> {
    let object = client.get_object().bucket(BUCKET).key(key).send().await.unwrap();
    object.body.collect().await.unwrap().to_vec()
}

#[tokio::test]
async fn parts_that_arrive_in_any_order_become_one_object() {
    let store = TestStore::start().await;
    let client = store.client();
    let id = begin(&client, "big").await;
    let third = upload(&client, "big", &id, 3, b"end".to_vec()).await;
    let first = upload(&client, "big", &id, 1, vec![b'a'; LEAST]).await;
    upload(&client, "big", &id, 2, vec![b'x'; LEAST]).await;
    let second = upload(&client, "big", &id, 2, vec![b'b'; LEAST]).await;
    let unused = upload(&client, "big", &id, 4, b"left out".to_vec()).await;

    let listed = client.list_parts().bucket(BUCKET).key("big").upload_id(&id).max_parts(2).send().await.unwrap();
    let numbers: Vec<i32> = listed.parts().iter().map(|part| part.part_number().unwrap()).collect();
    assert_eq!((numbers.as_slice(), listed.is_truncated()), ([1, 2].as_slice(), Some(true)));
    assert_eq!(listed.parts()[1].e_tag(), second.e_tag());
    let marker = listed.next_part_number_marker().unwrap().to_owned();
    let rest = client.list_parts().bucket(BUCKET).key("big").upload_id(&id).part_number_marker(marker);
    assert_eq!(rest.send().await.unwrap().parts().len(), 2);

    let complete = |parts: CompletedMultipartUpload| {
        client.complete_multipart_upload().bucket(BUCKET).key("big").upload_id(&id).multipart_upload(parts).send()
    };
    assert_eq!(code(complete(list(&[&second, &first])).await), "InvalidPartOrder");
    assert_eq!(code(complete(list(&[&first, &third, &unused])).await), "EntityTooSmall");
    let forged = CompletedPart::builder().part_number(2).e_tag("\"forged\"").build();
    assert_eq!(code(complete(list(&[&first, &forged])).await), "InvalidPart");
    let absent = CompletedPart::builder().part_number(9).e_tag("\"x\"").build();
    assert_eq!(code(complete(list(&[&first, &absent])).await), "InvalidPart");

    let done = complete(list(&[&first, &second, &third])).await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-3\""), "{:?}", done.e_tag());
    // A client whose answer got lost asks again.
    assert_eq!(complete(list(&[&first, &second, &third])).await.unwrap().e_tag(), done.e_tag());
    let expected = [vec![b'a'; LEAST], vec![b'b'; LEAST], b"end".to_vec()].concat();
    assert_eq!(read(&client, "big").await, expected);
    let across = format!("bytes={}-{}", LEAST - 2, 2 * LEAST + 1);
    let part = client.get_object().bucket(BUCKET).key("big").range(across).send().await.unwrap();
    assert_eq!(part.body.collect().await.unwrap().to_vec(), expected[LEAST - 2..2 * LEAST + 2]);
    let head = client.head_object().bucket(BUCKET).key("big").send().await.unwrap();
    assert_eq!(head.content_type(), Some("text/plain"));
    eventually("the removal of replaced and unused parts", || store.blobs() == 3).await;

    let folder = store.stop().await;
    let store = TestStore::start_in(folder).await;
    assert_eq!(read(&store.client(), "big").await, expected);
    store.stop().await;
}

#[tokio::test]
async fn an_upload_goes_on_after_a_restart() {
    let store = TestStore::start().await;
    let id = begin(&store.client(), "resumed").await;
    let first = upload(&store.client(), "resumed", &id, 1, vec![b'a'; LEAST]).await;
    let folder = store.stop().await;
    let store = TestStore::start_in(folder).await;
    let client = store.client();
    let uploads = client.list_multipart_uploads().bucket(BUCKET).send().await.unwrap();
    assert_eq!(uploads.uploads()[0].upload_id(), Some(id.as_str()));
    let second = upload(&client, "resumed", &id, 2, b"b".to_vec()).await;
    let complete = client.complete_multipart_upload().bucket(BUCKET).key("resumed").upload_id(&id);
    complete.multipart_upload(list(&[&first, &second])).send().await.unwrap();
    assert_eq!(read(&client, "resumed").await.len(), LEAST + 1);
    let uploads = client.list_multipart_uploads().bucket(BUCKET).send().await.unwrap();
    assert!(uploads.uploads().is_empty());
    store.stop().await;
}

#[tokio::test]
async fn an_aborted_or_abandoned_upload_leaves_nothing() {
    let store = TestStore::start().await;
    let client = store.client();
    let aborted = begin(&client, "one").await;
    upload(&client, "one", &aborted, 1, b"content".to_vec()).await;
    let elsewhere = client.abort_multipart_upload().bucket(BUCKET).key("other").upload_id(&aborted).send().await;
    assert_eq!(code(elsewhere), "NoSuchUpload");
    client.abort_multipart_upload().bucket(BUCKET).key("one").upload_id(&aborted).send().await.unwrap();
    let late = client.upload_part().bucket(BUCKET).key("one").upload_id(&aborted).part_number(2);
    assert_eq!(code(late.body(ByteStream::from_static(b"late")).send().await), "NoSuchUpload");

    let abandoned = begin(&client, "two").await;
    upload(&client, "two", &abandoned, 1, b"content".to_vec()).await;
    assert_eq!(store.s3.sweep(Duration::from_hours(1)).await.unwrap(), 0);
    assert_eq!(store.s3.sweep(Duration::ZERO).await.unwrap(), 1);
    let parts = client.list_parts().bucket(BUCKET).key("two").upload_id(&abandoned).send().await;
    assert_eq!(code(parts), "NoSuchUpload");
    eventually("the removal of the parts", || store.blobs() == 0).await;
    store.stop().await;
}

#[tokio::test]
async fn checksums_of_parts_and_of_the_whole_are_verified() {
    let store = TestStore::start().await;
    let client = store.client();
    for kind in [ChecksumType::Composite, ChecksumType::FullObject] {
        let create = client.create_multipart_upload().bucket(BUCKET).key("sums");
        let create = create.checksum_algorithm(ChecksumAlgorithm::Crc32).checksum_type(kind.clone());
        let id = create.send().await.unwrap().upload_id().unwrap().to_owned();
        let part = client.upload_part().bucket(BUCKET).key("sums").upload_id(&id).part_number(1);
        let part = part.checksum_algorithm(ChecksumAlgorithm::Crc32).body(ByteStream::from_static(b"hello world"));
        let part = part.send().await.unwrap();
        assert_eq!(part.checksum_crc32(), Some("DUoRhQ=="));
        let listed = |checksum: &str| {
            // Completion may name parts by number and checksum alone.
            list(&[&CompletedPart::builder().part_number(1).checksum_crc32(checksum).build()])
        };
        let complete = || client.complete_multipart_upload().bucket(BUCKET).key("sums").upload_id(&id);
        let wrong_part = complete().multipart_upload(listed("AAAAAA==")).send().await;
        assert_eq!(code(wrong_part), "InvalidPart");
        let wrong_whole = complete().multipart_upload(listed("DUoRhQ==")).checksum_crc32("AAAAAA==").send().await;
        assert_eq!(code(wrong_whole), "BadDigest");
        let done = complete().multipart_upload(listed("DUoRhQ==")).send().await.unwrap();
        let is_composite = kind == ChecksumType::Composite;
        assert_eq!(done.checksum_crc32().unwrap().ends_with("-1"), is_composite, "{:?}", done.checksum_crc32());
        assert_eq!(read(&client, "sums").await, b"hello world");
    }
    store.stop().await;
}
