//! Makes valid operations on a schema.

use super::{
    arguments::{self, Variables},
    scope::{Scope, Use},
};
use crate::{
    model::{FieldDef, Schema, Ty, TypeDef},
    operation::{Fragment, Operation, Selection, Trial},
    random::Random,
};

/// How deep fields are nested at most.
const DEPTH: usize = 4;

/// A random operation on a schema, with values for its variables.
pub fn operation(schema: &Schema, seed: u64) -> Trial {
    let mut random = Random::new(seed);
    let is_mutation = schema.get("Mutation").is_some() && random.chance(15);
    let budget = 6 + random.below(30);
    let mut maker =
        Maker { random, schema, variables: Variables::default(), fragments: Vec::new(), aliases: 0, budget };
    let root = if is_mutation { "Mutation" } else { "Query" };
    let selections = maker.selections(root, &mut Scope::default(), DEPTH);
    let fragments = maker.fragments.into_iter().map(|(fragment, _)| fragment).collect();
    let variables = (0..2).map(|_| maker.variables.values(&mut maker.random, schema)).collect();
    let declared = maker.variables.declared.into_iter().map(|(variable, ..)| variable).collect();
    Trial { operation: Operation { is_mutation, selections, fragments, variables: declared }, variables }
}

struct Maker<'a> {
    random: Random,
    schema: &'a Schema,
    variables: Variables,
    fragments: Vec<(Fragment, Scope)>,
    aliases: usize,
    /// How many more fields there may be.
    budget: usize,
}

