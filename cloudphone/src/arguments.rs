//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// Bring every domain's database up to date.
    Migrate,
    /// Write, check or compose schemas.
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
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
