//! Gives up commands whose time is over.

use super::store;
use crate::context::DevicesContext;
use crate::error::DevicesError;
use crate::events;

/// Commands given up at once.
const AT_ONCE: i64 = 200;

/// Gives up every command that is overdue; answers how many.
pub async fn expire_overdue(context: &DevicesContext) -> Result<usize, DevicesError> {
    let now = context.now();
    let expired = context
        .database
        .system_transaction(async |conn| {
            let mut expired = store::overdue(conn, now, AT_ONCE).await?;
            for command in &mut expired {
                command.expire(now);
                store::update(conn, command).await?;
                events::append_completed(conn, &DevicesContext::service(command.tenant_id), command).await?;
            }
            Ok::<_, DevicesError>(expired)
        })
        .await?;
    for command in &expired {
        context.announce_command(command.tenant_id, command.id).await;
    }
    Ok(expired.len())
}
