//! Writing, copying and deleting objects.

use std::sync::Arc;

use s3s::{
    S3Request, S3Result,
    dto::{
        CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput, DeleteObjectOutput,
        DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETagCondition, Error as DeleteError, MetadataDirective,
        PutObjectInput, PutObjectOutput,
    },
    s3_error,
};

use crate::{
    condition::{ReadCondition, WriteCondition, source_unchanged},
    digest::{Checksums, Declared},
    intake,
    store::{Object, ObjectRecord, Store, blocking, now_ms},
};

/// How many keys one request may delete, as S3 has it.
const DELETE_LIMIT: usize = 1_000;

/// The attributes of an object, from the fields that all writing inputs share.
macro_rules! attributes {
    ($input:expr) => {{
        if $input.tagging.is_some() || $input.sse_customer_key.is_some() || $input.object_lock_mode.is_some() {
            return Err(s3_error!(NotImplemented, "Tags, customer keys and object locks are not supported."));
        }
        $crate::store::Attributes {
            content_type: $input.content_type.take(),
            content_encoding: $input.content_encoding.take(),
            content_language: $input.content_language.take(),
            content_disposition: $input.content_disposition.take(),
            cache_control: $input.cache_control.take(),
            expires: $input.expires.take(),
            metadata: $input.metadata.take().unwrap_or_default().into_iter().collect(),
        }
    }};
}

/// What a client declares about content, from the fields that all inputs with content share.
macro_rules! declared {
    ($input:expr, $request_headers:expr, $trailers:expr) => {
        $crate::digest::Declared {
            content_md5: $input.content_md5.take(),
            checksums: $crate::digest::Checksums {
                crc32: $input.checksum_crc32.take(),
                crc32c: $input.checksum_crc32c.take(),
                crc64nvme: $input.checksum_crc64nvme.take(),
                sha1: $input.checksum_sha1.take(),
                sha256: $input.checksum_sha256.take(),
                composite: false,
            },
            algorithms: $input.checksum_algorithm.iter().map(|algorithm| algorithm.as_str().to_owned()).collect(),
            ..Declared::default()
        }
        .with_headers(&$request_headers, $trailers)
    };
}

pub(super) use {attributes, declared};

pub(super) async fn put_object(store: &Arc<Store>, request: S3Request<PutObjectInput>) -> S3Result<PutObjectOutput> {
    let mut input = request.input;
    check_key(&input.key)?;
    let attributes = attributes!(input);
    if input.write_offset_bytes.is_some() {
        return Err(s3_error!(NotImplemented, "Appending is not supported."));
    }
    let condition = write_condition(input.if_match.take(), input.if_none_match.take())?;
    let bucket = store.bucket(&input.bucket)?;
    // Checked again when the object becomes visible; this spares a doomed upload.
    condition.check(bucket.find(&input.key).as_deref())?;
    let declared = declared!(input, request.headers, request.trailing_headers);
    let received = intake::receive(store, input.body.take(), declared).await?;
    let record = ObjectRecord {
        key: input.key,
        e_tag: received.e_tag,
        modified_ms: now_ms(),
        attributes,
        checksums: received.checksums,
        upload_id: None,
        blobs: vec![received.blob.reference().clone()],
    };
    let object = Object { record, blobs: vec![received.blob] };
    let object = blocking(move || bucket.commit(object, &condition)).await?;
    let Checksums { crc32, crc32c, crc64nvme, sha1, sha256, .. } = object.record.checksums.clone();
    Ok(PutObjectOutput {
        e_tag: Some(object.e_tag()),
        checksum_type: object.checksum_type(),
        checksum_crc32: crc32,
        checksum_crc32c: crc32c,
        checksum_crc64nvme: crc64nvme,
        checksum_sha1: sha1,
        checksum_sha256: sha256,
        ..PutObjectOutput::default()
    })
}

