//! Selections inside directives: what keys consist of, what fields require and provide.

use std::fmt::{Display, Formatter};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Fields of an object, with those of the objects inside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FieldSet {
    /// The fields.
    pub fields: Vec<SelectedField>,
}

/// One of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SelectedField {
    /// Its name.
    pub name: String,
    /// Its arguments, all of them given.
    pub arguments: Map<String, Value>,
    /// What is selected of its value.
    pub fields: FieldSet,
}

impl FieldSet {
    /// Fields without arguments that are no objects.
    pub fn of(names: &[&str]) -> Self {
        let field = |name: &&str| SelectedField { name: (*name).to_owned(), ..SelectedField::default() };
        Self { fields: names.iter().map(field).collect() }
    }

    /// One field and what is selected of its value.
    pub fn nested(name: &str, inner: &[&str]) -> Self {
        let mut set = Self::of(&[name]);
        set.fields[0].fields = Self::of(inner);
        set
    }

    /// Whether nothing is selected.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// A field by name.
    pub fn get(&self, name: &str) -> Option<&SelectedField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The part of a JSON value that is selected, its members in the order of the selection; none when something is
    /// missing.
    pub fn project(&self, value: &Value) -> Option<Value> {
        if self.is_empty() {
            return Some(value.clone());
        }
        match value {
            Value::Array(items) => items.iter().map(|item| self.project(item)).collect(),
            Value::Object(members) => {
                let mut selected = Map::new();
                for field in &self.fields {
                    selected.insert(field.name.clone(), field.fields.project(members.get(&field.name)?)?);
                }
                Some(Value::Object(selected))
            }
            Value::Null => Some(Value::Null),
            _ => None,
        }
    }
}

impl Display for FieldSet {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        for (position, field) in self.fields.iter().enumerate() {
            if position > 0 {
                formatter.write_str(" ")?;
            }
            formatter.write_str(&field.name)?;
            if !field.arguments.is_empty() {
                let arguments: Vec<String> =
                    field.arguments.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                write!(formatter, "({})", arguments.join(", "))?;
            }
            if !field.fields.is_empty() {
                write!(formatter, " {{ {} }}", field.fields)?;
            }
        }
        Ok(())
    }
}
