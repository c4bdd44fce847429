//! Compiles the planning library's tree of nodes into our [`Plan`].

use std::sync::Arc;

use hive_router_query_planner::{
    ast::{operation::SubgraphFetchOperation, selection_item::SelectionItem, selection_set::FieldSelection},
    planner::plan_nodes::{BatchFetchNode, FetchNode, FlattenNodePath, PlanNode, QueryPlan},
    state::supergraph_state::OperationKind as NodeOperationKind,
};

use crate::{
    dependencies,
    operation::OperationKind,
    places,
    plan::{EntityInput, FetchStep, FlattenPath, Plan, StepCondition, StepInput, Symbols},
    shape_compile::{ShapeCompiler, renames},
    supergraph::Supergraph,
    types::TypeId,
};

/// Compiles trees that are to run one after the other, each if its conditions hold; the error says which node is beyond us.
pub(crate) fn compile(supergraph: &Supergraph, trees: &[(Vec<StepCondition>, QueryPlan)]) -> Result<Plan, String> {
    let mut compiler = Compiler { supergraph, symbols: Symbols::default(), steps: Vec::new(), after: Vec::new() };
    compiler.symbols.intern("__typename");
    for (conditions, tree) in trees {
        if let Some(node) = &tree.node {
            // A tree's steps wait for all steps of the tree before, and thereby for all before that.
            let own = compiler.node(node, None, conditions, &[])?;
            compiler.after = own;
        }
    }
    places::number_lone_shapes(&mut compiler.steps);
    Ok(Plan { steps: compiler.steps, symbols: compiler.symbols })
}

/// Whether a tree asks one subgraph once.
pub(crate) fn is_single_fetch(tree: &QueryPlan) -> bool {
    matches!(tree.node, Some(PlanNode::Fetch(_)))
}

struct Compiler<'a> {
    supergraph: &'a Supergraph,
    symbols: Symbols,
    steps: Vec<FetchStep>,
    /// The steps that every step of the present tree waits for.
    after: Vec<usize>,
}

