//! Paths of errors as the client knows them: subgraphs are asked under other keys at times.

use cloudphone_planning::{FieldProjection, PathSegment, PreparedOperation, Projection, ValueProjection, client_key};

/// The objects that a field's value may be.
pub(crate) fn objects_of(field: &FieldProjection) -> Vec<usize> {
    match &field.value {
        ValueProjection::Object(object) => vec![*object],
        ValueProjection::Abstract(choice) => choice.by_type.iter().map(|(_, object)| *object).collect(),
        _ => Vec::new(),
    }
}

/// A path that a subgraph wrote, as the client would: below one of these objects.
pub(crate) fn in_client_terms(
    operation: &PreparedOperation,
    projection: &Projection,
    mut objects: Vec<usize>,
    path: &[PathSegment],
) -> Vec<PathSegment> {
    let mut written = Vec::with_capacity(path.len());
    for segment in path {
        let PathSegment::Key(key) = segment else {
            written.push(segment.clone());
            continue;
        };
        let symbol = operation.plan().symbols.get(key);
        let mut fields = objects.iter().flat_map(|object| &projection.objects[*object].fields);
        if let Some(field) = fields.find(|field| field.symbol == symbol) {
            written.push(PathSegment::Key(field.key.to_string()));
            objects = objects_of(field);
        } else {
            written.push(PathSegment::Key(client_key(key).to_owned()));
            objects.clear();
        }
    }
    written
}

/// The client's path of an error that no field tells; none when it is about a root field that the client does not want.
pub(crate) fn untold_path(
    operation: &PreparedOperation,
    projection: &Projection,
    path: &[PathSegment],
) -> Option<Vec<PathSegment>> {
    if let Some(PathSegment::Key(key)) = path.first() {
        let symbol = operation.plan().symbols.get(key);
        projection.objects[projection.root].fields.iter().find(|field| field.symbol == symbol)?;
    }
    Some(in_client_terms(operation, projection, vec![projection.root], path))
}
