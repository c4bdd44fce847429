//! Everything subgraphs answered for one request, each byte kept once.
//!
//! Leaves are spans of the answers' bytes. Objects are runs of fields by symbol. Merging copies nothing: an entity's
//! object is hung as an overlay on every object it completes, and a field is looked up in an object first, then in its
//! overlays. A failed fetch is an overlay too, so that every field it leaves missing can tell why.

use std::sync::Arc;

use bytes::Bytes;
use cloudphone_planning::{GraphQlError, PathSegment, Shape, Symbol, TypeId, TypeTable};

use crate::representations::Scratch;

mod failures;
mod spare;
mod walk;

const NONE: u32 = u32::MAX;

/// Bytes of an answer beyond which no room is made in advance.
const RESERVED_FOR: usize = 1024 * 1024;

/// A run of bytes of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) source: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// A value of the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node {
    Null,
    /// A scalar, or a list of scalars, as it came.
    Leaf(Span),
    Object(ObjectId),
    List {
        start: u32,
        len: u32,
    },
    /// A null that an error explains.
    Failed(FailureId),
}

impl Node {
    fn is_failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectId(u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FailureId(u32);

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found {
    Value(Node),
    /// Nobody answered it; with the failure that explains it, when there is one.
    Missing(Option<Explanation>),
}

/// An error about a whole object explains why one of its fields is missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Explanation {
    pub(crate) failure: FailureId,
    /// How many steps above the object the failure's tail begins.
    pub(crate) up: usize,
}

#[derive(Debug)]
struct Object {
    start: u32,
    len: u32,
    type_id: TypeId,
    first_overlay: u32,
    last_overlay: u32,
    /// The last walk that found it.
    found: u32,
    /// The last walk that passed it.
    passed: u32,
    /// Its number among the objects that stand in several places, or none.
    shared: u32,
}

#[derive(Debug)]
enum Overlay {
    Object(ObjectId),
    /// An error about the object, or about a value `up` steps around it; the failure's tail begins there. It explains the
    /// fields of the shape, or all.
    Failure {
        failure: FailureId,
        shape: Option<Arc<Shape>>,
        up: usize,
    },
}

/// An error of a subgraph, waiting for the projection to find the fields it explains.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: GraphQlError,
    /// What of the error's path lies below the value it is attached to.
    pub(crate) tail: Vec<PathSegment>,
    /// The field whose null it explains, when it is about one.
    pub(crate) place: Option<Symbol>,
    /// For whom it is told when it explains no field: one root, or all of them.
    pub(crate) root: Option<ObjectId>,
    /// Its path when it explains no field; empty when the path is not in the client's terms.
    pub(crate) own_path: Vec<PathSegment>,
    pub(crate) reported: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Store {
    sources: Vec<Bytes>,
    fields: Vec<(Symbol, Node)>,
    items: Vec<Node>,
    objects: Vec<Object>,
    overlays: Vec<(Overlay, u32)>,
    pub(crate) failures: Vec<Failure>,
    /// The root whose own fetch is being taken in, when it is one root's alone.
    pub(crate) root: Option<ObjectId>,
    stamp: u32,
    shared_objects: u32,
    /// Room for whoever looks for entities.
    pub(crate) scratch: Scratch,
}

fn index(len: usize) -> u32 {
    u32::try_from(len).expect("a request's answers have fewer than 2^32 parts: their sizes are capped")
}

impl Store {
    pub(crate) fn add_source(&mut self, bytes: Bytes) -> u32 {
        // Room for what is mostly in so many bytes: to grow step by step costs more than to read them.
        let expected_bytes = bytes.len().min(RESERVED_FOR);
        self.fields.reserve(expected_bytes / 40);
        self.objects.reserve(expected_bytes / 120);
        self.items.reserve(expected_bytes / 200);
        self.sources.push(bytes);
        index(self.sources.len() - 1)
    }

    pub(crate) fn bytes(&self, span: Span) -> &[u8] {
        &self.sources[span.source as usize][span.start as usize..span.end as usize]
    }