impl Maker<'_> {
    fn selections(&mut self, ty: &str, scope: &mut Scope, depth: usize) -> Vec<Selection> {
        let definition = &self.schema.types[ty];
        let wanted = 1 + self.random.below(5);
        let mut selections = Vec::new();
        for _ in 0..wanted {
            if self.budget == 0 {
                break;
            }
            let roll = self.random.below(100);
            let selected = match roll {
                0..70 => self.field(definition, scope, depth),
                70..78 => Some(self.typename(ty, scope)),
                78..91 => self.inline(ty, scope, depth),
                _ => self.spread(ty, scope, depth),
            };
            selections.extend(selected);
        }
        if selections.is_empty() {
            selections.push(self.typename(ty, scope));
        }
        selections
    }

    fn condition(&mut self) -> String {
        if !self.random.chance(10) {
            return String::new();
        }
        let name = if self.random.chance(50) { "skip" } else { "include" };
        let value = match self.random.below(4) {
            0 => "true".to_owned(),
            1 => "false".to_owned(),
            _ => {
                let known = self.variables.declared.iter().find(|(variable, ..)| variable.definition == "Boolean!");
                match known {
                    // Conditions that share a variable are not independent.
                    Some((variable, ..)) if self.random.chance(40) => format!("${}", variable.name),
                    _ => self.variables.declare(&mut self.random, self.schema, &Ty::named("Boolean").required()),
                }
            }
        };
        format!(" @{name}(if: {value})")
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("z{}", self.aliases)
    }

    fn typename(&mut self, ty: &str, scope: &mut Scope) -> Selection {
        let field = Use { parent: ty.to_owned(), is_object: false, call: "__typename".to_owned() };
        let mut key = if self.random.chance(80) { "__typename".to_owned() } else { "kind".to_owned() };
        if !scope.permits(&key, &field, "String!") {
            key = self.alias();
        }
        scope.add(&key, field, "String!");
        let head = if key == "__typename" { key } else { format!("{key}: __typename") };
        let condition = if depthless_root(ty) { String::new() } else { self.condition() };
        Selection::Field { head: format!("{head}{condition}"), selections: Vec::new() }
    }

    fn field(&mut self, definition: &TypeDef, scope: &mut Scope, depth: usize) -> Option<Selection> {
        let all: Vec<&FieldDef> = definition
            .fields()?
            .values()
            .filter(|field| depth > 0 || !self.schema.is_composite(field.ty.base()))
            .collect();
        if all.is_empty() {
            return None;
        }
        let field = *self.random.pick(&all);
        self.budget -= 1;
        let arguments = arguments::arguments(&mut self.random, self.schema, &field.arguments, &mut self.variables);
        let call = format!("{}{arguments}", field.name);
        let used = Use { parent: definition.name.clone(), is_object: definition.is_object(), call: call.clone() };
        let is_composite = self.schema.is_composite(field.ty.base());
        let shape = if is_composite { lists(&field.ty) } else { field.ty.to_string() };
        let mut key = match self.random.below(10) {
            0 | 1 => (*self.random.pick(&["a", "b", "c"])).to_owned(),
            2 => self.random.pick(&all).name.clone(),
            _ => field.name.clone(),
        };
        if !scope.permits(&key, &used, &shape) {
            key = self.alias();
        }
        let inside = scope.add(&key, used, &shape);
        let head = if key == field.name { call } else { format!("{key}: {call}") };
        let condition = self.condition();
        let selections = if is_composite { self.selections(field.ty.base(), inside, depth - 1) } else { Vec::new() };
        Some(Selection::Field { head: format!("{head}{condition}"), selections })
    }

    /// The types on which a fragment may be at a place of this type.
    fn overlapping(&self, ty: &str) -> Vec<String> {
        let here = self.schema.possible(ty);
        let overlaps = |definition: &&TypeDef| {
            definition.is_composite() && self.schema.possible(&definition.name).iter().any(|name| here.contains(name))
        };
        self.schema.types.values().filter(overlaps).map(|definition| definition.name.clone()).collect()
    }

    fn inline(&mut self, ty: &str, scope: &mut Scope, depth: usize) -> Option<Selection> {
        let candidates = self.overlapping(ty);
        if candidates.is_empty() {
            return None;
        }
        let (on, head) = if self.random.chance(10) {
            (ty.to_owned(), "...".to_owned())
        } else {
            let on = self.random.pick(&candidates).clone();
            let head = format!("... on {on}");
            (on, head)
        };
        let condition = self.condition();
        let selections = self.selections(&on, scope, depth);
        Some(Selection::Inline { head: format!("{head}{condition}"), selections })
    }

    fn spread(&mut self, ty: &str, scope: &mut Scope, depth: usize) -> Option<Selection> {
        let candidates = self.overlapping(ty);
        let known: Vec<usize> = (0..self.fragments.len())
            .filter(|position| {
                let (fragment, inside) = &self.fragments[*position];
                candidates.contains(&fragment.on) && scope.permits_all(inside)
            })
            .collect();
        if !known.is_empty() && self.random.chance(60) {
            let (fragment, inside) = &self.fragments[*self.random.pick(&known)];
            scope.add_all(inside);
            let name = fragment.name.clone();
            let directives = self.condition();
            return Some(Selection::Spread { name, directives });
        }
        if candidates.is_empty() || depth == 0 {
            return None;
        }
        let on = self.random.pick(&candidates).clone();
        let mut inside = Scope::default();
        let selections = self.selections(&on, &mut inside, depth - 1);
        let name = format!("F{}", self.fragments.len());
        let is_permitted = scope.permits_all(&inside);
        self.fragments.push((Fragment { name: name.clone(), on, selections }, inside.clone()));
        if !is_permitted {
            return None;
        }
        scope.add_all(&inside);
        let directives = self.condition();
        Some(Selection::Spread { name, directives })
    }
}

/// A root has to keep a field.
fn depthless_root(ty: &str) -> bool {
    matches!(ty, "Query" | "Mutation")
}

/// The shape of a composite type: its lists and what may not be null.
fn lists(ty: &Ty) -> String {
    match ty {
        Ty::Named(_) => "{}".to_owned(),
        Ty::List(inner) => format!("[{}]", lists(inner)),
        Ty::NonNull(inner) => format!("{}!", lists(inner)),
    }
}
