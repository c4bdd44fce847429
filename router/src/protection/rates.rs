//! How often one may ask: quotas by person, key or address over windows of time, shared by all replicas.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use cloudphone_cache::{Balance, Charge, Engine, Quota};
use cloudphone_core::{Origin, Subject};
use moka::sync::Cache;
use parking_lot::Mutex;
use tokio::time::timeout;

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

/// A kind of quota, with its name in headers.
#[derive(Clone, Copy)]
enum Tier {
    Callers,
    Addresses,
    SignIn,
}

impl Tier {
    fn name(self) -> &'static str {
        match self {
            Self::Callers => "callers",
            Self::Addresses => "addresses",
            Self::SignIn => "sign-in",
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
    pub(crate) fn stand(&self, scope: &Scope) -> Result<(), Rejection> {
        let now = Instant::now();
        match self.counts.refused.get(&subject(scope).1).filter(|refused| refused.until > now) {
            Some(refused) => Err(refusal(refused.until - now, refused.headers, &scope.origin)),
            None => Ok(()),
        }
    }

    /// Counts an operation; without `prepared` one whose document or variables do not fit. Gives the headers that tell how
    /// the quotas stand.
    pub(crate) async fn charge(&self, scope: &Scope, prepared: Option<&Prepared>) -> Result<Headers, Rejection> {
        let (tier, subject) = subject(scope);
        let quotas = match tier {
            Tier::Callers => &self.rules.callers,
            _ => &self.rules.addresses,
        };
        let sign_ins = prepared.map_or(0, |prepared| self.sign_ins(prepared));
        let sign_in = if sign_ins > 0 { self.rules.sign_in.as_slice() } else { &[] };
        let charges: Vec<(Tier, Charge)> = quotas
            .iter()
            .map(|quota| (tier, *quota, 1))
            .chain(sign_in.iter().map(|quota| (Tier::SignIn, *quota, sign_ins)))
            .map(|(tier, quota, amount)| {
                let key = format!("rate:{{{subject}}}:{}:{}", tier.name(), quota.window.as_secs());
                (tier, Charge { key, quota, amount })
            })
            .collect();
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
        let mut general = false;
        for (tier, balance) in exceeded {
            metrics::counter!("cloudphone_graphql_rate_limited_total", "tier" => tier.name()).increment(1);
            wait = wait.max(balance.enough_in);
            general |= !matches!(tier, Tier::SignIn);
        }
        if general {
            let refused = Refused { until: Instant::now() + wait, headers: headers.clone() };
            self.counts.refused.insert(subject, refused);
        }
        Err(refusal(wait, headers, &scope.origin))
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
fn subject(scope: &Scope) -> (Tier, String) {
    match &scope.caller {
        Some(Principal::Platform(caller)) => match &caller.subject {
            Subject::User { user_id, .. } => (Tier::Callers, format!("user:{user_id}")),
            Subject::ApiKey { api_key_id, .. } => (Tier::Callers, format!("key:{api_key_id}")),
            Subject::Service { name } => (Tier::Callers, format!("service:{name}")),
        },
        Some(Principal::Foreign(caller)) => {
            let (issuer, subject) = (&*caller.identity.issuer, &caller.identity.subject);
            // With its length, as a name may have any characters.
            (Tier::Callers, format!("foreign:{}:{issuer}:{subject}", issuer.len()))
        }
        None => (Tier::Addresses, format!("address:{}", network(scope.origin.address.as_deref()))),
    }
}

/// An IPv4 address, or the /64 of an IPv6 one, of which one household has all.
fn network(address: Option<&str>) -> String {
    match address.and_then(|address| address.parse::<IpAddr>().ok()).map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [first, second, third, fourth, ..] = address.segments();
            format!("{first:x}:{second:x}:{third:x}:{fourth:x}::/64")
        }
        None => "unknown".to_owned(),
    }
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
    let rejection = Rejection::new("RATE_LIMITED", &message, origin);
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
    fn one_household_has_one_quota_however_many_addresses_it_has() {
        assert_eq!(network(Some("2001:db8:1:2::1")), network(Some("2001:db8:1:2:ffff::9")));
        assert_ne!(network(Some("2001:db8:1:2::1")), network(Some("2001:db8:1:3::1")));
        assert_eq!(network(Some("::ffff:192.0.2.1")), network(Some("192.0.2.1")));
        assert_ne!(network(Some("192.0.2.1")), network(Some("192.0.2.2")));
    }
}
