//! Writes the client's answer from the store, with null propagation by the specification (section 6.4.4).

use ahash::AHashSet;
use cloudphone_planning::{
    FieldProjection, GraphQlError, PathSegment, PreparedOperation, Projection, ScalarKind, TypeTable, ValueProjection,
    Variables, Wrapping, client_key, codes,
};

use crate::{
    json::Scanner,
    store::{FailureId, Found, Node, ObjectId, Store},
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
        enclosing: Vec::new(),
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

/// The objects that a field's value may be.
fn objects_of(field: &FieldProjection) -> Vec<usize> {
    match &field.value {
        ValueProjection::Object(object) => vec![*object],
        ValueProjection::Abstract(choice) => choice.by_type.iter().map(|(_, object)| *object).collect(),
        _ => Vec::new(),
    }
}

/// A path that a subgraph wrote, as the client would: below one of these objects.
fn in_client_terms(
    operation: &PreparedOperation,
    projection: &Projection,
    mut objects: Vec<usize>,
    path: &[PathSegment],
) -> Vec<PathSegment> {
    let mut written = Vec::with_capacity(path.len());
    for segment in path {
        let PathSegment::Key(key) = segment else {
            written.push(segment.clone());
            continue;
        };
        let symbol = operation.plan().symbols.get(key);
        let mut fields = objects.iter().flat_map(|object| &projection.objects[*object].fields);
        if let Some(field) = fields.find(|field| field.symbol == symbol) {
            written.push(PathSegment::Key(field.key.to_string()));
            objects = objects_of(field);
        } else {
            written.push(PathSegment::Key(client_key(key).to_owned()));
            objects.clear();
        }
    }
    written
}

/// The client's path of an error that no field tells; none when it is about a root field that the client does not want.
pub(crate) fn untold_path(
    operation: &PreparedOperation,
    projection: &Projection,
    path: &[PathSegment],
) -> Option<Vec<PathSegment>> {
    if let Some(PathSegment::Key(key)) = path.first() {
        let symbol = operation.plan().symbols.get(key);
        projection.objects[projection.root].fields.iter().find(|field| field.symbol == symbol)?;
    }
    Some(in_client_terms(operation, projection, vec![projection.root], path))
}

struct Projector<'a> {
    store: &'a Store,
    types: &'a TypeTable,
    operation: &'a PreparedOperation,
    projection: &'a Projection,
    variables: &'a Variables,
    out: &'a mut Vec<u8>,
    path: Vec<Step<'a>>,
    /// The objects around the present field, innermost last.
    enclosing: Vec<usize>,
    errors: Vec<GraphQlError>,
    reported: Vec<FailureId>,
}

impl<'a> Projector<'a> {
    fn object(&mut self, object: ObjectId, projection: usize) -> Result<(), Nulled> {
        self.enclosing.push(projection);
        let projection = &self.projection.objects[projection];
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
        self.enclosing.pop();
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
        match self.store.lookup(object, field.symbol) {
            Found::Value(node) => self.value(node, field.wrapping, parent, field),
            Found::Missing(None) => self.null(field.wrapping, parent, field),
            Found::Missing(Some(failure)) => self.failed(failure, field.wrapping, field),
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
        let (depth, objects) = (self.path.len(), self.enclosing.len());
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
                (None, ValueProjection::Abstract(choice)) => match choice.select(self.store.type_of(object)) {
                    Some(projection) => self.object(object, projection),
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
            self.enclosing.truncate(objects);
            if wrapping.is_non_null() {
                return Err(Nulled);
            }
            self.explained(node);
            self.out.extend_from_slice(b"null");
        }
        Ok(())
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
        let path = self.path_now();
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
        // An error about one field of an entity explains the entity's other fields, but is told once.
        let told_elsewhere = match (known.tail.first(), self.path.last()) {
            (Some(PathSegment::Key(key)), Some(Step::Key(_))) => {
                known.whole_object && self.operation.plan().symbols.get(key) != field.symbol
            }
            _ => false,
        };
        if told_elsewhere && !wrapping.is_non_null() {
            self.out.extend_from_slice(b"null");
            return Ok(());
        }
        let mut path = self.path_now();
        let (objects, tail) = if told_elsewhere {
            // The object is lost before its field is reached that explains why.
            path.pop();
            (self.enclosing.last().copied().into_iter().collect(), known.tail.as_slice())
        } else {
            let below = usize::from(known.whole_object);
            (objects_of(field), known.tail.get(below..).unwrap_or_default())
        };
        path.extend(in_client_terms(self.operation, self.projection, objects, tail));
        if !told_elsewhere || !self.errors.iter().any(|error| error.path == path) {
            self.report(known.error.clone().with_path(path));
            self.reported.push(failure);
        }
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
        ValueProjection::Enum(values) => values.binary_search_by(|value| value.as_bytes().cmp(bytes)).is_ok(),
        _ => false,
    }
}
