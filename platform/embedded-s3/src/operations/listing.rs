//! Listings: objects, uploads, and the parts of an upload.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use s3s::{
    S3Request, S3Result,
    dto::{
        ChecksumAlgorithm, ChecksumType, CommonPrefix, EncodingType, ListMultipartUploadsInput,
        ListMultipartUploadsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output,
        ListPartsInput, ListPartsOutput, MultipartUpload, Object as ListedObject, ObjectStorageClass, Part,
    },
    s3_error,
};

use super::objects::signed;
use crate::{
    page::{Page, Query, page},
    store::{Object, Store, Upload, timestamp},
};

/// The largest page, as S3 has it.
const PAGE_LIMIT: i32 = 1_000;

pub(super) async fn list_objects_v2(
    store: &Arc<Store>,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<ListObjectsV2Output> {
    let input = request.input;
    let after = match &input.continuation_token {
        Some(token) => Some(decode_token(token)?),
        None => input.start_after.clone(),
    };
    let limit = limit(input.max_keys)?;
    let listed =
        objects(store, &input.bucket, input.prefix.as_deref(), input.delimiter.as_deref(), after.as_deref(), limit)?;
    let encode = Encoding::of(input.encoding_type.as_ref());
    let contents = encode.contents(&listed.items);
    let common_prefixes = encode.prefixes(&listed.prefixes);
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(encode.text(input.prefix.unwrap_or_default())),
        max_keys: Some(limit),
        key_count: Some(count(contents.len() + common_prefixes.len())),
        continuation_token: input.continuation_token,
        is_truncated: Some(listed.next.is_some()),
        next_continuation_token: listed.next.map(|marker| URL_SAFE_NO_PAD.encode(marker)),
        contents: Some(contents),
        common_prefixes: Some(common_prefixes),
        delimiter: input.delimiter.map(|delimiter| encode.text(delimiter)),
        encoding_type: input.encoding_type,
        start_after: input.start_after.map(|key| encode.text(key)),
        ..ListObjectsV2Output::default()
    })
}

pub(super) async fn list_objects(
    store: &Arc<Store>,
    request: S3Request<ListObjectsInput>,
) -> S3Result<ListObjectsOutput> {
    let input = request.input;
    let limit = limit(input.max_keys)?;
    let after = input.marker.clone().filter(|marker| !marker.is_empty());
    let listed =
        objects(store, &input.bucket, input.prefix.as_deref(), input.delimiter.as_deref(), after.as_deref(), limit)?;
    let encode = Encoding::of(input.encoding_type.as_ref());
    Ok(ListObjectsOutput {
        contents: Some(encode.contents(&listed.items)),
        common_prefixes: Some(encode.prefixes(&listed.prefixes)),
        name: Some(input.bucket),
        prefix: Some(encode.text(input.prefix.unwrap_or_default())),
        marker: Some(encode.text(input.marker.unwrap_or_default())),
        max_keys: Some(limit),
        is_truncated: Some(listed.next.is_some()),
        next_marker: listed.next.map(|marker| encode.text(marker)),
        delimiter: input.delimiter.map(|delimiter| encode.text(delimiter)),
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    })
}

fn objects(
    store: &Store,
    bucket: &str,
    prefix: Option<&str>,
    delimiter: Option<&str>,
    after: Option<&str>,
    limit: i32,
) -> S3Result<Page<Arc<Object>>> {
    let limit = usize::try_from(limit).unwrap_or_default();
    if limit == 0 {
        return Ok(Page { items: Vec::new(), prefixes: Vec::new(), next: None });
    }
    let query = Query { prefix: prefix.unwrap_or_default(), delimiter, after, limit };
    Ok(store.bucket(bucket)?.view(|objects| page(objects, query)))
}

