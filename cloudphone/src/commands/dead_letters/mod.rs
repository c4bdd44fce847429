//! `cloudphone dead-letters`: what consumers gave up on, in every domain's database, beside a running platform.

mod print;

use std::process::ExitCode;

use anyhow::Context as _;
use chrono::Utc;
use cloudphone_config::Source;
use cloudphone_core::{CommonError, EventId};
use cloudphone_events::{DeadLetter, DeadLetterFilter, DeadLetters};

use super::{DOMAINS, load};
use crate::arguments::{DeadLetterArguments, DeadLetterChoice, DeadLettersCommand};
use crate::engines::Databases;

pub(super) async fn run(source: &Source, command: DeadLettersCommand) -> anyhow::Result<ExitCode> {
    let settings = load(source)?;
    let databases = Databases::beside(&settings).await?;
    let outcome = match everywhere(&databases).await {
        Ok(letters) => obey(&letters, command).await,
        Err(error) => Err(error),
    };
    databases.stop().await;
    outcome
}

/// The dead letters of every domain, with the names of their databases.
type Everywhere = Vec<(String, DeadLetters)>;

async fn everywhere(databases: &Databases) -> anyhow::Result<Everywhere> {
    let mut letters = Everywhere::new();
    for domain in DOMAINS {
        let name = format!("{domain:?}").to_lowercase();
        letters.push((name.clone(), DeadLetters::new(databases.of(&name).await?)));
    }
    Ok(letters)
}

async fn obey(letters: &Everywhere, command: DeadLettersCommand) -> anyhow::Result<ExitCode> {
    match command {
        DeadLettersCommand::List { filter, limit, json } => list(letters, &filter_of(&filter, None), limit, json).await,
        DeadLettersCommand::Show { event, json } => show(letters, event, json).await,
        DeadLettersCommand::Replay(choice) => change(letters, choice, Change::Replay).await,
        DeadLettersCommand::Discard(choice) => change(letters, choice, Change::Discard).await,
    }
}

fn filter_of(arguments: &DeadLetterArguments, events: Option<Vec<EventId>>) -> DeadLetterFilter {
    let now = Utc::now();
    DeadLetterFilter {
        group: arguments.consumer.clone(),
        event_type: arguments.event_type.clone(),
        events,
        failed_from: arguments.newer_than.map(|age| now - age),
        failed_before: arguments.older_than.map(|age| now - age),
    }
}

async fn list(letters: &Everywhere, filter: &DeadLetterFilter, limit: u32, json: bool) -> anyhow::Result<ExitCode> {
    let found = find(letters, filter, i64::from(limit)).await?;
    if json {
        print::json(&found)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut all = 0;
    for (name, letters) in letters {
        all += letters.count(filter).await.with_context(|| unreadable(name))?;
    }
    print::table(&found);
    let more = all - i64::try_from(found.len())?;
    if more > 0 {
        println!("… and {more} more; narrow the list or raise --limit.");
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(letters: &Everywhere, event: EventId, json: bool) -> anyhow::Result<ExitCode> {
    let found = find(letters, &DeadLetterFilter { events: Some(vec![event]), ..Default::default() }, i64::MAX).await?;
    if found.is_empty() {
        eprintln!("error: {event} is no dead letter; `cloudphone dead-letters list` shows those that are");
        return Ok(ExitCode::FAILURE);
    }
    if json {
        print::json(&found)?;
    } else {
        print::whole(&found)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The oldest of all databases together.
async fn find(letters: &Everywhere, filter: &DeadLetterFilter, limit: i64) -> anyhow::Result<Vec<DeadLetter>> {
    let mut found = Vec::new();
    for (name, letters) in letters {
        found.extend(letters.list(filter, limit).await.with_context(|| unreadable(name))?);
    }
    found.sort_by_key(|letter| letter.failed_at);
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

fn unreadable(name: &str) -> String {
    format!("the dead letters of {name} cannot be reached; if its tables are missing, run `cloudphone migrate`")
}

#[derive(Clone, Copy)]
enum Change {
    Replay,
    Discard,
}

impl Change {
    async fn make(
        self,
        letters: &DeadLetters,
        filter: &DeadLetterFilter,
    ) -> Result<Vec<(String, EventId)>, CommonError> {
        match self {
            Self::Replay => letters.replay(filter).await,
            Self::Discard => letters.discard(filter).await,
        }
    }
}

async fn change(letters: &Everywhere, choice: DeadLetterChoice, change: Change) -> anyhow::Result<ExitCode> {
    let named = choice.events;
    let filter = filter_of(&choice.filter, (!choice.all).then(|| named.clone()));
    let mut changed = Vec::new();
    let mut problem = None;
    for (name, letters) in letters {
        match change.make(letters, &filter).await.with_context(|| unreadable(name)) {
            Ok(settled) => changed.extend(settled),
            Err(error) => problem = problem.or(Some(error)),
        }
    }
    // What was changed is told also when a later database could not be reached.
    if choice.json {
        print::changed_json(&changed)?;
    } else {
        print::changed(&changed, matches!(change, Change::Replay));
    }
    if let Some(problem) = problem {
        return Err(problem);
    }
    let missing: Vec<_> = named.iter().filter(|id| !changed.iter().any(|(_, event)| event == *id)).collect();
    for id in &missing {
        eprintln!("error: {id} is no dead letter that fits; nothing was done about it");
    }
    Ok(if missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
