//! Makes cases of a seed: a monolith, its split over subgraphs, and operations.

mod arguments;
mod directives;
mod finish;
mod monolith;
mod operation;
mod scope;
mod split;

pub use operation::operation;

use serde::{Deserialize, Serialize};

use crate::{
    model::{Schema, SubgraphModel},
    random::Random,
};

/// A monolith and its split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Federation {
    /// What values are derived from.
    pub seed: u64,
    /// The whole schema.
    pub monolith: Schema,
    /// Its parts.
    pub subgraphs: Vec<SubgraphModel>,
}

/// The federation of a seed.
pub fn federation(seed: u64) -> Federation {
    let mut random = Random::new(seed);
    let mut monolith = monolith::monolith(&mut random);
    let subgraphs = split::split(&mut random, &mut monolith);
    let monolith = finish::visible(&monolith, &subgraphs);
    Federation { seed, monolith, subgraphs }
}
