//! From a document to the costs of its fields.

use ahash::{AHashMap, AHashSet};
use graphql_tools::static_graphql::{
    query::{Directive, Field, Selection, SelectionSet, Type, Value as AstValue},
    schema::Field as FieldDefinition,
};
use indexmap::IndexMap;

use super::{
    ArgumentCost, FieldCost, ObjectCost, OperationCost, Selections, Size, Slicing, Told,
    weights::{ListSize, Weights},
};
use crate::{
    document::ParsedDocument,
    operation::OperationKind,
    supergraph::Supergraph,
    types::{TypeId, named_type},
};

/// What a mutation costs besides its fields.
const MUTATION: i64 = 10;
/// Fields of a document, written out for each object type, beyond which it is not estimated.
const BUDGET: usize = 200_000;

/// What the union of all entities of a subgraph is called (Federation specification).
const ENTITY: &str = "_Entity";

/// Compiles for these values of condition variables.
pub(crate) fn compile(
    supergraph: &Supergraph,
    document: &ParsedDocument,
    conditions: &dyn Fn(&str) -> bool,
) -> OperationCost {
    compile_fetch(supergraph, &Fetch { document, entities: AHashMap::new() }, conditions)
}

/// What a subgraph is asked, or a client asks.
pub(super) struct Fetch<'a> {
    pub document: &'a ParsedDocument,
    /// How many entities are asked for by each response key of `_entities`.
    pub entities: AHashMap<&'a str, Size>,
}

/// The same for what one subgraph is asked.
pub(super) fn compile_fetch(
    supergraph: &Supergraph,
    fetch: &Fetch<'_>,
    conditions: &dyn Fn(&str) -> bool,
) -> OperationCost {
    let document = fetch.document;
    let root = document.root_type(supergraph.api());
    let base = if document.kind() == OperationKind::Mutation { MUTATION } else { 0 };
    let mut compiler = Compiler {
        supergraph,
        document,
        entities: &fetch.entities,
        conditions,
        selections: Vec::new(),
        known: AHashMap::new(),
        budget: BUDGET,
    };
    let done = compiler.selections(root, &[document.selection_set()], None);
    OperationCost { base, selections: done.ok().map(|_| compiler.selections) }
}

/// The document is beyond estimation.
struct TooLarge;

/// The same selection sets on the same type below the same sizes cost the same.
type Key = (Vec<*const SelectionSet>, String, Option<*const Field>);

struct Compiler<'a> {
    supergraph: &'a Supergraph,
    document: &'a ParsedDocument,
    entities: &'a AHashMap<&'a str, Size>,
    conditions: &'a dyn Fn(&str) -> bool,
    selections: Vec<Selections>,
    known: AHashMap<Key, usize>,
    budget: usize,
}

/// What a field tells of the sizes of lists below it.
#[derive(Clone, Copy)]
struct Sized<'a> {
    by: &'a Field,
    fields: &'a [String],
    slicing: &'a Slicing,
}

type FieldGroups<'a> = IndexMap<&'a str, Vec<&'a Field>, ahash::RandomState>;

