//! The compiled plan: which fetches there are, what each needs, and how its answer is read.

use std::sync::Arc;

use ahash::AHashMap;

use crate::{operation::OperationKind, types::TypeId};

/// A response key, numbered within one plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Symbol(pub u32);

impl Symbol {
    /// A key that no fetch of the plan delivers.
    pub const ABSENT: Self = Self(u32::MAX);
}

/// The response keys of one plan.
#[derive(Debug, Default, Clone)]
pub struct Symbols {
    names: Vec<Arc<str>>,
    by_name: AHashMap<Arc<str>, Symbol>,
}

impl Symbols {
    pub(crate) fn intern(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.by_name.get(name) {
            return *symbol;
        }
        let symbol = Symbol(u32::try_from(self.names.len()).expect("a plan has fewer than 2^32 keys"));
        let name: Arc<str> = Arc::from(name);
        self.names.push(Arc::clone(&name));
        self.by_name.insert(name, symbol);
        symbol
    }

    /// The symbol of a key, or [`Symbol::ABSENT`].
    pub fn get(&self, name: &str) -> Symbol {
        self.by_name.get(name).copied().unwrap_or(Symbol::ABSENT)
    }

    /// The key of a symbol.
    pub fn name(&self, symbol: Symbol) -> &str {
        self.names.get(symbol.0 as usize).map_or("", |name| name)
    }
}

/// All fetches of an operation; an operation answered by the router alone has none.
#[derive(Debug, Default, Clone)]
pub struct Plan {
    /// In an order in which every step comes after those it depends on.
    pub steps: Vec<FetchStep>,
    /// The response keys.
    pub symbols: Symbols,
}

impl Plan {
    /// Whether some step reads what was answered under a key, for its input or to find it.
    pub fn reads(&self, symbol: Symbol) -> bool {
        self.steps.iter().any(|step| match &step.input {
            StepInput::Root { path, .. } => path.contains(&FlattenSegment::Field(symbol)),
            StepInput::Entities(inputs) => inputs.iter().any(|input| {
                let passes = |path: &FlattenPath| path.contains(&FlattenSegment::Field(symbol));
                input.paths.iter().any(passes) || input.requires.iter().any(|required| required.reads(symbol))
            }),
        })
    }
}

/// One request to one subgraph.
#[derive(Debug, Clone)]
pub struct FetchStep {
    /// Who answers.
    pub service: Arc<str>,
    /// What kind of operation it is for the subgraph.
    pub kind: OperationKind,
    /// The document to send.
    pub query: Arc<str>,
    /// The client's variables to send along.
    pub variables: Box<[Arc<str>]>,
    /// All must hold, or the step is left out.
    pub conditions: Box<[StepCondition]>,
    /// The steps, by position, whose answers this one reads.
    pub depends_on: Box<[usize]>,
    /// What the step is asked about and where its answer goes.
    pub input: StepInput,
}

/// `@include` or `@skip` by a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepCondition {
    /// The variable.
    pub variable: Arc<str>,
    /// The value at which the step runs.
    pub expected: bool,
}

/// What a step is asked about.
#[derive(Debug, Clone)]
pub enum StepInput {
    /// Fields of a root type, merged into the objects at `path`: the root itself when empty.
    Root {
        /// How the answer is read.
        shape: Arc<Shape>,
        /// Where it goes.
        path: FlattenPath,
    },
    /// Fields of entities, each input under its own response key.
    Entities(Box<[EntityInput]>),
}

/// Entities asked for by representations.
#[derive(Debug, Clone)]
pub struct EntityInput {
    /// `_entities`, or its alias.
    pub response_key: Box<str>,
    /// The variable that takes the representations.
    pub variable: Box<str>,
    /// Where the entities are.
    pub paths: Box<[FlattenPath]>,
    /// What is read of an entity.
    pub requires: Box<[Required]>,
    /// Changes of `__typename` for subgraphs that know the entity by an interface.
    pub rewrites: Box<[TypenameRewrite]>,
    /// How an entity of the answer is read.
    pub shape: Arc<Shape>,
}

/// A path through the response, to the objects that a step is about.
pub type FlattenPath = Box<[FlattenSegment]>;

/// One step of a [`FlattenPath`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlattenSegment {
    /// Into a field.
    Field(Symbol),
    /// Into every item of a list.
    List,
    /// On with objects of these types only; sorted, subtypes included.
    Types(Box<[TypeId]>),
}

/// A part of a representation.
#[derive(Debug, Clone)]
pub enum Required {
    /// A field.
    Field(RequiredField),
    /// Fields of objects of some types only.
    On {
        /// The types, sorted, subtypes included.
        types: Box<[TypeId]>,
        /// What is read of them.
        selections: Box<[Required]>,
        /// The keys of that type: one of them must be present and not null; none when the subgraph states none.
        keys: Box<[Box<[Symbol]>]>,
    },
}

impl Required {
    fn reads(&self, symbol: Symbol) -> bool {
        let within = |selections: &[Self]| selections.iter().any(|selection| selection.reads(symbol));
        match self {
            Self::Field(field) => field.read == symbol || within(&field.selections),
            Self::On { selections, .. } => within(selections),
        }
    }
}

/// A field of a representation.
#[derive(Debug, Clone)]
pub struct RequiredField {
    /// The key under which the entity has it.
    pub read: Symbol,
    /// The key under which the representation has it, quoted and with its colon.
    pub write: Box<str>,
    /// Whether it is `__typename`.
    pub is_typename: bool,
    /// What is read of an object there; empty for a leaf.
    pub selections: Box<[Required]>,
}

/// Entities of these types are presented under another name.
#[derive(Debug, Clone)]
pub struct TypenameRewrite {
    /// The types, sorted, subtypes included.
    pub types: Box<[TypeId]>,
    /// The name to present.
    pub name: Arc<str>,
}

/// What an object of a subgraph's answer may hold.
#[derive(Debug, Default)]
pub struct Shape {
    /// In the order in which they were asked for.
    pub fields: Box<[ShapeField]>,
    /// The object's type when the schema leaves no choice.
    pub known_type: Option<TypeId>,
    /// A number, unique in the plan, when equal objects of one answer may be kept as one: no step distinguishes them by where
    /// they stand, and no other answer is merged into them.
    pub lone: Option<u32>,
}

impl Shape {
    /// The field that is kept under a symbol.
    pub fn field(&self, symbol: Symbol) -> Option<&ShapeField> {
        self.fields.iter().find(|field| field.symbol == symbol)
    }

    /// Whether it holds objects of its own.
    pub fn has_objects(&self) -> bool {
        self.fields.iter().any(|field| field.child.is_some())
    }
}

/// A field of a [`Shape`].
#[derive(Debug)]
pub struct ShapeField {
    /// The key on the wire.
    pub key: Box<str>,
    /// The same after a comma, quoted and with its colon: how it most often comes, the first one without the comma.
    pub prefix: Box<str>,
    /// The key under which it is kept.
    pub symbol: Symbol,
    /// Whether it is `__typename` under its own name.
    pub is_typename: bool,
    /// The shape of the objects there; none for a leaf.
    pub child: Option<Arc<Shape>>,
}
