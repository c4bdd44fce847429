//! Stories about the whole platform, told to the real program from outside.

#![allow(clippy::unwrap_used, missing_docs)]

mod first_slice;
mod start;
mod support;
