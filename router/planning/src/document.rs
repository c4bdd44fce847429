//! Parsing and validation of a client's document, and the operation chosen in it.

use ahash::{AHashMap, AHashSet};
use graphql_tools::{
    parser::{parse_query, parse_query_with_token_limit},
    static_graphql::query::{
        Definition, Directive, Document, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
        VariableDefinition,
    },
    validation::{
        rules::default_rules_validation_plan,
        validate::{ValidationPlan, validate},
    },
};

use crate::{
    access::Denial,
    api_schema::ApiSchema,
    definition,
    error::{GraphQlError, Location, PlanningError, codes},
    operation::OperationKind,
};

/// A parsed document and the operation in it that is to be run.
#[derive(Debug)]
pub(crate) struct ParsedDocument {
    document: Document,
    operation: usize,
    fragments: AHashMap<String, usize>,
}

impl ParsedDocument {
    /// Parses a document; more than `max_tokens` are refused.
    pub(crate) fn parse(
        text: &str,
        operation_name: Option<&str>,
        max_tokens: Option<usize>,
    ) -> Result<Self, PlanningError> {
        let parsed = match max_tokens {
            Some(limit) => parse_query_with_token_limit::<String>(text, limit),
            None => parse_query::<String>(text),
        };
        let document = parsed.map_err(|error| syntax_error(&error))?.into_static();
        let operation = choose_operation(&document, operation_name)?;
        let fragments = document
            .definitions
            .iter()
            .enumerate()
            .filter_map(|(index, definition)| match definition {
                Definition::Fragment(fragment) => Some((fragment.name.clone(), index)),
                Definition::Operation(_) => None,
            })
            .collect();
        Ok(Self { document, operation, fragments })
    }

