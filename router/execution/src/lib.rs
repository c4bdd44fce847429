//! Runs prepared operations over subgraphs and writes the client's answer.
//!
//! An [`Executor`] starts each fetch of a plan as soon as the answers it reads are there. Answers stay bytes: they are
//! parsed once into a store of spans, objects are stored and written once however often they appear, and the client's answer
//! is spliced from those spans. Subgraphs are reached through [`SubgraphService`], in this process or over a network.

mod alike;
mod answer;
mod calls;
mod executor;
mod ingest;
mod json;
mod live_plan;
mod paths;
mod project;
mod record;
mod representations;
mod request;
mod store;
pub mod subgraphs;
mod subscription;
mod uploads;

pub use answer::ExecutionResult;
pub use executor::{ErrorFilter, ExecutionRequest, Executor, ExecutorBuilder, ServiceOptions};
pub use live_plan::{LivePlan, Planned};
pub use record::{CallNotes, PlanRecord};
pub use request::{
    Loss, RequestContext, SubgraphError, SubgraphEvent, SubgraphRequest, SubgraphResponse, SubgraphService, Traceparent,
};
pub use uploads::{Upload, UploadContent, Uploads};
