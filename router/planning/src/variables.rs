//! Checks and completes the variables of a request (GraphQL specification, section 6.1.2).

use graphql_tools::static_graphql::{
    query::{Type, Value as AstValue, VariableDefinition},
    schema::{InputValue, TypeDefinition},
};
use serde_json::{Map, Number, Value};

use crate::{
    api_schema::ApiSchema,
    error::{GraphQlError, Location, codes},
    types::named_type,
};

/// Variables that fit their definitions.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Variables {
    values: Map<String, Value>,
}

impl Variables {
    /// The value of a variable; none when it was neither given nor has a default.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Whether a Boolean variable is true.
    pub fn is_true(&self, name: &str) -> bool {
        self.values.get(name) == Some(&Value::Bool(true))
    }

    /// All values.
    pub fn values(&self) -> &Map<String, Value> {
        &self.values
    }
}

pub(crate) fn coerce(
    schema: &ApiSchema,
    definitions: &[VariableDefinition],
    input: &Map<String, Value>,
) -> Result<Variables, Vec<GraphQlError>> {
    let mut values = Map::new();
    let mut errors = Vec::new();
    for definition in definitions {
        let name = &definition.name;
        let location = Location { line: definition.position.line, column: definition.position.column };
        let mut refuse =
            |message: String| errors.push(GraphQlError::new(codes::BAD_USER_INPUT, message).at(vec![location]));
        match input.get(name) {
            None => match &definition.default_value {
                Some(default) => {
                    values.insert(name.clone(), literal(default));
                }
                None if is_non_null(&definition.var_type) => refuse(format!(
                    "Variable \"${name}\" of required type \"{}\" was not provided.",
                    definition.var_type
                )),
                None => {}
            },
            Some(Value::Null) if is_non_null(&definition.var_type) => {
                refuse(format!("Variable \"${name}\" of non-null type \"{}\" must not be null.", definition.var_type));
            }
            Some(value) => {
                let mut path = Vec::new();
                match coerce_value(schema, &definition.var_type, value, &mut path) {
                    Ok(value) => {
                        values.insert(name.clone(), value);
                    }
                    Err(problem) => {
                        let at =
                            if path.is_empty() { String::new() } else { format!(" at \"{name}{}\"", path.concat()) };
                        refuse(format!("Variable \"${name}\" got an invalid value{at}: {problem}"));
                    }
                }
            }
        }
    }
    if errors.is_empty() { Ok(Variables { values }) } else { Err(errors) }
}

/// The named type at a path: a variable, then fields of input objects and indexes of lists.
pub(crate) fn type_at<'a>(
    schema: &'a ApiSchema,
    definitions: &'a [VariableDefinition],
    path: &[String],
) -> Option<&'a str> {
    let (variable, inner) = path.split_first()?;
    let mut reference = &definitions.iter().find(|definition| definition.name == *variable)?.var_type;
    for segment in inner {
        reference = match nullable(reference) {
            Type::ListType(item) => {
                segment.parse::<usize>().ok()?;
                item
            }
            Type::NamedType(name) => {
                let Some(TypeDefinition::InputObject(definition)) = schema.definition(name) else { return None };
                &definition.fields.iter().find(|field| field.name == *segment)?.value_type
            }
            Type::NonNullType(inner) => inner,
        };
    }
    Some(named_type(reference))
}

fn nullable(reference: &Type) -> &Type {
    if let Type::NonNullType(inner) = reference { nullable(inner) } else { reference }
}

fn is_non_null(reference: &Type) -> bool {
    matches!(reference, Type::NonNullType(_))
}

/// Coerces a value; on failure `path` says where inside the variable it is.
fn coerce_value(schema: &ApiSchema, reference: &Type, value: &Value, path: &mut Vec<String>) -> Result<Value, String> {
    match reference {
        Type::NonNullType(_) if value.is_null() => {
            Err(format!("expected a value of non-null type \"{reference}\", found null."))
        }
        Type::NonNullType(inner) => coerce_value(schema, inner, value, path),
        _ if value.is_null() => Ok(Value::Null),
        Type::ListType(inner) => match value {
            Value::Array(items) => {
                let mut coerced = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    path.push(format!("[{index}]"));
                    coerced.push(coerce_value(schema, inner, item, path)?);
                    path.pop();
                }
                Ok(Value::Array(coerced))
            }
            // A single value stands for the list of it.
            single => coerce_value(schema, inner, single, path).map(|item| Value::Array(vec![item])),
        },
        Type::NamedType(name) => coerce_named(schema, name, value, path),
    }
}

