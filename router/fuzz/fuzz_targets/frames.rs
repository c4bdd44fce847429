//! Frames of WebSocket clients.

#![no_main]

use cloudphone_router::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| fuzzing::client_frames(bytes));
