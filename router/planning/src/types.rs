//! Names, fields and subtypes of every type of a supergraph, numbered once so that plans compare numbers.

use std::sync::Arc;

use ahash::{AHashMap, AHashSet};
use graphql_tools::static_graphql::schema::{Definition, Document, Type, TypeDefinition};

/// A type of one supergraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(u32);

impl TypeId {
    /// The type of an object that did not say what it is.
    pub const UNKNOWN: Self = Self(u32::MAX);

    /// Whether the type is known.
    pub fn is_known(self) -> bool {
        self != Self::UNKNOWN
    }

    fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Debug, Default)]
struct Entry {
    name: Arc<str>,
    is_object: bool,
    is_abstract: bool,
    /// Every type whose place a value of this one may take: itself, its interfaces, the unions it belongs to.
    supertypes: Vec<TypeId>,
    fields: AHashMap<String, TypeId>,
}

/// All types of a supergraph, those hidden from clients included.
#[derive(Debug, Default)]
pub struct TypeTable {
    entries: Vec<Entry>,
    by_name: AHashMap<Arc<str>, TypeId>,
    field_names: AHashSet<String>,
}

impl TypeTable {
    /// Reads the types of several documents; a name in a later one only adds what is missing.
    pub(crate) fn new(documents: &[&Document]) -> Self {
        let mut table = Self::default();
        let definitions = || {
            documents.iter().flat_map(|document| {
                document.definitions.iter().filter_map(|definition| match definition {
                    Definition::TypeDefinition(definition) => Some(definition),
                    _ => None,
                })
            })
        };
        for definition in definitions() {
            let id = table.intern(type_name(definition));
            let entry = &mut table.entries[id.index()];
            entry.is_object = matches!(definition, TypeDefinition::Object(_));
            entry.is_abstract = matches!(definition, TypeDefinition::Interface(_) | TypeDefinition::Union(_));
        }
        for definition in definitions() {
            table.add_members(definition);
        }
        table.close_supertypes();
        table.field_names = table.entries.iter().flat_map(|entry| entry.fields.keys().cloned()).collect();
        table
    }

    fn intern(&mut self, name: &str) -> TypeId {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        let id = TypeId(u32::try_from(self.entries.len()).expect("a schema has fewer than 2^32 types"));
        let name: Arc<str> = Arc::from(name);
        self.entries.push(Entry { name: Arc::clone(&name), supertypes: vec![id], ..Entry::default() });
        self.by_name.insert(name, id);
        id
    }

    fn add_members(&mut self, definition: &TypeDefinition) {
        let id = self.intern(type_name(definition));
        let (interfaces, fields) = match definition {
            TypeDefinition::Object(object) => (&object.implements_interfaces, &object.fields),
            TypeDefinition::Interface(interface) => (&interface.implements_interfaces, &interface.fields),
            TypeDefinition::Union(union) => {
                for member in &union.types {
                    let member = self.intern(member);
                    self.entries[member.index()].supertypes.push(id);
                }
                return;
            }
            _ => return,
        };
        for interface in interfaces {
            let interface = self.intern(interface);
            self.entries[id.index()].supertypes.push(interface);
        }
        for field in fields {
            let field_type = self.intern(named_type(&field.field_type));
            self.entries[id.index()].fields.entry(field.name.clone()).or_insert(field_type);
        }
    }

    /// An interface's own interfaces are supertypes of its implementers too, whether or not those repeat them.
    fn close_supertypes(&mut self) {
        for index in 0..self.entries.len() {
            let mut closed = self.entries[index].supertypes.clone();
            let mut next = 0;
            while next < closed.len() {
                for supertype in &self.entries[closed[next].index()].supertypes {
                    if !closed.contains(supertype) {
                        closed.push(*supertype);
                    }
                }
                next += 1;
            }
            closed.sort_unstable();
            closed.dedup();
            self.entries[index].supertypes = closed;
        }
    }

    /// The type of that name.
    pub fn id(&self, name: &str) -> TypeId {
        self.by_name.get(name).copied().unwrap_or(TypeId::UNKNOWN)
    }

    /// The name of a known type.
    pub fn name(&self, id: TypeId) -> Option<&Arc<str>> {
        self.entries.get(id.index()).map(|entry| &entry.name)
    }

    /// Whether some type has a field of this name.
    pub(crate) fn is_field_name(&self, name: &str) -> bool {
        self.field_names.contains(name)
    }

    /// Whether it is an object type, so that a value of it is of no other type.
    pub fn is_object(&self, id: TypeId) -> bool {
        self.entries.get(id.index()).is_some_and(|entry| entry.is_object)
    }

    /// Whether it is an interface or a union.
    pub fn is_abstract(&self, id: TypeId) -> bool {
        self.entries.get(id.index()).is_some_and(|entry| entry.is_abstract)
    }

    /// Whether a value of type `id` may stand where `supertype` is asked for.
    pub fn is_subtype(&self, id: TypeId, supertype: TypeId) -> bool {
        self.entries.get(id.index()).is_some_and(|entry| entry.supertypes.binary_search(&supertype).is_ok())
    }

    /// The named type of a field.
    pub fn field_type(&self, parent: TypeId, field: &str) -> TypeId {
        self.entries.get(parent.index()).and_then(|entry| entry.fields.get(field)).copied().unwrap_or(TypeId::UNKNOWN)
    }

    /// Every type that may stand where `supertype` is asked for, in order, itself included.
    pub fn subtypes(&self, supertype: TypeId) -> Vec<TypeId> {
        (0..self.entries.len())
            .map(|index| TypeId(u32::try_from(index).expect("a schema has fewer than 2^32 types")))
            .filter(|id| self.is_subtype(*id, supertype))
            .collect()
    }
}

/// The name of a type definition.
pub(crate) fn type_name(definition: &TypeDefinition) -> &str {
    match definition {
        TypeDefinition::Scalar(definition) => &definition.name,
        TypeDefinition::Object(definition) => &definition.name,
        TypeDefinition::Interface(definition) => &definition.name,
        TypeDefinition::Union(definition) => &definition.name,
        TypeDefinition::Enum(definition) => &definition.name,
        TypeDefinition::InputObject(definition) => &definition.name,
    }
}

/// The type inside all lists and non-null marks.
pub(crate) fn named_type(reference: &Type) -> &str {
    match reference {
        Type::NamedType(name) => name,
        Type::ListType(inner) | Type::NonNullType(inner) => named_type(inner),
    }
}
