//! Which file goes where: the `map` of a form, applied to its `operations`.

use std::sync::Arc;

use serde::Deserialize as _;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::clients::request::{GraphQlParameters, MalformedRequest, RequestBody};

/// Where one file goes within its operation: the variable, then fields and indexes.
pub(crate) type Place = Vec<String>;

/// A file that the map announces.
#[derive(Debug)]
pub(super) struct Announced {
    /// The name of its part.
    pub part: String,
    /// What stands for it in the variables.
    pub token: Arc<str>,
    /// By operation of the request.
    pub places: Vec<(usize, Place)>,
}

/// Puts a token wherever a file goes, and tells what is to come.
pub(super) fn apply(body: &mut RequestBody, map: &[u8], most: usize) -> Result<Vec<Announced>, MalformedRequest> {
    let wrong = |what: String| MalformedRequest::Form(what);
    let mut reader = serde_json::Deserializer::from_slice(map);
    let map: Map<String, Value> = Map::deserialize(&mut reader)
        .and_then(|map| reader.end().map(|()| map))
        .map_err(|error| wrong(format!("`map` is no JSON object: {error}")))?;
    if map.len() > most {
        return Err(MalformedRequest::TooManyFiles { limit: most });
    }
    let mut announced = Vec::with_capacity(map.len());
    for (part, paths) in map {
        let Value::Array(paths) = paths else { return Err(wrong(format!("`map` has no list of paths for `{part}`"))) };
        let token: Arc<str> = Arc::from(format!("upload {}", Uuid::new_v4()));
        let mut places = Vec::with_capacity(paths.len());
        for path in &paths {
            let path = path.as_str().ok_or_else(|| wrong(format!("`map` has a path for `{part}` that is no text")))?;
            let (operation, place) = place(body, path, &token)
                .ok_or_else(|| wrong(format!("`map` sends `{part}` to `{path}`, which is no variable that is null")))?;
            places.push((operation, place));
        }
        if places.is_empty() {
            return Err(wrong(format!("`map` sends `{part}` nowhere")));
        }
        announced.push(Announced { part, token, places });
    }
    Ok(announced)
}

/// Puts the token at a path such as `variables.input.file`, or `1.variables.files.0` in a batch.
fn place(body: &mut RequestBody, path: &str, token: &str) -> Option<(usize, Place)> {
    let mut segments = path.split('.');
    let (operation, parameters): (usize, &mut GraphQlParameters) = match body {
        RequestBody::Single(parameters) => (0, parameters),
        RequestBody::Batch(batch) => {
            let operation: usize = segments.next()?.parse().ok()?;
            (operation, batch.get_mut(operation)?)
        }
    };
    if segments.next()? != "variables" {
        return None;
    }
    let place: Place = segments.map(str::to_owned).collect();
    let (variable, inner) = place.split_first()?;
    let mut value = parameters.variables.get_mut(variable)?;
    for segment in inner {
        value = match value {
            Value::Object(fields) => fields.get_mut(segment)?,
            Value::Array(items) => items.get_mut(segment.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    if !value.is_null() {
        return None;
    }
    *value = Value::from(token);
    Some((operation, place))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn body(json: &str) -> RequestBody {
        RequestBody::from_json(json.as_bytes(), 5).unwrap()
    }

    #[test]
    fn every_place_gets_its_files_token() {
        let mut single = body(r#"{"query":"x","variables":{"file":null,"input":{"list":[1,null]}}}"#);
        let map = br#"{"a":["variables.file","variables.input.list.1"]}"#;
        let announced = apply(&mut single, map, 3).unwrap();
        let RequestBody::Single(parameters) = single else { panic!("one operation") };
        assert_eq!(parameters.variables["file"].as_str(), Some(&*announced[0].token));
        assert_eq!(parameters.variables["input"]["list"][1].as_str(), Some(&*announced[0].token));
        let mut batch = body(r#"[{"query":"x"},{"query":"y","variables":{"file":null}}]"#);
        let announced = apply(&mut batch, br#"{"0":["1.variables.file"]}"#, 3).unwrap();
        assert_eq!(announced[0].places, [(1, vec!["file".to_owned()])]);
    }

    #[test]
    fn a_map_that_leads_nowhere_is_refused() {
        let operations = r#"{"query":"x","variables":{"file":null,"taken":"text","list":[null]}}"#;
        for map in [
            "",
            "[]",
            "null",
            "{",
            "{}{}",
            r#"{"0":"variables.file"}"#,
            r#"{"0":[]}"#,
            r#"{"0":[7]}"#,
            r#"{"0":["file"]}"#,
            r#"{"0":["variables"]}"#,
            r#"{"0":["variables.other"]}"#,
            r#"{"0":["variables.taken"]}"#,
            r#"{"0":["variables.list.1"]}"#,
            r#"{"0":["variables.list.-1"]}"#,
            r#"{"0":["variables.file.name"]}"#,
            r#"{"0":["query"]}"#,
            r#"{"0":["0.variables.file"]}"#,
            r#"{"0":["variables.file","variables.file"]}"#,
            r#"{"0":["variables."]}"#,
        ] {
            let refused = apply(&mut body(operations), map.as_bytes(), 3);
            assert!(matches!(refused, Err(MalformedRequest::Form(_))), "{map}");
        }
        let many = r#"{"0":["variables.file"],"1":["variables.list.0"]}"#;
        let refused = apply(&mut body(operations), many.as_bytes(), 1);
        assert_eq!(refused.unwrap_err(), MalformedRequest::TooManyFiles { limit: 1 });
    }
}
