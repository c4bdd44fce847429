//! What the operating system takes for the same messages when nothing else is done: the floor under any router.

mod answers;
mod events;

pub use answers::{Bare, RoundTrips};
pub use events::measure as measure_events;

/// A process that does only what a measurement needs.
#[derive(clap::Subcommand)]
pub enum Options {
    /// Answers HTTP requests with the bytes of a file.
    Answers(answers::Options),
    /// Writes an event's bytes to many connections.
    Events(events::Options),
}

/// Serves until it is ended.
pub async fn serve(options: Options) -> anyhow::Result<()> {
    match options {
        Options::Answers(options) => answers::serve(options).await,
        Options::Events(options) => tokio::task::spawn_blocking(move || events::serve(&options)).await?,
    }
}
