//! `cloudphone migrate`: every domain's database, brought up to date.

use std::process::ExitCode;

use cloudphone_config::Source;
use cloudphone_database::EmbeddedMigrations;

use super::load;
use crate::engines::Databases;

pub(super) async fn run(source: &Source) -> anyhow::Result<ExitCode> {
    let settings = load(source)?;
    let databases = Databases::start(&settings).await?;
    for (name, migrations) in tables() {
        let database = databases.of(name).await?;
        let mut applied = database.migrate(cloudphone_events::migrations()).await?;
        applied.extend(database.migrate(migrations).await?);
        match applied.len() {
            0 => println!("{name}: up to date"),
            _ => println!("{name}: applied {}", applied.join(", ")),
        }
    }
    databases.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The tables of each domain by the name of its database.
fn tables() -> Vec<(&'static str, EmbeddedMigrations)> {
    vec![
        ("apps", cloudphone_apps::migrations()),
        ("devices", cloudphone_devices::migrations()),
        ("identity", cloudphone_identity::migrations()),
    ]
}
