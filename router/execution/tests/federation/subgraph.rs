//! A live subgraph of a fixture: an SDL, and the objects that it knows as JSON.
//!
//! It refuses documents that its schema does not allow, and tells an error for a field of an object that it was not given, so that it
//! notices when it is asked for what another subgraph resolves.

use std::collections::HashMap;

use async_trait::async_trait;
use bytes::Bytes;
use cloudphone_composition::Subgraph;
use cloudphone_execution::{SubgraphRequest, subgraphs::in_process::LocalSubgraph};
use futures::{StreamExt as _, stream::BoxStream};
use graphql_tools::{
    parser::{parse_query, parse_schema},
    static_graphql::{
        query::{Definition as Executable, Document as Operation, Field, Selection, SelectionSet},
        schema::{Definition, Document as Schema, Field as FieldDefinition, TypeDefinition, Value as Literal},
    },
    validation::{rules::default_rules_validation_plan, validate::validate},
};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use crate::call;

/// What every server has beside its own types.
const BUILT_IN: &str = "scalar Int scalar Float scalar String scalar Boolean scalar ID scalar _Any
directive @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT";

/// What a schema of federation 2 starts with when it uses everything.
const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@requires", "@provides", "@external", "@shareable", "@override", "@inaccessible", "@tag", "@interfaceObject", "@composeDirective"
])"#;

/// The value of a field that follows from its object and its arguments.
pub type Computation = fn(&Value, &Map<String, Value>) -> Value;

pub struct Part {
    pub name: &'static str,
    /// What the composition reads.
    sdl: String,
    schema: Schema,
    /// The root objects by the names of their types.
    roots: Value,
    entities: Vec<Value>,
    computed: HashMap<&'static str, Computation>,
    asked: Mutex<Vec<String>>,
}

/// A subgraph of federation 2 with its root objects, such as `{ "Query": … }`.
pub fn part(name: &'static str, sdl: &str, roots: Value) -> Part {
    linked(name, LINK, sdl, roots)
}

/// A subgraph of federation 1.
pub fn part_1(name: &'static str, sdl: &str, roots: Value) -> Part {
    linked(name, "", sdl, roots)
}

/// A subgraph with more said of its schema than the usual link.
pub fn part_with(name: &'static str, more: &str, sdl: &str, roots: Value) -> Part {
    linked(name, &format!("{LINK} {more}"), sdl, roots)
}

fn linked(name: &'static str, link: &str, sdl: &str, roots: Value) -> Part {
    let schema = served(sdl);
    let sdl = format!("{link}\n{sdl}");
    Part { name, sdl, schema, roots, entities: Vec::new(), computed: HashMap::new(), asked: Mutex::default() }
}

impl Part {
    /// Adds objects that representations may mean, each with its `__typename`.
    pub fn knowing(mut self, entities: impl IntoIterator<Item = Value>) -> Self {
        self.entities.extend(entities);
        self
    }

    /// Adds a field, named as `Type.field`, whose value is computed.
    pub fn computing(mut self, field: &'static str, computation: Computation) -> Self {
        self.computed.insert(field, computation);
        self
    }

    /// What the composition is told of it.
    pub fn told(&self) -> Subgraph {
        let url = format!("http://{}.test/graphql", self.name);
        Subgraph { name: self.name.to_owned(), url, sdl: self.sdl.clone() }
    }

