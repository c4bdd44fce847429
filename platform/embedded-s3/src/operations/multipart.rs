//! Multipart uploads, from their beginning to the object or its abandonment.

use std::{collections::BTreeMap, sync::Arc};

use s3s::{
    S3Request, S3Result,
    checksum::ChecksumHasher,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumType, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CompletedPart, CreateMultipartUploadInput, CreateMultipartUploadOutput,
        UploadPartInput, UploadPartOutput,
    },
    s3_error,
};

use super::writing::{attributes, check_key, declared, write_condition};
use crate::{
    digest::{self, ALGORITHMS, Checksums, Declared},
    intake, reading,
    store::{Object, ObjectRecord, Part, PartRecord, Store, Upload, UploadRecord, blocking, now_ms, storage_error},
};

/// The least size of every part but the last, as S3 has it.
const LEAST_PART_BYTES: u64 = 5 * 1024 * 1024;

/// The highest part number, as S3 has it.
const LAST_PART: i32 = 10_000;

pub(super) async fn create_multipart_upload(
    store: &Arc<Store>,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<CreateMultipartUploadOutput> {
    let mut input = request.input;
    check_key(&input.key)?;
    store.bucket(&input.bucket)?;
    let checksum_algorithm = input.checksum_algorithm.as_ref().map(|algorithm| algorithm.as_str().to_owned());
    if checksum_algorithm.as_ref().is_some_and(|algorithm| !ALGORITHMS.contains(&algorithm.as_str())) {
        return Err(s3_error!(InvalidRequest, "The checksum algorithm is not known."));
    }
    let record = UploadRecord {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        initiated_ms: now_ms(),
        attributes: attributes!(input),
        checksum_algorithm,
        checksum_type: input.checksum_type.as_ref().map(|kind| kind.as_str().to_owned()),
    };
    let store = Arc::clone(store);
    let upload = blocking(move || store.create_upload(record)).await?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(upload.id.clone()),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: input.checksum_type,
        ..CreateMultipartUploadOutput::default()
    })
}

pub(super) async fn upload_part(store: &Arc<Store>, request: S3Request<UploadPartInput>) -> S3Result<UploadPartOutput> {
    let mut input = request.input;
    let upload = store.upload(&input.upload_id, &input.bucket, &input.key)?;
    if !(1..=LAST_PART).contains(&input.part_number) {
        return Err(s3_error!(InvalidArgument, "Part numbers go from 1 to {LAST_PART}."));
    }
    let mut declared = declared!(input, request.headers, request.trailing_headers);
    declared.algorithms.extend(upload.record.checksum_algorithm.clone());
    let received = intake::receive(store, input.body.take(), declared).await?;
    let record = PartRecord {
        number: input.part_number,
        e_tag: received.e_tag,
        modified_ms: now_ms(),
        checksums: received.checksums,
        blob: received.blob.reference().clone(),
    };
    let e_tag = Some(s3s::dto::ETag::Strong(record.e_tag.clone()));
    let Checksums { crc32, crc32c, crc64nvme, sha1, sha256, .. } = record.checksums.clone();
    blocking(move || upload.add(Part { record, blob: received.blob })).await?;
    Ok(UploadPartOutput {
        e_tag,
        checksum_crc32: crc32,
        checksum_crc32c: crc32c,
        checksum_crc64nvme: crc64nvme,
        checksum_sha1: sha1,
        checksum_sha256: sha256,
        ..UploadPartOutput::default()
    })
}

