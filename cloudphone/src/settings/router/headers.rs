//! Settings of the headers that travel between clients and subgraphs.

use cloudphone_traffic::headers::{AnswerRule, Combine, HeaderPattern, RequestRule, is_answerable, is_forwardable};
use http::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rule for the headers of calls to subgraphs: exactly one of `propagate`, `set` and `remove`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RequestHeaderRule {
    /// Sends the client's headers of this name, or of names that begin so: `x-feature-*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propagate: Option<String>,
    /// The name under which a propagated header is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rename: Option<String>,
    /// What is sent when the client sent none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Sends a header of this name with `value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// The value that is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Takes back what earlier rules send under this name, or names that begin so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remove: Option<String>,
}

/// A rule for the headers of subgraphs' answers: exactly one of `propagate`, `set` and `remove`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerHeaderRule {
    /// Hands on headers of this name, or of names that begin so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propagate: Option<String>,
    /// The name under which it is handed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rename: Option<String>,
    /// What is handed on when the subgraph sent none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What counts when several answers have it.
    pub combine: CombineRule,
    /// Hands on a header of this name with `value` whenever the subgraph was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// The value that is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Takes back what earlier rules hand on of this subgraph.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remove: Option<String>,
}

/// What counts when several answers have a header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CombineRule {
    /// The answer that came first.
    First,
    /// The answer that came last.
    #[default]
    Last,
    /// All of them.
    Append,
}

/// What is common to both kinds of rules once their texts are read.
enum Read {
    Propagate { pattern: HeaderPattern, rename: Option<HeaderName>, default: Option<HeaderValue> },
    Set { name: HeaderName, value: HeaderValue },
    Remove(HeaderPattern),
}

impl RequestHeaderRule {
    /// The rule, or what is wrong with it.
    pub fn read(&self) -> Result<RequestRule, String> {
        let texts = Texts {
            propagate: &self.propagate,
            rename: &self.rename,
            default: &self.default,
            set: &self.set,
            value: &self.value,
            remove: &self.remove,
        };
        Ok(match texts.read(is_forwardable)? {
            Read::Propagate { pattern, rename, default } => RequestRule::Propagate { pattern, rename, default },
            Read::Set { name, value } => RequestRule::Set { name, value },
            Read::Remove(pattern) => RequestRule::Remove(pattern),
        })
    }
}

impl AnswerHeaderRule {
    /// The rule, or what is wrong with it.
    pub fn read(&self) -> Result<AnswerRule, String> {
        let texts = Texts {
            propagate: &self.propagate,
            rename: &self.rename,
            default: &self.default,
            set: &self.set,
            value: &self.value,
            remove: &self.remove,
        };
        let combine = match self.combine {
            CombineRule::First => Combine::First,
            CombineRule::Last => Combine::Last,
            CombineRule::Append => Combine::Append,
        };
        Ok(match texts.read(is_answerable)? {
            Read::Propagate { pattern, rename, default } => AnswerRule::Propagate { pattern, rename, default, combine },
            Read::Set { name, value } => AnswerRule::Set { name, value },
            Read::Remove(pattern) => AnswerRule::Remove(pattern),
        })
    }
}

struct Texts<'a> {
    propagate: &'a Option<String>,
    rename: &'a Option<String>,
    default: &'a Option<String>,
    set: &'a Option<String>,
    value: &'a Option<String>,
    remove: &'a Option<String>,
}

impl Texts<'_> {
    fn read(&self, may_travel: fn(&HeaderName) -> bool) -> Result<Read, String> {
        let name = |text: &str| {
            let name: HeaderName = text.parse().map_err(|_| format!("`{text}` is no name of a header"))?;
            if may_travel(&name) { Ok(name) } else { Err(format!("`{name}` is the router's own business")) }
        };
        let value = |text: &str| HeaderValue::from_str(text).map_err(|_| format!("`{text}` is no value of a header"));
        let pattern = |text: &str| {
            let pattern: HeaderPattern = text.parse()?;
            pattern.name().map_or(Ok(()), |one| name(one.as_str()).map(|_| ()))?;
            Ok::<_, String>(pattern)
        };
        match (self.propagate, self.set, self.remove) {
            (Some(text), None, None) if self.value.is_none() => {
                let pattern = pattern(text)?;
                let rename = self.rename.as_deref().map(name).transpose()?;
                let default = self.default.as_deref().map(value).transpose()?;
                if pattern.name().is_none() && (rename.is_some() || default.is_some()) {
                    return Err(format!("`rename` and `default` need one name, and `{text}` stands for several"));
                }
                Ok(Read::Propagate { pattern, rename, default })
            }
            (None, Some(text), None) if self.rename.is_none() && self.default.is_none() => {
                let told = self.value.as_deref().ok_or_else(|| format!("setting `{text}` needs a `value`"))?;
                Ok(Read::Set { name: name(text)?, value: value(told)? })
            }
            (None, None, Some(text)) if self.rename.is_none() && self.default.is_none() && self.value.is_none() => {
                Ok(Read::Remove(pattern(text)?))
            }
            _ => Err("say one of `propagate` (with `rename`, `default`), `set` (with `value`) and `remove`".to_owned()),
        }
    }
}
