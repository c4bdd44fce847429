//! Publishes commands to devices on the network, again and again until they answer.

use std::sync::Arc;
use std::time::Duration;

use rumqttc::{AsyncClient, QoS};
use tokio_util::sync::CancellationToken;

use super::message::CommandMessage;
use super::store;
use crate::context::DevicesContext;
use crate::error::DevicesError;
use crate::topic;

/// Commands published at once.
const AT_ONCE: i64 = 500;
/// How often to look when nobody calls.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the broker may take to accept one publication.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(5);

/// Publishes until told to stop.
pub async fn run(context: Arc<DevicesContext>, client: AsyncClient, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let published = match publish_due(&context, &client).await {
            Ok(published) => published,
            Err(error) => {
                tracing::warn!(%error, "commands could not be published; trying again");
                0
            }
        };
        if i64::try_from(published).is_ok_and(|count| count >= AT_ONCE) {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = context.signals.dispatch.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn publish_due(context: &DevicesContext, client: &AsyncClient) -> Result<usize, DevicesError> {
    let now = context.now();
    let due = context.database.system_transaction(async |conn| store::claim_due(conn, now, AT_ONCE).await).await?;
    for command in &due {
        let payload = serde_json::to_vec(&CommandMessage::from(command)).expect("a command is plain values");
        let topic = topic::command(command.tenant_id, command.device_id, command.id);
        let publication = client.publish(topic, QoS::AtLeastOnce, false, payload);
        // What is not published now is due again in some seconds.
        if !matches!(tokio::time::timeout(PUBLISH_TIMEOUT, publication).await, Ok(Ok(()))) {
            tracing::warn!(command = %command.id, "the broker does not take commands");
            break;
        }
        context.announce_command(command.tenant_id, command.id).await;
    }
    Ok(due.len())
}
