//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::TimeDelta;
use clap::{Args, Parser, Subcommand, ValueEnum};
use cloudphone_core::EventId;

/// Runs and operates the Cloudphone platform.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
pub struct Arguments {
    /// TOML file with settings.
    #[arg(long, global = true, env = "CLOUDPHONE_CONFIG")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the command can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole platform in this process, with embedded engines unless the configuration names external ones.
    Up(UpArguments),
    /// Run parts of the platform against external engines.
    Serve {
        /// The parts.
        #[arg(required = true)]
        parts: Vec<Part>,
        /// Port to listen on; each part has a default of its own.
        #[arg(long)]
        port: Option<u16>,
    },
    /// Run the federation router alone before anybody's subgraphs: no accounts, no database, no engines.
    Router {
        /// Supergraph in Apollo's join specification, as `cloudphone schema compose` writes it. It is read again when it changes.
        #[arg(long, value_name = "FILE")]
        supergraph: PathBuf,
        /// Address to listen on; port 0 takes any free one.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4000")]
        listen: SocketAddr,
    },
    /// Bring every domain's database up to date.
    Migrate,
    /// Write, check or compose schemas.
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Events that a consumer gave up on: look at them, hand them to it again, or let them go.
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
    /// Demo data.
    #[command(subcommand)]
    Demo(DemoCommand),
    /// Add the platform's own organisation with its first super administrator, unless it exists.
    Administrator {
        /// Address that the administrator signs in with; the password is read from standard input.
        #[arg(long)]
        email: String,
    },
    /// Devices.
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Ask a running platform how it is; exits with 1 unless it is ready.
    Health {
        /// Address of the router.
        #[arg(long, default_value = "http://127.0.0.1:30000")]
        url: String,
    },
}

/// Options of `up`.
#[derive(Clone, Debug, Args)]
pub struct UpArguments {
    /// Folder of the embedded engines' files.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// Port of the console and the graph; the engines take the ports that their settings name.
    #[arg(long)]
    pub port: Option<u16>,
    /// Number of demo devices.
    #[arg(long, default_value_t = 12)]
    pub devices: usize,
    /// Start without demo data.
    #[arg(long)]
    pub no_demo: bool,
}

/// A part that can run in a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The federation router with the console.
    Router,
    /// The identity subgraph.
    Identity,
    /// The devices subgraph.
    Devices,
    /// The apps subgraph.
    Apps,
}

/// Work with schemas.
#[derive(Debug, Subcommand)]
pub enum SchemaCommand {
    /// Write all schema files.
    Export {
        /// The folder.
        #[arg(long, default_value = "schema")]
        folder: PathBuf,
    },
    /// Fail when the schema files differ from the code, or when a change breaks clients of the released schema.
    Check {
        /// The folder.
        #[arg(long, default_value = "schema")]
        folder: PathBuf,
        /// The API schema of the release that clients use; every change since is told.
        #[arg(long, value_name = "FILE")]
        released: Option<PathBuf>,
    },
    /// Compose subgraphs into a supergraph, written to standard output.
    Compose {
        /// `NAME=URL,FILE` of a subgraph; without any, the platform's own are composed.
        #[arg(long = "subgraph", value_name = "NAME=URL,FILE")]
        subgraphs: Vec<String>,
    },
}

/// Look at the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Fail, listing everything that is wrong.
    Check,
    /// Print the settings in effect, without secrets.
    Show,
    /// Print the reference of all settings as Markdown.
    Reference,
    /// Print the JSON Schema of the configuration file.
    Schema,
}

/// Events that a consumer gave up on. The platform may be running meanwhile.
#[derive(Debug, Subcommand)]
pub enum DeadLettersCommand {
    /// List them, the oldest first.
    List {
        /// Which.
        #[command(flatten)]
        filter: DeadLetterArguments,
        /// The most lines.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
        /// Print a JSON array with the whole events.
        #[arg(long)]
        json: bool,
    },
    /// Print one event with its payload and why it failed.
    Show {
        /// The event's id.
        event: EventId,
        /// Print a JSON array, with an object for each consumer that gave up on the event.
        #[arg(long)]
        json: bool,
    },
    /// Hand events to their consumers again, once what made them fail is mended.
    Replay(DeadLetterChoice),
    /// Let events go without handling them.
    Discard(DeadLetterChoice),
}

/// Which dead letters are meant.
#[derive(Clone, Debug, Args)]
pub struct DeadLetterArguments {
    /// Of this consumer, such as `devices`.
    #[arg(long, value_name = "NAME")]
    pub consumer: Option<String>,
    /// Of this type of event, such as `apps.installation.requested`, or of all that begin with it when it ends in `*`.
    #[arg(long = "type", value_name = "TYPE")]
    pub event_type: Option<String>,
    /// Given up at least this long ago, such as `90s`, `15m`, `2h` or `7d`.
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub older_than: Option<TimeDelta>,
    /// Given up no longer ago than this.
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub newer_than: Option<TimeDelta>,
}

/// Events by id, or all that fit.
#[derive(Clone, Debug, Args)]
pub struct DeadLetterChoice {
    /// The events' ids.
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "EVENT")]
    pub events: Vec<EventId>,
    /// All that the filters leave.
    #[arg(long)]
    pub all: bool,
    /// Which.
    #[command(flatten)]
    pub filter: DeadLetterArguments,
    /// Print a JSON array of what was changed.
    #[arg(long)]
    pub json: bool,
}

/// A number with its unit.
fn age(text: &str) -> Result<TimeDelta, String> {
    let wanted = || "write a number and s, m, h or d, such as 15m".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wanted)?;
    let number: i64 = number.parse().ok().filter(|number| *number >= 0).ok_or_else(wanted)?;
    let age = match unit {
        "s" => TimeDelta::try_seconds(number),
        "m" => TimeDelta::try_minutes(number),
        "h" => TimeDelta::try_hours(number),
        "d" => TimeDelta::try_days(number),
        _ => None,
    };
    // Beyond a century nothing changes but the arithmetic.
    age.filter(|age| *age <= TimeDelta::days(36_500)).ok_or_else(wanted)
}

/// Demo data.
#[derive(Debug, Subcommand)]
pub enum DemoCommand {
    /// Add the demo organisation, its accounts and devices, where they are missing.
    Seed {
        /// Number of demo devices.
        #[arg(long, default_value_t = 12)]
        devices: usize,
    },
}

/// Devices.
#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// Run a stand-alone fleet of simulated devices against a broker.
    Simulate {
        /// Broker address.
        #[arg(long, default_value = "mqtt://127.0.0.1:31883")]
        broker: String,
        /// JSON file with `[{"tenantId", "deviceId", "username", "secret"}]`.
        #[arg(long)]
        credentials: PathBuf,
        /// Time between two telemetry messages of a device, in milliseconds.
        #[arg(long, default_value_t = 1000)]
        interval_ms: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_a_unit_and_an_end() {
        assert_eq!(age("90s"), Ok(TimeDelta::seconds(90)));
        assert_eq!(age("2h"), Ok(TimeDelta::hours(2)));
        assert_eq!(age("7d"), Ok(TimeDelta::days(7)));
        for wrong in ["", "5", "m", "-1h", "1w", "99999999999999d", "5µ"] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
    }
}
