//! Documents that clients name instead of sending them: those learnt from clients, and those trusted by the operator.

mod automatic;
mod manifest;
mod trusted;

use axum::http::{HeaderValue, StatusCode, header};
use cloudphone_core::Origin;

pub use automatic::AutomaticDocuments;
pub use manifest::{Manifest, ManifestError};
pub use trusted::{Trust, TrustedDocuments};

use crate::clients::request::GraphQlParameters;
use crate::pipeline::Rejection;
use automatic::sha256;

/// The store that a request's document comes from, or has to be found in.
#[derive(Default)]
pub struct Documents {
    /// Automatic persisted queries; absent: not supported.
    pub automatic: Option<AutomaticDocuments>,
    /// Trusted documents; absent: any document may be sent.
    pub trusted: Option<TrustedDocuments>,
}

/// What is learnt from a request once its document proved to be valid.
#[must_use]
pub(crate) struct Lesson(Option<String>);

impl Documents {
    /// Gives the request its document, and refuses one that may not be run.
    pub(crate) async fn resolve(
        &self,
        parameters: &mut GraphQlParameters,
        origin: &Origin,
    ) -> Result<Lesson, Rejection> {
        let refuse = |refusal: Refusal| refusal.told_to(origin);
        let hash = parameters
            .persisted_query()
            .map_err(|problem| Rejection::new("BAD_REQUEST", problem, origin).with_status(StatusCode::BAD_REQUEST))?;
        let hash = hash.map(str::to_ascii_lowercase);
        let id = parameters.document_id.as_deref().or(hash.as_deref());
        if let Some((trusted, id)) = self.trusted.as_ref().zip(id)
            && let Some(text) = trusted.by_id(id)
        {
            if !parameters.query.is_empty() && *parameters.query != *text {
                return Err(refuse(Refusal::Mismatch));
            }
            (*text).clone_into(&mut parameters.query);
            return Ok(Lesson(None));
        }
        let is_sent = !parameters.query.is_empty();
        if !is_sent {
            parameters.query = self.recall(parameters.document_id.is_some(), hash.as_deref()).await.map_err(refuse)?;
        } else if hash.as_ref().is_some_and(|hash| *hash != sha256(&parameters.query)) {
            return Err(refuse(Refusal::Mismatch));
        }
        if let Some(trusted) = &self.trusted
            && !trusted.admits(&parameters.query)
        {
            return Err(refuse(Refusal::NotTrusted));
        }
        // What was only named is known already; put back, it would outlive its time and the room there is.
        Ok(Lesson(hash.filter(|_| is_sent)))
    }

    /// The document of a hash that came without a text.
    async fn recall(&self, by_id: bool, hash: Option<&str>) -> Result<String, Refusal> {
        let only_trusted = self.trusted.as_ref().is_some_and(TrustedDocuments::is_enforced);
        match (hash, &self.automatic) {
            (None, _) => Err(Refusal::NotInManifest),
            // Sending the text would not help: only what is in the manifest is run.
            (Some(_), _) if by_id || only_trusted => Err(Refusal::NotInManifest),
            (Some(_), None) => Err(Refusal::NotSupported),
            (Some(hash), Some(automatic)) => automatic.get(hash).await.ok_or(Refusal::NotFound),
        }
    }

    /// Keeps the document of a request that proved to be valid.
    pub(crate) async fn learn(&self, lesson: Lesson, document: &str) {
        if let (Some(automatic), Some(hash)) = (&self.automatic, lesson.0) {
            automatic.put(&hash, document).await;
        }
    }
}

/// Why there is no document for a request; the codes are those that Apollo's clients know.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    NotFound,
    NotSupported,
    NotInManifest,
    NotTrusted,
    Mismatch,
}

impl Refusal {
    fn told_to(self, origin: &Origin) -> Rejection {
        let (code, message, status) = match self {
            // Clients look for these two sentences as well as for the codes; the status is not to look like a failure
            // to them (Apollo's protocol for automatic persisted queries).
            Self::NotFound => ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound", StatusCode::OK),
            Self::NotSupported => ("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported", StatusCode::OK),
            Self::NotInManifest => (
                "PERSISTED_QUERY_NOT_IN_LIST",
                "No trusted document has this id; publish it with the client that uses it.",
                StatusCode::BAD_REQUEST,
            ),
            Self::NotTrusted => (
                "QUERY_NOT_IN_SAFELIST",
                "Only trusted documents are run here; this one is not among them.",
                StatusCode::FORBIDDEN,
            ),
            Self::Mismatch => (
                "PERSISTED_QUERY_HASH_MISMATCH",
                "The document is not the one that its hash or id stands for.",
                StatusCode::BAD_REQUEST,
            ),
        };
        // A cache that kept the answer to a GET would keep the client from ever sending the document.
        let headers = vec![(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache, must-revalidate"))];
        Rejection::new(code, message, origin).with_status(status).with_headers(headers)
    }
}
