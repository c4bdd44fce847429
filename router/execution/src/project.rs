//! Writes the client's answer from the store, with null propagation by the specification (section 6.4.4).

use ahash::AHashSet;
use cloudphone_planning::{
    FieldProjection, GraphQlError, PathSegment, PreparedOperation, Projection, ScalarKind, TypeTable, ValueProjection,
    Variables, Wrapping, codes,
};

use crate::{
    json::Scanner,
    paths::{in_client_terms, objects_of},
    store::{Explanation, FailureId, Found, Node, ObjectId, Store},
};

/// Errors of one answer beyond which no more are listed.
const MAX_ERRORS: usize = 1_000;

/// What is written for one root.
#[derive(Debug)]
pub(crate) struct Projected {
    pub(crate) errors: Vec<GraphQlError>,
    pub(crate) data_is_null: bool,
}

/// Writes the value of `data`.
pub(crate) fn project(
    store: &mut Store,
    operation: &PreparedOperation,
    projection: &Projection,
    variables: &Variables,
    root: ObjectId,
    out: &mut Vec<u8>,
) -> Projected {
    let start = out.len();
    let mut projector = Projector {
        store,
        types: operation.supergraph().types(),
        operation,
        projection,
        variables,
        out,
        path: Vec::new(),
        around: Vec::new(),
        errors: Vec::new(),
        reported: Vec::new(),
    };
    let result = projector.object(root, projection.root);
    if result.is_err() {
        projector.explained(Node::Object(root));
    }
    let Projector { errors, reported, .. } = projector;
    let data_is_null = result.is_err();
    if data_is_null {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
    for failure in reported {
        store.mark_reported(failure);
    }
    Projected { errors, data_is_null }
}

/// A null where none may be: the nearest value that may be null becomes null.
struct Nulled;

#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl Step<'_> {
    fn segment(&self) -> PathSegment {
        match self {
            Self::Key(key) => PathSegment::Key((*key).to_owned()),
            Self::Index(index) => PathSegment::Index(*index),
        }
    }
}

struct Projector<'a> {
    store: &'a Store,
    types: &'a TypeTable,
    operation: &'a PreparedOperation,
    projection: &'a Projection,
    variables: &'a Variables,
    out: &'a mut Vec<u8>,
    path: Vec<Step<'a>>,
    /// The objects around the present field, innermost last: each with its projection and the length of its path.
    around: Vec<(ObjectId, usize, usize)>,
    errors: Vec<GraphQlError>,
    reported: Vec<FailureId>,
}

impl<'a> Projector<'a> {
    fn object(&mut self, object: ObjectId, projection: usize) -> Result<(), Nulled> {
        self.around.push((object, projection, self.path.len()));
        let projection = &self.projection.objects[projection];
        if projection.is_denied {
            self.denied();
            return Err(Nulled);
        }
        self.out.push(b'{');
        for (position, field) in projection.fields.iter().enumerate() {
            if position > 0 {
                self.out.push(b',');
            }
            self.out.extend_from_slice(field.prefix.as_bytes());
            match &field.value {
                ValueProjection::Typename(name) => self.out.extend_from_slice(name.as_bytes()),
                ValueProjection::Introspection(_) => {
                    self.operation.introspect(self.projection, field, self.variables, self.out);
                }
                _ => {
                    self.path.push(Step::Key(&field.key));
                    self.field(object, &projection.type_name, field)?;
                    self.path.pop();
                }
            }
        }
        self.out.push(b'}');
        self.around.pop();
        Ok(())
    }

    fn field(&mut self, object: ObjectId, parent: &str, field: &'a FieldProjection) -> Result<(), Nulled> {
        if matches!(field.value, ValueProjection::UnknownTypename) {
            let Some(name) = self.types.name(self.store.type_of(object)) else {
                return self.null(field.wrapping, parent, field);
            };
            self.out.push(b'"');
            self.out.extend_from_slice(name.as_bytes());
            self.out.push(b'"');
            return Ok(());
        }
        if matches!(field.value, ValueProjection::Denied) {
            self.denied();
            return self.nothing(field.wrapping);
        }
        match self.store.lookup(object, field.symbol) {
            Found::Value(node) => self.value(node, field.wrapping, parent, field),
            Found::Missing(None) => self.null(field.wrapping, parent, field),
            Found::Missing(Some(explanation)) => self.unanswered(explanation, field),
        }
    }

