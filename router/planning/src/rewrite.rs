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
        SelectionSet, Value,
    },
    schema::Field as FieldDefinition,
};
use indexmap::IndexMap;

use crate::selections::{any_field, fragment, grouped, nested, together, typename};

use crate::{definition, planner::Conditions, supergraph::Supergraph, types::named_type};

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
        *set = rewriter.set(root, set, &[]);
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
    let Some(conditions) = conditions else { return AHashMap::new() };
    let mut known: AHashMap<String, bool> = conditions.iter().map(|(name, value)| (name.clone(), *value)).collect();
    for definition in definition::variable_definitions(operation) {
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
pub(crate) type Layers<'c> = &'c [&'c [Directive]];

/// The subgraphs that answer the field of which an object is the value.
type Answerers<'c> = &'c [&'c str];

/// What stands around selections.
#[derive(Clone, Copy)]
struct Above<'c> {
    conditions: Layers<'c>,
    answerers: Answerers<'c>,
}

impl Rewriter<'_> {
    /// The selections of a type, whose object is the value of a field that these subgraphs answer.
    fn set(&self, parent: &str, set: &SelectionSet, answerers: Answerers<'_>) -> SelectionSet {
        let mut items = Vec::with_capacity(set.items.len());
        self.items(parent, set, Above { conditions: &[], answerers }, &mut items);
        let mut items = self.by_object(parent, items, set, answerers);
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

    /// Asks by each object's own type for what only a subgraph has that knows an interface as an object, where fragments ask that
    /// subgraph about some objects as well: the library would ask it about those only.
    fn by_object(
        &self,
        parent: &str,
        items: Vec<Selection>,
        like: &SelectionSet,
        answerers: Answerers<'_>,
    ) -> Vec<Selection> {
        let is_outside = |field: &Field| self.supergraph.is_only_of_interface_object(parent, &field.name);
        let asks = |item: &Selection| matches!(item, Selection::InlineFragment(own) if any_field(&own.selection_set, &is_outside));
        // That subgraph's own objects are asked whatever they are.
        if !items.iter().any(asks) || self.supergraph.is_interface_object(parent, answerers) {
            return items;
        }
        let mut by_object = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Selection::Field(field) if is_outside(&field) => {
                    let objects = self.supergraph.api().possible_types(parent).iter();
                    by_object.extend(objects.filter_map(|object| self.supergraph.types().name(*object)).map(|on| {
                        let only = SelectionSet { span: like.span, items: vec![Selection::Field(field.clone())] };
                        Selection::InlineFragment(fragment(on, Vec::new(), only))
                    }));
                }
                other => by_object.push(other),
            }
        }
        by_object
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

    fn items(&self, parent: &str, set: &SelectionSet, above: Above<'_>, out: &mut Vec<Selection>) {
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
                    if !above.conditions.is_empty() {
                        own.directives.clear();
                    }
                    out.push(Selection::Field(own));
                }
                Selection::Field(field) if self.supergraph.is_restricted(parent, &field.name) => {
                    let only = SelectionSet { span: set.span, items: vec![item.clone()] };
                    for object in self.supergraph.api().possible_types(parent) {
                        if let Some(on) = self.supergraph.types().name(*object) {
                            self.fragment(parent, on, &[], &only, above, out);
                        }
                    }
                }
                Selection::Field(field) => {
                    let mut own = field.clone();
                    let definition = self.supergraph.api().field(parent, &field.name);
                    if let Some(definition) = definition
                        && !field.selection_set.items.is_empty()
                    {
                        let owners = self.supergraph.owners(parent, &field.name);
                        own.selection_set = self.set(named_type(&definition.field_type), &field.selection_set, &owners);
                    }
                    let key = field.alias.as_deref().unwrap_or(&field.name);
                    let key = subgraph_key(self.supergraph, key, &field.name, definition);
                    own.alias = (key != field.name).then(|| key.into_owned());
                    if let Some(directives) = together(&directives, above.conditions) {
                        own.directives = directives;
                        out.push(Selection::Field(own));
                    } else {
                        let inner = Selection::Field(own);
                        out.push(nested(parent, above.conditions, inner, set));
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.type_condition.as_ref().map_or(parent, |on| on.as_ref().as_str());
                    self.fragment(parent, on, &directives, &fragment.selection_set, above, out);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.fragment_name) {
                        let on = fragment.type_condition.as_ref();
                        self.fragment(parent, on, &directives, &fragment.selection_set, above, out);
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
        above: Above<'_>,
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
            let mut more = above.conditions.to_vec();
            if !directives.is_empty() {
                more.push(directives);
            }
            return self.items(parent, set, Above { conditions: &more, ..above }, out);
        }
        let inner = fragment(on, directives.to_vec(), self.set(on, set, above.answerers));
        out.push(match together(directives, above.conditions) {
            Some(directives) => Selection::InlineFragment(InlineFragment { directives, ..inner }),
            None => nested(on, above.conditions, Selection::InlineFragment(inner), set),
        });
    }
}
