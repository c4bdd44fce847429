//! The devices domain by its stories: spoken to through its graph and over MQTT, on a real PostgreSQL and a real broker.
#![allow(clippy::unwrap_used)]

mod acknowledgements;
mod bad_days;
mod commands;
mod credentials;
mod history;
mod hostile_messages;
mod installations;
mod life;
mod lists;
mod permissions;
mod processes;
mod schema;
mod states;
mod subscriptions;
mod support;
mod templates;
mod tenants;