    /// Writes a value, or the null that takes its place.
    fn value(
        &mut self,
        node: Node,
        wrapping: Wrapping,
        parent: &str,
        field: &'a FieldProjection,
    ) -> Result<(), Nulled> {
        let start = self.out.len();
        let (depth, objects) = (self.path.len(), self.around.len());
        let result = match node {
            Node::Null => return self.null(wrapping, parent, field),
            Node::Failed(failure) => return self.failed(failure, wrapping, field),
            Node::List { start, len } => match wrapping.item() {
                Some(item) => self.list(start, len, item, parent, field),
                None => self.invalid(parent, field, "a list"),
            },
            Node::Object(object) => match (wrapping.item(), &field.value) {
                (Some(_), _) => self.invalid(parent, field, "an object instead of a list"),
                (None, ValueProjection::Object(projection)) => self.object(object, *projection),
                (None, ValueProjection::Abstract(_)) if self.is_of_unknown_type(object) => {
                    let failure = self.store.untold_type(object).expect("checked by the guard");
                    return self.failed(failure, wrapping, field);
                }
                (None, ValueProjection::Abstract(choice)) => match choice.select(self.store.type_of(object)) {
                    Some(projection) => self.object(object, projection),
                    None if self.operation.supergraph().is_hidden(self.store.type_of(object)) => {
                        self.explained(node);
                        return self.null(wrapping, parent, field);
                    }
                    None => self.invalid(parent, field, "an object of a type that is not part of the schema"),
                },
                (None, _) => self.invalid(parent, field, "an object"),
            },
            Node::Leaf(span) => {
                let store = self.store;
                self.leaf(store.bytes(span), wrapping, parent, field)
            }
        };
        if result.is_err() {
            self.out.truncate(start);
            self.path.truncate(depth);
            self.around.truncate(objects);
            if wrapping.is_non_null() {
                return Err(Nulled);
            }
            self.explained(node);
            self.out.extend_from_slice(b"null");
        }
        Ok(())
    }

    /// Whether the fetch failed that was to tell the type of an object.
    fn is_of_unknown_type(&self, object: ObjectId) -> bool {
        !self.types.is_object(self.store.type_of(object)) && self.store.untold_type(object).is_some()
    }

    /// What failed in a value that is null anyway needs no telling.
    fn explained(&mut self, node: Node) {
        self.store.failures_in(node, &mut AHashSet::new(), &mut self.reported);
    }

    fn list(
        &mut self,
        start: u32,
        len: u32,
        item: Wrapping,
        parent: &str,
        field: &'a FieldProjection,
    ) -> Result<(), Nulled> {
        self.out.push(b'[');
        let store = self.store;
        for (position, node) in store.items(start, len).iter().enumerate() {
            if position > 0 {
                self.out.push(b',');
            }
            self.path.push(Step::Index(position));
            self.value(*node, item, parent, field)?;
            self.path.pop();
        }
        self.out.push(b']');
        Ok(())
    }

    /// Writes a value that came without objects in it; lists are walked to check their items.
    fn leaf(
        &mut self,
        bytes: &'a [u8],
        wrapping: Wrapping,
        parent: &str,
        field: &'a FieldProjection,
    ) -> Result<(), Nulled> {
        let Some(item) = wrapping.item() else {
            if fits(bytes, &field.value) {
                self.out.extend_from_slice(bytes);
                return Ok(());
            }
            if is_hidden(bytes, &field.value) {
                return self.null(wrapping, parent, field);
            }
            return self.invalid(parent, field, "a value that does not fit its type");
        };
        if bytes.first() != Some(&b'[') {
            return self.invalid(parent, field, "a single value instead of a list");
        }
        let mut scanner = Scanner::new(bytes);
        let malformed = "bytes of the store were scanned when they came in";
        scanner.enter().expect(malformed);
        self.out.push(b'[');
        let mut position = 0;
        while scanner.another(position == 0, b']').expect(malformed) {
            if position > 0 {
                self.out.push(b',');
            }
            let start = scanner.value().expect(malformed);
            let bytes = scanner.slice(start);
            self.path.push(Step::Index(position));
            let before = self.out.len();
            let depth = self.path.len();
            let result =
                if bytes == b"null" { self.null(item, parent, field) } else { self.leaf(bytes, item, parent, field) };
            if result.is_err() {
                self.out.truncate(before);
                self.path.truncate(depth);
                if item.is_non_null() {
                    return Err(Nulled);
                }
                self.out.extend_from_slice(b"null");
            }
            self.path.pop();
            position += 1;
        }
        self.out.push(b']');
        Ok(())
    }

