//! Engines and counterparts that the tests of several crates start for themselves.
#![forbid(unsafe_code)]

pub mod certificates;
pub mod name_server;
mod redis;

pub use redis::RedisServer;
