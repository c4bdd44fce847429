//! Stories about the whole platform, told to the real program from outside.

#![allow(clippy::unwrap_used, missing_docs)]

mod access_alone;
mod acknowledged;
mod applications;
mod audit;
mod calls;
mod configuration;
mod connections;
mod counts;
mod crash;
mod crowds;
mod dead_letters;
mod first_slice;
mod gated;
mod hostile;
mod leaving;
mod metrics;
mod parts;
mod proxies;
mod reload;
mod rights;
mod router_alone;
mod router_killed;
mod router_settings;
mod slow;
mod start;
mod storage_address;
mod streams;
mod subscription_rules;
mod support;
mod tenants;
mod tracing;
