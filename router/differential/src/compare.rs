//! Whether two answers are the same.
//!
//! Data has to be equal to the order of its members. Errors are compared by where they are: a null that an error
//! explains has to be explained in both answers, and whatever error the router tells, the monolith must have met. Which
//! one of several errors below the same null is told is free (GraphQL specification, section 6.4.4).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::reference::Response;

/// What differs; none when the answers are the same.
pub fn difference(expected: &Response, answer: &Value) -> Option<String> {
    let Some(data) = answer.get("data") else { return Some("the answer has no data".to_owned()) };
    if let Some(place) = unequal(&expected.data, data, "data") {
        return Some(place);
    }
    let met: BTreeSet<String> = expected.errors.iter().map(|error| written(&error.path)).collect();
    let mut told = BTreeSet::new();
    let mut explained = BTreeSet::new();
    for error in answer.get("errors").and_then(Value::as_array).into_iter().flatten() {
        let path = error.get("path").and_then(Value::as_array).cloned().unwrap_or_default();
        let place = written(&path);
        if !met.contains(&place) {
            return Some(format!("an error is told of {place} that is none: {error}"));
        }
        if !told.insert(place.clone()) {
            return Some(format!("an error is told twice of {place}"));
        }
        explained.insert(null_of(data, &path));
    }
    let nulls: BTreeSet<String> = expected.errors.iter().map(|error| null_of(data, &error.path)).collect();
    let untold: Vec<&String> = nulls.difference(&explained).collect();
    (!untold.is_empty()).then(|| format!("no error is told of {untold:?}"))
}

fn written(path: &[Value]) -> String {
    Value::Array(path.to_vec()).to_string()
}

/// The place of the null that an error led to.
fn null_of(data: &Value, path: &[Value]) -> String {
    let mut value = data;
    for (depth, segment) in path.iter().enumerate() {
        if value.is_null() {
            return written(&path[..depth]);
        }
        let below = match segment {
            Value::String(key) => value.get(key),
            Value::Number(position) => position
                .as_u64()
                .and_then(|position| usize::try_from(position).ok())
                .and_then(|position| value.get(position)),
            _ => None,
        };
        value = below.unwrap_or(&Value::Null);
    }
    written(path)
}

fn unequal(expected: &Value, found: &Value, place: &str) -> Option<String> {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            let (one, other): (Vec<_>, Vec<_>) = (expected.keys().collect(), found.keys().collect());
            if one != other {
                return Some(format!("{place} has the members {other:?} instead of {one:?}"));
            }
            expected.iter().find_map(|(key, value)| unequal(value, &found[key], &format!("{place}.{key}")))
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            let mut pairs = expected.iter().zip(found).enumerate();
            pairs.find_map(|(position, (one, other))| unequal(one, other, &format!("{place}.{position}")))
        }
        _ if expected == found => None,
        _ => Some(format!("{place} is {found} instead of {expected}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reference::FieldError;

    fn response(data: Value, errors: &[&[&str]]) -> Response {
        let error = |path: &&[&str]| FieldError {
            message: "failed".to_owned(),
            path: path.iter().map(|segment| json!(segment)).collect(),
        };
        Response { data, errors: errors.iter().map(error).collect() }
    }

    #[test]
    fn equal_answers_are_the_same() {
        let expected = response(json!({"a": {"b": null}}), &[&["a", "b"]]);
        let answer = json!({"data": {"a": {"b": null}}, "errors": [{"message": "other words", "path": ["a", "b"]}]});
        assert_eq!(difference(&expected, &answer), None);
    }

    #[test]
    fn the_order_of_members_counts() {
        let expected = response(json!({"a": 1, "b": 2}), &[]);
        assert!(difference(&expected, &json!({"data": {"b": 2, "a": 1}})).is_some());
    }

    #[test]
    fn a_null_without_its_error_is_a_difference() {
        let expected = response(json!({"a": null}), &[&["a"]]);
        assert!(difference(&expected, &json!({"data": {"a": null}})).is_some());
    }

    #[test]
    fn an_error_that_did_not_happen_is_a_difference() {
        let expected = response(json!({"a": null}), &[]);
        let answer = json!({"data": {"a": null}, "errors": [{"message": "x", "path": ["a"]}]});
        assert!(difference(&expected, &answer).is_some());
    }

    #[test]
    fn either_of_two_errors_below_one_null_will_do_but_not_one_twice() {
        let expected = response(json!({"a": null}), &[&["a", "b"], &["a", "c"]]);
        let told = |paths: &[&[&str]]| {
            let errors: Vec<Value> = paths.iter().map(|path| json!({"message": "x", "path": path})).collect();
            difference(&expected, &json!({"data": {"a": null}, "errors": errors}))
        };
        assert_eq!(told(&[&["a", "c"]]), None);
        assert_eq!(told(&[&["a", "b"], &["a", "c"]]), None);
        assert!(told(&[&["a", "c"], &["a", "c"]]).is_some());
        assert!(told(&[&["a"]]).is_some());
    }
}
