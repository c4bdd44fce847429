//! Permissions in the form `resource:action`, and sets of them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The right to do one kind of thing to one kind of resource, spelled `resource:action` in lower case.
///
/// `device:*` grants every action on devices and `*:*` everything; wildcards are for roles, checks name one action.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permission(Cow<'static, str>);

impl Permission {
    /// A permission known at compile time; use it for the constants of a domain.
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Reads a permission from outside. `None` unless it is `resource:action` of lower-case words, digits, `-`, `_` or `*`.
    pub fn parse(name: &str) -> Option<Self> {
        let (resource, action) = name.split_once(':')?;
        let word = |text: &str| {
            text == "*"
                || (!text.is_empty()
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte)))
        };
        (word(resource) && word(action)).then(|| Self(Cow::Owned(name.to_owned())))
    }

    /// The spelled form, `resource:action`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether holding `self` allows what `wanted` names.
    pub fn covers(&self, wanted: &Permission) -> bool {
        let (Some((resource, action)), Some((wanted_resource, wanted_action))) =
            (self.0.split_once(':'), wanted.0.split_once(':'))
        else {
            return false;
        };
        (resource == "*" || resource == wanted_resource) && (action == "*" || action == wanted_action)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Everything a caller may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PermissionSet(BTreeSet<Permission>);

impl PermissionSet {
    /// Whether any permission of the set covers the wanted one.
    pub fn allows(&self, wanted: &Permission) -> bool {
        self.0.contains(wanted) || self.0.iter().any(|held| held.covers(wanted))
    }

    /// The permissions in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Permission> {
        self.0.iter()
    }

    /// Those permissions of `wanted` that `self` covers: what an API key of this caller may carry.
    #[must_use]
    pub fn restrict(&self, wanted: &PermissionSet) -> PermissionSet {
        wanted.iter().filter(|permission| self.allows(permission)).cloned().collect()
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_wildcard_covers_every_action_of_its_resource_only() {
        let held: PermissionSet = [Permission::new("device:*")].into_iter().collect();
        assert!(held.allows(&Permission::new("device:start")));
        assert!(!held.allows(&Permission::new("user:read")));
    }

    #[test]
    fn a_permission_from_outside_must_be_two_words() {
        assert!(Permission::parse("device:read").is_some());
        for wrong in ["device", "Device:read", "device:", ":read", "device:read:more", "device read:x"] {
            assert!(Permission::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn an_api_key_never_gets_more_than_its_owner_has() {
        let owner: PermissionSet = [Permission::new("device:read")].into_iter().collect();
        let wanted: PermissionSet =
            [Permission::new("device:read"), Permission::new("user:delete")].into_iter().collect();
        assert_eq!(owner.restrict(&wanted), owner);
    }
}
