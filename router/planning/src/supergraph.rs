//! A composed schema, read once and shared by every request.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use ahash::{AHashMap, AHashSet};
use graphql_tools::static_graphql::{
    query::Value,
    schema::{Definition, Document, TypeDefinition},
};
use hive_router_query_planner::{
    planner::{Planner as QueryPlanner, QueryPlannerOptions},
    utils::parsing::safe_parse_schema,
};

use parking_lot::Mutex;

use crate::{
    access::Requirements,
    apart::supergraph as part,
    api_schema::ApiSchema,
    cache_hints::{self, CacheHint},
    cost::Weights,
    features,
    hidden::Hidden,
    interfaces, keys, members,
    operation::OperationKind,
    overrides::{self, OverrideLabels},
    provides,
    types::{TypeId, TypeTable, named_type},
    unimplemented,
};

/// Planners kept for parts; each is as large as the supergraph.
const MAX_PARTS: usize = 32;

/// Why a supergraph cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SupergraphError {
    /// It is not SDL.
    #[error("the supergraph is not a GraphQL schema document: {0}")]
    Syntax(String),
    /// It is SDL, but no supergraph of the join specification.
    #[error("the supergraph cannot be planned on: {0}")]
    Invalid(String),
    /// It links to a feature that routers have to understand, and this one does not (link v1.0).
    #[error("the supergraph needs {0}")]
    UnknownFeature(String),
    /// A field gets arguments from a context (`@fromContext`), which is not done yet.
    #[error("`{0}` gets arguments from a context (@fromContext), which this router does not support yet")]
    ContextArguments(String),
}

/// Where the supergraph says a subgraph is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubgraphEndpoint {
    /// The subgraph's name.
    pub name: Arc<str>,
    /// Its URL, as composed; empty when composed without one.
    pub url: String,
}

/// A supergraph ready for planning; immutable.
pub struct Supergraph {
    pub(crate) query_planner: QueryPlanner,
    /// What the planner plans on.
    document: Document,
    /// Planners for parts of operations, by subgraph and type.
    parts: Mutex<AHashMap<(String, String), Arc<QueryPlanner>>>,
    types: TypeTable,
    api: ApiSchema,
    subgraphs: Vec<SubgraphEndpoint>,
    graph_ids: AHashMap<String, String>,
    requirements: Requirements,
    internal_names: AHashSet<String>,
    uniform_names: AHashSet<String>,
    weights: Weights,
    /// Fields that cannot be asked for by way of the interface, by interface and name.
    restricted: AHashSet<(String, String)>,
    cache_hints: Vec<CacheHint>,
    hidden: Hidden,
    overrides: OverrideLabels,
}

impl std::fmt::Debug for Supergraph {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Supergraph").field("subgraphs", &self.subgraphs).finish_non_exhaustive()
    }
}

impl Supergraph {
    /// Reads a supergraph in Apollo's join specification.
    pub fn parse(sdl: &str) -> Result<Arc<Self>, SupergraphError> {
        // The planning library panics on documents that are no supergraph.
        catch_unwind(AssertUnwindSafe(|| Self::read(sdl)))
            .unwrap_or_else(|_| {
                Err(SupergraphError::Invalid("the document does not follow the join specification".to_owned()))
            })
            .map(Arc::new)
    }

    fn read(sdl: &str) -> Result<Self, SupergraphError> {
        let mut document = safe_parse_schema(sdl).map_err(|error| SupergraphError::Syntax(error.to_string()))?;
        features::check(&document)?;
        let cache_hints = cache_hints::read(&document);
        let weights = Weights::read(&document);
        members::complete(&mut document);
        provides::separate(&mut document);
        keys::reduce(&mut document);
        unimplemented::remove(&mut document);
        overrides::settle(&mut document);
        let requirements = Requirements::read(&document);
        let restricted = interfaces::restrict(&mut document);
        let query_planner = QueryPlanner::new_from_supergraph(&document, QueryPlannerOptions::default())
            .map_err(|error| SupergraphError::Invalid(error.to_string()))?;
        let api_document = Arc::clone(&query_planner.consumer_schema.document);
        let types = TypeTable::new(&[&document, &api_document]);
        let api = ApiSchema::new(api_document, &types);
        let state = &query_planner.supergraph;
        let graph_ids: AHashMap<String, String> =
            state.known_subgraphs.iter().map(|(id, name)| (name.clone(), id.clone())).collect();
        let mut subgraphs: Vec<_> = graph_ids
            .keys()
            .map(|name| SubgraphEndpoint {
                name: Arc::from(name.as_str()),
                url: state.subgraph_endpoint_map.get(name).cloned().unwrap_or_default(),
            })
            .collect();
        subgraphs.sort_by(|left, right| left.name.cmp(&right.name));
        if subgraphs.is_empty() {
            return Err(SupergraphError::Invalid("it names no subgraph in `enum join__Graph`".to_owned()));
        }
        let hidden = Hidden::read(&document, &types);
        let internal_names = internal_names(&document);
        let uniform_names = uniform_names(&document, &types);
        let overrides = OverrideLabels::read(&document, &internal_names);
        let parts = Mutex::default();
        Ok(Self {
            query_planner,
            document,
            parts,
            types,
            api,
            subgraphs,
            graph_ids,
            requirements,
            internal_names,
            uniform_names,
            weights,
            restricted,
            cache_hints,
            hidden,
            overrides,
        })
    }

