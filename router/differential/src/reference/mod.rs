//! Executes operations as the GraphQL specification describes it (section 6), step by step and without any haste.
//!
//! It is what the router is held against, so it has to be plain enough to be believed. In one thing it tells more than
//! a server would: fields beside a null that rises are executed to the end, so that all errors there are come to light.

mod coercion;

use graphql_tools::static_graphql::query::{
    Definition, Directive, Document, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
    VariableDefinition,
};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::{
    model::{FieldDef, Schema, Ty},
    world::{Object, Resolved},
};

/// What the executor asks for values.
pub trait Resolver {
    /// The schema in which the operation is written.
    fn schema(&self) -> &Schema;

    /// The name of an object's type in that schema.
    fn type_name<'a>(&'a self, object: &'a Object) -> &'a str;

    /// The value of a field.
    fn resolve(&self, object: &Object, field: &FieldDef, arguments: &Map<String, Value>) -> Resolved;
}

/// The answer to an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The value of `data`.
    pub data: Value,
    /// Every error there is, with its path.
    pub errors: Vec<FieldError>,
}

/// An error of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    /// What it says.
    pub message: String,
    /// Where it happened.
    pub path: Vec<Value>,
}

impl Response {
    /// The response as it is sent.
    pub fn to_json(&self) -> Value {
        let errors: Vec<Value> =
            self.errors.iter().map(|error| json!({ "message": error.message, "path": error.path })).collect();
        if errors.is_empty() { json!({ "data": self.data }) } else { json!({ "data": self.data, "errors": errors }) }
    }
}

/// A null where none may be.
struct Nulled;

struct Execution<'a, R> {
    resolver: &'a R,
    document: &'a Document,
    variables: Map<String, Value>,
    path: Vec<Value>,
    errors: Vec<FieldError>,
}

/// Executes the one operation of a valid document.
pub fn execute<R: Resolver>(resolver: &R, document: &Document, given: &Map<String, Value>) -> Result<Response, String> {
    let operation = document
        .definitions
        .iter()
        .find_map(|definition| match definition {
            Definition::Operation(operation) => Some(operation),
            Definition::Fragment(_) => None,
        })
        .ok_or("the document has no operation")?;
    let (root, definitions, selections): (_, &[VariableDefinition], _) = match operation {
        OperationDefinition::SelectionSet(set) => ("Query", &[], set),
        OperationDefinition::Query(query) => ("Query", &query.variable_definitions, &query.selection_set),
        OperationDefinition::Mutation(mutation) => {
            ("Mutation", &mutation.variable_definitions, &mutation.selection_set)
        }
        OperationDefinition::Subscription(_) => return Err("subscriptions are not executed here".to_owned()),
    };
    let variables = coercion::variables(resolver.schema(), definitions, given)?;
    let mut execution = Execution { resolver, document, variables, path: Vec::new(), errors: Vec::new() };
    let data = execution.object(&Object::new(root, 0), &[selections]);
    Ok(Response { data: data.map_or(Value::Null, Value::Object), errors: execution.errors })
}

impl<'a, R: Resolver> Execution<'a, R> {
    /// Section 6.3, `ExecuteSelectionSet`. Objects nulled by one field still execute their others.
    fn object(&mut self, object: &Object, sets: &[&'a SelectionSet]) -> Result<Map<String, Value>, Nulled> {
        let resolver = self.resolver;
        let name = resolver.type_name(object);
        let mut groups = IndexMap::new();
        let mut visited = Vec::new();
        for set in sets {
            self.collect(name, set, &mut visited, &mut groups);
        }
        let mut result = Map::new();
        let mut nulled = false;
        for (key, fields) in groups {
            self.path.push(json!(key));
            match self.field(object, name, &fields) {
                Ok(value) => {
                    result.insert(key.to_owned(), value);
                }
                Err(Nulled) => nulled = true,
            }
            self.path.pop();
        }
        if nulled { Err(Nulled) } else { Ok(result) }
    }

    /// Section 6.3.2, `CollectFields`.
    fn collect(
        &self,
        object: &str,
        set: &'a SelectionSet,
        visited: &mut Vec<&'a str>,
        groups: &mut IndexMap<&'a str, Vec<&'a Field>>,
    ) {
        for selection in &set.items {
            match selection {
                Selection::Field(field) if self.is_wanted(&field.directives) => {
                    let key = field.alias.as_deref().unwrap_or(&field.name);
                    groups.entry(key).or_default().push(field);
                }
                Selection::FragmentSpread(spread) if self.is_wanted(&spread.directives) => {
                    if visited.contains(&spread.fragment_name.as_str()) {
                        continue;
                    }
                    visited.push(&spread.fragment_name);
                    let Some(fragment) = self.fragment(&spread.fragment_name) else { continue };
                    if self.applies(coercion::condition(&fragment.type_condition), object) {
                        self.collect(object, &fragment.selection_set, visited, groups);
                    }
                }
                Selection::InlineFragment(fragment) if self.is_wanted(&fragment.directives) => {
                    let condition = fragment.type_condition.as_ref().map(coercion::condition);
                    if condition.is_none_or(|condition| self.applies(condition, object)) {
                        self.collect(object, &fragment.selection_set, visited, groups);
                    }
                }
                _ => {}
            }
        }
    }

    fn fragment(&self, name: &str) -> Option<&'a FragmentDefinition> {
        self.document.definitions.iter().find_map(|definition| match definition {
            Definition::Fragment(fragment) if fragment.name == name => Some(fragment),
            _ => None,
        })
    }

