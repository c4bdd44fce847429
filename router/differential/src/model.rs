//! Schemas as the generator makes them: the monolith's, and each subgraph's part of it.

use std::fmt::{Display, Formatter};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::field_set::FieldSet;

/// A reference to a type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Ty {
    /// The type itself.
    Named(String),
    /// A list.
    List(Box<Ty>),
    /// Not null.
    NonNull(Box<Ty>),
}

impl Ty {
    /// The type of this name.
    pub fn named(name: &str) -> Self {
        Self::Named(name.to_owned())
    }

    /// A list of it.
    #[must_use]
    pub fn list(self) -> Self {
        Self::List(Box::new(self))
    }

    /// The same without null.
    #[must_use]
    pub fn required(self) -> Self {
        if self.is_required() { self } else { Self::NonNull(Box::new(self)) }
    }

    /// The same with null.
    #[must_use]
    pub fn optional(self) -> Self {
        match self {
            Self::NonNull(inner) => *inner,
            other => other,
        }
    }

    /// Whether it excludes null.
    pub fn is_required(&self) -> bool {
        matches!(self, Self::NonNull(_))
    }

    /// The name inside all lists.
    pub fn base(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::List(inner) | Self::NonNull(inner) => inner.base(),
        }
    }
}

impl Display for Ty {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) => formatter.write_str(name),
            Self::List(inner) => write!(formatter, "[{inner}]"),
            Self::NonNull(inner) => write!(formatter, "{inner}!"),
        }
    }
}

/// An argument, or a field of an input object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputDef {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// Its default, as a literal.
    pub default: Option<String>,
}

/// What a leaf's value is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Kind {
    /// Of its coordinates.
    #[default]
    Plain,
    /// Type and number of the entity.
    Identifier,
    /// Another unique number.
    Code,
    /// Unique together with [`Kind::Rest`].
    Half,
    /// Unique together with [`Kind::Half`].
    Rest,
    /// How many changes were made before.
    Revision,
}

/// What a field's values are like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Behaviour {
    /// Whether it is null at times.
    pub nulls: bool,
    /// Whether it fails at times.
    pub errors: bool,
    /// The object types it may have, when its type is an interface or a union.
    pub runtime: Vec<String>,
    /// What leaves are made of.
    pub kind: Kind,
}

/// What a subgraph has to do with a field of its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Standing {
    /// It answers it.
    #[default]
    Resolves,
    /// It only refers to it.
    External,
    /// Another subgraph took it over; asking for it is a fault.
    Overridden,
}

/// A field of an object or interface.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FieldDef {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub arguments: Vec<InputDef>,
    /// Its type.
    pub ty: Ty,
    /// What its values are like; the monolith's is what counts.
    pub behaviour: Behaviour,
    /// What the subgraph has to do with it.
    pub standing: Standing,
    /// What its value is computed from besides; the monolith's is what counts.
    pub requires: FieldSet,
    /// What the subgraph answers below it although it does not elsewhere.
    pub provides: FieldSet,
    /// Further directives of the subgraph, as they are written.
    pub directives: Vec<String>,
}

impl Default for Ty {
    fn default() -> Self {
        Self::named("Int")
    }
}

/// A key of an entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// Its fields.
    pub fields: FieldSet,
    /// Whether the subgraph finds entities by it.
    pub resolvable: bool,
}

/// What kind of type it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// An object.
    Object {
        /// Its interfaces.
        implements: Vec<String>,
        /// Its fields.
        fields: IndexMap<String, FieldDef>,
    },
    /// An interface.
    Interface {
        /// Its fields.
        fields: IndexMap<String, FieldDef>,
    },
    /// A union.
    Union {
        /// Its members.
        members: Vec<String>,
    },
    /// An enumeration.
    Enum {
        /// Its values.
        values: Vec<String>,
    },
    /// An input object.
    Input {
        /// Its fields.
        fields: Vec<InputDef>,
    },
    /// A scalar that the language does not have.
    Scalar,
}

/// A type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TypeDef {
    /// Its name.
    pub name: String,
    /// What it is.
    pub shape: Shape,
    /// Its keys, if it is an entity.
    pub keys: Vec<Key>,
    /// Whether it stands for an interface of other subgraphs.
    pub interface_object: bool,
    /// Whether it is written as an extension.
    pub extends: bool,
    /// Further directives of the subgraph, as they are written.
    pub directives: Vec<String>,
}

impl TypeDef {
    /// A type without keys or directives.
    pub fn new(name: &str, shape: Shape) -> Self {
        Self {
            name: name.to_owned(),
            shape,
            keys: Vec::new(),
            interface_object: false,
            extends: false,
            directives: Vec::new(),
        }
    }

    /// An object type without fields.
    pub fn object(name: &str) -> Self {
        Self::new(name, Shape::Object { implements: Vec::new(), fields: IndexMap::new() })
    }

    /// Its fields, when it is an object or an interface.
    pub fn fields(&self) -> Option<&IndexMap<String, FieldDef>> {
        match &self.shape {
            Shape::Object { fields, .. } | Shape::Interface { fields } => Some(fields),
            _ => None,
        }
    }

    /// Its fields, to be changed.
    pub fn fields_mut(&mut self) -> &mut IndexMap<String, FieldDef> {
        match &mut self.shape {
            Shape::Object { fields, .. } | Shape::Interface { fields } => fields,
            _ => panic!("{} has no fields", self.name),
        }
    }

    /// A field by name.
    pub fn field(&self, name: &str) -> Option<&FieldDef> {
        self.fields().and_then(|fields| fields.get(name))
    }

    /// Its interfaces.
    pub fn implements(&self) -> &[String] {
        match &self.shape {
            Shape::Object { implements, .. } => implements,
            _ => &[],
        }
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        matches!(self.shape, Shape::Object { .. })
    }

    /// Whether its values have fields.
    pub fn is_composite(&self) -> bool {
        matches!(self.shape, Shape::Object { .. } | Shape::Interface { .. } | Shape::Union { .. })
    }

    /// Whether it has a key.
    pub fn is_entity(&self) -> bool {
        !self.keys.is_empty()
    }
}

/// Types by name; the scalars of the language are not among them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The types.
    pub types: IndexMap<String, TypeDef>,
}

impl Schema {
    /// Adds a type.
    pub fn add(&mut self, definition: TypeDef) {
        self.types.insert(definition.name.clone(), definition);
    }

    /// A type by name.
    pub fn get(&self, name: &str) -> Option<&TypeDef> {
        self.types.get(name)
    }

    /// Whether values of the type have fields.
    pub fn is_composite(&self, name: &str) -> bool {
        self.get(name).is_some_and(TypeDef::is_composite)
    }

    /// The object types that a value of the type may have.
    pub fn possible(&self, name: &str) -> Vec<&str> {
        match self.get(name) {
            Some(definition) => match &definition.shape {
                Shape::Object { .. } => vec![&definition.name],
                Shape::Union { members } => members.iter().map(String::as_str).collect(),
                Shape::Interface { .. } => self
                    .types
                    .values()
                    .filter(|object| object.implements().iter().any(|interface| interface == name))
                    .map(|object| object.name.as_str())
                    .collect(),
                _ => Vec::new(),
            },
            None => Vec::new(),
        }
    }
}

/// A subgraph: its name and its part of the monolith.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubgraphModel {
    /// Its name.
    pub name: String,
    /// Its schema.
    pub schema: Schema,
}
