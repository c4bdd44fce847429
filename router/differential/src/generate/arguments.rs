//! Makes values of arguments, as literals and as variables.

use serde_json::{Map, Value, json};

use crate::{
    model::{InputDef, Schema, Shape, Ty},
    operation::Variable,
    random::Random,
};

/// The variables of an operation in the making.
#[derive(Debug, Default)]
pub(super) struct Variables {
    pub(super) declared: Vec<(Variable, Ty, bool)>,
}

impl Variables {
    /// Declares a variable for a place of this type; gives its use.
    pub(super) fn declare(&mut self, random: &mut Random, schema: &Schema, ty: &Ty) -> String {
        let name = format!("v{}", self.declared.len());
        // A variable may be stricter than its place; one with a default may stand where null may not.
        let (own, default) = match (ty.is_required(), random.below(4)) {
            (false, 0) => (ty.clone().required(), None),
            (false, 1) => (ty.clone(), Some(constant(random, schema, &ty.clone().required(), 2))),
            (true, 1) => (ty.clone().optional(), Some(constant(random, schema, ty, 2))),
            _ => (ty.clone(), None),
        };
        let written = default.as_ref().map_or(String::new(), |default| format!(" = {default}"));
        let variable = Variable { name: name.clone(), definition: format!("{own}{written}") };
        self.declared.push((variable, ty.clone(), own.is_required() || ty.is_required()));
        format!("${name}")
    }

    /// Values for all variables that may not, or happen not to, be left out.
    pub(super) fn values(&self, random: &mut Random, schema: &Schema) -> Map<String, Value> {
        let mut values = Map::new();
        for (variable, ty, strict) in &self.declared {
            let has_default = variable.definition.contains('=');
            let may_be_absent = has_default || !strict;
            if may_be_absent && random.chance(30) {
                continue;
            }
            let ty = if *strict { ty.clone().required() } else { ty.clone() };
            values.insert(variable.name.clone(), value(random, schema, &ty, 2));
        }
        values
    }
}

/// Writes arguments for a field; some as variables.
pub(super) fn arguments(
    random: &mut Random,
    schema: &Schema,
    definitions: &[InputDef],
    variables: &mut Variables,
) -> String {
    let mut written = Vec::new();
    for definition in definitions {
        let needed = definition.ty.is_required() && definition.default.is_none();
        if needed || random.chance(65) {
            let value = literal(random, schema, &definition.ty, 2, &mut Some(variables));
            written.push(format!("{}: {value}", definition.name));
        }
    }
    random.shuffle(&mut written);
    if written.is_empty() { String::new() } else { format!("({})", written.join(", ")) }
}

fn constant(random: &mut Random, schema: &Schema, ty: &Ty, depth: usize) -> String {
    literal(random, schema, ty, depth, &mut None)
}

fn literal(
    random: &mut Random,
    schema: &Schema,
    ty: &Ty,
    depth: usize,
    variables: &mut Option<&mut Variables>,
) -> String {
    if let Some(declared) = variables
        && random.chance(30)
    {
        return declared.declare(random, schema, ty);
    }
    match ty {
        Ty::NonNull(inner) => not_null(random, schema, inner, depth, variables),
        _ if random.chance(8) => "null".to_owned(),
        other => not_null(random, schema, other, depth, variables),
    }
}

fn not_null(
    random: &mut Random,
    schema: &Schema,
    ty: &Ty,
    depth: usize,
    variables: &mut Option<&mut Variables>,
) -> String {
    match ty {
        // One value stands for a list of it.
        Ty::List(inner) if random.chance(15) => constant(random, schema, &inner.clone().required(), depth),
        Ty::List(inner) => {
            let items: Vec<String> =
                (0..random.below(3)).map(|_| literal(random, schema, inner, depth, variables)).collect();
            format!("[{}]", items.join(", "))
        }
        Ty::Named(name) => match schema.get(name).map(|definition| &definition.shape) {
            Some(Shape::Enum { values }) => random.pick(values).clone(),
            Some(Shape::Input { fields }) => {
                let mut members = Vec::new();
                for field in fields {
                    let needed = field.ty.is_required() && field.default.is_none();
                    if needed || (depth > 0 && random.chance(40)) {
                        let value = literal(random, schema, &field.ty, depth.saturating_sub(1), variables);
                        members.push(format!("{}: {value}", field.name));
                    }
                }
                format!("{{{}}}", members.join(", "))
            }
            _ => match value(random, schema, &ty.clone().required(), depth) {
                // A whole number stands for an ID.
                Value::String(_) if name == "ID" && random.chance(20) => random.below(99).to_string(),
                other => other.to_string(),
            },
        },
        Ty::NonNull(inner) => not_null(random, schema, inner, depth, variables),
    }
}

fn value(random: &mut Random, schema: &Schema, ty: &Ty, depth: usize) -> Value {
    match ty {
        Ty::NonNull(inner) => match value(random, schema, inner, depth) {
            Value::Null => value(random, schema, ty, depth),
            other => other,
        },
        _ if random.chance(8) => Value::Null,
        Ty::List(inner) => (0..random.below(3)).map(|_| value(random, schema, inner, depth)).collect(),
        Ty::Named(name) => match name.as_str() {
            "Int" => json!(random.below(100)),
            "Float" if random.chance(50) => json!(random.below(100)),
            "Float" => json!(f64::from(u8::try_from(random.below(100)).expect("below a hundred")) / 4.0),
            "Boolean" => json!(random.chance(50)),
            "ID" => json!(format!("k{}", random.below(20))),
            "String" => json!(*random.pick(&["", "plain", "quo\"te", "line\nend", "ünï {$x}"])),
            _ => match schema.get(name).map(|definition| &definition.shape) {
                Some(Shape::Enum { values }) => json!(random.pick(values)),
                Some(Shape::Input { fields }) => {
                    let mut members = Map::new();
                    for field in fields {
                        let needed = field.ty.is_required() && field.default.is_none();
                        if needed || (depth > 0 && random.chance(40)) {
                            members
                                .insert(field.name.clone(), value(random, schema, &field.ty, depth.saturating_sub(1)));
                        }
                    }
                    Value::Object(members)
                }
                _ => json!("any"),
            },
        },
    }
}
