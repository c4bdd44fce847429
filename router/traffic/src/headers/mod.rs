//! Which headers travel: from clients to subgraphs, and from subgraphs' answers to clients.

mod answer;
mod client;
mod names;
mod request;

pub use answer::{AnswerHeaders, AnswerRule, AnswerRules, Combine};
pub use client::{ClientHeaders, Forwarding};
pub use names::{HeaderPattern, is_answerable, is_forwardable};
pub use request::{RequestRule, RequestRules};

#[cfg(test)]
mod tests;