    pub(crate) fn add_object(&mut self, type_id: TypeId, fields: &[(Symbol, Node)]) -> ObjectId {
        let start = index(self.fields.len());
        self.fields.extend_from_slice(fields);
        let len = index(self.fields.len()) - start;
        let (found, passed, shared) = (0, 0, NONE);
        self.objects.push(Object {
            start,
            len,
            type_id,
            first_overlay: NONE,
            last_overlay: NONE,
            found,
            passed,
            shared,
        });
        ObjectId(index(self.objects.len() - 1))
    }

    pub(crate) fn add_list(&mut self, items: &[Node]) -> Node {
        let start = index(self.items.len());
        self.items.extend_from_slice(items);
        Node::List { start, len: index(self.items.len()) - start }
    }

    pub(crate) fn add_failure(&mut self, error: GraphQlError, tail: Vec<PathSegment>) -> FailureId {
        let failure = Failure { error, tail, place: None, root: self.root, own_path: Vec::new(), reported: false };
        self.failures.push(failure);
        FailureId(index(self.failures.len() - 1))
    }

    pub(crate) fn failure(&self, id: FailureId) -> &Failure {
        &self.failures[id.0 as usize]
    }

    pub(crate) fn mark_reported(&mut self, id: FailureId) {
        self.failures[id.0 as usize].reported = true;
    }

    pub(crate) fn items(&self, start: u32, len: u32) -> &[Node] {
        &self.items[start as usize..(start + len) as usize]
    }

    /// Notes that an object stands in another place too.
    pub(crate) fn share(&mut self, object: ObjectId) {
        let shared = &mut self.objects[object.0 as usize].shared;
        if *shared == NONE {
            *shared = self.shared_objects;
            self.shared_objects += 1;
        }
    }

    /// An object's number among those that stand in several places; none when it stands in one.
    pub(crate) fn shared(&self, object: ObjectId) -> Option<usize> {
        let shared = self.objects[object.0 as usize].shared;
        (shared != NONE).then_some(shared as usize)
    }

    /// How many objects stand in several places.
    pub(crate) fn shared_objects(&self) -> usize {
        self.shared_objects as usize
    }

    pub(crate) fn type_of(&self, object: ObjectId) -> TypeId {
        self.objects[object.0 as usize].type_id
    }

    fn own_fields(&self, object: ObjectId) -> &[(Symbol, Node)] {
        let object = &self.objects[object.0 as usize];
        &self.fields[object.start as usize..(object.start + object.len) as usize]
    }

    /// How many bytes all answers have.
    pub(crate) fn source_bytes(&self) -> usize {
        self.sources.iter().map(Bytes::len).sum()
    }

    /// The value of a field: the first that is not null, of the object itself or of its overlays.
    #[inline]
    pub(crate) fn lookup(&self, object: ObjectId, symbol: Symbol) -> Found {
        self.present(object, symbol).map_or_else(|| self.absent(object, symbol), Found::Value)
    }

    /// The scalar in a field, when there is one. It is most often at `position` among the object's own fields, which then moves on.
    #[inline]
    pub(crate) fn scalar(&self, object: ObjectId, symbol: Symbol, position: &mut usize) -> Option<Span> {
        if let Some((own, Node::Leaf(span))) = self.own_fields(object).get(*position)
            && *own == symbol
        {
            *position += 1;
            return Some(*span);
        }
        match self.present(object, symbol) {
            Some(Node::Leaf(span)) => Some(span),
            _ => None,
        }
    }

    /// The first value that is not null.
    fn present(&self, object: ObjectId, symbol: Symbol) -> Option<Node> {
        for (own, node) in self.own_fields(object) {
            if *own == symbol && !matches!(node, Node::Null | Node::Failed(_)) {
                return Some(*node);
            }
        }
        let mut next = self.objects[object.0 as usize].first_overlay;
        while next != NONE {
            let (overlay, following) = &self.overlays[next as usize];
            if let Overlay::Object(overlay) = overlay
                && let Some(node) = self.present(*overlay, symbol)
            {
                return Some(node);
            }
            next = *following;
        }
        None
    }

