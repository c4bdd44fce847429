//! What an operation may cost at most, by `@cost` and `@listSize` (specs.apollo.dev/cost, after IBM's cost specification).
//!
//! A field costs the weight of its type (1 for objects, interfaces and unions, 0 for leaves, unless `@cost` says otherwise)
//! and what is selected on it, as often as its list may have entries; each input object costs 1. A mutation costs 10 besides.
//! On an abstract type the dearest of its object types counts.

mod by_subgraph;
mod compile;
mod evaluate;
mod weights;

pub(crate) use by_subgraph::FetchCosts;
pub(crate) use compile::compile;
pub(crate) use weights::Weights;

/// How lists and operations are weighed that say nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostOptions {
    /// Entries of a list whose size nothing tells.
    pub default_list_size: u32,
}

impl Default for CostOptions {
    fn default() -> Self {
        Self { default_list_size: 10 }
    }
}

/// An upper bound of an operation's cost with its variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// The cost; the largest number when it is beyond estimation.
    pub cost: u64,
    /// Fields that need exactly one argument that tells the size of their list, and have none or several.
    pub unsized_fields: Vec<String>,
}

/// An operation's cost, compiled for its document and its conditions.
#[derive(Debug, Default)]
pub(crate) struct OperationCost {
    base: i64,
    /// Each stands after those that it refers to. None when the operation is beyond estimation.
    selections: Option<Vec<Selections>>,
}

/// What is selected on values of one type, for each object type that they may have.
type Selections = Vec<ObjectCost>;

#[derive(Debug)]
struct ObjectCost {
    /// Of the object's type.
    weight: i64,
    fields: Vec<FieldCost>,
}

#[derive(Debug)]
struct FieldCost {
    /// Of the field itself, in place of the weight of its value's type.
    weight: Option<i64>,
    arguments: Vec<ArgumentCost>,
    size: Size,
    /// Must hold for the field, though the size is that of lists below it.
    check: Option<Box<Slicing>>,
    /// Position among the operation's selections.
    child: Option<usize>,
}

#[derive(Debug)]
enum ArgumentCost {
    Known(i64),
    Variable {
        name: String,
        /// The type's weights, without which a value costs nothing.
        type_name: String,
        /// Of the argument itself, when `@cost` gives it one.
        weight: Option<i64>,
    },
}

/// How many times a field's value counts.
#[derive(Debug, Clone)]
enum Size {
    One,
    Default,
    Told(Box<Slicing>),
    /// Entities by references, for each path that leads to some: as many as the product of what the lists on it may hold, each by
    /// the largest of those that may stand there.
    Entities(Box<[Vec<Vec<Size>>]>),
}

/// What tells the size of a list.
#[derive(Debug, Clone)]
struct Slicing {
    /// The field that has the arguments, for messages.
    coordinate: String,
    /// Where the size is told, if it is.
    told: Vec<Told>,
    /// Where it is told by default.
    defaults: Vec<i64>,
    assumed: Option<i64>,
    require_one: bool,
}

#[derive(Debug, Clone)]
enum Told {
    Known(i64),
    /// A variable, and the path below its value.
    Variable(String, Vec<String>),
}