    fn applies(&self, condition: &str, object: &str) -> bool {
        condition == object || self.resolver.schema().possible(condition).contains(&object)
    }

    fn is_wanted(&self, directives: &[Directive]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.arguments.iter().find(|(name, _)| name == "if");
            let value = condition.map(|(_, value)| coercion::literal(value, &self.variables));
            let holds = value == Some(Some(Value::Bool(true)));
            match directive.name.as_str() {
                "skip" => !holds,
                "include" => holds,
                _ => true,
            }
        })
    }

    /// Section 6.4, `ExecuteField`.
    fn field(&mut self, object: &Object, type_name: &str, fields: &[&'a Field]) -> Result<Value, Nulled> {
        let resolver = self.resolver;
        let field = fields[0];
        if field.name == "__typename" {
            return Ok(json!(type_name));
        }
        let definition = resolver.schema().get(type_name).and_then(|definition| definition.field(&field.name));
        let Some(definition) = definition else {
            return self.failed(format!("there is no field {type_name}.{}", field.name), false);
        };
        match coercion::arguments(resolver.schema(), &definition.arguments, &field.arguments, &self.variables) {
            Ok(arguments) => {
                let value = resolver.resolve(object, definition, &arguments);
                self.complete(&definition.ty, fields, value)
            }
            Err(problem) => self.failed(problem, definition.ty.is_required()),
        }
    }

    /// Section 6.4.3, `CompleteValue`, with the handling of errors of section 6.4.4.
    fn complete(&mut self, ty: &Ty, fields: &[&'a Field], value: Resolved) -> Result<Value, Nulled> {
        let inner = match ty {
            Ty::NonNull(inner) => inner,
            other => other,
        };
        let completed = match (inner, value) {
            (_, Resolved::Null) if ty.is_required() => {
                return self.failed("null where none may be".to_owned(), true);
            }
            (_, Resolved::Null) => return Ok(Value::Null),
            (_, Resolved::Failed(problem)) => return self.failed(problem, ty.is_required()),
            (Ty::List(item), Resolved::List(values)) => self.list(item, fields, values),
            (Ty::Named(_), Resolved::Object(object)) => {
                let sets: Vec<&SelectionSet> = fields.iter().map(|field| &field.selection_set).collect();
                self.object(&object, &sets).map(Value::Object)
            }
            (Ty::Named(_), Resolved::Leaf(leaf)) => Ok(leaf),
            (_, other) => return self.failed(format!("{other:?} is no {inner}"), ty.is_required()),
        };
        match completed {
            Err(Nulled) if !ty.is_required() => Ok(Value::Null),
            other => other,
        }
    }

    fn list(&mut self, item: &Ty, fields: &[&'a Field], values: Vec<Resolved>) -> Result<Value, Nulled> {
        let mut items = Vec::with_capacity(values.len());
        let mut nulled = false;
        for (position, value) in values.into_iter().enumerate() {
            self.path.push(json!(position));
            match self.complete(item, fields, value) {
                Ok(value) => items.push(value),
                Err(Nulled) => nulled = true,
            }
            self.path.pop();
        }
        if nulled { Err(Nulled) } else { Ok(Value::Array(items)) }
    }

    fn failed(&mut self, message: String, rises: bool) -> Result<Value, Nulled> {
        self.errors.push(FieldError { message, path: self.path.clone() });
        if rises { Err(Nulled) } else { Ok(Value::Null) }
    }
}
