//! What the federation specifications say about their directives: arguments, places, repetition.

use crate::subgraph::Federation;
use crate::syntax::Value;

/// The form an argument's value must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Flag,
    Integer,
    /// Whatever reads it checks it.
    Any,
}

impl Form {
    /// Whether a value has this form; `null` is left to the check for required arguments.
    pub fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Text => matches!(value, Value::String(_) | Value::Null),
            Self::Flag => matches!(value, Value::Boolean(_) | Value::Null),
            Self::Integer => matches!(value, Value::Int(_) | Value::Null),
            Self::Any => true,
        }
    }

    pub fn description(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Flag => "a Boolean",
            Self::Integer => "an integer",
            Self::Any => "a value",
        }
    }
}

/// An argument by name, with its form and whether it must be given; what is missing of a field set or
/// a link is reported elsewhere, with a code of its own.
pub type Argument = (&'static str, Form, bool);

/// The definition of a directive, as far as its applications are checked against it.
pub struct Signature {
    pub arguments: &'static [Argument],
    pub repeatable: bool,
    /// Empty where a check with a code of its own looks at the place.
    pub locations: &'static [&'static str],
}

const FIELD: &[&str] = &["FIELD_DEFINITION"];
const ENTITY: &[&str] = &["OBJECT", "INTERFACE"];
const SCHEMA: &[&str] = &["SCHEMA"];
const GUARDED: &[&str] = &["FIELD_DEFINITION", "OBJECT", "INTERFACE", "SCALAR", "ENUM"];
const ELEMENTS: &[&str] = &[
    "FIELD_DEFINITION",
    "INTERFACE",
    "OBJECT",
    "UNION",
    "ARGUMENT_DEFINITION",
    "SCALAR",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
];
const ELEMENTS_AND_SCHEMA: &[&str] = &[
    "FIELD_DEFINITION",
    "INTERFACE",
    "OBJECT",
    "UNION",
    "ARGUMENT_DEFINITION",
    "SCALAR",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
    "SCHEMA",
];
const COSTLY: &[&str] =
    &["ARGUMENT_DEFINITION", "ENUM", "FIELD_DEFINITION", "INPUT_FIELD_DEFINITION", "OBJECT", "SCALAR"];

/// The signature of a federation directive.
pub fn signature(directive: Federation) -> Signature {
    use Form::{Any, Flag, Integer, Text};
    let (arguments, repeatable, locations): (&'static [Argument], bool, &'static [&'static str]) = match directive {
        Federation::Link => {
            (&[("url", Any, false), ("as", Text, false), ("for", Any, false), ("import", Any, false)], true, SCHEMA)
        }
        Federation::Key => (&[("fields", Any, false), ("resolvable", Flag, false)], true, ENTITY),
        Federation::Requires | Federation::Provides => (&[("fields", Any, false)], false, FIELD),
        Federation::External => (&[("reason", Text, false)], false, &["OBJECT", "FIELD_DEFINITION"]),
        Federation::Shareable => (&[], true, &["OBJECT", "FIELD_DEFINITION"]),
        Federation::Extends => (&[], false, ENTITY),
        Federation::Override => (&[("from", Text, true), ("label", Text, false)], false, FIELD),
        Federation::Inaccessible => (&[], false, ELEMENTS),
        Federation::Tag => (&[("name", Text, true)], true, ELEMENTS_AND_SCHEMA),
        Federation::InterfaceObject => (&[], false, &[]),
        Federation::ComposeDirective => (&[("name", Text, true)], true, SCHEMA),
        Federation::Authenticated => (&[], false, GUARDED),
        Federation::RequiresScopes => (&[("scopes", Any, true)], false, GUARDED),
        Federation::Policy => (&[("policies", Any, true)], false, GUARDED),
        Federation::Cost => (&[("weight", Integer, true)], false, COSTLY),
        Federation::ListSize => (
            &[
                ("assumedSize", Integer, false),
                ("slicingArguments", Any, false),
                ("sizedFields", Any, false),
                ("requireOneSlicingArgument", Flag, false),
            ],
            false,
            FIELD,
        ),
        Federation::Context => (&[("name", Text, true)], true, &["OBJECT", "INTERFACE", "UNION"]),
        Federation::FromContext => (&[("field", Text, true)], false, &["ARGUMENT_DEFINITION"]),
    };
    Signature { arguments, repeatable, locations }
}