pub(super) async fn list_multipart_uploads(
    store: &Arc<Store>,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<ListMultipartUploadsOutput> {
    let input = request.input;
    store.bucket(&input.bucket)?;
    let limit = limit(input.max_uploads)?;
    // Uploads of one key follow each other by id; the NUL, which no key holds, keeps keys in order.
    let uploads: BTreeMap<String, Arc<Upload>> = store
        .uploads()
        .into_iter()
        .filter(|upload| upload.record.bucket == input.bucket)
        .map(|upload| (format!("{}\0{}", upload.record.key, upload.id), upload))
        .collect();
    let after = input.key_marker.as_ref().filter(|marker| !marker.is_empty()).map(|key| {
        // Without an upload id, all uploads of the marker's key are passed.
        format!("{key}\0{}", input.upload_id_marker.as_deref().unwrap_or("\u{10FFFF}"))
    });
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter: input.delimiter.as_deref(),
        after: after.as_deref(),
        limit: usize::try_from(limit).unwrap_or_default().max(1),
    };
    let listed = page(&uploads, query);
    let encode = Encoding::of(input.encoding_type.as_ref());
    let next = listed.next.as_ref().map(|marker| marker.split_once('\0').unwrap_or((marker, "")));
    let entry = |upload: &Arc<Upload>| MultipartUpload {
        key: Some(encode.text(upload.record.key.clone())),
        upload_id: Some(upload.id.clone()),
        initiated: Some(timestamp(upload.record.initiated_ms)),
        checksum_algorithm: upload.record.checksum_algorithm.clone().map(ChecksumAlgorithm::from),
        checksum_type: upload.record.checksum_type.clone().map(ChecksumType::from),
        ..MultipartUpload::default()
    };
    Ok(ListMultipartUploadsOutput {
        uploads: Some(listed.items.iter().map(entry).collect()),
        common_prefixes: Some(encode.prefixes(&listed.prefixes)),
        is_truncated: Some(listed.next.is_some()),
        next_key_marker: next.map(|(key, _)| encode.text(key.to_owned())),
        next_upload_id_marker: next.map(|(_, id)| id.to_owned()),
        bucket: Some(input.bucket),
        key_marker: Some(encode.text(input.key_marker.unwrap_or_default())),
        upload_id_marker: input.upload_id_marker,
        max_uploads: Some(limit),
        prefix: Some(encode.text(input.prefix.unwrap_or_default())),
        delimiter: input.delimiter.map(|delimiter| encode.text(delimiter)),
        encoding_type: input.encoding_type,
        ..ListMultipartUploadsOutput::default()
    })
}

pub(super) async fn list_parts(store: &Arc<Store>, request: S3Request<ListPartsInput>) -> S3Result<ListPartsOutput> {
    let input = request.input;
    let upload = store.upload(&input.upload_id, &input.bucket, &input.key)?;
    let limit = limit(input.max_parts)?;
    let marker = input.part_number_marker.unwrap_or_default();
    let mut parts: Vec<_> = upload.parts()?.into_iter().filter(|part| part.record.number > marker).collect();
    let is_truncated = parts.len() > usize::try_from(limit).unwrap_or_default();
    parts.truncate(usize::try_from(limit).unwrap_or_default());
    let next = parts.last().filter(|_| is_truncated).map(|part| part.record.number);
    let entries = parts.into_iter().map(|part| Part {
        part_number: Some(part.record.number),
        e_tag: Some(s3s::dto::ETag::Strong(part.record.e_tag)),
        size: Some(signed(part.blob.size())),
        last_modified: Some(timestamp(part.record.modified_ms)),
        checksum_crc32: part.record.checksums.crc32,
        checksum_crc32c: part.record.checksums.crc32c,
        checksum_crc64nvme: part.record.checksums.crc64nvme,
        checksum_sha1: part.record.checksums.sha1,
        checksum_sha256: part.record.checksums.sha256,
    });
    Ok(ListPartsOutput {
        parts: Some(entries.collect()),
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        max_parts: Some(limit),
        is_truncated: Some(is_truncated),
        part_number_marker: Some(marker),
        next_part_number_marker: next,
        checksum_algorithm: upload.record.checksum_algorithm.clone().map(ChecksumAlgorithm::from),
        checksum_type: upload.record.checksum_type.clone().map(ChecksumType::from),
        ..ListPartsOutput::default()
    })
}

/// How text is written in an answer: percent-encoded where the client asks for it.
#[derive(Clone, Copy)]
struct Encoding {
    url: bool,
}

impl Encoding {
    fn of(kind: Option<&EncodingType>) -> Self {
        Self { url: kind.is_some_and(|kind| kind.as_str() == EncodingType::URL) }
    }

    fn text(self, text: String) -> String {
        use std::fmt::Write;
        if !self.url {
            return text;
        }
        text.bytes().fold(String::new(), |mut encoded, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
            }
            encoded
        })
    }

    fn contents(self, objects: &[Arc<Object>]) -> Vec<ListedObject> {
        let entry = |object: &Arc<Object>| ListedObject {
            key: Some(self.text(object.record.key.clone())),
            e_tag: Some(object.e_tag()),
            size: Some(signed(object.size())),
            last_modified: Some(object.modified()),
            storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
            ..ListedObject::default()
        };
        objects.iter().map(entry).collect()
    }

    fn prefixes(self, prefixes: &[String]) -> Vec<CommonPrefix> {
        prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(self.text(prefix.clone())) }).collect()
    }
}

fn limit(asked: Option<i32>) -> S3Result<i32> {
    match asked.unwrap_or(PAGE_LIMIT) {
        negative if negative < 0 => Err(s3_error!(InvalidArgument, "A page cannot have less than no entries.")),
        asked => Ok(asked.min(PAGE_LIMIT)),
    }
}

fn count(entries: usize) -> i32 {
    i32::try_from(entries).unwrap_or(i32::MAX)
}

fn decode_token(token: &str) -> S3Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| s3_error!(InvalidArgument, "The continuation token is none of ours."))
}
