//! Where the answer to a part of a query can be read: a type in a subgraph, and what was provided
//! on the way there.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use crate::syntax::{Selection, print_selection_set};

/// One place where fields of an object can be read.
#[derive(Debug, Clone)]
pub struct Position {
    /// Index of the subgraph.
    pub graph: usize,
    /// The type the subgraph knows the object by.
    pub type_name: Rc<str>,
    /// External fields that `@provides` makes readable here.
    pub provided: Rc<[Selection]>,
    /// The same as text, to compare by.
    provided_text: Rc<str>,
}

/// All places where the fields of one object can be read.
pub type Positions = BTreeSet<Position>;

impl Position {
    pub fn new(graph: usize, type_name: &str, provided: Vec<Selection>) -> Self {
        let provided_text = print_selection_set(&provided).into();
        Self { graph, type_name: type_name.into(), provided: provided.into(), provided_text }
    }

    /// The same place, with the object known to be of another type.
    pub fn narrowed(&self, type_name: &str) -> Self {
        Self { type_name: type_name.into(), ..self.clone() }
    }

    fn identity(&self) -> (usize, &str, &str) {
        (self.graph, &self.type_name, &self.provided_text)
    }
}

impl PartialEq for Position {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Position {}

impl Hash for Position {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl PartialOrd for Position {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Position {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}
