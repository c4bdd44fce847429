//! Bodies of HTTP requests, batches and query strings.

#![no_main]

use cloudphone_router::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzzing::request_body(bytes));
