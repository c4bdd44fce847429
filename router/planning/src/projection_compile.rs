//! Compiles a client's document into a [`Projection`], by the rules of the specification (section 6.3.2, `CollectFields`).

use std::sync::Arc;

use ahash::{AHashMap, AHashSet};
use graphql_tools::static_graphql::{
    query::{Directive, Field, Selection, SelectionSet, Value},
    schema::{Type, TypeDefinition},
};
use indexmap::IndexMap;

use crate::{
    access::Denial,
    document::ParsedDocument,
    plan::Symbols,
    projection::{
        AbstractProjection, EnumProjection, FieldProjection, IntrospectionArgument, ObjectProjection, Projection,
        ScalarKind, ValueProjection, Wrapping,
    },
    rewrite::subgraph_key,
    supergraph::Supergraph,
    types::{TypeId, named_type},
};

/// Decides by the values of variables whether a selection is part of the answer.
pub(crate) type Conditions<'a> = &'a dyn Fn(&str) -> bool;

/// Compiles the answer of a validated operation.
pub(crate) fn compile(
    supergraph: &Supergraph,
    document: &ParsedDocument,
    symbols: &Symbols,
    conditions: Conditions<'_>,
    denial: Option<&Denial>,
) -> Projection {
    let root_type = document.root_type(supergraph.api());
    let mut compiler = Compiler {
        supergraph,
        document,
        symbols,
        conditions,
        denial,
        objects: Vec::new(),
        known: AHashMap::new(),
        enums: AHashMap::new(),
    };
    let root = compiler.object(root_type, vec![Typed { parent: root_type, item: document.selection_set() }]);
    Projection {
        root,
        objects: compiler
            .objects
            .into_iter()
            .map(|object| object.expect("every reserved object is compiled"))
            .collect(),
    }
}

/// The same selection sets on the same type give the same object.
type ObjectKey = (Vec<*const SelectionSet>, TypeId);

/// A part of the document with the type that it is selected on, by which access is judged.
struct Typed<'a, T> {
    parent: &'a str,
    item: &'a T,
}

impl<T> Clone for Typed<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Typed<'_, T> {}

/// Fields by response key, in the order in which the client first named each.
type FieldGroups<'a> = IndexMap<&'a str, Vec<Typed<'a, Field>>, ahash::RandomState>;

struct Compiler<'a> {
    supergraph: &'a Supergraph,
    document: &'a ParsedDocument,
    symbols: &'a Symbols,
    conditions: Conditions<'a>,
    denial: Option<&'a Denial>,
    objects: Vec<Option<ObjectProjection>>,
    known: AHashMap<ObjectKey, usize>,
    enums: AHashMap<String, Arc<EnumProjection>>,
}

impl<'a> Compiler<'a> {
    fn object(&mut self, type_name: &str, sets: Vec<Typed<'a, SelectionSet>>) -> usize {
        let type_id = self.supergraph.types().id(type_name);
        let key = (sets.iter().map(|set| std::ptr::from_ref(set.item)).collect::<Vec<_>>(), type_id);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let position = self.objects.len();
        self.objects.push(None);
        self.known.insert(key, position);

        let mut collected: FieldGroups<'a> = IndexMap::default();
        let mut visited = AHashSet::new();
        for set in sets {
            self.collect(type_id, set, &mut visited, &mut collected);
        }
        // Of a root, the fields are judged one by one.
        let is_denied = position > 0 && self.denial.is_some_and(|denial| denial.denies_type(type_name));
        let fields = collected.into_iter().filter_map(|(key, fields)| self.field(type_name, key, &fields)).collect();
        let type_name = self.supergraph.types().name(type_id).map_or_else(|| Arc::from(type_name), Arc::clone);
        self.objects[position] = Some(ObjectProjection { type_name, fields, is_denied });
        position
    }

    fn collect(
        &self,
        type_id: TypeId,
        set: Typed<'a, SelectionSet>,
        visited: &mut AHashSet<&'a str>,
        collected: &mut FieldGroups<'a>,
    ) {
        let parent = set.parent;
        for item in &set.item.items {
            match item {
                Selection::Field(field) if self.included(&field.directives) => {
                    collected
                        .entry(field.alias.as_deref().unwrap_or(&field.name))
                        .or_default()
                        .push(Typed { parent, item: field });
                }
                Selection::InlineFragment(fragment) if self.included(&fragment.directives) => {
                    let applies = fragment
                        .type_condition
                        .as_ref()
                        .is_none_or(|condition| self.applies(type_id, condition.as_ref()));
                    if applies {
                        let on = fragment.type_condition.as_ref().map_or(parent, |on| on.as_ref().as_str());
                        let inner = Typed { parent: on, item: &fragment.selection_set };
                        self.collect(type_id, inner, visited, collected);
                    }
                }
                Selection::FragmentSpread(spread)
                    if self.included(&spread.directives) && visited.insert(spread.fragment_name.as_str()) =>
                {
                    let Some(fragment) = self.document.fragment(&spread.fragment_name) else { continue };
                    let on: &str = fragment.type_condition.as_ref();
                    if self.applies(type_id, on) {
                        let inner = Typed { parent: on, item: &fragment.selection_set };
                        self.collect(type_id, inner, visited, collected);
                    }
                }
                _ => {}
            }
        }
    }

