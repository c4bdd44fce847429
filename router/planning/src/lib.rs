//! Turns a GraphQL document into a compiled plan over the subgraphs of a supergraph.
//!
//! The way of a document: [`Planner::plan`] parses and validates it against the API schema, normalises it, plans it and
//! compiles the result into a [`PreparedOperation`]. That value holds everything execution needs and nothing of the
//! planning library below, so the library can be replaced without touching execution.

mod access;
mod apart;
mod api_schema;
mod cache_hints;
mod compile;
mod continuity;
mod coordinates;
mod cost;
mod definition;
mod dependencies;
mod document;
mod error;
mod explain;
mod features;
mod fetch_outline;
mod hidden;
mod interfaces;
mod introspection;
mod join;
mod keys;
mod limits;
mod members;
mod operation;
mod overrides;
mod places;
mod plan;
mod planner;
mod projection;
mod projection_compile;
mod provides;
mod rewrite;
mod selections;
mod serial;
mod shape_compile;
mod supergraph;
mod types;
mod unimplemented;
mod variables;

pub use access::{Entitlements, GuardedPlace, Requirement, RequirementId};
pub use api_schema::ApiSchema;
pub use cache_hints::CacheHint;
pub use cost::{CostOptions, Estimate};
pub use error::{GraphQlError, Location, PathSegment, PlanningError, codes};
pub use explain::{Executed, ExecutedFetch};
pub use fetch_outline::{FetchOutline, OutlineNode, RootOutline};
pub use limits::OperationLimits;
pub use operation::{FieldCoordinate, OperationKind, OperationSource, PreparedOperation};
pub use overrides::{DRAWS, OverrideChoice, draws_of};
pub use plan::{
    EntityInput, FetchStep, FlattenPath, FlattenSegment, Plan, Required, RequiredField, Shape, ShapeField,
    StepCondition, StepInput, Symbol, Symbols, TypenameRewrite,
};
pub use planner::{FederationPlanner, PlanRequest, Planner, PlannerOptions};
pub use projection::{
    AbstractProjection, EnumProjection, FieldProjection, ObjectProjection, Projection, ScalarKind, ValueProjection,
    Wrapping,
};
pub use rewrite::client_key;
pub use supergraph::{SubgraphEndpoint, Supergraph, SupergraphError};
pub use types::{TypeId, TypeTable};
pub use variables::Variables;
