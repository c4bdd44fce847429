//! Checks that the schema still holds together once inaccessible elements are hidden.

use crate::finding::Findings;
use crate::merge::Merged;
use crate::subgraph::{Directives, Federation, SubgraphSchema};
use crate::syntax::{Directive, InputValue, OperationKind, TypeDefinition, TypeKind, TypeReference, Value};

/// Reports every visible element that needs a hidden one.
pub fn check_inaccessible(subgraphs: &[SubgraphSchema], merged: &Merged, findings: &mut Findings) {
    if !merged.features.contains(&Federation::Inaccessible) {
        return;
    }
    let check = Check { subgraphs, merged };
    for definition in merged.types.values().filter(|definition| !hidden(&definition.directives)) {
        check.children(definition, findings);
        check.references(definition, findings);
    }
    if merged.types.get(OperationKind::Query.type_name()).is_some_and(|query| hidden(&query.directives)) {
        check.report(
            findings,
            "QUERY_ROOT_TYPE_INACCESSIBLE",
            "Query",
            "Type \"Query\" is @inaccessible but is the root query type, which must be in the API schema.",
        );
    }
}

fn hidden(directives: &[Directive]) -> bool {
    directives.has(Federation::Inaccessible)
}

struct Check<'a> {
    subgraphs: &'a [SubgraphSchema],
    merged: &'a Merged,
}

impl Check<'_> {
    fn is_hidden_type(&self, name: &str) -> bool {
        self.merged.types.get(name).is_some_and(|definition| hidden(&definition.directives))
    }

    fn report(&self, findings: &mut Findings, code: &'static str, coordinate: &str, message: &str) {
        let type_name = coordinate.split(['.', '(']).next().unwrap_or_default();
        let owners = self
            .subgraphs
            .iter()
            .filter(|subgraph| subgraph.types.contains_key(type_name))
            .map(|subgraph| subgraph.name.clone());
        findings.error(code, coordinate, owners, message);
    }

    /// A visible type needs at least one visible member.
    fn children(&self, definition: &TypeDefinition, findings: &mut Findings) {
        let none_left = match definition.kind {
            TypeKind::Scalar => false,
            TypeKind::Object | TypeKind::Interface => definition.fields.values().all(|field| hidden(&field.directives)),
            TypeKind::Union => definition.members.iter().all(|member| self.is_hidden_type(member)),
            TypeKind::Enum => definition.values.values().all(|value| hidden(&value.directives)),
            TypeKind::Input => definition.inputs.values().all(|input| hidden(&input.directives)),
        };
        if none_left {
            self.report(
                findings,
                "ONLY_INACCESSIBLE_CHILDREN",
                &definition.name,
                &format!("Type \"{}\" is in the API schema but all of its members are @inaccessible.", definition.name),
            );
        }
    }

    fn references(&self, definition: &TypeDefinition, findings: &mut Findings) {
        for field in definition.fields.values() {
            let coordinate = format!("{}.{}", definition.name, field.name);
            if hidden(&field.directives) {
                self.implemented_field(definition, &field.name, findings);
                continue;
            }
            self.reference(findings, &coordinate, field.ty.base());
            for argument in field.arguments.values() {
                let place = format!("{coordinate}({}:)", argument.name);
                if !hidden(&argument.directives) {
                    self.reference(findings, &place, argument.ty.base());
                    self.default(findings, &place, argument);
                } else if let Some(promise) = self.promised_argument(definition, &field.name, &argument.name) {
                    self.report(findings, "IMPLEMENTED_BY_INACCESSIBLE", &place, &format!(
                        "Argument \"{place}\" is @inaccessible but implements the interface field argument \"{promise}\", which is in the API schema."
                    ));
                } else if argument.is_required() {
                    self.report(
                        findings,
                        "REQUIRED_INACCESSIBLE",
                        &place,
                        &format!("Argument \"{place}\" is @inaccessible but is a required argument of its field."),
                    );
                }
            }
        }
        for input in definition.inputs.values() {
            let coordinate = format!("{}.{}", definition.name, input.name);
            if !hidden(&input.directives) {
                self.reference(findings, &coordinate, input.ty.base());
                self.default(findings, &coordinate, input);
            } else if input.is_required() {
                self.report(
                    findings,
                    "REQUIRED_INACCESSIBLE",
                    &coordinate,
                    &format!(
                        "Input field \"{coordinate}\" is @inaccessible but is a required input field of its type."
                    ),
                );
            }
        }
    }

    fn reference(&self, findings: &mut Findings, coordinate: &str, target: &str) {
        if self.is_hidden_type(target) {
            self.report(findings, "REFERENCED_INACCESSIBLE", coordinate, &format!(
                "Type \"{target}\" is @inaccessible but is referenced by \"{coordinate}\", which is in the API schema."
            ));
        }
    }

    /// The visible interface argument that an argument implements.
    fn promised_argument(&self, definition: &TypeDefinition, field: &str, argument: &str) -> Option<String> {
        definition.implements.iter().filter_map(|name| self.merged.types.get(name)).find_map(|interface| {
            let promised_field = interface.fields.get(field)?;
            let promised = promised_field.arguments.get(argument)?;
            let visible = ![&interface.directives, &promised_field.directives, &promised.directives]
                .into_iter()
                .any(|d| hidden(d));
            visible.then(|| format!("{}.{field}({argument}:)", interface.name))
        })
    }

    /// The default of a visible input must not use what is hidden.
    fn default(&self, findings: &mut Findings, coordinate: &str, input: &InputValue) {
        let Some(used) = input.default.as_ref().and_then(|value| self.hidden_in(value, &input.ty)) else { return };
        self.report(findings, "DEFAULT_VALUE_USES_INACCESSIBLE", coordinate, &format!(
            "\"{used}\" is @inaccessible but is used in the default value of \"{coordinate}\", which is in the API schema."
        ));
    }

    fn hidden_in(&self, value: &Value, ty: &TypeReference) -> Option<String> {
        let definition = self.merged.types.get(ty.base())?;
        match value {
            Value::List(items) => items.iter().find_map(|item| self.hidden_in(item, ty)),
            Value::Enum(name) => {
                let value = definition.values.get(name)?;
                hidden(&value.directives).then(|| format!("{}.{name}", definition.name))
            }
            Value::Object(fields) => fields.iter().find_map(|(name, value)| {
                let input = definition.inputs.get(name)?;
                if hidden(&input.directives) {
                    return Some(format!("{}.{name}", definition.name));
                }
                self.hidden_in(value, &input.ty)
            }),
            _ => None,
        }
    }

    /// A hidden field must not be one that a visible interface promises.
    fn implemented_field(&self, definition: &TypeDefinition, field: &str, findings: &mut Findings) {
        for interface in definition.implements.iter().filter_map(|name| self.merged.types.get(name)) {
            let promised = interface
                .fields
                .get(field)
                .is_some_and(|promise| !hidden(&promise.directives) && !hidden(&interface.directives));
            if promised {
                let coordinate = format!("{}.{field}", definition.name);
                self.report(findings, "IMPLEMENTED_BY_INACCESSIBLE", &coordinate, &format!(
                    "Field \"{coordinate}\" is @inaccessible but implements the interface field \"{}.{field}\", which is in the API schema.",
                    interface.name
                ));
            }
        }
    }
}