    fn applies(&self, type_id: TypeId, condition: &str) -> bool {
        let types = self.supergraph.types();
        types.is_subtype(type_id, types.id(condition))
    }

    fn included(&self, directives: &[Directive]) -> bool {
        directives.iter().all(|directive| {
            let wanted = match directive.name.as_str() {
                "include" => true,
                "skip" => false,
                _ => return true,
            };
            let value = directive.arguments.iter().find(|(name, _)| name == "if").map(|(_, value)| value);
            match value {
                Some(Value::Boolean(value)) => *value == wanted,
                Some(Value::Variable(name)) => (self.conditions)(name) == wanted,
                _ => true,
            }
        })
    }

    fn field(&mut self, parent: &str, key: &str, fields: &[Typed<'a, Field>]) -> Option<FieldProjection> {
        let first = fields.first()?.item;
        let definition = self.supergraph.api().field(parent, &first.name);
        let (wrapping, value) = if first.name == "__typename" {
            let types = self.supergraph.types();
            let value = if types.is_abstract(types.id(parent)) {
                ValueProjection::UnknownTypename
            } else {
                ValueProjection::Typename(format!("\"{parent}\"").into())
            };
            (Wrapping::default().non_null(), value)
        } else {
            let definition = definition?;
            let mut sets: Vec<Typed<'a, SelectionSet>> = Vec::with_capacity(fields.len());
            let mut is_denied = true;
            for field in fields {
                if self.denial.is_some_and(|denial| denial.denies(field.parent, &field.item.name, parent)) {
                    continue;
                }
                is_denied = false;
                let item = &field.item.selection_set;
                if !sets.iter().any(|known| std::ptr::eq(known.item, item)) {
                    let own = self.supergraph.api().field(field.parent, &field.item.name).unwrap_or(definition);
                    sets.push(Typed { parent: named_type(&own.field_type), item });
                }
            }
            let value =
                if is_denied { ValueProjection::Denied } else { self.value(named_type(&definition.field_type), sets) };
            let is_introspection = matches!(first.name.as_str(), "__schema" | "__type");
            let value = match value {
                ValueProjection::Object(object) if is_introspection => ValueProjection::Introspection(object),
                other => other,
            };
            (wrapping(&definition.field_type), value)
        };
        let answered_here = parent.starts_with("__") || matches!(value, ValueProjection::Introspection(_));
        let arguments = if answered_here {
            first
                .arguments
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), introspection_argument(value)?)))
                .collect()
        } else {
            Vec::new()
        };
        Some(FieldProjection {
            prefix: format!(",\"{key}\":").into(),
            key: Arc::from(key),
            symbol: self.symbols.get(&subgraph_key(self.supergraph, key, &first.name, definition)),
            name: Arc::from(first.name.as_str()),
            wrapping,
            value,
            arguments,
        })
    }

    fn value(&mut self, type_name: &str, sets: Vec<Typed<'a, SelectionSet>>) -> ValueProjection {
        match self.supergraph.api().definition(type_name) {
            Some(TypeDefinition::Object(_)) => ValueProjection::Object(self.object(type_name, sets)),
            Some(TypeDefinition::Interface(_) | TypeDefinition::Union(_)) => {
                let types = self.supergraph.types();
                let mut by_type: Vec<(TypeId, usize)> = Vec::new();
                for id in self.supergraph.api().possible_types(type_name) {
                    let Some(name) = types.name(*id) else { continue };
                    by_type.push((*id, self.object(name, sets.clone())));
                }
                by_type.sort_unstable();
                let fallback = self.object(type_name, sets);
                ValueProjection::Abstract(AbstractProjection {
                    by_type: by_type.into(),
                    itself: types.id(type_name),
                    fallback,
                })
            }
            Some(TypeDefinition::Enum(definition)) => {
                let values = self.enums.entry(type_name.to_owned()).or_insert_with(|| {
                    let mut values: Vec<Box<str>> =
                        definition.values.iter().map(|value| format!("\"{}\"", value.name).into()).collect();
                    values.sort_unstable();
                    let hidden = self.supergraph.hidden_values(type_name).into();
                    Arc::new(EnumProjection { visible: values.into(), hidden })
                });
                ValueProjection::Enum(Arc::clone(values))
            }
            _ => ValueProjection::Scalar(match type_name {
                "Int" => ScalarKind::Int,
                "Float" => ScalarKind::Float,
                "String" => ScalarKind::String,
                "Boolean" => ScalarKind::Boolean,
                "ID" => ScalarKind::Id,
                _ => ScalarKind::Custom,
            }),
        }
    }
}

fn introspection_argument(value: &Value) -> Option<IntrospectionArgument> {
    match value {
        Value::Variable(name) => Some(IntrospectionArgument::Variable(name.clone())),
        Value::String(text) => Some(IntrospectionArgument::Text(text.clone())),
        Value::Boolean(value) => Some(IntrospectionArgument::Boolean(*value)),
        _ => None,
    }
}

fn wrapping(reference: &Type) -> Wrapping {
    match reference {
        Type::NamedType(_) => Wrapping::default(),
        Type::ListType(inner) => wrapping(inner).list(),
        Type::NonNullType(inner) => wrapping(inner).non_null(),
    }
}
