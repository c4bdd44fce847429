//! The explorer page of development installations.

use axum::response::Html;

/// A self-contained page: a query, its variables, and the answer; nothing is loaded from elsewhere.
pub async fn page() -> Html<&'static str> {
    Html(include_str!("explorer.html"))
}
