//! Finds the objects at a path through the response.

use cloudphone_planning::FlattenSegment;

use super::{Found, Node, ObjectId, Store};

impl Store {
    /// A number for one walk over the store: objects that it found it does not find again.
    pub(crate) fn next_stamp(&mut self) -> u32 {
        self.stamp += 1;
        self.stamp
    }

    /// Adds the objects at a path, each once per stamp.
    pub(crate) fn collect(&mut self, root: ObjectId, path: &[FlattenSegment], stamp: u32, found: &mut Vec<ObjectId>) {
        // Another path may lead on elsewhere from the same objects.
        let passing = self.next_stamp();
        self.walk(Node::Object(root), path, (stamp, passing), found);
    }

    fn walk(&mut self, node: Node, path: &[FlattenSegment], stamps: (u32, u32), found: &mut Vec<ObjectId>) {
        match (node, path) {
            (Node::Object(object), []) => {
                let last = &mut self.objects[object.0 as usize].found;
                if std::mem::replace(last, stamps.0) != stamps.0 {
                    found.push(object);
                }
            }
            (Node::List { start, len }, path) => {
                let rest = path.strip_prefix(&[FlattenSegment::List]).unwrap_or(path);
                for position in start..start + len {
                    self.walk(self.items[position as usize], rest, stamps, found);
                }
            }
            (Node::Object(object), [segment, rest @ ..]) => match segment {
                FlattenSegment::Field(symbol) => {
                    if self.shared(object).is_some() {
                        let last = &mut self.objects[object.0 as usize].passed;
                        if std::mem::replace(last, stamps.1) == stamps.1 {
                            return;
                        }
                    }
                    if let Found::Value(value) = self.lookup(object, *symbol) {
                        self.walk(value, rest, stamps, found);
                    }
                }
                FlattenSegment::List => self.walk(node, rest, stamps, found),
                FlattenSegment::Types(types) => {
                    let type_id = self.type_of(object);
                    if !type_id.is_known() || types.binary_search(&type_id).is_ok() {
                        self.walk(node, rest, stamps, found);
                    }
                }
            },
            _ => {}
        }
    }
}
