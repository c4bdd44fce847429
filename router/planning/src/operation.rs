//! A document made ready to run any number of times.

use std::{
    collections::BTreeSet,
    fmt::{Display, Formatter},
    sync::Arc,
};

use ahash::AHashMap;
use graphql_tools::static_graphql::query::{Definition, Directive, Selection, SelectionSet, Value as AstValue};
use hive_router_query_planner::state::supergraph_state::OperationKind as NodeOperationKind;
use parking_lot::RwLock;
use serde_json::{Map, Value};

use crate::{
    access::{Denial, Entitlements, GuardedPlace, RequirementId, guarded_places},
    coordinates,
    cost::{self, CostOptions, Estimate, FetchCosts, OperationCost},
    document::ParsedDocument,
    error::GraphQlError,
    introspection,
    overrides::OverrideChoice,
    plan::Plan,
    planner::{PlanRequest, PlannedFor},
    projection::{FieldProjection, Projection},
    projection_compile,
    supergraph::Supergraph,
    variables::{self, Variables},
};

/// Projections kept per operation, and costs; one more choice of condition variables is compiled for its request alone.
const MAX_PROJECTIONS: usize = 64;

/// Query, mutation or subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Changes, its root fields one after the other.
    Mutation,
    /// Streams.
    Subscription,
}

impl OperationKind {
    /// The keyword.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

impl Display for OperationKind {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl From<&NodeOperationKind> for OperationKind {
    fn from(kind: &NodeOperationKind) -> Self {
        match kind {
            NodeOperationKind::Query => Self::Query,
            NodeOperationKind::Mutation => Self::Mutation,
            NodeOperationKind::Subscription => Self::Subscription,
        }
    }
}

/// A field of the schema: `Device.name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldCoordinate {
    /// The type the field was selected on.
    pub parent: Arc<str>,
    /// The field.
    pub field: Arc<str>,
}

/// What an operation is prepared from, on this supergraph or on another one.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationSource {
    /// The whole document.
    pub document: Arc<str>,
    /// Which of its operations; absent when there is only one.
    pub operation_name: Option<Arc<str>>,
    /// Which labels of gradual overrides are on; none but those that make a difference to it.
    pub overrides: OverrideChoice,
}

impl OperationSource {
    /// The request that prepares it for these variables.
    pub fn request<'a>(&'a self, variables: &'a Map<String, Value>) -> PlanRequest<'a> {
        PlanRequest::new(&self.document, self.operation_name.as_deref())
            .with_variables(variables)
            .with_overrides(self.overrides.clone())
    }
}

/// A parsed, validated and planned operation; immutable and shared.
pub struct PreparedOperation {
    supergraph: Arc<Supergraph>,
    source: Arc<OperationSource>,
    document: Arc<ParsedDocument>,
    planned_for: PlannedFor,
    guarded: Vec<GuardedPlace>,
    /// What the caller may not see; none in the operation as the client sent it.
    denial: Option<Denial>,
    plan: Plan,
    name: Option<Arc<str>>,
    condition_variables: Box<[String]>,
    projections: RwLock<AHashMap<Box<[bool]>, Arc<Projection>>>,
    costs: RwLock<AHashMap<Box<[bool]>, Arc<OperationCost>>>,
    fetch_costs: RwLock<AHashMap<Box<[bool]>, Arc<FetchCosts>>>,
    coordinates: Vec<FieldCoordinate>,
    uses_introspection: bool,
}

