//! Plans what the planning library cannot plan as a whole: in two parts, the second of which begins inside the first.
//!
//! Where an object needs `@requires` and lies within another of its own type (`products { reviews { product { … } } }`), the library
//! looks for the object in the wrong fetch and gives up. The same selection is no trouble below a root field of its own. So
//! there it is planned, below a root field that only a copy of the supergraph has: what its first fetch would ask for is selected
//! in the operation instead, and the fetches after that follow those of the operation.

use std::cell::Cell;

use graphql_tools::static_graphql::query::{
    Definition, Document, Field, InlineFragment, OperationDefinition, Query, Selection, SelectionSet, TypeCondition,
};
use hive_router_query_planner::{
    planner::{
        Planner as QueryPlanner,
        plan_nodes::{FetchNode, FlattenNodePath, FlattenNodePathSegment, PlanNode, QueryPlan},
    },
    utils::parsing::safe_parse_operation,
};

use crate::{
    operation::OperationKind,
    shape_compile::{Rename, renames},
    supergraph::{PART, Supergraph},
};

/// Divisions of one operation beyond which it is given up.
const MAX_DIVISIONS: usize = 24;

/// How the library plans a document on a supergraph; none when there is nothing to ask.
pub(crate) type Whole<'w> = dyn Fn(&QueryPlanner, &Document) -> Result<Option<QueryPlan>, String> + 'w;

/// Plans one operation.
pub(crate) struct Divider<'d> {
    pub(crate) supergraph: &'d Supergraph,
    pub(crate) whole: &'d Whole<'d>,
    pub(crate) kind: OperationKind,
    divisions: Cell<usize>,
}

/// A selection inside an operation.
struct Place {
    /// From selection to selection.
    indexes: Vec<usize>,
    /// From response key to response key.
    path: Vec<FlattenNodePathSegment>,
    parent: String,
    field: String,
}

impl<'d> Divider<'d> {
    pub(crate) fn new(supergraph: &'d Supergraph, kind: OperationKind, whole: &'d Whole<'d>) -> Self {
        Self { supergraph, whole, kind, divisions: Cell::new(0) }
    }

    /// The plan of a rewritten operation; an error is the library's.
    pub(crate) fn plan(&self, document: &Document) -> Result<Option<QueryPlan>, String> {
        self.plan_on(&self.supergraph.query_planner, document, self.kind)
    }

    fn plan_on(
        &self,
        planner: &QueryPlanner,
        document: &Document,
        kind: OperationKind,
    ) -> Result<Option<QueryPlan>, String> {
        let error = match (self.whole)(planner, document) {
            Ok(plan) => return Ok(plan),
            Err(error) => error,
        };
        let Some(keys) = missing_path(&error) else { return Err(error) };
        for place in places(planner, document, kind, &keys) {
            for graph in graphs(planner, &place) {
                if self.divisions.get() >= MAX_DIVISIONS {
                    return Err(error);
                }
                self.divisions.set(self.divisions.get() + 1);
                if let Ok(node) = self.divided(planner, document, kind, &place, &graph) {
                    return Ok(Some(QueryPlan { kind: "QueryPlan", node: Some(node) }));
                }
            }
        }
        Err(error)
    }

    /// Plans with what is selected at a place apart, as if `graph` had it in a root field.
    fn divided(
        &self,
        planner: &QueryPlanner,
        document: &Document,
        kind: OperationKind,
        place: &Place,
        graph: &str,
    ) -> Result<PlanNode, String> {
        let impossible = || "there is nothing to divide".to_owned();
        let definition = planner.supergraph.definitions.get(&place.parent).ok_or_else(impossible)?;
        let ty = definition.fields().get(&place.field).ok_or_else(impossible)?.field_type.to_string();
        let part_planner = self.supergraph.part_planner(graph, &ty)?;
        let mut rest = document.clone();
        let selected = selected(&mut rest, &place.indexes).ok_or_else(impossible)?;
        let part = part_document(document, selected.clone()).ok_or_else(impossible)?;
        let part = self.plan_on(&part_planner, &part, OperationKind::Query)?.and_then(|plan| plan.node);
        let (first, mut after) = first_fetch(part.ok_or_else(impossible)?).ok_or_else(impossible)?;
        *selected = asked_first(&first)?;
        let rest = self.plan_on(planner, &rest, kind)?.and_then(|plan| plan.node);
        let mut nodes = vec![rest.ok_or_else(impossible)?];
        for node in &mut after {
            below(node, &place.path);
        }
        nodes.append(&mut after);
        Ok(PlanNode::sequence(nodes))
    }
}

/// The response keys on the path that the library did not find. Its error types are private to it.
fn missing_path(error: &str) -> Option<Vec<&str>> {
    let (_, path) = error.split_once("Path '")?;
    let (path, _) = path.split_once("' cannot be found in selection set")?;
    let keys = path.split('.').filter(|segment| *segment != "@" && !segment.starts_with('|'));
    // Behind a key may stand its condition.
    let keys: Vec<&str> = keys.filter_map(|segment| segment.split(' ').next()).collect();
    (!keys.is_empty()).then_some(keys)
}

