//! What two fetches must have in common to get the same answer, written out in full: keys are compared byte by byte.

use axum::http::HeaderMap;
use bytes::Bytes;
use cloudphone_core::Caller;
use cloudphone_execution::SubgraphRequest;
use cloudphone_graphql::RequestScope;

use super::policy::is_constant;
use crate::authentication::ForeignCaller;

/// Headers that differ with every request and change no answer.
const TRAILS: [&str; 4] = ["traceparent", "tracestate", "x-request-id", "x-correlation-id"];

/// An entry's whole key. Its parts are written with their lengths, so that no two lists of parts have one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(pub Bytes);

/// Writes a part with its length.
fn part(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// What subgraphs learn of whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requester {
    /// All that may change an answer.
    own: Vec<u8>,
    /// What may change even an answer for everybody.
    shared: Vec<u8>,
    /// Whether it can be told apart from others.
    pub identified: bool,
}

impl Requester {
    /// Reads the request's scope, and the headers that go along with it.
    pub(super) fn of(request: &SubgraphRequest, forwarded: &HeaderMap) -> Self {
        let scope = request.context.extensions.get::<RequestScope>();
        let caller = scope.and_then(|scope| scope.caller.as_ref());
        let foreign = request.context.extensions.get::<ForeignCaller>();
        let mut own = Vec::new();
        if let Some(Caller { subject, tenant_id, permissions, expires_at: _, origin: _ }) = caller {
            let entitlement = serde_json::to_vec(&(subject, tenant_id, permissions));
            part(&mut own, &entitlement.expect("an entitlement is a plain value"));
        } else if let Some(foreign) = foreign {
            part(&mut own, &foreign.identity.entitlement());
        } else {
            part(&mut own, b"");
        }
        let mut headers: Vec<(&str, &[u8])> = forwarded
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .filter(|(name, _)| !TRAILS.contains(name))
            .collect();
        // Values of one name keep their order.
        headers.sort_by_key(|(name, _)| *name);
        let mut shared = Vec::new();
        let mut identified = caller.is_some() || foreign.is_some();
        for (name, value) in headers {
            for out in [Some(&mut own), is_constant(name).then_some(&mut shared)].into_iter().flatten() {
                part(out, name.as_bytes());
                part(out, value);
            }
            identified |= !is_constant(name);
        }
        Self { own, shared, identified }
    }

    /// The key of what is kept for everybody (true) or for this requester.
    pub(super) fn key(&self, public: bool, asked: &[u8]) -> Key {
        let circle = if public { &self.shared } else { &self.own };
        let mut key = Vec::with_capacity(asked.len() + circle.len() + 9);
        key.push(u8::from(public));
        part(&mut key, circle);
        key.extend_from_slice(asked);
        Key(key.into())
    }
}

/// What a root fetch asks for.
pub(super) fn whole(request: &SubgraphRequest) -> Vec<u8> {
    let mut asked = vec![b'w'];
    part(&mut asked, request.subgraph.as_bytes());
    part(&mut asked, request.query.as_bytes());
    part(&mut asked, request.operation_name.as_deref().unwrap_or_default().as_bytes());
    part(&mut asked, &request.variables);
    asked
}

/// What an entity fetch asks of every entity; [`entity`] completes it.
pub(super) fn selection<'v>(
    subgraph: &str,
    text: &str,
    variables: impl Iterator<Item = (&'v str, &'v str)>,
) -> Vec<u8> {
    let mut asked = vec![b'e'];
    part(&mut asked, subgraph.as_bytes());
    part(&mut asked, text.as_bytes());
    for (name, value) in variables {
        part(&mut asked, name.as_bytes());
        part(&mut asked, value.as_bytes());
    }
    // Ends the list of variables, whatever their number.
    asked.push(b'.');
    asked
}

/// What is asked of one entity.
pub(super) fn entity(selection: &[u8], representation: &str) -> Vec<u8> {
    let mut asked = Vec::with_capacity(selection.len() + representation.len() + 8);
    asked.extend_from_slice(selection);
    part(&mut asked, representation.as_bytes());
    asked
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use cloudphone_core::{Origin, Permission, SessionId, Subject, TenantId, UserId};
    use cloudphone_execution::RequestContext;
    use cloudphone_planning::OperationKind;

    use super::*;

    fn request(caller: Option<Caller>) -> SubgraphRequest {
        let mut context = RequestContext::new("id");
        context.extensions.insert(RequestScope { caller, origin: Origin::internal() });
        SubgraphRequest {
            subgraph: Arc::from("a"),
            query: Arc::from("{x}"),
            operation_name: None,
            variables: Bytes::from_static(b"{}"),
            kind: OperationKind::Query,
            position: None,
            context: Arc::new(context),
        }
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn whoever_differs_in_anything_that_subgraphs_learn_has_another_key() {
        let mut caller = Caller::service("x", TenantId::new());
        caller.subject = Subject::User { user_id: UserId::new(), session_id: SessionId::new() };
        caller.permissions = Arc::new([Permission::new("a:read")].into_iter().collect());
        let mut others = vec![caller.clone(); 3];
        others[0].tenant_id = TenantId::new();
        others[1].subject = Subject::User { user_id: caller.user_id().unwrap(), session_id: SessionId::new() };
        others[2].permissions = Arc::new([Permission::new("a:write")].into_iter().collect());
        let key = |caller: Option<Caller>, pairs: &[(&'static str, &'static str)]| {
            Requester::of(&request(caller), &headers(pairs)).key(false, b"asked")
        };
        let own = key(Some(caller.clone()), &[]);
        for other in others {
            assert_ne!(own, key(Some(other), &[]));
        }
        assert_ne!(own, key(None, &[]));
        assert_ne!(own, key(Some(caller.clone()), &[("authorization", "Bearer a")]));
        assert_ne!(key(None, &[("authorization", "Bearer a")]), key(None, &[("authorization", "Bearer b")]));
        assert_ne!(key(None, &[("a", "b"), ("c", "d")]), key(None, &[("a", "bc"), ("c", "d")]));
        assert_eq!(key(None, &[("a", "b"), ("c", "d")]), key(None, &[("c", "d"), ("a", "b")]));
        let later = Caller { expires_at: Some(chrono::Utc::now()), origin: Origin::internal(), ..caller };
        assert_eq!(own, key(Some(later), &[("x-request-id", "7")]), "the trail of a request changes no answer");
    }

    #[test]
    fn everybodys_key_is_one_but_never_equals_somebodys() {
        let one = Requester::of(&request(None), &headers(&[("authorization", "Bearer a")]));
        let two = Requester::of(&request(None), &headers(&[("authorization", "Bearer b")]));
        assert!(one.identified && two.identified);
        assert_eq!(one.key(true, b"asked"), two.key(true, b"asked"));
        let nobody = Requester::of(&request(None), &headers(&[("origin", "https://a.example")]));
        assert!(!nobody.identified);
        assert_ne!(nobody.key(true, b"asked"), one.key(true, b"asked"), "an answer may vary by origin");
        let plain = Requester::of(&request(None), &HeaderMap::new());
        assert_ne!(plain.key(true, b"asked"), plain.key(false, b"asked"));
    }

    #[test]
    fn parts_cannot_run_into_each_other() {
        let variables = |pairs: &[(&'static str, &'static str)]| selection("s", "t", pairs.iter().copied());
        assert_ne!(variables(&[("a", "1"), ("b", "2")]), variables(&[("a", "1b"), ("", "2")]));
        assert_ne!(entity(&variables(&[]), "x"), variables(&[("x", "")]));
    }
}
