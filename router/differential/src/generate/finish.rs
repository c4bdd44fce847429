//! Completes a split: interfaces and unions over what each subgraph has, what is shareable, and what clients see of it.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::split::Split;
use crate::{
    field_set::FieldSet,
    model::{FieldDef, Key, Kind, Schema, Shape, Standing, SubgraphModel, Ty, TypeDef},
};

pub(super) fn complete(split: &mut Split) {
    for subgraph in 0..split.subgraphs.len() {
        abstract_types(split, subgraph);
    }
    shareable(split);
    noise(split);
}

/// The types that fields of a subgraph mention.
fn mentioned(schema: &Schema) -> BTreeSet<String> {
    let fields = schema.types.values().filter_map(TypeDef::fields).flat_map(IndexMap::values);
    fields.map(|field| field.ty.base().to_owned()).collect()
}

fn abstract_types(split: &mut Split, subgraph: usize) {
    let mentioned = mentioned(&split.subgraphs[subgraph].schema);
    let definitions: Vec<TypeDef> = split
        .monolith
        .types
        .values()
        .filter(|definition| definition.is_composite() && !definition.is_object())
        .cloned()
        .collect();
    for definition in definitions {
        let name = &definition.name;
        let schema = &split.subgraphs[subgraph].schema;
        if schema.get(name).is_some() {
            continue;
        }
        let here: Vec<String> = split
            .monolith
            .possible(name)
            .into_iter()
            .filter(|member| schema.get(member).is_some_and(|member| !member.interface_object))
            .map(str::to_owned)
            .collect();
        let defines =
            split.outside.as_ref().is_some_and(|outside| outside.definer == subgraph && outside.interface == *name);
        if here.is_empty() || !(mentioned.contains(name) || defines || split.random.chance(40)) {
            continue;
        }
        match definition.shape {
            Shape::Union { .. } => union(split, subgraph, name, &here),
            _ => interface(split, subgraph, name, &here, defines),
        }
    }
}

fn union(split: &mut Split, subgraph: usize, name: &str, here: &[String]) {
    let fields = split.subgraphs[subgraph].schema.types.values().filter_map(TypeDef::fields).flat_map(IndexMap::values);
    let met: BTreeSet<String> =
        fields.filter(|field| field.ty.base() == name).flat_map(|field| field.behaviour.runtime.clone()).collect();
    let members: Vec<String> =
        here.iter().filter(|member| met.contains(*member) || split.random.chance(60)).cloned().collect();
    let members = if members.is_empty() { here.to_vec() } else { members };
    split.subgraphs[subgraph].schema.add(TypeDef::new(name, Shape::Union { members }));
}

fn interface(split: &mut Split, subgraph: usize, name: &str, here: &[String], defines: bool) {
    let all: Vec<String> =
        split.monolith.types[name].fields().expect("an interface has fields").keys().cloned().collect();
    if all.iter().any(|field| field == "id") {
        for object in here {
            split.own(subgraph, object, "id");
        }
    }
    let schema = &split.subgraphs[subgraph].schema;
    let answered = |field: &&String| {
        here.iter()
            .all(|object| schema.types[object].field(field).is_some_and(|field| field.standing != Standing::External))
    };
    let fields: Vec<String> = all.iter().filter(answered).cloned().collect();
    let mut kept = if defines { fields.clone() } else { split.random.some(&fields, 1) };
    if defines && !kept.iter().any(|field| field == "id") {
        kept.push("id".to_owned());
    }
    if kept.is_empty() {
        return;
    }
    let fields = kept.iter().map(|field| {
        let definition = split.monolith.types[name].field(field).expect("a field of the interface").clone();
        (field.clone(), definition)
    });
    let mut definition = TypeDef::new(name, Shape::Interface { fields: fields.collect() });
    if defines {
        definition.keys.push(Key { fields: FieldSet::of(&["id"]), resolvable: true });
    }
    let schema = &mut split.subgraphs[subgraph].schema;
    for object in here {
        if let Shape::Object { implements, .. } = &mut schema.types[object].shape {
            implements.push(name.to_owned());
        }
    }
    schema.add(definition);
}

