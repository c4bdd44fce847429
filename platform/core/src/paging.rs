//! Cursor pagination: opaque cursors over a sort key and a tie-breaking id.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{CommonError, Validation};

/// A position in a sorted list: the sort key of the row and its id, which breaks ties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor<K> {
    /// The value of the sort column.
    #[serde(rename = "k")]
    pub key: K,
    /// The row's id.
    #[serde(rename = "i")]
    pub id: uuid::Uuid,
}

impl<K: Serialize + DeserializeOwned> Cursor<K> {
    /// The opaque text that clients hand back.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("cursor keys are plain values"))
    }

    /// Reads a cursor that a client handed back.
    pub fn decode(text: &str) -> Result<Self, CommonError> {
        let parsed = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        parsed.ok_or_else(|| {
            let mut validation = Validation::new();
            validation.reject("after", "INVALID_CURSOR", "Use a cursor from `pageInfo` of the same list and order.");
            validation.finish().expect_err("one rule was rejected")
        })
    }
}

/// How many rows to read, and after which; forward paging as in the Relay connection specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Rows wanted, 1 to 200.
    pub first: usize,
    /// The opaque cursor to continue after; absent for the first page.
    pub after: Option<String>,
}

impl PageRequest {
    /// The most rows that one page holds.
    pub const MAX: usize = 200;
    /// Rows of a page when the client names no number.
    pub const DEFAULT: usize = 25;

    /// Checks the arguments of a connection field.
    pub fn new(first: Option<i32>, after: Option<String>) -> Result<Self, CommonError> {
        let wanted = first.map_or(Ok(Self::DEFAULT), usize::try_from);
        let mut validation = Validation::new();
        let in_range = matches!(wanted, Ok(count) if (1..=Self::MAX).contains(&count));
        validation.check(in_range, "first", "OUT_OF_RANGE", format!("Ask for 1 to {} rows.", Self::MAX));
        validation.finish()?;
        Ok(Self { first: wanted.unwrap_or(Self::DEFAULT), after })
    }
}

/// One page of rows, each with the cursor that continues after it.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows in order, with their cursors.
    pub rows: Vec<(String, T)>,
    /// Whether rows follow.
    pub has_next: bool,
    /// Rows of the whole list under the same filter, where it was cheap to count.
    pub total: Option<i64>,
}

impl<T> Page<T> {
    /// Cuts a result of up to `first + 1` rows to the page and notes whether more follow.
    pub fn cut(mut rows: Vec<T>, request: &PageRequest, total: Option<i64>, cursor: impl Fn(&T) -> String) -> Self {
        let has_next = rows.len() > request.first;
        rows.truncate(request.first);
        Self { rows: rows.into_iter().map(|row| (cursor(&row), row)).collect(), has_next, total }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let cursor = Cursor { key: "alpha".to_owned(), id: uuid::Uuid::now_v7() };
        assert_eq!(Cursor::<String>::decode(&cursor.encode()).unwrap(), cursor);
    }

    #[test]
    fn a_forged_cursor_is_a_validation_error() {
        assert!(matches!(Cursor::<String>::decode("???"), Err(CommonError::Validation(_))));
    }

    #[test]
    fn page_sizes_outside_the_range_are_refused() {
        assert!(PageRequest::new(Some(0), None).is_err());
        assert!(PageRequest::new(Some(-1), None).is_err());
        assert!(PageRequest::new(Some(201), None).is_err());
        assert_eq!(PageRequest::new(None, None).unwrap().first, PageRequest::DEFAULT);
    }
}
