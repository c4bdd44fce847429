//! Reads the settings: defaults, then a TOML file, then the environment, then flags; later ones win.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use toml::{Table, Value};

/// Prefix of environment variables: `CLOUDPHONE_HTTP__PORT` sets `http.port`.
const PREFIX: &str = "CLOUDPHONE_";
/// An environment variable with this ending names a file that holds the value, as container secrets do.
const FILE_ENDING: &str = "_FILE";

/// Variables with the prefix that are no settings: the file's own name, and where PostgreSQL's programs are.
const NO_SETTINGS: [&str; 2] = ["CONFIG", "POSTGRES_BIN"];

/// Where settings come from.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// A TOML file; it must exist when named.
    pub file: Option<PathBuf>,
    /// Environment variables; others than `CLOUDPHONE_…` are ignored.
    pub environment: BTreeMap<String, String>,
    /// Dotted setting names with their values, from the command line.
    pub overrides: Vec<(String, String)>,
}

impl Source {
    /// The process's environment and, if named, a file.
    pub fn process(file: Option<PathBuf>) -> Self {
        Self { file, environment: std::env::vars().collect(), overrides: Vec::new() }
    }
}

/// Everything that is wrong with the configuration, all at once.
#[derive(Debug, Error)]
pub struct ConfigError {
    /// One sentence for each thing that is wrong, naming the setting.
    pub problems: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "The configuration has {} problem(s):", self.problems.len())?;
        self.problems.iter().try_for_each(|problem| write!(formatter, "\n  - {problem}"))
    }
}

/// Loads the settings and checks them by `validate`, which answers one sentence for each broken rule.
pub fn load<S>(source: &Source, validate: impl Fn(&S) -> Vec<String>) -> Result<S, ConfigError>
where
    S: Serialize + DeserializeOwned + Default,
{
    let mut problems = Vec::new();
    let mut table = Table::try_from(S::default()).expect("the defaults are plain values");
    // Serialising hides secrets, and the defaults have none.
    if let Some(path) = &source.file {
        match read_file(path) {
            Ok(from_file) => merge(&mut table, from_file, "", &mut problems),
            Err(problem) => problems.push(problem),
        }
    }
    for (name, value) in &source.environment {
        if let Some(setting) = setting_name(name) {
            match environment_value(name, value) {
                Ok(value) => set(&mut table, &setting, &value, name, &mut problems),
                Err(problem) => problems.push(problem),
            }
        }
    }
    for (setting, value) in &source.overrides {
        set(&mut table, setting, value, setting, &mut problems);
    }
    let settings: S = read_settings(table, &mut problems);
    problems.extend(validate(&settings));
    if problems.is_empty() { Ok(settings) } else { Err(ConfigError { problems }) }
}

/// Reads the settings; a value that does not fit is noted and left at its default, so that the next one is found too.
fn read_settings<S: DeserializeOwned + Default>(mut table: Table, problems: &mut Vec<String>) -> S {
    loop {
        match serde_path_to_error::deserialize::<_, S>(Value::Table(table.clone())) {
            Ok(settings) => return settings,
            Err(error) => {
                let path = error.path().to_string();
                problems.push(problem(&path, error.inner().message().trim_end()));
                if !remove(&mut table, &path) {
                    return S::default();
                }
            }
        }
    }
}

/// A sentence about a setting; of a name that there is not, with the one that may be meant instead of all that there are.
fn problem(path: &str, message: &str) -> String {
    if !message.starts_with("unknown field") {
        return format!("{path}: {message}");
    }
    let (section, name) = path.rsplit_once('.').unwrap_or(("", path));
    let siblings = message.split_once("expected").map_or("", |(_, names)| names);
    let names = siblings.split('`').skip(1).step_by(2);
    let closest = names.map(|known| (strsim::jaro_winkler(name, known), known));
    let closest = closest.filter(|(likeness, _)| *likeness > 0.8).max_by(|one, other| one.0.total_cmp(&other.0));
    let place = if section.is_empty() { String::new() } else { format!(" in `{section}`") };
    match closest {
        Some((_, known)) => format!("{path}: there is no such setting{place}; `{known}` may be meant."),
        None => format!("{path}: there is no such setting{place}; `cloudphone config reference` lists all."),
    }
}

fn remove(table: &mut Table, path: &str) -> bool {
    match path.split_once('.') {
        Some((section, rest)) => {
            table.get_mut(section).and_then(Value::as_table_mut).is_some_and(|inner| remove(inner, rest))
        }
        None => table.remove(path).is_some(),
    }
}

fn read_file(path: &Path) -> Result<Table, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{}: cannot be read ({error}); name an existing file.", path.display()))?;
    text.parse().map_err(|error| format!("{}: {error}", path.display()))
}

fn setting_name(variable: &str) -> Option<String> {
    let name = variable.strip_prefix(PREFIX)?;
    let name = name.strip_suffix(FILE_ENDING).unwrap_or(name);
    (!NO_SETTINGS.contains(&name)).then(|| name.to_ascii_lowercase().replace("__", "."))
}

