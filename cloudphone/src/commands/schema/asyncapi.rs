//! The MQTT topics as an AsyncAPI 3.0 document (<https://www.asyncapi.com/docs/reference/specification/v3.0.0>).

use cloudphone_devices::{MqttSchema, mqtt_schemas};
use serde_json::{Map, Value, json};

/// The document, in its JSON form.
pub(super) fn document() -> serde_json::Result<String> {
    let (mut channels, mut operations, mut messages) = (Map::new(), Map::new(), Map::new());
    let mut schemas = Map::new();
    for message in mqtt_schemas() {
        let name = name_of(&message);
        let parameter = |what: &str| json!({ "description": format!("Id of the {what}, a lower-case UUID.") });
        let parameters: Map<String, Value> =
            parameters(message.topic).map(|name| (name.to_owned(), parameter(name))).collect();
        channels.insert(
            name.to_owned(),
            json!({
                "address": message.topic,
                "parameters": parameters,
                "messages": { name: { "$ref": format!("#/components/messages/{name}") } },
            }),
        );
        operations.insert(
            name.to_owned(),
            json!({
                "action": if message.from_device { "receive" } else { "send" },
                "summary": message.summary,
                "channel": { "$ref": format!("#/channels/{name}") },
                "bindings": { "mqtt": { "qos": 1, "bindingVersion": "0.2.0" } },
            }),
        );
        messages.insert(
            name.to_owned(),
            json!({
                "summary": message.summary,
                "contentType": "application/json",
                "payload": { "$ref": format!("#/components/schemas/{name}") },
            }),
        );
        lift(name, message.schema, &mut schemas);
    }
    let document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Cloudphone devices",
            "version": "1",
            "description": "What devices and the platform tell each other over MQTT 3.1.1 or 5. A device's user name and client \
                            id are `device-{device}`; its password is the secret of its credential.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": schemas },
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// The level that tells messages apart: the last one that is no parameter.
fn name_of(message: &MqttSchema) -> &'static str {
    message.topic.rsplit('/').find(|level| !level.starts_with('{')).unwrap_or(message.topic)
}

fn parameters(topic: &str) -> impl Iterator<Item = &str> {
    topic.split('/').filter_map(|level| level.strip_prefix('{')?.strip_suffix('}'))
}

/// Puts a schema and its definitions side by side under `components`, where AsyncAPI looks for them.
fn lift(name: &str, mut schema: Value, schemas: &mut Map<String, Value>) {
    point_to_components(&mut schema);
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema");
        if let Some(Value::Object(definitions)) = object.remove("$defs") {
            schemas.extend(definitions);
        }
    }
    schemas.insert(name.to_owned(), schema);
}

fn point_to_components(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get_mut("$ref") {
                *reference = reference.replace("#/$defs/", "#/components/schemas/");
            }
            object.values_mut().for_each(point_to_components);
        }
        Value::Array(items) => items.iter_mut().for_each(point_to_components),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
                object.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document: Value = serde_json::from_str(&document().unwrap()).unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 10);
        for reference in found {
            assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
        }
    }

    #[test]
    fn each_topic_has_its_channel() {
        let document: Value = serde_json::from_str(&document().unwrap()).unwrap();
        for name in ["telemetry", "status", "reported", "acks", "commands"] {
            let address = document["channels"][name]["address"].as_str().unwrap();
            assert!(address.starts_with("cloudphone/v1/{tenant}/devices/{device}/"), "{address}");
        }
        assert_eq!(document["operations"]["commands"]["action"], "send");
        assert_eq!(document["operations"]["telemetry"]["action"], "receive");
    }
}
