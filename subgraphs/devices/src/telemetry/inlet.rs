//! Where a broker in the same process hands telemetry over, without a connection in between.

use std::sync::Arc;

use tokio::sync::watch;

use super::intake::Intake;
use super::unstored::NotStored;

#[derive(Clone, Default)]
enum Stage {
    /// The domain is not built yet: its devices are not known.
    #[default]
    Before,
    Open(Arc<Intake>),
    Ended,
}

/// The way in for telemetry from a broker in this process. It may be given to the broker before the domain is built;
/// cheap to clone.
#[derive(Clone, Default)]
pub struct TelemetryInlet(Arc<watch::Sender<Stage>>);

impl TelemetryInlet {
    /// An inlet that opens when the domain that it is given to is built.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a message of `QoS 0`; never waits. Dropped and counted unless the domain runs.
    pub fn receive(&self, topic: &str, payload: &[u8]) {
        match &*self.0.borrow() {
            Stage::Open(intake) => intake.receive(topic, payload),
            Stage::Before | Stage::Ended => {
                metrics::counter!("cloudphone_devices_messages_refused_total", "reason" => "NOT_READY").increment(1);
            }
        }
    }

    /// Takes a message of `QoS 1` or 2, which may be acknowledged when this is done: its sample is stored, or refused and
    /// counted. Takes as long as the database does, so the caller sets a limit; it may give up at any moment.
    pub async fn keep(&self, topic: &str, payload: &[u8]) -> Result<(), NotStored> {
        let stage = self.0.borrow().clone();
        let stage = match stage {
            Stage::Before => {
                let mut stages = self.0.subscribe();
                let built = stages.wait_for(|stage| !matches!(stage, Stage::Before)).await.map_err(|_| NotStored)?;
                built.clone()
            }
            other => other,
        };
        match stage {
            Stage::Open(intake) => intake.keep(topic, payload).await,
            Stage::Before | Stage::Ended => Err(NotStored),
        }
    }

    /// Lets messages in from now on.
    pub(crate) fn open(&self, intake: Arc<Intake>) {
        self.0.send_replace(Stage::Open(intake));
    }

    /// Lets nothing in any more, and lets go of the domain.
    pub(crate) fn end(&self) {
        self.0.send_replace(Stage::Ended);
    }
}
