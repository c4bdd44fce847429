//! Settings reach what runs: each is set to something else than its default in the file of the real program, and its effect is seen.

mod limits;
mod live;
mod places;
mod quotas;
pub(crate) mod site;
mod subgraphs;
