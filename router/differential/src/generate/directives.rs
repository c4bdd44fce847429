//! Moves fields about by directives: `@requires`, `@provides`, `@override`.

use serde_json::Value;

use super::split::Split;
use crate::{
    field_set::{FieldSet, SelectedField},
    model::{FieldDef, Kind, Schema, Shape, Standing},
};

pub(super) fn apply(split: &mut Split) {
    let entities: Vec<String> = split.present.keys().cloned().collect();
    for ty in &entities {
        for _ in 0..2 {
            if split.random.chance(60) {
                require(split, ty);
            }
        }
    }
    for subgraph in 0..split.ordinary() {
        provide(split, subgraph);
    }
    for ty in entities.iter().map(String::as_str).chain(["Query"]) {
        if split.random.chance(40) {
            replace(split, ty);
        }
    }
}

/// Fields of a type that exactly one subgraph answers and that are free to be changed, with who answers them.
fn movable(split: &Split, ty: &str) -> Vec<(String, usize)> {
    let definition = &split.monolith.types[ty];
    let is_key = |name: &str| definition.keys.iter().any(|key| key.fields.get(name).is_some());
    let fields = definition.fields().into_iter().flatten();
    fields
        .filter(|(name, field)| field.behaviour.kind == Kind::Plain && !is_key(name))
        .filter(|(name, _)| !split.taken.contains(&(ty.to_owned(), (*name).clone())))
        .filter_map(|(name, _)| match split.owners(ty, name).as_slice() {
            [only] if *only < split.ordinary() => Some((name.clone(), *only)),
            _ => None,
        })
        .collect()
}

fn require(split: &mut Split, ty: &str) {
    let candidates = movable(split, ty);
    if candidates.is_empty() {
        return;
    }
    let (computed, owner) = split.random.pick(&candidates).clone();
    let mut set = FieldSet::default();
    for (name, other) in candidates {
        if other == owner || set.fields.len() > 1 {
            continue;
        }
        if let Some(selected) = required_field(split, ty, &name) {
            set.fields.push(selected);
        }
    }
    if set.is_empty() {
        return;
    }
    for field in &set.fields {
        split.own(owner, ty, &field.name);
        split.subgraphs[owner].schema.types[ty].fields_mut()[&field.name].standing = Standing::External;
        split.taken.insert((ty.to_owned(), field.name.clone()));
        settle(split.monolith, ty, field);
    }
    split.taken.insert((ty.to_owned(), computed.clone()));
    split.subgraphs[owner].schema.types[ty].fields_mut()[&computed].requires = set.clone();
    split.monolith.types[ty].fields_mut()[&computed].requires = set;
}

/// How a field can be required: with arguments that can be written, and with leaves when it is an object.
fn required_field(split: &mut Split, ty: &str, name: &str) -> Option<SelectedField> {
    let field = split.monolith.types[ty].field(name)?.clone();
    let mut selected = SelectedField { name: name.to_owned(), ..SelectedField::default() };
    for argument in &field.arguments {
        let value = match (argument.ty.to_string().as_str(), &argument.default) {
            ("Int", _) => Value::from(split.random.below(9)),
            ("String", _) => Value::from("r"),
            ("Boolean!", _) => Value::from(true),
            (_, None) if !argument.ty.is_required() => continue,
            _ => return None,
        };
        selected.arguments.insert(argument.name.clone(), value);
    }
    let base = field.ty.base();
    if let Some(definition) = split.monolith.get(base).filter(|definition| definition.is_composite()) {
        let Shape::Object { fields, .. } = &definition.shape else { return None };
        if definition.is_entity() {
            return None;
        }
        let is_leaf = |inner: &&FieldDef| !split.monolith.is_composite(inner.ty.base()) && inner.arguments.is_empty();
        let leaves: Vec<&str> = fields.values().filter(is_leaf).map(|inner| inner.name.as_str()).collect();
        if leaves.is_empty() {
            return None;
        }
        selected.fields = FieldSet::of(&split.random.some(&leaves, 1));
    }
    Some(selected)
}