fn environment_value(name: &str, value: &str) -> Result<String, String> {
    if !name.ends_with(FILE_ENDING) {
        return Ok(value.to_owned());
    }
    std::fs::read_to_string(value)
        .map(|text| text.trim_end().to_owned())
        .map_err(|error| format!("{name}: the file {value} cannot be read ({error})."))
}

/// Lays a file's tables over the defaults. Unknown names are left in, so that reading the settings reports them.
fn merge(base: &mut Table, over: Table, path: &str, problems: &mut Vec<String>) {
    for (name, value) in over {
        let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match (base.get_mut(&name), value) {
            (Some(Value::Table(inner)), Value::Table(values)) => merge(inner, values, &here, problems),
            (Some(Value::Table(_)), _) => problems.push(format!("{here}: is a section, not a value.")),
            (_, value) => {
                base.insert(name, value);
            }
        }
    }
}

/// Sets one value given as text; it takes the type that the setting has.
fn set(table: &mut Table, setting: &str, text: &str, name: &str, problems: &mut Vec<String>) {
    let mut parts: Vec<&str> = setting.split('.').collect();
    let leaf = parts.pop().expect("splitting gives at least one part");
    let mut section = table;
    for part in parts {
        match section.get_mut(part) {
            Some(Value::Table(inner)) => section = inner,
            _ => return problems.push(format!("{name}: there is no section `{part}`.")),
        }
    }
    let value = match section.get(leaf) {
        Some(Value::String(_)) => Value::String(text.to_owned()),
        Some(Value::Array(_)) => {
            Value::Array(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect())
        }
        _ => typed(text),
    };
    section.insert(leaf.to_owned(), value);
}

fn typed(text: &str) -> Value {
    let parsed = text.parse().map(Value::Boolean).ok();
    let parsed = parsed.or_else(|| text.parse().map(Value::Integer).ok());
    let parsed = parsed.or_else(|| text.parse().map(Value::Float).ok());
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Secret;
    use serde::Deserialize;

    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Settings {
        internal_secret: Secret,
        http: Http,
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Http {
        port: u16,
        drain_seconds: u64,
        origins: Vec<String>,
    }

    impl Default for Http {
        fn default() -> Self {
            Self { port: 30000, drain_seconds: 30, origins: Vec::new() }
        }
    }

    fn load(source: &Source) -> Result<Settings, ConfigError> {
        super::load(source, |settings: &Settings| {
            let length = settings.internal_secret.reveal().len();
            let weak = length > 0 && length < 32;
            weak.then(|| "internal_secret: too short".to_owned()).into_iter().collect()
        })
    }

    fn source(variables: &[(&str, &str)]) -> Source {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Source { environment, ..Source::default() }
    }

    #[test]
    fn later_sources_win() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cloudphone.toml");
        std::fs::write(&file, "[http]\nport = 1000\ndrain_seconds = 5\n").unwrap();
        let mut source = source(&[("CLOUDPHONE_HTTP__PORT", "2000"), ("CLOUDPHONE_HTTP__ORIGINS", "a, b")]);
        source.file = Some(file);
        assert_eq!(load(&source).unwrap().http.port, 2000);
        source.overrides = vec![("http.port".into(), "3000".into())];
        let http = load(&source).unwrap().http;
        assert_eq!((http.port, http.drain_seconds), (3000, 5));
        assert_eq!(http.origins, ["a", "b"]);
    }

    #[test]
    fn every_problem_is_listed_at_once() {
        let wrong = source(&[
            ("CLOUDPHONE_INTERNAL_SECRET", "short"),
            ("CLOUDPHONE_NOWHERE__AT_ALL", "1"),
            ("CLOUDPHONE_HTTP__PROT", "1"),
            ("CLOUDPHONE_HTTP__DRAIN_SECONDS", "long"),
        ]);
        let problems = load(&wrong).unwrap_err().problems;
        assert_eq!(problems.len(), 4, "{problems:?}");
    }

    #[test]
    fn an_unknown_name_comes_with_the_one_that_may_be_meant() {
        let problems =
            load(&source(&[("CLOUDPHONE_HTTP__PROT", "1"), ("CLOUDPHONE_ZEBRA", "1")])).unwrap_err().problems;
        assert_eq!(
            problems,
            [
                "http.prot: there is no such setting in `http`; `port` may be meant.",
                "zebra: there is no such setting; `cloudphone config reference` lists all.",
            ]
        );
    }

    #[test]
    fn a_wrong_type_names_the_setting() {
        let problems = load(&source(&[("CLOUDPHONE_HTTP__PORT", "many")])).unwrap_err().problems;
        assert!(problems[0].starts_with("http.port"), "{problems:?}");
    }

    #[test]
    fn a_secret_can_come_from_a_file_and_is_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, format!("{}\n", "s".repeat(40))).unwrap();
        let settings = load(&source(&[("CLOUDPHONE_INTERNAL_SECRET_FILE", file.to_str().unwrap())])).unwrap();
        assert_eq!(settings.internal_secret.reveal(), "s".repeat(40));
        assert!(!toml::to_string(&settings).unwrap().contains("ssss"));
        assert!(!format!("{settings:?}").contains("ssss"));
    }
}
