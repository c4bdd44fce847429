//! Ends installations and removals that no device has answered, so that nothing waits for ever.

use super::answer::apply;
use super::state::{Fact, InstallationStatus};
use super::store;
use crate::context::AppsContext;
use crate::error::AppsError;
use crate::failure::Failure;

/// Installations ended in one transaction.
const BATCH: i64 = 100;

/// Ends what is overdue; answers how many.
pub async fn expire_overdue(context: &AppsContext) -> Result<usize, AppsError> {
    let now = context.now();
    context
        .database
        .system_transaction(async |conn| {
            let overdue = store::overdue(conn, now, BATCH).await?;
            let count = overdue.len();
            for installation in overdue {
                let failure = if installation.status == InstallationStatus::Uninstalling {
                    Failure::new(
                        "REMOVAL_TIMED_OUT",
                        "The device did not answer; make sure it runs, then uninstall again.",
                    )
                } else {
                    Failure::new("INSTALL_TIMED_OUT", "The device did not answer; make sure it runs, then try again.")
                };
                apply(context, conn, installation, Fact::Silent, Some(failure)).await?;
            }
            Ok::<_, AppsError>(count)
        })
        .await
}
