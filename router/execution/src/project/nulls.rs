//! Nulls of the answer: which errors tell of them, and whether they may stay.

use cloudphone_planning::{FieldProjection, GraphQlError, PathSegment, Wrapping, codes};

use super::{Nulled, Projector, Step};
use crate::{
    paths::{in_client_terms, objects_of},
    store::{Explanation, FailureId},
};

/// Errors of one answer beyond which no more are listed.
const MAX_ERRORS: usize = 1_000;

impl<'a> Projector<'a> {
    pub(super) fn null(&mut self, wrapping: Wrapping, parent: &str, field: &FieldProjection) -> Result<(), Nulled> {
        if !wrapping.is_non_null() {
            self.out.extend_from_slice(b"null");
            return Ok(());
        }
        self.troubles += 1;
        let mut path = self.path_now();
        // What another fetch lost of an object around may have been needed to ask for this.
        let store = self.store;
        let lost = self.around.iter().rev().find_map(|(object, projection, depth)| {
            let found = (*depth > 0).then(|| store.any_failure(*object)).flatten();
            found.map(|explanation| (explanation, *projection, *depth))
        });
        if let Some((explanation, projection, depth)) = lost {
            let known = store.failure(explanation.failure);
            path.truncate(depth - explanation.up);
            path.extend(in_client_terms(self.operation, self.projection, vec![projection], &known.tail));
            if !self.errors.iter().any(|error| error.path == path) {
                self.report(known.error.clone().with_path(path));
                self.reported.push(explanation.failure);
            }
            return Err(Nulled);
        }
        // An error that already explains the null must stay the only one.
        let explained = self
            .errors
            .iter()
            .any(|error| !error.path.is_empty() && (error.path.starts_with(&path) || path.starts_with(&error.path)));
        if !explained {
            let message = format!("Cannot return null for non-nullable field {parent}.{}.", field.name);
            self.report(GraphQlError::new(codes::INVALID_VALUE, message).with_path(path));
        }
        Err(Nulled)
    }

    /// A null that a subgraph's error explains.
    pub(super) fn failed(
        &mut self,
        failure: FailureId,
        wrapping: Wrapping,
        field: &'a FieldProjection,
    ) -> Result<(), Nulled> {
        self.troubles += 1;
        let store = self.store;
        let known = store.failure(failure);
        let mut path = self.path_now();
        path.extend(in_client_terms(self.operation, self.projection, objects_of(field), &known.tail));
        self.report(known.error.clone().with_path(path));
        self.reported.push(failure);
        self.nothing(wrapping)
    }

    /// A field that is missing because of an error about the object, or about something around it.
    pub(super) fn unanswered(&mut self, explanation: Explanation, field: &'a FieldProjection) -> Result<(), Nulled> {
        self.troubles += 1;
        let store = self.store;
        let known = store.failure(explanation.failure);
        let mut path = self.path_now();
        let is_own = match known.tail.first() {
            Some(PathSegment::Key(key)) if explanation.up == 0 => {
                let is_own = self.operation.plan().symbols.get(key) == field.symbol;
                if is_own {
                    let tail = &known.tail[1..];
                    path.extend(in_client_terms(self.operation, self.projection, objects_of(field), tail));
                }
                is_own
            }
            Some(_) => false,
            None => true,
        };
        if is_own {
            self.report(known.error.clone().with_path(path));
            self.reported.push(explanation.failure);
            return self.nothing(field.wrapping);
        }
        // The error is about another field, or another object. It is told there, unless this field is the end of both.
        path.truncate(path.len() - 1 - explanation.up);
        let objects = self.around.last().map(|(_, projection, _)| *projection).into_iter().collect();
        path.extend(in_client_terms(self.operation, self.projection, objects, &known.tail));
        let is_here = explanation.up > 0 && path.starts_with(&self.path_now());
        let is_told = self.errors.iter().any(|error| error.path == path);
        if (is_here || field.wrapping.is_non_null()) && !is_told {
            self.report(known.error.clone().with_path(path));
            self.reported.push(explanation.failure);
        }
        self.nothing(field.wrapping)
    }

    /// Tells that the caller may not see what is here.
    pub(super) fn denied(&mut self) {
        self.troubles += 1;
        let error = GraphQlError::new(codes::UNAUTHORIZED, "You may not see this.");
        let path = self.path_now();
        self.report(error.with_path(path));
    }

    /// Null, if it may be.
    pub(super) fn nothing(&mut self, wrapping: Wrapping) -> Result<(), Nulled> {
        if wrapping.is_non_null() {
            return Err(Nulled);
        }
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    pub(super) fn invalid(&mut self, parent: &str, field: &FieldProjection, what: &str) -> Result<(), Nulled> {
        self.troubles += 1;
        let path = self.path_now();
        let message = format!("The subgraph's value for {parent}.{} is {what}.", field.name);
        self.report(GraphQlError::new(codes::INVALID_VALUE, message).with_path(path));
        Err(Nulled)
    }

    fn report(&mut self, error: GraphQlError) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
    }

    fn path_now(&self) -> Vec<PathSegment> {
        self.path.iter().map(Step::segment).collect()
    }
}