fn shareable(split: &mut Split) {
    for subgraph in 0..split.subgraphs.len() {
        let names: Vec<String> = split.subgraphs[subgraph].schema.types.keys().cloned().collect();
        for ty in names.iter().filter(|name| *name != "Mutation") {
            let definition = split.subgraphs[subgraph].schema.types[ty].clone();
            if !definition.is_object() || definition.interface_object {
                continue;
            }
            for field in definition.fields().into_iter().flatten().map(|(_, field)| field) {
                let coordinate = (ty.clone(), field.name.clone());
                let is_key = definition.keys.iter().any(|key| key.fields.get(&field.name).is_some());
                let is_moved = field.standing != Standing::Resolves || is_moved(split, ty, &field.name);
                let several = split.owners(ty, &field.name).len() > 1 || split.shared.contains(&coordinate);
                if several && !is_key && !is_moved {
                    let field = &mut split.subgraphs[subgraph].schema.types[ty].fields_mut()[&coordinate.1];
                    field.directives.push("@shareable".to_owned());
                }
            }
        }
    }
}

fn is_moved(split: &Split, ty: &str, field: &str) -> bool {
    split.subgraphs.iter().any(|subgraph| {
        let known = subgraph.schema.get(ty).and_then(|definition| definition.field(field));
        known.is_some_and(|field| field.directives.iter().any(|directive| directive.starts_with("@override")))
    })
}

/// Differences between subgraphs that clients do not notice.
fn noise(split: &mut Split) {
    let entities: Vec<String> = split.present.keys().cloned().collect();
    for ty in entities {
        let subgraph = *split.random.pick(&split.present[&ty]);
        if split.random.chance(20) {
            let hidden = FieldDef {
                name: "hidden".to_owned(),
                ty: Ty::named("Int"),
                directives: vec!["@inaccessible".to_owned()],
                ..FieldDef::default()
            };
            split.subgraphs[subgraph].schema.types[&ty].fields_mut().insert("hidden".to_owned(), hidden);
        }
        strict(split, &ty);
    }
}

/// One of several owners promises more than the others: what never is null may be called so.
fn strict(split: &mut Split, ty: &str) {
    let fields: Vec<FieldDef> =
        split.monolith.types[ty].fields().into_iter().flatten().map(|(_, field)| field.clone()).collect();
    for field in fields {
        let owners = split.owners(ty, &field.name);
        let plain = field.behaviour.kind == Kind::Plain && !field.ty.is_required();
        let clean = !field.behaviour.nulls && !field.behaviour.errors;
        let in_interface = split.monolith.types[ty]
            .implements()
            .iter()
            .any(|interface| split.monolith.types[interface].field(&field.name).is_some());
        let declared = split.subgraphs.iter().filter(|subgraph| {
            subgraph.schema.get(ty).is_some_and(|definition| definition.field(&field.name).is_some())
        });
        if owners.len() > 1
            && owners.len() == declared.count()
            && plain
            && clean
            && !in_interface
            && split.random.chance(50)
        {
            let own = &mut split.subgraphs[owners[0]].schema.types[ty].fields_mut()[&field.name];
            own.ty = own.ty.clone().required();
        }
    }
}

/// The part of the monolith that the subgraphs have together.
pub(super) fn visible(monolith: &Schema, subgraphs: &[SubgraphModel]) -> Schema {
    let mut schema = Schema::default();
    let parts = |name: &str| {
        let own = name.to_owned();
        subgraphs.iter().filter_map(move |subgraph| subgraph.schema.get(&own))
    };
    for definition in monolith.types.values() {
        let name = &definition.name;
        if parts(name).next().is_none() {
            continue;
        }
        let mut kept = definition.clone();
        match &mut kept.shape {
            Shape::Object { implements, .. } => {
                implements.retain(|interface| parts(name).any(|part| part.implements().contains(interface)));
            }
            Shape::Interface { fields } => {
                fields.retain(|field, _| parts(name).any(|part| part.field(field).is_some()));
            }
            Shape::Union { members } => members.retain(|member| {
                parts(name).any(|part| matches!(&part.shape, Shape::Union { members } if members.contains(member)))
            }),
            _ => {}
        }
        schema.add(kept);
    }
    schema
}