impl std::fmt::Debug for PreparedOperation {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PreparedOperation")
            .field("name", &self.name)
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

impl PreparedOperation {
    pub(crate) fn new(
        supergraph: Arc<Supergraph>,
        source: Arc<OperationSource>,
        document: Arc<ParsedDocument>,
        planned_for: PlannedFor,
        plan: Plan,
        denial: Option<Denial>,
    ) -> Self {
        let guarded = guarded_places(&supergraph, &document, planned_for.conditions.as_ref());
        let coordinates = coordinates::of(&supergraph, &document);
        let mut conditions = BTreeSet::new();
        let mut uses_introspection = false;
        for definition in &document.document().definitions {
            let set = match definition {
                Definition::Fragment(fragment) => &fragment.selection_set,
                Definition::Operation(_) => continue,
            };
            survey(set, &mut conditions, &mut uses_introspection);
        }
        survey(document.selection_set(), &mut conditions, &mut uses_introspection);
        let prepared = Self {
            name: document.name().map(Arc::from),
            supergraph,
            source,
            document,
            planned_for,
            guarded,
            denial,
            plan,
            condition_variables: conditions.into_iter().collect(),
            projections: RwLock::new(AHashMap::new()),
            costs: RwLock::new(AHashMap::new()),
            fetch_costs: RwLock::new(AHashMap::new()),
            coordinates,
            uses_introspection,
        };
        if prepared.condition_variables.is_empty() {
            prepared.projection(&Variables::default());
        }
        prepared
    }

    /// What kind of operation it is.
    pub fn kind(&self) -> OperationKind {
        self.document.kind()
    }

    /// Its name, when it has one.
    pub fn name(&self) -> Option<&Arc<str>> {
        self.name.as_ref()
    }

    /// What it was prepared from.
    pub fn source(&self) -> &Arc<OperationSource> {
        &self.source
    }

    /// The fetches.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The supergraph it was planned on.
    pub fn supergraph(&self) -> &Arc<Supergraph> {
        &self.supergraph
    }

    /// What was asked for, as it was parsed.
    pub(crate) fn document(&self) -> &Arc<ParsedDocument> {
        &self.document
    }

    /// What the plan is for.
    pub(crate) fn planned_for(&self) -> &PlannedFor {
        &self.planned_for
    }

    /// The places it touches that not everybody may see.
    pub fn guarded_places(&self) -> &[GuardedPlace] {
        &self.guarded
    }

    /// Which of its requirements a caller does not meet, each once and in order.
    pub fn unmet(&self, by: &dyn Entitlements) -> Vec<RequirementId> {
        let mut unmet: Vec<RequirementId> = Vec::new();
        // Places are in the order of what they ask for.
        for place in &self.guarded {
            let requirement = self.supergraph.requirements().get(place.requirement);
            let is_known = unmet.last() == Some(&place.requirement);
            if !is_known && requirement.is_some_and(|requirement| !requirement.is_met(by)) {
                unmet.push(place.requirement);
            }
        }
        unmet
    }

    /// Whether something was taken out of it that its caller may not see.
    pub fn is_restricted(&self) -> bool {
        self.denial.is_some()
    }

    /// The schema fields it touches, each once.
    pub fn coordinates(&self) -> &[FieldCoordinate] {
        &self.coordinates
    }

    /// The root fields, fragments followed; one that is selected several times comes as often.
    pub fn root_fields(&self) -> Vec<&str> {
        let mut fields = Vec::new();
        self.document.each_field(self.document.selection_set(), &mut |field| fields.push(field.name.as_str()));
        fields
    }

    /// The first root field, and those of its arguments that are not null with these variables.
    pub fn root_call<'a>(&'a self, variables: &Variables) -> Option<(&'a str, Vec<&'a str>)> {
        let field = self.document.first_field(self.document.selection_set())?;
        let given = |value: &AstValue| match value {
            AstValue::Null => false,
            AstValue::Variable(name) => variables.get(name).is_some_and(|value| !value.is_null()),
            _ => true,
        };
        let arguments = field.arguments.iter().filter(|(_, value)| given(value)).map(|(name, _)| name.as_str());
        Some((&field.name, arguments.collect()))
    }

    /// Whether it asks for `__schema` or `__type`.
    pub fn uses_introspection(&self) -> bool {
        self.uses_introspection
    }

    /// Checks and completes the client's variables (specification, section 6.1.2).
    pub fn coerce(&self, input: &Map<String, Value>) -> Result<Variables, Vec<GraphQlError>> {
        variables::coerce(self.supergraph.api(), self.document.variable_definitions(), input)
    }

