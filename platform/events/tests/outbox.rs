//! What an event carries, who may append it, and how its schema binds.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;

use async_trait::async_trait;
use cloudphone_core::{Caller, CommonError, CorrelationId, Origin, SessionId, Subject, TenantId, UserId};
use cloudphone_database::{AsyncPgConnection, DatabaseError};
use cloudphone_events::audit::{self, AuditEntry, AuditRecorded};
use cloudphone_events::{Catalogue, CloudEvent, DomainEvent, Handle, HandleFn, HandlerError, Inbox, Relay, outbox};
use common::{Counted, World, quick_inbox, quick_relay, until};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use uuid::Uuid;

/// Keeps every event it sees.
#[derive(Default)]
struct Witness(Mutex<Vec<CloudEvent>>);

#[async_trait]
impl Handle<Value> for Witness {
    async fn handle(&self, _: &mut AsyncPgConnection, event: &CloudEvent, _: Value) -> Result<(), HandlerError> {
        self.0.lock().push(event.clone());
        Ok(())
    }
}

async fn echo(conn: &mut AsyncPgConnection, event: &CloudEvent, counted: Counted) -> Result<(), HandlerError> {
    if counted.number < 2 {
        let answer = Counted { device_id: counted.device_id, number: counted.number + 1 };
        outbox::append(conn, &event.caller("echo"), &answer).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_event_caused_by_an_event_names_its_cause_and_keeps_its_trail() {
    let world = World::in_process().await;
    let bus = world.bus().await;
    let witness = Arc::new(Witness::default());
    let _echo = Inbox::new(world.publisher.clone(), "echo")
        .with_options(quick_inbox())
        .on::<Counted>(HandleFn(echo))
        .start(&*bus)
        .await
        .unwrap();
    let _witness = Inbox::new(world.consumer.clone(), "witness")
        .with_options(quick_inbox())
        .on_type("devices.*", Arc::clone(&witness))
        .start(&*bus)
        .await
        .unwrap();
    let _relay = Relay::spawn(world.publisher.clone(), bus, quick_relay());
    let device = Uuid::now_v7();
    world.count(device, [1]).await;
    until("both events are seen", async || witness.0.lock().len() == 2).await;
    let events = witness.0.lock().clone();
    assert_eq!((events[0].sequence, events[1].sequence), (1, 2));
    assert_eq!(events[0].causation_id, None);
    assert_eq!(events[1].causation_id, Some(events[0].id));
    assert_eq!(events[1].correlation_id, events[0].correlation_id);
    assert_eq!(events[1].tenant_id, world.tenant);
    assert_eq!(events[1].source, "/cloudphone/devices");
    assert_eq!(events[1].subject, device.to_string());
    assert_eq!(events[1].data, json!({"deviceId": device, "number": 2}));
}

#[tokio::test]
async fn an_audit_entry_tells_who_did_what_from_where() {
    let world = World::in_process().await;
    let bus = world.bus().await;
    let witness = Arc::new(Witness::default());
    let _witness = Inbox::new(world.consumer.clone(), "audit")
        .with_options(quick_inbox())
        .on_type(AuditRecorded::TYPE, Arc::clone(&witness))
        .start(&*bus)
        .await
        .unwrap();
    let _relay = Relay::spawn(world.publisher.clone(), bus, quick_relay());
    let (user_id, session_id, device) = (UserId::new(), SessionId::new(), Uuid::now_v7());
    let mut caller = Caller::service("devices", world.tenant);
    caller.subject = Subject::User { user_id, session_id };
    caller.origin = Origin {
        correlation_id: CorrelationId::new(),
        address: Some("192.0.2.7".to_owned()),
        user_agent: Some("browser".to_owned()),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
    };
    world
        .publisher
        .transaction(&caller, async |conn| {
            let entry = AuditEntry {
                action: "device.start",
                target_type: "device",
                target_id: Some(device),
                before: Some(json!({"state": "STOPPED"})),
                after: Some(json!({"state": "STARTING"})),
            };
            audit::record(conn, &caller, entry).await
        })
        .await
        .unwrap();
    until("the entry is seen", async || !witness.0.lock().is_empty()).await;
    let event = witness.0.lock()[0].clone();
    assert_eq!(event.traceparent, caller.origin.traceparent);
    assert_eq!(event.correlation_id, caller.origin.correlation_id);
    let entry: AuditRecorded = serde_json::from_value(event.data).unwrap();
    assert_eq!((entry.actor_id, entry.session_id, entry.target_id), (Some(user_id), Some(session_id), Some(device)));
    assert_eq!((entry.action.as_str(), entry.address.as_deref()), ("device.start", Some("192.0.2.7")));
    assert_eq!(entry.before, Some(json!({"state": "STOPPED"})));
}

#[tokio::test]
async fn nobody_appends_an_event_in_another_tenants_name_or_reads_its_outbox() {
    use diesel_async::RunQueryDsl;
    let world = World::in_process().await;
    let (mine, theirs) = (world.caller(), Caller::service("devices", TenantId::new()));
    let event = Counted { device_id: Uuid::now_v7(), number: 1 };
    let refused =
        world.publisher.transaction(&mine, async |conn| outbox::append(conn, &theirs, &event).await).await.unwrap_err();
    let CommonError::Internal(cause) = refused else { panic!("{refused}") };
    assert!(cause.to_string().contains("row-level security"), "{cause}");
    world.count(event.device_id, [1]).await;
    let stolen = world
        .publisher
        .transaction(&theirs, async |conn| {
            Ok::<_, DatabaseError>(diesel::sql_query("UPDATE outbox SET published_at = now()").execute(conn).await?)
        })
        .await
        .unwrap();
    assert_eq!(stolen, 0);
}

/// An event whose serialisation contradicts its schema.
#[derive(JsonSchema)]
struct Untrue {
    #[allow(dead_code)]
    number: i64,
}

impl Serialize for Untrue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({"number": "secret words"}).serialize(serializer)
    }
}

impl DomainEvent for Untrue {
    const TYPE: &'static str = "devices.device.untrue";
    const VERSION: u16 = 1;

    fn aggregate_id(&self) -> Uuid {
        Uuid::nil()
    }
}

#[tokio::test]
async fn an_event_that_breaks_its_schema_is_refused_without_telling_its_content() {
    let world = World::in_process().await;
    let caller = world.caller();
    let refused = world
        .publisher
        .transaction(&caller, async |conn| outbox::append(conn, &caller, &Untrue { number: 1 }).await)
        .await
        .unwrap_err();
    let CommonError::Internal(cause) = refused else { panic!("{refused}") };
    let text = cause.to_string();
    assert!(text.contains("devices.device.untrue") && text.contains("/number"), "{text}");
    assert!(!text.contains("secret words"), "{text}");
}

#[test]
fn a_catalogue_lists_each_type_once_with_its_schema() {
    let catalogue = Catalogue::new().with::<Counted>().with::<AuditRecorded>().with::<Counted>();
    let files: Vec<_> = catalogue.events().iter().map(|event| event.file_name()).collect();
    assert_eq!(files, ["core.audit.recorded.v1.json", "devices.device.counted.v1.json"]);
    let schema = &catalogue.events()[1].schema;
    assert_eq!(schema["$id"], "urn:cloudphone:event:devices.device.counted:1");
    assert_eq!(schema["description"], "A device counted something.");
    assert_eq!(schema["required"], json!(["deviceId", "number"]));
}
