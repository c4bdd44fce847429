//! Forms with files: `operations`, `map`, and what comes after them, in pieces.

#![no_main]

use cloudphone_router::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzzing::upload_form(bytes));