    fn null(&mut self, wrapping: Wrapping, parent: &str, field: &FieldProjection) -> Result<(), Nulled> {
        if !wrapping.is_non_null() {
            self.out.extend_from_slice(b"null");
            return Ok(());
        }
        let mut path = self.path_now();
        // What another fetch lost of an object around may have been needed to ask for this.
        let store = self.store;
        let lost = self.around.iter().rev().find_map(|(object, projection, depth)| {
            let found = (*depth > 0).then(|| store.any_failure(*object)).flatten();
            found.map(|explanation| (explanation, *projection, *depth))
        });
        if let Some((explanation, projection, depth)) = lost {
            let known = store.failure(explanation.failure);
            path.truncate(depth - explanation.up);
            path.extend(in_client_terms(self.operation, self.projection, vec![projection], &known.tail));
            if !self.errors.iter().any(|error| error.path == path) {
                self.report(known.error.clone().with_path(path));
                self.reported.push(explanation.failure);
            }
            return Err(Nulled);
        }
        // An error that already explains the null must stay the only one.
        let explained = self
            .errors
            .iter()
            .any(|error| !error.path.is_empty() && (error.path.starts_with(&path) || path.starts_with(&error.path)));
        if !explained {
            let message = format!("Cannot return null for non-nullable field {parent}.{}.", field.name);
            self.report(GraphQlError::new(codes::INVALID_VALUE, message).with_path(path));
        }
        Err(Nulled)
    }

    /// A null that a subgraph's error explains.
    fn failed(&mut self, failure: FailureId, wrapping: Wrapping, field: &'a FieldProjection) -> Result<(), Nulled> {
        let store = self.store;
        let known = store.failure(failure);
        let mut path = self.path_now();
        path.extend(in_client_terms(self.operation, self.projection, objects_of(field), &known.tail));
        self.report(known.error.clone().with_path(path));
        self.reported.push(failure);
        self.nothing(wrapping)
    }

    /// A field that is missing because of an error about the object, or about something around it.
    fn unanswered(&mut self, explanation: Explanation, field: &'a FieldProjection) -> Result<(), Nulled> {
        let store = self.store;
        let known = store.failure(explanation.failure);
        let mut path = self.path_now();
        let is_own = match known.tail.first() {
            Some(PathSegment::Key(key)) if explanation.up == 0 => {
                let is_own = self.operation.plan().symbols.get(key) == field.symbol;
                if is_own {
                    let tail = &known.tail[1..];
                    path.extend(in_client_terms(self.operation, self.projection, objects_of(field), tail));
                }
                is_own
            }
            Some(_) => false,
            None => true,
        };
        if is_own {
            self.report(known.error.clone().with_path(path));
            self.reported.push(explanation.failure);
            return self.nothing(field.wrapping);
        }
        // The error is about another field, or another object. It is told there, unless this field is the end of both.
        path.truncate(path.len() - 1 - explanation.up);
        let objects = self.around.last().map(|(_, projection, _)| *projection).into_iter().collect();
        path.extend(in_client_terms(self.operation, self.projection, objects, &known.tail));
        let is_here = explanation.up > 0 && path.starts_with(&self.path_now());
        let is_told = self.errors.iter().any(|error| error.path == path);
        if (is_here || field.wrapping.is_non_null()) && !is_told {
            self.report(known.error.clone().with_path(path));
            self.reported.push(explanation.failure);
        }
        self.nothing(field.wrapping)
    }

    /// Tells that the caller may not see what is here.
    fn denied(&mut self) {
        let error = GraphQlError::new(codes::UNAUTHORIZED, "You may not see this.");
        let path = self.path_now();
        self.report(error.with_path(path));
    }

    /// Null, if it may be.
    fn nothing(&mut self, wrapping: Wrapping) -> Result<(), Nulled> {
        if wrapping.is_non_null() {
            return Err(Nulled);
        }
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn invalid(&mut self, parent: &str, field: &FieldProjection, what: &str) -> Result<(), Nulled> {
        let path = self.path_now();
        let message = format!("The subgraph's value for {parent}.{} is {what}.", field.name);
        self.report(GraphQlError::new(codes::INVALID_VALUE, message).with_path(path));
        Err(Nulled)
    }

    fn report(&mut self, error: GraphQlError) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
    }

    fn path_now(&self) -> Vec<PathSegment> {
        self.path.iter().map(Step::segment).collect()
    }
}

fn fits(bytes: &[u8], value: &ValueProjection) -> bool {
    let first = bytes.first().copied().unwrap_or_default();
    match value {
        ValueProjection::Scalar(kind) => match kind {
            ScalarKind::String => first == b'"',
            ScalarKind::Boolean => matches!(first, b't' | b'f'),
            ScalarKind::Float => matches!(first, b'-' | b'0'..=b'9'),
            ScalarKind::Int => {
                matches!(first, b'-' | b'0'..=b'9') && !bytes.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
            }
            ScalarKind::Id => matches!(first, b'"' | b'-' | b'0'..=b'9'),
            ScalarKind::Custom => true,
        },
        ValueProjection::Enum(values) => values.visible.binary_search_by(|value| value.as_bytes().cmp(bytes)).is_ok(),
        _ => false,
    }
}

/// Whether it is a value that clients must not see.
fn is_hidden(bytes: &[u8], value: &ValueProjection) -> bool {
    matches!(value, ValueProjection::Enum(values) if values.hidden.iter().any(|hidden| hidden.as_bytes() == bytes))
}
