//! Reading and writing GraphQL's schema language, type extensions and schema extensions included.

mod ast;
mod lexer;
mod parser;
mod printer;
mod selection;

pub use ast::{
    Directive, DirectiveDefinition, Document, EnumValue, Field, InputValue, OperationKind, SchemaDefinition,
    TypeDefinition, TypeKind, TypeReference, Value,
};
pub use parser::{EXECUTABLE_LOCATIONS, parse_document};
pub use printer::print_document;
pub use selection::{Selection, parse_selection_set, print_selection_set};
