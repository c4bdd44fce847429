//! Files with operations, by the GraphQL multipart request specification (`jaydenseric/graphql-multipart-request-spec`).
//!
//! A form is read in its order: `operations`, `map`, files. Small files stay in memory, larger ones go to files without a name; what
//! stands for them in the variables is replaced by the file when a subgraph is called.

mod map;
mod spool;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use cloudphone_execution::{Upload, Uploads};
use futures::TryStreamExt as _;
use multer::{Constraints, Field, Multipart, SizeLimit};
use tokio::time::timeout;

use super::remainder::Remainder;
use super::request::{MalformedRequest, RequestBody};
use crate::protection::Capacity;
use map::Announced;

/// Headers that browsers send across sites only after asking; a form needs one of them, for a page of any site can send forms.
const PREFLIGHT: [&str; 3] = ["apollo-require-preflight", "x-apollo-operation-name", "graphql-require-preflight"];
/// The largest `map`.
const MAP_BYTES: u64 = 64 * 1024;
/// Bytes that may come without being part of a field: heads of parts, and what stands between.
const SILENCE_BYTES: u64 = 128 * 1024;

/// Limits of forms with files.
#[derive(Clone, Debug)]
pub struct UploadLimits {
    /// Files in one request.
    pub files: usize,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of one request.
    pub request_bytes: u64,
    /// How long a request may take to arrive.
    pub timeout: Duration,
    /// Requests with files at once; each may take its bytes on the disk.
    pub places: Arc<Capacity>,
    /// The scalar whose values are files.
    pub scalar: Arc<str>,
}

impl Default for UploadLimits {
    fn default() -> Self {
        Self {
            files: 10,
            file_bytes: 50 * 1024 * 1024,
            request_bytes: 100 * 1024 * 1024,
            timeout: Duration::from_mins(1),
            places: Capacity::new(32),
            scalar: Arc::from("Upload"),
        }
    }
}

/// The files of one operation, and where they go.
#[derive(Clone, Debug)]
pub(crate) struct OperationUploads {
    pub files: Uploads,
    pub places: Vec<map::Place>,
    /// The scalar that the places must have.
    pub scalar: Arc<str>,
}

impl PartialEq for OperationUploads {
    fn eq(&self, other: &Self) -> bool {
        self.places == other.places
    }
}

/// Whether a request is a form with files.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("multipart/form-data"))
}

/// Reads a form. `batch` bounds its operations, `body_bytes` their text.
pub(crate) async fn read(
    limits: &UploadLimits,
    batch: usize,
    body_bytes: usize,
    request: Request,
) -> Result<RequestBody, MalformedRequest> {
    if !PREFLIGHT.iter().any(|name| request.headers().get(*name).is_some_and(|value| !value.is_empty())) {
        return Err(MalformedRequest::Preflight);
    }
    let place = limits.places.try_take().ok_or(MalformedRequest::TooManyUploads)?;
    let (head, body) = request.into_parts();
    let body = Remainder::new(body);
    let form = Form::begin(limits, body_bytes, &head.headers, body.clone())?;
    let read = timeout(limits.timeout, form.read(batch)).await.map_err(|_| MalformedRequest::TooSlow)?;
    if read.is_err() {
        body.hear_out(place);
    }
    read
}

struct Form<'l> {
    limits: &'l UploadLimits,
    parts: Multipart<'static>,
    /// Bytes since a field last had something to say: a part whose head does not end must not fill the memory.
    silence: Arc<AtomicU64>,
}

impl<'l> Form<'l> {
    fn begin(
        limits: &'l UploadLimits,
        body_bytes: usize,
        headers: &HeaderMap,
        body: Remainder,
    ) -> Result<Self, MalformedRequest> {
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(media_type.unwrap_or_default())
            .map_err(|_| MalformedRequest::Form("its media type names no boundary".to_owned()))?;
        let sizes = SizeLimit::new()
            .whole_stream(limits.request_bytes)
            .per_field(limits.file_bytes)
            .for_field("operations", body_bytes as u64)
            .for_field("map", MAP_BYTES);
        let silence: Arc<AtomicU64> = Arc::default();
        let counted = Arc::clone(&silence);
        let bytes = body.map_err(std::io::Error::other).and_then(move |chunk| {
            let before = counted.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            let heard = if before > SILENCE_BYTES { Err(std::io::ErrorKind::InvalidData.into()) } else { Ok(chunk) };
            std::future::ready(heard)
        });
        let constraints = Constraints::new().size_limit(sizes);
        Ok(Self { limits, parts: Multipart::with_constraints(bytes, boundary, constraints), silence })
    }

