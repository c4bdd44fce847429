//! When equal subscriptions may share a stream, and what becomes of a subscriber who falls behind.
//!
//! A subscriber must get what it would have got alone. What that is depends on how a subscription field begins:
//! - [`Beginning::Unknown`], the rule for every field of which nothing else is said: who comes before the first event shares
//!   the stream, and has missed nothing. Who comes later gets a stream of its own.
//! - [`Beginning::Next`]: the field begins with what comes next, so one may join at any time. An argument that asks for
//!   the past, such as `resumeFrom`, makes it `Unknown`.
//! - [`Beginning::Snapshot`]: the field begins with how things stand, and goes on with changes. The start of the stream is
//!   kept for a moment and repeated to whoever comes within it: exactly what the first one got.

use std::collections::HashMap;
use std::time::Duration;

/// How the events of a subscription field begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Beginning {
    /// Nothing is known.
    #[default]
    Unknown,
    /// With whatever happens next, unless one of these arguments is given.
    Next {
        /// Arguments that ask for what came before.
        unless: Vec<String>,
    },
    /// With how things stand, of which all later events are changes.
    Snapshot,
}

/// What becomes of a subscriber that is further behind its stream than the stream remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overrun {
    /// It goes on with the oldest event that is remembered, and is told of the gap.
    Skip,
    /// It goes on with the newest event, and is told of the gap.
    Latest,
    /// It gets a stream of its own that begins anew and waits for it, and is told of the gap.
    Anew,
    /// Its subscription ends with `SUBSCRIBER_TOO_SLOW`.
    Disconnect,
}

/// The rule for one subscription field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldRule {
    /// How it begins.
    pub beginning: Beginning,
    /// What becomes of slow subscribers; absent: [`Overrun::Skip`] where events stand for themselves
    /// ([`Beginning::Next`]), else [`Overrun::Anew`], for changes cannot be left out.
    pub overrun: Option<Overrun>,
    /// Events that its subscribers may lie behind; absent: [`StreamLimits::events_behind`].
    pub events_behind: Option<usize>,
}

impl FieldRule {
    /// Begins with whatever happens next, unless one of these arguments is given.
    pub fn next(unless: &[&str]) -> Self {
        let unless = unless.iter().map(|&name| name.to_owned()).collect();
        Self { beginning: Beginning::Next { unless }, ..Self::default() }
    }

    /// Reads the name of a field that begins with whatever happens next, with the arguments that ask for the past in brackets:
    /// `samples(resumeFrom)`. None when it is no such thing.
    pub fn parse_next(text: &str) -> Option<(String, Self)> {
        let (field, arguments) = match text.trim().split_once('(') {
            Some((field, arguments)) => (field, arguments.strip_suffix(')')?),
            None => (text.trim(), ""),
        };
        let arguments: Vec<&str> = arguments.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let is_name =
            |name: &str| !name.is_empty() && name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_');
        let named = is_name(field) && arguments.iter().all(|name| is_name(name));
        named.then(|| (field.to_owned(), Self::next(&arguments)))
    }

    /// The same, where a slow subscriber goes on with the newest event.
    #[must_use]
    pub fn where_the_latest_wins(self) -> Self {
        Self { overrun: Some(Overrun::Latest), ..self }
    }

    /// Begins with how things stand.
    pub fn snapshot() -> Self {
        Self { beginning: Beginning::Snapshot, ..Self::default() }
    }
}

/// Limits and rules of live streams.
#[derive(Clone, Debug)]
pub struct StreamLimits {
    /// Subscriptions of one person at once, keys included, or of one address without credentials.
    pub per_user: usize,
    /// Subscriptions of all at once.
    pub in_all: usize,
    /// Events that a subscriber may lie behind those who share its stream.
    pub events_behind: usize,
    /// How long the start of a stream that begins with a snapshot is kept for others.
    pub start_kept_for: Duration,
    /// The largest start that is kept, in bytes.
    pub start_bytes: usize,
    /// The rules by subscription field; other fields have [`FieldRule::default`].
    pub fields: HashMap<String, FieldRule>,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            per_user: 10_000,
            in_all: 100_000,
            events_behind: 64,
            start_kept_for: Duration::from_secs(1),
            start_bytes: 1024 * 1024,
            fields: HashMap::new(),
        }
    }
}

/// The rule for one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// Whether one may join at any time.
    pub joinable: bool,
    /// How long the start is kept after its first event; zero: not beyond it.
    pub start_kept_for: Duration,
    pub start_bytes: usize,
    pub overrun: Overrun,
    /// Events that a subscriber may lie behind.
    pub events_behind: usize,
}

impl StreamLimits {
    /// The rule for a field with the arguments that were given.
    pub(super) fn rule(&self, field: &str, arguments: &[&str]) -> Rule {
        let field = self.fields.get(field);
        let beginning = field.map_or(&Beginning::Unknown, |rule| &rule.beginning);
        let joinable = match beginning {
            Beginning::Next { unless } => !unless.iter().any(|name| arguments.contains(&name.as_str())),
            Beginning::Unknown | Beginning::Snapshot => false,
        };
        let kept = *beginning == Beginning::Snapshot;
        Rule {
            joinable,
            start_kept_for: if kept { self.start_kept_for } else { Duration::ZERO },
            start_bytes: self.start_bytes,
            overrun: field.and_then(|rule| rule.overrun).unwrap_or(if joinable {
                Overrun::Skip
            } else {
                Overrun::Anew
            }),
            events_behind: field.and_then(|rule| rule.events_behind).unwrap_or(self.events_behind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_may_be_named_with_the_arguments_that_ask_for_the_past() {
        let read = FieldRule::parse_next;
        assert_eq!(read("noteAdded"), Some(("noteAdded".to_owned(), FieldRule::next(&[]))));
        let resumable = Some(("samples".to_owned(), FieldRule::next(&["since", "from"])));
        assert_eq!(read(" samples(since, from)"), resumable);
        for wrong in ["", "a b", "samples(since", "samples)", "(since)", "samples(a-b)"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_field_that_can_resume_is_joined_only_where_it_does_not() {
        let fields =
            [("samples".to_owned(), FieldRule::next(&["resumeFrom"])), ("wall".to_owned(), FieldRule::snapshot())];
        let limits = StreamLimits { fields: fields.into(), ..StreamLimits::default() };
        let live = limits.rule("samples", &["filter"]);
        assert!(live.joinable && live.overrun == Overrun::Skip);
        let resumed = limits.rule("samples", &["filter", "resumeFrom"]);
        assert!(!resumed.joinable && resumed.start_kept_for.is_zero() && resumed.overrun == Overrun::Anew);
        let wall = limits.rule("wall", &[]);
        assert!(!wall.joinable && !wall.start_kept_for.is_zero() && wall.overrun == Overrun::Anew);
        assert_eq!(limits.rule("stranger", &[]), resumed, "of strangers nothing is known");
    }

    #[test]
    fn a_field_may_have_a_policy_of_its_own() {
        let own = FieldRule { events_behind: Some(3), ..FieldRule::next(&[]).where_the_latest_wins() };
        let limits = StreamLimits { fields: [("samples".to_owned(), own)].into(), ..StreamLimits::default() };
        let rule = limits.rule("samples", &[]);
        assert!(rule.joinable && rule.overrun == Overrun::Latest && rule.events_behind == 3);
        assert_eq!(limits.rule("stranger", &[]).events_behind, limits.events_behind);
    }
}
