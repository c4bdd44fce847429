//! Writes schemas as text: for composition with the directives of federation, for serving without.

use std::fmt::Write as _;

use crate::model::{FieldDef, InputDef, Schema, Shape, Standing, SubgraphModel, TypeDef};

const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@requires", "@provides", "@external", "@shareable", "@override", "@inaccessible", "@tag", "@interfaceObject"])

"#;

/// A subgraph's schema as it is given to composition.
pub fn federated(subgraph: &SubgraphModel) -> String {
    let mut text = LINK.to_owned();
    for definition in subgraph.schema.types.values() {
        write_type(&mut text, definition, true);
    }
    text
}

/// A schema without federation.
pub fn plain(schema: &Schema) -> String {
    let mut text = String::new();
    for definition in schema.types.values() {
        write_type(&mut text, definition, false);
    }
    text
}

fn write_type(text: &mut String, definition: &TypeDef, federation: bool) {
    let mut head = String::new();
    if federation {
        for key in &definition.keys {
            let resolvable = if key.resolvable { "" } else { ", resolvable: false" };
            let _ = write!(head, " @key(fields: {:?}{resolvable})", key.fields.to_string());
        }
        if definition.interface_object {
            head.push_str(" @interfaceObject");
        }
        for directive in &definition.directives {
            let _ = write!(head, " {directive}");
        }
        if definition.extends {
            text.push_str("extend ");
        }
    }
    let name = &definition.name;
    match &definition.shape {
        Shape::Object { implements, fields } => {
            let implements =
                if implements.is_empty() { String::new() } else { format!(" implements {}", implements.join(" & ")) };
            let _ = writeln!(text, "type {name}{implements}{head} {{");
            write_fields(text, fields.values(), federation);
            text.push_str("}\n");
        }
        Shape::Interface { fields } => {
            let _ = writeln!(text, "interface {name}{head} {{");
            write_fields(text, fields.values(), federation);
            text.push_str("}\n");
        }
        Shape::Union { members } => {
            let _ = writeln!(text, "union {name}{head} = {}", members.join(" | "));
        }
        Shape::Enum { values } => {
            let _ = writeln!(text, "enum {name}{head} {{ {} }}", values.join(" "));
        }
        Shape::Input { fields } => {
            let _ = writeln!(text, "input {name}{head} {{ {} }}", inputs(fields));
        }
        Shape::Scalar => {
            let _ = writeln!(text, "scalar {name}{head}");
        }
    }
}

fn write_fields<'a>(text: &mut String, fields: impl Iterator<Item = &'a FieldDef>, federation: bool) {
    for field in fields {
        let _ = write!(text, "  {}", field.name);
        if !field.arguments.is_empty() {
            let _ = write!(text, "({})", inputs(&field.arguments));
        }
        let _ = write!(text, ": {}", field.ty);
        if federation {
            if field.standing == Standing::External {
                text.push_str(" @external");
            } else if !field.requires.is_empty() {
                let _ = write!(text, " @requires(fields: {:?})", field.requires.to_string());
            }
            if !field.provides.is_empty() {
                let _ = write!(text, " @provides(fields: {:?})", field.provides.to_string());
            }
            for directive in &field.directives {
                let _ = write!(text, " {directive}");
            }
        }
        text.push('\n');
    }
}

fn inputs(definitions: &[InputDef]) -> String {
    let written = definitions.iter().map(|input| {
        let default = input.default.as_ref().map_or(String::new(), |default| format!(" = {default}"));
        format!("{}: {}{default}", input.name, input.ty)
    });
    written.collect::<Vec<_>>().join(", ")
}
