//! Development only: unifies features while crates are built one at a time.
