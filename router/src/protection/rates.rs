//! How often one may ask: quotas by person, key or address over windows of time, shared by all replicas.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use cloudphone_cache::{Balance, Charge, Engine, Quota};
use cloudphone_core::{Origin, Subject};
use moka::sync::Cache;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::time::timeout;

use super::holder::network;
use crate::authentication::Principal;
use crate::gateway::{OperationKind, Prepared, Scope};
use crate::pipeline::{Headers, Rejection};

/// Those who have used up their quota and are remembered for it, so that more of theirs costs next to nothing.
const REFUSED_CAPACITY: u64 = 10_000;
/// How long the shared counts are left alone after they did not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// What happens while the shared counts do not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenUnreachable {
    /// Each process counts for itself.
    #[default]
    CountHere,
    /// Nobody is counted.
    Allow,
    /// Nobody is served.
    Refuse,
}

/// The quotas; a list without entries does not limit.
#[derive(Clone, Debug, Default)]
pub struct RateRules {
    /// Operations of a person or an API key.
    pub callers: Vec<Quota>,
    /// The same for those whose credential names one of these tiers.
    pub tiers: HashMap<Arc<str>, Vec<Quota>>,
    /// Subscriptions that a person, a key or an address begins; they count here instead.
    pub subscriptions: Vec<Quota>,
    /// Operations of an address without credentials.
    pub addresses: Vec<Quota>,
    /// Calls of the fields by which one signs in, beside those above.
    pub sign_in: Vec<Quota>,
    /// Those fields of the mutation type. Called several times in one operation, they count as often.
    pub sign_in_fields: HashSet<String>,
    /// What happens while the shared counts do not answer.
    pub when_unreachable: WhenUnreachable,
    /// How long the shared counts may take.
    pub timeout: Duration,
}

/// Who has asked how often, in an engine that replicas may share; it outlives the rules.
pub struct RateCounts {
    shared: Engine,
    /// In place of the shared one while that does not answer.
    own: Engine,
    paused_until: Mutex<Option<Instant>>,
    refused: Cache<String, Refused>,
}

impl RateCounts {
    /// Counts in `engine`.
    pub fn new(engine: Engine) -> Arc<Self> {
        let refused = Cache::builder().max_capacity(REFUSED_CAPACITY).time_to_live(Duration::from_mins(1)).build();
        Arc::new(Self { shared: engine, own: Engine::in_process(), paused_until: Mutex::default(), refused })
    }
}

/// Counts operations and refuses those beyond the rules.
pub struct RateLimits {
    rules: RateRules,
    counts: Arc<RateCounts>,
}

#[derive(Clone)]
struct Refused {
    until: Instant,
    headers: Headers,
}

/// A kind of quota.
#[derive(Clone, PartialEq, Eq)]
enum Tier {
    Callers,
    /// By a name that the configuration knows.
    Named(Arc<str>),
    Addresses,
    Subscriptions,
    SignIn,
}

impl Tier {
    /// Its name in headers and metrics.
    fn name(&self) -> &str {
        match self {
            Self::Callers => "callers",
            Self::Named(name) => name,
            Self::Addresses => "addresses",
            Self::Subscriptions => "subscriptions",
            Self::SignIn => "sign-in",
        }
    }

    /// Its name among the counts, where no name of the configuration can be taken for another kind.
    fn key(&self) -> String {
        match self {
            Self::Named(name) => format!("tier-{name}"),
            tier => tier.name().to_owned(),
        }
    }
}

impl RateLimits {
    /// Goes on with what was counted by other rules.
    pub fn new(rules: RateRules, counts: Arc<RateCounts>) -> Self {
        // They were refused by rules that may have been stricter.
        counts.refused.invalidate_all();
        Self { rules, counts }
    }

    /// Refuses those at once who are known to have used up their quota, before anything is spent on their documents.
    pub(crate) fn stand(&self, scope: &Scope, document: &str) -> Result<(), Rejection> {
        let now = Instant::now();
        let key = refused_key(&subject(scope), begins_as_subscription(document));
        match self.counts.refused.get(&key).filter(|refused| refused.until > now) {
            Some(refused) => Err(refusal(refused.until - now, refused.headers, &scope.origin)),
            None => Ok(()),
        }
    }

