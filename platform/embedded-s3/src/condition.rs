//! Preconditions of reads and writes (RFC 9110 §13).

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};
use s3s::{
    S3Error, S3Result,
    dto::{ETagCondition, Timestamp, TimestampFormat},
    s3_error,
};

use crate::store::Object;

/// What must hold of the object that a write replaces or removes.
#[derive(Clone, Debug, Default)]
pub(crate) struct WriteCondition {
    pub matches: Option<ETagCondition>,
    pub none_match: Option<ETagCondition>,
}

impl WriteCondition {
    pub fn is_none(&self) -> bool {
        self.matches.is_none() && self.none_match.is_none()
    }

    /// Checks against the object as it is now.
    pub fn check(&self, current: Option<&Object>) -> S3Result<()> {
        if let Some(wanted) = &self.matches {
            let current = current.ok_or_else(|| s3_error!(NoSuchKey))?;
            if !is_met(wanted, current) {
                return Err(s3_error!(PreconditionFailed, "The object has another ETag than If-Match names."));
            }
        }
        if let Some(unwanted) = &self.none_match
            && current.is_some_and(|current| is_met(unwanted, current))
        {
            return Err(s3_error!(PreconditionFailed, "The object exists already."));
        }
        Ok(())
    }
}

/// What must hold of the object that a read wants.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadCondition {
    pub matches: Option<ETagCondition>,
    pub none_match: Option<ETagCondition>,
    pub modified_since: Option<Timestamp>,
    pub unmodified_since: Option<Timestamp>,
}

impl ReadCondition {
    /// Checks in the order of RFC 9110 §13.2.2; `unchanged` builds the answer when the client's copy is still good.
    pub fn check(&self, object: &Object, unchanged: impl Fn(&Object) -> S3Error) -> S3Result<()> {
        if let Some(wanted) = &self.matches {
            if !is_met(wanted, object) {
                return Err(s3_error!(PreconditionFailed));
            }
        } else if let Some(since) = &self.unmodified_since
            && is_modified_since(object, since)
        {
            return Err(s3_error!(PreconditionFailed));
        }
        if let Some(unwanted) = &self.none_match {
            if is_met(unwanted, object) {
                return Err(unchanged(object));
            }
        } else if let Some(since) = &self.modified_since
            && !is_modified_since(object, since)
        {
            return Err(unchanged(object));
        }
        Ok(())
    }
}

/// `304 Not Modified` with the validators that RFC 9110 §15.4.5 asks for.
pub(crate) fn not_modified(object: &Object) -> S3Error {
    let mut headers = HeaderMap::new();
    if let Ok(e_tag) = object.e_tag().to_http_header() {
        headers.insert(header::ETAG, e_tag);
    }
    let mut modified = Vec::new();
    if object.modified().format(TimestampFormat::HttpDate, &mut modified).is_ok()
        && let Ok(modified) = modified.try_into()
    {
        headers.insert(header::LAST_MODIFIED, modified);
    }
    let mut error = s3_error!(NotModified);
    error.set_headers(headers);
    error
}

/// A failed condition on the source of a copy, which has no cached copy to speak of.
pub(crate) fn source_unchanged(_: &Object) -> S3Error {
    s3_error!(PreconditionFailed)
}

fn is_met(condition: &ETagCondition, object: &Object) -> bool {
    condition.as_etag().is_none_or(|e_tag| e_tag.value() == object.record.e_tag)
}

/// HTTP dates know seconds only.
fn is_modified_since(object: &Object, since: &Timestamp) -> bool {
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(object.record.modified_ms / 1_000);
    Timestamp::from(modified) > *since
}
