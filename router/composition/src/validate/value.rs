//! Whether a constant fits an input type (GraphQL specification §3, input coercion).

use crate::syntax::{TypeDefinition, TypeKind, TypeReference, Value};

/// Finds a type by name, in a subgraph or in the merged schema.
pub type Lookup<'a> = dyn Fn(&str) -> Option<&'a TypeDefinition> + 'a;

/// Why a constant does not fit a type; nothing when it does.
pub fn value_problem(value: &Value, ty: &TypeReference, types: &Lookup<'_>) -> Option<String> {
    match (ty, value) {
        (TypeReference::NonNull(_), Value::Null) => Some(format!("\"{ty}\" cannot be null")),
        (TypeReference::NonNull(inner), value) => value_problem(value, inner, types),
        (_, Value::Null) => None,
        (TypeReference::List(inner), value) => value.items().iter().find_map(|item| value_problem(item, inner, types)),
        (TypeReference::Named(name), value) => named_problem(value, name, types),
    }
}

fn named_problem(value: &Value, name: &str, types: &Lookup<'_>) -> Option<String> {
    let fits = match name {
        "Int" => matches!(value, Value::Int(digits) if digits.parse::<i32>().is_ok()),
        "Float" => matches!(value, Value::Int(_) | Value::Float(_)),
        "String" => matches!(value, Value::String(_)),
        "Boolean" => matches!(value, Value::Boolean(_)),
        "ID" => matches!(value, Value::String(_) | Value::Int(_)),
        _ => {
            let definition = types(name)?;
            return match definition.kind {
                TypeKind::Enum => enum_problem(value, definition),
                TypeKind::Input => object_problem(value, definition, types),
                // Any constant may stand for a custom scalar; other kinds are reported where they are used.
                _ => None,
            };
        }
    };
    (!fits).then(|| format!("\"{name}\" expected"))
}

fn enum_problem(value: &Value, definition: &TypeDefinition) -> Option<String> {
    let name = &definition.name;
    match value {
        Value::Enum(text) if definition.values.contains_key(text) => None,
        Value::Enum(text) => Some(format!("enum \"{name}\" has no value \"{text}\"")),
        _ => Some(format!("a value of enum \"{name}\" expected")),
    }
}

fn object_problem(value: &Value, definition: &TypeDefinition, types: &Lookup<'_>) -> Option<String> {
    let name = &definition.name;
    let Value::Object(fields) = value else {
        return Some(format!("an object for \"{name}\" expected"));
    };
    for (field, value) in fields {
        let Some(declared) = definition.inputs.get(field) else {
            return Some(format!("input object \"{name}\" has no field \"{field}\""));
        };
        if let Some(problem) = value_problem(value, &declared.ty, types) {
            return Some(problem);
        }
    }
    let missing = definition
        .inputs
        .values()
        .find(|input| input.is_required() && fields.iter().all(|(field, _)| *field != input.name));
    missing.map(|input| format!("\"{name}.{}\" is required", input.name))
}