    /// Checks the whole document against the schema that clients see.
    pub(crate) fn validate(&self, schema: &ApiSchema, rules: &ValidationPlan) -> Result<(), PlanningError> {
        let missing_root = match self.kind() {
            OperationKind::Query => false,
            OperationKind::Mutation => schema.mutation_type().is_none(),
            OperationKind::Subscription => schema.subscription_type().is_none(),
        };
        if missing_root {
            let message = format!("The schema has no {} type.", self.kind().as_str());
            return Err(PlanningError::single(codes::VALIDATION_FAILED, message));
        }
        let mut errors: Vec<_> = validate(schema.document(), &self.document, rules)
            .into_iter()
            .map(|error| {
                let locations =
                    error.locations.iter().map(|at| Location { line: at.line, column: at.column }).collect();
                GraphQlError::new(codes::VALIDATION_FAILED, error.message).at(locations)
            })
            .collect();
        if errors.is_empty() && self.kind() == OperationKind::Subscription {
            // The library's rule lets one field through under several names.
            let mut keys = AHashSet::new();
            self.each_field(self.selection_set(), &mut |field| {
                keys.insert(field.alias.as_deref().unwrap_or(&field.name));
            });
            if keys.len() > 1 {
                let message = "A subscription must select one root field only.";
                errors.push(GraphQlError::new(codes::VALIDATION_FAILED, message));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(PlanningError { code: codes::VALIDATION_FAILED, errors }) }
    }

    /// The first field of a selection, through fragments; `__typename` is none.
    pub(crate) fn first_field<'a>(&'a self, set: &'a SelectionSet) -> Option<&'a Field> {
        set.items.iter().find_map(|item| match item {
            Selection::Field(field) => (field.name != "__typename").then_some(field),
            Selection::InlineFragment(fragment) => self.first_field(&fragment.selection_set),
            Selection::FragmentSpread(spread) => {
                self.fragment(&spread.fragment_name).and_then(|fragment| self.first_field(&fragment.selection_set))
            }
        })
    }

    /// Calls `visit` with each field of a selection, through fragments but not into fields.
    pub(crate) fn each_field<'a>(&'a self, set: &'a SelectionSet, visit: &mut impl FnMut(&'a Field)) {
        for item in &set.items {
            match item {
                Selection::Field(field) => visit(field),
                Selection::InlineFragment(fragment) => self.each_field(&fragment.selection_set, visit),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragment(&spread.fragment_name) {
                        self.each_field(&fragment.selection_set, visit);
                    }
                }
            }
        }
    }

    pub(crate) fn document(&self) -> &Document {
        &self.document
    }

    pub(crate) fn operation(&self) -> &OperationDefinition {
        match &self.document.definitions[self.operation] {
            Definition::Operation(operation) => operation,
            Definition::Fragment(_) => unreachable!("the chosen definition is an operation"),
        }
    }

    pub(crate) fn fragments(&self) -> impl Iterator<Item = &FragmentDefinition> {
        self.document.definitions.iter().filter_map(|definition| match definition {
            Definition::Fragment(fragment) => Some(fragment),
            Definition::Operation(_) => None,
        })
    }

    pub(crate) fn fragment(&self, name: &str) -> Option<&FragmentDefinition> {
        self.fragments.get(name).and_then(|index| match &self.document.definitions[*index] {
            Definition::Fragment(fragment) => Some(fragment),
            Definition::Operation(_) => None,
        })
    }

    pub(crate) fn kind(&self) -> OperationKind {
        definition::kind(self.operation())
    }

    /// The name of the type that the operation begins with.
    pub(crate) fn root_type<'s>(&self, schema: &'s ApiSchema) -> &'s str {
        match self.kind() {
            OperationKind::Query => schema.query_type(),
            OperationKind::Mutation => schema.mutation_type().unwrap_or_default(),
            OperationKind::Subscription => schema.subscription_type().unwrap_or_default(),
        }
    }

    pub(crate) fn name(&self) -> Option<&str> {
        definition::name(self.operation())
    }

    pub(crate) fn selection_set(&self) -> &SelectionSet {
        definition::selection_set(self.operation())
    }

    pub(crate) fn variable_definitions(&self) -> &[VariableDefinition] {
        definition::variable_definitions(self.operation())
    }

    /// The document as the subgraphs can answer it: without `__schema` and `__type`, which the router answers, and with
    /// something to ask of every object even when all its fields are left out by `@skip` or `@include`: the planner
    /// would leave out the object, too. What the caller may not see is left out. None when nothing is left.
    pub(crate) fn for_subgraphs(&self, denial: Option<&Denial>) -> Option<Document> {
        let mut document = self.document.clone();
        document.definitions = vec![Definition::Operation(self.operation().clone())];
        document.definitions.extend(
            self.document
                .definitions
                .iter()
                .filter(|definition| matches!(definition, Definition::Fragment(_)))
                .cloned(),
        );
        if let Some(denial) = denial {
            denial.apply(&mut document);
        }
        let mut empty_fragments = AHashSet::new();
        loop {
            let before = empty_fragments.len();
            for definition in &mut document.definitions {
                if let Definition::Fragment(fragment) = definition {
                    strip(&mut fragment.selection_set, &empty_fragments);
                    if fragment.selection_set.items.is_empty() {
                        empty_fragments.insert(fragment.name.clone());
                    }
                }
            }
            if empty_fragments.len() == before {
                break;
            }
        }
        document.definitions.retain(|definition| match definition {
            Definition::Fragment(fragment) => !empty_fragments.contains(&fragment.name),
            Definition::Operation(_) => true,
        });
        let root = match document.definitions.first_mut() {
            Some(Definition::Operation(OperationDefinition::SelectionSet(set))) => set,
            Some(Definition::Operation(OperationDefinition::Query(query))) => &mut query.selection_set,
            Some(Definition::Operation(OperationDefinition::Mutation(mutation))) => &mut mutation.selection_set,
            Some(Definition::Operation(OperationDefinition::Subscription(subscription))) => {
                &mut subscription.selection_set
            }
            _ => return None,
        };
        strip(root, &empty_fragments);
        if root.items.is_empty() {
            return None;
        }
        keep_objects(root);
        for definition in &mut document.definitions {
            if let Definition::Fragment(fragment) = definition {
                keep_objects(&mut fragment.selection_set);
            }
        }
        Some(document)
    }
}

