//! What the parts of an operation may cost that go to single subgraphs.
//!
//! Each fetch costs what its document does; entities that are asked for by references count as often as the lists on their way
//! may have entries.

use std::sync::Arc;

use ahash::AHashMap;
use graphql_tools::static_graphql::query::{Field, Selection, SelectionSet};

use super::{
    CostOptions, OperationCost, Size, Slicing,
    compile::{Fetch, compile_fetch, is_list, slicing},
    weights::Weights,
};
use crate::{
    document::ParsedDocument,
    plan::{FlattenPath, FlattenSegment, Plan, StepInput},
    rewrite::client_key,
    supergraph::Supergraph,
    types::named_type,
    variables::Variables,
};

/// The costs of an operation's fetches, compiled for its conditions.
#[derive(Debug, Default)]
pub(crate) struct FetchCosts(Vec<(Arc<str>, OperationCost)>);

impl FetchCosts {
    /// Compiles the fetches of a plan that run by these values of condition variables.
    pub(crate) fn compile(
        supergraph: &Supergraph,
        document: &ParsedDocument,
        plan: &Plan,
        conditions: &dyn Fn(&str) -> bool,
    ) -> Self {
        let runs = |condition: &crate::plan::StepCondition| conditions(&condition.variable) == condition.expected;
        let steps = plan.steps.iter().filter(|step| step.conditions.iter().all(runs));
        let walk = Walk { supergraph, document, plan };
        let costs = steps.map(|step| {
            let mut entities = AHashMap::new();
            if let StepInput::Entities(inputs) = &step.input {
                for input in inputs {
                    let paths = input.paths.iter().map(|path| walk.sizes(path)).collect();
                    entities.insert(&*input.response_key, Size::Entities(paths));
                }
            }
            let cost = match ParsedDocument::parse(&step.query, None, None) {
                Ok(own) => compile_fetch(supergraph, &Fetch { document: &own, entities }, conditions),
                Err(_) => OperationCost::default(),
            };
            (Arc::clone(&step.service), cost)
        });
        Self(costs.collect())
    }

    /// The cost of each subgraph's part with these variables, in the order in which they are first asked.
    pub(crate) fn evaluate(
        &self,
        weights: &Weights,
        variables: &Variables,
        options: CostOptions,
    ) -> Vec<(Arc<str>, u64)> {
        let mut costs: Vec<(Arc<str>, u64)> = Vec::new();
        for (service, fetch) in &self.0 {
            let cost = fetch.evaluate(weights, variables, options).cost;
            match costs.iter_mut().find(|(known, _)| known == service) {
                Some((_, sum)) => *sum = sum.saturating_add(cost),
                None => costs.push((Arc::clone(service), cost)),
            }
        }
        costs
    }
}

/// The client's operation, in which paths of the answer are followed.
struct Walk<'a> {
    supergraph: &'a Supergraph,
    document: &'a ParsedDocument,
    plan: &'a Plan,
}

/// Selections on a type, below a field that may tell the sizes of lists among them.
struct Place<'a> {
    type_name: String,
    set: &'a SelectionSet,
    sized: Option<(&'a [String], Slicing)>,
}

impl<'a> Walk<'a> {
    /// For each field of a path what its list may hold, by each of the fields that the client selects there.
    fn sizes(&self, path: &FlattenPath) -> Vec<Vec<Size>> {
        let root = self.document.root_type(self.supergraph.api()).to_owned();
        let mut places = vec![Place { type_name: root, set: self.document.selection_set(), sized: None }];
        let mut sizes = Vec::new();
        for (position, segment) in path.iter().enumerate() {
            let FlattenSegment::Field(symbol) = segment else { continue };
            let key = client_key(self.plan.symbols.name(*symbol));
            let (mut alternatives, mut below) = (Vec::new(), Vec::new());
            for place in &places {
                self.each(&place.type_name, place.set, key, &mut |parent, field| {
                    let (size, inner) = self.field(parent, field, place.sized.as_ref());
                    alternatives.push(size);
                    below.extend(inner);
                });
            }
            if alternatives.is_empty() {
                // Selected by the planner for its own ends.
                let is_list = path.get(position + 1) == Some(&FlattenSegment::List);
                alternatives.push(if is_list { Size::Default } else { Size::One });
            }
            sizes.push(alternatives);
            places = below;
        }
        sizes
    }

    /// Calls `visit` with each field under a response key, and the type that it is selected on.
    fn each(&self, type_name: &str, set: &'a SelectionSet, key: &str, visit: &mut impl FnMut(&str, &'a Field)) {
        for item in &set.items {
            match item {
                Selection::Field(field) if field.alias.as_deref().unwrap_or(&field.name) == key => {
                    visit(type_name, field);
                }
                Selection::Field(_) => {}
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.type_condition.as_ref().map(|condition| condition.as_ref().as_str());
                    self.each(condition.unwrap_or(type_name), &fragment.selection_set, key, visit);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragment(&spread.fragment_name) {
                        self.each(fragment.type_condition.as_ref(), &fragment.selection_set, key, visit);
                    }
                }
            }
        }
    }

    /// What the list of a field may hold, and what is selected on its entries.
    fn field(
        &self,
        parent: &str,
        field: &'a Field,
        sized: Option<&(&'a [String], Slicing)>,
    ) -> (Size, Option<Place<'a>>) {
        let Some(definition) = self.supergraph.api().field(parent, &field.name) else { return (Size::One, None) };
        let told = self.supergraph.weights().list_size(parent, &field.name);
        let own = told.map(|told| (told, slicing(parent, field, definition, told)));
        let is_list = is_list(&definition.field_type);
        let from_above = sized.filter(|(fields, _)| is_list && fields.contains(&field.name));
        let (mut size, mut below) = (if is_list { Size::Default } else { Size::One }, None);
        match own {
            Some((told, slicing)) if told.sized_fields.is_empty() => size = Size::Told(Box::new(slicing)),
            Some((told, slicing)) => below = Some((&told.sized_fields[..], slicing)),
            None => {}
        }
        if let Some((_, slicing)) = from_above {
            size = Size::Told(Box::new(slicing.clone()));
        }
        let type_name = named_type(&definition.field_type).to_owned();
        (size, Some(Place { type_name, set: &field.selection_set, sized: below }))
    }
}