    /// What `@cost` and `@listSize` say.
    pub(crate) fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The schema that clients see.
    pub fn api(&self) -> &ApiSchema {
        &self.api
    }

    /// All types, those hidden from clients included.
    pub fn types(&self) -> &TypeTable {
        &self.types
    }

    /// The subgraphs in order of their names.
    pub fn subgraphs(&self) -> &[SubgraphEndpoint] {
        &self.subgraphs
    }

    /// What subgraphs declare by `@cacheControl`.
    pub fn cache_hints(&self) -> &[CacheHint] {
        &self.cache_hints
    }

    /// The labels of gradual overrides.
    pub(crate) fn overrides(&self) -> &OverrideLabels {
        &self.overrides
    }

    /// Whether some fields move gradually from one subgraph to another, so that operations have to say which labels are on.
    pub fn has_override_labels(&self) -> bool {
        !self.overrides.is_empty()
    }

    /// The labels of gradual overrides that are no percentages: whoever runs the router decides when they are on.
    pub fn custom_override_labels(&self) -> impl Iterator<Item = &str> {
        self.overrides.names()
    }

    /// Whether objects of a type are null to clients.
    pub fn is_hidden(&self, id: TypeId) -> bool {
        self.hidden.has_type(id)
    }

    /// The values of an enum that are null to clients, quoted as in JSON.
    pub(crate) fn hidden_values(&self, name: &str) -> &[Box<str>] {
        self.hidden.values_of(name)
    }

    /// What callers must have to see types and fields.
    pub(crate) fn requirements(&self) -> &Requirements {
        &self.requirements
    }

    /// The root type of a kind of operation.
    pub(crate) fn root_type(&self, kind: OperationKind) -> Option<&str> {
        match kind {
            OperationKind::Query => Some(self.api.query_type()),
            OperationKind::Mutation => self.api.mutation_type(),
            OperationKind::Subscription => self.api.subscription_type(),
        }
    }

    /// A planner for which the subgraph `graph` has one root field more, [`PART`]: an object with the fields that it computes of a
    /// type, as if they required nothing.
    pub(crate) fn part_planner(&self, graph: &str, type_name: &str) -> Result<Arc<QueryPlanner>, String> {
        let key = (graph.to_owned(), type_name.to_owned());
        if let Some(known) = self.parts.lock().get(&key) {
            return Ok(Arc::clone(known));
        }
        let document = part::add(&self.document, self.api.query_type(), graph, type_name)?;
        let planner = QueryPlanner::new_from_supergraph(&document, QueryPlannerOptions::default());
        let planner = Arc::new(planner.map_err(|error| error.to_string())?);
        let mut parts = self.parts.lock();
        if parts.len() >= MAX_PARTS {
            parts.clear();
        }
        parts.insert(key, Arc::clone(&planner));
        Ok(planner)
    }

    /// The interfaces that a subgraph knows as objects.
    pub(crate) fn interface_objects(&self, subgraph: &str) -> Vec<String> {
        let Some(graph_id) = self.graph_ids.get(subgraph) else { return Vec::new() };
        let definitions = &self.query_planner.supergraph.definitions;
        let mut names: Vec<String> = definitions
            .iter()
            .filter(|(_, definition)| {
                definition.join_types().iter().any(|join| join.is_interface_object && join.graph_id == *graph_id)
            })
            .map(|(name, _)| name.clone())
            .collect();
        names.sort_unstable();
        names
    }

    /// Whether a field of an interface has to be asked for by each object's own type.
    pub(crate) fn is_restricted(&self, interface: &str, field: &str) -> bool {
        !self.restricted.is_empty() && self.restricted.contains(&(interface.to_owned(), field.to_owned()))
    }

    /// Whether one of these subgraphs knows an interface as an object.
    pub(crate) fn is_interface_object(&self, interface: &str, graphs: &[&str]) -> bool {
        let definition = self.query_planner.supergraph.definitions.get(interface);
        definition.is_some_and(|definition| {
            let mut joins = definition.join_types().iter();
            joins.any(|join| join.is_interface_object && graphs.contains(&join.graph_id.as_str()))
        })
    }

