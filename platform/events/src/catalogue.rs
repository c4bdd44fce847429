//! The JSON Schemas of event types: exported for readers and checked when an event is written.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use cloudphone_core::CommonError;
use jsonschema::Validator;
use parking_lot::RwLock;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::DomainEvent;

/// One event type of a catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSchema {
    /// `{service}.{entity}.{action}`.
    pub event_type: &'static str,
    /// The version of the payload's schema.
    pub version: u16,
    /// The JSON Schema (draft 2020-12) of the payload.
    pub schema: Value,
}

impl EventSchema {
    fn of<E: DomainEvent>() -> Self {
        Self { event_type: E::TYPE, version: E::VERSION, schema: schema_of::<E>() }
    }

    /// The file that holds the schema, such as `devices.device.started.v1.json`.
    pub fn file_name(&self) -> String {
        format!("{}.v{}.json", self.event_type, self.version)
    }
}

/// The event types that a domain publishes, for export and documentation.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    events: Vec<EventSchema>,
}

impl Catalogue {
    /// An empty catalogue.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event type.
    #[must_use]
    pub fn with<E: DomainEvent>(mut self) -> Self {
        self.events.push(EventSchema::of::<E>());
        self
    }

    /// Adds all types of another catalogue.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.events.extend(other.events);
        self
    }

    /// The types in order of their names, each once.
    pub fn events(&self) -> Vec<&EventSchema> {
        let mut events: Vec<_> = self.events.iter().collect();
        events.sort_by_key(|event| (event.event_type, event.version));
        events.dedup_by_key(|event| (event.event_type, event.version));
        events
    }
}

/// Names the schema of a type's version; a name rather than an address, since consumers carry the schemas.
pub(crate) fn schema_name(event_type: &str, version: u16) -> String {
    format!("urn:cloudphone:event:{event_type}:{version}")
}

fn schema_of<E: DomainEvent>() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<E>().to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("$id".to_owned(), schema_name(E::TYPE, E::VERSION).into());
    }
    schema
}

type Validators = RwLock<HashMap<(&'static str, u16), Arc<Validator>>>;

/// Checks a payload against its type's schema; the compiled schema is kept for the life of the process.
pub(crate) fn check<E: DomainEvent>(payload: &Value) -> Result<(), CommonError> {
    static VALIDATORS: LazyLock<Validators> = LazyLock::new(Validators::default);
    let key = (E::TYPE, E::VERSION);
    let known = VALIDATORS.read().get(&key).cloned();
    let validator = if let Some(validator) = known {
        validator
    } else {
        let compiled = jsonschema::validator_for(&schema_of::<E>())
            .map_err(|error| CommonError::internal(format!("the schema of {} is unusable: {error}", E::TYPE)))?;
        Arc::clone(VALIDATORS.write().entry(key).or_insert_with(|| Arc::new(compiled)))
    };
    validator.validate(payload).map_err(|error| {
        CommonError::internal(format!(
            "an event {} breaks its own schema at `{}`: {}",
            E::TYPE,
            error.instance_path(),
            error.masked()
        ))
    })
}
