//! The instances of a subgraph at this moment, and calls to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use cloudphone_execution::subgraphs::recovery::Recovery;
use cloudphone_execution::{CallNotes, SubgraphError, SubgraphRequest};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::balance::{Balancing, Turns};
use super::following::{Following, Streaming};
use super::health::HealthCheck;
use super::instance::{Busy, Connect, Instance, Weighted};
use crate::attempt::{Answer, Attempt, Events, Layer, Verdict, verdict, verdict_of_error};
use crate::measures::Measures;
use crate::policy::Policy;

pub(crate) struct Instances {
    subgraph: Arc<str>,
    current: ArcSwap<Vec<Arc<Instance>>>,
    /// Held while the instances are exchanged.
    exchange: Mutex<()>,
    /// Whether the first look for them is over.
    found: watch::Sender<bool>,
    next_number: AtomicU64,
    connect: Connect,
    balancing: Balancing,
    health: HealthCheck,
    recovery: Recovery,
    turns: Turns,
    measures: Arc<Measures>,
}

impl Instances {
    pub(crate) fn new(subgraph: Arc<str>, connect: Connect, policy: &Policy, measures: Arc<Measures>) -> Self {
        Self {
            subgraph,
            current: ArcSwap::default(),
            exchange: Mutex::default(),
            found: watch::Sender::new(false),
            next_number: AtomicU64::new(0),
            connect,
            balancing: policy.balancing,
            health: policy.health_check,
            recovery: policy.recovery.clone(),
            turns: Turns::default(),
            measures,
        }
    }

    pub(crate) fn current(&self) -> Arc<Vec<Arc<Instance>>> {
        self.current.load_full()
    }

    /// Puts other instances in place. Those that stay keep their connections and what is known of their health; calls to those
    /// that go may finish.
    pub(crate) fn exchange(&self, found: Vec<Weighted>) -> Result<(), SubgraphError> {
        let _alone = self.exchange.lock();
        let before = self.current();
        let mut now: Vec<Arc<Instance>> = Vec::with_capacity(found.len());
        for found in found {
            if now.iter().any(|instance| instance.found.place == found.place) {
                continue;
            }
            let known = before.iter().find(|instance| instance.found.place == found.place);
            now.push(match known {
                Some(known) if known.found == found => Arc::clone(known),
                Some(known) => Arc::new(known.retold(found)),
                None => {
                    let service = (self.connect)(&found.place)?;
                    let meters = Arc::new(self.measures.instance(&found.place.name()));
                    Arc::new(Instance::new(self.next_number.fetch_add(1, Ordering::Relaxed), found, service, meters))
                }
            });
        }
        let places = |instances: &[Arc<Instance>]| -> Vec<_> {
            instances.iter().map(|instance| instance.found.place.clone()).collect()
        };
        if places(&before) != places(&now) {
            tracing::info!(
                subgraph = &*self.subgraph,
                instances = now.len(),
                "the instances of a subgraph are others now"
            );
        }
        self.current.store(Arc::new(now));
        self.count();
        Ok(())
    }

    /// Somebody was asked where the instances are, and told it or did not.
    pub(crate) fn looked_up(&self, found: bool) {
        self.measures.looked_up(found);
    }

    /// Says that what is known now is the answer, even if it is nobody.
    pub(crate) fn settled(&self) {
        self.found.send_replace(true);
    }

    /// Whoever calls before the first look is over waits for it, within the limits of the call.
    async fn first_look(&self) {
        if !*self.found.borrow() {
            // An error says that nobody looks any more.
            let _ = self.found.subscribe().wait_for(|over| *over).await;
        }
    }

    /// Takes in news of an instance.
    pub(super) fn hear(&self, instance: &Instance, well: bool) {
        if instance.hear(well, self.health.failures_to_fall, self.health.successes_to_rise) {
            let place = &instance.found.place;
            tracing::warn!(subgraph = &*self.subgraph, url = %place.url, address = ?place.address, well, "an instance's health changed");
            self.count();
        }
    }