    async fn read(mut self, batch: usize) -> Result<RequestBody, MalformedRequest> {
        let operations = self.text("operations").await?;
        let mut body = RequestBody::from_json(&operations, batch)?;
        let map = self.text("map").await?;
        let announced = map::apply(&mut body, &map, self.limits.files)?;
        let mut files: Vec<Option<Upload>> = announced.iter().map(|_| None).collect();
        while let Some(field) = self.next().await? {
            let position = announced.iter().position(|file| Some(file.part.as_str()) == field.name());
            // A part that the map does not know concerns nobody.
            let Some(position) = position else { continue };
            if files[position].is_some() {
                return Err(MalformedRequest::Form(format!("the file `{}` comes twice", announced[position].part)));
            }
            let token = Arc::clone(&announced[position].token);
            files[position] = Some(spool::keep(field, token, &self.silence, self.limits).await?);
        }
        self.distribute(&mut body, &announced, &files)?;
        Ok(body)
    }

    fn distribute(
        &self,
        body: &mut RequestBody,
        announced: &[Announced],
        files: &[Option<Upload>],
    ) -> Result<(), MalformedRequest> {
        if let Some((missing, _)) = announced.iter().zip(files).find(|(_, file)| file.is_none()) {
            return Err(MalformedRequest::Form(format!("the file `{}` is missing", missing.part)));
        }
        let operations = match body {
            RequestBody::Single(parameters) => std::slice::from_mut(&mut **parameters),
            RequestBody::Batch(batch) => batch,
        };
        for (number, parameters) in operations.iter_mut().enumerate() {
            let own = |file: &&Announced| file.places.iter().any(|(operation, _)| *operation == number);
            let mine = announced.iter().zip(files).filter(|(file, _)| own(file));
            let kept: Vec<Upload> = mine.filter_map(|(_, upload)| upload.clone()).collect();
            if kept.is_empty() {
                continue;
            }
            let places = announced.iter().flat_map(|file| &file.places);
            let places = places.filter(|(operation, _)| *operation == number).map(|(_, place)| place.clone()).collect();
            let scalar = Arc::clone(&self.limits.scalar);
            parameters.uploads = Some(Box::new(OperationUploads { files: Uploads::new(kept), places, scalar }));
        }
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Field<'static>>, MalformedRequest> {
        self.silence.store(0, Ordering::Relaxed);
        self.parts.next_field().await.map_err(|error| malformed(&error, self.limits))
    }

    /// The next part, which must be this one: files cannot be placed before it is known where.
    async fn text(&mut self, name: &str) -> Result<Vec<u8>, MalformedRequest> {
        let field = self.next().await?.filter(|field| field.name() == Some(name));
        let order = || MalformedRequest::Form(format!("`{name}` is missing; send `operations`, `map`, then the files"));
        let mut field = field.ok_or_else(order)?;
        let mut text = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(|error| malformed(&error, self.limits))? {
            self.silence.store(0, Ordering::Relaxed);
            text.extend_from_slice(&chunk);
        }
        Ok(text)
    }
}

/// What is wrong with a form, in the client's terms.
fn malformed(error: &multer::Error, limits: &UploadLimits) -> MalformedRequest {
    let too_large = |limit: u64| MalformedRequest::TooLarge { limit: usize::try_from(limit).unwrap_or(usize::MAX) };
    match error {
        multer::Error::FieldSizeExceeded { limit, .. } => too_large(*limit),
        multer::Error::StreamSizeExceeded { .. } => too_large(limits.request_bytes),
        multer::Error::StreamReadFailed(_) => {
            MalformedRequest::Form("it broke off, or the head of a part does not end".to_owned())
        }
        other => MalformedRequest::Form(other.to_string()),
    }
}
