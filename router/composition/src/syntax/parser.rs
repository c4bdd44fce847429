//! Parses schema documents by recursive descent (GraphQL specification §3).
//!
//! Two liberties are taken because widespread exporters need them: `implements` may follow the
//! directives of a type, and a definition may be empty.

use indexmap::IndexMap;

use super::ast::{
    Directive, DirectiveDefinition, Document, EnumValue, Field, InputValue, OperationKind, SchemaDefinition,
    TypeDefinition, TypeKind, TypeReference, Value,
};
use super::lexer::{Lexer, SyntaxError, Token};

/// Deeper nesting than any schema has; it keeps hostile input from exhausting the stack.
const MAXIMUM_DEPTH: usize = 128;

const DEFINITION_KEYWORDS: [&str; 9] =
    ["schema", "directive", "extend", "scalar", "type", "interface", "union", "enum", "input"];

type Parsed<T> = Result<T, SyntaxError>;

/// Parses a schema document.
pub fn parse_document(source: &str) -> Parsed<Document> {
    let mut parser = Parser::new(source)?;
    let mut document = Document::default();
    while parser.token != Token::EndOfText {
        parser.definition(&mut document)?;
    }
    Ok(document)
}

/// Where directives may be in operations (GraphQL specification, section 3.13).
pub const EXECUTABLE_LOCATIONS: [&str; 8] = [
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
];

/// Where directives may be in schemas (there as well).
const TYPE_SYSTEM_LOCATIONS: [&str; 11] = [
    "SCHEMA",
    "SCALAR",
    "OBJECT",
    "FIELD_DEFINITION",
    "ARGUMENT_DEFINITION",
    "INTERFACE",
    "UNION",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
];

