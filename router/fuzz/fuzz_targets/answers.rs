//! Answers of subgraphs, taken in and passed on.

#![no_main]

use cloudphone_differential::hostile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| hostile::answer(bytes));
