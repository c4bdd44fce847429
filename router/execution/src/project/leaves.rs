//! Scalars of the answer, and lists of them: written as they came, if they fit their types.

use cloudphone_planning::{FieldProjection, ScalarKind, ValueProjection, Wrapping};

use super::{Nulled, Projector, Step};
use crate::json::Scanner;

impl<'a> Projector<'a> {
    /// Writes a value that came without objects in it; lists are walked to check their items.
    pub(super) fn leaf(
        &mut self,
        bytes: &'a [u8],
        wrapping: Wrapping,
        parent: &str,
        field: &'a FieldProjection,
    ) -> Result<(), Nulled> {
        let Some(item) = wrapping.item() else {
            if fits(bytes, &field.value) {
                self.out.extend_from_slice(bytes);
                return Ok(());
            }
            if is_hidden(bytes, &field.value) {
                return self.null(wrapping, parent, field);
            }
            return self.invalid(parent, field, "a value that does not fit its type");
        };
        if bytes.first() != Some(&b'[') {
            return self.invalid(parent, field, "a single value instead of a list");
        }
        let mut scanner = Scanner::new(bytes);
        let malformed = "bytes of the store were scanned when they came in";
        scanner.enter().expect(malformed);
        self.out.push(b'[');
        let mut position = 0;
        while scanner.another(position == 0, b']').expect(malformed) {
            if position > 0 {
                self.out.push(b',');
            }
            let start = scanner.value().expect(malformed);
            let bytes = scanner.slice(start);
            self.path.push(Step::Index(position));
            let before = self.out.len();
            let depth = self.path.len();
            let result =
                if bytes == b"null" { self.null(item, parent, field) } else { self.leaf(bytes, item, parent, field) };
            if result.is_err() {
                self.cut(before);
                self.path.truncate(depth);
                if item.is_non_null() {
                    return Err(Nulled);
                }
                self.out.extend_from_slice(b"null");
            }
            self.path.pop();
            position += 1;
        }
        self.out.push(b']');
        Ok(())
    }
}

/// Whether a value is one of its type.
#[inline]
pub(super) fn fits(bytes: &[u8], value: &ValueProjection) -> bool {
    let first = bytes.first().copied().unwrap_or_default();
    match value {
        ValueProjection::Scalar(kind) => match kind {
            ScalarKind::String => first == b'"',
            ScalarKind::Boolean => matches!(first, b't' | b'f'),
            ScalarKind::Float => matches!(first, b'-' | b'0'..=b'9'),
            ScalarKind::Int => {
                matches!(first, b'-' | b'0'..=b'9') && !bytes.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
            }
            ScalarKind::Id => matches!(first, b'"' | b'-' | b'0'..=b'9'),
            ScalarKind::Custom => true,
        },
        ValueProjection::Enum(values) => values.visible.binary_search_by(|value| value.as_bytes().cmp(bytes)).is_ok(),
        _ => false,
    }
}

/// Whether it is a value that clients must not see.
fn is_hidden(bytes: &[u8], value: &ValueProjection) -> bool {
    matches!(value, ValueProjection::Enum(values) if values.hidden.iter().any(|hidden| hidden.as_bytes() == bytes))
}