    /// The calls since this was asked last, as [`call::told`] writes them.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock())
    }

    fn answer(&self, request: &SubgraphRequest) -> Result<Value, String> {
        let operation = parse_query::<String>(&request.query).unwrap().into_static();
        let variables: Map<String, Value> = serde_json::from_slice(&request.variables).unwrap();
        self.asked.lock().push(format!("{} {}", self.name, call::told(&operation, &variables)));
        if let Some(fault) = validate(&self.schema, &operation, &default_rules_validation_plan()).first() {
            return Err(format!("{} refuses {}: {}", self.name, request.query, fault.message));
        }
        let (root, selections) = call::root(&operation);
        let execution = Execution { part: self, operation: &operation, variables };
        execution.object(&self.roots[root], root, &[selections]).map(Value::Object)
    }

    fn fields(&self, name: &str) -> &[FieldDefinition] {
        self.schema
            .definitions
            .iter()
            .find_map(|definition| match definition {
                Definition::TypeDefinition(TypeDefinition::Object(object)) if object.name == name => {
                    Some(&object.fields[..])
                }
                _ => None,
            })
            .unwrap_or_default()
    }

    /// Whether objects of a type meet a condition.
    fn applies(&self, condition: &str, name: &str) -> bool {
        condition == name
            || self.schema.definitions.iter().any(|definition| match definition {
                Definition::TypeDefinition(TypeDefinition::Object(object)) => {
                    object.name == name
                        && object.implements_interfaces.iter().any(|implemented| implemented == condition)
                }
                Definition::TypeDefinition(TypeDefinition::Union(union)) => {
                    union.name == condition && union.types.iter().any(|member| member == name)
                }
                _ => false,
            })
    }

    /// The object that a representation means, with whatever else the representation carries.
    fn entity(&self, representation: &Value) -> Value {
        let meant = self.entities.iter().find(|entity| {
            let (asked, known) = (&representation["__typename"], &entity["__typename"]);
            self.applies(asked.as_str().unwrap(), known.as_str().unwrap()) && means(representation, entity)
        });
        let Some(mut entity) = meant.cloned() else { return Value::Null };
        for (name, carried) in representation.as_object().unwrap() {
            entity.as_object_mut().unwrap().entry(name).or_insert_with(|| carried.clone());
        }
        entity
    }
}

#[async_trait]
impl LocalSubgraph for Part {
    async fn execute(&self, request: SubgraphRequest) -> Bytes {
        let answer = self.answer(&request).map_or_else(
            |problem| json!({ "data": null, "errors": [{ "message": problem }] }),
            |answer| json!({ "data": answer }),
        );
        answer.to_string().into()
    }

    fn subscribe(&self, _request: SubgraphRequest) -> BoxStream<'static, Bytes> {
        futures::stream::empty().boxed()
    }
}

/// Whether all that both say is the same, and something is.
fn means(representation: &Value, entity: &Value) -> bool {
    let (carried, known) = (representation.as_object().unwrap(), entity.as_object().unwrap());
    let common = || carried.keys().filter(|name| *name != "__typename" && known.contains_key(*name));
    common().next().is_some() && common().all(|name| holds(&carried[name], &known[name]))
}

fn holds(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .filter(|(name, _)| *name != "__typename")
            .all(|(name, value)| whole.get(name).is_some_and(|known| holds(value, known))),
        _ => part == whole,
    }
}

/// The schema that the subgraph serves: its own types and the entry points of federation.
fn served(sdl: &str) -> Schema {
    // A subgraph of federation 1 serves what it extends as a type of its own.
    let own = sdl.replace("extend type", "type");
    let mut schema = parse_schema::<String>(&format!("{BUILT_IN}\n{own}")).unwrap().into_static();
    let entities: Vec<String> = schema
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::TypeDefinition(TypeDefinition::Object(object)) => {
                object.directives.iter().any(|directive| directive.name == "key").then(|| object.name.clone())
            }
            _ => None,
        })
        .collect();
    let entry = if entities.is_empty() {
        "type Query { _sdl: String }".to_owned()
    } else {
        let members = entities.join(" | ");
        format!("type Query {{ _entities(representations: [_Any!]!): [_Entity]! }} union _Entity = {members}")
    };
    for definition in parse_schema::<String>(&entry).unwrap().into_static().definitions {
        match (query_of(&mut schema), definition) {
            (Some(query), Definition::TypeDefinition(TypeDefinition::Object(entry))) => query.extend(entry.fields),
            (_, definition) => schema.definitions.push(definition),
        }
    }
    schema
}

fn query_of(schema: &mut Schema) -> Option<&mut Vec<FieldDefinition>> {
    schema.definitions.iter_mut().find_map(|definition| match definition {
        Definition::TypeDefinition(TypeDefinition::Object(object)) if object.name == "Query" => {
            Some(&mut object.fields)
        }
        _ => None,
    })
}

