//! Finds the nulls that errors explain, and the errors that belong to a value.

use ahash::AHashSet;
use cloudphone_planning::{GraphQlError, PathSegment, Shape, Symbol};

use super::{Explanation, FailureId, NONE, Node, ObjectId, Overlay, Span, Store, index};
use crate::json::Scanner;

#[derive(Debug, Clone, Copy)]
enum Place {
    Field(usize),
    Item(usize),
}

impl Store {
    /// Puts a failure in the place of the null that a subgraph's error path leads to. The path is in the subgraph's keys.
    /// False when there is no such null.
    pub(crate) fn place_failure(
        &mut self,
        object: ObjectId,
        shape: &Shape,
        path: &[PathSegment],
        error: &GraphQlError,
    ) -> bool {
        self.open_leaves(object, shape, path);
        let Some((place, symbol, tail)) = self.find_null(object, shape, path) else { return false };
        if matches!(self.at(place), Node::Failed(_)) {
            // One error is enough to explain a null (specification, section 6.4.4).
            return true;
        }
        let failure = self.add_failure(error.clone(), tail.to_vec());
        let known = &mut self.failures[failure.0 as usize];
        known.place = Some(symbol);
        if self.root.is_some() {
            known.own_path = path.to_vec();
        }
        *self.at_mut(place) = Node::Failed(failure);
        true
    }

    /// Takes apart the lists of scalars on the way of a path, so that a null in one can be told from the others.
    fn open_leaves(&mut self, object: ObjectId, shape: &Shape, path: &[PathSegment]) {
        let [PathSegment::Key(key), below @ ..] = path else { return };
        let Some(field) = shape.fields.iter().find(|field| *field.key == **key) else { return };
        let start = self.objects[object.0 as usize].start as usize;
        let own = self.own_fields(object).iter().position(|(symbol, _)| *symbol == field.symbol);
        let Some(offset) = own else { return };
        let mut place = Place::Field(start + offset);
        let mut rest = below;
        loop {
            if let (Node::Leaf(span), [PathSegment::Index(_), ..]) = (self.at(place), rest)
                && let Some(list) = self.take_apart(span)
            {
                *self.at_mut(place) = list;
            }
            match (self.at(place), rest) {
                (Node::List { start, len }, [PathSegment::Index(index), below @ ..]) if *index < len as usize => {
                    place = Place::Item(start as usize + index);
                    rest = below;
                }
                (Node::Object(inner), _) => {
                    if let Some(shape) = &field.child {
                        self.open_leaves(inner, shape, rest);
                    }
                    return;
                }
                _ => return,
            }
        }
    }

    fn take_apart(&mut self, span: Span) -> Option<Node> {
        let bytes = self.bytes(span);
        if bytes.first() != Some(&b'[') {
            return None;
        }
        let malformed = "bytes of the store were scanned when they came in";
        let mut scanner = Scanner::new(bytes);
        let mut items = Vec::new();
        scanner.enter().expect(malformed);
        while scanner.another(items.is_empty(), b']').expect(malformed) {
            let start = scanner.value().expect(malformed);
            items.push(if scanner.slice(start) == b"null" {
                Node::Null
            } else {
                Node::Leaf(Span {
                    source: span.source,
                    start: span.start + index(start),
                    end: span.start + index(scanner.position()),
                })
            });
        }
        Some(self.add_list(&items))
    }

    /// Whether a path, in the subgraph's keys, leads from a value to a null, or the value is null itself.
    pub(crate) fn leads_to_null(&self, node: Node, shape: &Shape, path: &[PathSegment]) -> bool {
        match node {
            Node::Null => true,
            Node::Object(object) => {
                self.find_null(object, shape, path).is_some_and(|(place, ..)| matches!(self.at(place), Node::Null))
            }
            _ => false,
        }
    }

