//! Operations of clients, from text to answer.

#![no_main]

use cloudphone_differential::hostile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| hostile::operation(bytes));
