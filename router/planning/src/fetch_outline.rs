//! What the document of one fetch asks for, for whoever decides by it: caches, limits, reports.

use std::{collections::BTreeSet, sync::Arc};

use graphql_tools::{
    parser::parse_query,
    static_graphql::query::{
        Definition, Document, Field, FragmentDefinition, Selection, SelectionSet, TypeCondition, Value,
        VariableDefinition,
    },
};

use crate::{definition, supergraph::Supergraph};

/// A fetch's document, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchOutline {
    /// The root fields in their order.
    pub roots: Vec<RootOutline>,
}

/// A root field of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootOutline {
    /// Its alias, or its name.
    pub response_key: Arc<str>,
    /// For `_entities`: the variable that holds the representations.
    pub representations: Option<Arc<str>>,
    /// The field as it is written but without its alias, with the variables it takes and the fragments of the document: equal texts
    /// ask for the same.
    pub text: Arc<str>,
    /// The variables that the text uses, the representations left out; sorted.
    pub variables: Vec<Arc<str>>,
    /// All that is selected, parents before children.
    pub nodes: Vec<OutlineNode>,
}

/// A field that is selected, or an entity that is asked for by its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineNode {
    /// The position of the node above; none for a root field and for an entity.
    pub parent: Option<usize>,
    /// Type and name of the field; none for an entity.
    pub field: Option<(Arc<str>, Arc<str>)>,
    /// The type of the objects there; none for a leaf.
    pub objects: Option<Arc<str>>,
}

impl FetchOutline {
    /// Reads a document of the planner; none when it is no single operation, or has root fields behind fragments.
    pub fn read(supergraph: &Supergraph, document: &str) -> Option<Self> {
        let document = parse_query::<String>(document).ok()?.into_static();
        let mut operations = document.definitions.iter().filter_map(|definition| match definition {
            Definition::Operation(operation) => Some(operation),
            Definition::Fragment(_) => None,
        });
        let (operation, None) = (operations.next()?, operations.next()) else { return None };
        let (set, declared) = (definition::selection_set(operation), definition::variable_definitions(operation));
        let root_type = supergraph.root_type(definition::kind(operation))?;
        let reader = Reader { supergraph, document: &document, declared };
        let fragments: String = reader.fragments().map(ToString::to_string).collect();
        let roots = set.items.iter().map(|item| match item {
            Selection::Field(field) => Some(reader.root(field, root_type, &fragments)),
            _ => None,
        });
        Some(Self { roots: roots.collect::<Option<_>>()? })
    }
}

struct Reader<'a> {
    supergraph: &'a Supergraph,
    document: &'a Document,
    declared: &'a [VariableDefinition],
}