impl<'a> Compiler<'a> {
    /// The costs of what is selected on a type.
    fn selections(
        &mut self,
        type_name: &str,
        sets: &[&'a SelectionSet],
        sized: Option<Sized<'_>>,
    ) -> Result<usize, TooLarge> {
        let pointers = sets.iter().map(|set| std::ptr::from_ref(*set)).collect();
        let key = (pointers, type_name.to_owned(), sized.map(|sized| std::ptr::from_ref(sized.by)));
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let types = self.supergraph.types();
        let mut objects: Vec<TypeId> =
            if type_name == ENTITY { self.entities_in(sets) } else { self.possible_types(type_name) };
        if objects.is_empty() {
            objects.push(types.id(type_name));
        }
        let mut alternatives = Vec::with_capacity(objects.len());
        for object in objects {
            let mut collected: FieldGroups<'a> = IndexMap::default();
            let mut visited = AHashSet::new();
            for set in sets {
                self.collect(object, set, &mut visited, &mut collected)?;
            }
            let parent = types.name(object).map_or(type_name, |name| name.as_ref());
            let mut fields = Vec::with_capacity(collected.len());
            for group in collected.values() {
                fields.extend(self.field(parent, group, sized)?);
            }
            let weight = self.supergraph.weights().object(parent, type_name);
            alternatives.push(ObjectCost { weight, fields });
        }
        let position = self.selections.len();
        self.selections.push(alternatives);
        self.known.insert(key, position);
        Ok(position)
    }

    fn possible_types(&self, type_name: &str) -> Vec<TypeId> {
        self.supergraph.api().possible_types(type_name).to_vec()
    }

    /// The object types of the entities that are asked for.
    fn entities_in(&self, sets: &[&SelectionSet]) -> Vec<TypeId> {
        let mut objects = Vec::new();
        for item in sets.iter().flat_map(|set| &set.items) {
            let Selection::InlineFragment(fragment) = item else { continue };
            let Some(condition) = fragment.type_condition.as_ref().map(|condition| condition.as_ref().as_str()) else {
                continue;
            };
            let possible = self.possible_types(condition);
            objects.extend(if possible.is_empty() { vec![self.supergraph.types().id(condition)] } else { possible });
        }
        objects.sort_unstable();
        objects.dedup();
        objects
    }

    /// A field under one response key, with all that is selected on it; none when it costs nothing.
    fn field(
        &mut self,
        parent: &str,
        group: &[&'a Field],
        sized: Option<Sized<'_>>,
    ) -> Result<Option<FieldCost>, TooLarge> {
        let field = group[0];
        if let Some(size) = self.entities.get(field.alias.as_deref().unwrap_or(&field.name)) {
            let sets: Vec<&SelectionSet> = group.iter().map(|field| &field.selection_set).collect();
            let (size, child) = (size.clone(), Some(self.selections(ENTITY, &sets, None)?));
            return Ok(Some(FieldCost { weight: None, arguments: Vec::new(), size, check: None, child }));
        }
        let Some(definition) = self.supergraph.api().field(parent, &field.name) else { return Ok(None) };
        if field.name.starts_with("__") {
            return Ok(None);
        }
        let weights = self.supergraph.weights();
        let type_name = named_type(&definition.field_type);
        let sets: Vec<&SelectionSet> =
            group.iter().map(|field| &field.selection_set).filter(|set| !set.items.is_empty()).collect();
        let told = weights.list_size(parent, &field.name);
        let own = told.map(|told| (told, slicing(parent, field, definition, told)));
        let is_list = is_list(&definition.field_type);
        let (mut size, mut check, mut below) = (if is_list { Size::Default } else { Size::One }, None, None);
        match &own {
            Some((told, slicing)) if told.sized_fields.is_empty() => size = Size::Told(Box::new(slicing.clone())),
            Some((told, slicing)) => {
                check = Some(Box::new(slicing.clone()));
                below = Some(Sized { by: field, fields: &told.sized_fields, slicing });
            }
            None => {}
        }
        if let Some(sized) = sized.filter(|sized| is_list && sized.fields.contains(&field.name)) {
            // Told to whoever asks for it where the arguments are.
            size = Size::Told(Box::new(Slicing { require_one: false, ..sized.slicing.clone() }));
        }
        let child = if sets.is_empty() { None } else { Some(self.selections(type_name, &sets, below)?) };
        let arguments = arguments(weights, parent, field, definition);
        let own = weights.field(parent, &field.name);
        let weight = own.or_else(|| child.is_none().then(|| weights.leaf(type_name)));
        Ok(Some(FieldCost { weight, arguments, size, check, child }))
    }

    fn collect(
        &mut self,
        object: TypeId,
        set: &'a SelectionSet,
        visited: &mut AHashSet<&'a str>,
        collected: &mut FieldGroups<'a>,
    ) -> Result<(), TooLarge> {
        for item in &set.items {
            self.budget = self.budget.checked_sub(1).ok_or(TooLarge)?;
            match item {
                Selection::Field(field) if self.included(&field.directives) => {
                    collected.entry(field.alias.as_deref().unwrap_or(&field.name)).or_default().push(field);
                }
                Selection::InlineFragment(fragment) if self.included(&fragment.directives) => {
                    let condition = fragment.type_condition.as_ref();
                    if condition.is_none_or(|condition| self.applies(object, condition.as_ref())) {
                        self.collect(object, &fragment.selection_set, visited, collected)?;
                    }
                }
                Selection::FragmentSpread(spread) if self.included(&spread.directives) => {
                    let Some(fragment) = self.document.fragment(&spread.fragment_name) else { continue };
                    if visited.insert(&spread.fragment_name)
                        && self.applies(object, fragment.type_condition.as_ref().as_str())
                    {
                        self.collect(object, &fragment.selection_set, visited, collected)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn applies(&self, object: TypeId, condition: &str) -> bool {
        let types = self.supergraph.types();
        types.is_subtype(object, types.id(condition))
    }

    fn included(&self, directives: &[Directive]) -> bool {
        directives.iter().all(|directive| {
            let expected = match directive.name.as_str() {
                "skip" => false,
                "include" => true,
                _ => return true,
            };
            directive.arguments.iter().all(|(_, value)| match value {
                AstValue::Boolean(value) => *value == expected,
                AstValue::Variable(name) => (self.conditions)(name) == expected,
                _ => true,
            })
        })
    }
}

pub(super) fn is_list(reference: &Type) -> bool {
    match reference {
        Type::ListType(_) => true,
        Type::NonNullType(inner) => is_list(inner),
        Type::NamedType(_) => false,
    }
}

/// What tells how long the list is.
pub(super) fn slicing(parent: &str, field: &Field, definition: &FieldDefinition, told: &ListSize) -> Slicing {
    let mut slicing = Slicing {
        coordinate: format!("{parent}.{}", field.name),
        told: Vec::new(),
        defaults: Vec::new(),
        assumed: told.assumed,
        require_one: told.require_one && !told.slicing.is_empty(),
    };
    for path in &told.slicing {
        let Some((name, inner)) = path.split_first() else { continue };
        if let Some((_, value)) = field.arguments.iter().find(|(argument, _)| argument == name) {
            slicing.told.extend(given(value, inner));
        }
        let declared = definition.arguments.iter().find(|argument| argument.name == *name);
        if let Some(Told::Known(size)) =
            declared.and_then(|argument| argument.default_value.as_ref()).and_then(|value| given(value, inner))
        {
            slicing.defaults.push(size);
        }
    }
    slicing
}

fn given(value: &AstValue, path: &[String]) -> Option<Told> {
    match (value, path.split_first()) {
        (AstValue::Int(size), None) => size.as_i64().map(Told::Known),
        (AstValue::Variable(name), _) => Some(Told::Variable(name.clone(), path.to_vec())),
        (AstValue::Object(fields), Some((first, rest))) => {
            fields.iter().find(|(name, _)| name == first).and_then(|(_, value)| given(value, rest))
        }
        _ => None,
    }
}

fn arguments(weights: &Weights, parent: &str, field: &Field, definition: &FieldDefinition) -> Vec<ArgumentCost> {
    let mut costs = Vec::new();
    for argument in &definition.arguments {
        let type_name = named_type(&argument.value_type);
        let own = weights.argument(parent, &field.name, &argument.name);
        if own.is_none() && weights.is_free(type_name) {
            continue;
        }
        let value = field.arguments.iter().find(|(name, _)| *name == argument.name).map(|(_, value)| value);
        match value.or(argument.default_value.as_ref()) {
            None | Some(AstValue::Null) => {}
            Some(AstValue::Variable(name)) => {
                costs.push(ArgumentCost::Variable { name: name.clone(), type_name: type_name.to_owned(), weight: own });
            }
            Some(value) => literal(weights, type_name, own, value, &mut costs),
        }
    }
    costs
}

/// The costs of a literal, in which variables may stand.
fn literal(weights: &Weights, type_name: &str, own: Option<i64>, value: &AstValue, costs: &mut Vec<ArgumentCost>) {
    match value {
        AstValue::Null => {}
        AstValue::Variable(name) => {
            costs.push(ArgumentCost::Variable { name: name.clone(), type_name: type_name.to_owned(), weight: own });
        }
        AstValue::List(items) => {
            for item in items {
                literal(weights, type_name, own, item, costs);
            }
        }
        AstValue::Object(fields) => {
            costs.push(ArgumentCost::Known(own.unwrap_or_else(|| weights.input(type_name))));
            for (name, value) in fields {
                if let Some((inner, own)) = weights.input_field(type_name, name) {
                    literal(weights, inner, own, value, costs);
                }
            }
        }
        _ => costs.push(ArgumentCost::Known(own.unwrap_or_else(|| weights.input(type_name)))),
    }
}
