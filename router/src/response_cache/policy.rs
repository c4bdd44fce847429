//! How long an answer may be kept and by whom it may be seen: HTTP's rules (RFC 9111) joined with those of the schema.

use std::time::Duration;

use axum::http::{HeaderMap, header};

/// Request headers that the router sends alike for everybody, so that an answer that varies by them varies by nothing.
const CONSTANT: [&str; 6] = [
    "accept",
    "accept-encoding",
    "content-type",
    "origin",
    "access-control-request-method",
    "access-control-request-headers",
];

/// For whom an answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Circle {
    #[default]
    Unsaid,
    Everybody,
    Requester,
}

/// What a subgraph's answer says about keeping it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// It may not be kept.
    forbids: bool,
    /// How long it is fresh from now on.
    max_age: Option<Duration>,
    circle: Circle,
    /// It depends on headers of the request.
    varies: bool,
}

impl Told {
    /// Reads an answer's headers.
    pub(super) fn by(headers: &HeaderMap) -> Self {
        let mut told = Self::default();
        let (mut max_age, mut shared_max_age, mut has_broken_age) = (None, None, false);
        for directive in listed(headers, &header::CACHE_CONTROL) {
            let (name, value) =
                directive.split_once('=').map_or((directive, None), |(name, value)| (name, Some(value)));
            // A delta-seconds value that cannot be read is stale (RFC 9111 §4.2.1).
            let seconds = || value.and_then(|value| value.trim().trim_matches('"').parse::<u64>().ok());
            match name.trim().to_ascii_lowercase().as_str() {
                "no-store" | "no-cache" => told.forbids = true,
                "public" if told.circle == Circle::Unsaid => told.circle = Circle::Everybody,
                // Even when it names fields: we keep bodies, and treat all of it as private.
                "private" => told.circle = Circle::Requester,
                "max-age" => {
                    max_age = seconds();
                    has_broken_age |= max_age.is_none();
                }
                "s-maxage" => {
                    shared_max_age = seconds();
                    has_broken_age |= shared_max_age.is_none();
                }
                _ => {}
            }
        }
        // A shared cache heeds `s-maxage` first (RFC 9111 §5.2.2.10); what is already old is fresh for less long (§4.2.3).
        let age = headers.get(header::AGE).and_then(|age| age.to_str().ok()).and_then(|age| age.trim().parse().ok());
        let lifetime: Option<u64> = shared_max_age.or(max_age);
        told.max_age = lifetime.map(|seconds| Duration::from_secs(seconds.saturating_sub(age.unwrap_or(0))));
        // A cookie is meant for one client at one moment.
        told.forbids |= has_broken_age || headers.contains_key(header::SET_COOKIE);
        for name in listed(headers, &header::VARY) {
            told.forbids |= name == "*";
            told.varies |= !CONSTANT.contains(&name.to_ascii_lowercase().as_str());
        }
        told
    }
}

/// Whether answers cannot differ by this header unless a rule forwards it.
pub(super) fn is_constant(name: &str) -> bool {
    CONSTANT.contains(&name)
}

fn listed<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).into_iter();
    values.flat_map(|value| value.to_str().unwrap_or("no-store").split(',').map(str::trim).filter(|it| !it.is_empty()))
}

/// What the rules of the schema say about one fetch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hint {
    /// Some part may never be kept.
    pub forbids: bool,
    /// How long all parts may be kept; none when nothing is said of some part.
    pub max_age: Option<Duration>,
    /// All parts that say how long say besides that everybody may see them.
    pub public: bool,
    /// Some part is for its caller alone.
    pub private: bool,
}

/// How an answer is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keeping {
    pub lifetime: Duration,
    /// For everybody, or for whoever asks with the same identity and headers.
    pub public: bool,
}

