//! Puts the authority's word into effect at every step of a client's way.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use dashmap::DashMap;
use parking_lot::Mutex;
use rmqtt::codec::v5::{PublishAckReason, SubscribeAckReason};
use rmqtt::context::ServerContext;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType, Type};
use rmqtt::session::Session;
use rmqtt::types::{
    AuthResult, ConnectInfo, Id, LastWill, Publish, PublishAclResult, PublishResult, QoS, SubscribeAclResult,
};

use crate::authority::{Authority, ConnectRequest, Principal, Refusal};
use crate::rate::{Bucket, Verdict};
use crate::statistics::Counters;
use crate::tap::Tapped;

/// A connected client.
pub(crate) struct Client {
    pub(crate) principal: Principal,
    pub(crate) id: Id,
    bucket: Option<Mutex<Bucket>>,
}

/// What the hooks share.
pub(crate) struct Gate {
    authority: Arc<dyn Authority>,
    /// Connected clients by client id.
    pub(crate) clients: DashMap<String, Arc<Client>>,
    pub(crate) counters: Counters,
    pub(crate) tapped: OnceLock<Tapped>,
    /// How long a sender may wait until its message is kept.
    keeping: Duration,
}

impl Gate {
    pub(crate) fn new(authority: Arc<dyn Authority>, keeping: Duration) -> Arc<Self> {
        let (clients, counters) = (DashMap::new(), Counters::new());
        Arc::new(Self { authority, clients, counters, tapped: OnceLock::new(), keeping })
    }

    /// Stands between the broker and its clients from now on.
    pub(crate) async fn install(self: &Arc<Self>, context: &ServerContext) {
        let register = context.extends.hook_mgr().register();
        for step in [
            Type::ClientAuthenticate,
            Type::ClientDisconnected,
            Type::ClientSubscribeCheckAcl,
            Type::MessagePublishCheckAcl,
            Type::MessageDropped,
        ] {
            register.add(step, Box::new(Hook(Arc::clone(self)))).await;
        }
        register.start().await;
    }

    async fn authenticate(&self, info: &ConnectInfo) -> AuthResult {
        let request = ConnectRequest {
            client_id: info.client_id(),
            username: info.username().map(|name| &**name),
            password: info.password().map(|password| &**password),
            address: info.ipaddress(),
        };
        let verified = self.authority.authenticate(request).await;
        // The broker publishes a will without asking again, so the right to it is looked at here.
        let verified = verified.and_then(|principal| match will_topic(info) {
            Some(topic) if !principal.may_publish(topic) => Err(Refusal::NotAuthorized),
            _ => Ok(principal),
        });
        match verified {
            Ok(principal) => {
                let bucket = principal.messages_per_second.map(|rate| Mutex::new(Bucket::new(rate, Instant::now())));
                let client = Client { principal, id: info.id().clone(), bucket };
                self.clients.insert(info.client_id().to_string(), Arc::new(client));
                self.counters.connected(self.clients.len());
                AuthResult::Allow(false, None)
            }
            Err(refusal) => {
                self.counters.refused_connections.add_one();
                match refusal {
                    Refusal::BadCredentials => AuthResult::BadUsernameOrPassword,
                    Refusal::NotAuthorized => AuthResult::NotAuthorized,
                }
            }
        }
    }

    fn client(&self, session: &Session) -> Option<Arc<Client>> {
        self.clients.get(&*session.id.client_id).map(|client| Arc::clone(&client))
    }

