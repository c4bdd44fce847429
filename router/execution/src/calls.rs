//! Prepares the call of one step and takes its answer into the store.

use std::sync::Arc;

use bytes::Bytes;
use cloudphone_planning::{
    EntityInput, FetchStep, GraphQlError, PathSegment, Shape, StepInput, TypeTable, Variables, codes,
};
use serde_json::Value;

use crate::{
    ingest::{Expected, Ingested, ingest},
    representations::{self, Representations},
    request::{SubgraphError, SubgraphResponse},
    store::{Node, ObjectId, Store},
};

/// For whom an answer is that is on its way.
#[derive(Debug)]
pub(crate) enum Pending {
    Root { targets: Vec<ObjectId> },
    Entities(Vec<Representations>),
}

/// The variables of a step's call and for whom its answer is; none when there is nobody to ask about.
pub(crate) fn prepare(
    store: &mut Store,
    types: &TypeTable,
    roots: &[ObjectId],
    step: &FetchStep,
    variables: &Variables,
) -> Option<(Bytes, Pending)> {
    let mut json = vec![b'{'];
    for name in &step.variables {
        if let Some(value) = variables.get(name) {
            begin_entry(name, &mut json);
            serde_json::to_writer(&mut json, value).expect("JSON values serialise into memory");
        }
    }
    let pending = match &step.input {
        StepInput::Root { path, .. } => {
            let mut targets = Vec::new();
            let stamp = store.next_stamp();
            for root in roots {
                store.collect(*root, path, stamp, &mut targets);
            }
            if targets.is_empty() {
                return None;
            }
            Pending::Root { targets }
        }
        StepInput::Entities(inputs) => {
            let mut collected = Vec::with_capacity(inputs.len());
            for input in inputs {
                begin_entry(&input.variable, &mut json);
                collected.push(representations::collect(store, types, roots, input, &mut json));
            }
            if collected.iter().all(|input| input.targets.is_empty()) {
                return None;
            }
            Pending::Entities(collected)
        }
    };
    json.push(b'}');
    Some((json.into(), pending))
}

fn begin_entry(name: &str, json: &mut Vec<u8>) {
    if json.len() > 1 {
        json.push(b',');
    }
    serde_json::to_writer(&mut *json, name).expect("text serialises into memory");
    json.push(b':');
}

/// Takes an answer, or its absence, into the store.
pub(crate) fn complete(
    store: &mut Store,
    types: &TypeTable,
    step: &FetchStep,
    pending: &Pending,
    answer: Result<SubgraphResponse, SubgraphError>,
) {
    let ingested = answer.and_then(|response| match &step.input {
        StepInput::Root { shape, .. } => ingest(store, types, &response.body, Expected::Root(shape)),
        StepInput::Entities(inputs) => {
            let expected: Vec<_> = inputs.iter().map(|input| (&*input.response_key, &*input.shape)).collect();
            ingest(store, types, &response.body, Expected::Entities(&expected))
        }
    });
    store.root = match (&step.input, pending) {
        (StepInput::Root { path, .. }, Pending::Root { targets }) if path.is_empty() && targets.len() == 1 => {
            targets.first().copied()
        }
        _ => None,
    };
    let mut taker = Taker { store, types, service: &step.service };
    match ingested {
        Err(error) => taker.everything_failed(step, pending, &error),
        Ok(ingested) => match (&step.input, pending) {
            (StepInput::Root { shape, .. }, Pending::Root { targets }) => taker.root(shape, targets, ingested),
            (StepInput::Entities(inputs), Pending::Entities(collected)) => taker.entities(inputs, collected, ingested),
            _ => unreachable!("a call is completed by the step that prepared it"),
        },
    }
}

struct Taker<'a> {
    store: &'a mut Store,
    types: &'a TypeTable,
    service: &'a Arc<str>,
}