    /// Counts an operation; without `prepared` one whose document or variables do not fit. Gives the headers that tell how
    /// the quotas stand.
    pub(crate) async fn charge(
        &self,
        scope: &Scope,
        document: &str,
        prepared: Option<&Prepared>,
    ) -> Result<Headers, Rejection> {
        let subject = subject(scope);
        let subscribes = prepared.is_some_and(|prepared| prepared.kind() == OperationKind::Subscription);
        let claims = begins_as_subscription(document);
        let sign_ins = prepared.map_or(0, |prepared| self.sign_ins(prepared));
        let mut due: Vec<(Tier, &[Quota], u32)> = Vec::new();
        if !subscribes {
            let (tier, quotas) = self.general(scope);
            due.push((tier, quotas, 1));
        }
        // What only looks like a subscription counts as both, so that nobody is better off for it.
        if subscribes || claims {
            due.push((Tier::Subscriptions, &self.rules.subscriptions, 1));
        }
        if sign_ins > 0 {
            due.push((Tier::SignIn, &self.rules.sign_in, sign_ins));
        }
        let charges = due.into_iter().flat_map(|(tier, quotas, amount)| {
            let subject = &subject;
            quotas.iter().map(move |quota| {
                let key = format!("rate:{{{subject}}}:{}:{}", tier.key(), quota.window.as_secs());
                (tier.clone(), Charge { key, quota: *quota, amount })
            })
        });
        let charges: Vec<(Tier, Charge)> = charges.collect();
        if charges.is_empty() {
            return Ok(Headers::new());
        }
        let (tiers, charges): (Vec<Tier>, Vec<Charge>) = charges.into_iter().unzip();
        let balances = self.balances(&charges, &scope.origin).await?;
        let headers = told(&tiers, &charges, &balances);
        let mut exceeded = tiers.iter().zip(&balances).filter(|(_, balance)| !balance.fits).peekable();
        if exceeded.peek().is_none() {
            return Ok(headers);
        }
        let mut wait = Duration::ZERO;
        for (tier, balance) in exceeded {
            metrics::counter!("cloudphone_graphql_rate_limited_total", "tier" => tier.name().to_owned()).increment(1);
            wait = wait.max(balance.enough_in);
            if *tier != Tier::SignIn {
                let refused = Refused { until: Instant::now() + balance.enough_in, headers: headers.clone() };
                self.counts.refused.insert(refused_key(&subject, *tier == Tier::Subscriptions), refused);
            }
        }
        Err(refusal(wait, headers, &scope.origin))
    }

    /// The quotas for all that is no subscription.
    fn general(&self, scope: &Scope) -> (Tier, &[Quota]) {
        let Some(caller) = &scope.caller else { return (Tier::Addresses, &self.rules.addresses) };
        match caller.tier().and_then(|name| self.rules.tiers.get_key_value(name)) {
            Some((name, quotas)) => (Tier::Named(Arc::clone(name)), quotas),
            None => (Tier::Callers, &self.rules.callers),
        }
    }

    fn sign_ins(&self, prepared: &Prepared) -> u32 {
        if prepared.kind() != OperationKind::Mutation || self.rules.sign_in_fields.is_empty() {
            return 0;
        }
        let fields = prepared.operation.root_fields();
        let calls = fields.into_iter().filter(|field| self.rules.sign_in_fields.contains(*field)).count();
        u32::try_from(calls).unwrap_or(u32::MAX)
    }

    async fn balances(&self, charges: &[Charge], origin: &Origin) -> Result<Vec<Balance>, Rejection> {
        let paused = self.counts.paused_until.lock().is_some_and(|until| until > Instant::now());
        if !paused {
            match timeout(self.rules.timeout, self.counts.shared.charge(charges)).await {
                Ok(Ok(balances)) => return Ok(balances),
                Ok(Err(error)) => tracing::warn!(%error, "the shared rate limits do not answer"),
                Err(_) => tracing::warn!("the shared rate limits take too long to answer"),
            }
            *self.counts.paused_until.lock() = Some(Instant::now() + PAUSE);
            metrics::counter!("cloudphone_graphql_rate_limits_unreachable_total").increment(1);
        }
        match self.rules.when_unreachable {
            WhenUnreachable::CountHere => Ok(self.counts.own.charge(charges).await.unwrap_or_default()),
            WhenUnreachable::Allow => Ok(Vec::new()),
            WhenUnreachable::Refuse => {
                let message = "Requests cannot be counted right now; try again in a moment.";
                let rejection = Rejection::new("SERVICE_UNAVAILABLE", message, origin);
                let headers = retry_after(Headers::new(), PAUSE);
                Err(rejection.with_status(StatusCode::SERVICE_UNAVAILABLE).with_headers(headers))
            }
        }
    }
}

/// Whose quota an operation is charged to.
fn subject(scope: &Scope) -> String {
    match &scope.caller {
        Some(Principal::Platform(caller)) => match &caller.subject {
            Subject::User { user_id, .. } => format!("user:{user_id}"),
            Subject::ApiKey { api_key_id, .. } => format!("key:{api_key_id}"),
            Subject::Service { name } => format!("service:{name}"),
        },
        Some(Principal::Foreign(caller)) => {
            let (issuer, subject) = (&*caller.identity.issuer, &caller.identity.subject);
            // With its length, as a name may have any characters.
            format!("foreign:{}:{issuer}:{subject}", issuer.len())
        }
        None => format!("address:{}", network(scope.origin.address.as_deref())),
    }
}

