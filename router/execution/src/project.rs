//! Writes the client's answer from the store, with null propagation by the specification (section 6.4.4).

mod leaves;
mod nulls;

use std::ops::Range;

use ahash::AHashSet;
use cloudphone_planning::{
    FieldProjection, GraphQlError, PathSegment, PreparedOperation, Projection, TypeTable, ValueProjection, Variables,
    Wrapping,
};

use crate::store::{FailureId, Found, Node, ObjectId, Store};

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
        troubles: 0,
        written: vec![None; store.shared_objects()],
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
    /// How often something was not as it should be: what is written then depends on where it stands.
    troubles: usize,
    /// What was written last for each object that stands in several places.
    written: Vec<Option<Written>>,
}

/// An object as it stands in the answer.
#[derive(Clone)]
struct Written {
    projection: usize,
    bytes: Range<usize>,
}

impl<'a> Projector<'a> {
    fn object(&mut self, object: ObjectId, projection: usize) -> Result<(), Nulled> {
        let Some(shared) = self.store.shared(object) else { return self.fields(object, projection) };
        if let Some(written) = &self.written[shared]
            && written.projection == projection
        {
            self.out.extend_from_within(written.bytes.clone());
            return Ok(());
        }
        let (start, troubles) = (self.out.len(), self.troubles);
        self.fields(object, projection)?;
        if self.troubles == troubles {
            self.written[shared] = Some(Written { projection, bytes: start..self.out.len() });
        }
        Ok(())
    }

    /// Takes back what was written from a position on.
    fn cut(&mut self, start: usize) {
        self.out.truncate(start);
        for written in &mut self.written {
            written.take_if(|written| written.bytes.end > start);
        }
    }

    fn fields(&mut self, object: ObjectId, projection: usize) -> Result<(), Nulled> {
        self.around.push((object, projection, self.path.len()));
        let projection = &self.projection.objects[projection];
        if projection.is_denied {
            self.denied();
            return Err(Nulled);
        }
        self.out.push(b'{');
        let mut likely = 0;
        for (position, field) in projection.fields.iter().enumerate() {
            self.out.extend_from_slice(&field.prefix.as_bytes()[usize::from(position == 0)..]);
            match &field.value {
                ValueProjection::Typename(name) => self.out.extend_from_slice(name.as_bytes()),
                ValueProjection::Introspection(_) => {
                    self.operation.introspect(self.projection, field, self.variables, self.out);
                }
                ValueProjection::Scalar(_) | ValueProjection::Enum(_)
                    if field.wrapping.item().is_none() && self.scalar(object, field, &mut likely) => {}
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

    /// Writes a scalar if there is one that fits; nothing else has to be looked at then.
    #[inline]
    fn scalar(&mut self, object: ObjectId, field: &FieldProjection, likely: &mut usize) -> bool {
        let Some(span) = self.store.scalar(object, field.symbol, likely) else { return false };
        let bytes = self.store.bytes(span);
        let fits = leaves::fits(bytes, &field.value);
        if fits {
            self.out.extend_from_slice(bytes);
        }
        fits
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
            self.cut(start);
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
}