/// A parser with one token of lookahead; shared with the selection sets of field-set arguments.
pub struct Parser<'a> {
    lexer: Lexer<'a>,
    pub token: Token<'a>,
    offset: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub fn new(source: &'a str) -> Parsed<Self> {
        let mut lexer = Lexer::new(source);
        let (token, offset) = lexer.next_token()?;
        Ok(Self { lexer, token, offset, depth: 0 })
    }

    /// Takes the current token and reads the next.
    pub fn advance(&mut self) -> Parsed<Token<'a>> {
        let (next, offset) = self.lexer.next_token()?;
        self.offset = offset;
        Ok(std::mem::replace(&mut self.token, next))
    }

    pub fn at(&self, punctuator: char) -> bool {
        self.token == Token::Punctuator(punctuator)
    }

    pub fn skip(&mut self, punctuator: char) -> Parsed<bool> {
        let found = self.at(punctuator);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub fn expect(&mut self, punctuator: char) -> Parsed<()> {
        if self.skip(punctuator)? { Ok(()) } else { Err(self.unexpected(&format!("`{punctuator}`"))) }
    }

    pub fn name(&mut self) -> Parsed<String> {
        match self.token {
            Token::Name(name) => {
                self.advance()?;
                Ok(name.to_owned())
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    pub fn skip_keyword(&mut self, keyword: &str) -> Parsed<bool> {
        let found = self.token == Token::Name(keyword);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub fn unexpected(&self, wanted: &str) -> SyntaxError {
        let found = match &self.token {
            Token::EndOfText => "the end of the text".to_owned(),
            Token::Punctuator(punctuator) => format!("`{punctuator}`"),
            Token::Spread => "`...`".to_owned(),
            Token::Name(text) | Token::Int(text) | Token::Float(text) => format!("`{text}`"),
            Token::String(_) => "a string".to_owned(),
        };
        self.error(format!("expected {wanted}, found {found}"))
    }

    pub fn error(&self, message: String) -> SyntaxError {
        self.lexer.error_at(self.offset, message)
    }

    /// Runs a nested production, refusing nesting no schema needs.
    pub fn nested<T>(&mut self, production: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAXIMUM_DEPTH {
            return Err(self.error(format!("nested more than {MAXIMUM_DEPTH} levels deep")));
        }
        self.depth += 1;
        let result = production(self);
        self.depth -= 1;
        result
    }

    fn definition(&mut self, document: &mut Document) -> Parsed<()> {
        let description = self.description()?;
        let is_extension = self.skip_keyword("extend")?;
        let Token::Name(keyword) = self.token else {
            return Err(self.unexpected("a definition"));
        };
        let kind = match keyword {
            "schema" => {
                self.advance()?;
                let schema = self.schema(description)?;
                document.schemas.push(schema);
                return Ok(());
            }
            "directive" if !is_extension => {
                self.advance()?;
                let directive = self.directive_definition(description)?;
                document.directives.push(directive);
                return Ok(());
            }
            "scalar" => TypeKind::Scalar,
            "type" => TypeKind::Object,
            "interface" => TypeKind::Interface,
            "union" => TypeKind::Union,
            "enum" => TypeKind::Enum,
            "input" => TypeKind::Input,
            _ => return Err(self.unexpected("a definition")),
        };
        self.advance()?;
        let mut definition = TypeDefinition::new(kind, self.name()?);
        definition.description = description;
        definition.is_extension = is_extension;
        self.type_body(&mut definition)?;
        document.types.push(definition);
        Ok(())
    }

    /// Whether a name follows that does not begin the next definition.
    fn at_listed_name(&self) -> bool {
        matches!(self.token, Token::Name(name) if !DEFINITION_KEYWORDS.contains(&name))
    }

    fn schema(&mut self, description: Option<String>) -> Parsed<SchemaDefinition> {
        let directives = self.directives()?;
        let mut roots = Vec::new();
        if self.skip('{')? {
            while !self.skip('}')? {
                let keyword = self.name()?;
                let kind = OperationKind::ALL.into_iter().find(|kind| kind.keyword() == keyword);
                let Some(kind) = kind else {
                    return Err(self.error(format!("`{keyword}` is not an operation type")));
                };
                self.expect(':')?;
                roots.push((kind, self.name()?));
            }
        }
        Ok(SchemaDefinition { description, directives, roots })
    }

    fn type_body(&mut self, definition: &mut TypeDefinition) -> Parsed<()> {
        loop {
            if self.at('@') {
                definition.directives.extend(self.directives()?);
            } else if self.skip_keyword("implements")? {
                self.skip('&')?;
                definition.implements.push(self.name()?);
                // A comma is white space to the lexer, so old-style comma lists read the same.
                while self.skip('&')? || self.at_listed_name() {
                    definition.implements.push(self.name()?);
                }
            } else {
                break;
            }
        }
        match definition.kind {
            TypeKind::Scalar => {}
            TypeKind::Object | TypeKind::Interface => {
                if self.skip('{')? {
                    while !self.skip('}')? {
                        let field = self.field()?;
                        self.insert(&mut definition.fields, field.name.clone(), field)?;
                    }
                }
            }
            TypeKind::Input => {
                if self.skip('{')? {
                    definition.inputs = self.input_values('}')?;
                }
            }
            TypeKind::Union => {
                if self.skip('=')? {
                    self.skip('|')?;
                    definition.members.push(self.name()?);
                    while self.skip('|')? {
                        definition.members.push(self.name()?);
                    }
                }
            }
            TypeKind::Enum => {
                if self.skip('{')? {
                    while !self.skip('}')? {
                        let description = self.description()?;
                        let name = self.name()?;
                        let directives = self.directives()?;
                        let value = EnumValue { name: name.clone(), description, directives };
                        self.insert(&mut definition.values, name, value)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn insert<T>(&self, map: &mut IndexMap<String, T>, name: String, item: T) -> Parsed<()> {
        if map.contains_key(&name) {
            return Err(self.error(format!("`{name}` is defined twice")));
        }
        map.insert(name, item);
        Ok(())
    }

    fn field(&mut self) -> Parsed<Field> {
        let description = self.description()?;
        let name = self.name()?;
        let arguments = if self.skip('(')? { self.input_values(')')? } else { IndexMap::new() };
        self.expect(':')?;
        let ty = self.type_reference()?;
        let directives = self.directives()?;
        Ok(Field { name, description, arguments, ty, directives })
    }

    fn input_values(&mut self, end: char) -> Parsed<IndexMap<String, InputValue>> {
        let mut values = IndexMap::new();
        while !self.skip(end)? {
            let description = self.description()?;
            let name = self.name()?;
            self.expect(':')?;
            let ty = self.type_reference()?;
            let default = if self.skip('=')? { Some(self.value()?) } else { None };
            let directives = self.directives()?;
            let value = InputValue { name: name.clone(), description, ty, default, directives };
            self.insert(&mut values, name, value)?;
        }
        Ok(values)
    }

    fn directive_definition(&mut self, description: Option<String>) -> Parsed<DirectiveDefinition> {
        self.expect('@')?;
        let name = self.name()?;
        let arguments = if self.skip('(')? { self.input_values(')')? } else { IndexMap::new() };
        let repeatable = self.skip_keyword("repeatable")?;
        if !self.skip_keyword("on")? {
            return Err(self.unexpected("`on`"));
        }
        self.skip('|')?;
        let mut locations = vec![self.directive_location()?];
        while self.skip('|')? {
            locations.push(self.directive_location()?);
        }
        Ok(DirectiveDefinition { name, description, arguments, repeatable, locations })
    }

    fn directive_location(&mut self) -> Parsed<String> {
        match self.token {
            Token::Name(name) if EXECUTABLE_LOCATIONS.contains(&name) || TYPE_SYSTEM_LOCATIONS.contains(&name) => {
                self.name()
            }
            _ => Err(self.unexpected("a directive location")),
        }
    }

    fn description(&mut self) -> Parsed<Option<String>> {
        if !matches!(self.token, Token::String(_)) {
            return Ok(None);
        }
        match self.advance()? {
            Token::String(text) => Ok(Some(text).filter(|text| !text.is_empty())),
            _ => Ok(None),
        }
    }

    pub fn directives(&mut self) -> Parsed<Vec<Directive>> {
        let mut directives = Vec::new();
        while self.skip('@')? {
            let name = self.name()?;
            let arguments = if self.at('(') { self.arguments()? } else { Vec::new() };
            directives.push(Directive { name, arguments, federation: None, on_extension: false, inherited: false });
        }
        Ok(directives)
    }

    pub fn arguments(&mut self) -> Parsed<Vec<(String, Value)>> {
        self.expect('(')?;
        self.object_fields(')')
    }

    fn object_fields(&mut self, end: char) -> Parsed<Vec<(String, Value)>> {
        let mut fields = Vec::new();
        while !self.skip(end)? {
            let name = self.name()?;
            self.expect(':')?;
            fields.push((name, self.value()?));
        }
        Ok(fields)
    }

    fn type_reference(&mut self) -> Parsed<TypeReference> {
        let inner = if self.skip('[')? {
            let item = self.nested(Self::type_reference)?;
            self.expect(']')?;
            TypeReference::List(Box::new(item))
        } else {
            TypeReference::Named(self.name()?)
        };
        Ok(if self.skip('!')? { TypeReference::NonNull(Box::new(inner)) } else { inner })
    }

    fn value(&mut self) -> Parsed<Value> {
        if self.skip('[')? {
            return self.nested(|parser| {
                let mut items = Vec::new();
                while !parser.skip(']')? {
                    items.push(parser.value()?);
                }
                Ok(Value::List(items))
            });
        }
        if self.skip('{')? {
            return self.nested(|parser| Ok(Value::Object(parser.object_fields('}')?)));
        }
        if !matches!(self.token, Token::Name(_) | Token::Int(_) | Token::Float(_) | Token::String(_)) {
            return Err(self.unexpected("a constant value"));
        }
        Ok(match self.advance()? {
            Token::Int(text) => Value::Int(text.to_owned()),
            Token::Float(text) => Value::Float(text.to_owned()),
            Token::String(text) => Value::String(text),
            Token::Name("true") => Value::Boolean(true),
            Token::Name("false") => Value::Boolean(false),
            Token::Name(name) if name != "null" => Value::Enum(name.to_owned()),
            // `null`; other tokens were refused above.
            _ => Value::Null,
        })
    }
}
