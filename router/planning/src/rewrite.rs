//! Writes an operation so that the planning library understands it: without named fragments, and with response keys
//! that cannot be taken for fields which the library adds by itself.
//!
//! The library fetches keys and required fields under their own names. A client that calls another field so, or the same
//! with other arguments, would get the key, and the subgraph the client's field. It finds no way from a union into the same union, which fragments
//! with conditions need.

use std::borrow::Cow;

use ahash::AHashMap;
use graphql_tools::static_graphql::{
    query::{
        Definition, Directive, Document, Field, FragmentDefinition, InlineFragment, OperationDefinition, Selection,
        SelectionSet, TypeCondition, Value,
    },
    schema::Field as FieldDefinition,
};
use indexmap::IndexMap;

use crate::{planner::Conditions, supergraph::Supergraph, types::named_type};

/// What a client's response key begins with among subgraphs when it is renamed.
const RENAMED: &str = "_client_";

/// The key under which subgraphs answer what the client calls `key`. Leaves without arguments that are the same
/// everywhere are asked for once, whatever and however often the client calls them.
pub(crate) fn subgraph_key<'k>(
    supergraph: &Supergraph,
    key: &'k str,
    field: &'k str,
    definition: Option<&FieldDefinition>,
) -> Cow<'k, str> {
    if supergraph.is_uniform(field) {
        return Cow::Borrowed(field);
    }
    let may_differ = key != field || definition.is_some_and(|definition| !definition.arguments.is_empty());
    // Names of the library's own begin with an underscore.
    let is_taken = if key == field { supergraph.is_internal(key) } else { supergraph.types().is_field_name(key) };
    if may_differ && (is_taken || key.starts_with('_')) {
        Cow::Owned(format!("{RENAMED}{key}"))
    } else {
        Cow::Borrowed(key)
    }
}

/// What the client calls a key under which a subgraph answered.
pub fn client_key(key: &str) -> &str {
    key.strip_prefix(RENAMED).unwrap_or(key)
}

/// Rewrites the only operation of a document whose fragments are within limits.
pub(crate) fn rewrite(supergraph: &Supergraph, mut document: Document, conditions: Option<&Conditions>) -> Document {
    let mut fragments = AHashMap::new();
    let mut operations = Vec::new();
    for definition in document.definitions {
        match definition {
            Definition::Fragment(fragment) => drop(fragments.insert(fragment.name.clone(), fragment)),
            Definition::Operation(operation) => operations.push(operation),
        }
    }
    let api = supergraph.api();
    let mut rewriter = Rewriter { supergraph, fragments, known: AHashMap::new() };
    for operation in &mut operations {
        rewriter.known = known_values(operation, conditions);
        let (root, set) = match operation {
            OperationDefinition::SelectionSet(set) => (api.query_type(), set),
            OperationDefinition::Query(query) => (api.query_type(), &mut query.selection_set),
            OperationDefinition::Mutation(mutation) => {
                (api.mutation_type().unwrap_or_default(), &mut mutation.selection_set)
            }
            OperationDefinition::Subscription(subscription) => {
                (api.subscription_type().unwrap_or_default(), &mut subscription.selection_set)
            }
        };
        *set = rewriter.set(root, set);
    }
    document.definitions = operations.into_iter().map(Definition::Operation).collect();
    document
}

/// Whether nothing is left of an operation.
pub(crate) fn is_empty(document: &Document) -> bool {
    document.definitions.iter().all(|definition| match definition {
        Definition::Operation(OperationDefinition::SelectionSet(set)) => set.items.is_empty(),
        Definition::Operation(OperationDefinition::Query(query)) => query.selection_set.items.is_empty(),
        Definition::Operation(OperationDefinition::Mutation(mutation)) => mutation.selection_set.items.is_empty(),
        Definition::Operation(OperationDefinition::Subscription(_)) | Definition::Fragment(_) => false,
    })
}

/// The Boolean variables whose values the plan is for: given or by default.
pub(crate) fn known_values(operation: &OperationDefinition, conditions: Option<&Conditions>) -> AHashMap<String, bool> {
    let definitions = match operation {
        OperationDefinition::SelectionSet(_) => &[][..],
        OperationDefinition::Query(query) => &query.variable_definitions,
        OperationDefinition::Mutation(mutation) => &mutation.variable_definitions,
        OperationDefinition::Subscription(subscription) => &subscription.variable_definitions,
    };
    let Some(conditions) = conditions else { return AHashMap::new() };
    let mut known: AHashMap<String, bool> = conditions.iter().map(|(name, value)| (name.clone(), *value)).collect();
    for definition in definitions {
        if let Some(Value::Boolean(default)) = &definition.default_value {
            known.entry(definition.name.clone()).or_insert(*default);
        }
    }
    known
}

