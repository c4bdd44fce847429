//! Values of variables and arguments (GraphQL specification, sections 6.1.2 and 6.4.1).

use graphql_tools::{
    parser::parse_query,
    static_graphql::query::{
        Definition, OperationDefinition, Type, TypeCondition, Value as Literal, VariableDefinition,
    },
};
use serde_json::{Map, Value, json};

use crate::model::{InputDef, Schema, Shape, Ty};

/// The type that a condition names.
pub(super) fn condition(condition: &TypeCondition) -> &str {
    match condition {
        TypeCondition::On(name) => name,
    }
}

/// The variables of an operation: those given, and defaults.
pub(super) fn variables(
    schema: &Schema,
    definitions: &[VariableDefinition],
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let mut variables = Map::new();
    for definition in definitions {
        let name = &definition.name;
        let ty = reference(&definition.var_type);
        let value = match (given.get(name), &definition.default_value) {
            (Some(value), _) => value.clone(),
            (None, Some(default)) => literal(default, &Map::new()).ok_or("a default without a value")?,
            (None, None) if ty.is_required() => return Err(format!("${name} is missing")),
            (None, None) => continue,
        };
        variables.insert(name.clone(), coerce(schema, &ty, value).map_err(|problem| format!("${name}: {problem}"))?);
    }
    Ok(variables)
}

/// The arguments of a field: those given, and defaults.
pub(super) fn arguments(
    schema: &Schema,
    definitions: &[InputDef],
    given: &[(String, Literal)],
    variables: &Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let mut arguments = Map::new();
    for definition in definitions {
        let found = given.iter().find(|(name, _)| *name == definition.name);
        if let Some(value) = found.and_then(|(_, value)| literal(value, variables)) {
            arguments.insert(definition.name.clone(), coerce(schema, &definition.ty, value)?);
        } else if let Some(value) = default(definition) {
            arguments.insert(definition.name.clone(), coerce(schema, &definition.ty, value)?);
        } else if definition.ty.is_required() {
            return Err(format!("the argument {} is missing", definition.name));
        }
    }
    Ok(arguments)
}

/// A literal as JSON; none when it is a variable without a value.
pub(super) fn literal(value: &Literal, variables: &Map<String, Value>) -> Option<Value> {
    Some(match value {
        Literal::Variable(name) => return variables.get(name).cloned(),
        Literal::Int(number) => json!(number.as_i64()),
        Literal::Float(number) => json!(number),
        Literal::String(text) | Literal::Enum(text) => json!(text),
        Literal::Boolean(truth) => json!(truth),
        Literal::Null => Value::Null,
        // A variable without a value counts as null in a list, and as absent in an object.
        Literal::List(items) => items.iter().map(|item| literal(item, variables).unwrap_or_default()).collect(),
        Literal::Object(members) => {
            let present = members.iter().filter_map(|(name, value)| Some((name.clone(), literal(value, variables)?)));
            Value::Object(present.collect())
        }
    })
}

fn default(definition: &InputDef) -> Option<Value> {
    let text = format!("query ($default: Any = {}) {{ f }}", definition.default.as_ref()?);
    let document = parse_query::<String>(&text).expect("defaults of generated schemas are literals").into_static();
    match document.definitions.first() {
        Some(Definition::Operation(OperationDefinition::Query(query))) => {
            query.variable_definitions.first()?.default_value.as_ref().and_then(|value| literal(value, &Map::new()))
        }
        _ => None,
    }
}

fn reference(ty: &Type) -> Ty {
    match ty {
        Type::NamedType(name) => Ty::named(name),
        Type::ListType(inner) => reference(inner).list(),
        Type::NonNullType(inner) => reference(inner).required(),
    }
}

/// Section 3, "Input Coercion" of each kind of type. Values of generated operations fit, so that only what changes them
/// is told apart.
fn coerce(schema: &Schema, ty: &Ty, value: Value) -> Result<Value, String> {
    match ty {
        Ty::NonNull(_) if value.is_null() => Err(format!("null is no {ty}")),
        Ty::NonNull(inner) => coerce(schema, inner, value),
        _ if value.is_null() => Ok(Value::Null),
        Ty::List(inner) => match value {
            Value::Array(items) => items.into_iter().map(|item| coerce(schema, inner, item)).collect(),
            single => Ok(Value::Array(vec![coerce(schema, inner, single)?])),
        },
        Ty::Named(name) => match (name.as_str(), value) {
            ("Float", Value::Number(number)) => Ok(json!(number.as_f64())),
            ("ID", Value::Number(number)) => Ok(json!(number.to_string())),
            (_, Value::Object(mut members)) => match schema.get(name).map(|definition| &definition.shape) {
                Some(Shape::Input { fields }) => {
                    let mut coerced = Map::new();
                    for field in fields {
                        match members.shift_remove(&field.name).or_else(|| default(field)) {
                            Some(value) => {
                                coerced.insert(field.name.clone(), coerce(schema, &field.ty, value)?);
                            }
                            None if field.ty.is_required() => return Err(format!("{name}.{} is missing", field.name)),
                            None => {}
                        }
                    }
                    match members.keys().next() {
                        Some(unknown) => Err(format!("there is no {name}.{unknown}")),
                        None => Ok(Value::Object(coerced)),
                    }
                }
                _ => Ok(Value::Object(members)),
            },
            (_, value) => Ok(value),
        },
    }
}
