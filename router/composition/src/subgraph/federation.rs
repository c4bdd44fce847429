//! The directives of the federation specifications and how to find them on an element.

use crate::syntax::{Directive, Value};

/// A directive that composition understands, whatever it is called in a subgraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Federation {
    Link,
    Key,
    Requires,
    Provides,
    External,
    Shareable,
    Extends,
    Override,
    Inaccessible,
    Tag,
    InterfaceObject,
    ComposeDirective,
    Authenticated,
    RequiresScopes,
    Policy,
    Cost,
    ListSize,
    Context,
    FromContext,
}

impl Federation {
    pub const ALL: [Self; 19] = [
        Self::Link,
        Self::Key,
        Self::Requires,
        Self::Provides,
        Self::External,
        Self::Shareable,
        Self::Extends,
        Self::Override,
        Self::Inaccessible,
        Self::Tag,
        Self::InterfaceObject,
        Self::ComposeDirective,
        Self::Authenticated,
        Self::RequiresScopes,
        Self::Policy,
        Self::Cost,
        Self::ListSize,
        Self::Context,
        Self::FromContext,
    ];

    /// Its name in the specification that defines it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Key => "key",
            Self::Requires => "requires",
            Self::Provides => "provides",
            Self::External => "external",
            Self::Shareable => "shareable",
            Self::Extends => "extends",
            Self::Override => "override",
            Self::Inaccessible => "inaccessible",
            Self::Tag => "tag",
            Self::InterfaceObject => "interfaceObject",
            Self::ComposeDirective => "composeDirective",
            Self::Authenticated => "authenticated",
            Self::RequiresScopes => "requiresScopes",
            Self::Policy => "policy",
            Self::Cost => "cost",
            Self::ListSize => "listSize",
            Self::Context => "context",
            Self::FromContext => "fromContext",
        }
    }

    /// The directive of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|directive| directive.name() == name)
    }

    /// The minor version of federation 2 that introduced it.
    pub fn since_minor(self) -> u32 {
        match self {
            Self::ComposeDirective => 1,
            Self::InterfaceObject => 3,
            Self::Authenticated | Self::RequiresScopes => 5,
            Self::Policy => 6,
            Self::Context | Self::FromContext => 8,
            Self::Cost | Self::ListSize => 9,
            _ => 0,
        }
    }

    /// Whether federation 1 knew it.
    pub fn is_version_1(self) -> bool {
        matches!(
            self,
            Self::Key
                | Self::Requires
                | Self::Provides
                | Self::External
                | Self::Extends
                | Self::Tag
                | Self::Inaccessible
        )
    }

    /// The specification, other than federation's own, that a supergraph links to when it uses it:
    /// path under `https://specs.apollo.dev/` and the purpose of the link.
    pub fn supergraph_feature(self) -> Option<(&'static str, Option<&'static str>)> {
        Some(match self {
            Self::Tag => ("tag/v0.3", None),
            Self::Inaccessible => ("inaccessible/v0.2", Some("SECURITY")),
            Self::Authenticated => ("authenticated/v0.1", Some("SECURITY")),
            Self::RequiresScopes => ("requiresScopes/v0.1", Some("SECURITY")),
            Self::Policy => ("policy/v0.1", Some("SECURITY")),
            Self::Cost | Self::ListSize => ("cost/v0.1", None),
            Self::Context | Self::FromContext => ("context/v0.1", Some("SECURITY")),
            _ => return None,
        })
    }
}

/// Looks up federation directives among those applied to an element.
pub trait Directives {
    /// All applications of a directive.
    fn all(&self, directive: Federation) -> impl Iterator<Item = &Directive>;

    /// The first application of a directive.
    fn applied(&self, directive: Federation) -> Option<&Directive> {
        self.all(directive).next()
    }

    /// Whether a directive is applied at all.
    fn has(&self, directive: Federation) -> bool {
        self.applied(directive).is_some()
    }
}

impl Directives for [Directive] {
    fn all(&self, directive: Federation) -> impl Iterator<Item = &Directive> {
        self.iter().filter(move |applied| applied.federation == Some(directive))
    }
}

/// The text of a `fields` argument; federation 1 also allowed a list of names.
pub fn field_set_text(directive: &Directive) -> Option<String> {
    match directive.argument("fields")? {
        Value::String(text) => Some(text.clone()),
        Value::List(items) => items
            .iter()
            .map(|item| match item {
                Value::String(text) | Value::Enum(text) => Some(text.as_str()),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()
            .map(|names| names.join(" ")),
        Value::Enum(name) => Some(name.clone()),
        _ => None,
    }
}