struct Execution<'a> {
    part: &'a Part,
    operation: &'a Operation,
    variables: Map<String, Value>,
}

impl<'a> Execution<'a> {
    fn object(&self, object: &Value, declared: &str, sets: &[&'a SelectionSet]) -> Result<Map<String, Value>, String> {
        let name = object["__typename"].as_str().unwrap_or(declared);
        let mut fields: Vec<(&str, Vec<&Field>)> = Vec::new();
        for set in sets {
            self.collect(name, set, &mut fields);
        }
        fields.into_iter().map(|(key, fields)| Ok((key.to_owned(), self.field(object, name, &fields)?))).collect()
    }

    fn collect(&self, name: &str, set: &'a SelectionSet, fields: &mut Vec<(&'a str, Vec<&'a Field>)>) {
        for selection in &set.items {
            match selection {
                Selection::Field(field) => {
                    let key = field.alias.as_deref().unwrap_or(&field.name);
                    match fields.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, same)) => same.push(field),
                        None => fields.push((key, vec![field])),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    if fragment
                        .type_condition
                        .as_ref()
                        .is_none_or(|condition| self.part.applies(call::on(condition), name))
                    {
                        self.collect(name, &fragment.selection_set, fields);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    for definition in &self.operation.definitions {
                        if let Executable::Fragment(fragment) = definition
                            && fragment.name == spread.fragment_name
                            && self.part.applies(call::on(&fragment.type_condition), name)
                        {
                            self.collect(name, &fragment.selection_set, fields);
                        }
                    }
                }
            }
        }
    }

    fn field(&self, object: &Value, name: &str, fields: &[&'a Field]) -> Result<Value, String> {
        let field = fields[0];
        if field.name == "__typename" {
            return Ok(json!(name));
        }
        let definition = self.part.fields(name).iter().find(|definition| definition.name == field.name);
        let definition = definition.ok_or_else(|| format!("there is no {name}.{}", field.name))?;
        let arguments = self.arguments(definition, field);
        let coordinate = format!("{name}.{}", field.name);
        let value = if field.name == "_entities" {
            arguments["representations"].as_array().unwrap().iter().map(|one| self.part.entity(one)).collect()
        } else if let Some(computation) = self.part.computed.get(coordinate.as_str()) {
            computation(object, &arguments)
        } else {
            let known = object.get(&field.name).cloned();
            known.ok_or_else(|| format!("{} does not know {coordinate} of {object}", self.part.name))?
        };
        let sets: Vec<&SelectionSet> = fields.iter().map(|field| &field.selection_set).collect();
        self.complete(&value, definition.field_type.inner_type(), &sets)
    }

    fn arguments(&self, definition: &FieldDefinition, field: &Field) -> Map<String, Value> {
        let given = |name: &str| field.arguments.iter().find(|(given, _)| given == name).map(|(_, value)| value);
        let all = definition.arguments.iter().filter_map(|argument| {
            let value = given(&argument.name).or(argument.default_value.as_ref())?;
            Some((argument.name.clone(), self.literal(value)))
        });
        all.collect()
    }

    fn literal(&self, value: &Literal) -> Value {
        match value {
            Literal::Variable(name) => self.variables.get(name).cloned().unwrap_or_default(),
            Literal::Int(number) => json!(number.as_i64()),
            Literal::Float(number) => json!(number),
            Literal::String(text) | Literal::Enum(text) => json!(text),
            Literal::Boolean(truth) => json!(truth),
            Literal::Null => Value::Null,
            Literal::List(items) => items.iter().map(|item| self.literal(item)).collect(),
            Literal::Object(members) => {
                Value::Object(members.iter().map(|(name, value)| (name.clone(), self.literal(value))).collect())
            }
        }
    }

    fn complete(&self, value: &Value, declared: &str, sets: &[&'a SelectionSet]) -> Result<Value, String> {
        match value {
            Value::Array(items) => items.iter().map(|item| self.complete(item, declared, sets)).collect(),
            Value::Object(_) => self.object(value, declared, sets).map(Value::Object),
            leaf => Ok(leaf.clone()),
        }
    }
}
