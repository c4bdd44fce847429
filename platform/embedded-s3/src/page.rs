//! One page of a listing: ordered keys, grouped by a delimiter, resumed after a marker.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Included, Unbounded},
};

/// What a listing asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'a> {
    pub prefix: &'a str,
    pub delimiter: Option<&'a str>,
    /// Only what comes after this key or common prefix.
    pub after: Option<&'a str>,
    pub limit: usize,
}

/// A page of a listing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub items: Vec<T>,
    pub prefixes: Vec<String>,
    /// The last key or common prefix of the page when more follow.
    pub next: Option<String>,
}

/// Takes a page out of ordered entries. Keys that share a common prefix are jumped over, not walked through.
pub(crate) fn page<T: Clone>(entries: &BTreeMap<String, T>, query: Query<'_>) -> Page<T> {
    let mut page = Page { items: Vec::new(), prefixes: Vec::new(), next: None };
    let mut last = None;
    let mut start = match query.after {
        Some(after) if after >= query.prefix => Excluded(after.to_owned()),
        _ => Included(query.prefix.to_owned()),
    };
    loop {
        let Some((key, value)) = entries.range((start, Unbounded)).next() else { return page };
        let Some(rest) = key.strip_prefix(query.prefix) else { return page };
        let group = query.delimiter.filter(|delimiter| !delimiter.is_empty()).and_then(|delimiter| {
            let end = rest.find(delimiter)? + delimiter.len();
            Some(&key[..query.prefix.len() + end])
        });
        // A marker that is a common prefix stands for all its keys.
        let is_listed = group
            .is_some_and(|group| query.after == Some(group) || page.prefixes.last().is_some_and(|last| last == group));
        if !is_listed {
            if page.items.len() + page.prefixes.len() == query.limit {
                page.next = last;
                return page;
            }
            match group {
                Some(group) => page.prefixes.push(group.to_owned()),
                None => page.items.push(value.clone()),
            }
            last = Some(group.unwrap_or(key).to_owned());
        }
        start = Excluded(match group {
            // No key sorts between this and the end of the group but those that themselves begin with it.
            Some(group) if !key.starts_with(&format!("{group}{}", char::MAX)) => format!("{group}{}", char::MAX),
            _ => key.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn entries(keys: &[&str]) -> BTreeMap<String, String> {
        keys.iter().map(|key| ((*key).to_owned(), (*key).to_owned())).collect()
    }

    fn query(prefix: &str, limit: usize) -> Query<'_> {
        Query { prefix, delimiter: Some("/"), after: None, limit }
    }

    #[test]
    fn keys_below_a_delimiter_are_grouped() {
        let entries = entries(&["a", "b/1", "b/2", "c/x/1", "d"]);
        let page = page(&entries, query("", 10));
        assert_eq!(page.items, ["a", "d"]);
        assert_eq!(page.prefixes, ["b/", "c/"]);
        assert_eq!(page.next, None);
    }

    #[test]
    fn a_page_resumes_after_a_common_prefix() {
        let entries = entries(&["a", "b/1", "b/2", "c"]);
        let first = page(&entries, query("", 2));
        assert_eq!((first.items.len(), first.prefixes.as_slice()), (1, ["b/".to_owned()].as_slice()));
        let second = page(&entries, Query { after: first.next.as_deref(), ..query("", 2) });
        assert_eq!(second.items, ["c"]);
        assert!(second.prefixes.is_empty());
        assert_eq!(second.next, None);
    }

    #[test]
    fn an_empty_page_says_so() {
        let page = page(&entries(&["a"]), query("zzz", 10));
        assert_eq!(page, Page { items: vec![], prefixes: vec![], next: None });
    }

    proptest! {
        /// Whatever the page size, the pages together are the whole listing, in order and without repetition.
        #[test]
        fn pages_together_are_the_whole(
            keys in prop::collection::btree_set("[ab/\u{10FFFF}]{1,6}", 0..40),
            prefix in "[ab/]{0,2}",
            limit in 1_usize..5,
        ) {
            let entries: BTreeMap<String, String> = keys.iter().map(|key| (key.clone(), key.clone())).collect();
            let whole = page(&entries, query(&prefix, usize::MAX));
            let (mut items, mut prefixes, mut after) = (Vec::new(), Vec::new(), None::<String>);
            loop {
                let part = page(&entries, Query { after: after.as_deref(), ..query(&prefix, limit) });
                prop_assert!(part.items.len() + part.prefixes.len() <= limit);
                items.extend(part.items);
                prefixes.extend(part.prefixes);
                after = part.next;
                if after.is_none() { break }
            }
            prop_assert_eq!(&items, &whole.items);
            prop_assert_eq!(&prefixes, &whole.prefixes);
            for key in keys.iter().filter(|key| key.starts_with(&prefix)) {
                let grouped = key[prefix.len()..].contains('/');
                prop_assert_eq!(whole.items.contains(key), !grouped);
            }
        }
    }
}
