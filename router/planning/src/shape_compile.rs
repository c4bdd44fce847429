//! Compiles a subgraph operation's selections into the shape of its answer and the paths and requirements of a step.

use std::sync::Arc;

use hive_router_query_planner::{
    ast::{fragment::FragmentDefinition, selection_item::SelectionItem, selection_set::SelectionSet},
    planner::plan_nodes::{FetchNodePathSegment, FetchRewrite, FlattenNodePath, FlattenNodePathSegment},
};
use indexmap::IndexMap;

use crate::{
    plan::{FlattenPath, FlattenSegment, Required, RequiredField, Shape, ShapeField, Symbol, Symbols, TypenameRewrite},
    supergraph::Supergraph,
    types::TypeId,
};

/// A key on the wire that is kept under another one, by its path of keys.
#[derive(Debug, Clone)]
pub(crate) struct Rename {
    path: Vec<String>,
    to: String,
}

pub(crate) struct ShapeCompiler<'a> {
    pub(crate) supergraph: &'a Supergraph,
    pub(crate) symbols: &'a mut Symbols,
}

struct Collected<'s> {
    is_typename: bool,
    children: Vec<(TypeId, &'s SelectionSet)>,
    value_types: Vec<TypeId>,
}

impl ShapeCompiler<'_> {
    /// The shape of an object that some selection sets are asked of.
    pub(crate) fn shape(
        &mut self,
        known_type: Option<TypeId>,
        sets: &[(TypeId, &SelectionSet)],
        fragments: &[FragmentDefinition],
        renames: &[Rename],
    ) -> Shape {
        let mut collected = IndexMap::new();
        for (parent, set) in sets {
            self.collect(*parent, set, fragments, &mut collected);
        }
        let mut fields = Vec::with_capacity(collected.len());
        for (key, field) in collected {
            let here = renames.iter().find(|rename| rename.path.len() == 1 && rename.path[0] == key);
            let below: Vec<_> = renames
                .iter()
                .filter(|rename| rename.path.len() > 1 && rename.path[0] == key)
                .map(|rename| Rename { path: rename.path[1..].to_vec(), to: rename.to.clone() })
                .collect();
            let symbol = self.symbols.intern(here.map_or(key, |rename| &rename.to));
            let child = if field.children.is_empty() {
                None
            } else {
                let types = self.supergraph.types();
                let known = field
                    .value_types
                    .first()
                    .filter(|first| types.is_object(**first) && field.value_types.iter().all(|other| other == *first))
                    .copied();
                Some(Arc::new(self.shape(known, &field.children, fragments, &below)))
            };
            let prefix = format!(",\"{key}\":").into();
            fields.push(ShapeField { key: key.into(), prefix, symbol, is_typename: field.is_typename, child });
        }
        Shape { fields: fields.into(), known_type, lone: None }
    }

    fn collect<'s>(
        &self,
        parent: TypeId,
        set: &'s SelectionSet,
        fragments: &'s [FragmentDefinition],
        collected: &mut IndexMap<&'s str, Collected<'s>>,
    ) {
        let types = self.supergraph.types();
        for item in &set.items {
            match item {
                SelectionItem::Field(field) => {
                    let value_type = types.field_type(parent, &field.name);
                    let entry = collected.entry(field.selection_identifier()).or_insert_with(|| Collected {
                        is_typename: field.name == "__typename" && field.alias.is_none(),
                        children: Vec::new(),
                        value_types: Vec::new(),
                    });
                    entry.value_types.push(value_type);
                    if !field.selections.items.is_empty() {
                        entry.children.push((value_type, &field.selections));
                    }
                }
                SelectionItem::InlineFragment(fragment) => {
                    self.collect(types.id(&fragment.type_condition), &fragment.selections, fragments, collected);
                }
                SelectionItem::FragmentSpread(name) => {
                    if let Some(fragment) = fragments.iter().find(|fragment| fragment.name == *name) {
                        self.collect(types.id(&fragment.type_condition), &fragment.selection_set, fragments, collected);
                    }
                }
            }
        }
    }

    pub(crate) fn path(&mut self, path: &FlattenNodePath) -> FlattenPath {
        path.as_slice()
            .iter()
            .map(|segment| match segment {
                FlattenNodePathSegment::Field(key) => FlattenSegment::Field(self.symbols.intern(key)),
                FlattenNodePathSegment::List => FlattenSegment::List,
                FlattenNodePathSegment::TypeCondition(names) => FlattenSegment::Types(self.subtypes(names)),
            })
            .collect()
    }

    /// What to read of an entity for a service. The key of the specification is read by a field's name and written under
    /// its alias: the planner aliases a field that it had to fetch under another key.
    pub(crate) fn requires(&mut self, set: &SelectionSet, service: &str) -> Box<[Required]> {
        self.requires_of(None, set, service)
    }

    /// The same of an object of this type, as far as it is known.
    fn requires_of(&mut self, parent: Option<TypeId>, set: &SelectionSet, service: &str) -> Box<[Required]> {
        set.items
            .iter()
            .filter_map(|item| match item {
                SelectionItem::Field(field) => {
                    let value_type = parent.map(|parent| self.supergraph.types().field_type(parent, &field.name));
                    let mut selections = self.requires_of(value_type, &field.selections, service);
                    if value_type.is_some_and(|value| self.is_abstract_to(value, service)) {
                        selections = self.with_typename(selections);
                    }
                    let write = field.alias.as_deref().unwrap_or(&field.name);
                    Some(Required::Field(RequiredField {
                        read: self.symbols.intern(&field.name),
                        write: format!("\"{write}\":").into(),
                        is_typename: field.name == "__typename",
                        selections,
                    }))
                }
                SelectionItem::InlineFragment(fragment) => {
                    let keys = self.keys(&fragment.type_condition, service, &fragment.selections);
                    let on_type = self.supergraph.types().id(&fragment.type_condition);
                    Some(Required::On {
                        types: self.subtypes(std::iter::once(&fragment.type_condition)),
                        selections: self.requires_of(Some(on_type), &fragment.selections, service),
                        keys,
                    })
                }
                SelectionItem::FragmentSpread(_) => None,
            })
            .collect()
    }

    /// Whether a service knows a type as an interface or a union, so that it has to be told which of its types an object has.
    fn is_abstract_to(&self, value: TypeId, service: &str) -> bool {
        let types = self.supergraph.types();
        let name = types.name(value);
        types.is_abstract(value)
            && name
                .is_some_and(|name| !self.supergraph.interface_objects(service).iter().any(|object| **object == **name))
    }

    /// The library leaves `__typename` out of what lies within a representation.
    fn with_typename(&mut self, selections: Box<[Required]>) -> Box<[Required]> {
        let has_it = |part: &Required| matches!(part, Required::Field(field) if field.is_typename);
        if selections.is_empty() || selections.iter().any(has_it) {
            return selections;
        }
        let typename = Required::Field(RequiredField {
            read: self.symbols.intern("__typename"),
            write: "\"__typename\":".into(),
            is_typename: true,
            selections: Box::default(),
        });
        std::iter::once(typename).chain(selections).collect()
    }

    /// The service's keys of a type that a representation of these selections has in full.
    fn keys(&mut self, type_name: &str, service: &str, set: &SelectionSet) -> Box<[Box<[Symbol]>]> {
        let read_as = |wanted: &str| {
            set.items.iter().find_map(|item| match item {
                SelectionItem::Field(field) if field.alias.as_deref().unwrap_or(&field.name) == wanted => {
                    Some(field.name.clone())
                }
                _ => None,
            })
        };
        let keys: Vec<Vec<String>> = self
            .supergraph
            .keys(type_name, service)
            .iter()
            .filter_map(|key| key.iter().map(|field| read_as(field)).collect())
            .collect();
        keys.into_iter().map(|key| key.iter().map(|field| self.symbols.intern(field)).collect()).collect()
    }

    pub(crate) fn typename_rewrites(&self, rewrites: Option<&[FetchRewrite]>, service: &str) -> Box<[TypenameRewrite]> {
        // Where an interface is an object, its implementers are unknown, whatever the planner says.
        let unknown = self.supergraph.interface_objects(service).into_iter().map(|interface| TypenameRewrite {
            types: self.subtypes(std::iter::once(&interface)),
            name: Arc::from(interface.as_str()),
        });
        rewrites
            .unwrap_or_default()
            .iter()
            .filter_map(|rewrite| match rewrite {
                FetchRewrite::ValueSetter(setter) => match setter.path.as_slice() {
                    [FetchNodePathSegment::TypenameEquals(names), FetchNodePathSegment::Key(key)]
                        if key == "__typename" =>
                    {
                        Some(TypenameRewrite {
                            types: self.subtypes(names),
                            name: Arc::from(setter.set_value_to.as_str()),
                        })
                    }
                    _ => None,
                },
                FetchRewrite::KeyRenamer(_) => None,
            })
            .chain(unknown)
            .collect()
    }

    fn subtypes<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> Box<[TypeId]> {
        let types = self.supergraph.types();
        let mut all: Vec<_> = names.into_iter().flat_map(|name| types.subtypes(types.id(name))).collect();
        all.sort_unstable();
        all.dedup();
        all.into()
    }
}

/// The output rewrites of a fetch as renames of keys.
pub(crate) fn renames(rewrites: Option<&[FetchRewrite]>) -> Vec<Rename> {
    rewrites
        .unwrap_or_default()
        .iter()
        .filter_map(|rewrite| match rewrite {
            FetchRewrite::KeyRenamer(renamer) => Some(Rename {
                path: renamer
                    .path
                    .iter()
                    .filter_map(|segment| match segment {
                        FetchNodePathSegment::Key(key) => Some(key.clone()),
                        FetchNodePathSegment::TypenameEquals(_) => None,
                    })
                    .collect(),
                to: renamer.rename_key_to.clone(),
            }),
            FetchRewrite::ValueSetter(_) => None,
        })
        .collect()
}
