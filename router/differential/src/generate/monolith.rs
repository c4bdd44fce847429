//! Makes the schema that is going to be split.

use crate::{
    field_set::FieldSet,
    model::{Behaviour, FieldDef, InputDef, Key, Kind, Schema, Shape, Ty, TypeDef},
    random::Random,
};
use indexmap::IndexMap;

const ENTITIES: [&str; 5] = ["User", "Team", "Device", "Order", "Report"];
const VALUES: [&str; 3] = ["Address", "Price", "Summary"];
const REFERENCES: [&str; 6] = ["owner", "parent", "related", "items", "source", "best"];

/// A random schema.
pub(super) fn monolith(random: &mut Random) -> Schema {
    let mut maker = Maker { acyclic: random.chance(50), random, schema: Schema::default() };
    maker.inputs();
    maker.objects();
    maker.abstract_types();
    maker.references();
    maker.roots();
    maker.schema
}

struct Maker<'r> {
    random: &'r mut Random,
    schema: Schema,
    /// Whether types refer only to those after them.
    acyclic: bool,
}

fn plain(name: &str, ty: Ty) -> FieldDef {
    FieldDef { name: name.to_owned(), ty, ..FieldDef::default() }
}

fn key_field(name: &str, ty: &str, kind: Kind) -> FieldDef {
    let behaviour = Behaviour { kind, ..Behaviour::default() };
    FieldDef { behaviour, ..plain(name, Ty::named(ty).required()) }
}

fn insert(fields: &mut IndexMap<String, FieldDef>, field: FieldDef) {
    fields.entry(field.name.clone()).or_insert(field);
}

