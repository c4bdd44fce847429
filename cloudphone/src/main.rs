//! The `cloudphone` command: one binary for the whole platform.

fn main() {
    println!("cloudphone {}", env!("CARGO_PKG_VERSION"));
}
