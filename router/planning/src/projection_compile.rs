//! Compiles a client's document into a [`Projection`], by the rules of the specification (section 6.3.2, `CollectFields`).

use std::sync::Arc;

use ahash::{AHashMap, AHashSet};
use graphql_tools::static_graphql::{
    query::{Directive, Field, Selection, SelectionSet, Value},
    schema::{Type, TypeDefinition},
};
use indexmap::IndexMap;

use crate::{
    document::ParsedDocument,
    operation::OperationKind,
    plan::Symbols,
    projection::{
        AbstractProjection, FieldProjection, IntrospectionArgument, ObjectProjection, Projection, ScalarKind,
        ValueProjection, Wrapping,
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
) -> Projection {
    let api = supergraph.api();
    let root_type = match document.kind() {
        OperationKind::Query => api.query_type(),
        OperationKind::Mutation => api.mutation_type().unwrap_or_default(),
        OperationKind::Subscription => api.subscription_type().unwrap_or_default(),
    };
    let mut compiler = Compiler {
        supergraph,
        document,
        symbols,
        conditions,
        objects: Vec::new(),
        known: AHashMap::new(),
        enums: AHashMap::new(),
    };
    let root = compiler.object(root_type, vec![document.selection_set()]);
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

/// Fields by response key, in the order in which the client first named each.
type FieldGroups<'a> = IndexMap<&'a str, Vec<&'a Field>, ahash::RandomState>;

struct Compiler<'a> {
    supergraph: &'a Supergraph,
    document: &'a ParsedDocument,
    symbols: &'a Symbols,
    conditions: Conditions<'a>,
    objects: Vec<Option<ObjectProjection>>,
    known: AHashMap<ObjectKey, usize>,
    enums: AHashMap<String, Arc<[Box<str>]>>,
}

impl<'a> Compiler<'a> {
    fn object(&mut self, type_name: &str, sets: Vec<&'a SelectionSet>) -> usize {
        let type_id = self.supergraph.types().id(type_name);
        let key = (sets.iter().map(|set| std::ptr::from_ref(*set)).collect::<Vec<_>>(), type_id);
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
        let fields = collected.into_iter().filter_map(|(key, fields)| self.field(type_name, key, &fields)).collect();
        let type_name = self.supergraph.types().name(type_id).map_or_else(|| Arc::from(type_name), Arc::clone);
        self.objects[position] = Some(ObjectProjection { type_name, fields });
        position
    }

    fn collect(
        &self,
        type_id: TypeId,
        set: &'a SelectionSet,
        visited: &mut AHashSet<&'a str>,
        collected: &mut FieldGroups<'a>,
    ) {
        for item in &set.items {
            match item {
                Selection::Field(field) if self.included(&field.directives) => {
                    collected.entry(field.alias.as_deref().unwrap_or(&field.name)).or_default().push(field);
                }
                Selection::InlineFragment(fragment) if self.included(&fragment.directives) => {
                    let applies = fragment
                        .type_condition
                        .as_ref()
                        .is_none_or(|condition| self.applies(type_id, condition.as_ref()));
                    if applies {
                        self.collect(type_id, &fragment.selection_set, visited, collected);
                    }
                }
                Selection::FragmentSpread(spread)
                    if self.included(&spread.directives) && visited.insert(spread.fragment_name.as_str()) =>
                {
                    let Some(fragment) = self.document.fragment(&spread.fragment_name) else { continue };
                    if self.applies(type_id, fragment.type_condition.as_ref()) {
                        self.collect(type_id, &fragment.selection_set, visited, collected);
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

    fn field(&mut self, parent: &str, key: &str, fields: &[&'a Field]) -> Option<FieldProjection> {
        let first = *fields.first()?;
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
            let mut sets: Vec<&SelectionSet> = Vec::with_capacity(fields.len());
            for field in fields {
                if !sets.iter().any(|known| std::ptr::eq(*known, &raw const field.selection_set)) {
                    sets.push(&field.selection_set);
                }
            }
            let value = self.value(named_type(&definition.field_type), sets);
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
            prefix: format!("\"{key}\":").into(),
            key: Arc::from(key),
            symbol: self.symbols.get(&subgraph_key(self.supergraph, key, &first.name, definition)),
            name: Arc::from(first.name.as_str()),
            wrapping,
            value,
            arguments,
        })
    }

    fn value(&mut self, type_name: &str, sets: Vec<&'a SelectionSet>) -> ValueProjection {
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
                    values.into()
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
