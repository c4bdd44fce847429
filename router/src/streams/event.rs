//! One event of a live stream: encoded once, and put into each transport's frame at most once.

use std::sync::OnceLock;

use bytes::Bytes;
use cloudphone_execution::ExecutionResult;
use serde_json::json;
use tokio::time::Instant;

/// An event as all subscribers of a stream share it.
#[derive(Debug)]
pub struct Event {
    result: ExecutionResult,
    made_at: Instant,
    frame: OnceLock<Bytes>,
    part: OnceLock<Bytes>,
}

impl Event {
    /// An event that is complete from now on.
    pub fn new(result: ExecutionResult) -> Self {
        Self { result, made_at: Instant::now(), frame: OnceLock::new(), part: OnceLock::new() }
    }

    /// The GraphQL response.
    pub fn body(&self) -> &Bytes {
        &self.result.body
    }

    /// Whether the response has errors.
    pub fn has_errors(&self) -> bool {
        !self.result.errors.is_empty()
    }

    /// Whether events may be missing before this one for everybody.
    pub fn follows_gap(&self) -> bool {
        self.result.has_extensions
    }

    /// When it was complete.
    pub fn made_at(&self) -> Instant {
        self.made_at
    }

    /// The same event for somebody who missed what came before it.
    #[must_use]
    pub fn after_gap(&self) -> Self {
        let result = self.result.clone();
        // Nothing but a gap is ever told there.
        let told = result.has_extensions;
        let result = if told { result } else { result.with_extension("subscription", &json!({ "gap": true })) };
        Self { made_at: self.made_at, ..Self::new(result) }
    }

    /// The frame on an event stream of its own, which is the same for all who have one.
    pub fn on_event_stream(&self, frame: impl FnOnce(&[u8]) -> Bytes) -> Bytes {
        self.frame.get_or_init(|| frame(self.body())).clone()
    }

    /// The part of a multipart answer, which is the same for all who have one.
    pub fn as_part(&self, frame: impl FnOnce(&[u8]) -> Bytes) -> Bytes {
        self.part.get_or_init(|| frame(self.body())).clone()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_gap_is_told_once_and_only_to_whom_it_concerns() {
        let event = Event::new(ExecutionResult::refused(Vec::new()));
        let late = event.after_gap();
        let told = |event: &Event| serde_json::from_slice::<Value>(event.body()).unwrap();
        assert_eq!(told(&late)["extensions"], json!({ "subscription": { "gap": true } }));
        assert_eq!(told(&late.after_gap()), told(&late));
        assert_eq!(told(&event)["extensions"], Value::Null);
    }

    #[test]
    fn a_frame_is_made_once() {
        let event = Event::new(ExecutionResult::refused(Vec::new()));
        let first = event.on_event_stream(Bytes::copy_from_slice);
        let second = event.on_event_stream(|_| unreachable!("it is there already"));
        assert_eq!(first.as_ptr(), second.as_ptr());
    }
}
