//! What a client accepts as an answer, and how answers of each media type look (GraphQL over HTTP, section 6).

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

/// The media type of the specification; with it the status tells whether the request was good.
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
/// The older media type; with it a well-formed request is always answered by 200.
const JSON: &str = "application/json";
/// The media type of event streams.
const EVENT_STREAM: &str = "text/event-stream";
/// The media type of multipart streams, of which there are several protocols.
const MULTIPART: &str = "multipart/mixed";

/// The media type of one response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/graphql-response+json`.
    GraphQlResponse,
    /// `application/json`.
    Json,
}

impl MediaType {
    /// The status of a well-formed request whose document or variables are not.
    pub fn status_of_rejection(self) -> StatusCode {
        match self {
            Self::GraphQlResponse => StatusCode::BAD_REQUEST,
            Self::Json => StatusCode::OK,
        }
    }
}

/// How a subscription is written into one response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamFormat {
    /// Server-Sent Events, by the distinct connections mode of graphql-sse.
    EventStream,
    /// `multipart/mixed` with `subscriptionSpec=1.0`, Apollo's protocol.
    Multipart,
}

/// How the client wants its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    /// As one response of this type; none when it takes only streams.
    response: Option<MediaType>,
    /// As a stream of this format.
    pub stream: Option<StreamFormat>,
}

impl Accept {
    /// Reads the header; none when the client accepts nothing of ours.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut best: Option<(f32, MediaType)> = None;
        let mut stream: Option<(f32, StreamFormat)> = None;
        let values = headers.get_all(header::ACCEPT);
        if values.iter().next().is_none() {
            return Some(Self { response: Some(MediaType::Json), stream: None });
        }
        for range in values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
            let (mut weight, mut is_subscription) = (1.0_f32, false);
            for (name, value) in parts.filter_map(|part| part.split_once('=')) {
                match name.trim().to_ascii_lowercase().as_str() {
                    "q" => weight = value.trim().parse().unwrap_or(weight),
                    "subscriptionspec" => is_subscription = value.trim().trim_matches('"') == "1.0",
                    _ => {}
                }
            }
            let mut take_stream = |format| {
                if stream.is_none_or(|(heaviest, _)| weight > heaviest) {
                    stream = Some((weight, format));
                }
            };
            let kind = match essence.as_str() {
                _ if weight <= 0.0 => continue,
                GRAPHQL_RESPONSE => MediaType::GraphQlResponse,
                JSON | "application/*" | "*/*" => MediaType::Json,
                EVENT_STREAM => {
                    take_stream(StreamFormat::EventStream);
                    continue;
                }
                MULTIPART if is_subscription => {
                    take_stream(StreamFormat::Multipart);
                    continue;
                }
                _ => continue,
            };
            if best.is_none_or(|(heaviest, _)| weight > heaviest) {
                best = Some((weight, kind));
            }
        }
        let response = best.map(|(_, kind)| kind);
        let stream = stream.map(|(_, format)| format);
        (stream.is_some() || response.is_some()).then_some(Self { response, stream })
    }

    /// Whether even a single response has to come as a stream of events.
    pub fn only_events(self) -> bool {
        self.response.is_none() && self.stream == Some(StreamFormat::EventStream)
    }

    /// The type of a single response, or of a refusal to a client that takes only streams.
    pub fn media_type(self) -> MediaType {
        self.response.unwrap_or(MediaType::Json)
    }
}

/// A response with its media type.
pub fn answer(media_type: MediaType, status: StatusCode, body: Bytes) -> Response {
    let content_type = match media_type {
        MediaType::GraphQlResponse => "application/graphql-response+json; charset=utf-8",
        MediaType::Json => "application/json; charset=utf-8",
    };
    (status, [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store")], Body::from(body))
        .into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn accept(value: &str) -> Option<Accept> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().unwrap());
        Accept::from_headers(&headers)
    }

    fn response(value: &str) -> Option<MediaType> {
        accept(value).and_then(|accept| accept.response)
    }

    #[test]
    fn the_heaviest_media_type_wins_and_the_first_among_equals() {
        use MediaType::{GraphQlResponse, Json};
        assert_eq!(response("application/graphql-response+json, application/json;q=0.9"), Some(GraphQlResponse));
        assert_eq!(response("application/json;q=0.5, application/graphql-response+json"), Some(GraphQlResponse));
        assert_eq!(response("application/json, application/graphql-response+json"), Some(Json));
        assert_eq!(response("*/*"), Some(Json));
        assert_eq!(response("application/json;q=0"), None);
        assert_eq!(accept("text/html"), None);
        assert_eq!(Accept::from_headers(&HeaderMap::new()).unwrap().response, Some(Json));
    }

    #[test]
    fn a_client_may_take_streams_beside_responses() {
        let events = accept("text/event-stream").unwrap();
        assert!(events.stream == Some(StreamFormat::EventStream) && events.only_events());
        let both = accept("application/json, text/event-stream, multipart/mixed").unwrap();
        assert!(both.stream == Some(StreamFormat::EventStream) && !both.only_events());
    }

    #[test]
    fn a_multipart_stream_is_for_those_who_name_the_protocol() {
        for value in [
            "multipart/mixed;subscriptionSpec=1.0, application/json",
            "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json",
            "multipart/mixed; boundary=\"graphql\"; subscriptionSpec=\"1.0\", application/json, text/event-stream;q=0.5",
        ] {
            assert_eq!(accept(value).unwrap().stream, Some(StreamFormat::Multipart), "{value}");
        }
        assert_eq!(accept("multipart/mixed;deferSpec=20220824, application/json").unwrap().stream, None);
        assert_eq!(accept("multipart/mixed;subscriptionSpec=2.0"), None);
    }
}
