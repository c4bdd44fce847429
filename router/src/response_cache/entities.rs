//! Takes entity fetches apart and puts their answers together again, as bytes.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

/// A JSON object whose values stay as they are written.
pub(super) type RawObject<'a> = BTreeMap<String, &'a RawValue>;

/// The representations that one root field asks for.
pub(super) struct Asked<'a> {
    pub response_key: &'a str,
    pub variable: &'a str,
    pub representations: Vec<&'a RawValue>,
}

/// Where an entity comes from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Kept(Bytes),
    Missing,
}

/// Whether an answer is whole: data, and no error.
pub(super) fn is_whole(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Probe {
        data: Option<IgnoredAny>,
        errors: Option<Vec<IgnoredAny>>,
    }
    let probe = serde_json::from_slice::<Probe>(body);
    probe.is_ok_and(|probe| probe.data.is_some() && probe.errors.is_none_or(|errors| errors.is_empty()))
}

/// The variables of a call for what is missing.
pub(super) fn reduced_variables(variables: &RawObject<'_>, asked: &[Asked<'_>], sources: &[Vec<Source>]) -> Bytes {
    let mut out = vec![b'{'];
    for (name, value) in variables {
        if out.len() > 1 {
            out.push(b',');
        }
        serde_json::to_writer(&mut out, name).expect("text serialises into memory");
        out.push(b':');
        match asked.iter().position(|root| root.variable == name) {
            None => out.extend_from_slice(value.get().as_bytes()),
            Some(root) => {
                let missing = asked[root].representations.iter().zip(&sources[root]);
                let missing = missing.filter(|(_, source)| matches!(source, Source::Missing));
                list(missing.map(|(representation, _)| representation.get().as_bytes()), &mut out);
            }
        }
    }
    out.push(b'}');
    out.into()
}

fn list<'v>(items: impl Iterator<Item = &'v [u8]>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (position, item) in items.enumerate() {
        if position > 0 {
            out.push(b',');
        }
        out.extend_from_slice(item);
    }
    out.push(b']');
}

/// A subgraph's answer to the call for what is missing.
#[derive(Deserialize)]
pub(super) struct Fetched<'a> {
    #[serde(borrow, default)]
    data: Option<RawObject<'a>>,
    #[serde(default)]
    errors: Option<Vec<Value>>,
}