struct Rewriter<'a> {
    supergraph: &'a Supergraph,
    fragments: AHashMap<String, FragmentDefinition>,
    known: AHashMap<String, bool>,
}

/// The directives of fragments that were dissolved, outermost first.
type Layers<'c> = &'c [&'c [Directive]];

impl Rewriter<'_> {
    fn set(&self, parent: &str, set: &SelectionSet) -> SelectionSet {
        let mut items = Vec::with_capacity(set.items.len());
        self.items(parent, set, &[], &mut items);
        if items.is_empty() && !self.is_root(parent) {
            // An object is asked for even when nothing of it is.
            items.push(typename(set));
        }
        // The order of a mutation's fields matters.
        let api = self.supergraph.api();
        let items = if api.mutation_type() == Some(parent) {
            items
        } else if self.is_root(parent) {
            self.ordered(parent, items)
        } else {
            grouped(parent, self.ordered(parent, items), set)
        };
        SelectionSet { span: set.span, items }
    }

    /// The selections with equal fields and those of the same subgraphs beside each other, and fragments at the end: when
    /// it has to go back and forth, the planning library may not come to an end. The client's order is that of the
    /// answer's projection.
    fn ordered(&self, parent: &str, items: Vec<Selection>) -> Vec<Selection> {
        let mut fields: IndexMap<Vec<&str>, IndexMap<String, Vec<Selection>>> = IndexMap::new();
        let mut fragments = Vec::new();
        for item in items {
            match item {
                Selection::Field(field) => {
                    let same = fields.entry(self.supergraph.owners(parent, &field.name)).or_default();
                    same.entry(field.name.clone()).or_default().push(Selection::Field(field));
                }
                fragment => fragments.push(fragment),
            }
        }
        fields.into_values().flat_map(IndexMap::into_values).flatten().chain(fragments).collect()
    }

    fn is_root(&self, name: &str) -> bool {
        let api = self.supergraph.api();
        name == api.query_type() || api.mutation_type() == Some(name) || api.subscription_type() == Some(name)
    }

    /// Whether some object is of both types. The library leaves out a field all of whose fragments can never apply.
    fn meet(&self, one: &str, other: &str) -> bool {
        let types = self.supergraph.types();
        let (first, second) = (types.id(one), types.id(other));
        if types.is_object(first) {
            return types.is_subtype(first, second);
        }
        if types.is_object(second) {
            return types.is_subtype(second, first);
        }
        self.supergraph.api().possible_types(one).iter().any(|object| types.is_subtype(*object, second))
    }

    /// The conditions that are not known to hold; none when one is known not to.
    fn open(&self, directives: &[Directive]) -> Option<Vec<Directive>> {
        let mut open = Vec::new();
        for directive in directives {
            let expected = directive.name == "include";
            let value = match directive.arguments.iter().find(|(name, _)| name == "if").map(|(_, value)| value) {
                Some(Value::Variable(name)) => self.known.get(name.as_str()).copied(),
                Some(Value::Boolean(value)) => Some(*value),
                _ => None,
            };
            match value {
                Some(value) if matches!(directive.name.as_str(), "skip" | "include") => {
                    if value != expected {
                        return None;
                    }
                }
                _ => open.push(directive.clone()),
            }
        }
        Some(open)
    }

    fn items(&self, parent: &str, set: &SelectionSet, conditions: Layers<'_>, out: &mut Vec<Selection>) {
        for item in &set.items {
            let directives = match item {
                Selection::Field(field) => &field.directives,
                Selection::InlineFragment(fragment) => &fragment.directives,
                Selection::FragmentSpread(spread) => &spread.directives,
            };
            let Some(directives) = self.open(directives) else { continue };
            match item {
                // What the client does not want of it is left out of the answer.
                Selection::Field(field) if field.name == "__typename" => {
                    let mut own = field.clone();
                    own.directives = directives;
                    own.alias = None;
                    if !conditions.is_empty() {
                        own.directives.clear();
                    }
                    out.push(Selection::Field(own));
                }
                Selection::Field(field) if self.supergraph.is_restricted(parent, &field.name) => {
                    let only = SelectionSet { span: set.span, items: vec![item.clone()] };
                    for object in self.supergraph.api().possible_types(parent) {
                        if let Some(on) = self.supergraph.types().name(*object) {
                            self.fragment(parent, on, &[], &only, conditions, out);
                        }
                    }
                }
                Selection::Field(field) => {
                    let mut own = field.clone();
                    let definition = self.supergraph.api().field(parent, &field.name);
                    if let Some(definition) = definition
                        && !field.selection_set.items.is_empty()
                    {
                        own.selection_set = self.set(named_type(&definition.field_type), &field.selection_set);
                    }
                    let key = field.alias.as_deref().unwrap_or(&field.name);
                    let key = subgraph_key(self.supergraph, key, &field.name, definition);
                    own.alias = (key != field.name).then(|| key.into_owned());
                    if let Some(directives) = together(&directives, conditions) {
                        own.directives = directives;
                        out.push(Selection::Field(own));
                    } else {
                        let inner = Selection::Field(own);
                        out.push(nested(parent, conditions, inner, set));
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.type_condition.as_ref().map_or(parent, |on| on.as_ref().as_str());
                    self.fragment(parent, on, &directives, &fragment.selection_set, conditions, out);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.fragment_name) {
                        let on = fragment.type_condition.as_ref();
                        self.fragment(parent, on, &directives, &fragment.selection_set, conditions, out);
                    }
                }
            }
        }
    }

    fn fragment(
        &self,
        parent: &str,
        on: &str,
        directives: &[Directive],
        set: &SelectionSet,
        conditions: Layers<'_>,
        out: &mut Vec<Selection>,
    ) {
        if !self.meet(parent, on) {
            return;
        }
        let types = self.supergraph.types();
        let (from, to) = (types.id(parent), types.id(on));
        // A fragment that leaves out no type is dissolved, its conditions handed to what is in it.
        let all_are_on = types.is_subtype(from, to);
        if on == parent || (all_are_on && (types.is_object(from) || self.supergraph.api().is_union(on))) {
            let mut more = conditions.to_vec();
            if !directives.is_empty() {
                more.push(directives);
            }
            return self.items(parent, set, &more, out);
        }
        let inner = fragment(on, directives.to_vec(), self.set(on, set));
        out.push(match together(directives, conditions) {
            Some(directives) => Selection::InlineFragment(InlineFragment { directives, ..inner }),
            None => nested(on, conditions, Selection::InlineFragment(inner), set),
        });
    }
}

