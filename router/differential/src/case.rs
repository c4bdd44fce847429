//! Runs operations through the router's own composition, planning and execution, and through the monolith.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use cloudphone_composition::{Subgraph, compose};
use cloudphone_execution::{ExecutionRequest, RequestContext};
use cloudphone_planning::{
    DRAWS, FederationPlanner, OverrideChoice, PlanRequest, Planner as _, PlannerOptions, Supergraph, codes,
};
use serde_json::{Map, Value};

use crate::{
    compare,
    generate::Federation,
    live::{LiveFederation, Monolith},
    model::Schema,
    random::{hash_text, mix},
    sdl,
    world::World,
};

/// How long a plan may take.
const PLANNING_TIME: Duration = Duration::from_secs(2);

/// A federation that was composed, ready for operations.
pub struct Stage {
    federation: Federation,
    monolith: Arc<Schema>,
    supergraph_sdl: String,
    planner: FederationPlanner,
}

/// Answers that are not the same.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Whether the planner gave no plan, so that there is nothing to compare.
    pub is_unplanned: bool,
    /// Whether the planner did not come to an end; trying that again and again costs a thread each time.
    pub is_endless: bool,
    /// What differs.
    pub what: String,
    /// The operation.
    pub document: String,
    /// Its variables.
    pub variables: Map<String, Value>,
    /// The monolith's answer.
    pub expected: Value,
    /// The router's answer.
    pub answer: Value,
    /// What the subgraphs were asked, and what they answered.
    pub asked: Vec<String>,
    /// The plan.
    pub plan: Value,
}

impl Stage {
    /// Composes a federation; on refusal, the findings.
    pub fn new(federation: Federation) -> Result<Self, String> {
        let subgraphs: Vec<Subgraph> = federation
            .subgraphs
            .iter()
            .map(|subgraph| Subgraph {
                name: subgraph.name.clone(),
                url: format!("http://{}.test/graphql", subgraph.name),
                sdl: sdl::federated(subgraph),
            })
            .collect();
        let composition = compose(&subgraphs).map_err(|errors| {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            errors.join("\n")
        })?;
        let supergraph = Supergraph::parse(&composition.supergraph_sdl).map_err(|error| error.to_string())?;
        let options = PlannerOptions { timeout: PLANNING_TIME, ..PlannerOptions::default() };
        Ok(Self {
            monolith: Arc::new(federation.monolith.clone()),
            supergraph_sdl: composition.supergraph_sdl,
            planner: FederationPlanner::new(supergraph, options),
            federation,
        })
    }

    /// What the stage was made of.
    pub fn federation(&self) -> &Federation {
        &self.federation
    }

    /// The composed supergraph.
    pub fn supergraph_sdl(&self) -> &str {
        &self.supergraph_sdl
    }

    /// The whole in one server, before any change.
    pub fn monolith(&self) -> Monolith {
        Monolith::new(World::new(Arc::clone(&self.monolith), self.federation.seed))
    }

    /// The subgraphs as servers, before any change.
    pub fn live(&self) -> LiveFederation {
        let world = World::new(Arc::clone(&self.monolith), self.federation.seed);
        LiveFederation::new(world, &self.federation.subgraphs)
    }

    /// Answers an operation both ways; none when the answers are the same.
    pub async fn try_out(&self, document: &str, variables: &Map<String, Value>) -> Option<Difference> {
        let differs = |what: String, expected: Value, answer: Value, asked: Vec<String>, plan: Value| Difference {
            is_unplanned: false,
            is_endless: false,
            what,
            document: document.to_owned(),
            variables: variables.clone(),
            expected,
            answer,
            asked,
            plan,
        };
        let monolith = self.monolith();
        let expected = match monolith.answer(document, variables) {
            Ok(expected) => expected,
            Err(problem) => {
                let what = format!("the reference refuses the operation: {problem}");
                return Some(differs(what, Value::Null, Value::Null, Vec::new(), Value::Null));
            }
        };
        let began = Instant::now();
        let planned = self.planner.plan(self.plan_request(document).with_variables(variables)).await;
        let operation = match planned {
            Ok(operation) => operation,
            Err(error) => {
                let errors = serde_json::to_value(&error.errors).expect("errors are plain values");
                let what = "the operation is not planned".to_owned();
                let is_unplanned = error.code == codes::QUERY_PLANNING_FAILED;
                let is_endless = began.elapsed() >= PLANNING_TIME;
                let found = differs(what, expected.to_json(), errors, Vec::new(), Value::Null);
                return Some(Difference { is_unplanned, is_endless, ..found });
            }
        };
        let plan = operation.explain(None);
        let live = self.live();
        let context = Arc::new(RequestContext::new("differential"));
        let request = ExecutionRequest { operation, variables: variables.clone(), context };
        let result = live.executor().execute(request).await;
        let asked = || live.asked();
        let answer: Value = match serde_json::from_slice(&result.body) {
            Ok(answer) => answer,
            Err(error) => {
                let body = Value::from(String::from_utf8_lossy(&result.body).into_owned());
                return Some(differs(
                    format!("the answer is no JSON: {error}"),
                    expected.to_json(),
                    body,
                    asked(),
                    plan,
                ));
            }
        };
        if let Some(what) = compare::difference(&expected, &answer) {
            return Some(differs(what, expected.to_json(), answer, asked(), plan));
        }
        if monolith.changes() != live.world().changes() {
            let what = format!("{:?} was changed instead of {:?}", live.world().changes(), monolith.changes());
            return Some(differs(what, expected.to_json(), answer, asked(), plan));
        }
        None
    }

    /// Overridden fields are answered by either subgraph, as the document's hash says.
    fn plan_request<'a>(&self, document: &'a str) -> PlanRequest<'a> {
        let hash = mix(self.federation.seed, hash_text(document));
        let mut request = PlanRequest::new(document, None);
        if hash.is_multiple_of(2) {
            request.overrides = OverrideChoice { draw: DRAWS / 5, ..OverrideChoice::default() };
        }
        if hash.is_multiple_of(3) {
            request.overrides.labels.insert("beta".to_owned());
        }
        request
    }
}
