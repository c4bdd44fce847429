//! Relay connections with `totalCount`, from pages of the domain.

use async_graphql::connection::{Connection as RelayConnection, Edge};
use async_graphql::{Enum, OutputType, SimpleObject};
use cloudphone_core::Page;

/// The direction in which a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// From the least to the greatest.
    #[default]
    Asc,
    /// From the greatest to the least.
    Desc,
}

impl OrderDirection {
    /// Whether the greatest comes first.
    pub fn is_descending(self) -> bool {
        self == Self::Desc
    }
}

/// The extra field of every connection.
#[derive(SimpleObject)]
#[graphql(shareable)]
pub struct TotalCount {
    /// Rows of the whole list under the same filter; absent where counting would be dear.
    total_count: Option<i32>,
}

/// A connection in the form that the whole graph uses.
pub type Connection<Node> = RelayConnection<String, Node, TotalCount>;

/// Turns a page of domain rows into a connection of GraphQL nodes.
pub fn connection<Row, Node: OutputType>(
    page: Page<Row>,
    has_previous: bool,
    node: impl Fn(Row) -> Node,
) -> Connection<Node> {
    let total_count = page.total.map(|total| i32::try_from(total).unwrap_or(i32::MAX));
    let mut connection =
        RelayConnection::with_additional_fields(has_previous, page.has_next, TotalCount { total_count });
    connection.edges.extend(page.rows.into_iter().map(|(cursor, row)| Edge::new(cursor, node(row))));
    connection
}
