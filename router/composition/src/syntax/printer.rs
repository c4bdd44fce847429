//! Prints schema documents in one canonical layout.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::ast::{
    Directive, DirectiveDefinition, Document, InputValue, SchemaDefinition, TypeDefinition, TypeKind, Value,
};

/// Prints a document: schema first, then directives, then types, each in the order given.
pub fn print_document(document: &Document) -> String {
    let mut blocks = Vec::new();
    blocks.extend(document.schemas.iter().map(print_schema));
    blocks.extend(document.directives.iter().map(print_directive_definition));
    blocks.extend(document.types.iter().map(print_type));
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

fn print_schema(schema: &SchemaDefinition) -> String {
    let mut text = String::new();
    write_description(&mut text, "", schema.description.as_deref());
    text.push_str("schema");
    for directive in &schema.directives {
        text.push_str("\n  ");
        write_directive(&mut text, directive);
    }
    text.push_str(if schema.directives.is_empty() { " {" } else { "\n{" });
    for (kind, name) in &schema.roots {
        text.push_str("\n  ");
        text.push_str(kind.keyword());
        text.push_str(": ");
        text.push_str(name);
    }
    text.push_str("\n}");
    text
}

fn print_directive_definition(directive: &DirectiveDefinition) -> String {
    let mut text = String::new();
    write_description(&mut text, "", directive.description.as_deref());
    text.push_str("directive @");
    text.push_str(&directive.name);
    write_argument_definitions(&mut text, "", &directive.arguments);
    if directive.repeatable {
        text.push_str(" repeatable");
    }
    text.push_str(" on ");
    text.push_str(&directive.locations.join(" | "));
    text
}

fn print_type(definition: &TypeDefinition) -> String {
    let mut text = String::new();
    write_description(&mut text, "", definition.description.as_deref());
    text.push_str(definition.kind.keyword());
    text.push(' ');
    text.push_str(&definition.name);
    if !definition.implements.is_empty() {
        text.push_str(" implements ");
        text.push_str(&definition.implements.join(" & "));
    }
    for directive in &definition.directives {
        text.push_str("\n  ");
        write_directive(&mut text, directive);
    }
    let on_own_line = !definition.directives.is_empty();
    match definition.kind {
        TypeKind::Scalar => {}
        TypeKind::Union => {
            text.push_str(if on_own_line { "\n  = " } else { " = " });
            text.push_str(&definition.members.join(" | "));
        }
        TypeKind::Object | TypeKind::Interface => {
            open_block(&mut text, on_own_line, !definition.fields.is_empty());
            for field in definition.fields.values() {
                write_description(&mut text, "  ", field.description.as_deref());
                text.push_str("  ");
                text.push_str(&field.name);
                write_argument_definitions(&mut text, "  ", &field.arguments);
                text.push_str(": ");
                text.push_str(&field.ty.to_string());
                write_directives(&mut text, &field.directives);
                text.push('\n');
            }
            close_block(&mut text, !definition.fields.is_empty());
        }
        TypeKind::Input => {
            open_block(&mut text, on_own_line, !definition.inputs.is_empty());
            for input in definition.inputs.values() {
                write_description(&mut text, "  ", input.description.as_deref());
                text.push_str("  ");
                write_input_value(&mut text, input);
                text.push('\n');
            }
            close_block(&mut text, !definition.inputs.is_empty());
        }
        TypeKind::Enum => {
            open_block(&mut text, on_own_line, !definition.values.is_empty());
            for value in definition.values.values() {
                write_description(&mut text, "  ", value.description.as_deref());
                text.push_str("  ");
                text.push_str(&value.name);
                write_directives(&mut text, &value.directives);
                text.push('\n');
            }
            close_block(&mut text, !definition.values.is_empty());
        }
    }
    text
}

fn open_block(text: &mut String, on_own_line: bool, has_members: bool) {
    if has_members {
        text.push_str(if on_own_line { "\n{\n" } else { " {\n" });
    }
}

fn close_block(text: &mut String, has_members: bool) {
    if has_members {
        text.push('}');
    }
}

fn write_argument_definitions(text: &mut String, indent: &str, arguments: &IndexMap<String, InputValue>) {
    if arguments.is_empty() {
        return;
    }
    let described = arguments.values().any(|argument| argument.description.is_some());
    let inner = format!("{indent}  ");
    text.push('(');
    for (index, argument) in arguments.values().enumerate() {
        if described {
            text.push('\n');
            write_description(text, &inner, argument.description.as_deref());
            text.push_str(&inner);
        } else if index > 0 {
            text.push_str(", ");
        }
        write_input_value(text, argument);
    }
    if described {
        text.push('\n');
        text.push_str(indent);
    }
    text.push(')');
}

fn write_input_value(text: &mut String, input: &InputValue) {
    text.push_str(&input.name);
    text.push_str(": ");
    text.push_str(&input.ty.to_string());
    if let Some(default) = &input.default {
        text.push_str(" = ");
        write_value(text, default);
    }
    write_directives(text, &input.directives);
}

fn write_directives(text: &mut String, directives: &[Directive]) {
    for directive in directives {
        text.push(' ');
        write_directive(text, directive);
    }
}

fn write_directive(text: &mut String, directive: &Directive) {
    text.push('@');
    text.push_str(&directive.name);
    write_arguments(text, &directive.arguments);
}

/// Prints arguments with their parentheses, or nothing when there are none.
pub fn write_arguments(text: &mut String, arguments: &[(String, Value)]) {
    if arguments.is_empty() {
        return;
    }
    text.push('(');
    write_pairs(text, arguments);
    text.push(')');
}

fn write_pairs(text: &mut String, pairs: &[(String, Value)]) {
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(name);
        text.push_str(": ");
        write_value(text, value);
    }
}

/// Prints a constant value.
pub fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Int(digits) | Value::Float(digits) => text.push_str(digits),
        Value::Boolean(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Enum(name) => text.push_str(name),
        Value::String(content) => write_string(text, content),
        Value::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push_str(", ");
                }
                write_value(text, item);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            write_pairs(text, fields);
            text.push('}');
        }
    }
}

fn write_string(text: &mut String, content: &str) {
    text.push('"');
    for character in content.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            control if u32::from(control) < 0x20 => {
                let _ = write!(text, "\\u{:04x}", u32::from(control));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

fn write_description(text: &mut String, indent: &str, description: Option<&str>) {
    let Some(description) = description else { return };
    // A block string cannot hold control characters other than tabs and line ends.
    if description.chars().any(|c| u32::from(c) < 0x20 && !matches!(c, '\n' | '\t')) {
        text.push_str(indent);
        write_string(text, description);
        text.push('\n');
        return;
    }
    text.push_str(indent);
    text.push_str("\"\"\"");
    for line in description.split('\n') {
        text.push('\n');
        if !line.is_empty() {
            text.push_str(indent);
            text.push_str(&line.replace("\"\"\"", "\\\"\"\""));
        }
    }
    text.push('\n');
    text.push_str(indent);
    text.push_str("\"\"\"\n");
}
