//! Stores that earlier requests have left: their room is there already, and mostly in the processor's cache still.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use cloudphone_planning::Symbol;

use super::{Failure, Node, Object, Overlay, Store};

/// Stores kept for each thread; a request that finds none makes one.
const KEPT: usize = 4;
/// Room in bytes beyond which a store is not kept: a large answer is no reason to hold so much for small ones.
const KEPT_BYTES: usize = 1024 * 1024;

thread_local! {
    static LEFT: RefCell<Vec<Store>> = const { RefCell::new(Vec::new()) };
}

/// An empty store, which is left to the next request afterwards.
#[derive(Debug)]
pub(crate) struct Borrowed(Store);

impl Store {
    /// An empty one, with the room of an earlier one if there is one.
    pub(crate) fn borrow() -> Borrowed {
        Borrowed(LEFT.with_borrow_mut(Vec::pop).unwrap_or_default())
    }

    /// Forgets all but its room.
    fn clear(&mut self) {
        let Self { sources, fields, items, objects, overlays, failures, root, stamp, shared_objects, scratch: _ } =
            self;
        sources.clear();
        fields.clear();
        items.clear();
        objects.clear();
        overlays.clear();
        failures.clear();
        (*root, *stamp, *shared_objects) = (None, 0, 0);
    }

    /// Bytes of room, about.
    fn room(&self) -> usize {
        self.sources.capacity() * size_of::<Bytes>()
            + self.fields.capacity() * size_of::<(Symbol, Node)>()
            + self.items.capacity() * size_of::<Node>()
            + self.objects.capacity() * size_of::<Object>()
            + self.overlays.capacity() * size_of::<(Overlay, u32)>()
            + self.failures.capacity() * size_of::<Failure>()
            + self.scratch.bytes()
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let mut store = std::mem::take(&mut self.0);
        store.clear();
        if store.room() > KEPT_BYTES {
            return;
        }
        // A thread that ends keeps nothing.
        let _ = LEFT.try_with(|left| {
            let mut left = left.borrow_mut();
            if left.len() < KEPT {
                left.push(store);
            }
        });
    }
}

impl Deref for Borrowed {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.0
    }
}

impl DerefMut for Borrowed {
    fn deref_mut(&mut self) -> &mut Store {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use cloudphone_planning::{GraphQlError, TypeId};

    use super::*;

    #[test]
    fn the_next_one_finds_room_and_nothing_else() {
        let mut store = Store::borrow();
        store.add_source(Bytes::from(vec![b' '; 40_000]));
        let object = store.add_object(TypeId::UNKNOWN, &[(Symbol(1), Node::Null)]);
        store.add_list(&[Node::Object(object)]);
        store.share(object);
        store.add_failure(GraphQlError::new("ANY", "any"), Vec::new());
        store.root = Some(object);
        store.next_stamp();
        let room = store.room();
        drop(store);
        let store = Store::borrow();
        assert!(room > 0 && store.room() == room);
        assert_eq!(format!("{:?}", *store), format!("{:?}", Store::default()));
    }

    #[test]
    fn what_is_held_is_bounded() {
        let items = |store: &mut Store| store.items.reserve(KEPT_BYTES);
        let failures = |store: &mut Store| store.failures.reserve(KEPT_BYTES);
        for grow in [items, failures] {
            let mut large = Store::borrow();
            grow(&mut large);
            drop(large);
            assert_eq!(Store::borrow().room(), 0, "a large one is given back");
        }
        let many: Vec<_> = (0..KEPT * 3).map(|_| Store::borrow()).collect();
        drop(many);
        assert_eq!(LEFT.with_borrow(Vec::len), KEPT);
    }
}
