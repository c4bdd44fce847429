//! Reads a subgraph's answer into the store, by the shape that was asked for.

use bytes::Bytes;
use cloudphone_planning::{GraphQlError, PathSegment, Shape, Symbol, TypeId, TypeTable};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    alike::{Alike, Remembered},
    json::{Fault, Scanner},
    request::SubgraphError,
    store::{Node, ObjectId, Span, Store},
};

/// The parts of an answer.
#[derive(Debug)]
pub(crate) struct Ingested {
    /// By input: the value under its response key for entities, the whole of `data` for a root.
    pub(crate) values: Vec<Node>,
    /// Whether `data` was null or absent.
    pub(crate) data_is_null: bool,
    pub(crate) errors: Vec<GraphQlError>,
}

/// How `data` is to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected<'a> {
    /// An object of a root type.
    Root(&'a Shape),
    /// Lists of entities by response key.
    Entities(&'a [(&'a str, &'a Shape)]),
}

/// Room for the fields of the objects on the way from the root to one of them, and for the items of their lists.
const FIELDS_OF_ONE_PATH: usize = 64;

#[derive(Deserialize)]
struct WireError {
    #[serde(default)]
    message: String,
    #[serde(default)]
    path: Option<Vec<Value>>,
    #[serde(default)]
    extensions: Option<Map<String, Value>>,
}

/// Reads an answer; nothing of it is in the store when it is malformed, but unreachable remains.
pub(crate) fn ingest(
    store: &mut Store,
    types: &TypeTable,
    body: &Bytes,
    expected: Expected<'_>,
) -> Result<Ingested, SubgraphError> {
    if u32::try_from(body.len()).is_err() {
        return Err(SubgraphError::TooLarge { limit: u32::MAX as usize });
    }
    let source = store.add_source(body.clone());
    let mut read = |alike| {
        let scanner = Scanner::new(body);
        let (fields, items) = (Vec::with_capacity(FIELDS_OF_ONE_PATH), Vec::with_capacity(FIELDS_OF_ONE_PATH));
        let last_type = (&b""[..], TypeId::UNKNOWN);
        let mut reader = Reader { scanner, store: &mut *store, types, source, fields, items, last_type, alike };
        let response = reader.response(expected);
        let any_alike = reader.alike.is_some_and(|alike| alike.any);
        response.map(|ingested| (ingested, any_alike)).map_err(|Fault| {
            let malformed = reader.scanner.fault().expect("what is refused is noted");
            SubgraphError::InvalidResponse(malformed.to_string())
        })
    };
    let (ingested, any_alike) = read(Some(Alike::new(body.len())))?;
    if any_alike && !ingested.errors.is_empty() {
        // An error is about one of the objects that are alike, so that each has to be there by itself.
        return read(None).map(|(ingested, _)| ingested);
    }
    Ok(ingested)
}

struct Reader<'a, 's> {
    scanner: Scanner<'a>,
    store: &'s mut Store,
    types: &'s TypeTable,
    source: u32,
    /// Fields and items of values that are not complete yet.
    fields: Vec<(Symbol, Node)>,
    items: Vec<Node>,
    /// The name of a type that came last, which is often the next one too.
    last_type: (&'a [u8], TypeId),
    /// What equal objects are recognised by; none when each is to be kept by itself.
    alike: Option<Alike>,
}

impl Reader<'_, '_> {
    fn response(&mut self, expected: Expected<'_>) -> Result<Ingested, Fault> {
        let count = match expected {
            Expected::Root(_) => 1,
            Expected::Entities(inputs) => inputs.len(),
        };
        let mut ingested = Ingested { values: vec![Node::Null; count], data_is_null: true, errors: Vec::new() };
        let mut is_response = false;
        if self.scanner.peek()? != b'{' {
            return Err(self.scanner.malformed("expected an object"));
        }
        self.scanner.enter()?;
        let mut first = true;
        while self.scanner.another(first, b'}')? {
            first = false;
            match self.scanner.key()? {
                b"data" => {
                    is_response = true;
                    ingested.data_is_null = !self.data(expected, &mut ingested.values)?;
                }
                b"errors" => {
                    is_response = true;
                    let start = self.scanner.value()?;
                    let errors: Option<Vec<WireError>> = serde_json::from_slice(self.scanner.slice(start))
                        .map_err(|_| self.scanner.malformed("errors that are no GraphQL errors"))?;
                    ingested.errors = errors.unwrap_or_default().into_iter().map(error).collect();
                }
                _ => {
                    self.scanner.value()?;
                }
            }
        }
        self.scanner.finish()?;
        if !is_response {
            return Err(self.scanner.malformed("neither data nor errors"));
        }
        Ok(ingested)
    }

    /// Reads `data`; false when it is null.
    fn data(&mut self, expected: Expected<'_>, values: &mut [Node]) -> Result<bool, Fault> {
        match self.scanner.peek()? {
            b'n' => {
                self.scanner.value()?;
                Ok(false)
            }
            b'{' => {
                match expected {
                    Expected::Root(shape) => values[0] = Node::Object(self.object(shape)?),
                    Expected::Entities(inputs) => {
                        self.scanner.enter()?;
                        let mut first = true;
                        while self.scanner.another(first, b'}')? {
                            first = false;
                            let key = self.scanner.key()?;
                            match inputs.iter().position(|(expected, _)| expected.as_bytes() == key) {
                                Some(input) => values[input] = self.value(Some(inputs[input].1))?,
                                None => {
                                    self.scanner.value()?;
                                }
                            }
                        }
                    }
                }
                Ok(true)
            }
            _ => Err(self.scanner.malformed("data that is no object")),
        }
    }

    fn value(&mut self, shape: Option<&Shape>) -> Result<Node, Fault> {
        match (self.scanner.peek()?, shape) {
            (b'n', _) => {
                self.scanner.value()?;
                Ok(Node::Null)
            }
            (b'"', _) => self.text(),
            (b'{', Some(shape)) => Ok(Node::Object(self.object(shape)?)),
            (b'[', Some(shape)) => {
                self.scanner.enter()?;
                let floor = self.items.len();
                let mut first = true;
                while self.scanner.another(first, b']')? {
                    first = false;
                    let item = self.value(Some(shape))?;
                    self.items.push(item);
                }
                let list = self.store.add_list(&self.items[floor..]);
                self.items.truncate(floor);
                Ok(list)
            }
            _ => {
                let start = self.scanner.value()?;
                Ok(Node::Leaf(self.span(start)))
            }
        }
    }

    /// Reads a string, which begins here.
    #[inline]
    fn text(&mut self) -> Result<Node, Fault> {
        let start = self.scanner.position();
        self.scanner.string()?;
        Ok(Node::Leaf(self.span(start)))
    }

    fn object(&mut self, shape: &Shape) -> Result<ObjectId, Fault> {
        let start = self.scanner.position();
        self.scanner.enter()?;
        let floor = self.fields.len();
        let number = self.alike.as_mut().and_then(|alike| alike.number(shape));
        let mut place = None;
        let mut type_id = shape.known_type.unwrap_or(TypeId::UNKNOWN);
        let mut likely = 0;
        let mut first = true;
        loop {
            let position = match shape.fields.get(likely) {
                // Subgraphs answer in the order in which they are asked, so the next field is most often the right one.
                Some(expected) if self.scanner.take(&expected.prefix.as_bytes()[usize::from(first)..]) => Some(likely),
                expected => {
                    if !self.scanner.another(first, b'}')? {
                        break;
                    }
                    match expected {
                        Some(expected) if self.scanner.take(&expected.prefix.as_bytes()[1..]) => Some(likely),
                        _ => {
                            let key = self.scanner.key()?;
                            shape.fields.iter().position(|field| field.key.as_bytes() == key)
                        }
                    }
                }
            };
            first = false;
            let Some(position) = position else {
                self.scanner.value()?;
                continue;
            };
            likely = position + 1;
            let field = &shape.fields[position];
            let node = if self.scanner.is_next(b'"') { self.text()? } else { self.value(field.child.as_deref())? };
            if !field.is_typename {
                self.fields.push((field.symbol, node));
                if let (Some(number), None, Node::Leaf(_)) = (number, place, node) {
                    match self.met(number, start) {
                        Ok(object) => {
                            self.fields.truncate(floor);
                            return Ok(object);
                        }
                        Err(free) => place = Some(free),
                    }
                }
            } else if let Node::Leaf(span) = node {
                let named = self.named_type(span);
                if named.is_known() {
                    type_id = named;
                }
            }
        }
        let object = self.store.add_object(type_id, &self.fields[floor..]);
        self.fields.truncate(floor);
        if let (Some(number), Some(place), Some(alike)) = (number, place, &mut self.alike) {
            let (start, end) = (narrow(start), narrow(self.scanner.position()));
            alike.remember(place, Remembered { number, object, start, end });
        }
        Ok(object)
    }

    /// The object that the one begun at `start` is like, and it is left; or the place where objects that begin like this one
    /// are remembered.
    fn met(&mut self, number: u32, start: usize) -> Result<ObjectId, usize> {
        let alike = self.alike.as_mut().expect("only what is remembered has a number");
        let place = alike.place(number, self.scanner.slice(start));
        let known = alike.remembered(place, number).ok_or(place)?;
        if !self.scanner.leave_alike(start, known.start as usize..known.end as usize) {
            return Err(place);
        }
        alike.met(number);
        self.store.share(known.object);
        Ok(known.object)
    }

    fn named_type(&mut self, span: Span) -> TypeId {
        let name = self.scanner.slice(span.start as usize);
        if name != self.last_type.0 {
            let unquoted = name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name);
            let id = std::str::from_utf8(unquoted).map_or(TypeId::UNKNOWN, |name| self.types.id(name));
            self.last_type = (name, id);
        }
        self.last_type.1
    }

    fn span(&self, start: usize) -> Span {
        Span { source: self.source, start: narrow(start), end: narrow(self.scanner.position()) }
    }
}

fn narrow(position: usize) -> u32 {
    u32::try_from(position).expect("the answer's length was checked")
}

fn error(wire: WireError) -> GraphQlError {
    let path = wire.path.unwrap_or_default().into_iter().filter_map(|segment| match segment {
        Value::String(key) => Some(PathSegment::Key(key)),
        Value::Number(number) => number.as_u64().and_then(|index| usize::try_from(index).ok()).map(PathSegment::Index),
        _ => None,
    });
    GraphQlError {
        message: wire.message,
        locations: Vec::new(),
        path: path.collect(),
        extensions: wire.extensions.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use bytes::Bytes;
    use cloudphone_planning::{Shape, ShapeField, Symbol, TypeTable};

    use super::{Expected, ingest};
    use crate::store::{Found, Node, ObjectId, Store};

    fn field(key: &str, symbol: u32, child: Option<Arc<Shape>>) -> ShapeField {
        let prefix = format!(",\"{key}\":").into();
        ShapeField { key: key.into(), prefix, symbol: Symbol(symbol), is_typename: false, child }
    }

    fn shape(lone: Option<u32>) -> Shape {
        let author = Shape { fields: [field("id", 1, None), field("name", 2, None)].into(), lone, ..Shape::default() };
        Shape { fields: [field("authors", 0, Some(Arc::new(author)))].into(), ..Shape::default() }
    }

    fn authors(store: &mut Store, shape: &Shape, answer: &'static str) -> Vec<ObjectId> {
        let body = Bytes::from_static(answer.as_bytes());
        let ingested = ingest(store, &TypeTable::default(), &body, Expected::Root(shape)).unwrap();
        let Node::Object(root) = ingested.values[0] else { panic!("no object") };
        let Found::Value(Node::List { start, len }) = store.lookup(root, Symbol(0)) else { panic!("no list") };
        let object = |node: &Node| if let Node::Object(object) = node { *object } else { panic!("no object") };
        store.items(start, len).iter().map(object).collect()
    }

    const ANSWER: &str = r#"{"data":{"authors":[{"id":"1","name":"ada"},{"id":"2","name":"ada"},{"id":"1","name":"ada"},
        {"id":"1","name":"bob"}, {"id":"1", "name":"ada"},{"id":"1","name":"bob"}]}}"#;

    #[test]
    fn objects_that_are_written_alike_are_kept_once() {
        let mut store = Store::default();
        let authors = authors(&mut store, &shape(Some(0)), ANSWER);
        assert_eq!(authors[0], authors[2]);
        assert_ne!(authors[0], authors[1]);
        assert_ne!(authors[0], authors[3]);
        for (author, name) in authors.iter().zip(["ada", "ada", "ada", "bob", "ada", "bob"]) {
            let Found::Value(Node::Leaf(span)) = store.lookup(*author, Symbol(2)) else { panic!("no name") };
            assert_eq!(store.bytes(span), format!("\"{name}\"").as_bytes());
        }
    }

    #[test]
    fn objects_that_an_error_or_the_plan_may_tell_apart_are_kept_apart() {
        let failed = r#"{"data":{"authors":[{"id":"1","name":null},{"id":"1","name":null}]},
            "errors":[{"message":"no name","path":["authors",1,"name"]}]}"#;
        for (lone, answer) in [(Some(0), failed), (None, ANSWER)] {
            let authors = authors(&mut Store::default(), &shape(lone), answer);
            let distinct: std::collections::BTreeSet<_> = authors.iter().map(|author| format!("{author:?}")).collect();
            assert_eq!(distinct.len(), authors.len());
        }
    }

    #[test]
    fn many_objects_that_differ_are_all_there() {
        let list: Vec<_> = (0..500).map(|id| format!(r#"{{"id":"{id}","name":"n{id}"}}"#)).collect();
        let answer = format!(r#"{{"data":{{"authors":[{0},{0}]}}}}"#, list.join(","));
        let mut store = Store::default();
        let authors = authors(&mut store, &shape(Some(0)), answer.leak());
        assert_eq!(authors.len(), 1000);
        for (position, author) in authors.iter().enumerate() {
            let Found::Value(Node::Leaf(span)) = store.lookup(*author, Symbol(2)) else { panic!("no name") };
            assert_eq!(store.bytes(span), format!("\"n{}\"", position % 500).as_bytes());
        }
    }
}
