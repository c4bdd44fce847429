//! The settings of the identity domain, with their defaults.

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that an operator can choose about accounts and sessions.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What a new password must be like.
    pub password: PasswordPolicy,
    /// How dear a guess of a password is.
    pub hashing: HashingCost,
    /// When an account closes itself against guessing.
    pub lockout: LockoutPolicy,
    /// How long sessions and tokens live.
    pub session: SessionLimits,
    /// Days until a new key signs access tokens.
    pub signing_key_days: u32,
    /// Whether anybody may open an account and an organisation.
    pub registration_open: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            password: PasswordPolicy::default(),
            hashing: HashingCost::default(),
            lockout: LockoutPolicy::default(),
            session: SessionLimits::default(),
            signing_key_days: 90,
            registration_open: true,
        }
    }
}

/// What a new password must be like.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each is a rule that an operator switches by itself")]
pub struct PasswordPolicy {
    /// Fewest characters.
    pub minimum_length: usize,
    /// Whether it needs an upper-case letter.
    pub upper_case: bool,
    /// Whether it needs a lower-case letter.
    pub lower_case: bool,
    /// Whether it needs a digit.
    pub digit: bool,
    /// Whether it needs a character that is neither letter nor digit.
    pub special: bool,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { minimum_length: 8, upper_case: true, lower_case: true, digit: true, special: true }
    }
}

/// Parameters of argon2id; the defaults are the first choice of the OWASP password storage guide.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HashingCost {
    /// Memory of one hash in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes of the memory.
    pub lanes: u32,
    /// Hashes computed at the same time; more wait.
    pub concurrency: usize,
    /// Milliseconds that a hash waits for its turn before the answer is "try again".
    pub queue_timeout_ms: u64,
}

impl Default for HashingCost {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1, concurrency: 4, queue_timeout_ms: 5_000 }
    }
}

/// When an account closes itself against guessing.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LockoutPolicy {
    /// Failed sign-ins in a row that lock the account.
    pub failures: u32,
    /// Seconds that the lock lasts.
    pub lock_seconds: u64,
    /// Refused sign-ins answer at a whole multiple of this many milliseconds, so that the time tells nothing.
    pub refusal_step_ms: u64,
}

impl Default for LockoutPolicy {
    fn default() -> Self {
        Self { failures: 5, lock_seconds: 900, refusal_step_ms: 250 }
    }
}

/// How long sessions and tokens live.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SessionLimits {
    /// Seconds without use after which a session ends.
    pub idle_seconds: u64,
    /// Seconds after which a session ends however busy it is.
    pub absolute_seconds: u64,
    /// Seconds that an access token is good for.
    pub access_token_seconds: u64,
    /// Seconds that a refresh token is good for; the session's own limits still hold.
    pub refresh_token_seconds: u64,
    /// Days that ended sessions are kept to recognise known clients.
    pub history_days: u32,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            idle_seconds: 1_800,
            absolute_seconds: 86_400,
            access_token_seconds: 900,
            refresh_token_seconds: 604_800,
            history_days: 90,
        }
    }
}

/// A configured number of seconds as a span of time; more than a century counts as a century.
pub(crate) fn seconds(count: u64) -> TimeDelta {
    const CENTURY: i64 = 100 * 365 * 86_400;
    TimeDelta::seconds(i64::try_from(count).unwrap_or(CENTURY).min(CENTURY))
}

impl Settings {
    /// One sentence for each setting that cannot work, under the given name of the part.
    pub fn problems(&self, part: &str) -> Vec<String> {
        let (hashing, session) = (&self.hashing, &self.session);
        let rules = [
            (self.signing_key_days >= 1, "signing_key_days", "must be at least 1"),
            (self.password.minimum_length >= 1, "password.minimum_length", "must be at least 1"),
            (self.password.minimum_length <= 256, "password.minimum_length", "must be at most 256"),
            (hashing.concurrency >= 1, "hashing.concurrency", "must be at least 1"),
            (hashing.passes >= 1, "hashing.passes", "must be at least 1"),
            (hashing.lanes >= 1, "hashing.lanes", "must be at least 1"),
            // RFC 9106 §3.1: eight blocks of one KiB for each lane.
            (hashing.memory_kib >= hashing.lanes.saturating_mul(8), "hashing.memory_kib", "must be 8 for each lane"),
            (self.lockout.failures >= 1, "lockout.failures", "must be at least 1"),
            (session.access_token_seconds >= 1, "session.access_token_seconds", "must be at least 1"),
            (session.refresh_token_seconds >= 1, "session.refresh_token_seconds", "must be at least 1"),
            (session.absolute_seconds >= 1, "session.absolute_seconds", "must be at least 1"),
            (session.idle_seconds >= 120, "session.idle_seconds", "must be at least 120: use is noted by the minute"),
        ];
        let broken = rules.into_iter().filter(|(holds, ..)| !holds);
        broken.map(|(_, name, rule)| format!("{part}.{name} {rule}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_work_and_every_problem_is_named() {
        assert_eq!(Settings::default().problems("identity"), Vec::<String>::new());
        let mut settings = Settings::default();
        settings.lockout.failures = 0;
        settings.session.idle_seconds = 60;
        let problems = settings.problems("identity");
        assert_eq!(problems.len(), 2);
        assert!(problems[0].starts_with("identity.lockout.failures "));
    }
}