pub(super) async fn complete_multipart_upload(
    store: &Arc<Store>,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<CompleteMultipartUploadOutput> {
    let (store, input) = (Arc::clone(store), request.input);
    let bucket = input.bucket.clone();
    let object = blocking(move || complete(&store, input)).await?;
    let Checksums { crc32, crc32c, crc64nvme, sha1, sha256, .. } = object.record.checksums.clone();
    Ok(CompleteMultipartUploadOutput {
        location: Some(format!("/{bucket}/{}", object.record.key)),
        bucket: Some(bucket),
        key: Some(object.record.key.clone()),
        e_tag: Some(object.e_tag()),
        checksum_type: object.checksum_type(),
        checksum_crc32: crc32,
        checksum_crc32c: crc32c,
        checksum_crc64nvme: crc64nvme,
        checksum_sha1: sha1,
        checksum_sha256: sha256,
        ..CompleteMultipartUploadOutput::default()
    })
}

/// Turns the parts into one object; the parts' files become its content as they are.
fn complete(store: &Store, mut input: CompleteMultipartUploadInput) -> S3Result<Arc<Object>> {
    let condition = write_condition(input.if_match.take(), input.if_none_match.take())?;
    let bucket = store.bucket(&input.bucket)?;
    let upload = match store.upload(&input.upload_id, &input.bucket, &input.key) {
        Ok(upload) => upload,
        Err(error) => {
            // The answer to an earlier completion may have been lost on its way.
            let earlier = bucket.find(&input.key);
            return earlier.filter(|object| object.record.upload_id.as_ref() == Some(&input.upload_id)).ok_or(error);
        }
    };
    let listed = input.multipart_upload.take().and_then(|list| list.parts).unwrap_or_default();
    let declared = Checksums {
        crc32: input.checksum_crc32,
        crc32c: input.checksum_crc32c,
        crc64nvme: input.checksum_crc64nvme,
        sha1: input.checksum_sha1,
        sha256: input.checksum_sha256,
        composite: false,
    };
    let object = upload.end(|arrived| {
        let parts = select(arrived, &listed)?;
        let size: u64 = parts.iter().map(|part| part.blob.size()).sum();
        if input.mpu_object_size.is_some_and(|expected| u64::try_from(expected) != Ok(size)) {
            return Err(s3_error!(InvalidRequest, "The parts together have another size than announced."));
        }
        let checksums = checksums(&upload.record, &parts, &declared)?;
        let record = ObjectRecord {
            key: input.key.clone(),
            e_tag: digest::multipart_e_tag(parts.iter().map(|part| part.record.e_tag.as_str()))?,
            modified_ms: now_ms(),
            attributes: upload.record.attributes.clone(),
            checksums,
            upload_id: Some(upload.id.clone()),
            blobs: parts.iter().map(|part| part.record.blob.clone()).collect(),
        };
        let blobs = parts.iter().map(|part| Arc::clone(&part.blob)).collect();
        bucket.commit(Object { record, blobs }, &condition)
    })?;
    store.forget(&upload);
    Ok(object)
}

/// The parts that the client lists, checked against those that arrived.
fn select<'a>(arrived: &'a BTreeMap<i32, Part>, listed: &[CompletedPart]) -> S3Result<Vec<&'a Part>> {
    if listed.is_empty() {
        return Err(s3_error!(MalformedXML, "List at least one part."));
    }
    let mut parts: Vec<&Part> = Vec::with_capacity(listed.len());
    for entry in listed {
        let number = entry.part_number.unwrap_or_default();
        if parts.last().is_some_and(|previous| previous.record.number >= number) {
            return Err(s3_error!(InvalidPartOrder));
        }
        let part = arrived.get(&number).ok_or_else(|| s3_error!(InvalidPart, "Part {number} has not arrived."))?;
        if entry.e_tag.as_ref().is_some_and(|e_tag| e_tag.value() != part.record.e_tag) {
            return Err(s3_error!(InvalidPart, "Part {number} has another ETag."));
        }
        let declared = Checksums {
            crc32: entry.checksum_crc32.clone(),
            crc32c: entry.checksum_crc32c.clone(),
            crc64nvme: entry.checksum_crc64nvme.clone(),
            sha1: entry.checksum_sha1.clone(),
            sha256: entry.checksum_sha256.clone(),
            composite: false,
        };
        if part.record.checksums.verify(&declared).is_err() {
            return Err(s3_error!(InvalidPart, "Part {number} has another checksum."));
        }
        parts.push(part);
    }
    let but_last = &parts[..parts.len() - 1];
    if let Some(small) = but_last.iter().find(|part| part.blob.size() < LEAST_PART_BYTES) {
        return Err(s3_error!(EntityTooSmall, "Part {} is smaller than 5 MiB and not the last.", small.record.number));
    }
    Ok(parts)
}

/// The object's checksums, as the upload's algorithm and type want them, compared with those declared.
fn checksums(upload: &UploadRecord, parts: &[&Part], declared: &Checksums) -> S3Result<Checksums> {
    let is_declared = |algorithm: &str| declared.get(algorithm).is_some();
    let wants_whole = upload.checksum_type.as_deref() == Some(ChecksumType::FULL_OBJECT)
        || upload.checksum_algorithm.is_none() && ALGORITHMS.iter().any(|algorithm| is_declared(algorithm));
    let Some(algorithm) = upload.checksum_algorithm.as_deref().filter(|_| !wants_whole) else {
        if !wants_whole {
            return Ok(Checksums::default());
        }
        let mut hasher: ChecksumHasher =
            digest::hasher(|wanted| is_declared(wanted) || upload.checksum_algorithm.as_deref() == Some(wanted));
        let blobs: Vec<_> = parts.iter().map(|part| Arc::clone(&part.blob)).collect();
        reading::hash(&blobs, |chunk| hasher.update(chunk)).map_err(storage_error)?;
        let whole = Checksums::from(hasher.finalize());
        whole.verify(declared)?;
        return Ok(whole);
    };
    let of_parts = parts.iter().map(|part| part.record.checksums.get(algorithm)).collect::<Option<Vec<_>>>();
    let of_parts = of_parts.ok_or_else(|| s3_error!(InvalidPart, "A part lacks its {algorithm} checksum."))?;
    let composite = digest::composite(algorithm, &of_parts)?;
    if let Some(expected) = declared.get(algorithm) {
        // Clients write it with or without the number of parts.
        let computed = composite.get(algorithm).map_or("", String::as_str);
        if computed != expected && computed.rsplit_once('-').map(|(digest, _)| digest) != Some(expected) {
            return Err(s3_error!(BadDigest, "The {algorithm} you specified did not match the parts' checksums."));
        }
    }
    Ok(composite)
}

pub(super) async fn abort_multipart_upload(
    store: &Arc<Store>,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<AbortMultipartUploadOutput> {
    let (store, input) = (Arc::clone(store), request.input);
    let upload: Arc<Upload> = store.upload(&input.upload_id, &input.bucket, &input.key)?;
    blocking(move || store.abort(&upload)).await?;
    Ok(AbortMultipartUploadOutput::default())
}
