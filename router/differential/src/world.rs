//! What there is to know: every value follows from its coordinates, so that any subgraph can tell any part of it.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use crate::{
    field_set::FieldSet,
    model::{FieldDef, Kind, Schema, Shape, Ty, TypeDef},
    random::{hash_text, index, mix},
};

/// Entities of each type.
pub const INSTANCES: usize = 4;

/// An object, wherever it is seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Its type in the monolith.
    pub ty: String,
    /// Which of its type: the number of an entity, or a hash of where the object was found.
    pub identity: u64,
    /// The representation by which a subgraph was given it.
    pub carried: Option<Arc<Value>>,
    /// What may be asked of it because of where it was found.
    pub provided: FieldSet,
}

impl Object {
    /// An object that nothing is known of besides.
    pub fn new(ty: &str, identity: u64) -> Self {
        Self { ty: ty.to_owned(), identity, carried: None, provided: FieldSet::default() }
    }
}

/// What a resolver gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    /// Nothing.
    Null,
    /// An error, with what it says.
    Failed(String),
    /// A leaf.
    Leaf(Value),
    /// An object.
    Object(Object),
    /// A list.
    List(Vec<Resolved>),
}

/// The values of one monolith, and the changes that were made to it.
#[derive(Debug)]
pub struct World {
    /// Its schema.
    pub schema: Arc<Schema>,
    seed: u64,
    changes: Mutex<Vec<String>>,
}

impl World {
    /// A world without changes.
    pub fn new(schema: Arc<Schema>, seed: u64) -> Self {
        Self { schema, seed, changes: Mutex::new(Vec::new()) }
    }

    /// Makes it as it was before any change.
    pub fn restore(&self) {
        self.changes.lock().clear();
    }

    /// What was changed, in order.
    pub fn changes(&self) -> Vec<String> {
        self.changes.lock().clone()
    }

    /// The definition that says what a field's values are like.
    pub fn definition(&self, object: &str, field: &str) -> &FieldDef {
        let definition = self.schema.get(object).and_then(|definition| definition.field(field));
        definition.unwrap_or_else(|| panic!("the monolith has no field {object}.{field}"))
    }

    /// The value of a field. `required` is what its `@requires` selects, where it has one.
    pub fn resolve(
        &self,
        object: &Object,
        field: &str,
        arguments: &Map<String, Value>,
        required: Option<&Value>,
    ) -> Resolved {
        let definition = self.definition(&object.ty, field);
        let mut hash = mix(self.seed, hash_text(&object.ty));
        hash = mix(hash, object.identity);
        hash = mix(hash, hash_text(field));
        hash = mix(hash, hash_text(&Value::Object(arguments.clone()).to_string()));
        if let Some(required) = required {
            hash = mix(hash, hash_text(&required.to_string()));
        }
        if object.ty == "Mutation" {
            let mut changes = self.changes.lock();
            changes.push(format!("{field}{}", Value::Object(arguments.clone())));
            hash = mix(hash, hash_text(&changes.join("\n")));
        }
        self.value(object, definition, &definition.ty, hash, true)
    }

    /// The value of a field with all that it requires.
    pub fn resolve_alone(&self, object: &Object, field: &str, arguments: &Map<String, Value>) -> Resolved {
        let requires = &self.definition(&object.ty, field).requires;
        let required = (!requires.is_empty()).then(|| self.project(object, requires));
        self.resolve(object, field, arguments, required.as_ref())
    }

    /// What a field set selects of an object, as a representation would carry it.
    pub fn project(&self, object: &Object, set: &FieldSet) -> Value {
        let mut selected = Map::new();
        for field in &set.fields {
            let value = self.resolve_alone(object, &field.name, &field.arguments);
            selected.insert(field.name.clone(), self.json(&value, &field.fields));
        }
        Value::Object(selected)
    }

    /// The entity of a type that a representation means, by one of these keys.
    pub fn find<'k>(
        &self,
        ty: &str,
        keys: impl Iterator<Item = &'k FieldSet>,
        representation: &Value,
    ) -> Option<Object> {
        for key in keys {
            let Some(given) = key.project(representation) else { continue };
            let mut all = (0..INSTANCES).map(|number| Object::new(ty, number as u64));
            if let Some(found) = all.find(|object| self.project(object, key) == given) {
                return Some(found);
            }
        }
        None
    }

    fn json(&self, value: &Resolved, set: &FieldSet) -> Value {
        match value {
            Resolved::Null | Resolved::Failed(_) => Value::Null,
            Resolved::Leaf(leaf) => leaf.clone(),
            Resolved::Object(object) => self.project(object, set),
            Resolved::List(items) => items.iter().map(|item| self.json(item, set)).collect(),
        }
    }

    fn value(&self, parent: &Object, field: &FieldDef, ty: &Ty, hash: u64, nullable: bool) -> Resolved {
        match ty {
            Ty::NonNull(inner) => self.value(parent, field, inner, hash, false),
            _ if field.behaviour.errors && mix(hash, 1).is_multiple_of(8) => {
                Resolved::Failed(format!("{}.{} failed", parent.ty, field.name))
            }
            _ if field.behaviour.nulls && nullable && mix(hash, 2).is_multiple_of(5) => Resolved::Null,
            Ty::List(inner) => {
                let length = mix(hash, 3) % 4;
                let items = (0..length).map(|item| self.value(parent, field, inner, mix(hash, 10 + item), true));
                Resolved::List(items.collect())
            }
            Ty::Named(name) if self.schema.is_composite(name) => Resolved::Object(self.object(field, name, hash)),
            Ty::Named(name) => Resolved::Leaf(self.leaf(parent, field, name, hash)),
        }
    }

    fn object(&self, field: &FieldDef, name: &str, hash: u64) -> Object {
        let ty = match field.behaviour.runtime.as_slice() {
            [] => name,
            runtime => &runtime[index(mix(hash, 4), runtime.len())],
        };
        let is_entity = self.schema.get(ty).is_some_and(TypeDef::is_entity);
        let identity = if is_entity { index(mix(hash, 5), INSTANCES) as u64 } else { mix(hash, 6) };
        Object::new(ty, identity)
    }

    fn leaf(&self, parent: &Object, field: &FieldDef, name: &str, hash: u64) -> Value {
        let number = mix(hash, 7) % 1000;
        match field.behaviour.kind {
            Kind::Identifier => return json!(format!("{}-{}", parent.ty, parent.identity)),
            Kind::Code => return json!(parent.identity * 17 + 3),
            Kind::Half => return json!(parent.identity / 2),
            Kind::Rest => return json!(parent.identity % 2),
            Kind::Revision => return json!(self.changes.lock().len()),
            Kind::Plain => {}
        }
        match name {
            "Int" => json!(number),
            "Float" => json!(f64::from(u32::try_from(number).expect("a number below a thousand")) + 0.25),
            "Boolean" => json!(number.is_multiple_of(2)),
            "ID" => json!(format!("x{number}")),
            _ => match self.schema.get(name).map(|definition| &definition.shape) {
                Some(Shape::Enum { values }) => json!(values[index(hash, values.len())]),
                // Some with what has to be escaped, and more than ASCII.
                _ if number.is_multiple_of(9) => json!(format!("\"{hash:x}\"\\\n\u{1}é😀/")),
                _ => json!(format!("s{hash:x}")),
            },
        }
    }
}
