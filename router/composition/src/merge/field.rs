//! Merges the fields of object types and interfaces.

use super::argument::context_arguments;
use super::type_reference::{TypeContext, Variance};
use super::{Merger, Sources, join};
use crate::finding::subgraph_list;
use crate::subgraph::{Directives, Federation};
use crate::syntax::{Directive, Field, OperationKind, TypeDefinition, TypeKind, TypeReference, Value};

impl Merger<'_> {
    /// Merges all fields any subgraph declares on a type.
    pub fn merge_fields(&mut self, merged: &mut TypeDefinition, sources: &Sources<'_, TypeDefinition>) {
        let mut names: Vec<&str> = Vec::new();
        for (_, source) in sources {
            for name in source.fields.keys() {
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
        }
        for name in names {
            let fields: Sources<'_, Field> =
                sources.iter().filter_map(|(index, source)| Some((*index, source.fields.get(name)?))).collect();
            if fields.len() < sources.len() && OperationKind::of_type(&merged.name).is_none() {
                self.hint_missing_value_field(merged, sources, name);
            }
            if let Some(field) = self.merge_field(merged, sources, name, &fields) {
                merged.fields.insert(name.to_owned(), field);
            }
        }
    }

    fn merge_field(
        &mut self,
        parent: &TypeDefinition,
        parents: &Sources<'_, TypeDefinition>,
        name: &str,
        sources: &Sources<'_, Field>,
    ) -> Option<Field> {
        let coordinate = format!("{}.{name}", parent.name);
        let (external, resolved): (Sources<'_, Field>, Sources<'_, Field>) =
            sources.iter().partition(|(_, field)| field.directives.has(Federation::External));
        if resolved.is_empty() {
            let names = self.names(external.iter().map(|(index, _)| *index));
            let listing = subgraph_list(names.iter().map(String::as_str));
            self.findings.error(
                "EXTERNAL_MISSING_ON_BASE",
                &coordinate,
                names,
                format!(
                    "Field \"{coordinate}\" is marked @external on all the subgraphs in which it is listed ({listing})."
                ),
            );
            return None;
        }
        self.check_sharing(parent, name, &resolved);
        let descriptions = resolved.iter().map(|(index, field)| (*index, &field.description)).collect();
        let description = self.description(&coordinate, &descriptions);
        let types: Sources<'_, TypeReference> = resolved.iter().map(|(index, field)| (*index, &field.ty)).collect();
        let ty = self.merge_type(
            &TypeContext {
                coordinate: &coordinate,
                variance: Variance::Output,
                error: "FIELD_TYPE_MISMATCH",
                hint: "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE",
            },
            &types,
        );
        let arguments = self.merge_arguments(&coordinate, &resolved);
        let applied = resolved.iter().map(|(index, field)| (*index, &field.directives)).collect();
        let shared = self.applied_directives(&coordinate, "FIELD_DEFINITION", &applied);
        let mut directives = self.join_fields(parent, parents, name, sources);
        directives.extend(shared);
        let merged = Field { name: name.to_owned(), description, arguments, ty, directives };
        self.check_externals(&coordinate, &merged, &external);
        Some(merged)
    }

    /// A field that several subgraphs resolve must be shareable in all of them.
    fn check_sharing(&mut self, parent: &TypeDefinition, name: &str, resolved: &Sources<'_, Field>) {
        let subgraphs = self.subgraphs;
        let mut resolvers: Vec<(usize, &str, &Field)> = resolved
            .iter()
            .filter(|(index, _)| parent.kind == TypeKind::Object || subgraphs[*index].is_interface_object(&parent.name))
            .map(|(index, field)| (*index, parent.name.as_str(), *field))
            .collect();
        // An interface object resolves the field for every implementation of the interface.
        for (index, subgraph) in subgraphs.iter().enumerate() {
            for interface in parent.implements.iter().filter(|_| parent.kind == TypeKind::Object) {
                if subgraph.is_interface_object(interface)
                    && !subgraph.types.contains_key(&parent.name)
                    && let Some(field) = subgraph.field(interface, name)
                    && !field.directives.has(Federation::External)
                {
                    resolvers.push((index, interface, field));
                }
            }
        }
        resolvers.retain(|(index, type_name, _)| {
            !self.overrides.of(type_name, name).iter().any(|moved| moved.from == *index)
        });
        if resolvers.len() < 2 {
            return;
        }
        let is_subscription = parent.name == OperationKind::Subscription.type_name();
        let unshareable: Vec<usize> = resolvers
            .iter()
            .filter(|(index, type_name, field)| {
                let subgraph = &subgraphs[*index];
                is_subscription && !subgraph.links.is_version_1() || !subgraph.is_shareable(type_name, field)
            })
            .map(|(index, ..)| *index)
            .collect();
        if unshareable.is_empty() {
            return;
        }
        let coordinate = format!("{}.{name}", parent.name);
        let all = self.names(resolvers.iter().map(|(index, ..)| *index));
        let blocking = self.names(unshareable);
        let listing = subgraph_list(all.iter().map(String::as_str));
        let reason = if blocking.len() == all.len() {
            "all of them".to_owned()
        } else {
            subgraph_list(blocking.iter().map(String::as_str))
        };
        self.findings.error("INVALID_FIELD_SHARING", &coordinate, all, format!(
            "Non-shareable field \"{coordinate}\" is resolved from multiple subgraphs: it is resolved from {listing} and defined as non-shareable in {reason}."
        ));
    }

    /// What a subgraph declares `@external` must agree with the field it refers to.
    fn check_externals(&mut self, coordinate: &str, merged: &Field, external: &Sources<'_, Field>) {
        let subgraphs = self.subgraphs;
        for (index, field) in external {
            let name = subgraphs[*index].name.as_str();
            if !self.relations.is_subtype(&merged.ty, &field.ty) && merged.ty != field.ty {
                self.findings.error("EXTERNAL_TYPE_MISMATCH", coordinate, [name], format!(
                    "Type of field \"{coordinate}\" is incompatible across subgraphs (where marked @external): it has type \"{}\" in the subgraphs that resolve it but type \"{}\" in subgraph \"{name}\".",
                    merged.ty, field.ty
                ));
            }
            for argument in merged.arguments.values() {
                let place = format!("{coordinate}({}:)", argument.name);
                match field.arguments.get(&argument.name) {
                    None => self.findings.error("EXTERNAL_ARGUMENT_MISSING", &place, [name], format!(
                        "Field \"{coordinate}\" is missing argument \"{place}\" in subgraph \"{name}\" where it is marked @external."
                    )),
                    Some(declared) if !self.relations.is_subtype(&declared.ty, &argument.ty) && !self.relations.is_subtype(&argument.ty, &declared.ty) => {
                        self.findings.error("EXTERNAL_ARGUMENT_TYPE_MISMATCH", &place, [name], format!(
                            "Type of argument \"{place}\" is incompatible across subgraphs (where \"{coordinate}\" is marked @external): it has type \"{}\" in the supergraph but type \"{}\" in subgraph \"{name}\".",
                            argument.ty, declared.ty
                        ));
                    }
                    Some(declared) if declared.default != argument.default => {
                        self.findings.error("EXTERNAL_ARGUMENT_DEFAULT_MISMATCH", &place, [name], format!(
                            "Argument \"{place}\" has another default value in subgraph \"{name}\", where \"{coordinate}\" is marked @external, than in the subgraphs that resolve it."
                        ));
                    }
                    Some(_) => {}
                }
            }
        }
    }

    /// `@join__field` for every subgraph that has the field; left out when all subgraphs that have
    /// the type have the field on equal terms.
    fn join_fields(
        &self,
        parent: &TypeDefinition,
        parents: &Sources<'_, TypeDefinition>,
        name: &str,
        sources: &Sources<'_, Field>,
    ) -> Vec<Directive> {
        let first = &sources[0].1.ty;
        let types_differ = sources.iter().any(|(_, field)| field.ty != *first);
        let mut directives = Vec::new();
        let owners = if parent.name == OperationKind::Query.type_name() { self.subgraphs.len() } else { parents.len() };
        let mut is_plain = sources.len() == owners;
        for (index, field) in sources {
            let removed = self.overrides.removed_from(*index, &parent.name, name);
            if removed.is_some_and(|moved| !moved.still_used) {
                is_plain = false;
                continue;
            }
            let directive = self.join_field(*index, parent, field, types_differ, removed.is_some());
            is_plain &= directive.arguments.len() == 1;
            directives.push(directive);
        }
        if is_plain { Vec::new() } else { directives }
    }

    fn join_field(
        &self,
        index: usize,
        parent: &TypeDefinition,
        field: &Field,
        with_type: bool,
        used_overridden: bool,
    ) -> Directive {
        let subgraph = &self.subgraphs[index];
        let mut arguments = vec![("graph", Value::name(&subgraph.graph))];
        for (argument, directive) in [("requires", Federation::Requires), ("provides", Federation::Provides)] {
            let field_set = field.directives.applied(directive).and_then(join::canonical_field_set);
            if let Some(field_set) = field_set {
                arguments.push((argument, Value::String(field_set)));
            }
        }
        if with_type {
            arguments.push(("type", Value::String(field.ty.to_string())));
        }
        if field.directives.has(Federation::External) {
            arguments.push(("external", Value::Boolean(true)));
        }
        if let Some(from) = field.directives.applied(Federation::Override).and_then(|moved| moved.string("from")) {
            arguments.push(("override", Value::string(from)));
        }
        if used_overridden {
            arguments.push(("usedOverridden", Value::Boolean(true)));
        }
        if let Some(label) = self.overrides.label(index, &parent.name, &field.name) {
            arguments.push(("overrideLabel", Value::string(label)));
        }
        let context = context_arguments(subgraph, field);
        if !context.is_empty() {
            arguments.push(("contextArguments", Value::List(context)));
        }
        Directive::new("join__field", arguments)
    }

    fn hint_missing_value_field(
        &mut self,
        merged: &TypeDefinition,
        sources: &Sources<'_, TypeDefinition>,
        field: &str,
    ) {
        if sources.iter().any(|(_, source)| source.directives.has(Federation::Key)) {
            return;
        }
        let (code, what) = match merged.kind {
            TypeKind::Interface => ("INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD", "interface type"),
            _ => ("INCONSISTENT_OBJECT_VALUE_TYPE_FIELD", "non-entity object type"),
        };
        let missing: Vec<usize> =
            sources.iter().filter(|(_, source)| !source.fields.contains_key(field)).map(|(index, _)| *index).collect();
        let coordinate = format!("{}.{field}", merged.name);
        let names = self.names(missing);
        let listing = subgraph_list(names.iter().map(String::as_str));
        self.findings.hint(code, &coordinate, names, format!(
            "Field \"{coordinate}\" of {what} \"{}\" is defined in some but not all subgraphs that define the type: it is missing in {listing}.",
            merged.name
        ));
    }
}
