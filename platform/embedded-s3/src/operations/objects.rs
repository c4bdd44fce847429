//! Reading objects: whole, in ranges, under conditions.

use std::{ops::Range, sync::Arc};

use s3s::{
    S3Request, S3Result,
    dto::{ChecksumMode, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Metadata},
    s3_error,
};

use crate::{
    condition::{ReadCondition, not_modified},
    reading,
    store::{Object, Store},
};

/// What a read asks for, in the fields that `GET` and `HEAD` share.
macro_rules! select {
    ($store:expr, $input:expr) => {{
        if $input.part_number.is_some() || $input.version_id.is_some() || $input.sse_customer_key.is_some() {
            return Err(s3_error!(NotImplemented, "Part numbers, versions and customer keys are not supported."));
        }
        let object = $store.bucket(&$input.bucket)?.get(&$input.key)?;
        let condition = ReadCondition {
            matches: $input.if_match.take(),
            none_match: $input.if_none_match.take(),
            modified_since: $input.if_modified_since.take(),
            unmodified_since: $input.if_unmodified_since.take(),
        };
        condition.check(&object, not_modified)?;
        let selection = Selection::new(&object, $input.range.as_ref(), $input.checksum_mode.as_ref())?;
        (object, selection)
    }};
}

/// The answer of a read, in the fields that `GET` and `HEAD` share.
macro_rules! describe {
    ($output:ident, $object:expr, $selection:expr) => {{
        let (record, attributes) = (&$object.record, $object.record.attributes.clone());
        let checksums = $selection.with_checksums.then(|| record.checksums.clone()).unwrap_or_default();
        $output {
            accept_ranges: Some("bytes".to_owned()),
            cache_control: attributes.cache_control,
            checksum_type: if $selection.with_checksums { $object.checksum_type() } else { None },
            checksum_crc32: checksums.crc32,
            checksum_crc32c: checksums.crc32c,
            checksum_crc64nvme: checksums.crc64nvme,
            checksum_sha1: checksums.sha1,
            checksum_sha256: checksums.sha256,
            content_disposition: attributes.content_disposition,
            content_encoding: attributes.content_encoding,
            content_language: attributes.content_language,
            content_length: Some(signed($selection.range.end - $selection.range.start)),
            content_range: $selection.content_range.clone(),
            content_type: Some(attributes.content_type.unwrap_or_else(|| "binary/octet-stream".to_owned())),
            e_tag: Some($object.e_tag()),
            expires: attributes.expires,
            last_modified: Some($object.modified()),
            metadata: Some(attributes.metadata.into_iter().collect::<Metadata>())
                .filter(|metadata| !metadata.is_empty()),
            ..$output::default()
        }
    }};
}

/// Which part of an object is wanted.
struct Selection {
    range: Range<u64>,
    content_range: Option<String>,
    with_checksums: bool,
}

impl Selection {
    fn new(object: &Object, range: Option<&s3s::dto::Range>, mode: Option<&ChecksumMode>) -> S3Result<Self> {
        let size = object.size();
        let wants_checksums = mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
        let Some(range) = range else {
            return Ok(Self { range: 0..size, content_range: None, with_checksums: wants_checksums });
        };
        let range = range.check(size)?;
        if range.is_empty() {
            return Err(s3_error!(InvalidRange));
        }
        let content_range = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        // The stored checksums are those of the whole.
        let with_checksums = wants_checksums && range == (0..size);
        Ok(Self { range, content_range: Some(content_range), with_checksums })
    }
}

pub(super) async fn get_object(store: &Arc<Store>, request: S3Request<GetObjectInput>) -> S3Result<GetObjectOutput> {
    let mut input = request.input;
    let (object, selection) = select!(store, input);
    let mut output = describe!(GetObjectOutput, object, selection);
    output.body = Some(reading::read(&object, selection.range).await?);
    Ok(output)
}

pub(super) async fn head_object(store: &Arc<Store>, request: S3Request<HeadObjectInput>) -> S3Result<HeadObjectOutput> {
    let mut input = request.input;
    let (object, selection) = select!(store, input);
    Ok(describe!(HeadObjectOutput, object, selection))
}

/// S3's numbers are signed; a file's size always fits.
pub(super) fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