    /// What is there when no value is: a null, or the reason why there is none.
    fn absent(&self, object: ObjectId, symbol: Symbol) -> Found {
        let mut null = None;
        let mut failure = None;
        for (_, node) in self.own_fields(object).iter().filter(|(own, _)| *own == symbol) {
            match node {
                Node::Null => null = null.or(Some(*node)),
                Node::Failed(_) => null = null.filter(Node::is_failed).or(Some(*node)),
                value => return Found::Value(*value),
            }
        }
        let mut next = self.objects[object.0 as usize].first_overlay;
        while next != NONE {
            let (overlay, following) = &self.overlays[next as usize];
            match overlay {
                Overlay::Object(overlay) => match self.absent(*overlay, symbol) {
                    Found::Value(Node::Null) => null = null.or(Some(Node::Null)),
                    Found::Value(failed @ Node::Failed(_)) => null = null.filter(Node::is_failed).or(Some(failed)),
                    Found::Value(value) => return Found::Value(value),
                    Found::Missing(inner) => failure = failure.or(inner),
                },
                Overlay::Failure { failure: found, shape, up } => {
                    if failure.is_none() && shape.as_ref().is_none_or(|shape| shape.field(symbol).is_some()) {
                        failure = Some(Explanation { failure: *found, up: *up });
                    }
                }
            }
            next = *following;
        }
        match (null, failure) {
            (Some(Node::Null), Some(failure)) => Found::Missing(Some(failure)),
            (Some(node), _) => Found::Value(node),
            (None, failure) => Found::Missing(failure),
        }
    }

    fn hang(&mut self, object: ObjectId, overlay: Overlay) {
        self.overlays.push((overlay, NONE));
        let position = index(self.overlays.len() - 1);
        let object = &mut self.objects[object.0 as usize];
        let last = std::mem::replace(&mut object.last_overlay, position);
        if last == NONE {
            object.first_overlay = position;
        } else {
            self.overlays[last as usize].1 = position;
        }
    }

    /// Notes that a fetch of these fields failed for an object.
    pub(crate) fn attach_failure(&mut self, object: ObjectId, failure: FailureId, shape: &Arc<Shape>) {
        self.hang(object, Overlay::Failure { failure, shape: Some(Arc::clone(shape)), up: 0 });
    }

    /// Completes an object by another answer about it. Objects that both have under one key are completed in turn.
    pub(crate) fn attach(&mut self, types: &TypeTable, target: ObjectId, overlay: ObjectId) {
        if target == overlay {
            return;
        }
        let overlay_type = self.type_of(overlay);
        let target_type = self.type_of(target);
        let more_exact = types.is_object(overlay_type) && !types.is_object(target_type);
        if more_exact || !target_type.is_known() {
            self.objects[target.0 as usize].type_id = overlay_type;
        }
        let range = self.objects[overlay.0 as usize].start
            ..self.objects[overlay.0 as usize].start + self.objects[overlay.0 as usize].len;
        for position in range {
            let (symbol, new) = self.fields[position as usize];
            if matches!(new, Node::Object(_) | Node::List { .. } | Node::Failed(_))
                && let Found::Value(existing) = self.lookup(target, symbol)
            {
                self.merge(types, existing, new);
            }
        }
        self.hang(target, Overlay::Object(overlay));
    }

    fn merge(&mut self, types: &TypeTable, existing: Node, new: Node) {
        match (existing, new) {
            (Node::Object(existing), Node::Object(new)) => self.attach(types, existing, new),
            (value, Node::Failed(failure)) | (Node::Failed(failure), value) => self.explain(value, failure, 0),
            (Node::List { start, len }, Node::List { start: new_start, len: new_len }) => {
                for offset in 0..len.min(new_len) {
                    let existing = self.items[(start + offset) as usize];
                    let new = self.items[(new_start + offset) as usize];
                    self.merge(types, existing, new);
                }
            }
            _ => {}
        }
    }

    /// A copy of a value that shares nothing that could be completed later.
    pub(crate) fn copy(&mut self, node: Node) -> Node {
        match node {
            Node::Object(object) => Node::Object(self.copy_object(object)),
            Node::List { start, len } => {
                let mut copies = Vec::with_capacity(len as usize);
                for position in start..start + len {
                    copies.push(self.copy(self.items[position as usize]));
                }
                self.add_list(&copies)
            }
            leaf => leaf,
        }
    }

    pub(crate) fn copy_object(&mut self, object: ObjectId) -> ObjectId {
        let fields = self.own_fields(object).to_vec();
        let type_id = self.type_of(object);
        let mut copies = Vec::with_capacity(fields.len());
        for (symbol, node) in fields {
            copies.push((symbol, self.copy(node)));
        }
        self.add_object(type_id, &copies)
    }
}
