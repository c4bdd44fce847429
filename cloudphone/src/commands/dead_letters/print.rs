//! Dead letters on a terminal, and as JSON for programs.

use chrono::SecondsFormat;
use cloudphone_core::EventId;
use cloudphone_events::DeadLetter;
use serde_json::json;

/// Characters of an error in the table; `show` has the whole.
const ERROR_WIDTH: usize = 60;

/// A line for each, in columns.
pub(super) fn table(letters: &[DeadLetter]) {
    if letters.is_empty() {
        println!("No dead letters.");
        return;
    }
    let mut rows = vec![["CONSUMER", "EVENT", "TYPE", "GIVEN UP AT", "ATTEMPTS", "ERROR"].map(str::to_owned)];
    rows.extend(letters.iter().map(|letter| {
        [
            letter.group.clone(),
            letter.event.id.to_string(),
            letter.event.event_type.clone(),
            letter.failed_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            letter.attempts.to_string(),
            one_line(&letter.error),
        ]
    }));
    let widths: [usize; 6] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default());
    for row in rows {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        println!("{}", cells.join("  ").trim_end());
    }
}

/// Everything about each.
pub(super) fn whole(letters: &[DeadLetter]) -> anyhow::Result<()> {
    for letter in letters {
        println!("consumer     {}", letter.group);
        println!("given up at  {}", letter.failed_at.to_rfc3339_opts(SecondsFormat::Secs, true));
        println!("attempts     {}", letter.attempts);
        println!("error        {}", harmless(&letter.error));
        println!("{}\n", serde_json::to_string_pretty(&letter.event)?);
    }
    Ok(())
}

pub(super) fn json(letters: &[DeadLetter]) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(letters)?);
    Ok(())
}

pub(super) fn changed(changed: &[(String, EventId)], replayed: bool) {
    let what = if replayed { "replayed" } else { "discarded" };
    for (group, event) in changed {
        println!("{what} {event} ({group})");
    }
    match (changed.len(), replayed) {
        (0, _) => println!("There was nothing to do."),
        (count, true) => {
            println!("{count} replayed; a running platform handles them now, a stopped one at its next start.");
        }
        (count, false) => println!("{count} discarded."),
    }
}

pub(super) fn changed_json(changed: &[(String, EventId)]) -> anyhow::Result<()> {
    let list: Vec<_> = changed.iter().map(|(group, event)| json!({ "group": group, "eventId": event })).collect();
    println!("{}", serde_json::to_string_pretty(&list)?);
    Ok(())
}

fn one_line(error: &str) -> String {
    let line = harmless(error);
    if line.chars().count() <= ERROR_WIDTH {
        return line;
    }
    line.chars().take(ERROR_WIDTH - 1).chain(['…']).collect()
}

/// Errors may quote what came from outside, which shall not steer the terminal.
fn harmless(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_short_line_without_control_characters() {
        assert_eq!(one_line("first\nsecond\u{1b}[2J"), "first second [2J");
        assert_eq!(one_line(&"x".repeat(200)).chars().count(), ERROR_WIDTH);
    }
}