impl<'a> Reader<'a> {
    fn fragments(&self) -> impl Iterator<Item = &'a FragmentDefinition> {
        self.document.definitions.iter().filter_map(|definition| match definition {
            Definition::Fragment(fragment) => Some(fragment),
            Definition::Operation(_) => None,
        })
    }

    fn root(&self, field: &Field, root_type: &str, fragments: &str) -> RootOutline {
        let representations = (field.name == "_entities").then(|| {
            field.arguments.iter().find_map(|(name, value)| match value {
                Value::Variable(variable) if name == "representations" => Some(Arc::from(variable.as_str())),
                _ => None,
            })
        });
        let representations: Option<Arc<str>> = representations.flatten();
        let mut nodes = Vec::new();
        if representations.is_some() {
            self.walk(&field.selection_set, "_Entity", None, &mut nodes);
        } else {
            self.field(field, root_type, None, &mut nodes);
        }
        let mut variables = BTreeSet::new();
        used_by_field(field, &mut variables);
        for fragment in self.fragments() {
            used(&fragment.selection_set, &mut variables);
        }
        if let Some(own) = &representations {
            variables.remove(&**own);
        }
        // Batches number their aliases and their variables; what is asked for does not depend on the numbers.
        let mut plain = field.clone();
        plain.alias = None;
        if representations.is_some() {
            plain.arguments.clear();
        }
        let declared = self.declared.iter().filter(|definition| variables.contains(&definition.name));
        let declared: Vec<String> = declared.map(ToString::to_string).collect();
        let declared = declared.join(" ");
        RootOutline {
            response_key: Arc::from(field.alias.as_deref().unwrap_or(&field.name)),
            representations,
            text: Arc::from(format!("{declared}{plain}{fragments}")),
            variables: variables.into_iter().map(Arc::from).collect(),
            nodes,
        }
    }

    fn field(&self, field: &Field, parent_type: &str, parent: Option<usize>, nodes: &mut Vec<OutlineNode>) {
        if field.name == "__typename" {
            return;
        }
        let types = self.supergraph.types();
        let result = types.field_type(types.id(parent_type), &field.name);
        let objects = (types.is_object(result) || types.is_abstract(result)).then(|| types.name(result)).flatten();
        let position = nodes.len();
        nodes.push(OutlineNode {
            parent,
            field: Some((Arc::from(parent_type), Arc::from(field.name.as_str()))),
            objects: objects.cloned(),
        });
        if let Some(objects) = objects {
            self.walk(&field.selection_set, objects, Some(position), nodes);
        }
    }

    fn walk(&self, set: &SelectionSet, on: &str, parent: Option<usize>, nodes: &mut Vec<OutlineNode>) {
        for item in &set.items {
            match item {
                Selection::Field(field) => self.field(field, on, parent, nodes),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.type_condition.as_ref().map(named);
                    self.narrowed(&fragment.selection_set, on, condition, parent, nodes);
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.fragments().find(|fragment| fragment.name == spread.fragment_name);
                    if let Some(fragment) = fragment {
                        let condition = Some(named(&fragment.type_condition));
                        self.narrowed(&fragment.selection_set, on, condition, parent, nodes);
                    }
                }
            }
        }
    }

    fn narrowed(
        &self,
        set: &SelectionSet,
        on: &str,
        condition: Option<&str>,
        parent: Option<usize>,
        nodes: &mut Vec<OutlineNode>,
    ) {
        let Some(condition) = condition.filter(|_| on == "_Entity") else {
            return self.walk(set, condition.unwrap_or(on), parent, nodes);
        };
        let position = nodes.len();
        nodes.push(OutlineNode { parent: None, field: None, objects: Some(Arc::from(condition)) });
        self.walk(set, condition, Some(position), nodes);
    }
}

fn named(condition: &TypeCondition) -> &str {
    let TypeCondition::On(name) = condition;
    name
}

fn used(set: &SelectionSet, variables: &mut BTreeSet<String>) {
    for item in &set.items {
        let directives = match item {
            Selection::Field(field) => {
                used_by_field(field, variables);
                continue;
            }
            Selection::InlineFragment(fragment) => {
                used(&fragment.selection_set, variables);
                &fragment.directives
            }
            Selection::FragmentSpread(spread) => &spread.directives,
        };
        directives.iter().flat_map(|directive| &directive.arguments).for_each(|(_, value)| in_value(value, variables));
    }
}

fn used_by_field(field: &Field, variables: &mut BTreeSet<String>) {
    let directives = field.directives.iter().flat_map(|directive| &directive.arguments);
    field.arguments.iter().chain(directives).for_each(|(_, value)| in_value(value, variables));
    used(&field.selection_set, variables);
}

fn in_value(value: &Value, variables: &mut BTreeSet<String>) {
    match value {
        Value::Variable(name) => {
            variables.insert(name.clone());
        }
        Value::List(items) => items.iter().for_each(|item| in_value(item, variables)),
        Value::Object(fields) => fields.iter().for_each(|(_, item)| in_value(item, variables)),
        _ => {}
    }
}