impl Maker<'_> {
    fn inputs(&mut self) {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        self.schema.add(TypeDef::new("Mood", Shape::Enum { values: names(&["GOOD", "BAD", "ODD"]) }));
        self.schema.add(TypeDef::new("Mode", Shape::Enum { values: names(&["FAST", "SAFE"]) }));
        self.schema.add(TypeDef::new("Stamp", Shape::Scalar));
        let input = |name: &str, ty: Ty, default: Option<&str>| InputDef {
            name: name.to_owned(),
            ty,
            default: default.map(str::to_owned),
        };
        let mut fields = vec![
            input("text", Ty::named("String"), None),
            input("limit", Ty::named("Int"), Some("5")),
            input("mode", Ty::named("Mode"), Some("SAFE")),
            input("words", Ty::named("String").required().list(), None),
            input("ratio", Ty::named("Float"), None),
        ];
        if self.random.chance(50) {
            fields.push(input("inner", Ty::named("Filter"), None));
        }
        if self.random.chance(30) {
            fields.push(input("must", Ty::named("ID").required(), None));
        }
        self.schema.add(TypeDef::new("Filter", Shape::Input { fields }));
    }

    fn argument(&mut self, name: &str) -> InputDef {
        let (ty, default) = match self.random.below(9) {
            0 => (Ty::named("Int"), Some("7")),
            1 => (Ty::named("String"), None),
            2 => (Ty::named("Mode"), Some("FAST")),
            3 => (Ty::named("Filter"), None),
            4 => (Ty::named("ID").required().list(), None),
            5 => (Ty::named("Float"), Some("1.5")),
            6 => (Ty::named("Boolean").required(), None),
            7 => (Ty::named("Int").list().list(), None),
            _ => (Ty::named("Filter"), Some("{limit: 2, must: \"m\"}")),
        };
        let has_must = self.schema.get("Filter").is_some_and(|filter| match &filter.shape {
            Shape::Input { fields } => fields.iter().any(|field| field.name == "must"),
            _ => false,
        });
        let default = default.map(|text| if has_must { text.to_owned() } else { text.replace(", must: \"m\"", "") });
        InputDef { name: name.to_owned(), ty, default }
    }

    fn behaviour(&mut self) -> Behaviour {
        Behaviour { nulls: self.random.chance(40), errors: self.random.chance(15), ..Behaviour::default() }
    }

    fn leaf(&mut self) -> FieldDef {
        let text = |required: bool| if required { Ty::named("String").required() } else { Ty::named("String") };
        let odd = self.random.chance(50);
        let (name, ty) = match self.random.below(14) {
            0 => ("name", text(false)),
            1 => ("title", text(true)),
            2 => ("count", Ty::named("Int")),
            3 => ("size", Ty::named("Int").required()),
            4 => ("score", Ty::named("Float")),
            5 => ("active", Ty::named("Boolean").required()),
            6 => ("mood", Ty::named("Mood")),
            7 => ("tags", text(true).list()),
            8 => ("notes", text(false).list().required()),
            9 => ("grid", Ty::named("Int").list().list()),
            10 => ("stamp", Ty::named("Stamp")),
            11 => ("moods", Ty::named("Mood").required().list().required()),
            // One name for what differs from type to type.
            12 => ("label", if odd { text(true) } else { Ty::named("Int") }),
            _ => ("extra", if odd { text(false) } else { text(false).list() }),
        };
        let mut field = plain(name, ty);
        field.behaviour = self.behaviour();
        if self.random.chance(25) {
            field.arguments.push(self.argument("by"));
            if self.random.chance(30) {
                field.arguments.push(self.argument("also"));
            }
        }
        field
    }

    fn objects(&mut self) {
        for name in &ENTITIES[..3 + self.random.below(3)] {
            let mut definition = TypeDef::object(name);
            definition.fields_mut().insert("id".to_owned(), key_field("id", "ID", Kind::Identifier));
            let mut keys = vec![FieldSet::of(&["id"])];
            match self.random.below(8) {
                0 | 1 => {
                    insert(definition.fields_mut(), key_field("code", "Int", Kind::Code));
                    keys.push(FieldSet::of(&["code"]));
                }
                2 => {
                    insert(definition.fields_mut(), key_field("half", "Int", Kind::Half));
                    insert(definition.fields_mut(), key_field("rest", "Int", Kind::Rest));
                    keys.push(FieldSet::of(&["half", "rest"]));
                }
                3 | 4 => {
                    let meta = format!("{name}Meta");
                    insert(definition.fields_mut(), key_field("meta", &meta, Kind::Plain));
                    keys.push(FieldSet::nested("meta", &["serial"]));
                    let mut inner = TypeDef::object(&meta);
                    insert(inner.fields_mut(), key_field("serial", "String", Kind::Plain));
                    insert(inner.fields_mut(), plain("note", Ty::named("String")));
                    self.schema.add(inner);
                }
                5 => {
                    insert(definition.fields_mut(), key_field("code", "Int", Kind::Code));
                    insert(definition.fields_mut(), key_field("half", "Int", Kind::Half));
                    keys.push(FieldSet::of(&["half", "code"]));
                }
                _ => {}
            }
            definition.keys = keys.into_iter().map(|fields| Key { fields, resolvable: true }).collect();
            for _ in 0..3 + self.random.below(4) {
                let field = self.leaf();
                insert(definition.fields_mut(), field);
            }
            self.schema.add(definition);
        }
        for name in &VALUES[..=self.random.below(3)] {
            let mut definition = TypeDef::object(name);
            for _ in 0..2 + self.random.below(3) {
                let field = self.leaf();
                insert(definition.fields_mut(), field);
            }
            self.schema.add(definition);
        }
        let of_entity = self.random.pick(&ENTITIES[..3]).to_owned();
        let revision = key_field("revision", "Int", Kind::Revision);
        self.schema.types[of_entity].fields_mut().insert("revision".to_owned(), revision);
    }

    fn names(&self, entities: bool) -> Vec<String> {
        let kept = |definition: &&TypeDef| {
            definition.is_object() && definition.is_entity() == entities && !definition.name.ends_with("Meta")
        };
        self.schema.types.values().filter(kept).map(|definition| definition.name.clone()).collect()
    }

    fn abstract_types(&mut self) {
        let (entities, values) = (self.names(true), self.names(false));
        if self.random.chance(70) {
            let mut fields = IndexMap::from([("id".to_owned(), key_field("id", "ID", Kind::Identifier))]);
            self.interface("Node", &entities, &mut fields);
        }
        if values.len() > 1 && self.random.chance(40) {
            self.interface("Part", &values, &mut IndexMap::new());
        }
        if self.random.chance(70) {
            let members = self.random.some(&entities, 1);
            self.schema.add(TypeDef::new("Found", Shape::Union { members }));
        }
        if self.random.chance(50) {
            let mut members = self.random.some(&entities, 1);
            members.extend(self.random.some(&values, 1));
            self.schema.add(TypeDef::new("Mixed", Shape::Union { members }));
        }
    }

    fn interface(&mut self, name: &str, objects: &[String], fields: &mut IndexMap<String, FieldDef>) {
        for _ in 0..=self.random.below(3) {
            let field = self.leaf();
            insert(fields, field);
        }
        for object in self.random.some(objects, 1) {
            let Shape::Object { implements, fields: own } = &mut self.schema.types[&object].shape else { continue };
            implements.push(name.to_owned());
            for field in fields.values() {
                if field.name != "id" {
                    own.insert(field.name.clone(), field.clone());
                }
            }
        }
        self.schema.add(TypeDef::new(name, Shape::Interface { fields: fields.clone() }));
    }

    fn wrapped(&mut self, name: &str) -> Ty {
        let ty = Ty::named(name);
        match self.random.below(9) {
            0..3 => ty,
            3 => ty.required(),
            4 => ty.list(),
            5 => ty.required().list(),
            6 => ty.required().list().required(),
            7 => ty.list().required(),
            _ => ty.list().list(),
        }
    }

    /// A field with a composite value. Abstract types may be narrowed to some of their members.
    fn reference(&mut self, name: &str, target: &str) -> FieldDef {
        let mut field = plain(name, self.wrapped(target));
        field.behaviour = self.behaviour();
        if !self.schema.get(target).is_some_and(TypeDef::is_object) {
            let possible: Vec<String> = self.schema.possible(target).into_iter().map(str::to_owned).collect();
            field.behaviour.runtime = if self.random.chance(50) { possible } else { self.random.some(&possible, 1) };
        }
        if self.random.chance(20) {
            field.arguments.push(self.argument("by"));
        }
        field
    }

    fn targets(&self) -> Vec<String> {
        let kept = |definition: &&TypeDef| definition.is_composite() && !definition.name.ends_with("Meta");
        self.schema.types.values().filter(kept).map(|definition| definition.name.clone()).collect()
    }

    fn references(&mut self) {
        let targets = self.targets();
        for (owners, most) in [(self.names(true), 3), (self.names(false), 2)] {
            for owner in owners {
                let rank = |name: &str| self.schema.types.get_index_of(name).unwrap_or_default();
                let own = rank(&owner);
                let allowed: Vec<String> = targets
                    .iter()
                    .filter(|target| !self.acyclic || self.schema.possible(target).iter().all(|name| rank(name) > own))
                    .cloned()
                    .collect();
                for _ in 0..self.random.below(most + 1) {
                    if allowed.is_empty() {
                        continue;
                    }
                    let (name, target) = (*self.random.pick(&REFERENCES), self.random.pick(&allowed).clone());
                    let field = self.reference(name, &target);
                    insert(self.schema.types[&owner].fields_mut(), field);
                }
            }
        }
    }

    fn roots(&mut self) {
        let mut query = TypeDef::object("Query");
        let mut targets = self.targets();
        self.random.shuffle(&mut targets);
        for target in targets.into_iter().chain(self.names(true)) {
            let base = target.to_lowercase();
            let (name, many) = if self.random.chance(50) { (base, false) } else { (format!("{base}s"), true) };
            let mut field = self.reference(&name, &target);
            if many && !matches!(field.ty.clone().optional(), Ty::List(_)) {
                field.ty = field.ty.optional().list();
            }
            insert(query.fields_mut(), field);
        }
        for _ in 0..2 {
            let field = self.leaf();
            insert(query.fields_mut(), field);
        }
        self.schema.add(query);
        let mut receipt = TypeDef::object("Receipt");
        insert(receipt.fields_mut(), key_field("revision", "Int", Kind::Revision));
        insert(receipt.fields_mut(), plain("proof", Ty::named("String").required()));
        let entities = self.names(true);
        let target = self.random.pick(&entities).clone();
        let field = self.reference("subject", &target);
        insert(receipt.fields_mut(), field);
        self.schema.add(receipt);
        let mut mutation = TypeDef::object("Mutation");
        for name in ["add", "change", "drop", "touch"] {
            let field = match self.random.below(3) {
                0 => {
                    let mut field = plain(name, Ty::named("String"));
                    field.behaviour = self.behaviour();
                    field.arguments.push(self.argument("by"));
                    field
                }
                1 => self.reference(name, "Receipt"),
                _ => {
                    let target = self.random.pick(&entities).clone();
                    self.reference(name, &target)
                }
            };
            insert(mutation.fields_mut(), field);
        }
        self.schema.add(mutation);
    }
}
