//! The edge as clients meet it, over real subgraphs.
#![allow(clippy::unwrap_used, missing_docs)]

mod attacks;
mod authentication;
mod authorization;
mod costs;
mod documents;
mod event_streams;
mod failures;
mod foreign_callers;
mod foreign_keys;
mod http;
mod kills;
mod live_connections;
mod many_listeners;
mod multipart;
mod noisy_streams;
mod overload;
mod overrides;
mod passed_on;
mod plan;
mod planning;
mod protocol;
mod rates;
mod reload;
mod remote_identity;
mod reservations;
mod response_cache;
mod shared_streams;
mod shutdown;
mod slow_clients;
mod stream_statistics;
#[path = "../support/mod.rs"]
mod support;
mod uploads;
