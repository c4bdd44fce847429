//! All SQL about templates.

use chrono::{DateTime, Utc};
use cloudphone_core::{Cursor, Page, PageRequest, TemplateId};
use cloudphone_database::{AsyncPgConnection, DatabaseError};
use diesel::dsl::{count_star, sql};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::model::{Template, TemplateCategory, TemplateContent};
use crate::device::escape_like;
use crate::error::DevicesError;
use crate::schema::device_templates;

type Connection = AsyncPgConnection;
type Result<T, E = DatabaseError> = std::result::Result<T, E>;

/// Which templates a list is about.
#[derive(Clone, Debug, Default)]
pub struct TemplateFilter {
    /// With this text in the name, whatever the case.
    pub search: Option<String>,
    /// Of this category.
    pub category: Option<TemplateCategory>,
}

/// Stores a new template.
pub async fn insert(conn: &mut Connection, template: &Template) -> Result<()> {
    diesel::insert_into(device_templates::table).values(template).execute(conn).await?;
    Ok(())
}

/// One template.
pub async fn find(conn: &mut Connection, id: TemplateId) -> Result<Option<Template>> {
    Ok(device_templates::table.find(id).select(Template::as_select()).first(conn).await.optional()?)
}

/// Many templates, in no order.
pub async fn find_many(conn: &mut Connection, ids: &[TemplateId]) -> Result<Vec<Template>> {
    let rows = device_templates::table.filter(device_templates::id.eq_any(ids));
    Ok(rows.select(Template::as_select()).load(conn).await?)
}

/// Replaces the content of a template; `None` when there is none.
pub async fn update(
    conn: &mut Connection,
    id: TemplateId,
    content: &TemplateContent,
    now: DateTime<Utc>,
) -> Result<Option<Template>> {
    let changed = diesel::update(device_templates::table.find(id)).set((
        device_templates::name.eq(content.name.trim()),
        device_templates::description.eq(content.description.trim()),
        device_templates::category.eq(content.category),
        device_templates::specification.eq(&content.specification),
        device_templates::updated_at.eq(now),
        device_templates::version.eq(device_templates::version + 1),
    ));
    Ok(changed.returning(Template::as_returning()).get_result(conn).await.optional()?)
}

/// Removes a template; its devices stay and forget it.
pub async fn delete(conn: &mut Connection, id: TemplateId) -> Result<Option<Template>> {
    let gone = diesel::delete(device_templates::table.find(id)).returning(Template::as_returning());
    Ok(gone.get_result(conn).await.optional()?)
}

/// A page of the templates that match, by name.
pub async fn list(
    conn: &mut Connection,
    filter: &TemplateFilter,
    page: &PageRequest,
) -> Result<Page<Template>, DevicesError> {
    let total = filtered(filter).select(count_star()).get_result::<i64>(conn).await.map_err(DatabaseError::from)?;
    let mut query = filtered(filter).select(Template::as_select());
    if let Some(after) = &page.after {
        let cursor = Cursor::<String>::decode(after)?;
        let follows = sql::<Bool>("(name, id) > (").bind::<Text, _>(cursor.key).sql(", ").bind::<SqlUuid, _>(cursor.id);
        query = query.filter(follows.sql(")"));
    }
    let limit = i64::try_from(page.first).unwrap_or(i64::MAX).saturating_add(1);
    let ordered = query.order((device_templates::name.asc(), device_templates::id.asc())).limit(limit);
    let rows = ordered.load(conn).await.map_err(DatabaseError::from)?;
    let cursor = |row: &Template| Cursor { key: row.name.clone(), id: row.id.0 }.encode();
    Ok(Page::cut(rows, page, Some(total), cursor))
}

fn filtered(filter: &TemplateFilter) -> device_templates::BoxedQuery<'_, Pg> {
    let mut query = device_templates::table.into_boxed();
    if let Some(search) = filter.search.as_ref().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        query = query.filter(device_templates::name.ilike(format!("%{}%", escape_like(search))));
    }
    if let Some(category) = filter.category {
        query = query.filter(device_templates::category.eq(category));
    }
    query
}