fn typename(like: &SelectionSet) -> Selection {
    Selection::Field(Field {
        position: like.span.0,
        alias: None,
        name: "__typename".to_owned(),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: SelectionSet { span: like.span, items: Vec::new() },
    })
}

fn fragment(on: &str, directives: Vec<Directive>, selection_set: SelectionSet) -> InlineFragment {
    let type_condition = Some(TypeCondition::On(on.to_owned()));
    InlineFragment { position: selection_set.span.0, type_condition, directives, selection_set }
}

/// All directives on one selection; none when two of a name differ, for directives are not repeatable.
fn together(own: &[Directive], conditions: Layers<'_>) -> Option<Vec<Directive>> {
    let mut all = own.to_vec();
    for directive in conditions.iter().copied().flatten() {
        match all.iter().find(|known| known.name == directive.name) {
            Some(known) if known.arguments == directive.arguments => {}
            Some(_) => return None,
            None => all.push(directive.clone()),
        }
    }
    Some(all)
}

/// The selections with fields of one condition in one fragment: the library forgets the condition of a field when another
/// one beside it has the same and is answered elsewhere.
fn grouped(parent: &str, items: Vec<Selection>, like: &SelectionSet) -> Vec<Selection> {
    let mut kept = Vec::with_capacity(items.len());
    let mut groups: Vec<(Vec<Directive>, Vec<Selection>)> = Vec::new();
    for item in items {
        match item {
            Selection::Field(mut field) if !field.directives.is_empty() && field.name != "__typename" => {
                let directives = std::mem::take(&mut field.directives);
                match groups.iter_mut().find(|(known, _)| same(known, &directives)) {
                    Some((_, fields)) => fields.push(Selection::Field(field)),
                    None => groups.push((directives, vec![Selection::Field(field)])),
                }
            }
            other => kept.push(other),
        }
    }
    kept.extend(groups.into_iter().map(|(directives, items)| {
        Selection::InlineFragment(fragment(parent, directives, SelectionSet { span: like.span, items }))
    }));
    kept
}

/// Whether two lists of directives are alike; where they stand does not matter.
fn same(one: &[Directive], other: &[Directive]) -> bool {
    one.len() == other.len()
        && one.iter().all(|directive| {
            other.iter().any(|other| directive.name == other.name && directive.arguments == other.arguments)
        })
}

/// A selection inside one fragment for each layer of conditions.
fn nested(on: &str, conditions: Layers<'_>, inner: Selection, like: &SelectionSet) -> Selection {
    conditions.iter().rev().fold(inner, |inner, layer| {
        let set = SelectionSet { span: like.span, items: vec![inner] };
        Selection::InlineFragment(fragment(on, layer.to_vec(), set))
    })
}
