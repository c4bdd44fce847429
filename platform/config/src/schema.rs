//! The JSON Schema of the configuration file, for editors and for checks before a file reaches a router.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// The schema (JSON Schema 2020-12) of a file with these settings, each with its meaning and default. A file names what it
/// sets and nothing else.
pub fn schema<S: JsonSchema>() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<S>().to_value();
    schema["title"] = json!("Configuration of Cloudphone");
    schema
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, dead_code)]
    use super::*;
    use serde::{Deserialize, Serialize};

    /// Everything.
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Settings {
        /// Port to listen on.
        port: u16,
    }

    impl Default for Settings {
        fn default() -> Self {
            Self { port: 4000 }
        }
    }

    #[test]
    fn a_setting_has_its_meaning_and_default_and_strangers_have_no_place() {
        let schema = schema::<Settings>();
        let port = &schema["properties"]["port"];
        assert_eq!((&port["description"], &port["default"]), (&json!("Port to listen on."), &json!(4000)));
        assert_eq!(schema["additionalProperties"], json!(false));
        assert!(schema.get("required").is_none(), "{schema}");
    }
}