impl Compiler<'_> {
    /// Compiles a node that runs after the steps `before` and gives the positions of its own steps.
    fn node(
        &mut self,
        node: &PlanNode,
        path: Option<&FlattenNodePath>,
        conditions: &[StepCondition],
        before: &[usize],
    ) -> Result<Vec<usize>, String> {
        match node {
            PlanNode::Fetch(fetch) => self.fetch(fetch, path, conditions, before).map(|step| vec![step]),
            PlanNode::Subscription(subscription) => {
                self.fetch(&subscription.primary, None, conditions, before).map(|step| vec![step])
            }
            PlanNode::BatchFetch(fetch) => self.batch(fetch, conditions, before).map(|step| vec![step]),
            PlanNode::Flatten(flatten) => self.node(&flatten.node, Some(&flatten.path), conditions, before),
            PlanNode::Sequence(sequence) => {
                let mut known = before.to_vec();
                let mut own = Vec::new();
                for node in &sequence.nodes {
                    let steps = self.node(node, path, conditions, &known)?;
                    known.extend_from_slice(&steps);
                    own.extend(steps);
                }
                Ok(own)
            }
            PlanNode::Parallel(parallel) => {
                let mut own = Vec::new();
                for node in &parallel.nodes {
                    own.extend(self.node(node, path, conditions, before)?);
                }
                Ok(own)
            }
            PlanNode::Condition(condition) => {
                let variable: Arc<str> = Arc::from(condition.condition.as_str());
                let mut own = Vec::new();
                for (clause, expected) in [(&condition.if_clause, true), (&condition.else_clause, false)] {
                    if let Some(node) = clause {
                        let mut all = conditions.to_vec();
                        all.push(StepCondition { variable: Arc::clone(&variable), expected });
                        own.extend(self.node(node, path, &all, before)?);
                    }
                }
                Ok(own)
            }
            PlanNode::Defer(_) => Err("incremental delivery is not supported".to_owned()),
        }
    }

    fn fetch(
        &mut self,
        fetch: &FetchNode,
        path: Option<&FlattenNodePath>,
        conditions: &[StepCondition],
        before: &[usize],
    ) -> Result<usize, String> {
        let operation = &fetch.operation;
        let kind = fetch.operation_kind.as_ref();
        let renames = renames(fetch.output_rewrites.as_deref());
        let root = self.supergraph.types().id(self.root_type(kind));
        let mut compiler = ShapeCompiler { supergraph: self.supergraph, symbols: &mut self.symbols };
        let path: FlattenPath = path.map_or_else(Box::default, |path| compiler.path(path));
        let input = if let Some(requires) = &fetch.requires {
            let entities = entities_field(operation, "_entities")?;
            let sets = [(TypeId::UNKNOWN, &entities.selections)];
            let shape = compiler.shape(None, &sets, &operation.document.fragments, &renames);
            StepInput::Entities(Box::new([EntityInput {
                response_key: entities.selection_identifier().into(),
                variable: "representations".into(),
                paths: Box::new([path]),
                requires: compiler.requires(requires, &fetch.service_name),
                rewrites: compiler.typename_rewrites(fetch.input_rewrites.as_deref(), &fetch.service_name),
                shape: Arc::new(shape),
            }]))
        } else {
            let sets = [(root, &operation.document.operation.selection_set)];
            let shape = compiler.shape(Some(root), &sets, &operation.document.fragments, &renames);
            StepInput::Root { shape: Arc::new(shape), path }
        };
        let variables = variable_names(fetch.variable_usages.iter().flatten());
        Ok(self.push(&fetch.service_name, kind, operation, variables, conditions, input, before))
    }

    fn batch(
        &mut self,
        fetch: &BatchFetchNode,
        conditions: &[StepCondition],
        before: &[usize],
    ) -> Result<usize, String> {
        let operation = &fetch.operation;
        let mut inputs = Vec::with_capacity(fetch.entity_batch.aliases.len());
        for alias in &fetch.entity_batch.aliases {
            let mut compiler = ShapeCompiler { supergraph: self.supergraph, symbols: &mut self.symbols };
            let entities = entities_field(operation, &alias.alias)?;
            let sets = [(TypeId::UNKNOWN, &entities.selections)];
            let renames = renames(alias.output_rewrites.as_deref());
            inputs.push(EntityInput {
                response_key: alias.alias.as_str().into(),
                variable: alias.representations_variable_name.as_str().into(),
                paths: alias.merge_paths.iter().map(|path| compiler.path(path)).collect(),
                requires: compiler.requires(&alias.requires, &fetch.service_name),
                rewrites: compiler.typename_rewrites(alias.input_rewrites.as_deref(), &fetch.service_name),
                shape: Arc::new(compiler.shape(None, &sets, &operation.document.fragments, &renames)),
            });
        }
        let representations: Vec<_> = inputs.iter().map(|input| input.variable.clone()).collect();
        let usages =
            fetch.variable_usages.iter().flatten().filter(|name| !representations.iter().any(|own| **own == **name));
        let variables = variable_names(usages);
        let input = StepInput::Entities(inputs.into());
        Ok(self.push(
            &fetch.service_name,
            fetch.operation_kind.as_ref(),
            operation,
            variables,
            conditions,
            input,
            before,
        ))
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a step, named in the two places that have them")]
    fn push(
        &mut self,
        service: &str,
        kind: Option<&NodeOperationKind>,
        operation: &SubgraphFetchOperation,
        variables: Box<[Arc<str>]>,
        conditions: &[StepCondition],
        input: StepInput,
        before: &[usize],
    ) -> usize {
        let mut depends_on = self.after.clone();
        depends_on.extend(dependencies::of(&input, before, &self.steps, &self.symbols));
        self.steps.push(FetchStep {
            service: Arc::from(service),
            kind: kind.map_or(OperationKind::Query, OperationKind::from),
            query: Arc::from(operation.document_str.trim_end()),
            variables,
            conditions: conditions.into(),
            depends_on: depends_on.into(),
            input,
        });
        self.steps.len() - 1
    }

    fn root_type(&self, kind: Option<&NodeOperationKind>) -> &str {
        self.supergraph.query_planner.supergraph.expect_root_type_name(kind)
    }
}

fn variable_names<'n>(names: impl Iterator<Item = &'n String>) -> Box<[Arc<str>]> {
    names.map(|name| Arc::from(name.as_str())).collect()
}

fn entities_field<'o>(operation: &'o SubgraphFetchOperation, key: &str) -> Result<&'o FieldSelection, String> {
    operation
        .document
        .operation
        .selection_set
        .items
        .iter()
        .find_map(|item| match item {
            SelectionItem::Field(field) if field.selection_identifier() == key => Some(field),
            _ => None,
        })
        .ok_or_else(|| format!("an entity fetch has no field {key}"))
}