    /// What it may cost at most with the client's variables, which have to fit.
    pub fn cost(&self, input: &Map<String, Value>, options: CostOptions) -> Estimate {
        let variables = self.weighed(input);
        let cost = self.compiled(&self.costs, &variables, |conditions| {
            cost::compile(&self.supergraph, &self.document, conditions)
        });
        cost.evaluate(self.supergraph.weights(), &variables, options)
    }

    /// What the parts of it may cost at most that go to each subgraph, in the order in which they are first asked.
    pub fn cost_by_subgraph(&self, input: &Map<String, Value>, options: CostOptions) -> Vec<(Arc<str>, u64)> {
        let variables = self.weighed(input);
        let costs = self.compiled(&self.fetch_costs, &variables, |conditions| {
            FetchCosts::compile(&self.supergraph, &self.document, &self.plan, conditions)
        });
        costs.evaluate(self.supergraph.weights(), &variables, options)
    }

    /// The client's variables, which have to fit, completed.
    fn weighed(&self, input: &Map<String, Value>) -> Variables {
        let takes_variables = !self.document.variable_definitions().is_empty();
        if takes_variables { self.coerce(input).unwrap_or_default() } else { Variables::default() }
    }

    /// What was compiled for these values of the condition variables.
    fn compiled<T>(
        &self,
        all: &RwLock<AHashMap<Box<[bool]>, Arc<T>>>,
        variables: &Variables,
        compile: impl FnOnce(&dyn Fn(&str) -> bool) -> T,
    ) -> Arc<T> {
        let choice: Box<[bool]> = self.condition_variables.iter().map(|name| variables.is_true(name)).collect();
        if let Some(known) = all.read().get(&choice) {
            return Arc::clone(known);
        }
        let compiled = Arc::new(compile(&|name: &str| variables.is_true(name)));
        let mut all = all.write();
        if all.len() < MAX_PROJECTIONS {
            all.insert(choice, Arc::clone(&compiled));
        }
        compiled
    }

    /// The named type of a variable, or of a field or item inside it; none when there is no such place.
    pub fn input_type(&self, path: &[String]) -> Option<&str> {
        variables::type_at(self.supergraph.api(), self.document.variable_definitions(), path)
    }

    /// The answer's form for these variables.
    pub fn projection(&self, variables: &Variables) -> Arc<Projection> {
        let choice: Box<[bool]> = self.condition_variables.iter().map(|name| variables.is_true(name)).collect();
        if let Some(known) = self.projections.read().get(&choice) {
            return Arc::clone(known);
        }
        let conditions = |name: &str| variables.is_true(name);
        let projection = Arc::new(projection_compile::compile(
            &self.supergraph,
            &self.document,
            &self.plan.symbols,
            &conditions,
            self.denial.as_ref(),
        ));
        let mut projections = self.projections.write();
        if projections.len() < MAX_PROJECTIONS {
            projections.insert(choice, Arc::clone(&projection));
        }
        projection
    }

    /// Writes the value of an introspection field of the root.
    pub fn introspect(
        &self,
        projection: &Projection,
        field: &FieldProjection,
        variables: &Variables,
        out: &mut Vec<u8>,
    ) {
        introspection::write(self.supergraph.api(), projection, field, variables, out);
    }
}

fn survey(set: &SelectionSet, conditions: &mut BTreeSet<String>, uses_introspection: &mut bool) {
    for item in &set.items {
        match item {
            Selection::Field(field) => {
                *uses_introspection |= field.name == "__schema" || field.name == "__type";
                add_conditions(&field.directives, conditions);
                survey(&field.selection_set, conditions, uses_introspection);
            }
            Selection::InlineFragment(fragment) => {
                add_conditions(&fragment.directives, conditions);
                survey(&fragment.selection_set, conditions, uses_introspection);
            }
            Selection::FragmentSpread(spread) => add_conditions(&spread.directives, conditions),
        }
    }
}

fn add_conditions(directives: &[Directive], conditions: &mut BTreeSet<String>) {
    for directive in directives.iter().filter(|directive| matches!(directive.name.as_str(), "skip" | "include")) {
        for (_, value) in &directive.arguments {
            if let AstValue::Variable(name) = value {
                conditions.insert(name.clone());
            }
        }
    }
}