impl Taker<'_> {
    fn everything_failed(&mut self, step: &FetchStep, pending: &Pending, error: &SubgraphError) {
        tracing::warn!(service = %self.service, %error, "a subgraph call failed");
        let message = format!("The service \"{}\" gave no answer: {error}.", self.service);
        let error = self.told(GraphQlError::new(error.code(), message));
        let failure = self.store.add_failure(error, Vec::new());
        match (&step.input, pending) {
            (StepInput::Root { shape, .. }, Pending::Root { targets }) => {
                for target in targets {
                    self.store.attach_failure(*target, failure, shape);
                }
            }
            (StepInput::Entities(inputs), Pending::Entities(collected)) => {
                for (input, collected) in inputs.iter().zip(collected) {
                    for target in &collected.targets {
                        self.store.attach_failure(target.object, failure, &input.shape);
                    }
                }
            }
            _ => unreachable!("a call is completed by the step that prepared it"),
        }
    }

    fn root(&mut self, shape: &Arc<Shape>, targets: &[ObjectId], ingested: Ingested) {
        let answer = ingested.values.first().copied().unwrap_or(Node::Null);
        if ingested.data_is_null && ingested.errors.is_empty() {
            self.unexplained(targets, shape, "null without an error");
        }
        for error in ingested.errors {
            let error = self.told(error);
            match answer {
                Node::Object(object) if self.store.place_failure(object, shape, &error.path, &error) => {}
                Node::Object(_) => self.float(error),
                _ => {
                    let tail = error.path.clone();
                    let failure = self.store.add_failure(error, tail);
                    for target in targets {
                        self.store.attach_failure(*target, failure, shape);
                    }
                }
            }
        }
        if let Node::Object(object) = answer {
            for (position, target) in targets.iter().enumerate() {
                let overlay = if position == 0 { object } else { self.store.copy_object(object) };
                self.store.attach(self.types, *target, overlay);
            }
        }
    }

    fn entities(&mut self, inputs: &[EntityInput], collected: &[Representations], ingested: Ingested) {
        let lists: Vec<Option<Vec<Node>>> = ingested
            .values
            .iter()
            .map(|value| match value {
                Node::List { start, len } => Some(self.store.items(*start, *len).to_vec()),
                _ => None,
            })
            .collect();
        let told_nothing = ingested.errors.is_empty();
        let mut errors = ingested.errors;
        add_missing_positions(self.store, inputs, &lists, &mut errors);
        for error in errors {
            let error = self.told(error);
            self.place_entity_error(inputs, collected, &lists, error, ingested.data_is_null);
        }
        for ((input, collected), list) in inputs.iter().zip(collected).zip(&lists) {
            let expected = collected.count;
            let Some(list) = list.as_ref().filter(|list| list.len() == expected) else {
                if told_nothing || list.is_some() {
                    let targets: Vec<_> = collected.targets.iter().map(|target| target.object).collect();
                    self.unexplained(&targets, &input.shape, "not one entity for each that was asked for");
                }
                continue;
            };
            self.attach_entities(input, collected, list);
        }
    }

    fn attach_entities(&mut self, input: &EntityInput, collected: &Representations, list: &[Node]) {
        // Later fetches may complete objects inside an entity. Places on one path are completed alike, so they can
        // share it; places on different paths may be asked for different things under the same names.
        let copies = input.paths.len() > 1 && input.shape.has_objects();
        let mut by_path: Vec<Option<(usize, ObjectId)>> = vec![None; if copies { list.len() } else { 0 }];
        for target in &collected.targets {
            let Node::Object(entity) = list[target.representation] else { continue };
            let overlay = if copies {
                match by_path[target.representation] {
                    None => {
                        // The original stays untouched, so that it can be copied for the next path.
                        let copy = self.store.copy_object(entity);
                        by_path[target.representation] = Some((target.path, copy));
                        copy
                    }
                    Some((path, copy)) if path == target.path => copy,
                    Some(_) => {
                        let copy = self.store.copy_object(entity);
                        by_path[target.representation] = Some((target.path, copy));
                        copy
                    }
                }
            } else {
                entity
            };
            self.store.attach(self.types, target.object, overlay);
        }
    }

    fn place_entity_error(
        &mut self,
        inputs: &[EntityInput],
        collected: &[Representations],
        lists: &[Option<Vec<Node>>],
        error: GraphQlError,
        data_is_null: bool,
    ) {
        let path = error.path.clone();
        let input = match path.first() {
            Some(PathSegment::Key(key)) => inputs.iter().position(|input| *input.response_key == **key),
            _ => None,
        };
        let (only_input, only_entity, tail) = match (input, path.as_slice()) {
            (Some(input), [_, PathSegment::Index(position), tail @ ..]) => (Some(input), Some(*position), tail),
            (Some(input), [_, tail @ ..]) if data_is_null => (Some(input), None, tail),
            (Some(input), _) => (Some(input), None, &[][..]),
            (None, _) => (None, None, &[][..]),
        };
        if let (Some(input), Some(position)) = (only_input, only_entity)
            && let Some(Node::Object(entity)) = lists[input].as_ref().and_then(|list| list.get(position))
        {
            if !self.store.place_failure(*entity, &inputs[input].shape, tail, &error) {
                self.float(error);
            }
            return;
        }
        // An error about no entity in particular concerns those that did not come.
        if only_entity.is_none() && !data_is_null && only_input.is_none_or(|input| lists[input].is_some()) {
            self.float(error);
            return;
        }
        let failure = self.store.add_failure(error, tail.to_vec());
        for (position, (input, collected)) in inputs.iter().zip(collected).enumerate() {
            if only_input.is_some_and(|only| only != position) {
                continue;
            }
            for target in &collected.targets {
                if only_entity.is_none_or(|only| only == target.representation) {
                    self.store.attach_failure(target.object, failure, &input.shape);
                }
            }
        }
    }

    fn unexplained(&mut self, targets: &[ObjectId], shape: &Arc<Shape>, what: &str) {
        let message = format!("The service \"{}\" answered {what}.", self.service);
        let error = self.told(GraphQlError::new(codes::DOWNSTREAM_SERVICE_ERROR, message));
        let failure = self.store.add_failure(error, Vec::new());
        for target in targets {
            self.store.attach_failure(*target, failure, shape);
        }
    }

    /// Keeps an error that belongs to no field.
    fn float(&mut self, error: GraphQlError) {
        // Only a fetch of the root speaks of places that lie on the client's path.
        let own_path = if self.store.root.is_some() { error.path.clone() } else { Vec::new() };
        self.store.add_failure(error, Vec::new());
        if let Some(failure) = self.store.failures.last_mut() {
            failure.own_path = own_path;
        }
    }

    /// The error as clients are told it: with a code and the name of the service.
    fn told(&self, mut error: GraphQlError) -> GraphQlError {
        if error.message.is_empty() {
            "The service reported an error without a message.".clone_into(&mut error.message);
        }
        if error.code().is_none_or(str::is_empty) {
            error.extensions.insert("code".to_owned(), Value::from(codes::DOWNSTREAM_SERVICE_ERROR));
        }
        error.extensions.insert("service".to_owned(), Value::from(&**self.service));
        error
    }
}

