//! What a user is, and the rules of accounts: addresses, status and the lock against guessing.

use chrono::{DateTime, Utc};
use cloudphone_core::{TenantId, UserId, Validation};
use diesel::prelude::*;
use serde::Serialize;

use crate::schema::users;
use crate::settings::{LockoutPolicy, seconds};

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub struct User {
    /// The account's id.
    pub id: UserId,
    /// The organisation that the account belongs to.
    pub tenant_id: TenantId,
    /// The address that the person signs in with, in lower case.
    pub email: String,
    /// The name that others see.
    pub display_name: String,
    /// Until when sign-in is refused after too many failures.
    pub locked_until: Option<DateTime<Utc>>,
    /// When the person last signed in.
    pub last_login_at: Option<DateTime<Utc>>,
    /// When an administrator closed the account.
    pub deactivated_at: Option<DateTime<Utc>>,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
}

/// Whether a person can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserStatus {
    /// Yes.
    Active,
    /// No, an administrator has closed the account.
    Deactivated,
    /// Not for a while, after too many failed sign-ins.
    Locked,
}

impl User {
    /// Whether the person can sign in now.
    pub fn status(&self, now: DateTime<Utc>) -> UserStatus {
        if self.deactivated_at.is_some() {
            UserStatus::Deactivated
        } else if self.locked_until.is_some_and(|until| now < until) {
            UserStatus::Locked
        } else {
            UserStatus::Active
        }
    }
}

/// An e-mail address in the one form that accounts are found by.
pub fn normal_email(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Checks an address for the shape `local@domain`; whether it exists only a message can tell.
pub fn check_email(email: &str, path: &str, validation: &mut Validation) {
    let plausible = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && domain
                .split('.')
                .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
    });
    // RFC 5321 §4.5.3.1.3: a path holds 256 characters, two of which are the angle brackets.
    let clean = email.len() <= 254 && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    validation.check(plausible && clean, path, "INVALID_EMAIL", "Enter an e-mail address such as name@example.com.");
}

/// The name that others see has 1 to 100 characters.
pub fn check_display_name(name: &str, path: &str, validation: &mut Validation) {
    validation.length(name, 1, 100, path);
}

/// How often somebody has failed to sign in to an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// Failures in a row.
    pub failures: u32,
    /// Until when the account is locked.
    pub locked_until: Option<DateTime<Utc>>,
}

/// What one attempt to sign in comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The password is right and the account open.
    Granted,
    /// Refused without telling why.
    Refused,
    /// Refused without telling why; this failure has just locked the account.
    RefusedAndLocked,
    /// Refused, and the person, who knows the password, is told of the lock.
    ToldOfLock,
}

impl Guard {
    /// Judges an attempt and gives the guard after it.
    ///
    /// While an account is locked a right password is told about the lock, so that its owner understands; but only until
    /// as many guesses again have failed, or the lock would confirm a guess that the open account had refused to test.
    pub fn judge(self, password_is_right: bool, now: DateTime<Utc>, policy: &LockoutPolicy) -> (Attempt, Self) {
        let limit = policy.failures.max(1);
        let locked = self.locked_until.is_some_and(|until| now < until);
        let before = if self.locked_until.is_some() && !locked { Self::default() } else { self };
        match (locked, password_is_right) {
            (false, true) => (Attempt::Granted, Self::default()),
            (true, true) if before.failures < limit.saturating_mul(2) => (Attempt::ToldOfLock, before),
            (true, _) => (Attempt::Refused, Self { failures: before.failures.saturating_add(1), ..before }),
            (false, false) => {
                let failures = before.failures + 1;
                if failures < limit {
                    (Attempt::Refused, Self { failures, locked_until: None })
                } else {
                    let locked_until = Some(now + seconds(policy.lock_seconds));
                    (Attempt::RefusedAndLocked, Self { failures, locked_until })
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono::TimeDelta;
    use cloudphone_core::CodedError;
    use proptest::prelude::*;

    fn after(policy: &LockoutPolicy, now: DateTime<Utc>, failures: u32) -> Guard {
        (0..failures).fold(Guard::default(), |guard, _| guard.judge(false, now, policy).1)
    }

    #[test]
    fn the_fifth_failure_locks_and_time_opens() {
        let (policy, now) = (LockoutPolicy::default(), Utc::now());
        let fourth = after(&policy, now, 4);
        assert_eq!(fourth.locked_until, None);
        let (attempt, locked) = fourth.judge(false, now, &policy);
        assert_eq!(attempt, Attempt::RefusedAndLocked);
        assert_eq!(locked.judge(true, now, &policy).0, Attempt::ToldOfLock);
        assert_eq!(locked.judge(false, now, &policy).0, Attempt::Refused);
        let later = now + TimeDelta::seconds(900);
        assert_eq!(locked.judge(true, later, &policy), (Attempt::Granted, Guard::default()));
        assert_eq!(locked.judge(false, later, &policy).1, Guard { failures: 1, locked_until: None });
    }

    #[test]
    fn success_forgets_failures() {
        let (policy, now) = (LockoutPolicy::default(), Utc::now());
        assert_eq!(after(&policy, now, 4).judge(true, now, &policy), (Attempt::Granted, Guard::default()));
    }

    proptest! {
        #[test]
        fn a_lock_never_confirms_more_guesses_than_it_took_to_lock(guesses in 10_u32..200) {
            let (policy, now) = (LockoutPolicy::default(), Utc::now());
            let guard = after(&policy, now, guesses);
            prop_assert_eq!(guard.judge(true, now, &policy).0, Attempt::Refused);
        }
    }

    #[test]
    fn addresses_have_one_form() {
        assert_eq!(normal_email("  Ann@Example.COM "), "ann@example.com");
        let accepted = |email: &str| {
            let mut validation = Validation::new();
            check_email(email, "email", &mut validation);
            validation.finish().is_ok()
        };
        assert!(accepted("ann.lee+test@mail.example.com"));
        for wrong in
            ["", "ann", "@example.com", "ann@", "ann@example", "ann lee@example.com", "ann@exa..mple.com", "a@b@c.d"]
        {
            assert!(!accepted(wrong), "{wrong}");
        }
        let mut validation = Validation::new();
        check_email("nobody", "email", &mut validation);
        assert_eq!(validation.finish().unwrap_err().fields()[0].code, "INVALID_EMAIL");
    }

    #[test]
    fn a_closed_account_stays_closed_when_its_lock_ends() {
        let now = Utc::now();
        let mut user = User {
            id: UserId::new(),
            tenant_id: TenantId::new(),
            email: "ann@example.com".into(),
            display_name: "Ann".into(),
            locked_until: Some(now),
            last_login_at: None,
            deactivated_at: None,
            created_at: now,
        };
        assert_eq!(user.status(now - TimeDelta::seconds(1)), UserStatus::Locked);
        assert_eq!(user.status(now), UserStatus::Active);
        user.deactivated_at = Some(now);
        assert_eq!(user.status(now), UserStatus::Deactivated);
    }
}
