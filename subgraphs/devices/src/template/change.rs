//! Making, changing, removing and reading templates.

use cloudphone_core::{Caller, Page, PageRequest, TemplateId, Validation};
use cloudphone_events::audit::{self, AuditEntry};

use super::model::{Template, TemplateContent};
use super::store::{self, TemplateFilter};
use crate::context::DevicesContext;
use crate::error::DevicesError;
use crate::permissions;

/// Makes a template.
pub async fn create_template(
    context: &DevicesContext,
    caller: &Caller,
    draft: TemplateContent,
) -> Result<Template, DevicesError> {
    caller.require(&permissions::TEMPLATE_WRITE)?;
    check(&draft)?;
    let now = context.now();
    let template = Template {
        id: TemplateId::new(),
        tenant_id: caller.tenant_id,
        name: draft.name.trim().to_owned(),
        description: draft.description.trim().to_owned(),
        category: draft.category,
        specification: draft.specification,
        created_by: caller.user_id(),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    context
        .database
        .transaction(caller, async |conn| {
            store::insert(conn, &template).await?;
            let entry = entry("device-template.create", &template);
            audit::record(conn, caller, AuditEntry { after: Some(template.audit_view()), ..entry }).await?;
            Ok::<_, DevicesError>(())
        })
        .await?;
    Ok(template)
}

/// Replaces the content of a template; devices made from it stay as they are.
pub async fn update_template(
    context: &DevicesContext,
    caller: &Caller,
    id: TemplateId,
    draft: TemplateContent,
) -> Result<Template, DevicesError> {
    caller.require(&permissions::TEMPLATE_WRITE)?;
    check(&draft)?;
    let now = context.now();
    context
        .database
        .transaction(caller, async |conn| {
            let before = store::find(conn, id).await?.ok_or_else(DevicesError::no_template)?;
            let after = store::update(conn, id, &draft, now).await?.ok_or_else(DevicesError::no_template)?;
            let entry = AuditEntry {
                before: Some(before.audit_view()),
                after: Some(after.audit_view()),
                ..entry("device-template.update", &after)
            };
            audit::record(conn, caller, entry).await?;
            Ok(after)
        })
        .await
}

/// Removes a template; devices made from it stay and forget it.
pub async fn delete_template(
    context: &DevicesContext,
    caller: &Caller,
    id: TemplateId,
) -> Result<Template, DevicesError> {
    caller.require(&permissions::TEMPLATE_WRITE)?;
    context
        .database
        .transaction(caller, async |conn| {
            let gone = store::delete(conn, id).await?.ok_or_else(DevicesError::no_template)?;
            let entry = AuditEntry { before: Some(gone.audit_view()), ..entry("device-template.delete", &gone) };
            audit::record(conn, caller, entry).await?;
            Ok(gone)
        })
        .await
}

/// A page of the caller's templates.
pub async fn list_templates(
    context: &DevicesContext,
    caller: &Caller,
    filter: TemplateFilter,
    page: PageRequest,
) -> Result<Page<Template>, DevicesError> {
    caller.require(&permissions::TEMPLATE_READ)?;
    context.database.read(caller, async |conn| store::list(conn, &filter, &page).await).await
}

fn check(draft: &TemplateContent) -> Result<(), DevicesError> {
    let mut validation = Validation::new();
    draft.validate(&mut validation);
    Ok(validation.finish()?)
}

fn entry(action: &'static str, template: &Template) -> AuditEntry {
    AuditEntry { action, target_type: "device-template", target_id: Some(template.id.0), before: None, after: None }
}