/// Copies without copying: both objects refer to the same content from then on.
pub(super) async fn copy_object(store: &Arc<Store>, request: S3Request<CopyObjectInput>) -> S3Result<CopyObjectOutput> {
    let mut input = request.input;
    check_key(&input.key)?;
    let CopySource::Bucket { bucket: source_bucket, key: source_key, version_id: None } = &input.copy_source else {
        return Err(s3_error!(NotImplemented, "Only bucket/key without a version can be copied."));
    };
    let source = store.bucket(source_bucket)?.get(source_key)?;
    let condition = ReadCondition {
        matches: input.copy_source_if_match.take(),
        none_match: input.copy_source_if_none_match.take(),
        modified_since: input.copy_source_if_modified_since.take(),
        unmodified_since: input.copy_source_if_unmodified_since.take(),
    };
    condition.check(&source, source_unchanged)?;
    let replaces = input.metadata_directive.as_ref().is_some_and(|it| it.as_str() == MetadataDirective::REPLACE);
    if !replaces && **source_bucket == *input.bucket && **source_key == *input.key {
        return Err(s3_error!(InvalidRequest, "Copying an object onto itself needs the metadata directive REPLACE."));
    }
    let given = attributes!(input);
    let record = ObjectRecord {
        key: input.key,
        modified_ms: now_ms(),
        attributes: if replaces { given } else { source.record.attributes.clone() },
        upload_id: None,
        ..source.record.clone()
    };
    let object = Object { record, blobs: source.blobs.clone() };
    let bucket = store.bucket(&input.bucket)?;
    let object = blocking(move || bucket.commit(object, &WriteCondition::default())).await?;
    let copy_object_result = Some(CopyObjectResult {
        e_tag: Some(object.e_tag()),
        last_modified: Some(object.modified()),
        ..CopyObjectResult::default()
    });
    Ok(CopyObjectOutput { copy_object_result, ..CopyObjectOutput::default() })
}

pub(super) async fn delete_object(
    store: &Arc<Store>,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<DeleteObjectOutput> {
    let input = request.input;
    let condition = WriteCondition { matches: input.if_match, none_match: None };
    let bucket = store.bucket(&input.bucket)?;
    blocking(move || bucket.delete(&input.key, &condition)).await?;
    Ok(DeleteObjectOutput::default())
}

pub(super) async fn delete_objects(
    store: &Arc<Store>,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<DeleteObjectsOutput> {
    let input = request.input;
    if input.delete.objects.len() > DELETE_LIMIT {
        return Err(s3_error!(MalformedXML, "One request may delete {DELETE_LIMIT} objects at most."));
    }
    let bucket = store.bucket(&input.bucket)?;
    let quiet = input.delete.quiet.unwrap_or(false);
    blocking(move || {
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for object in input.delete.objects {
            let condition = WriteCondition { matches: object.e_tag.map(ETagCondition::ETag), none_match: None };
            match bucket.delete(&object.key, &condition) {
                Ok(()) if quiet => {}
                Ok(()) => deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() }),
                Err(error) => errors.push(DeleteError {
                    code: Some(error.code().as_str().to_owned()),
                    message: error.message().map(str::to_owned),
                    key: Some(object.key),
                    version_id: None,
                }),
            }
        }
        Ok(DeleteObjectsOutput { deleted: Some(deleted), errors: Some(errors), ..DeleteObjectsOutput::default() })
    })
    .await
}

/// The conditions a write may carry.
pub(super) fn write_condition(
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
) -> S3Result<WriteCondition> {
    if if_none_match.as_ref().is_some_and(|condition| !condition.is_any()) {
        return Err(s3_error!(NotImplemented, "If-None-Match supports only * for writes."));
    }
    Ok(WriteCondition { matches: if_match, none_match: if_none_match })
}

/// Any key is safe on disk, but control characters cannot be written in a listing's XML.
pub(super) fn check_key(key: &str) -> S3Result<()> {
    if key.is_empty() || key.len() > 1_024 {
        return Err(s3_error!(KeyTooLongError));
    }
    if key.chars().any(|character| character.is_control() || matches!(character, '\u{FFFE}' | '\u{FFFF}')) {
        return Err(s3_error!(InvalidArgument, "A key may not contain control characters."));
    }
    Ok(())
}
