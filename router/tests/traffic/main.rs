//! The router before subgraphs that fail, wander and listen: header rules, resilience, balancing and discovery over real sockets.
#![allow(clippy::unwrap_used, missing_docs)]

mod breaker;
mod discovery;
mod headers;
mod retries;
mod sharing;
mod support;
mod transports;
