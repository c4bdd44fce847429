//! The syntax tree of a schema document; it is also what the supergraph is built from.

use std::fmt;

use indexmap::IndexMap;

use crate::subgraph::Federation;

/// A schema document in source order.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// `schema` and `extend schema` blocks.
    pub schemas: Vec<SchemaDefinition>,
    /// Type definitions and type extensions.
    pub types: Vec<TypeDefinition>,
    /// Directive definitions.
    pub directives: Vec<DirectiveDefinition>,
}

/// The three kinds of operation a schema may have a root type for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperationKind {
    Query,
    Mutation,
    Subscription,
}

impl OperationKind {
    pub const ALL: [Self; 3] = [Self::Query, Self::Mutation, Self::Subscription];

    /// The word used in a `schema` block.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }

    /// The name a supergraph gives to this root type, whatever its name in a subgraph.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Subscription => "Subscription",
        }
    }

    /// The kind whose supergraph root type has this name.
    pub fn of_type(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.type_name() == name)
    }
}

/// A `schema` or `extend schema` block.
#[derive(Debug, Clone, Default)]
pub struct SchemaDefinition {
    pub description: Option<String>,
    pub directives: Vec<Directive>,
    pub roots: Vec<(OperationKind, String)>,
}

/// The six kinds of named type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeKind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    Input,
}

impl TypeKind {
    /// The word that introduces a definition of this kind.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Object => "type",
            Self::Interface => "interface",
            Self::Union => "union",
            Self::Enum => "enum",
            Self::Input => "input",
        }
    }

    /// Whether a field of this type must have a selection set.
    pub fn is_composite(self) -> bool {
        matches!(self, Self::Object | Self::Interface | Self::Union)
    }
}

impl fmt::Display for TypeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Scalar => "scalar",
            Self::Object => "object type",
            Self::Interface => "interface",
            Self::Union => "union",
            Self::Enum => "enum",
            Self::Input => "input object",
        })
    }
}

/// A definition or extension of a named type; the members that do not fit its kind are empty.
#[derive(Debug, Clone)]
pub struct TypeDefinition {
    pub kind: TypeKind,
    pub name: String,
    pub description: Option<String>,
    /// Whether this is (or, once assembled, whether there only is) an `extend` of the type.
    pub is_extension: bool,
    pub implements: Vec<String>,
    pub directives: Vec<Directive>,
    /// Fields of an object type or interface.
    pub fields: IndexMap<String, Field>,
    /// Fields of an input object.
    pub inputs: IndexMap<String, InputValue>,
    /// Members of a union.
    pub members: Vec<String>,
    /// Values of an enum.
    pub values: IndexMap<String, EnumValue>,
}

impl TypeDefinition {
    /// A type without members.
    pub fn new(kind: TypeKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            description: None,
            is_extension: false,
            implements: Vec::new(),
            directives: Vec::new(),
            fields: IndexMap::new(),
            inputs: IndexMap::new(),
            members: Vec::new(),
            values: IndexMap::new(),
        }
    }
}

/// A field of an object type or interface.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    pub description: Option<String>,
    pub arguments: IndexMap<String, InputValue>,
    pub ty: TypeReference,
    pub directives: Vec<Directive>,
}

/// An argument or a field of an input object.
#[derive(Debug, Clone)]
pub struct InputValue {
    pub name: String,
    pub description: Option<String>,
    pub ty: TypeReference,
    pub default: Option<Value>,
    pub directives: Vec<Directive>,
}

impl InputValue {
    /// Whether a caller must give this value.
    pub fn is_required(&self) -> bool {
        self.default.is_none() && self.ty.is_non_null()
    }
}

/// A value of an enum.
#[derive(Debug, Clone)]
pub struct EnumValue {
    pub name: String,
    pub description: Option<String>,
    pub directives: Vec<Directive>,
}

/// A directive definition.
#[derive(Debug, Clone)]
pub struct DirectiveDefinition {
    pub name: String,
    pub description: Option<String>,
    pub arguments: IndexMap<String, InputValue>,
    pub repeatable: bool,
    pub locations: Vec<String>,
}

/// An applied directive.
#[derive(Debug, Clone)]
pub struct Directive {
    pub name: String,
    pub arguments: Vec<(String, Value)>,
    /// Which directive of the federation specifications this is, once links are resolved.
    pub federation: Option<Federation>,
    /// Whether it was applied on an `extend` of its element.
    pub on_extension: bool,
    /// Whether a field has it because its type does.
    pub inherited: bool,
}

impl PartialEq for Directive {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.arguments == other.arguments
    }
}

impl Directive {
    /// A directive with arguments in the given order.
    pub fn new(name: impl Into<String>, arguments: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        Self {
            name: name.into(),
            arguments: arguments.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            federation: None,
            on_extension: false,
            inherited: false,
        }
    }

    /// The value of an argument.
    pub fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The value of an argument that is a string.
    pub fn string(&self, name: &str) -> Option<&str> {
        match self.argument(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The value of an argument that is a Boolean.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        match self.argument(name) {
            Some(Value::Boolean(value)) => Some(*value),
            _ => None,
        }
    }
}

/// A reference to a type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypeReference {
    Named(String),
    List(Box<TypeReference>),
    NonNull(Box<TypeReference>),
}

impl TypeReference {
    /// The named type inside all lists and non-nulls.
    pub fn base(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::List(inner) | Self::NonNull(inner) => inner.base(),
        }
    }

    /// Replaces the innermost name.
    pub fn base_mut(&mut self) -> &mut String {
        match self {
            Self::Named(name) => name,
            Self::List(inner) | Self::NonNull(inner) => inner.base_mut(),
        }
    }

    pub fn is_non_null(&self) -> bool {
        matches!(self, Self::NonNull(_))
    }

    /// The type without its outer non-null.
    pub fn nullable(&self) -> &Self {
        match self {
            Self::NonNull(inner) => inner,
            other => other,
        }
    }

    pub fn is_list(&self) -> bool {
        matches!(self.nullable(), Self::List(_))
    }
}

impl fmt::Display for TypeReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => formatter.write_str(name),
            Self::List(inner) => write!(formatter, "[{inner}]"),
            Self::NonNull(inner) => write!(formatter, "{inner}!"),
        }
    }
}

/// A constant value; numbers keep the digits they were written with.
#[derive(Debug, Clone)]
pub enum Value {
    Null,
    Int(String),
    Float(String),
    String(String),
    Boolean(bool),
    Enum(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

impl PartialEq for Value {
    /// Objects are equal whatever the order of their fields.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Int(left), Self::Int(right))
            | (Self::Float(left), Self::Float(right))
            | (Self::String(left), Self::String(right))
            | (Self::Enum(left), Self::Enum(right)) => left == right,
            (Self::Boolean(left), Self::Boolean(right)) => left == right,
            (Self::List(left), Self::List(right)) => left == right,
            (Self::Object(left), Self::Object(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .all(|(name, value)| right.iter().any(|(other, candidate)| other == name && candidate == value))
            }
            _ => false,
        }
    }
}

impl Value {
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    pub fn name(text: impl Into<String>) -> Self {
        Self::Enum(text.into())
    }

    /// The elements of a list; a single value counts as a list of one (list input coercion).
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Null => &[],
            single => std::slice::from_ref(single),
        }
    }
}