impl<'a> Fetched<'a> {
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The lists of entities in the order of `asked`, when there is one for each that was asked for and no error.
    pub(super) fn whole(&self, missing: &[usize], asked: &[Asked<'_>]) -> Option<Vec<Vec<&'a RawValue>>> {
        if self.errors.as_ref().is_some_and(|errors| !errors.is_empty()) {
            return None;
        }
        let lists = self.lists(asked)?;
        lists.iter().zip(missing).all(|(list, missing)| list.len() == *missing).then_some(lists)
    }

    fn lists(&self, asked: &[Asked<'_>]) -> Option<Vec<Vec<&'a RawValue>>> {
        let data = self.data.as_ref()?;
        asked
            .iter()
            .map(|root| {
                let list = data.get(root.response_key)?;
                serde_json::from_str::<Option<Vec<&RawValue>>>(list.get()).ok().map(Option::unwrap_or_default)
            })
            .collect()
    }

    /// The answer to the whole call; none when the subgraph's makes no sense.
    pub(super) fn completed(self, asked: &[Asked<'_>], sources: &[Vec<Source>]) -> Option<Bytes> {
        let positions: Vec<Vec<usize>> = sources.iter().map(|sources| missing_positions(sources)).collect();
        let mut body = b"{\"data\":".to_vec();
        if self.data.is_some() {
            let lists = self.lists(asked)?;
            let has_errors = self.errors.as_ref().is_some_and(|errors| !errors.is_empty());
            for (list, positions) in lists.iter().zip(&positions) {
                // A list that an error has made null has no items.
                if list.len() != positions.len() && !(has_errors && list.is_empty()) {
                    return None;
                }
            }
            splice(asked, sources, &lists, &mut body);
        } else {
            self.errors.as_ref()?;
            body.extend_from_slice(b"null");
        }
        let mut errors = self.errors.unwrap_or_default();
        for error in &mut errors {
            relocate(error, asked, &positions);
        }
        if !errors.is_empty() {
            body.extend_from_slice(b",\"errors\":");
            serde_json::to_writer(&mut body, &errors).expect("JSON values serialise into memory");
        }
        body.push(b'}');
        Some(body.into())
    }
}

/// The answer when nothing is missing.
pub(super) fn all_kept(asked: &[Asked<'_>], sources: &[Vec<Source>]) -> Bytes {
    let mut body = b"{\"data\":".to_vec();
    splice(asked, sources, &[], &mut body);
    body.push(b'}');
    body.into()
}

fn missing_positions(sources: &[Source]) -> Vec<usize> {
    let missing = sources.iter().enumerate().filter(|(_, source)| matches!(source, Source::Missing));
    missing.map(|(position, _)| position).collect()
}

fn splice(asked: &[Asked<'_>], sources: &[Vec<Source>], lists: &[Vec<&RawValue>], body: &mut Vec<u8>) {
    body.push(b'{');
    for (number, (root, sources)) in asked.iter().zip(sources).enumerate() {
        if number > 0 {
            body.push(b',');
        }
        serde_json::to_writer(&mut *body, root.response_key).expect("text serialises into memory");
        body.push(b':');
        let mut fetched = lists.get(number).into_iter().flatten();
        let entities = sources.iter().map(|source| match source {
            Source::Kept(bytes) => &bytes[..],
            Source::Missing => fetched.next().map_or(&b"null"[..], |entity| entity.get().as_bytes()),
        });
        list(entities, body);
    }
    body.push(b'}');
}

/// Changes an error's path from its place among the missing to its place among all.
fn relocate(error: &mut Value, asked: &[Asked<'_>], positions: &[Vec<usize>]) {
    let Some([Value::String(key), Value::Number(index), ..]) =
        error.get("path").and_then(Value::as_array).map(Vec::as_slice)
    else {
        return;
    };
    let root = asked.iter().position(|root| root.response_key == key);
    let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
    let Some(whole) = root.zip(index).and_then(|(root, index)| positions[root].get(index)) else { return };
    error["path"][1] = Value::from(*whole);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const VARIABLES: &str = r#"{"first":3,"r":[{"id":"a"},{"id":"b"},{"id":"c"}],"s":[{"id":"d"}]}"#;

    fn story(answer: &str) -> (String, Option<String>) {
        let variables: RawObject<'_> = serde_json::from_str(VARIABLES).unwrap();
        let asked = ["r", "s"].map(|variable| Asked {
            response_key: if variable == "r" { "e0" } else { "e1" },
            variable,
            representations: serde_json::from_str(variables[variable].get()).unwrap(),
        });
        let kept = |text: &'static str| Source::Kept(Bytes::from_static(text.as_bytes()));
        let sources = [vec![Source::Missing, kept("{\"name\":\"B\"}"), Source::Missing], vec![kept("null")]];
        let reduced = reduced_variables(&variables, &asked, &sources);
        let whole = Fetched::read(answer.as_bytes()).and_then(|fetched| fetched.completed(&asked, &sources));
        let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap();
        (text(reduced), whole.map(text))
    }

    #[test]
    fn only_what_is_missing_is_asked_for_and_all_comes_back_in_order() {
        let (asked, answer) = story(r#"{"data":{"e0":[{"name":"A"},{"name":"C"}],"e1":[]}}"#);
        assert_eq!(asked, r#"{"first":3,"r":[{"id":"a"},{"id":"c"}],"s":[]}"#);
        assert_eq!(answer.unwrap(), r#"{"data":{"e0":[{"name":"A"},{"name":"B"},{"name":"C"}],"e1":[null]}}"#);
    }

    #[test]
    fn an_error_is_told_at_the_place_where_the_client_has_it() {
        let (_, answer) =
            story(r#"{"data":{"e0":[{"name":"A"},null],"e1":[]},"errors":[{"message":"m","path":["e0",1,"name"]}]}"#);
        let answer: Value = serde_json::from_str(&answer.unwrap()).unwrap();
        assert_eq!(answer["errors"][0]["path"], serde_json::json!(["e0", 2, "name"]));
        assert_eq!(answer["data"]["e0"][2], Value::Null);
        let (_, answer) = story(r#"{"data":null,"errors":[{"message":"m","path":["e0",1]}]}"#);
        assert_eq!(answer.unwrap(), r#"{"data":null,"errors":[{"message":"m","path":["e0",2]}]}"#);
    }

    #[test]
    fn an_answer_of_another_length_is_not_believed() {
        let three = r#"{"data":{"e0":[1,2,3],"e1":[]}}"#;
        for answer in [three, r#"{"data":{"e0":null,"e1":[]}}"#, r#"{"data":{"e1":[]}}"#, "{}", "nonsense"] {
            assert_eq!(story(answer).1, None, "{answer}");
        }
    }

    #[test]
    fn only_answers_without_errors_are_whole() {
        assert!(is_whole(br#"{"data":{"a":null},"errors":[]}"#));
        for body in [&br#"{"data":null}"#[..], br#"{"data":{},"errors":[{"message":"m"}]}"#, b"{}", b"x"] {
            assert!(!is_whole(body));
        }
    }
}
