//! The plan of an operation for people and their tools: a tree in the usual words, as JSON and as text.
//!
//! Nodes are `Sequence`, `Parallel`, `Flatten`, `Condition` and `Fetch` as in other gateways' plans. Execution knows no tree: each
//! fetch begins as soon as those it reads from have answered, which `dependsOn` tells exactly.

mod text;
mod tree;

use std::time::Duration;

use serde_json::{Map, Value, json};
use tree::{Node, tree};

use crate::{
    operation::PreparedOperation,
    plan::{EntityInput, FetchStep, FlattenPath, FlattenSegment, Plan, Required, StepInput},
};

/// How a fetch went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutedFetch {
    /// From the beginning of the operation to that of the fetch.
    pub start: Duration,
    /// Until its answer was there.
    pub duration: Duration,
    /// The variables that were sent, in bytes.
    pub sent_bytes: usize,
    /// The answer, in bytes.
    pub received_bytes: usize,
    /// The status of an answer over HTTP, 200 for one from the same process; none when there was no answer.
    pub status: Option<u16>,
    /// The code of the error, when there was no answer.
    pub error: Option<&'static str>,
    /// Further tries after the first.
    pub retries: u32,
    /// Whether it shared the call of an equal fetch that was under way.
    pub shared: bool,
    /// Answers and entities that came out of the response cache.
    pub cached: usize,
    /// Where it was answered, when that is known: host and port.
    pub instance: Option<String>,
}

impl ExecutedFetch {
    fn to_json(&self) -> Value {
        json!({
            "startMs": milliseconds(self.start),
            "durationMs": milliseconds(self.duration),
            "sentBytes": self.sent_bytes,
            "receivedBytes": self.received_bytes,
            "status": self.status,
            "error": self.error,
            "retries": self.retries,
            "shared": self.shared,
            "cached": self.cached,
            "instance": self.instance,
        })
    }
}

/// To the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

/// How the fetches of a plan went, by their positions; none for those that were left out.
pub type Executed = [Option<ExecutedFetch>];

impl PreparedOperation {
    /// The plan for people and their tools: `node` is its tree, `text` the same for a terminal. With `executed`, each fetch tells how
    /// it went.
    pub fn explain(&self, executed: Option<&Executed>) -> Value {
        let explained = Explained { operation: self, plan: self.plan(), executed };
        let tree = tree(&explained.plan.steps);
        json!({
            "kind": "QueryPlan",
            "operationKind": self.kind().as_str(),
            "operationName": self.name().map(|name| &**name),
            "node": tree.as_ref().map(|node| explained.node(node)),
            "text": text::write(&explained, tree.as_ref()),
        })
    }
}

struct Explained<'e> {
    operation: &'e PreparedOperation,
    plan: &'e Plan,
    executed: Option<&'e Executed>,
}

