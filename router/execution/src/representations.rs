//! Presents entities to a subgraph: finds them, writes what identifies them, and each only once.

use ahash::{AHashMap, RandomState};
use cloudphone_planning::{EntityInput, Required, TypeId, TypeTable};

use crate::store::{Found, Node, ObjectId, Store};

/// What a representation mostly takes.
const BYTES_OF_ONE: usize = 48;

/// The representations of one input and whom their answers are for.
#[derive(Debug, Default)]
pub(crate) struct Representations {
    /// How many there are in the list.
    pub(crate) count: usize,
    pub(crate) targets: Vec<Target>,
}

/// An object that an entity completes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) object: ObjectId,
    /// The position of its representation.
    pub(crate) representation: usize,
    /// Which of the input's paths led to it.
    pub(crate) path: usize,
}

/// Finds the entities of an input below the roots and appends the JSON list of them.
pub(crate) fn collect(
    store: &mut Store,
    types: &TypeTable,
    roots: &[ObjectId],
    input: &EntityInput,
    json: &mut Vec<u8>,
) -> Representations {
    let stamp = store.next_stamp();
    let mut collected = Representations::default();
    let mut scratch = std::mem::take(&mut store.scratch);
    let Scratch { objects, known } = &mut scratch;
    known.by_hash.clear();
    let mut written = Vec::new();
    json.push(b'[');
    for (path, segments) in input.paths.iter().enumerate() {
        objects.clear();
        for root in roots {
            store.collect(*root, segments, stamp, objects);
        }
        collected.targets.reserve(objects.len());
        json.reserve(objects.len() * BYTES_OF_ONE);
        for object in objects.iter() {
            let start = json.len();
            if collected.count > 0 {
                json.push(b',');
            }
            let begin = json.len();
            let writer = Writer { store, types, input };
            if !writer.representation(*object, &mut written, json) {
                json.truncate(start);
                continue;
            }
            let representation = known.position(json, begin, collected.count);
            if representation == collected.count {
                collected.count += 1;
            } else {
                json.truncate(start);
            }
            collected.targets.push(Target { object: *object, representation, path });
        }
    }
    json.push(b']');
    store.scratch = scratch;
    collected
}

/// Room for finding representations, which the next one to find some takes over.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    objects: Vec<ObjectId>,
    known: Known,
}

impl Scratch {
    /// Bytes of room, about.
    pub(crate) fn bytes(&self) -> usize {
        self.objects.capacity() * size_of::<ObjectId>()
            + self.known.by_hash.capacity() * size_of::<(u64, (usize, usize, usize))>()
    }
}

/// Representations by their hash; equality is always by all bytes.
#[derive(Debug, Default)]
struct Known {
    hasher: RandomState,
    by_hash: AHashMap<u64, (usize, usize, usize)>,
}

impl Known {
    /// The position of the representation that ends the list: that of an equal one before it, or else the next.
    fn position(&mut self, json: &[u8], begin: usize, next: usize) -> usize {
        let bytes = &json[begin..];
        // Of two representations with one hash the first stays; the other is then merely not recognised again.
        let known = self.by_hash.entry(self.hasher.hash_one(bytes)).or_insert((begin, json.len(), next));
        let (start, end, position) = *known;
        if &json[start..end] == bytes { position } else { next }
    }
}

struct Writer<'s, 'i> {
    store: &'s Store,
    types: &'s TypeTable,
    input: &'i EntityInput,
}

impl<'i> Writer<'_, 'i> {
    /// Writes a representation; false when the object has none, because its type is not asked for or no key is complete.
    fn representation(&self, object: ObjectId, written: &mut Vec<&'i str>, out: &mut Vec<u8>) -> bool {
        let type_id = self.store.type_of(object);
        let Some(own_name) = self.types.name(type_id) else { return false };
        let rewrite = self.input.rewrites.iter().find(|rewrite| rewrite.types.binary_search(&type_id).is_ok());
        let name = rewrite.map_or(own_name, |rewrite| &rewrite.name);
        if !self.is_identified(object, type_id, &self.input.requires) {
            return false;
        }
        out.push(b'{');
        written.clear();
        self.fields(object, &self.input.requires, Some(name), written, out);
        out.push(b'}');
        !written.is_empty()
    }

    fn is_identified(&self, object: ObjectId, type_id: TypeId, required: &[Required]) -> bool {
        let mut fragments = required.iter().filter_map(|part| match part {
            Required::On { types, keys, .. } => Some((types, keys)),
            Required::Field(_) => None,
        });
        let mut has_fragments = false;
        let identified = fragments.any(|(types, keys)| {
            has_fragments = true;
            let complete = |key: &[cloudphone_planning::Symbol]| {
                key.iter().all(|symbol| {
                    matches!(
                        self.store.lookup(object, *symbol),
                        Found::Value(Node::Leaf(_) | Node::Object(_) | Node::List { .. })
                    )
                })
            };
            types.binary_search(&type_id).is_ok() && (keys.is_empty() || keys.iter().any(|key| complete(key)))
        });
        identified || !has_fragments
    }

    fn fields<'r>(
        &self,
        object: ObjectId,
        required: &'r [Required],
        presented_as: Option<&str>,
        written: &mut Vec<&'r str>,
        out: &mut Vec<u8>,
    ) {
        let type_id = self.store.type_of(object);
        for part in required {
            match part {
                Required::On { types, selections, .. } => {
                    if types.binary_search(&type_id).is_ok() {
                        self.fields(object, selections, presented_as, written, out);
                    }
                }
                Required::Field(field) => {
                    if written.contains(&&*field.write) {
                        continue;
                    }
                    if field.is_typename {
                        let Some(name) = presented_as.or_else(|| self.types.name(type_id).map(|name| &**name)) else {
                            continue;
                        };
                        begin(&field.write, written, out);
                        out.push(b'"');
                        out.extend_from_slice(name.as_bytes());
                        out.push(b'"');
                    } else {
                        begin(&field.write, written, out);
                        match self.store.lookup(object, field.read) {
                            Found::Value(node) => self.value(node, &field.selections, out),
                            Found::Missing(_) => out.extend_from_slice(b"null"),
                        }
                    }
                }
            }
        }
    }

    fn value(&self, node: Node, selections: &[Required], out: &mut Vec<u8>) {
        match node {
            Node::Null | Node::Failed(_) => out.extend_from_slice(b"null"),
            Node::Leaf(span) => out.extend_from_slice(self.store.bytes(span)),
            Node::Object(object) => {
                out.push(b'{');
                self.fields(object, selections, None, &mut Vec::new(), out);
                out.push(b'}');
            }
            Node::List { start, len } => {
                out.push(b'[');
                for (position, item) in self.store.items(start, len).iter().enumerate() {
                    if position > 0 {
                        out.push(b',');
                    }
                    self.value(*item, selections, out);
                }
                out.push(b']');
            }
        }
    }
}

fn begin<'r>(write: &'r str, written: &mut Vec<&'r str>, out: &mut Vec<u8>) {
    if !written.is_empty() {
        out.push(b',');
    }
    written.push(write);
    out.extend_from_slice(write.as_bytes());
}
