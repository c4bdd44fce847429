//! The rules that a new password must obey.

use cloudphone_core::Validation;

use crate::settings::PasswordPolicy;

/// More characters than this only help to keep the hasher busy.
const MAXIMUM_LENGTH: usize = 256;

/// Records every rule that a new password breaks, so that a form can show them all at once.
pub fn check_new_password(password: &str, policy: &PasswordPolicy, path: &str, validation: &mut Validation) {
    let length = password.chars().count();
    let minimum = policy.minimum_length;
    validation.check(length >= minimum, path, "TOO_SHORT", format!("Use at least {minimum} characters."));
    validation.check(length <= MAXIMUM_LENGTH, path, "TOO_LONG", format!("Use at most {MAXIMUM_LENGTH} characters."));
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    let upper = !policy.upper_case || has(char::is_uppercase);
    validation.check(upper, path, "NEEDS_UPPER_CASE", "Use at least one upper-case letter.");
    let lower = !policy.lower_case || has(char::is_lowercase);
    validation.check(lower, path, "NEEDS_LOWER_CASE", "Use at least one lower-case letter.");
    let digit = !policy.digit || has(|letter| letter.is_ascii_digit());
    validation.check(digit, path, "NEEDS_DIGIT", "Use at least one digit.");
    let special = !policy.special || has(|letter| !letter.is_alphanumeric());
    let message = "Use at least one character that is neither a letter nor a digit.";
    validation.check(special, path, "NEEDS_SPECIAL", message);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use cloudphone_core::CodedError;

    fn broken(password: &str, policy: &PasswordPolicy) -> Vec<&'static str> {
        let mut validation = Validation::new();
        check_new_password(password, policy, "password", &mut validation);
        validation.finish().err().map_or(Vec::new(), |error| error.fields().iter().map(|field| field.code).collect())
    }

    #[test]
    fn every_broken_rule_is_named() {
        let policy = PasswordPolicy::default();
        assert!(broken("Demo-Pass-2026!", &policy).is_empty());
        assert_eq!(broken("", &policy).len(), 5);
        assert_eq!(broken("alllower1!", &policy), ["NEEDS_UPPER_CASE"]);
        assert_eq!(broken("ALLUPPER1!", &policy), ["NEEDS_LOWER_CASE"]);
        assert_eq!(broken("NoDigits!!", &policy), ["NEEDS_DIGIT"]);
        assert_eq!(broken("NoSpecial1", &policy), ["NEEDS_SPECIAL"]);
        assert_eq!(broken("Sh0rt!", &policy), ["TOO_SHORT"]);
    }

    #[test]
    fn each_rule_can_be_switched_off() {
        let policy =
            PasswordPolicy { minimum_length: 4, upper_case: false, lower_case: true, digit: false, special: false };
        assert!(broken("word", &policy).is_empty());
    }

    #[test]
    fn an_enormous_password_is_refused() {
        assert_eq!(broken(&"aA1!".repeat(100), &PasswordPolicy::default()), ["TOO_LONG"]);
    }
}
