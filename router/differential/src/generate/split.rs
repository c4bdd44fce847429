//! Splits a monolith over subgraphs: who has which entities under which keys, and who answers which fields.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::{directives, finish};
use crate::{
    field_set::FieldSet,
    model::{Key, Schema, Shape, Standing, SubgraphModel, TypeDef},
    random::Random,
};

/// What is known while splitting.
pub(super) struct Split<'a> {
    pub(super) random: &'a mut Random,
    pub(super) monolith: &'a mut Schema,
    pub(super) subgraphs: Vec<SubgraphModel>,
    /// The subgraphs that find entities of a type, by type.
    pub(super) present: IndexMap<String, Vec<usize>>,
    /// Keys by which somebody finds entities of a type.
    keys: IndexMap<String, Vec<FieldSet>>,
    /// Types whose parts in a subgraph are settled.
    needed: BTreeSet<(usize, String)>,
    /// The subgraph that has an interface as an object, with the fields that it adds.
    pub(super) outside: Option<Outside>,
    /// Fields that directives move between subgraphs; no two of them may meet.
    pub(super) taken: BTreeSet<(String, String)>,
    /// Fields that every subgraph that has them has to call shareable.
    pub(super) shared: BTreeSet<(String, String)>,
}

/// An interface that one subgraph knows as an object.
pub(super) struct Outside {
    pub(super) interface: String,
    pub(super) fields: Vec<String>,
    /// Who knows it so.
    pub(super) subgraph: usize,
    /// Who has the interface with all of its implementers.
    pub(super) definer: usize,
}

/// The subgraphs of a random split. The monolith learns which of its fields require others.
pub(super) fn split(random: &mut Random, monolith: &mut Schema) -> Vec<SubgraphModel> {
    let count = 2 + random.below(4);
    let mut split = Split {
        random,
        monolith,
        subgraphs: Vec::new(),
        present: IndexMap::new(),
        keys: IndexMap::new(),
        needed: BTreeSet::new(),
        outside: None,
        taken: BTreeSet::new(),
        shared: BTreeSet::new(),
    };
    for number in 0..count {
        split.subgraphs.push(SubgraphModel { name: format!("s{number}"), schema: Schema::default() });
    }
    split.outside(count);
    split.entities();
    split.fields();
    split.roots();
    directives::apply(&mut split);
    finish::complete(&mut split);
    let mut subgraphs = split.subgraphs;
    subgraphs.retain(|subgraph| !subgraph.schema.types.is_empty());
    subgraphs
}