/// The rules of the specification.
pub(crate) fn validation_rules() -> ValidationPlan {
    default_rules_validation_plan()
}

fn strip(set: &mut SelectionSet, empty_fragments: &AHashSet<String>) {
    set.items.retain_mut(|item| match item {
        Selection::Field(field) if field.name == "__schema" || field.name == "__type" => false,
        Selection::Field(field) => {
            if !field.selection_set.items.is_empty() {
                strip(&mut field.selection_set, empty_fragments);
                if field.selection_set.items.is_empty() {
                    field.selection_set.items.push(typename_like(field));
                }
            }
            true
        }
        Selection::FragmentSpread(spread) => !empty_fragments.contains(&spread.fragment_name),
        Selection::InlineFragment(fragment) => {
            strip(&mut fragment.selection_set, empty_fragments);
            !fragment.selection_set.items.is_empty()
        }
    });
}

fn typename_like(field: &Field) -> Selection {
    Selection::Field(Field {
        position: field.position,
        alias: None,
        name: "__typename".to_owned(),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: SelectionSet { span: field.selection_set.span, items: Vec::new() },
    })
}

/// Adds `__typename` to the selections of every field that could be left with none by conditions on variables.
fn keep_objects(set: &mut SelectionSet) {
    for item in &mut set.items {
        match item {
            Selection::Field(field) if !field.selection_set.items.is_empty() => {
                keep_objects(&mut field.selection_set);
                if may_become_empty(&field.selection_set) {
                    field.selection_set.items.push(typename_like(field));
                }
            }
            Selection::InlineFragment(fragment) => keep_objects(&mut fragment.selection_set),
            Selection::Field(_) | Selection::FragmentSpread(_) => {}
        }
    }
}

fn may_become_empty(set: &SelectionSet) -> bool {
    let certain = |item: &Selection| matches!(item, Selection::Field(field) if !is_conditional(&field.directives));
    let conditional = |item: &Selection| match item {
        Selection::Field(field) => is_conditional(&field.directives),
        Selection::InlineFragment(fragment) => {
            is_conditional(&fragment.directives) || may_become_empty(&fragment.selection_set)
        }
        // What is in the fragment is not looked up: asking for one name too many does no harm.
        Selection::FragmentSpread(_) => true,
    };
    !set.items.iter().any(certain) && set.items.iter().any(conditional)
}

fn is_conditional(directives: &[Directive]) -> bool {
    directives.iter().any(|directive| matches!(directive.name.as_str(), "skip" | "include"))
}

fn choose_operation(document: &Document, wanted: Option<&str>) -> Result<usize, PlanningError> {
    let mut operations = document.definitions.iter().enumerate().filter_map(|(index, definition)| match definition {
        Definition::Operation(operation) => Some((index, operation)),
        Definition::Fragment(_) => None,
    });
    if let Some(wanted) = wanted.filter(|name| !name.is_empty()) {
        return operations
            .find(|(_, operation)| definition::name(operation) == Some(wanted))
            .map(|(index, _)| index)
            .ok_or_else(|| {
                PlanningError::single(
                    codes::BAD_USER_INPUT,
                    format!("The document has no operation named \"{wanted}\"."),
                )
            });
    }
    match (operations.next(), operations.next()) {
        (Some((index, _)), None) => Ok(index),
        (None, _) => Err(PlanningError::single(codes::VALIDATION_FAILED, "The document has no operation.")),
        (Some(_), Some(_)) => Err(PlanningError::single(
            codes::BAD_USER_INPUT,
            "The document has several operations: say which by operationName.",
        )),
    }
}

fn syntax_error(error: &graphql_tools::parser::query::ParseError) -> PlanningError {
    let position = error.0.position;
    let text = error.to_string();
    let details: Vec<_> = text.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()).collect();
    let message =
        format!("Syntax error: {}", if details.is_empty() { text.trim().to_owned() } else { details.join("; ") });
    let location = Location { line: position.line, column: position.column };
    PlanningError {
        code: codes::PARSE_FAILED,
        errors: vec![GraphQlError::new(codes::PARSE_FAILED, message).at(vec![location])],
    }
}