    /// The null that a path leads to, explained already or not, and what of the path lies below it.
    fn find_null<'p>(
        &self,
        object: ObjectId,
        shape: &Shape,
        path: &'p [PathSegment],
    ) -> Option<(Place, Symbol, &'p [PathSegment])> {
        let (mut object, mut shape, mut rest) = (object, shape, path);
        loop {
            let [PathSegment::Key(key), below @ ..] = rest else { return None };
            let field = shape.fields.iter().find(|field| *field.key == **key)?;
            let start = self.objects[object.0 as usize].start as usize;
            let offset = self.own_fields(object).iter().position(|(symbol, _)| *symbol == field.symbol)?;
            let mut place = Place::Field(start + offset);
            rest = below;
            object = loop {
                match (self.at(place), rest) {
                    (Node::Null | Node::Failed(_), rest) => return Some((place, field.symbol, rest)),
                    (Node::List { start, len }, [PathSegment::Index(index), below @ ..]) if *index < len as usize => {
                        place = Place::Item(start as usize + index);
                        rest = below;
                    }
                    (Node::Object(inner), _) => break inner,
                    _ => return None,
                }
            };
            shape = field.child.as_ref()?;
        }
    }

    /// Lets an error that made one answer's value null explain what another answer's value is missing. The failure's tail
    /// begins `up` steps above the value.
    pub(super) fn explain(&mut self, value: Node, failure: FailureId, up: usize) {
        match value {
            Node::Object(object) => self.hang(object, Overlay::Failure { failure, shape: None, up }),
            Node::List { start, len } => {
                for position in start..start + len {
                    self.explain(self.items[position as usize], failure, up + 1);
                }
            }
            // One error is enough to explain a null.
            Node::Failed(_) if up == 0 => self.mark_reported(failure),
            Node::Failed(_) | Node::Null | Node::Leaf(_) => {}
        }
    }

    /// Any error about an object, whichever fields it explains.
    pub(crate) fn any_failure(&self, object: ObjectId) -> Option<Explanation> {
        let mut next = self.objects[object.0 as usize].first_overlay;
        while next != NONE {
            let (overlay, following) = &self.overlays[next as usize];
            let found = match overlay {
                Overlay::Object(overlay) => self.any_failure(*overlay),
                Overlay::Failure { failure, up, .. } => Some(Explanation { failure: *failure, up: *up }),
            };
            if found.is_some() {
                return found;
            }
            next = *following;
        }
        None
    }

    /// Why nobody told the type of an object: the failed fetch that was to tell it.
    pub(crate) fn untold_type(&self, object: ObjectId) -> Option<FailureId> {
        let mut next = self.objects[object.0 as usize].first_overlay;
        while next != NONE {
            let (overlay, following) = &self.overlays[next as usize];
            let found = match overlay {
                Overlay::Object(overlay) => self.untold_type(*overlay),
                Overlay::Failure { failure, shape: Some(shape), up: 0 } => {
                    shape.fields.iter().any(|field| field.is_typename).then_some(*failure)
                }
                Overlay::Failure { .. } => None,
            };
            if found.is_some() {
                return found;
            }
            next = *following;
        }
        None
    }

    /// Every failure that belongs to a value or to something in it.
    pub(crate) fn failures_in(&self, node: Node, seen: &mut AHashSet<u32>, found: &mut Vec<FailureId>) {
        match node {
            Node::Failed(failure) => found.push(failure),
            Node::List { start, len } => {
                for item in self.items(start, len) {
                    self.failures_in(*item, seen, found);
                }
            }
            Node::Object(object) if seen.insert(object.0) => {
                for (_, node) in self.own_fields(object) {
                    self.failures_in(*node, seen, found);
                }
                let mut next = self.objects[object.0 as usize].first_overlay;
                while next != NONE {
                    let (overlay, following) = &self.overlays[next as usize];
                    match overlay {
                        Overlay::Object(overlay) => self.failures_in(Node::Object(*overlay), seen, found),
                        Overlay::Failure { failure, .. } => found.push(*failure),
                    }
                    next = *following;
                }
            }
            Node::Object(_) | Node::Null | Node::Leaf(_) => {}
        }
    }

    fn at_mut(&mut self, place: Place) -> &mut Node {
        match place {
            Place::Field(position) => &mut self.fields[position].1,
            Place::Item(position) => &mut self.items[position],
        }
    }

    fn at(&self, place: Place) -> Node {
        match place {
            Place::Field(position) => self.fields[position].1,
            Place::Item(position) => self.items[position],
        }
    }
}
