//! Asks devices to install an application.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cloudphone_core::{ApplicationId, Caller, DeviceId, Validation};
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::audit::{self, AuditEntry};
use cloudphone_events::outbox;
use serde_json::json;

use super::model::Installation;
use super::state::InstallationStatus;
use super::store;
use crate::application::{self, Application};
use crate::context::{AppsContext, Change, wake_after_commit};
use crate::device;
use crate::error::AppsError;
use crate::events::InstallationRequested;
use crate::permissions::APP_INSTALL;

/// The most devices of one order.
pub const MOST_DEVICES: usize = 200;

/// What became of an order.
#[derive(Debug, Default)]
pub struct Ordered {
    /// The installations, new and earlier ones, in the order of the devices.
    pub installations: Vec<Installation>,
    /// Devices that could not be asked, by their place in the order.
    pub refused: Vec<(usize, AppsError)>,
}

/// Asks devices to install an application. A device that has it or is about to get it answers with that installation; one
/// that cannot be asked does not keep the others from being asked. `None` among the devices is an id that is none.
pub async fn install_application(
    context: &Arc<AppsContext>,
    caller: &Caller,
    id: ApplicationId,
    devices: &[Option<DeviceId>],
) -> Result<Ordered, AppsError> {
    caller.require(&APP_INSTALL)?;
    let mut validation = Validation::new();
    let fits = (1..=MOST_DEVICES).contains(&devices.len());
    validation.check(fits, "deviceIds", "OUT_OF_RANGE", format!("Name 1 to {MOST_DEVICES} devices."));
    validation.finish()?;
    let mut wanted: Vec<DeviceId> = devices.iter().flatten().copied().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let answers = context
        .database
        .transaction(caller, async |conn| {
            let application = application::store::hold(conn, caller.tenant_id, id).await?;
            let application = application.ok_or_else(AppsError::no_application)?;
            ask(context, conn, caller, &application, &wanted).await
        })
        .await?;
    Ok(sorted(devices, answers))
}

type Answers = HashMap<DeviceId, Result<Installation, AppsError>>;

fn sorted(devices: &[Option<DeviceId>], mut answers: Answers) -> Ordered {
    let (mut ordered, mut seen) = (Ordered::default(), HashSet::new());
    for (place, device) in devices.iter().enumerate() {
        if device.is_some_and(|device| !seen.insert(device)) {
            continue;
        }
        match device.and_then(|device| answers.remove(&device)) {
            Some(Ok(installation)) => ordered.installations.push(installation),
            Some(Err(error)) => ordered.refused.push((place, error)),
            None => ordered.refused.push((place, AppsError::no_device())),
        }
    }
    ordered
}

async fn ask(
    context: &Arc<AppsContext>,
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    application: &Application,
    wanted: &[DeviceId],
) -> Result<Answers, AppsError> {
    let tenant = caller.tenant_id;
    let known = device::store::existing(conn, tenant, wanted).await?;
    let mut answers = earlier(conn, caller, application, &known).await?;
    let (now, deadline) = (context.now(), context.after(context.settings.installation_timeout));
    let free = known.iter().filter(|device| !answers.contains_key(*device));
    let wishes: Vec<_> = free.map(|device| Installation::new(caller, application, *device, now, deadline)).collect();
    let added = store::insert_free(conn, &wishes).await?;
    request(context, conn, caller, application, &added).await?;
    for installation in &added {
        let entry = AuditEntry {
            action: "application.install",
            target_type: "installation",
            target_id: Some(installation.id.0),
            before: None,
            after: Some(json!({
                "applicationId": application.id, "deviceId": installation.device_id,
                "package": application.package_name, "versionCode": application.version_code,
            })),
        };
        audit::record(conn, caller, entry).await?;
    }
    answers.extend(added.into_iter().map(|installation| (installation.device_id, Ok(installation))));
    // Whoever is left was asked by somebody else at this very moment.
    let raced: Vec<_> = known.into_iter().filter(|device| !answers.contains_key(device)).collect();
    let late = earlier(conn, caller, application, &raced).await?;
    for device in raced {
        answers.insert(device, Err(AppsError::busy(&application.package_name)));
    }
    answers.extend(late);
    Ok(answers)
}

/// What stands against a new wish, and what makes it needless.
async fn earlier(
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    application: &Application,
    devices: &[DeviceId],
) -> Result<Answers, AppsError> {
    let mut answers = Answers::new();
    // What is in motion comes first and decides; a present older version is what the wish replaces.
    for row in store::find_live(conn, caller.tenant_id, devices, &application.package_name).await? {
        let same = row.application_id == application.id && row.status != InstallationStatus::Uninstalling;
        if same {
            answers.entry(row.device_id).or_insert(Ok(row));
        } else if row.status.is_in_motion() {
            answers.entry(row.device_id).or_insert(Err(AppsError::busy(&application.package_name)));
        }
    }
    Ok(answers)
}

/// Tells the devices domain of wishes, within the transaction that stores them.
pub async fn request(
    context: &Arc<AppsContext>,
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    application: &Application,
    installations: &[Installation],
) -> Result<(), AppsError> {
    let lifetime = context.settings.install_address_lifetime;
    // Signing calls nobody, so that it may happen within the transaction.
    let address = context.storage.download_address(&application.object_key, None, lifetime).await?;
    let wishes: Vec<_> =
        installations.iter().map(|one| InstallationRequested::of(one, application, &address)).collect();
    outbox::append_all(conn, caller, &wishes).await?;
    for installation in installations {
        context.announce(Change::Installation(installation.tenant_id, installation.id));
    }
    wake_after_commit(context, |signals| &signals.motion);
    Ok(())
}
