//! Settings of fields that move gradually from one subgraph to another.

use std::collections::BTreeMap;

use cloudphone_planning::draws_of;
use cloudphone_router::overrides::{OverrideRule, OverrideRules};
use http::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a label of `@override(from:, label:)` is on: exactly one of `on`, `percent`, `header` and `scope`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OverrideLabel {
    /// For everybody, or for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
    /// For so many of a hundred operations, drawn for each one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    /// For requests that have this header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The value that the header has to have; absent means any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// For callers who hold this scope; of the platform's callers, this permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl OverrideLabel {
    /// The rule, or what is wrong with it.
    pub fn read(&self) -> Result<OverrideRule, String> {
        match (self.on, self.percent, &self.header, &self.scope) {
            (Some(on), None, None, None) if self.value.is_none() => {
                Ok(if on { OverrideRule::On } else { OverrideRule::Off })
            }
            (None, Some(percentage), None, None) if self.value.is_none() => {
                if !(0.0..=100.0).contains(&percentage) {
                    return Err("`percent` lies between 0 and 100".to_owned());
                }
                Ok(OverrideRule::Share(draws_of(percentage)))
            }
            (None, None, Some(header), None) => {
                let name: HeaderName = header.parse().map_err(|_| format!("`{header}` is no name of a header"))?;
                let value = self
                    .value
                    .as_deref()
                    .map(|text| HeaderValue::from_str(text).map_err(|_| format!("`{text}` is no value of a header")));
                Ok(OverrideRule::Header { name, value: value.transpose()? })
            }
            (None, None, None, Some(scope)) if self.value.is_none() => Ok(OverrideRule::Scope(scope.clone())),
            _ => Err("say one of `on`, `percent`, `header` (with `value`) and `scope`".to_owned()),
        }
    }
}

/// All rules, or what is wrong with the first that is wrong.
pub(crate) fn rules(labels: &BTreeMap<String, OverrideLabel>) -> Result<OverrideRules, String> {
    labels.iter().map(|(label, told)| Ok((label.clone(), told.read()?))).collect()
}

/// One sentence for each label whose rule is wrong.
pub(crate) fn problems(labels: &BTreeMap<String, OverrideLabel>) -> Vec<String> {
    let wrong = labels.iter().filter_map(|(label, told)| Some((label, told.read().err()?)));
    wrong.map(|(label, problem)| format!("router.override_labels.{label}: {problem}.")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(rule: &str) -> Result<OverrideRule, String> {
        serde_json::from_str::<OverrideLabel>(rule).unwrap().read()
    }

    #[test]
    fn a_rule_says_one_thing() {
        assert_eq!(read(r#"{"on":true}"#), Ok(OverrideRule::On));
        assert_eq!(read(r#"{"on":false}"#), Ok(OverrideRule::Off));
        assert_eq!(read(r#"{"percent":25}"#), Ok(OverrideRule::Share(2_500_000_000)));
        assert_eq!(read(r#"{"scope":"beta"}"#), Ok(OverrideRule::Scope("beta".to_owned())));
        let beta = HeaderName::from_static("x-beta");
        assert_eq!(read(r#"{"header":"X-Beta"}"#), Ok(OverrideRule::Header { name: beta, value: None }));
        for wrong in [
            "{}",
            r#"{"on":true,"percent":1}"#,
            r#"{"percent":101}"#,
            r#"{"percent":-1}"#,
            r#"{"header":"no name"}"#,
            r#"{"header":"x","value":"\n"}"#,
            r#"{"on":true,"value":"x"}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
