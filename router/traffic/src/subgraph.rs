//! One subgraph with all that stands before it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use cloudphone_execution::{SubgraphError, SubgraphEvent, SubgraphRequest, SubgraphResponse, SubgraphService};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::attempt::{Attempt, Layer as _};
use crate::bulkhead::Bulkhead;
use crate::deduplicate::{Changes, Deduplicate};
use crate::guard::Guard;
use crate::headers::{AnswerHeaders, AnswerRules};
use crate::instances::{Instance, Instances, watch};
use crate::measures::Measures;
use crate::retry::Retry;
use crate::status::{BreakerReport, InstanceReport, PoolReport};
use crate::traffic::Destination;

type Layers = Deduplicate<Retry<Guard<Bulkhead<Arc<Instances>>>>>;

/// A subgraph elsewhere, with its instances, its circuit breaker and its rules; its work behind the scenes ends when it is dropped and
/// the last of its streams is over.
pub struct Subgraph {
    layers: Layers,
    instances: Arc<Instances>,
    answers: Arc<AnswerRules>,
    alive: Arc<DropGuard>,
}

impl Subgraph {
    /// Begins to look for instances and to watch them; must be called within a runtime.
    pub(crate) fn start(name: &str, destination: Destination, changes: Changes) -> Result<Self, SubgraphError> {
        let Destination { source, policy, decorator, answer_rules, connect } = destination;
        let name: Arc<str> = Arc::from(name);
        let measures = Arc::new(Measures::new(&name));
        let instances = Arc::new(Instances::new(Arc::clone(&name), connect, &policy, Arc::clone(&measures)));
        instances.exchange(source.at_first())?;
        if !source.is_looked_up() {
            instances.settled();
        }
        let bulkhead =
            Bulkhead::new(Arc::clone(&instances), policy.max_concurrent, policy.max_wait, Arc::clone(&measures));
        let guard = Guard::new(bulkhead, Arc::clone(&name), &policy, Arc::clone(&measures));
        let retry = Retry::new(guard, policy.retry, policy.timeout, Arc::clone(&measures));
        let layers = Deduplicate::new(retry, decorator, policy.deduplicate, changes, measures);
        let alive = CancellationToken::new();
        let probing = Arc::clone(layers.inner());
        background(&alive, async move { probing.inner().probe_while_open().await });
        background(&alive, source.follow(Arc::clone(&instances), Arc::clone(&name)));
        if policy.health_check.enabled {
            background(&alive, watch(Arc::clone(&instances), name, policy.health_check));
        }
        Ok(Self { layers, instances, answers: answer_rules, alive: Arc::new(alive.drop_guard()) })
    }

    fn guard(&self) -> &Guard<Bulkhead<Arc<Instances>>> {
        self.layers.inner().inner()
    }

    /// The circuit breaker at this moment.
    pub fn breaker(&self) -> BreakerReport {
        let snapshot = self.guard().breaker().snapshot();
        BreakerReport {
            state: snapshot.state.name(),
            forced: snapshot.forced,
            volume: snapshot.volume,
            failures_in_a_row: snapshot.failures_in_a_row,
            successes_in_a_row: snapshot.successes_in_a_row,
        }
    }

    /// Closes the circuit breaker, whatever it has seen.
    pub fn reset_breaker(&self) {
        self.guard().breaker().reset();
        self.guard().changed_by_hand();
    }

    /// Opens the circuit breaker until it is reset.
    pub fn force_breaker_open(&self) {
        self.guard().breaker().force_open();
        self.guard().changed_by_hand();
    }

    /// The calls at this moment.
    pub fn pool(&self) -> PoolReport {
        let (in_flight, waiting, max_concurrent) = self.guard().inner().load();
        let instances = self.instances.current().iter().map(|instance| report(instance)).collect();
        PoolReport { in_flight, waiting, max_concurrent, instances }
    }
}

fn report(instance: &Instance) -> InstanceReport {
    let mut url = instance.found.place.url.clone();
    // An error says that this kind of URL has no credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    InstanceReport {
        url: url.into(),
        address: instance.found.place.address.map(|address| address.to_string()),
        healthy: instance.is_healthy(),
        weight: instance.found.weight,
        in_flight: instance.in_flight.load(Ordering::Relaxed),
        streams: instance.streams.load(Ordering::Relaxed),
        calls: instance.calls.load(Ordering::Relaxed),
        failures: instance.failures.load(Ordering::Relaxed),
        metadata: instance.found.metadata.clone(),
    }
}

fn background(alive: &CancellationToken, work: impl Future<Output = ()> + Send + 'static) {
    let work = alive.clone().run_until_cancelled_owned(work);
    tokio::spawn(async move {
        work.await;
    });
}

#[async_trait]
impl SubgraphService for Subgraph {
    async fn execute(&self, request: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError> {
        let answered = request.context.extensions.get::<AnswerHeaders>().cloned();
        let response = self.layers.call(&Attempt::new(request)).await?;
        if let Some(answered) = answered {
            self.answers.take(&response.headers, &answered);
        }
        Ok(response)
    }

    async fn subscribe(&self, request: SubgraphRequest) -> Result<BoxStream<'static, SubgraphEvent>, SubgraphError> {
        let events = self.layers.subscribe(&Attempt::new(request)).await?;
        // A stream that outlives a reload still has to learn of other instances.
        let alive = Arc::clone(&self.alive);
        Ok(events.inspect(move |_| _ = &alive).boxed())
    }
}
