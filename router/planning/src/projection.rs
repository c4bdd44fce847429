//! The compiled answer: which fields the client gets, in its order and under its names.

use std::sync::Arc;

use crate::{plan::Symbol, types::TypeId};

/// The answer of an operation for one choice of its `@skip` and `@include` variables.
#[derive(Debug, Default)]
pub struct Projection {
    /// The root object, a position in `objects`.
    pub root: usize,
    /// Every object there can be; they refer to one another by position.
    pub objects: Vec<ObjectProjection>,
}

/// The fields of an object of one type.
#[derive(Debug)]
pub struct ObjectProjection {
    /// The type.
    pub type_name: Arc<str>,
    /// Its fields in the client's order.
    pub fields: Box<[FieldProjection]>,
    /// Whether the caller may not see such objects: null, and an error.
    pub is_denied: bool,
}

/// One field of the answer.
#[derive(Debug)]
pub struct FieldProjection {
    /// A comma, which the first field does without, and the response key, quoted and with its colon.
    pub prefix: Box<str>,
    /// The response key.
    pub key: Arc<str>,
    /// Where the store keeps it.
    pub symbol: Symbol,
    /// The field's name in the schema.
    pub name: Arc<str>,
    /// Lists and non-null marks around the value.
    pub wrapping: Wrapping,
    /// What the value is.
    pub value: ValueProjection,
    /// The arguments of an introspection field; empty for all others.
    pub(crate) arguments: Vec<(String, IntrospectionArgument)>,
}

/// An argument of an introspection field.
#[derive(Debug, Clone)]
pub(crate) enum IntrospectionArgument {
    Variable(String),
    Text(String),
    Boolean(bool),
}

/// What the innermost value of a field is.
#[derive(Debug)]
pub enum ValueProjection {
    /// The name of the object's type, quoted.
    Typename(Box<str>),
    /// The name of an object whose type only its subgraph knows.
    UnknownTypename,
    /// A scalar.
    Scalar(ScalarKind),
    /// One of the values of an enum.
    Enum(Arc<EnumProjection>),
    /// An object of one type.
    Object(usize),
    /// An object of one of several types.
    Abstract(AbstractProjection),
    /// `__schema` or `__type`, answered by the router.
    Introspection(usize),
    /// The caller may not see it: null, and an error.
    Denied,
}

/// The values of an enum, quoted as in JSON.
#[derive(Debug, PartialEq, Eq)]
pub struct EnumProjection {
    /// What clients may see, sorted.
    pub visible: Box<[Box<str>]>,
    /// What is null to clients.
    pub hidden: Box<[Box<str>]>,
}

/// The built-in scalars, whose values are checked, and all others, which are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarKind {
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// Text or a whole number.
    Id,
    /// Any JSON value.
    Custom,
}

/// Which projection an object of an interface or union gets.
#[derive(Debug)]
pub struct AbstractProjection {
    /// By concrete type, sorted.
    pub by_type: Box<[(TypeId, usize)]>,
    /// The interface itself, for objects that subgraphs know by nothing more.
    pub itself: TypeId,
    /// The projection of such objects.
    pub fallback: usize,
}

impl AbstractProjection {
    /// The projection for an object of a type; none when clients must not see that type.
    pub fn select(&self, id: TypeId) -> Option<usize> {
        if let Ok(index) = self.by_type.binary_search_by_key(&id, |(id, _)| *id) {
            return Some(self.by_type[index].1);
        }
        if id == self.itself {
            return Some(self.fallback);
        }
        if id.is_known() {
            return None;
        }
        match self.by_type.as_ref() {
            [(_, only)] => Some(*only),
            _ => Some(self.fallback),
        }
    }
}

/// Lists and non-null marks around a named type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wrapping {
    lists: u8,
    non_null: u32,
}

impl Wrapping {
    pub(crate) fn list(self) -> Self {
        Self { lists: self.lists + 1, non_null: self.non_null << 1 }
    }

    pub(crate) fn non_null(self) -> Self {
        Self { non_null: self.non_null | 1, ..self }
    }

    /// Whether the outermost value may not be null.
    pub fn is_non_null(self) -> bool {
        self.non_null & 1 == 1
    }

    /// What is inside the outermost list; none when the value is no list.
    pub fn item(self) -> Option<Self> {
        (self.lists > 0).then(|| Self { lists: self.lists - 1, non_null: self.non_null >> 1 })
    }
}