    fn count(&self) {
        let current = self.current();
        let healthy = current.iter().filter(|instance| instance.is_healthy()).count();
        self.measures.instances(healthy, current.len() - healthy);
    }

    /// A healthy instance that was not asked yet, as far as there is one. When none is healthy, all may be tried: being wrong about
    /// all of them is more likely than gaining anything by asking nobody.
    pub(super) fn choose(&self, asked: &[u64]) -> Result<Arc<Instance>, SubgraphError> {
        let all = self.current.load();
        if let [only] = all.as_slice() {
            return Ok(Arc::clone(only));
        }
        let keep = |wanted: &dyn Fn(&Instance) -> bool| -> Vec<Arc<Instance>> {
            all.iter().filter(|instance| wanted(instance)).cloned().collect()
        };
        let is_new = |instance: &Instance| !asked.contains(&instance.number);
        let ranks: [&dyn Fn(&Instance) -> bool; 4] =
            [&|instance| instance.is_healthy() && is_new(instance), &is_new, &Instance::is_healthy, &|_| true];
        ranks
            .iter()
            .find_map(|wanted| self.turns.choose(self.balancing, &keep(*wanted)))
            .ok_or_else(|| SubgraphError::Unavailable("no instance of it is known".to_owned()))
    }

    /// The same for a call, which takes note of it.
    fn choose_for(&self, attempt: &Attempt) -> Result<Arc<Instance>, SubgraphError> {
        let asked = attempt.asked();
        let chosen = self.choose(&asked)?;
        let is_other = |instance: &Arc<Instance>| {
            instance.number != chosen.number && instance.is_healthy() && !asked.contains(&instance.number)
        };
        attempt.note(chosen.number, self.current.load().iter().any(is_other));
        Ok(chosen)
    }

    /// Asks an instance to stream, and takes in what that says of it.
    pub(super) async fn subscribe_at(
        &self,
        instance: Arc<Instance>,
        request: SubgraphRequest,
    ) -> Result<Streaming, SubgraphError> {
        let events = instance.service.subscribe(request).await;
        self.settle(&instance, events.as_ref().err().map_or(Verdict::Well, verdict_of_error));
        Ok(Streaming::new(instance, events?))
    }

    /// When to look for a lost source of events.
    pub(super) fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    fn settle(&self, instance: &Instance, verdict: Verdict) {
        instance.meters.tried(verdict);
        match verdict {
            Verdict::Well => {
                // Only its checks make an instance healthy again: some answers may still get through.
                if instance.is_healthy() {
                    self.hear(instance, true);
                }
            }
            Verdict::Unwell => {
                instance.failures.fetch_add(1, Ordering::Relaxed);
                if self.health.enabled && instance.is_healthy() && self.current.load().len() > 1 {
                    self.hear(instance, false);
                }
            }
            Verdict::Unknown => {}
        }
    }
}

impl Layer for Arc<Instances> {
    async fn call(&self, attempt: &Attempt) -> Answer {
        self.first_look().await;
        let instance = self.choose_for(attempt)?;
        instance.calls.fetch_add(1, Ordering::Relaxed);
        if let Some(notes) = CallNotes::of(&attempt.request) {
            notes.goes_to(instance.found.place.name());
        }
        let _busy = Busy::new(&instance.in_flight);
        let answer = instance.service.execute(attempt.request.clone()).await;
        self.settle(&instance, verdict(&answer));
        answer
    }

    async fn subscribe(&self, attempt: &Attempt) -> Result<Events, SubgraphError> {
        self.first_look().await;
        let instance = self.choose_for(attempt)?;
        let source = self.subscribe_at(instance, attempt.request.clone()).await?;
        Ok(Following::stream(Arc::clone(self), attempt.request.clone(), source))
    }
}
