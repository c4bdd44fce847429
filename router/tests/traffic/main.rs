//! The router before subgraphs that fail, wander and listen: header rules, resilience, balancing and discovery over real sockets.
#![allow(clippy::unwrap_used, missing_docs)]

mod breaker;
mod discovery;
mod dns;
mod headers;
mod retries;
mod sharing;
mod streamer;
mod streams;
mod support;
mod tls;
mod transports;
