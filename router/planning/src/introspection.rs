//! Answers `__schema` and `__type` from the schema that clients see (GraphQL specification, section 4).

use graphql_tools::static_graphql::schema::{
    Directive, DirectiveDefinition, DirectiveLocation, EnumValue, Field, InputValue, Type, TypeDefinition, Value,
};

use crate::{
    api_schema::ApiSchema,
    projection::{FieldProjection, IntrospectionArgument, Projection, ValueProjection},
    types::type_name,
    variables::Variables,
};

/// Writes the value of `__schema` or `__type`.
pub(crate) fn write(
    schema: &ApiSchema,
    projection: &Projection,
    field: &FieldProjection,
    variables: &Variables,
    out: &mut Vec<u8>,
) {
    let writer = Writer { schema, projection, variables };
    let ValueProjection::Introspection(object) = field.value else { return out.extend_from_slice(b"null") };
    let meta = if &*field.name == "__schema" {
        Some(Meta::Schema)
    } else {
        writer
            .text_argument(field, "name")
            .and_then(|name| schema.definition(&name))
            .map(|definition| Meta::Type(TypeMeta::Named(definition)))
    };
    match meta {
        Some(meta) => writer.object(object, &meta, out),
        None => out.extend_from_slice(b"null"),
    }
}

enum Meta<'a> {
    Schema,
    Type(TypeMeta<'a>),
    Field(&'a Field),
    Input(&'a InputValue),
    EnumValue(&'a EnumValue),
    Directive(&'a DirectiveDefinition),
}

enum TypeMeta<'a> {
    Named(&'a TypeDefinition),
    List(&'a Type),
    NonNull(&'a Type),
}

enum Answer<'a> {
    Null,
    Text(&'a str),
    OwnedText(String),
    Boolean(bool),
    Texts(Vec<&'a str>),
    One(Meta<'a>),
    Many(Vec<Meta<'a>>),
}

struct Writer<'a> {
    schema: &'a ApiSchema,
    projection: &'a Projection,
    variables: &'a Variables,
}

impl<'a> Writer<'a> {
    fn object(&self, object: usize, meta: &Meta<'a>, out: &mut Vec<u8>) {
        out.push(b'{');
        for (index, field) in self.projection.objects[object].fields.iter().enumerate() {
            out.extend_from_slice(&field.prefix.as_bytes()[usize::from(index == 0)..]);
            if let ValueProjection::Typename(name) = &field.value {
                out.extend_from_slice(name.as_bytes());
                continue;
            }
            let answer = match meta {
                Meta::Schema => self.schema_field(field),
                Meta::Type(meta) => self.type_field(meta, field),
                Meta::Field(definition) => self.field_field(definition, field),
                Meta::Input(definition) => self.input_field(definition, field),
                Meta::EnumValue(value) => enum_value_field(value, field),
                Meta::Directive(directive) => self.directive_field(directive, field),
            };
            self.answer(&field.value, answer, out);
        }
        out.push(b'}');
    }

    fn answer(&self, projection: &ValueProjection, answer: Answer<'a>, out: &mut Vec<u8>) {
        match (answer, projection) {
            (Answer::Text(text), _) => write_text(text, out),
            (Answer::OwnedText(text), _) => write_text(&text, out),
            (Answer::Boolean(value), _) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            (Answer::Texts(texts), _) => write_list(&texts, out, |text, out| write_text(text, out)),
            (Answer::One(meta), ValueProjection::Object(object)) => self.object(*object, &meta, out),
            (Answer::Many(metas), ValueProjection::Object(object)) => {
                write_list(&metas, out, |meta, out| self.object(*object, meta, out));
            }
            (Answer::Null | Answer::One(_) | Answer::Many(_), _) => out.extend_from_slice(b"null"),
        }
    }

    fn schema_field(&self, field: &FieldProjection) -> Answer<'a> {
        let root = |name: Option<&str>| {
            name.and_then(|name| self.schema.definition(name))
                .map_or(Answer::Null, |definition| Answer::One(Meta::Type(TypeMeta::Named(definition))))
        };
        match &*field.name {
            "types" => Answer::Many(
                self.schema.definitions().map(|definition| Meta::Type(TypeMeta::Named(definition))).collect(),
            ),
            "queryType" => root(Some(self.schema.query_type())),
            "mutationType" => root(self.schema.mutation_type()),
            "subscriptionType" => root(self.schema.subscription_type()),
            "directives" => Answer::Many(self.schema.directives().map(Meta::Directive).collect()),
            _ => Answer::Null,
        }
    }

    fn type_field(&self, meta: &TypeMeta<'a>, field: &FieldProjection) -> Answer<'a> {
        let definition = match meta {
            TypeMeta::Named(definition) => *definition,
            TypeMeta::List(inner) | TypeMeta::NonNull(inner) => {
                return match &*field.name {
                    "kind" => Answer::Text(if matches!(meta, TypeMeta::List(_)) { "LIST" } else { "NON_NULL" }),
                    "ofType" => self.reference(inner),
                    _ => Answer::Null,
                };
            }
        };
        match (&*field.name, definition) {
            ("kind", _) => Answer::Text(kind(definition)),
            ("name", _) => Answer::Text(type_name(definition)),
            ("description", _) => optional(description(definition)),
            ("specifiedByURL", TypeDefinition::Scalar(scalar)) => {
                optional(directive_text(&scalar.directives, "specifiedBy", "url"))
            }
            ("fields", TypeDefinition::Object(object)) => self.fields(&object.fields, field),
            ("fields", TypeDefinition::Interface(interface)) => self.fields(&interface.fields, field),
            ("interfaces", TypeDefinition::Object(object)) => self.types(&object.implements_interfaces),
            ("interfaces", TypeDefinition::Interface(interface)) => self.types(&interface.implements_interfaces),
            ("possibleTypes", TypeDefinition::Union(union)) => self.types(&union.types),
            ("possibleTypes", TypeDefinition::Interface(interface)) => {
                let implementers = self.schema.definitions().filter(|candidate| match candidate {
                    TypeDefinition::Object(object) => object.implements_interfaces.contains(&interface.name),
                    _ => false,
                });
                Answer::Many(implementers.map(|definition| Meta::Type(TypeMeta::Named(definition))).collect())
            }
            ("enumValues", TypeDefinition::Enum(definition)) => {
                let shown = self.keep_deprecated(field);
                let values = definition.values.iter().filter(|value| shown || deprecation(&value.directives).is_none());
                Answer::Many(values.map(Meta::EnumValue).collect())
            }
            ("inputFields", TypeDefinition::InputObject(input)) => self.inputs(&input.fields, field),
            ("isOneOf", TypeDefinition::InputObject(input)) => {
                Answer::Boolean(input.directives.iter().any(|directive| directive.name == "oneOf"))
            }
            _ => Answer::Null,
        }
    }

    fn field_field(&self, definition: &'a Field, field: &FieldProjection) -> Answer<'a> {
        match &*field.name {
            "name" => Answer::Text(&definition.name),
            "description" => optional(definition.description.as_deref()),
            "args" => self.inputs(&definition.arguments, field),
            "type" => self.reference(&definition.field_type),
            "isDeprecated" => Answer::Boolean(deprecation(&definition.directives).is_some()),
            "deprecationReason" => optional(deprecation(&definition.directives)),
            _ => Answer::Null,
        }
    }

    fn input_field(&self, definition: &'a InputValue, field: &FieldProjection) -> Answer<'a> {
        match &*field.name {
            "name" => Answer::Text(&definition.name),
            "description" => optional(definition.description.as_deref()),
            "type" => self.reference(&definition.value_type),
            "defaultValue" => {
                definition.default_value.as_ref().map_or(Answer::Null, |value| Answer::OwnedText(value.to_string()))
            }
            "isDeprecated" => Answer::Boolean(deprecation(&definition.directives).is_some()),
            "deprecationReason" => optional(deprecation(&definition.directives)),
            _ => Answer::Null,
        }
    }

    fn directive_field(&self, directive: &'a DirectiveDefinition, field: &FieldProjection) -> Answer<'a> {
        match &*field.name {
            "name" => Answer::Text(&directive.name),
            "description" => optional(directive.description.as_deref()),
            "locations" => Answer::Texts(directive.locations.iter().map(DirectiveLocation::as_str).collect()),
            "args" => self.inputs(&directive.arguments, field),
            "isRepeatable" => Answer::Boolean(directive.repeatable),
            _ => Answer::Null,
        }
    }

    fn fields(&self, fields: &'a [Field], field: &FieldProjection) -> Answer<'a> {
        let deprecated = self.keep_deprecated(field);
        let shown = fields
            .iter()
            .filter(|field| !field.name.starts_with("__") && (deprecated || deprecation(&field.directives).is_none()));
        Answer::Many(shown.map(Meta::Field).collect())
    }

    fn inputs(&self, inputs: &'a [InputValue], field: &FieldProjection) -> Answer<'a> {
        let deprecated = self.keep_deprecated(field);
        let shown = inputs.iter().filter(|input| deprecated || deprecation(&input.directives).is_none());
        Answer::Many(shown.map(Meta::Input).collect())
    }

    fn types(&self, names: &[String]) -> Answer<'a> {
        let definitions = names.iter().filter_map(|name| self.schema.definition(name));
        Answer::Many(definitions.map(|definition| Meta::Type(TypeMeta::Named(definition))).collect())
    }

    fn reference(&self, reference: &'a Type) -> Answer<'a> {
        match reference {
            Type::ListType(inner) => Answer::One(Meta::Type(TypeMeta::List(inner))),
            Type::NonNullType(inner) => Answer::One(Meta::Type(TypeMeta::NonNull(inner))),
            Type::NamedType(name) => self
                .schema
                .definition(name)
                .map_or(Answer::Null, |definition| Answer::One(Meta::Type(TypeMeta::Named(definition)))),
        }
    }

    fn keep_deprecated(&self, field: &FieldProjection) -> bool {
        match field.arguments.iter().find(|(name, _)| name == "includeDeprecated").map(|(_, value)| value) {
            Some(IntrospectionArgument::Boolean(value)) => *value,
            Some(IntrospectionArgument::Variable(name)) => self.variables.is_true(name),
            _ => false,
        }
    }

    fn text_argument(&self, field: &FieldProjection, name: &str) -> Option<String> {
        match field.arguments.iter().find(|(argument, _)| argument == name).map(|(_, value)| value)? {
            IntrospectionArgument::Text(text) => Some(text.clone()),
            IntrospectionArgument::Variable(variable) => self.variables.get(variable)?.as_str().map(str::to_owned),
            IntrospectionArgument::Boolean(_) => None,
        }
    }
}

fn enum_value_field<'a>(value: &'a EnumValue, field: &FieldProjection) -> Answer<'a> {
    match &*field.name {
        "name" => Answer::Text(&value.name),
        "description" => optional(value.description.as_deref()),
        "isDeprecated" => Answer::Boolean(deprecation(&value.directives).is_some()),
        "deprecationReason" => optional(deprecation(&value.directives)),
        _ => Answer::Null,
    }
}

fn optional(text: Option<&str>) -> Answer<'_> {
    text.map_or(Answer::Null, Answer::Text)
}

fn kind(definition: &TypeDefinition) -> &'static str {
    match definition {
        TypeDefinition::Scalar(_) => "SCALAR",
        TypeDefinition::Object(_) => "OBJECT",
        TypeDefinition::Interface(_) => "INTERFACE",
        TypeDefinition::Union(_) => "UNION",
        TypeDefinition::Enum(_) => "ENUM",
        TypeDefinition::InputObject(_) => "INPUT_OBJECT",
    }
}

fn description(definition: &TypeDefinition) -> Option<&str> {
    match definition {
        TypeDefinition::Scalar(definition) => definition.description.as_deref(),
        TypeDefinition::Object(definition) => definition.description.as_deref(),
        TypeDefinition::Interface(definition) => definition.description.as_deref(),
        TypeDefinition::Union(definition) => definition.description.as_deref(),
        TypeDefinition::Enum(definition) => definition.description.as_deref(),
        TypeDefinition::InputObject(definition) => definition.description.as_deref(),
    }
}

fn deprecation(directives: &[Directive]) -> Option<&str> {
    let deprecated = directives.iter().any(|directive| directive.name == "deprecated");
    deprecated.then(|| directive_text(directives, "deprecated", "reason").unwrap_or("No longer supported"))
}

fn directive_text<'a>(directives: &'a [Directive], name: &str, argument: &str) -> Option<&'a str> {
    let directive = directives.iter().find(|directive| directive.name == name)?;
    directive.arguments.iter().find_map(|(name, value)| match value {
        Value::String(text) if name == argument => Some(text.as_str()),
        _ => None,
    })
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("text serialises into memory");
}

fn write_list<T>(items: &[T], out: &mut Vec<u8>, mut write: impl FnMut(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}