fn operation_set(document: &Document) -> Option<&SelectionSet> {
    document.definitions.iter().find_map(|definition| match definition {
        Definition::Operation(OperationDefinition::SelectionSet(set)) => Some(set),
        Definition::Operation(OperationDefinition::Query(query)) => Some(&query.selection_set),
        Definition::Operation(OperationDefinition::Mutation(mutation)) => Some(&mutation.selection_set),
        Definition::Operation(OperationDefinition::Subscription(subscription)) => Some(&subscription.selection_set),
        Definition::Fragment(_) => None,
    })
}

/// The objects whose response keys end with these.
fn places(planner: &QueryPlanner, document: &Document, kind: OperationKind, keys: &[&str]) -> Vec<Place> {
    let state = &planner.supergraph;
    let root = match kind {
        OperationKind::Query => Some(state.query_type.as_str()),
        OperationKind::Mutation => state.mutation_type.as_deref(),
        OperationKind::Subscription => state.subscription_type.as_deref(),
    };
    let mut search = Search { planner, keys, found: Vec::new() };
    if let (Some(set), Some(root)) = (operation_set(document), root) {
        search.set(set, root, &mut Vec::new(), &mut Vec::new());
    }
    search.found
}

struct Search<'s> {
    planner: &'s QueryPlanner,
    keys: &'s [&'s str],
    found: Vec<Place>,
}

impl Search<'_> {
    fn set(
        &mut self,
        set: &SelectionSet,
        parent: &str,
        indexes: &mut Vec<usize>,
        path: &mut Vec<FlattenNodePathSegment>,
    ) {
        let Some(definition) = self.planner.supergraph.definitions.get(parent) else { return };
        for (index, item) in set.items.iter().enumerate() {
            indexes.push(index);
            let length = path.len();
            match item {
                Selection::Field(field) if !field.selection_set.items.is_empty() => {
                    let key = field.alias.as_deref().unwrap_or(&field.name);
                    path.push(FlattenNodePathSegment::Field(key.to_owned()));
                    // A root field stays where it is: there the library has found it.
                    if indexes.len() > 1 && ends_with(path, self.keys) {
                        let (parent, field) = (parent.to_owned(), field.name.clone());
                        self.found.push(Place { indexes: indexes.clone(), path: path.clone(), parent, field });
                    } else if let Some(known) = definition.fields().get(&field.name) {
                        let lists = known.field_type.to_string().matches('[').count();
                        path.extend(std::iter::repeat_n(FlattenNodePathSegment::List, lists));
                        self.set(&field.selection_set, known.field_type.inner_type(), indexes, path);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.type_condition.as_ref().map_or(parent, |on| on.as_ref().as_str());
                    path.push(FlattenNodePathSegment::TypeCondition([on.to_owned()].into()));
                    self.set(&fragment.selection_set, on, indexes, path);
                }
                Selection::Field(_) | Selection::FragmentSpread(_) => {}
            }
            path.truncate(length);
            indexes.pop();
        }
    }
}

fn ends_with(path: &[FlattenNodePathSegment], keys: &[&str]) -> bool {
    let own: Vec<&str> = path.iter().filter_map(|segment| segment.to_field().map(String::as_str)).collect();
    own.ends_with(keys)
}

/// The subgraphs that answer the field at a place, by their names in the supergraph.
fn graphs(planner: &QueryPlanner, place: &Place) -> Vec<String> {
    let Some(definition) = planner.supergraph.definitions.get(&place.parent) else { return Vec::new() };
    let Some(field) = definition.fields().get(&place.field) else { return Vec::new() };
    let mut graphs: Vec<String> = field.resolvable_in_graphs(definition).into_iter().collect();
    graphs.sort_unstable();
    graphs
}

fn selected<'s>(document: &'s mut Document, indexes: &[usize]) -> Option<&'s mut SelectionSet> {
    let mut set = document.definitions.iter_mut().find_map(|definition| match definition {
        Definition::Operation(OperationDefinition::SelectionSet(set)) => Some(set),
        Definition::Operation(OperationDefinition::Query(query)) => Some(&mut query.selection_set),
        Definition::Operation(OperationDefinition::Mutation(mutation)) => Some(&mut mutation.selection_set),
        Definition::Operation(OperationDefinition::Subscription(subscription)) => Some(&mut subscription.selection_set),
        Definition::Fragment(_) => None,
    })?;
    for index in indexes {
        set = match set.items.get_mut(*index)? {
            Selection::Field(field) => &mut field.selection_set,
            Selection::InlineFragment(fragment) => &mut fragment.selection_set,
            Selection::FragmentSpread(_) => return None,
        };
    }
    Some(set)
}

