//! Whether settings have changed, secrets included, without ever showing one.

use std::cell::Cell;

use serde::Serialize;
use serde_json::Value;

thread_local! {
    static REVEALING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a secret is being serialised for a comparison, and for nobody's eyes.
pub(crate) fn is_revealing() -> bool {
    REVEALING.get()
}

/// What settings were at a moment, to be compared and nothing else: it holds secrets, so that it can neither be printed
/// nor serialised.
#[derive(Clone, PartialEq)]
pub struct Fingerprint(Value);

impl Fingerprint {
    /// The fingerprint of settings, or of whatever a part is made of.
    pub fn of(settings: &impl Serialize) -> Self {
        /// Whatever serialising does, nothing is revealed after it.
        struct Hidden;
        impl Drop for Hidden {
            fn drop(&mut self) {
                REVEALING.set(false);
            }
        }
        REVEALING.set(true);
        let _hidden = Hidden;
        Self(serde_json::to_value(settings).expect("settings are plain values"))
    }

    /// The dotted names of the settings that differ.
    pub fn changes(&self, other: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        compare(&self.0, &other.0, "", &mut changes);
        changes
    }
}

fn compare(one: &Value, other: &Value, path: &str, changes: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(own), Value::Object(others)) => {
            let names: std::collections::BTreeSet<&String> = own.keys().chain(others.keys()).collect();
            for name in names {
                let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let absent = &Value::Null;
                compare(own.get(name).unwrap_or(absent), others.get(name).unwrap_or(absent), &here, changes);
            }
        }
        _ if one != other => changes.push(path.to_owned()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Secret;
    use serde_json::json;

    #[derive(Serialize)]
    struct Settings {
        secret: Secret,
        port: u16,
    }

    #[test]
    fn a_changed_secret_is_noticed_and_not_shown() {
        let settings = |secret: &str| Settings { secret: Secret::new(secret), port: 1 };
        let (one, other) = (Fingerprint::of(&settings("a")), Fingerprint::of(&settings("b")));
        assert_eq!(one.changes(&other), ["secret"]);
        assert!(one == Fingerprint::of(&settings("a")));
        let shown = serde_json::to_value(settings("a")).unwrap();
        assert_eq!(shown, json!({ "secret": "***", "port": 1 }), "after a fingerprint was taken as before");
    }
}