impl Split<'_> {
    /// How many subgraphs may have anything; the one with an interface as an object has nothing else.
    pub(super) fn ordinary(&self) -> usize {
        self.outside.as_ref().map_or(self.subgraphs.len(), |outside| outside.subgraph)
    }

    fn outside(&mut self, count: usize) {
        let Some(Shape::Interface { fields }) = self.monolith.get("Node").map(|node| &node.shape) else { return };
        let movable: Vec<String> = fields.keys().filter(|name| *name != "id").cloned().collect();
        if count < 3 || !self.random.chance(60) {
            return;
        }
        let (subgraph, definer) = (count - 1, self.random.below(count - 1));
        let fields = self.random.some(&movable, 1);
        self.outside = Some(Outside { interface: "Node".to_owned(), fields, subgraph, definer });
    }

    fn is_outside(&self, ty: &str, field: &str) -> bool {
        self.outside.as_ref().is_some_and(|outside| {
            outside.fields.iter().any(|name| name == field)
                && self.monolith.types[ty].implements().contains(&outside.interface)
        })
    }

    fn entities(&mut self) {
        let entities: Vec<TypeDef> =
            self.monolith.types.values().filter(|definition| definition.is_entity()).cloned().collect();
        for entity in entities {
            let mut present: Vec<usize> = (0..self.ordinary()).collect();
            self.random.shuffle(&mut present);
            present.truncate(1 + self.random.below(3));
            if let Some(outside) = &self.outside
                && entity.implements().contains(&outside.interface)
                && !present.contains(&outside.definer)
            {
                present.push(outside.definer);
            }
            let keys: Vec<FieldSet> = entity.keys.iter().map(|key| key.fields.clone()).collect();
            let single = keys.len() == 1 || self.random.chance(40);
            let chained = self.random.chance(30);
            let only = self.random.pick(&keys).clone();
            for (position, subgraph) in present.iter().copied().enumerate() {
                let mut own = match (single, position) {
                    (true, _) => vec![only.clone()],
                    // The first knows all keys, the others are reached through it; or each shares one with the next.
                    (false, 0) => keys.clone(),
                    (false, _) if chained => {
                        vec![keys[position % keys.len()].clone(), keys[(position + 1) % keys.len()].clone()]
                    }
                    (false, _) => self.random.some(&keys, 1),
                };
                let by_id = FieldSet::of(&["id"]);
                let is_outside = self.outside.as_ref().is_some_and(|outside| {
                    entity.implements().contains(&outside.interface) && (single || outside.definer == subgraph)
                });
                if is_outside && !own.contains(&by_id) {
                    own.push(by_id);
                }
                for key in own {
                    self.key(subgraph, &entity.name, &key, true);
                }
            }
            self.present.insert(entity.name.clone(), present);
        }
    }

    /// Gives an entity in a subgraph a key.
    fn key(&mut self, subgraph: usize, ty: &str, key: &FieldSet, resolvable: bool) {
        self.declare(subgraph, ty);
        self.needed.insert((subgraph, ty.to_owned()));
        for field in &key.fields {
            for inner in &field.fields.fields {
                let name =
                    self.monolith.types[ty].fields().expect("an entity has fields")[&field.name].ty.base().to_owned();
                self.declare(subgraph, &name);
                self.needed.insert((subgraph, name.clone()));
                self.own(subgraph, &name, &inner.name);
                // The planner finds no way to the rest of an object when a subgraph has only the key's part of it.
                self.own(subgraph, &name, "note");
                self.shared.insert((name, inner.name.clone()));
            }
            self.own(subgraph, ty, &field.name);
        }
        let definition = &mut self.subgraphs[subgraph].schema.types[ty];
        if definition.keys.iter().all(|known| known.fields != *key) {
            definition.keys.push(Key { fields: key.clone(), resolvable });
            let known = self.keys.entry(ty.to_owned()).or_default();
            if resolvable && !known.contains(key) {
                known.push(key.clone());
            }
        }
    }

    fn declare(&mut self, subgraph: usize, ty: &str) {
        let schema = &mut self.subgraphs[subgraph].schema;
        if schema.get(ty).is_none() {
            schema.add(TypeDef::object(ty));
        }
    }

    /// Lets a subgraph answer a field, and gives it the types that it takes.
    pub(super) fn own(&mut self, subgraph: usize, ty: &str, field: &str) {
        self.declare(subgraph, ty);
        let definition = self.monolith.types[ty].field(field).expect("fields come from the monolith").clone();
        if self.subgraphs[subgraph].schema.types[ty].field(field).is_some() {
            return;
        }
        self.subgraphs[subgraph].schema.types[ty].fields_mut().insert(field.to_owned(), definition.clone());
        for argument in &definition.arguments {
            self.need(subgraph, argument.ty.base());
        }
        self.need(subgraph, definition.ty.base());
        let as_object = self.outside.as_ref().is_some_and(|outside| outside.subgraph == subgraph);
        if !as_object {
            for name in &definition.behaviour.runtime {
                self.need(subgraph, name);
            }
        }
    }

    /// Gives a subgraph a type that one of its fields mentions.
    pub(super) fn need(&mut self, subgraph: usize, ty: &str) {
        let Some(definition) = self.monolith.get(ty).cloned() else { return };
        if !self.needed.insert((subgraph, ty.to_owned())) {
            return;
        }
        match &definition.shape {
            Shape::Enum { .. } | Shape::Scalar => self.subgraphs[subgraph].schema.add(definition),
            Shape::Input { fields } => {
                for field in fields {
                    self.need(subgraph, field.ty.base());
                }
                self.subgraphs[subgraph].schema.add(definition);
            }
            Shape::Object { .. } if definition.is_entity() => {
                // A reference to what others have.
                let key = self.random.pick(&self.keys[ty]).clone();
                let resolvable = self.random.chance(30);
                self.key(subgraph, ty, &key, resolvable);
                self.subgraphs[subgraph].schema.types[ty].extends = self.random.chance(30);
            }
            Shape::Object { fields, .. } => {
                for field in fields.keys() {
                    self.own(subgraph, ty, field);
                }
            }
            // Their members are known only when all fields are placed.
            Shape::Interface { .. } | Shape::Union { .. } => {}
        }
    }

    fn fields(&mut self) {
        let places: Vec<(String, Vec<usize>)> =
            self.present.iter().map(|(ty, present)| (ty.clone(), present.clone())).collect();
        for (ty, present) in places {
            let fields: Vec<String> =
                self.monolith.types[&ty].fields().expect("an entity has fields").keys().cloned().collect();
            for field in fields {
                let has = |subgraph: &SubgraphModel| {
                    subgraph.schema.get(&ty).is_some_and(|definition| definition.field(&field).is_some())
                };
                if self.subgraphs.iter().any(has) || self.is_outside(&ty, &field) {
                    continue;
                }
                let owner = *self.random.pick(&present);
                self.own(owner, &ty, &field);
                if self.random.chance(20) {
                    let other = *self.random.pick(&present);
                    self.own(other, &ty, &field);
                }
            }
        }
        let Some(outside) = &self.outside else { return };
        let (subgraph, name, fields) = (outside.subgraph, outside.interface.clone(), outside.fields.clone());
        let mut object = TypeDef::object(&name);
        object.interface_object = true;
        object.keys.push(Key { fields: FieldSet::of(&["id"]), resolvable: true });
        self.subgraphs[subgraph].schema.add(object);
        self.needed.insert((subgraph, name.clone()));
        for field in fields.iter().map(String::as_str).chain(["id"]) {
            let definition = self.monolith.types[&name].field(field).expect("a field of the interface").clone();
            for argument in &definition.arguments {
                self.need(subgraph, argument.ty.base());
            }
            self.need(subgraph, definition.ty.base());
            self.subgraphs[subgraph].schema.types[&name].fields_mut().insert(field.to_owned(), definition);
        }
    }

    fn roots(&mut self) {
        for root in ["Query", "Mutation"] {
            let fields: Vec<String> =
                self.monolith.types[root].fields().expect("a root has fields").keys().cloned().collect();
            for field in fields {
                let base = self.monolith.types[root].fields().expect("a root has fields")[&field].ty.base().to_owned();
                let as_object = self.outside.as_ref().filter(|outside| outside.interface == base && root == "Query");
                let owner = match as_object.map(|outside| outside.subgraph) {
                    Some(outside) if self.random.chance(50) => outside,
                    _ => self.random.below(self.ordinary()),
                };
                self.own(owner, root, &field);
                if root == "Query" && owner < self.ordinary() && self.random.chance(10) {
                    let other = self.random.below(self.ordinary());
                    self.own(other, root, &field);
                }
            }
        }
    }

    /// The subgraphs that answer a field.
    pub(super) fn owners(&self, ty: &str, field: &str) -> Vec<usize> {
        let answers = |number: &usize| {
            let definition = self.subgraphs[*number].schema.get(ty).and_then(|definition| definition.field(field));
            definition.is_some_and(|field| field.standing == Standing::Resolves)
        };
        (0..self.subgraphs.len()).filter(answers).collect()
    }
}