/// Some servers leave an entity's position out of an error's path. When there are as many nulls where the path may lead
/// as there are errors with that path, it is clear which error belongs where.
fn add_missing_positions(
    store: &Store,
    inputs: &[EntityInput],
    lists: &[Option<Vec<Node>>],
    errors: &mut [GraphQlError],
) {
    let is_without_position = |error: &GraphQlError| matches!(error.path.get(1), Some(PathSegment::Key(_)));
    for first in 0..errors.len() {
        if !is_without_position(&errors[first]) {
            continue;
        }
        let path = errors[first].path.clone();
        let PathSegment::Key(key) = &path[0] else { continue };
        let Some(input) = inputs.iter().position(|input| *input.response_key == **key) else { continue };
        let Some(list) = &lists[input] else { continue };
        let nulls: Vec<usize> = list
            .iter()
            .enumerate()
            .filter(|(_, entity)| store.leads_to_null(**entity, &inputs[input].shape, &path[1..]))
            .map(|(position, _)| position)
            .collect();
        let same: Vec<usize> = (first..errors.len()).filter(|other| errors[*other].path == path).collect();
        if same.len() == nulls.len() {
            for (error, position) in same.into_iter().zip(nulls) {
                errors[error].path.insert(1, PathSegment::Index(position));
            }
        }
    }
}
