//! The weights that a supergraph declares.

use ahash::AHashMap;
use graphql_tools::static_graphql::schema::{Definition, Directive, Document, Field, TypeDefinition, Value};

use crate::types::{named_type, type_name};

/// Weights and list sizes by coordinate.
#[derive(Debug, Default)]
pub(crate) struct Weights {
    types: AHashMap<String, i64>,
    fields: AHashMap<(String, String), i64>,
    arguments: AHashMap<(String, String, String), i64>,
    list_sizes: AHashMap<(String, String), ListSize>,
    /// Fields of input objects, with their types, and their own weights.
    inputs: AHashMap<String, AHashMap<String, (String, Option<i64>)>>,
}

/// `@listSize`.
#[derive(Debug, Clone, Default)]
pub(super) struct ListSize {
    pub assumed: Option<i64>,
    pub slicing: Vec<Vec<String>>,
    pub sized_fields: Vec<String>,
    pub require_one: bool,
}

impl Weights {
    /// Reads a supergraph's document, in which a `@link` names the directives.
    pub(crate) fn read(document: &Document) -> Self {
        let names = Names::read(document);
        let mut weights = Self::default();
        for definition in &document.definitions {
            let Definition::TypeDefinition(definition) = definition else { continue };
            let name = type_name(definition).to_owned();
            let (directives, fields) = match definition {
                TypeDefinition::Scalar(scalar) => (&scalar.directives, None),
                TypeDefinition::Enum(enumeration) => (&enumeration.directives, None),
                TypeDefinition::Union(union) => (&union.directives, None),
                TypeDefinition::Object(object) => (&object.directives, Some(&object.fields)),
                TypeDefinition::Interface(interface) => (&interface.directives, Some(&interface.fields)),
                TypeDefinition::InputObject(input) => {
                    let fields = input.fields.iter().map(|field| {
                        let inner = named_type(&field.value_type).to_owned();
                        (field.name.clone(), (inner, names.weight(&field.directives)))
                    });
                    weights.inputs.insert(name.clone(), fields.collect());
                    (&input.directives, None)
                }
            };
            if let Some(weight) = names.weight(directives) {
                weights.types.insert(name.clone(), weight);
            }
            for field in fields.into_iter().flatten() {
                weights.read_field(&names, &name, field);
            }
        }
        weights
    }

    fn read_field(&mut self, names: &Names, parent: &str, field: &Field) {
        let key = || (parent.to_owned(), field.name.clone());
        if let Some(weight) = names.weight(&field.directives) {
            self.fields.insert(key(), weight);
        }
        if let Some(size) = names.list_size(&field.directives) {
            self.list_sizes.insert(key(), size);
        }
        for argument in &field.arguments {
            if let Some(weight) = names.weight(&argument.directives) {
                self.arguments.insert((parent.to_owned(), field.name.clone(), argument.name.clone()), weight);
            }
        }
    }

    /// Of a field itself, when it has one.
    pub(super) fn field(&self, parent: &str, field: &str) -> Option<i64> {
        self.fields.get(&(parent.to_owned(), field.to_owned())).copied()
    }

    /// Of a scalar or enum.
    pub(super) fn leaf(&self, type_name: &str) -> i64 {
        self.types.get(type_name).copied().unwrap_or(0)
    }

    /// Of an object, which was asked for by its own type or by an interface or union.
    pub(super) fn object(&self, object: &str, asked_for_by: &str) -> i64 {
        self.types.get(object).or_else(|| self.types.get(asked_for_by)).copied().unwrap_or(1)
    }

    pub(super) fn list_size(&self, parent: &str, field: &str) -> Option<&ListSize> {
        self.list_sizes.get(&(parent.to_owned(), field.to_owned()))
    }

    /// Of an argument itself, when it has one.
    pub(super) fn argument(&self, parent: &str, field: &str, argument: &str) -> Option<i64> {
        self.arguments.get(&(parent.to_owned(), field.to_owned(), argument.to_owned())).copied()
    }