/// By which those are remembered who have used up a quota.
fn refused_key(subject: &str, of_subscriptions: bool) -> String {
    format!("{}{subject}", if of_subscriptions { "subscriptions:" } else { "" })
}

/// Whether a document looks like a subscription, by its first word (specification, section 2.1: what is ignored before it).
fn begins_as_subscription(document: &str) -> bool {
    let mut rest = document;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',', '\u{feff}']);
        match rest.strip_prefix('#') {
            Some(comment) => rest = comment.split_once(['\n', '\r']).map_or("", |(_, after)| after),
            None => return rest.starts_with("subscription"),
        }
    }
}

/// Of the headers beside several answers those that tell of the least that is left.
pub(crate) fn tightest(headers: impl IntoIterator<Item = Headers>) -> Headers {
    headers.into_iter().min_by_key(left).unwrap_or_default()
}

/// The least that headers say is left; what says nothing comes last.
fn left(headers: &Headers) -> (bool, u64) {
    let waits = headers.iter().any(|(name, _)| *name == header::RETRY_AFTER);
    let limits =
        headers.iter().find(|(name, _)| name.as_str() == "ratelimit").and_then(|(_, value)| value.to_str().ok());
    let numbers = limits.unwrap_or_default().split(';').filter_map(|part| part.strip_prefix("r=")?.parse::<u64>().ok());
    (!waits, numbers.min().unwrap_or(u64::MAX))
}

/// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
fn told(tiers: &[Tier], charges: &[Charge], balances: &[Balance]) -> Headers {
    let (mut policies, mut limits) = (Vec::new(), Vec::new());
    for ((tier, charge), balance) in tiers.iter().zip(charges).zip(balances) {
        let (name, window) = (tier.name(), charge.quota.window.as_secs());
        policies.push(format!("\"{name}-{window}\";q={};w={window}", charge.quota.requests));
        let reset = whole_seconds(balance.full_in);
        limits.push(format!("\"{name}-{window}\";r={};t={reset}", balance.remaining));
    }
    let mut headers = Headers::new();
    for (name, members) in [("ratelimit-policy", policies), ("ratelimit", limits)] {
        if let Ok(value) = HeaderValue::try_from(members.join(", "))
            && !members.is_empty()
        {
            headers.push((HeaderName::from_static(name), value));
        }
    }
    headers
}

fn refusal(wait: Duration, headers: Headers, origin: &Origin) -> Rejection {
    let seconds = whole_seconds(wait).max(1);
    let message = format!("Too many requests; try again in {seconds} seconds.");
    // Where there are no headers, as on WebSockets, this tells when to come back.
    let more = [("retryAfterSeconds", Value::from(seconds))];
    let rejection = Rejection::detailed("RATE_LIMITED", &message, origin, more);
    rejection.with_status(StatusCode::TOO_MANY_REQUESTS).with_headers(retry_after(headers, wait))
}

/// RFC 9110 §10.2.3.
fn retry_after(mut headers: Headers, wait: Duration) -> Headers {
    headers.push((header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait).max(1))));
    headers
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_known_by_its_first_word() {
        for document in ["subscription { a }", "\u{feff} ,\n# query\n#\r\nsubscription S{a}", "subscription"] {
            assert!(begins_as_subscription(document), "{document:?}");
        }
        for document in ["", "{ subscription }", "query subscription { a }", "# subscription", "fragment F on A { a }"]
        {
            assert!(!begins_as_subscription(document), "{document:?}");
        }
    }

    #[test]
    fn of_several_headers_the_tightest_are_told() {
        let limit = |text: &'static str| (HeaderName::from_static("ratelimit"), HeaderValue::from_static(text));
        let many = vec![limit("\"callers-60\";r=50;t=1, \"callers-1\";r=9;t=1")];
        let few = vec![limit("\"callers-60\";r=5;t=1")];
        let none = retry_after(vec![limit("\"callers-60\";r=7;t=1")], Duration::from_secs(3));
        assert_eq!(tightest([many.clone(), few.clone()]), few);
        assert_eq!(tightest([many, none.clone(), few, Headers::new()]), none);
        assert_eq!(tightest([]), Headers::new());
    }

    #[test]
    fn one_household_has_one_quota_however_many_addresses_it_has() {
        assert_eq!(network(Some("2001:db8:1:2::1")), network(Some("2001:db8:1:2:ffff::9")));
        assert_ne!(network(Some("2001:db8:1:2::1")), network(Some("2001:db8:1:3::1")));
        assert_eq!(network(Some("::ffff:192.0.2.1")), network(Some("192.0.2.1")));
        assert_ne!(network(Some("192.0.2.1")), network(Some("192.0.2.2")));
    }
}
