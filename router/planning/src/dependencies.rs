//! Finds which earlier steps a step really waits for: those whose answers hold something that it reads.
//!
//! The planner orders steps in waves. A step that waits for its whole wave is late by the slowest fetch it does not
//! need, so the waves are replaced by the data each step reads: the objects on its path, the types that path asks for,
//! and the fields of its representations.

use crate::plan::{FetchStep, FlattenPath, FlattenSegment, Required, Shape, StepInput, Symbol, Symbols};

/// The steps among `before` that `input` reads from. All of them when it seems to read from none: then our picture of
/// the data is wrong, and the planner's order is right.
pub(crate) fn of(input: &StepInput, before: &[usize], steps: &[FetchStep], symbols: &Symbols) -> Box<[usize]> {
    let reads = reads(input, symbols.get("__typename"));
    if reads.is_empty() {
        return Box::default();
    }
    let needed: Box<[usize]> =
        before.iter().copied().filter(|step| reads.iter().any(|read| provides(&steps[*step].input, read))).collect();
    if needed.is_empty() { before.into() } else { needed }
}

fn reads(input: &StepInput, typename: Symbol) -> Vec<Vec<Symbol>> {
    let mut all = Vec::new();
    match input {
        StepInput::Root { path, .. } => add_path(path, typename, &mut all),
        StepInput::Entities(inputs) => {
            for input in inputs {
                for path in &input.paths {
                    add_path(path, typename, &mut all);
                    let mut prefix = keys(path);
                    add_required(&input.requires, &mut prefix, &mut all);
                }
            }
        }
    }
    all
}

fn add_path(path: &FlattenPath, typename: Symbol, all: &mut Vec<Vec<Symbol>>) {
    let mut prefix = Vec::new();
    for segment in path {
        match segment {
            FlattenSegment::Field(symbol) => prefix.push(*symbol),
            FlattenSegment::Types(_) => {
                let mut read = prefix.clone();
                read.push(typename);
                all.push(read);
            }
            FlattenSegment::List => {}
        }
    }
    if !prefix.is_empty() {
        all.push(prefix);
    }
}

fn add_required(required: &[Required], prefix: &mut Vec<Symbol>, all: &mut Vec<Vec<Symbol>>) {
    for part in required {
        match part {
            Required::On { selections, .. } => add_required(selections, prefix, all),
            Required::Field(field) => {
                prefix.push(field.read);
                if field.selections.is_empty() {
                    all.push(prefix.clone());
                } else {
                    add_required(&field.selections, prefix, all);
                }
                prefix.pop();
            }
        }
    }
}

fn keys(path: &FlattenPath) -> Vec<Symbol> {
    path.iter()
        .filter_map(|segment| match segment {
            FlattenSegment::Field(symbol) => Some(*symbol),
            FlattenSegment::List | FlattenSegment::Types(_) => None,
        })
        .collect()
}

fn provides(input: &StepInput, read: &[Symbol]) -> bool {
    let writes = |path: &FlattenPath, shape: &Shape| {
        read.strip_prefix(keys(path).as_slice())
            .and_then(<[Symbol]>::first)
            .is_some_and(|first| shape.field(*first).is_some())
    };
    match input {
        StepInput::Root { shape, path } => writes(path, shape),
        StepInput::Entities(inputs) => {
            inputs.iter().any(|input| input.paths.iter().any(|path| writes(path, &input.shape)))
        }
    }
}
