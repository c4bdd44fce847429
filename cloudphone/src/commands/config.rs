//! `cloudphone config`: what is set, what can be set, and whether it is right.

use std::process::ExitCode;

use cloudphone_config::{Source, reference, schema};

use super::load;
use crate::arguments::ConfigCommand;
use crate::settings::Settings;

pub(super) fn run(source: &Source, command: &ConfigCommand) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Check => {
            load(source)?;
            println!("The configuration is right.");
        }
        ConfigCommand::Show => print!("{}", toml::to_string_pretty(&load(source)?)?),
        ConfigCommand::Schema => println!("{}", serde_json::to_string_pretty(&schema::<Settings>())?),
        ConfigCommand::Reference => print!("{}", reference::<Settings>()),
    }
    Ok(ExitCode::SUCCESS)
}