/// Joins both: the stricter wins. `identified` tells whether the request says who asks.
pub(super) fn decide(hint: Hint, told: Told, identified: bool, longest: Duration) -> Option<Keeping> {
    if hint.forbids || told.forbids {
        return None;
    }
    let lifetime = match (hint.max_age, told.max_age) {
        (Some(hinted), Some(said)) => hinted.min(said),
        (one, other) => one.or(other)?,
    };
    let private = hint.private || told.circle == Circle::Requester;
    // Those who do not say who they are cannot be told apart, so nothing private is kept for them.
    if lifetime.is_zero() || (private && !identified) {
        return None;
    }
    let public = !private && !told.varies && (hint.public || told.circle == Circle::Everybody);
    Some(Keeping { lifetime: lifetime.min(longest), public })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn told(headers: &[(&'static str, &'static str)]) -> Told {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Told::by(&headers.collect())
    }

    fn kept(headers: &[(&'static str, &'static str)], identified: bool) -> Option<(u64, bool)> {
        let keeping = decide(Hint::default(), told(headers), identified, DAY)?;
        Some((keeping.lifetime.as_secs(), keeping.public))
    }

    #[test]
    fn an_answer_is_kept_as_long_and_for_whom_it_says() {
        assert_eq!(kept(&[], true), None, "silence keeps nothing");
        assert_eq!(kept(&[("cache-control", "max-age=60")], true), Some((60, false)));
        assert_eq!(kept(&[("cache-control", "Public , Max-Age=60")], true), Some((60, true)));
        assert_eq!(kept(&[("cache-control", "public, max-age=60, s-maxage=5")], true), Some((5, true)));
        assert_eq!(kept(&[("cache-control", "max-age=60"), ("age", "59")], true), Some((1, false)));
        assert_eq!(kept(&[("cache-control", "max-age=60"), ("age", "60")], true), None);
        assert_eq!(kept(&[("cache-control", "public, max-age=999999999")], true), Some((86_400, true)));
    }

    #[test]
    fn what_forbids_keeping_is_heeded_wherever_it_stands() {
        for header in ["no-store", "max-age=60, no-cache", "public, max-age=soon", "max-age=60, max-age=-1"] {
            assert_eq!(kept(&[("cache-control", header)], true), None, "{header}");
        }
        assert_eq!(kept(&[("cache-control", "public, max-age=60"), ("set-cookie", "a=b")], true), None);
        assert_eq!(kept(&[("cache-control", "public, max-age=60"), ("vary", "*")], true), None);
        assert_eq!(kept(&[("cache-control", "public, max-age=60"), ("cache-control", "no-store")], true), None);
    }

    #[test]
    fn what_is_private_or_varies_is_never_everybodys() {
        assert_eq!(kept(&[("cache-control", "private, public, max-age=60")], true), Some((60, false)));
        assert_eq!(kept(&[("cache-control", "private, max-age=60")], false), None, "nobody to keep it for");
        assert_eq!(kept(&[("cache-control", "public, max-age=60"), ("vary", "Cookie")], true), Some((60, false)));
        assert_eq!(
            kept(&[("cache-control", "public, max-age=60"), ("vary", "Accept, origin")], true),
            Some((60, true))
        );
    }

    #[test]
    fn of_two_rules_the_stricter_wins() {
        let hint = Hint { max_age: Some(Duration::from_secs(30)), public: true, ..Hint::default() };
        let said = told(&[("cache-control", "max-age=60")]);
        assert_eq!(decide(hint, said, true, DAY), Some(Keeping { lifetime: Duration::from_secs(30), public: true }));
        assert_eq!(decide(Hint { private: true, ..hint }, said, true, DAY).map(|keeping| keeping.public), Some(false));
        assert_eq!(decide(Hint { forbids: true, ..hint }, said, true, DAY), None);
        assert_eq!(decide(hint, told(&[("cache-control", "no-store")]), true, DAY), None);
        assert_eq!(decide(hint, Told::default(), false, DAY).map(|keeping| keeping.lifetime.as_secs()), Some(30));
    }
}
