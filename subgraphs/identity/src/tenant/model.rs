//! What an organisation is, and the rules for its name and its short name.

use chrono::{DateTime, Utc};
use cloudphone_core::{TenantId, Validation};
use diesel::prelude::*;

use crate::schema::tenants;

/// A customer organisation.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = tenants, check_for_backend(diesel::pg::Pg))]
pub struct Tenant {
    /// The organisation's id.
    pub id: TenantId,
    /// The name that people see.
    pub name: String,
    /// The short name, unique on the platform, for addresses.
    pub slug: String,
    /// When the platform's operator suspended it.
    pub suspended_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// An organisation's name has 2 to 100 characters.
pub fn check_name(name: &str, path: &str, validation: &mut Validation) {
    validation.length(name, 2, 100, path);
}

/// A short name is 2 to 50 lower-case letters, digits and single hyphens between them.
pub fn check_slug(slug: &str, path: &str, validation: &mut Validation) {
    let words = slug
        .split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    let message = "Use 2 to 50 lower-case letters, digits and hyphens between them.";
    validation.check(words && (2..=50).contains(&slug.len()), path, "INVALID_SLUG", message);
}

/// A short name for an organisation that registers by itself: from its name, with an end that keeps it unique.
pub fn slug_for(name: &str, id: TenantId) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 36 {
            break;
        }
    }
    let stem = slug.trim_end_matches('-');
    let stem = if stem.is_empty() { "organisation" } else { stem };
    // The last digits of a UUIDv7 are random (RFC 9562 §5.7).
    let digits = id.0.simple().to_string();
    format!("{stem}-{}", &digits[digits.len() - 8..])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn is_valid(slug: &str) -> bool {
        let mut validation = Validation::new();
        check_slug(slug, "slug", &mut validation);
        validation.finish().is_ok()
    }

    #[test]
    fn short_names_are_words_joined_by_hyphens() {
        assert!(is_valid("demo") && is_valid("phone-farm-7"));
        for wrong in ["", "a", "-demo", "demo-", "de--mo", "Demo", "de mo", &"a".repeat(51)] {
            assert!(!is_valid(wrong), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_name_gives_a_valid_short_name(name in ".{0,120}") {
            prop_assert!(is_valid(&slug_for(&name, TenantId::new())));
        }
    }

    #[test]
    fn a_short_name_resembles_the_name() {
        assert!(slug_for("Acme & Sons, Ltd.", TenantId::new()).starts_with("acme-sons-ltd-"));
        assert!(slug_for("手机农场", TenantId::new()).starts_with("organisation-"));
    }
}
