//! Which selections may stand beside each other (GraphQL specification, section 5.3.2), a little stricter than need be.

use indexmap::IndexMap;

/// The fields that are selected at one place of the answer, by response key.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    keys: IndexMap<String, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    uses: Vec<Use>,
    shape: String,
    inside: Scope,
}

/// A field under a response key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Use {
    /// The type that it is selected on.
    pub parent: String,
    /// Whether that is an object type.
    pub is_object: bool,
    /// Its name and arguments.
    pub call: String,
}

impl Use {
    /// Whether both can give the same value, or never meet.
    fn agrees(&self, other: &Self) -> bool {
        self.call == other.call || (self.is_object && other.is_object && self.parent != other.parent)
    }
}

impl Scope {
    /// Whether a field may be selected under a key.
    pub(super) fn permits(&self, key: &str, field: &Use, shape: &str) -> bool {
        self.keys
            .get(key)
            .is_none_or(|entry| entry.shape == shape && entry.uses.iter().all(|known| known.agrees(field)))
    }

    /// Selects a field that is permitted; gives what is selected of its value.
    pub(super) fn add(&mut self, key: &str, field: Use, shape: &str) -> &mut Scope {
        let entry = self.keys.entry(key.to_owned()).or_insert_with(|| Entry {
            uses: Vec::new(),
            shape: shape.to_owned(),
            inside: Scope::default(),
        });
        entry.uses.push(field);
        &mut entry.inside
    }

    /// Whether everything of another scope may be selected here as well.
    pub(super) fn permits_all(&self, other: &Self) -> bool {
        other.keys.iter().all(|(key, entry)| {
            entry.uses.iter().all(|field| self.permits(key, field, &entry.shape))
                && self.keys.get(key).is_none_or(|known| known.inside.permits_all(&entry.inside))
        })
    }

    /// Selects all of another scope.
    pub(super) fn add_all(&mut self, other: &Self) {
        for (key, entry) in &other.keys {
            for field in &entry.uses {
                self.add(key, field.clone(), &entry.shape);
            }
            if let Some(known) = self.keys.get_mut(key) {
                known.inside.add_all(&entry.inside);
            }
        }
    }
}
