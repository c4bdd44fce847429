//! Keys of batch loaders, so that a list costs as many queries as a single node.

use std::collections::HashMap;
use std::hash::Hash;

use chrono::{DateTime, Utc};
use cloudphone_core::{CommonError, Cursor, Page, PageRequest, TenantId};

/// A row of a tenant. The tenant is the caller's, so that batches never mix what different callers may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Of<Id>(pub TenantId, pub Id);

/// Groups keys, or rows, by what one query can answer.
pub fn grouped<T, G: Eq + Hash, V>(
    all: impl IntoIterator<Item = T>,
    split: impl Fn(T) -> (G, V),
) -> HashMap<G, Vec<V>> {
    let mut groups: HashMap<G, Vec<V>> = HashMap::new();
    for (group, value) in all.into_iter().map(split) {
        groups.entry(group).or_default().push(value);
    }
    groups
}

/// A page of what belongs to a node, newest first; part of a loader's key, since nodes that want the same page are
/// answered by one query.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NestedPage {
    first: usize,
    after: Option<(DateTime<Utc>, uuid::Uuid)>,
}

impl NestedPage {
    /// Checks the arguments of a connection field.
    pub fn new(first: Option<i32>, after: Option<String>) -> Result<Self, CommonError> {
        let page = PageRequest::new(first, after)?;
        let cursor = page.after.as_deref().map(Cursor::<DateTime<Utc>>::decode).transpose()?;
        Ok(Self { first: page.first, after: cursor.map(|cursor| (cursor.key, cursor.id)) })
    }

    /// Whether rows come before it.
    pub fn has_previous(&self) -> bool {
        self.after.is_some()
    }

    /// The row that it continues after.
    pub fn cursor(&self) -> Option<Cursor<DateTime<Utc>>> {
        self.after.map(|(key, id)| Cursor { key, id })
    }

    /// Rows to read of each node: one more than wanted tells whether others follow.
    pub fn limit(&self) -> i64 {
        i64::try_from(self.first).unwrap_or(i64::MAX).saturating_add(1)
    }

    /// The page of each owner, of up to [`limit`](Self::limit) rows that were read of each.
    pub fn cut<Id: Copy + Eq + Hash, T>(
        &self,
        owners: Vec<Id>,
        rows: Vec<T>,
        owner: impl Fn(&T) -> Id,
        cursor: impl Fn(&T) -> Cursor<DateTime<Utc>>,
    ) -> impl Iterator<Item = (Id, Page<T>)> {
        let request = PageRequest { first: self.first, after: None };
        let mut by_owner = grouped(rows, |row| (owner(&row), row));
        owners.into_iter().map(move |id| {
            let rows = by_owner.remove(&id).unwrap_or_default();
            (id, Page::cut(rows, &request, None, |row| cursor(row).encode()))
        })
    }
}