impl Explained<'_> {
    fn node(&self, node: &Node) -> Value {
        let all = |nodes: &[Node]| -> Value { nodes.iter().map(|node| self.node(node)).collect() };
        match node {
            Node::Sequence(nodes) => json!({ "kind": "Sequence", "nodes": all(nodes) }),
            Node::Parallel(nodes) => json!({ "kind": "Parallel", "nodes": all(nodes) }),
            Node::Step(position) => self.step(*position),
        }
    }

    fn step(&self, position: usize) -> Value {
        let step = &self.plan.steps[position];
        let mut node = self.fetch(position, step);
        if let Some(paths) = paths(step) {
            let written: Vec<Value> = paths.iter().map(|path| self.segments(path).into()).collect();
            node = match written.as_slice() {
                [path] => json!({ "kind": "Flatten", "path": path, "node": node }),
                paths => json!({ "kind": "Flatten", "paths": paths, "node": node }),
            };
        }
        for condition in step.conditions.iter().rev() {
            let clause = if condition.expected { "ifClause" } else { "elseClause" };
            node = json!({ "kind": "Condition", "condition": &*condition.variable, clause: node });
        }
        node
    }

    fn fetch(&self, position: usize, step: &FetchStep) -> Value {
        let mut fetch = Map::new();
        fetch.insert("kind".to_owned(), "Fetch".into());
        fetch.insert("id".to_owned(), position.into());
        fetch.insert("serviceName".to_owned(), (&*step.service).into());
        fetch.insert("operationKind".to_owned(), step.kind.as_str().into());
        fetch.insert("operation".to_owned(), (&*step.query).into());
        fetch.insert("variableUsages".to_owned(), step.variables.iter().map(|name| Value::from(&**name)).collect());
        fetch.insert("dependsOn".to_owned(), step.depends_on.iter().map(|id| Value::from(*id)).collect());
        if let StepInput::Entities(inputs) = &step.input {
            let (name, value) = match &**inputs {
                [input] => ("requires", self.requires(input).into()),
                several => ("inputs", several.iter().map(|input| self.input(input)).collect()),
            };
            fetch.insert(name.to_owned(), value);
        }
        if let Some(executed) = self.executed {
            let went = executed.get(position).and_then(Option::as_ref);
            fetch.insert("executed".to_owned(), went.map_or(Value::Null, ExecutedFetch::to_json));
        }
        fetch.into()
    }

    /// Of several kinds of entities in one fetch, one kind.
    fn input(&self, input: &EntityInput) -> Value {
        let paths: Vec<Value> = input.paths.iter().map(|path| self.segments(path).into()).collect();
        json!({ "responseKey": &*input.response_key, "paths": paths, "requires": self.requires(input) })
    }

    /// Into fields by their keys, `@` for all items of a list, `|[A,B]` for objects of these types only.
    fn segments(&self, path: &FlattenPath) -> Vec<String> {
        let mut segments: Vec<String> = Vec::new();
        for segment in path {
            match segment {
                FlattenSegment::Field(symbol) => segments.push(self.plan.symbols.name(*symbol).to_owned()),
                FlattenSegment::List => segments.push("@".to_owned()),
                FlattenSegment::Types(types) => {
                    let condition = format!("|[{}]", self.type_names(types));
                    match segments.last_mut() {
                        Some(last) => last.push_str(&condition),
                        None => segments.push(condition),
                    }
                }
            }
        }
        segments
    }

    fn type_names(&self, types: &[crate::types::TypeId]) -> String {
        let table = self.operation.supergraph().types();
        let names: Vec<&str> = types.iter().filter_map(|id| table.name(*id)).map(|name| &**name).collect();
        names.join(",")
    }

    /// What is read of the entities, as a selection.
    fn requires(&self, input: &EntityInput) -> String {
        let mut text = String::from("{");
        self.add_required(&input.requires, &mut text);
        text.push_str(" }");
        text
    }

    fn add_required(&self, required: &[Required], text: &mut String) {
        for part in required {
            text.push(' ');
            let selections = match part {
                Required::Field(field) => {
                    let (read, write) =
                        (self.plan.symbols.name(field.read), field.write.trim_end_matches(':').trim_matches('"'));
                    if read != write {
                        text.push_str(write);
                        text.push_str(": ");
                    }
                    text.push_str(read);
                    &field.selections
                }
                Required::On { types, selections, .. } => {
                    text.push_str("... on ");
                    text.push_str(&self.type_names(types));
                    selections
                }
            };
            if !selections.is_empty() {
                text.push_str(" {");
                self.add_required(selections, text);
                text.push_str(" }");
            }
        }
    }
}

/// Where the answer of a step goes, unless that is the root.
fn paths(step: &FetchStep) -> Option<Vec<&FlattenPath>> {
    match &step.input {
        StepInput::Root { path, .. } => (!path.is_empty()).then(|| vec![path]),
        // Several kinds of entities each have their own.
        StepInput::Entities(inputs) => match &**inputs {
            [input] => Some(input.paths.iter().collect()),
            _ => None,
        },
    }
}
