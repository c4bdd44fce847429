//! Engines that the tests of several crates start for themselves.
#![forbid(unsafe_code)]

mod redis;

pub use redis::RedisServer;
