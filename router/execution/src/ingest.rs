//! Reads a subgraph's answer into the store, by the shape that was asked for.

use bytes::Bytes;
use cloudphone_planning::{GraphQlError, PathSegment, Shape, Symbol, TypeId, TypeTable};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    json::{Malformed, Scanner},
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
    if std::str::from_utf8(body).is_err() {
        return Err(SubgraphError::InvalidResponse("it is not UTF-8".to_owned()));
    }
    let source = store.add_source(body.clone());
    let reader = Reader { scanner: Scanner::new(body), store, types, source, fields: Vec::new(), items: Vec::new() };
    reader.response(expected).map_err(|malformed| SubgraphError::InvalidResponse(malformed.to_string()))
}

struct Reader<'a, 's> {
    scanner: Scanner<'a>,
    store: &'s mut Store,
    types: &'s TypeTable,
    source: u32,
    /// Fields and items of values that are not complete yet.
    fields: Vec<(Symbol, Node)>,
    items: Vec<Node>,
}

impl Reader<'_, '_> {
    fn response(mut self, expected: Expected<'_>) -> Result<Ingested, Malformed> {
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
    fn data(&mut self, expected: Expected<'_>, values: &mut [Node]) -> Result<bool, Malformed> {
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

    fn value(&mut self, shape: Option<&Shape>) -> Result<Node, Malformed> {
        match (self.scanner.peek()?, shape) {
            (b'n', _) => {
                self.scanner.value()?;
                Ok(Node::Null)
            }
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
                Ok(self.store.add_list(self.items.drain(floor..)))
            }
            _ => {
                let start = self.scanner.value()?;
                Ok(Node::Leaf(self.span(start)))
            }
        }
    }

    fn object(&mut self, shape: &Shape) -> Result<ObjectId, Malformed> {
        self.scanner.enter()?;
        let floor = self.fields.len();
        let mut type_id = shape.known_type.unwrap_or(TypeId::UNKNOWN);
        let mut likely = 0;
        let mut first = true;
        while self.scanner.another(first, b'}')? {
            first = false;
            let field = match shape.fields.get(likely) {
                // Subgraphs answer in the order in which they are asked, so the next field is most often the right one.
                Some(expected) if self.scanner.take(expected.prefix.as_bytes()) => Some(likely),
                _ => {
                    let key = self.scanner.key()?;
                    shape.fields.iter().position(|field| field.key.as_bytes() == key)
                }
            };
            let Some(position) = field else {
                self.scanner.value()?;
                continue;
            };
            likely = position + 1;
            let field = &shape.fields[position];
            let node = self.value(field.child.as_deref())?;
            if !field.is_typename {
                self.fields.push((field.symbol, node));
            } else if let Node::Leaf(span) = node {
                let name = self.store.bytes(span);
                let name = name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name);
                let named = std::str::from_utf8(name).map_or(TypeId::UNKNOWN, |name| self.types.id(name));
                if named.is_known() {
                    type_id = named;
                }
            }
        }
        Ok(self.store.add_object(type_id, self.fields.drain(floor..)))
    }

    fn span(&self, start: usize) -> Span {
        let narrow = |position| u32::try_from(position).expect("the answer's length was checked");
        Span { source: self.source, start: narrow(start), end: narrow(self.scanner.position()) }
    }
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