fn coerce_named(schema: &ApiSchema, name: &str, value: &Value, path: &mut Vec<String>) -> Result<Value, String> {
    match schema.definition(name) {
        Some(TypeDefinition::InputObject(definition)) => {
            let Value::Object(fields) = value else {
                return Err(format!("expected an object of type \"{name}\", found {}.", shown(value)));
            };
            let one_of = definition.directives.iter().any(|directive| directive.name == "oneOf");
            if one_of && (fields.len() != 1 || fields.values().any(Value::is_null)) {
                return Err(format!("exactly one field of \"{name}\" must be given, and not null."));
            }
            coerce_object(schema, name, &definition.fields, fields, path)
        }
        Some(TypeDefinition::Enum(definition)) => match value {
            Value::String(text) if definition.values.iter().any(|value| value.name == *text) => Ok(value.clone()),
            other => Err(format!("{} is not a value of the enum \"{name}\".", shown(other))),
        },
        _ => coerce_scalar(name, value),
    }
}

fn coerce_object(
    schema: &ApiSchema,
    type_name: &str,
    definitions: &[InputValue],
    fields: &Map<String, Value>,
    path: &mut Vec<String>,
) -> Result<Value, String> {
    if let Some(unknown) = fields.keys().find(|key| !definitions.iter().any(|definition| definition.name == **key)) {
        return Err(format!("\"{unknown}\" is not a field of \"{type_name}\"."));
    }
    let mut coerced = Map::new();
    for definition in definitions {
        match fields.get(&definition.name) {
            Some(value) => {
                path.push(format!(".{}", definition.name));
                coerced.insert(definition.name.clone(), coerce_value(schema, &definition.value_type, value, path)?);
                path.pop();
            }
            // Defaults of input fields are left to the subgraph, which owns them.
            None if is_non_null(&definition.value_type) && definition.default_value.is_none() => {
                return Err(format!(
                    "field \"{}\" of required type \"{}\" was not provided.",
                    definition.name, definition.value_type
                ));
            }
            None => {}
        }
    }
    Ok(Value::Object(coerced))
}

fn coerce_scalar(name: &str, value: &Value) -> Result<Value, String> {
    let refused = || Err(format!("{name} cannot represent {}.", shown(value)));
    match (name, value) {
        ("Int", Value::Number(number)) => match whole(number).and_then(|whole| i32::try_from(whole).ok()) {
            Some(whole) => Ok(Value::from(whole)),
            None => Err(format!("Int cannot represent {number}: not a whole number of 32 bits.")),
        },
        ("Float", Value::Number(_)) | ("String" | "ID", Value::String(_)) | ("Boolean", Value::Bool(_)) => {
            Ok(value.clone())
        }
        ("ID", Value::Number(number)) => {
            whole(number).map_or_else(refused, |whole| Ok(Value::String(whole.to_string())))
        }
        ("Int" | "Float" | "String" | "Boolean" | "ID", _) => refused(),
        _ => Ok(value.clone()),
    }
}

/// The whole number that a JSON number is; `1.0` is one.
fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "only exact values below 2^53 pass")]
        (float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0).then_some(float as i64)
    })
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 60 { format!("{}…", text.chars().take(60).collect::<String>()) } else { text }
}

/// A literal of the document as JSON; validation has checked its type.
fn literal(value: &AstValue) -> Value {
    match value {
        AstValue::Int(number) => number.as_i64().map_or(Value::Null, Value::from),
        AstValue::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        AstValue::String(text) | AstValue::Enum(text) => Value::String(text.clone()),
        AstValue::Boolean(value) => Value::Bool(*value),
        AstValue::List(items) => Value::Array(items.iter().map(literal).collect()),
        AstValue::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), literal(value))).collect())
        }
        AstValue::Null | AstValue::Variable(_) => Value::Null,
    }
}