    async fn publish(&self, session: &Session, message: &Publish) -> PublishAclResult {
        let Some(client) = self.client(session) else { return PublishAclResult::rejected(true, None) };
        if !client.principal.may_publish(&message.topic) {
            self.counters.refused_publishes.add_one();
            return PublishAclResult::rejected(false, None);
        }
        let is_answered = message.qos != QoS::AtMostOnce;
        if is_answered {
            self.slow_down(&client).await;
        } else if let Some(refusal) = self.limit(&client) {
            return refusal;
        }
        self.counters.accepted.add_one();
        let Some(tapped) = self.tapped.get().filter(|tapped| tapped.takes(&message.topic)) else {
            return PublishAclResult::allow();
        };
        if !is_answered {
            tapped.tap.receive(&message.topic, &message.payload);
            return PublishAclResult::allow();
        }
        let keeping = tapped.tap.keep(&message.topic, &message.payload);
        if let Ok(Ok(())) = tokio::time::timeout(self.keeping, keeping).await {
            return PublishAclResult::allow();
        }
        self.counters.withheld.add_one();
        // A PUBACK is final whatever its reason code (MQTT 5 §4.4), and MQTT 3.1.1 has no code at all: only a connection that ends
        // without one makes a device send the message again.
        let reason = PublishAckReason::ImplementationSpecificError;
        PublishAclResult(PublishResult::reason_code(reason, Some("the message could not be kept".into()), true))
    }

    /// Without an answer a message may be dropped: its sender did not ask to know.
    fn limit(&self, client: &Client) -> Option<PublishAclResult> {
        let verdict = client.bucket.as_ref().map_or(Verdict::Pass, |bucket| bucket.lock().take(Instant::now()));
        if verdict == Verdict::Pass {
            return None;
        }
        self.counters.rate_limited.add_one();
        let reason = Some("message rate exceeded".into());
        Some(PublishAclResult::rejected(verdict == Verdict::Disconnect, reason))
    }

    /// What is acknowledged must not have been dropped. Its sender waits instead, for nothing more is read from it meanwhile.
    async fn slow_down(&self, client: &Client) {
        let pause = client.bucket.as_ref().map_or(Duration::ZERO, |bucket| bucket.lock().reserve(Instant::now()));
        if !pause.is_zero() {
            self.counters.slowed.add_one();
            tokio::time::sleep(pause).await;
        }
    }

    fn subscribe(&self, session: &Session, filter: &str) -> Option<SubscribeAclResult> {
        let allowed = self.client(session).is_some_and(|client| client.principal.may_subscribe(filter));
        if allowed {
            return None;
        }
        self.counters.refused_subscriptions.add_one();
        Some(SubscribeAclResult::new_failure(SubscribeAckReason::NotAuthorized))
    }
}

struct Hook(Arc<Gate>);

#[async_trait]
impl Handler for Hook {
    async fn hook(&self, parameter: &Parameter, accumulated: Option<HookResult>) -> ReturnType {
        let gate = &self.0;
        match parameter {
            Parameter::ClientAuthenticate(info) => (false, Some(HookResult::AuthResult(gate.authenticate(info).await))),
            Parameter::ClientDisconnected(session, _) => {
                // A client that took over its own id must not lose its rights with the old connection.
                gate.clients
                    .remove_if(&*session.id.client_id, |_, client| client.id.create_time == session.id.create_time);
                gate.counters.connected(gate.clients.len());
                (true, accumulated)
            }
            Parameter::MessagePublishCheckAcl(session, publish) => {
                (false, Some(HookResult::PublishAclResult(gate.publish(session, publish).await)))
            }
            Parameter::ClientSubscribeCheckAcl(session, subscribe) => {
                match gate.subscribe(session, &requested_filter(subscribe)) {
                    Some(refusal) => (false, Some(HookResult::SubscribeAclResult(refusal))),
                    None => (true, accumulated),
                }
            }
            Parameter::MessageDropped(..) => {
                gate.counters.dropped.add_one();
                (true, accumulated)
            }
            _ => (true, accumulated),
        }
    }
}

fn will_topic(info: &ConnectInfo) -> Option<&str> {
    Some(match info.last_will()? {
        LastWill::V3(will) => &will.topic,
        LastWill::V5(will) => &will.topic,
    })
}

fn requested_filter(subscribe: &rmqtt::types::Subscribe) -> String {
    subscribe.topic_filter.to_string()
}
