//! `cloudphone schema`: the files under `schema/`, and composition of anybody's subgraphs.

mod asyncapi;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use cloudphone_composition::{Composition, Criticality, Subgraph, breaking_changes, compose};
use cloudphone_events::Catalogue;
use cloudphone_events::audit::AuditRecorded;

use crate::arguments::SchemaCommand;
use crate::edge::schemas;
use crate::settings::Settings;

pub(super) fn run(command: SchemaCommand) -> anyhow::Result<ExitCode> {
    match command {
        SchemaCommand::Export { folder } => export(&folder),
        SchemaCommand::Check { folder, released } => check(&folder, released.as_deref()),
        SchemaCommand::Compose { subgraphs } => composed(&subgraphs),
    }
}

/// Every schema file by its path below the folder.
fn files() -> anyhow::Result<BTreeMap<String, String>> {
    let subgraphs = schemas();
    let composition = platform_supergraph(&subgraphs)?;
    let mut files: BTreeMap<String, String> =
        subgraphs.into_iter().map(|subgraph| (format!("{}.graphql", subgraph.name), subgraph.sdl)).collect();
    files.insert("supergraph.graphql".to_owned(), composition.supergraph_sdl);
    files.insert("api.graphql".to_owned(), composition.api_sdl);
    for event in catalogue().events() {
        let text = serde_json::to_string_pretty(&event.schema)?;
        files.insert(format!("events/{}", event.file_name()), text + "\n");
    }
    files.insert("asyncapi.json".to_owned(), asyncapi::document()?);
    let configuration = serde_json::to_string_pretty(&cloudphone_config::schema::<Settings>())?;
    files.insert("configuration.json".to_owned(), configuration + "\n");
    Ok(files)
}

fn catalogue() -> Catalogue {
    let shared = Catalogue::new().with::<AuditRecorded>();
    shared
        .and(cloudphone_identity::catalogue())
        .and(cloudphone_devices::events::catalogue())
        .and(cloudphone_apps::events::catalogue())
}

fn platform_supergraph(subgraphs: &[Subgraph]) -> anyhow::Result<Composition> {
    compose(subgraphs).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        anyhow!("the subgraphs do not compose:\n{}", lines.join("\n"))
    })
}

fn export(folder: &Path) -> anyhow::Result<ExitCode> {
    let files = files()?;
    for stale in existing(folder)?.into_keys().filter(|name| !files.contains_key(name)) {
        fs::remove_file(folder.join(stale))?;
    }
    for (name, text) in &files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().context("a schema file lies in a folder")?)?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    println!("wrote {} files to {}", files.len(), folder.display());
    Ok(ExitCode::SUCCESS)
}

fn check(folder: &Path, released: Option<&Path>) -> anyhow::Result<ExitCode> {
    let wanted = files()?;
    let actual = existing(folder)?;
    let names = wanted.keys().chain(actual.keys().filter(|name| !wanted.contains_key(*name)));
    let different: Vec<&String> = names.filter(|name| wanted.get(*name) != actual.get(*name)).collect();
    for name in &different {
        eprintln!("{} differs from the code", folder.join(name).display());
    }
    if !different.is_empty() {
        eprintln!("run `cloudphone schema export` and commit the result");
        return Ok(ExitCode::FAILURE);
    }
    println!("{} schema files match the code", wanted.len());
    released.map_or(Ok(ExitCode::SUCCESS), |released| keeps_promises(released, &wanted["api.graphql"]))
}

/// Tells every change since the release, and fails when one of them breaks clients.
fn keeps_promises(released: &Path, now: &str) -> anyhow::Result<ExitCode> {
    let before = fs::read_to_string(released).with_context(|| format!("cannot read {}", released.display()))?;
    let changes = breaking_changes(&before, now).map_err(|error| anyhow!("{error}"))?;
    for change in &changes {
        eprintln!("{change}");
    }
    let broken = changes.iter().filter(|change| change.criticality == Criticality::Breaking).count();
    println!("{} changes since {}, {broken} of them breaking", changes.len(), released.display());
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The schema files that are there.
fn existing(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for (prefix, below) in [("", folder.to_owned()), ("events/", folder.join("events"))] {
        let Ok(entries) = fs::read_dir(&below) else { continue };
        for entry in entries {
            let path = entry?.path();
            let known = path.extension().is_some_and(|ending| ending == "graphql" || ending == "json");
            if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| known) {
                files.insert(format!("{prefix}{name}"), fs::read_to_string(&path)?);
            }
        }
    }
    Ok(files)
}

fn composed(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let subgraphs = if arguments.is_empty() {
        schemas()
    } else {
        arguments.iter().map(|argument| read_subgraph(argument)).collect::<anyhow::Result<Vec<_>>>()?
    };
    match compose(&subgraphs) {
        Ok(composition) => {
            for hint in &composition.hints {
                eprintln!("hint: {hint}");
            }
            print!("{}", composition.supergraph_sdl);
            Ok(ExitCode::SUCCESS)
        }
        Err(errors) => {
            for error in &errors {
                eprintln!("error: {error}");
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

/// `NAME=URL,FILE`; the URL may be left out.
fn read_subgraph(argument: &str) -> anyhow::Result<Subgraph> {
    let form = || anyhow!("`{argument}` is not of the form NAME=URL,FILE");
    let (name, rest) = argument.split_once('=').ok_or_else(form)?;
    let (url, file) = rest.rsplit_once(',').ok_or_else(form)?;
    let sdl = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    Ok(Subgraph { name: name.to_owned(), url: url.to_owned(), sdl })
}
