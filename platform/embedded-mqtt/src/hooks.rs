//! Puts the authority's word into effect at every step of a client's way.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use dashmap::DashMap;
use parking_lot::Mutex;
use rmqtt::codec::v5::SubscribeAckReason;
use rmqtt::context::ServerContext;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType, Type};
use rmqtt::session::Session;
use rmqtt::types::{AuthResult, ConnectInfo, Id, PublishAclResult, SubscribeAclResult};

use crate::authority::{Authority, ConnectRequest, Principal, Refusal};
use crate::rate::{Bucket, Verdict};
use crate::statistics::Counters;

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
}

impl Gate {
    pub(crate) fn new(authority: Arc<dyn Authority>) -> Arc<Self> {
        Arc::new(Self { authority, clients: DashMap::new(), counters: Counters::new() })
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
        match self.authority.authenticate(request).await {
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

    fn publish(&self, session: &Session, topic: &str) -> PublishAclResult {
        let Some(client) = self.client(session) else { return PublishAclResult::rejected(true, None) };
        if !client.principal.may_publish(topic) {
            self.counters.refused_publishes.add_one();
            return PublishAclResult::rejected(false, None);
        }
        let verdict = client.bucket.as_ref().map_or(Verdict::Pass, |bucket| bucket.lock().take(Instant::now()));
        match verdict {
            Verdict::Pass => {
                self.counters.accepted.add_one();
                PublishAclResult::allow()
            }
            Verdict::Drop | Verdict::Disconnect => {
                self.counters.rate_limited.add_one();
                PublishAclResult::rejected(verdict == Verdict::Disconnect, Some("message rate exceeded".into()))
            }
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
                (false, Some(HookResult::PublishAclResult(gate.publish(session, &publish.topic))))
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

fn requested_filter(subscribe: &rmqtt::types::Subscribe) -> String {
    subscribe.topic_filter.to_string()
}
