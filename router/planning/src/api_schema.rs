//! The schema that clients see: what they may ask for, without anything of federation.

use std::sync::Arc;

use ahash::AHashMap;
use graphql_tools::static_graphql::schema::{Definition, DirectiveDefinition, Document, Field, TypeDefinition};

use crate::types::{TypeId, TypeTable, type_name};

/// The public schema of a supergraph, introspection types included.
#[derive(Debug)]
pub struct ApiSchema {
    document: Arc<Document>,
    by_name: AHashMap<String, usize>,
    fields: AHashMap<String, AHashMap<String, usize>>,
    possible: AHashMap<String, Vec<TypeId>>,
    query: String,
    mutation: Option<String>,
    subscription: Option<String>,
}

impl ApiSchema {
    pub(crate) fn new(document: Arc<Document>, types: &TypeTable) -> Self {
        let mut by_name = AHashMap::new();
        let mut fields = AHashMap::new();
        let mut possible: AHashMap<String, Vec<TypeId>> = AHashMap::new();
        for (index, definition) in document.definitions.iter().enumerate() {
            let Definition::TypeDefinition(definition) = definition else { continue };
            let name = type_name(definition).to_owned();
            let declared = match definition {
                TypeDefinition::Object(object) => Some(&object.fields),
                TypeDefinition::Interface(interface) => Some(&interface.fields),
                _ => None,
            };
            if let Some(declared) = declared {
                let positions = declared.iter().enumerate().map(|(index, field)| (field.name.clone(), index)).collect();
                fields.insert(name.clone(), positions);
            }
            by_name.entry(name).or_insert(index);
        }
        for definition in document.definitions.iter().filter_map(type_definition) {
            match definition {
                TypeDefinition::Object(object) => {
                    let id = types.id(&object.name);
                    for interface in &object.implements_interfaces {
                        possible.entry(interface.clone()).or_default().push(id);
                    }
                }
                TypeDefinition::Union(union) => {
                    let members = union.types.iter().filter(|member| by_name.contains_key(*member));
                    possible.insert(union.name.clone(), members.map(|member| types.id(member)).collect());
                }
                _ => {}
            }
        }
        Self {
            query: document.query_type_name().cloned().unwrap_or_else(|| "Query".to_owned()),
            mutation: document.mutation_type_name().cloned(),
            subscription: document.subscription_type_name().cloned(),
            document,
            by_name,
            fields,
            possible,
        }
    }

    pub(crate) fn document(&self) -> &Document {
        &self.document
    }

    pub(crate) fn definition(&self, name: &str) -> Option<&TypeDefinition> {
        self.by_name.get(name).and_then(|index| type_definition(&self.document.definitions[*index]))
    }

    pub(crate) fn is_union(&self, name: &str) -> bool {
        matches!(self.definition(name), Some(TypeDefinition::Union(_)))
    }

    pub(crate) fn definitions(&self) -> impl Iterator<Item = &TypeDefinition> {
        self.document.definitions.iter().filter_map(type_definition)
    }

    pub(crate) fn directives(&self) -> impl Iterator<Item = &DirectiveDefinition> {
        self.document.definitions.iter().filter_map(|definition| match definition {
            Definition::DirectiveDefinition(directive) => Some(directive),
            _ => None,
        })
    }

    pub(crate) fn field(&self, parent: &str, field: &str) -> Option<&Field> {
        let index = *self.fields.get(parent)?.get(field)?;
        match self.definition(parent)? {
            TypeDefinition::Object(object) => object.fields.get(index),
            TypeDefinition::Interface(interface) => interface.fields.get(index),
            _ => None,
        }
    }

    /// The object types that a value of an interface or union may have.
    pub(crate) fn possible_types(&self, name: &str) -> &[TypeId] {
        self.possible.get(name).map_or(&[], Vec::as_slice)
    }

    /// The name of the query root.
    pub fn query_type(&self) -> &str {
        &self.query
    }

    /// The name of the mutation root, when there is one.
    pub fn mutation_type(&self) -> Option<&str> {
        self.mutation.as_deref()
    }

    /// The name of the subscription root, when there is one.
    pub fn subscription_type(&self) -> Option<&str> {
        self.subscription.as_deref()
    }

    /// The schema as SDL, without what every GraphQL schema has.
    pub fn sdl(&self) -> String {
        const BUILT_IN: [&str; 10] =
            ["Boolean", "Float", "Int", "ID", "String", "skip", "include", "deprecated", "specifiedBy", "oneOf"];
        let mut document = (*self.document).clone();
        document.definitions.retain(|definition| match definition {
            Definition::TypeDefinition(definition) => {
                let name = type_name(definition);
                !name.starts_with("__") && !BUILT_IN.contains(&name)
            }
            Definition::DirectiveDefinition(directive) => !BUILT_IN.contains(&directive.name.as_str()),
            _ => true,
        });
        for definition in &mut document.definitions {
            if let Definition::TypeDefinition(TypeDefinition::Object(object)) = definition {
                object.fields.retain(|field| !field.name.starts_with("__"));
            }
        }
        document.to_string()
    }
}

fn type_definition<'d>(definition: &'d Definition<'static, String>) -> Option<&'d TypeDefinition> {
    match definition {
        Definition::TypeDefinition(definition) => Some(definition),
        _ => None,
    }
}