    /// Whether only subgraphs that know an interface as an object answer this field of it.
    pub(crate) fn is_only_of_interface_object(&self, interface: &str, field: &str) -> bool {
        let Some(definition) = self.query_planner.supergraph.definitions.get(interface) else { return false };
        let Some(field) = definition.fields().get(field) else { return false };
        let outside = |graph: &String| {
            definition.join_types().iter().any(|join| join.is_interface_object && join.graph_id == *graph)
        };
        let graphs = field.resolvable_in_graphs(definition);
        !graphs.is_empty() && graphs.iter().all(outside)
    }

    /// The subgraphs that answer a field, by their names in the supergraph.
    pub(crate) fn owners(&self, type_name: &str, field: &str) -> Vec<&str> {
        let definition = self.query_planner.supergraph.definitions.get(type_name);
        let Some(definition) = definition else { return Vec::new() };
        let fields = definition.fields().get(field).map(|field| field.join_field.as_slice()).unwrap_or_default();
        let mut graphs: Vec<&str> =
            fields.iter().filter(|own| !own.external).filter_map(|own| own.graph_id.as_deref()).collect();
        graphs.sort_unstable();
        graphs
    }

    /// Whether plans may fetch a field of this name that the client did not ask for.
    pub(crate) fn is_internal(&self, name: &str) -> bool {
        self.internal_names.contains(name)
    }

    /// Whether all fields of this name are the same leaf without arguments.
    pub(crate) fn is_uniform(&self, name: &str) -> bool {
        self.uniform_names.contains(name)
    }

    /// The keys by which a subgraph resolves a type: for each key the names of its outermost fields.
    pub(crate) fn keys(&self, type_name: &str, subgraph: &str) -> Vec<Vec<String>> {
        let Some(graph_id) = self.graph_ids.get(subgraph) else { return Vec::new() };
        let Some(definition) = self.query_planner.supergraph.definitions.get(type_name) else { return Vec::new() };
        let keys: Vec<_> = definition
            .join_types()
            .iter()
            .filter(|join| join.graph_id == *graph_id)
            .filter_map(|join| join.key.as_deref().map(outermost_fields))
            .collect();
        if !keys.is_empty() {
            return keys;
        }
        // The subgraph may know the type by an interface only.
        let interfaces = definition.join_implements().iter().map(|implements| implements.interface.as_str());
        let interfaces: BTreeSet<&str> = interfaces.filter(|interface| *interface != type_name).collect();
        interfaces.into_iter().flat_map(|interface| self.keys(interface, subgraph)).collect()
    }
}

/// The names that stand for leaves of one type and without arguments wherever they occur.
fn uniform_names(document: &Document, types: &TypeTable) -> AHashSet<String> {
    let mut known: AHashMap<&str, Option<String>> = AHashMap::new();
    for definition in &document.definitions {
        let fields = match definition {
            Definition::TypeDefinition(TypeDefinition::Object(object)) => &object.fields,
            Definition::TypeDefinition(TypeDefinition::Interface(interface)) => &interface.fields,
            _ => continue,
        };
        for field in fields {
            let ty = types.id(named_type(&field.field_type));
            let is_leaf = !types.is_object(ty) && !types.is_abstract(ty) && field.arguments.is_empty();
            let written = is_leaf.then(|| field.field_type.to_string());
            let entry = known.entry(field.name.as_str()).or_insert_with(|| written.clone());
            if *entry != written {
                *entry = None;
            }
        }
    }
    known.into_iter().filter(|(_, ty)| ty.is_some()).map(|(name, _)| name.to_owned()).collect()
}

/// The names of all fields that are part of a key or required.
fn internal_names(document: &Document) -> AHashSet<String> {
    let mut names = AHashSet::new();
    for definition in &document.definitions {
        let Definition::TypeDefinition(definition) = definition else { continue };
        let (directives, fields) = match definition {
            TypeDefinition::Object(object) => (&object.directives, &object.fields),
            TypeDefinition::Interface(interface) => (&interface.directives, &interface.fields),
            _ => continue,
        };
        for directive in directives.iter().chain(fields.iter().flat_map(|field| &field.directives)) {
            for (name, value) in &directive.arguments {
                if let ("key" | "requires", Value::String(text)) = (name.as_str(), value) {
                    let parts = text.split(|part: char| !part.is_alphanumeric() && part != '_');
                    names.extend(parts.filter(|part| !part.is_empty()).map(str::to_owned));
                }
            }
        }
    }
    names
}

/// `id organisation { id }` has the outermost fields `id` and `organisation`.
fn outermost_fields(field_set: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut fields = Vec::new();
    for token in field_set.replace('{', " { ").replace('}', " } ").split([' ', ',', '\n', '\t', '\r']) {
        match token {
            "" => {}
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            name if depth == 0 => fields.push(name.to_owned()),
            _ => {}
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::outermost_fields;

    #[test]
    fn a_composite_key_has_only_its_outermost_fields() {
        assert_eq!(outermost_fields("id organisation{id owner { name }} code"), ["id", "organisation", "code"]);
    }
}
