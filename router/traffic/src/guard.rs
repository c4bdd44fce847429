//! Keeps time and the circuit breaker of one subgraph; while the breaker is open, it asks by itself whether the subgraph is back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudphone_core::CorrelationId;
use cloudphone_execution::{RequestContext, SubgraphError, SubgraphRequest};
use cloudphone_planning::OperationKind;
use cloudphone_resilience::{Breaker, BreakerState};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::attempt::{Answer, Attempt, Events, Layer, Verdict, verdict, verdict_of_error};
use crate::measures::Measures;
use crate::policy::Policy;

/// The longest that a probe may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);
/// A subgraph that worked for so many intervals between probes before it failed again was really back.
const STEADY: u32 = 10;

pub(crate) struct Guard<L> {
    inner: L,
    subgraph: Arc<str>,
    breaker: Breaker,
    timeout: Duration,
    probe_interval: Duration,
    open_for: Duration,
    opened: Notify,
    measures: Arc<Measures>,
}

impl<L: Layer> Guard<L> {
    pub(crate) fn new(inner: L, subgraph: Arc<str>, policy: &Policy, measures: Arc<Measures>) -> Self {
        measures.breaker(BreakerState::Closed);
        Self {
            inner,
            subgraph,
            breaker: Breaker::new(policy.breaker),
            timeout: policy.timeout,
            probe_interval: policy.probe_interval,
            open_for: policy.breaker.open_for,
            opened: Notify::new(),
            measures,
        }
    }

    pub(crate) fn inner(&self) -> &L {
        &self.inner
    }

    pub(crate) fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Tells of the state after somebody changed it by hand.
    pub(crate) fn changed_by_hand(&self) {
        let state = self.breaker.state();
        tracing::warn!(subgraph = &*self.subgraph, to = state.name(), "the circuit breaker was set by hand");
        self.measures.breaker(state);
    }

    fn admit(&self, request: &SubgraphRequest) -> Result<Admission<'_, L>, SubgraphError> {
        if !self.breaker.admit() {
            return Err(SubgraphError::CircuitOpen);
        }
        let began = Instant::now();
        let deadline = request.context.deadline.map_or(began + self.timeout, |end| end.min(began + self.timeout));
        Ok(Admission { guard: self, deadline, settled: false })
    }

    fn settle(&self, verdict: Verdict) {
        let success = match verdict {
            Verdict::Well => true,
            Verdict::Unwell => false,
            Verdict::Unknown => return self.breaker.abandon(),
        };
        let before = self.breaker.state();
        self.breaker.record(success);
        let after = self.breaker.state();
        if before == after {
            return;
        }
        tracing::warn!(subgraph = &*self.subgraph, from = before.name(), to = after.name(), "circuit breaker changed");
        self.measures.breaker(after);
        if after == BreakerState::Open {
            self.opened.notify_one();
        }
    }

    /// Whenever the breaker opens, asks until the subgraph answers again, so that its return is used at once. Where answers are not
    /// to be believed, because real work failed again soon after and the subgraph was never seen away, each next trial waits twice as
    /// long; a subgraph that is really lost, however often, is used again as soon as it answers.
    pub(crate) async fn probe_while_open(&self) {
        let mut wait = self.probe_interval;
        let mut closed_at: Option<Instant> = None;
        loop {
            self.opened.notified().await;
            // A trial that failed tells of it too, long after which the breaker may have closed.
            if self.breaker.state() == BreakerState::Closed {
                continue;
            }
            let relapsed = closed_at.is_some_and(|at| at.elapsed() < self.probe_interval * STEADY);
            wait = if relapsed { self.longer(wait) } else { self.probe_interval };
            let mut opened_at = Instant::now();
            loop {
                sleep(self.probe_interval).await;
                let snapshot = self.breaker.snapshot();
                if snapshot.state == BreakerState::Closed || snapshot.forced {
                    break;
                }
                if !self.answers().await {
                    wait = self.probe_interval;
                    continue;
                }
                if opened_at.elapsed() < wait {
                    continue;
                }
                self.let_try().await;
                match self.breaker.state() {
                    BreakerState::Closed => break,
                    BreakerState::HalfOpen => {}
                    BreakerState::Open => {
                        wait = self.longer(wait);
                        opened_at = Instant::now();
                    }
                }
            }
            closed_at = Some(Instant::now());
        }
    }

    fn longer(&self, wait: Duration) -> Duration {
        (wait * 2).min(self.open_for)
    }

    /// Ends the open time and brings the successes that close the breaker, unless callers do.
    async fn let_try(&self) {
        self.breaker.let_try();
        self.measures.breaker(self.breaker.state());
        while self.breaker.state() == BreakerState::HalfOpen && self.breaker.admit() {
            let answers = self.answers().await;
            self.settle(if answers { Verdict::Well } else { Verdict::Unwell });
        }
    }

    async fn answers(&self) -> bool {
        let request = probe(&self.subgraph);
        let answer = timeout(PROBE_TIMEOUT.min(self.timeout), self.inner.call(&Attempt::new(request))).await;
        answer.is_ok_and(|answer| answer.is_ok() && verdict(&answer) == Verdict::Well)
    }
}

/// The smallest question that every GraphQL service answers.
pub(crate) fn probe(subgraph: &Arc<str>) -> SubgraphRequest {
    SubgraphRequest {
        subgraph: Arc::clone(subgraph),
        query: "{__typename}".into(),
        operation_name: None,
        variables: "{}".into(),
        kind: OperationKind::Query,
        position: None,
        context: Arc::new(RequestContext::new(CorrelationId::new().to_string())),
    }
}

impl<L: Layer> Layer for Guard<L> {
    async fn call(&self, attempt: &Attempt) -> Answer {
        let admission = self.admit(&attempt.request)?;
        let began = Instant::now();
        let left = attempt.request.context.time_left(self.timeout);
        let answer = timeout(left, self.inner.call(attempt)).await.unwrap_or(Err(SubgraphError::Timeout));
        self.measures.tried(&answer, began.elapsed());
        admission.settle(verdict(&answer));
        answer
    }

    async fn subscribe(&self, attempt: &Attempt) -> Result<Events, SubgraphError> {
        let admission = self.admit(&attempt.request)?;
        let events = timeout(self.timeout, self.inner.subscribe(attempt)).await.unwrap_or(Err(SubgraphError::Timeout));
        admission.settle(events.as_ref().err().map_or(Verdict::Well, verdict_of_error));
        events
    }
}

/// Tells the breaker how a call went, also when nobody waited for its end.
struct Admission<'a, L: Layer> {
    guard: &'a Guard<L>,
    deadline: Instant,
    settled: bool,
}

impl<L: Layer> Admission<'_, L> {
    fn settle(mut self, verdict: Verdict) {
        self.settled = true;
        self.guard.settle(verdict);
    }
}

impl<L: Layer> Drop for Admission<'_, L> {
    fn drop(&mut self) {
        if !self.settled {
            // Whoever waited until the last moment has seen the subgraph fail; who left before has seen nothing.
            let late = Instant::now() >= self.deadline;
            self.guard.settle(if late { Verdict::Unwell } else { Verdict::Unknown });
        }
    }
}