    /// Of a value of an input type.
    pub(super) fn input(&self, type_name: &str) -> i64 {
        self.types.get(type_name).copied().unwrap_or(i64::from(self.inputs.contains_key(type_name)))
    }

    /// The type of an input object's field, and its own weight.
    pub(super) fn input_field(&self, type_name: &str, field: &str) -> Option<(&str, Option<i64>)> {
        self.inputs.get(type_name)?.get(field).map(|(inner, weight)| (inner.as_str(), *weight))
    }

    /// Whether values of an input type can cost anything.
    pub(super) fn is_free(&self, type_name: &str) -> bool {
        !self.inputs.contains_key(type_name) && self.input(type_name) == 0
    }
}

/// What the directives are called in this supergraph.
struct Names {
    cost: Option<String>,
    list_size: Option<String>,
}

impl Names {
    fn read(document: &Document) -> Self {
        let directives = document.definitions.iter().filter_map(|definition| match definition {
            Definition::SchemaDefinition(schema) => Some(&schema.directives),
            _ => None,
        });
        for link in directives.flatten().filter(|directive| directive.name == "link") {
            let Some(Value::String(url)) = argument(link, "url") else { continue };
            if !url.contains("/cost/v") {
                continue;
            }
            let prefix = match argument(link, "as") {
                Some(Value::String(name)) => name.as_str(),
                _ => "cost",
            };
            let imports = match argument(link, "import") {
                Some(Value::List(items)) => items.as_slice(),
                _ => &[],
            };
            let imported = |wanted: &str| {
                imports.iter().find_map(|item| match item {
                    Value::String(name) if name == wanted => Some(wanted.trim_start_matches('@').to_owned()),
                    Value::Object(pair) => match (entry(pair, "name"), entry(pair, "as")) {
                        (Some(Value::String(name)), renamed) if name == wanted => Some(match renamed {
                            Some(Value::String(renamed)) => renamed.trim_start_matches('@').to_owned(),
                            _ => wanted.trim_start_matches('@').to_owned(),
                        }),
                        _ => None,
                    },
                    _ => None,
                })
            };
            return Self {
                // A directive of the specification's own name needs no import (Link specification).
                cost: imported("@cost").or_else(|| Some(prefix.to_owned())),
                list_size: imported("@listSize").or_else(|| Some(format!("{prefix}__listSize"))),
            };
        }
        Self { cost: None, list_size: None }
    }

    fn weight(&self, directives: &[Directive]) -> Option<i64> {
        let own = directives.iter().find(|directive| Some(&directive.name) == self.cost.as_ref())?;
        // Strings are how IBM's specification writes weights.
        match argument(own, "weight")? {
            Value::Int(weight) => weight.as_i64(),
            #[expect(clippy::cast_possible_truncation, reason = "weights are small")]
            Value::String(weight) => weight.parse::<f64>().ok().map(|weight| weight.ceil() as i64),
            _ => None,
        }
    }

    fn list_size(&self, directives: &[Directive]) -> Option<ListSize> {
        let own = directives.iter().find(|directive| Some(&directive.name) == self.list_size.as_ref())?;
        let texts = |name: &str| -> Vec<String> {
            let Some(Value::List(items)) = argument(own, name) else { return Vec::new() };
            items
                .iter()
                .filter_map(|item| if let Value::String(text) = item { Some(text.clone()) } else { None })
                .collect()
        };
        let assumed = match argument(own, "assumedSize") {
            Some(Value::Int(size)) => size.as_i64(),
            _ => None,
        };
        Some(ListSize {
            assumed,
            slicing: texts("slicingArguments")
                .iter()
                .map(|path| path.split('.').map(str::to_owned).collect())
                .collect(),
            sized_fields: texts("sizedFields"),
            require_one: argument(own, "requireOneSlicingArgument") != Some(&Value::Boolean(false)),
        })
    }
}

fn argument<'a>(directive: &'a Directive, name: &str) -> Option<&'a Value> {
    entry(&directive.arguments, name)
}

fn entry<'a>(pairs: &'a [(String, Value)], name: &str) -> Option<&'a Value> {
    pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value)
}