/// What is required does not fail: a subgraph that is not told all of it has nothing to compute with.
fn settle(monolith: &mut Schema, ty: &str, selected: &SelectedField) {
    let field = &mut monolith.types[ty].fields_mut()[&selected.name];
    field.behaviour.errors = false;
    // Nor may a null that is not allowed be the end of it.
    if field.ty.to_string().contains('!') {
        field.behaviour.nulls = false;
    }
    let base = field.ty.base().to_owned();
    for inner in &selected.fields.fields {
        settle(monolith, &base, inner);
    }
}

fn provide(split: &mut Split, subgraph: usize) {
    let own = split.subgraphs[subgraph].schema.clone();
    for definition in own.types.values().filter(|definition| definition.is_object() && !definition.interface_object) {
        for field in definition.fields().into_iter().flatten().map(|(_, field)| field) {
            let target = field.ty.base();
            let is_entity = own.get(target).is_some_and(|target| target.is_entity() && !target.interface_object);
            let is_free = field.standing == Standing::Resolves && field.provides.is_empty();
            // The value type has to be the same everywhere, so that only entities and roots provide.
            let provides = definition.is_entity() || matches!(definition.name.as_str(), "Query" | "Mutation");
            let is_alone = split.owners(&definition.name, &field.name).len() == 1;
            if !is_entity || !is_free || !provides || !is_alone || !split.random.chance(40) {
                continue;
            }
            let candidates: Vec<String> = split.monolith.types[target]
                .fields()
                .into_iter()
                .flatten()
                .filter(|(name, inner)| {
                    let is_plain = inner.arguments.is_empty()
                        && inner.behaviour.kind == Kind::Plain
                        && inner.requires.is_empty()
                        && !split.monolith.is_composite(inner.ty.base());
                    let owners = split.owners(target, name);
                    is_plain
                        && !owners.is_empty()
                        && owners.iter().all(|owner| *owner < split.ordinary() && *owner != subgraph)
                        && !split.taken.contains(&(target.to_owned(), (*name).clone()))
                })
                .map(|(name, _)| name.clone())
                .collect();
            if candidates.is_empty() {
                continue;
            }
            let name = split.random.pick(&candidates).clone();
            split.own(subgraph, target, &name);
            split.subgraphs[subgraph].schema.types[target].fields_mut()[&name].standing = Standing::External;
            split.subgraphs[subgraph].schema.types[&definition.name].fields_mut()[&field.name].provides =
                FieldSet::of(&[&name]);
            for key in [(target.to_owned(), name), (definition.name.clone(), field.name.clone())] {
                split.taken.insert(key.clone());
                split.shared.insert(key);
            }
            split.shared.remove(&(definition.name.clone(), field.name.clone()));
        }
    }
}

fn replace(split: &mut Split, ty: &str) {
    let candidates = movable(split, ty);
    if candidates.is_empty() {
        return;
    }
    let (field, from) = split.random.pick(&candidates).clone();
    let others: Vec<usize> = match split.present.get(ty) {
        Some(present) => present.clone(),
        None => (0..split.ordinary()).collect(),
    };
    let others: Vec<usize> = others.into_iter().filter(|other| *other != from).collect();
    let is_free = |other: &&usize| {
        let known = split.subgraphs[**other].schema.get(ty);
        known.is_none_or(|definition| definition.field(&field).is_none())
    };
    let others: Vec<usize> = others.iter().filter(is_free).copied().collect();
    if others.is_empty() {
        return;
    }
    let to = *split.random.pick(&others);
    split.own(to, ty, &field);
    let label = match split.random.below(4) {
        0 => Some("percent(40)"),
        1 => Some("beta"),
        _ => None,
    };
    let name = &split.subgraphs[from].name;
    let label_argument = label.map_or(String::new(), |label| format!(", label: {label:?}"));
    let directive = format!("@override(from: {name:?}{label_argument})");
    split.subgraphs[to].schema.types[ty].fields_mut()[&field].directives.push(directive);
    if label.is_none() {
        split.subgraphs[from].schema.types[ty].fields_mut()[&field].standing = Standing::Overridden;
    }
    split.taken.insert((ty.to_owned(), field));
}