/// A query for a selection below the root field of a part, with the variables of the operation.
fn part_document(document: &Document, set: SelectionSet) -> Option<Document> {
    let operation = document.definitions.iter().find_map(|definition| match definition {
        Definition::Operation(operation) => Some(operation),
        Definition::Fragment(_) => None,
    })?;
    let (name, variable_definitions) = match operation {
        OperationDefinition::SelectionSet(_) => (None, Vec::new()),
        OperationDefinition::Query(query) => (query.name.clone(), query.variable_definitions.clone()),
        OperationDefinition::Mutation(mutation) => (mutation.name.clone(), mutation.variable_definitions.clone()),
        OperationDefinition::Subscription(subscription) => {
            (subscription.name.clone(), subscription.variable_definitions.clone())
        }
    };
    let (position, span) = (set.span.0, set.span);
    let field = Field {
        position,
        alias: None,
        name: PART.to_owned(),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: set,
    };
    let selection_set = SelectionSet { span, items: vec![Selection::Field(field)] };
    let query = Query { position, name, variable_definitions, directives: Vec::new(), selection_set };
    Some(Document { definitions: vec![Definition::Operation(OperationDefinition::Query(query))] })
}

/// Takes the fetch of the root field off a plan; gives it and what follows it.
fn first_fetch(node: PlanNode) -> Option<(FetchNode, Vec<PlanNode>)> {
    match node {
        PlanNode::Fetch(fetch) if fetch.requires.is_none() => Some((fetch, Vec::new())),
        PlanNode::Sequence(sequence) => {
            let mut nodes = sequence.nodes.into_iter();
            let (fetch, mut after) = first_fetch(nodes.next()?)?;
            after.extend(nodes);
            Some((fetch, after))
        }
        _ => None,
    }
}

/// What the fetch of a part asks for below its root field, without named fragments and under its own names.
fn asked_first(fetch: &FetchNode) -> Result<SelectionSet, String> {
    let document = safe_parse_operation(&fetch.operation.document_str).map_err(|error| error.to_string())?;
    let set = operation_set(&document).and_then(|set| set.items.first());
    let Some(Selection::Field(part)) = set else { return Err("a part has one root field".to_owned()) };
    Ok(written_out(&document, &part.selection_set, &renames(fetch.output_rewrites.as_deref())))
}

fn written_out(document: &Document, set: &SelectionSet, renames: &[Rename]) -> SelectionSet {
    let items = set.items.iter().filter_map(|item| match item {
        Selection::Field(field) => {
            let mut field = field.clone();
            field.selection_set = written_out(document, &field.selection_set, renames);
            let rename = renames.iter().find(|rename| rename.path.last() == field.alias.as_ref());
            if let Some(rename) = rename.filter(|_| field.alias.is_some()) {
                field.alias = Some(rename.to.clone()).filter(|key| *key != field.name);
            }
            Some(Selection::Field(field))
        }
        Selection::InlineFragment(fragment) => {
            let mut fragment = fragment.clone();
            fragment.selection_set = written_out(document, &fragment.selection_set, renames);
            Some(Selection::InlineFragment(fragment))
        }
        Selection::FragmentSpread(spread) => document.definitions.iter().find_map(|definition| match definition {
            Definition::Fragment(fragment) if fragment.name == spread.fragment_name => {
                let TypeCondition::On(on) = &fragment.type_condition;
                Some(Selection::InlineFragment(InlineFragment {
                    position: spread.position,
                    type_condition: Some(TypeCondition::On(on.clone())),
                    directives: spread.directives.clone(),
                    selection_set: written_out(document, &fragment.selection_set, renames),
                }))
            }
            _ => None,
        }),
    });
    SelectionSet { span: set.span, items: items.collect() }
}

/// Moves the nodes of a part to where it is in the operation.
fn below(node: &mut PlanNode, place: &[FlattenNodePathSegment]) {
    match node {
        PlanNode::Flatten(flatten) => {
            flatten.path = moved(&flatten.path, place);
            below(&mut flatten.node, place);
        }
        PlanNode::BatchFetch(fetch) => {
            for path in fetch.entity_batch.aliases.iter_mut().flat_map(|alias| &mut alias.merge_paths) {
                *path = moved(path, place);
            }
        }
        PlanNode::Sequence(sequence) => sequence.nodes.iter_mut().for_each(|node| below(node, place)),
        PlanNode::Parallel(parallel) => parallel.nodes.iter_mut().for_each(|node| below(node, place)),
        PlanNode::Condition(condition) => {
            let clauses = [&mut condition.if_clause, &mut condition.else_clause];
            clauses.into_iter().flatten().for_each(|node| below(node, place));
        }
        PlanNode::Fetch(_) | PlanNode::Subscription(_) | PlanNode::Defer(_) => {}
    }
}

/// A path that begins at the root field of a part, as it is in the operation.
fn moved(path: &FlattenNodePath, place: &[FlattenNodePathSegment]) -> FlattenNodePath {
    let segments: Vec<_> = place.iter().chain(path.as_slice().iter().skip(1)).collect();
    // The library lets nobody else build a path, but reads one from JSON.
    let segments = serde_json::to_value(segments).expect("segments are plain values");
    serde_json::from_value(segments).expect("a path is a list of segments")
}
