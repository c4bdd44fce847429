//! Turns the plan of computed fields below a root field into steps that follow the object they are of.

use graphql_tools::static_graphql::query::{Definition, Document, OperationDefinition, Query, Selection, SelectionSet};
use hive_router_query_planner::{
    ast::{
        selection_item::SelectionItem,
        selection_set::{FieldSelection, SelectionSet as NodeSelections},
    },
    planner::plan_nodes::{
        FetchNode, FetchNodePathSegment, FetchRewrite, FlattenNode, FlattenNodePath, FlattenNodePathSegment, PlanNode,
    },
};

use super::{field_set, search::Computed, supergraph::PART};
use crate::{definition, selections::field};

/// A query for a selection below the root field of a part, with the variables of the operation.
pub(super) fn document(document: &Document, set: SelectionSet) -> Option<Document> {
    let operation = document.definitions.iter().find_map(|definition| match definition {
        Definition::Operation(operation) => Some(operation),
        Definition::Fragment(_) => None,
    })?;
    let name = definition::name(operation).map(str::to_owned);
    let variable_definitions = definition::variable_definitions(operation).to_vec();
    let (position, span) = (set.span.0, set.span);
    let field = field(PART, set);
    let selection_set = SelectionSet { span, items: vec![Selection::Field(field)] };
    let query = Query { position, name, variable_definitions, directives: Vec::new(), selection_set };
    Some(Document { definitions: vec![Definition::Operation(OperationDefinition::Query(query))] })
}

/// Moves the plan of a part to the object: its first fetch asks for the entity, the others follow.
pub(super) fn below(plan: PlanNode, computed: &Computed) -> Result<PlanNode, String> {
    let (first, mut after) = first_fetch(plan).ok_or("a part begins with one fetch")?;
    for node in &mut after {
        move_below(node, &computed.path);
    }
    let path = path_of(computed.path.iter());
    let fetch = PlanNode::Flatten(FlattenNode { path, node: Box::new(PlanNode::Fetch(of_entity(first, computed)?)) });
    Ok(PlanNode::sequence(std::iter::once(fetch).chain(after).collect()))
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

/// The fetch of a root field as one of the entity that the root field stands for.
fn of_entity(mut fetch: FetchNode, computed: &Computed) -> Result<FetchNode, String> {
    let operation = &mut fetch.operation.document.operation;
    let selected = operation.selection_set.items.first().and_then(|item| match item {
        SelectionItem::Field(field) if field.name == PART => Some(field.selections.clone()),
        _ => None,
    });
    let on = field_set::on_type(&computed.type_name, selected.ok_or("a part has one root field")?);
    let entities = FieldSelection {
        name: "_entities".to_owned(),
        selections: NodeSelections { items: vec![SelectionItem::InlineFragment(on)] },
        ..FieldSelection::new_typename()
    };
    // As the library writes it: its own form of operations has no place for arguments that are variables of nobody.
    let variables = operation.variable_definitions.iter().flatten().map(|definition| format!(",{definition}"));
    let variables: String = std::iter::once("$representations:[_Any!]!".to_owned()).chain(variables).collect();
    let fragments = fetch.operation.document.fragments.iter().map(|fragment| format!("\n\n{fragment}"));
    let fragments: String = fragments.collect();
    fetch.operation.document_str =
        format!("query({variables}){{_entities(representations: $representations){}}}{fragments}", entities.selections);
    operation.selection_set = NodeSelections { items: vec![SelectionItem::Field(entities)] };
    let needed = field_set::on_type(&computed.type_name, field_set::read(&computed.needed));
    fetch.requires = Some(NodeSelections { items: vec![SelectionItem::InlineFragment(needed)] });
    for rewrite in fetch.output_rewrites.iter_mut().flatten() {
        let path = match rewrite {
            FetchRewrite::KeyRenamer(renamer) => &mut renamer.path,
            FetchRewrite::ValueSetter(setter) => &mut setter.path,
        };
        if matches!(path.first(), Some(FetchNodePathSegment::Key(key)) if key == PART) {
            path.remove(0);
        }
    }
    Ok(fetch)
}

fn move_below(node: &mut PlanNode, object: &[FlattenNodePathSegment]) {
    match node {
        PlanNode::Flatten(flatten) => {
            flatten.path = moved(&flatten.path, object);
            move_below(&mut flatten.node, object);
        }
        PlanNode::BatchFetch(fetch) => {
            for path in fetch.entity_batch.aliases.iter_mut().flat_map(|alias| &mut alias.merge_paths) {
                *path = moved(path, object);
            }
        }
        PlanNode::Sequence(sequence) => sequence.nodes.iter_mut().for_each(|node| move_below(node, object)),
        PlanNode::Parallel(parallel) => parallel.nodes.iter_mut().for_each(|node| move_below(node, object)),
        PlanNode::Condition(condition) => {
            let clauses = [&mut condition.if_clause, &mut condition.else_clause];
            clauses.into_iter().flatten().for_each(|node| move_below(node, object));
        }
        PlanNode::Fetch(_) | PlanNode::Subscription(_) | PlanNode::Defer(_) => {}
    }
}

/// A path that begins at the root field of a part, as it is in the operation.
fn moved(path: &FlattenNodePath, object: &[FlattenNodePathSegment]) -> FlattenNodePath {
    path_of(object.iter().chain(path.as_slice().iter().skip(1)))
}

fn path_of<'s>(segments: impl Iterator<Item = &'s FlattenNodePathSegment>) -> FlattenNodePath {
    let segments: Vec<_> = segments.collect();
    // The library lets nobody else build a path, but reads one from JSON.
    let segments = serde_json::to_value(segments).expect("segments are plain values");
    serde_json::from_value(segments).expect("a path is a list of segments")
}
