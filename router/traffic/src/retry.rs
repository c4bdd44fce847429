//! Tries queries again when there is reason to hope; mutations never, as they might take effect twice.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use cloudphone_execution::{CallNotes, SubgraphError};
use cloudphone_planning::OperationKind;
use http::{StatusCode, header};
use tokio::time::{sleep, timeout};

use crate::attempt::{Answer, Attempt, Events, Layer};
use crate::measures::Measures;
use crate::policy::RetryPolicy;

pub(crate) struct Retry<L> {
    inner: L,
    policy: RetryPolicy,
    /// The longest that all tries together may take.
    timeout: Duration,
    measures: Arc<Measures>,
}

impl<L: Layer> Retry<L> {
    pub(crate) fn new(inner: L, policy: RetryPolicy, timeout: Duration, measures: Arc<Measures>) -> Self {
        Self { inner, policy, timeout, measures }
    }

    pub(crate) fn inner(&self) -> &L {
        &self.inner
    }

    async fn tries(&self, attempt: &Attempt) -> Answer {
        let mut retry = 0;
        loop {
            let answer = self.inner.call(attempt).await;
            let Some(asked_for) = hope(&answer, attempt.has_others()) else { return answer };
            if retry >= self.policy.retries {
                return answer;
            }
            let pause = self.policy.backoff.wait(retry).max(asked_for);
            // A pause that outlasts the caller's patience only delays the bad news.
            if pause >= attempt.request.context.time_left(self.timeout) {
                return answer;
            }
            sleep(pause).await;
            self.measures.retries.increment(1);
            retry += 1;
            // The span is that of the whole fetch (OpenTelemetry semantic conventions for HTTP).
            tracing::Span::current().record("http.request.resend_count", retry);
            if let Some(notes) = CallNotes::of(&attempt.request) {
                notes.tried_again();
            }
        }
    }
}

impl<L: Layer> Layer for Retry<L> {
    async fn call(&self, attempt: &Attempt) -> Answer {
        // Entities after a mutation are asked for by a query, which is as harmless as any.
        if attempt.request.kind != OperationKind::Query || self.policy.retries == 0 {
            return self.inner.call(attempt).await;
        }
        timeout(self.timeout, self.tries(attempt)).await.unwrap_or(Err(SubgraphError::Timeout))
    }

    /// Before its first event a subscription has shown nothing, so that it may begin elsewhere.
    async fn subscribe(&self, attempt: &Attempt) -> Result<Events, SubgraphError> {
        let mut retry = 0;
        loop {
            let error = match self.inner.subscribe(attempt).await {
                Err(error) if retry < self.policy.retries && is_gone(&error, attempt.has_others()) => error,
                settled => return settled,
            };
            let pause = self.policy.backoff.wait(retry);
            tracing::debug!(%error, ?pause, "a subscription is tried again");
            sleep(pause).await;
            self.measures.retries.increment(1);
            retry += 1;
        }
    }
}

/// Whether nobody was there who could answer.
fn is_gone(error: &SubgraphError, has_others: bool) -> bool {
    match error {
        SubgraphError::Unreachable(_) => true,
        // Connecting has taken its whole time, which is a part of the call's: the rest may do for another instance.
        SubgraphError::Timeout => has_others,
        _ => false,
    }
}

/// Whether another try may do better, and the pause that the subgraph asks for before it.
fn hope(answer: &Answer, has_others: bool) -> Option<Duration> {
    match answer {
        Err(error) if is_gone(error, has_others) => Some(Duration::ZERO),
        Err(SubgraphError::Status { status, retry_after }) => {
            let passing = StatusCode::from_u16(*status).is_ok_and(may_pass);
            passing.then(|| retry_after.as_deref().and_then(retry_after_pause).unwrap_or_default())
        }
        Ok(response) if may_pass(response.status) => {
            let told = response.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            Some(told.and_then(retry_after_pause).unwrap_or_default())
        }
        Ok(_) | Err(_) => None,
    }
}

fn may_pass(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// RFC 9110 §10.2.3: seconds, or a date.
fn retry_after_pause(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = DateTime::parse_from_rfc2822(value.trim()).ok()?;
    Some((at.to_utc() - Utc::now()).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_a_date() {
        assert_eq!(retry_after_pause("7"), Some(Duration::from_secs(7)));
        assert_eq!(retry_after_pause("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        let soon = (Utc::now() + chrono::TimeDelta::seconds(90)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        assert!(retry_after_pause(&soon).is_some_and(|pause| pause > Duration::from_mins(1)));
        assert_eq!(retry_after_pause("soon"), None);
    }

    #[test]
    fn only_what_may_pass_gives_hope() {
        let status = |status| Err(SubgraphError::Status { status, retry_after: Some("2".into()) });
        for has_others in [false, true] {
            assert_eq!(hope(&status(503), has_others), Some(Duration::from_secs(2)));
            assert_eq!(hope(&status(500), has_others), None);
            assert_eq!(hope(&status(404), has_others), None);
            assert_eq!(hope(&Err(SubgraphError::CircuitOpen), has_others), None);
        }
        let late = Err(SubgraphError::Timeout);
        assert_eq!(hope(&late, false), None, "nobody waits twice as long for one that does not answer");
        assert_eq!(hope(&late, true), Some(Duration::ZERO), "another one may");
    }
}
